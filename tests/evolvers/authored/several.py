"""A suite of several tasks, and a panel that evolves each of them rightly, by its number."""

from __future__ import annotations

import json
import re

from evalrun.benchmarks import Case, CasesTest, CodeTask, Suite

from .answering import Body, Said, question

NUMBER = re.compile(r"total_(?:up|of_rises)_([0-9]+)")
PARENT = '''def total_up_{n}(values: list) -> int:
    """Return {n} more than the sum of all the given values, where an empty list of values has the sum 0.

    >>> total_up_{n}([1, 2])
    {shown}
    """
'''
REFERENCE = """def total_of_rises_{n}(values):
    total = {n}
    before = None
    for value in values:
        if before is None or value > before:
            total += value
        before = value
    return total
"""
RIGHT = """def total_of_rises_{n}(values: list[int]) -> int:
    if not values:
        return {n}
    return {n} + values[0] + sum(b for a, b in zip(values, values[1:]) if b > a)
"""
INPUTS = "[] [3] [1,2,3] [3,2,1] [5,5,6] [-4,-2,-9,0] [7,1,8,1,9] [0,0,0] [10,20,20,30] [2,9,4,4,5,11]".split()


def suite_of(count: int) -> Suite:
    """So many tasks, numbered from 1."""
    return Suite("seeds", "1", tuple(_parent(number) for number in range(1, count + 1)), license="Apache-2.0")


def _parent(number: int) -> CodeTask:
    prompt = PARENT.format(n=number, shown=number + 3)
    rows = ([], [1], [2, 3], [5, -5, 7], [9, 9, 9], [4, 0, 1, 8])
    test = CasesTest(tuple(Case((row,), number + sum(row)) for row in rows))
    return CodeTask(
        f"seeds/{number}", prompt, f"total_up_{number}", f"{prompt}    return {number} + sum(values)\n", (test,)
    )


def say(body: Body) -> Said:
    """What author and solver say, with four characters a token."""
    text = question(body)
    found = NUMBER.search(text)
    number = int(found[1]) if found else 0
    if text.startswith("Complete the Python function"):
        program = RIGHT if "total_of_rises" in text else "def total_up_{n}(values):\n    return {n} + sum(values)\n"
        reply = f"```python\n{program.format(n=number)}```"
    else:
        reply = json.dumps(
            {
                "spec": f"Start with {number}. Add every value that is strictly larger than the value directly before "
                "it in the list. The first value of the list has none before it and is always added. An empty list "
                f"gives {number}.",
                "signature": f"def total_of_rises_{number}(values: list[int]) -> int:",
                "reference": REFERENCE.format(n=number),
                "inputs": INPUTS,
                "contract": "def admissible(values):\n    return all(type(value) is int for value in values)\n",
                "changes": ["Only rises count."],
            }
        )
    asked = sum(len(message["content"]) for message in body["messages"])
    return Said(reply, input_tokens=asked // 4, output_tokens=len(reply) // 4)

"""A suite of several tasks, and a panel that evolves each of them rightly, by its number."""

from __future__ import annotations

import json
import re
import threading

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


def suite_of(count: int, first: int = 1) -> Suite:
    """So many tasks, numbered one by one."""
    return Suite("seeds", "1", tuple(map(_parent, range(first, first + count))), license="Apache-2.0")


def _parent(number: int) -> CodeTask:
    prompt = PARENT.format(n=number, shown=number + 3)
    rows = ([], [1], [2, 3], [5, -5, 7], [9, 9, 9], [4, 0, 1, 8])
    test = CasesTest(tuple(Case((row,), number + sum(row)) for row in rows))
    return CodeTask(
        f"seeds/{number}", prompt, f"total_up_{number}", f"{prompt}    return {number} + sum(values)\n", (test,)
    )


def say(body: Body) -> Said:
    """What author and solver say, with four characters a token."""
    text, number = question(body), number_in(body)
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
    return counted(body, reply)


class Sloppy:
    """The same, but every third author's reply is no JSON at first, and readers of every third task disagree."""

    def __init__(self) -> None:
        self._readers: dict[str, list[int]] = {}
        self._lock = threading.Lock()

    def __call__(self, body: Body) -> Said:
        """See ``say``."""
        text, number = question(body), number_in(body)
        if text.startswith("You were asked the following"):
            return say(body)
        if text.startswith("Readers of the task below"):
            return counted(body, json.dumps({"sentence": "Equal neighbours never count."}))
        if not text.startswith("Complete the Python function"):
            return counted(body, "Here it is: {") if number % 3 == 0 else say(body)
        if number % 3 == 1 and "total_of_rises" in text and "Equal neighbours" not in text:
            sign = (">", ">=", ">", ">=", "<")[self._place(text, body["seed"])]
            return counted(body, f"```python\n{RIGHT.format(n=number).replace('b > a', f'b {sign} a')}```")
        return say(body)

    def _place(self, text: str, seed: int) -> int:
        """The how many-th reader this is."""
        with self._lock:
            seen = self._readers.setdefault(text, [])
            seen += [] if seed in seen else [seed]
            return seen.index(seed) % 5


def number_in(body: Body) -> int:
    """Which task a request is about."""
    found = NUMBER.search(question(body))
    return int(found[1]) if found else 0


def counted(body: Body, reply: str) -> Said:
    """A reply with four characters a token."""
    asked = sum(len(message["content"]) for message in body["messages"])
    return Said(reply, input_tokens=asked // 4, output_tokens=len(reply) // 4)

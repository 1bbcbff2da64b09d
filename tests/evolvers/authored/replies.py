"""Two small parents, for each operator a reply that a good author could give, and what running it would say."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from evalrun.benchmarks import Case, CasesTest, CheckTest, CodeTask
from evalrun.evolvers import Observation
from evalrun.evolvers.authored.protocol import Draft, Evidence, Guarded, ModelOperator
from evalrun.evolvers.authored.restating import restated
from evalrun.evolvers.protocol import Executed, Rows

from ..observing import run

_PROMPT = '''def count_above(numbers: list, limit: int) -> int:
    """Return how many of the numbers in the list are greater than the limit.
    A number that is equal to the limit does not count, and an empty list gives 0.

    >>> count_above([1, 5, 7], 4)
    2
    """
'''
COUNT = CodeTask(
    "toy/count",
    _PROMPT,
    "count_above",
    _PROMPT + "    return sum(1 for number in numbers if number > limit)\n",
    (
        CheckTest(
            "def check(candidate):\n"
            "    assert candidate([1, 5, 7], 4) == 2\n"
            "    assert candidate([], 4) == 0\n"
            "    assert candidate([4, 4, 9], 4) == 1\n",
            _PROMPT,
        ),
    ),
)
COUNT_SEEN = Observation(
    inputs={"base": (([1, 5, 7], 4), ([], 4), ([4, 4, 9], 4))}, outputs=(2, 0, 1), output_type="int"
)
_WORDS = '''def mirrored(words: list[str]) -> list[str]:
    """Keep the words that read the same in both directions, in the order in which Mary wrote them down."""
'''
MIRRORED = CodeTask(
    "toy/mirrored",
    _WORDS,
    "mirrored",
    _WORDS + "    return [word for word in words if word == word[::-1]]\n",
    (CasesTest((Case((["aba", "xy"],), ["aba"]), Case(([],), []))),),
)
MIRRORED_SEEN = Observation(inputs={"base": ((["aba", "xy"],), ([],))}, outputs=(["aba"], []), output_type="list[str]")

_INPUTS = ["[], 3", "[5, 2, 9, 9], 3", "[4, 5, 1, 6, 7, 8], 3", "[3, 3], 3", "[7, 0, 7], 2", "[10], 1"]
_TASK: dict[str, Any] = {
    "spec": "Given whole numbers and a limit, find the longest stretch of neighbouring numbers that all lie above the "
    "limit and return its length. A number at the limit ends a stretch. Without any such number the value is zero.",
    "signature": "def longest_stretch(numbers: List[int], limit: int) -> int:",
    "reference": "def longest_stretch(numbers, limit):\n    best = run = 0\n    for number in numbers:\n"
    "        run = run + 1 if number > limit else 0\n        best = max(best, run)\n    return best",
    "inputs": _INPUTS,
    "contract": "def admissible(numbers, limit):\n    return len(numbers) <= 1000",
}
_LAMPS: dict[str, Any] = {
    "spec": "A lamplighter walks along a street whose lamps hold hours of oil. Every evening each lamp burns one hour "
    "where it has one, and then the first dark lamp gets two hours. Tell how many lamps shine after so many evenings.",
    "signature": "def lamps_after(oil: list[int], evenings: int) -> int:",
    "reference": "def lamps_after(oil, evenings):\n    lamps = list(oil)\n    for _ in range(evenings):\n"
    "        lamps = [max(0, hours - 1) for hours in lamps]\n        if 0 in lamps:\n"
    "            lamps[lamps.index(0)] = 2\n    return sum(1 for hours in lamps if hours > 0)",
    "inputs": ["[], 3", "[1, 2, 9, 9], 3", "[4, 5, 1], 3", "[3, 3], 0", "[1, 0, 5], 2", "[10], 1"],
    "contract": "",
}
_SUBTLE: dict[str, Any] = {
    "spec": "Return how many of the numbers in the list are greater than the limit.\nA number that is equal to the "
    "limit does count, and an empty list gives 0.",
    "signature": "def count_above(numbers: list, limit: int) -> int:",
    "reference": "def count_above(numbers, limit):\n    return sum(1 for number in numbers if number >= limit)",
    "inputs": _INPUTS,
    "contract": "",
    "before": "A number at the limit does not count.",
    "after": "A number at the limit counts.",
}
_COMBINED: dict[str, Any] = {
    "spec": "From a row of texts take each one that is spelt alike forwards and backwards and has more letters than a "
    "bound allows. Tell how many different ones there are.",
    "signature": "def wide_palindromes(words: list[str], limit: int) -> int:",
    "reference": "def wide_palindromes(words, limit):\n"
    "    return len({word for word in words if word == word[::-1] and len(word) > limit})",
    "inputs": ["[], 3", "['aba', 'abba', 'xy'], 2", "['aba', 'aba'], 1", "['a'], 0", "['xyz'], 0", "['aa', 'a'], 1"],
    "contract": "",
    "uses": ["Only values above a limit count.", "Only words that read the same both ways are looked at."],
}
_TOOLS: dict[str, Any] = {
    **_TASK,
    "spec": "Given whole numbers and a limit, add up the squares of the two largest different numbers above the limit. "
    "Where there is only one, take its square alone, and without any the sum is zero.",
    "signature": "def top_squares(numbers: list[int], limit: int) -> int:",
    "reference": "def top_squares(numbers, limit):\n"
    "    return sum(value * value for value in largest([n for n in numbers if n > limit], 2))",
    "helpers": [
        {
            "name": "largest",
            "program": "def largest(values, count):\n"
            '    """Return the count largest different values, largest first."""\n'
            "    return sorted(set(values), reverse=True)[:count]",
            "calls": ["[3, 1, 3, 2], 2", "[], 1"],
        }
    ],
}
_VERBOSE = (
    "You get a list with numbers in it, and beside it you get the limit. Your function has to find out how many of the "
    "numbers are greater than this limit, and it has to return how many these are. Take care with a number that is "
    "equal to the limit: such a number does not count. When the list is an empty one, the value is 0."
)
GOOD: dict[str, dict[str, Any]] = {
    "difficult": {**_TASK, "changes": ["Only neighbouring numbers count."]},
    "creative": {**_LAMPS, "story": "a lamplighter and his oil"},
    "subtle": _SUBTLE,
    "combine": _COMBINED,
    "tool_use": _TOOLS,
    "verbose": {"spec": _VERBOSE},
    "concise": {"spec": "Return how many numbers of the list exceed the limit; 0 for an empty list."},
    "scenario": {
        "spec": "A lift attendant wrote down the weights of sacks: the list numbers. Sacks heavier than limit must "
        "wait. Say how many must; a sack that weighs exactly limit may ride, and with 0 sacks on the list none waits.",
        "setting": "a lift for sacks",
        "replaced": ["greater", "empty"],
    },
}
PIVOT = (
    "Gib zurück, wie viele der numbers in der Liste größer sind als limit. Eine Zahl, die gleich limit ist, zählt "
    "nicht, und eine leere Liste ergibt 0."
)
BACK = (
    "Return how many numbers of the list are larger than limit; one that equals limit is not counted. An empty list: 0."
)
TOLD = (
    "Say how many numbers of the list lie above the limit. One equal to the limit is not counted, and an empty list "
    "has 0 of them.",
    "Count the numbers of a list above some limit and return that, where those just at the limit are left out. For an "
    "empty list return 0.",
    "For a list, tell how many of its numbers go over the limit, without those at the limit. The empty list gives 0.",
)


def parents_of(name: str) -> tuple[tuple[CodeTask, ...], tuple[Observation, ...]]:
    """The parents of the good reply of an operator, and what was observed of them."""
    if name == "combine":
        return (COUNT, MIRRORED), (COUNT_SEEN, MIRRORED_SEEN)
    return (COUNT,), (COUNT_SEEN,)


def good(name: str, **changes: Any) -> dict[str, Any]:
    """A good reply, with some fields changed; one that is ... is left out."""
    reply = {**copy.deepcopy(GOOD[name]), **changes}
    return {key: value for key, value in reply.items() if value is not ...}


def finished(draft: Draft, parent: CodeTask) -> CodeTask:
    """The task of a draft, its expected values by running the reference (which is these tests' own) here."""
    if draft.preserved:
        return restated(parent, draft.spec)
    prompt = f'{draft.signature}\n    """{draft.spec}"""\n'
    cases = tuple(Case(args, run(draft.reference, draft.entry_point, *args)) for args in draft.inputs)
    return CodeTask("toy/new", prompt, draft.entry_point, draft.reference, (CasesTest(cases),))


def delta(draft: Draft, parent: CodeTask, inputs: Rows) -> float:
    """The share of inputs for which the parent gives another value, or none."""
    wrong = 0
    for args in inputs:
        try:
            wrong += run(parent.reference, parent.entry_point, *args) != run(draft.reference, draft.entry_point, *args)
        except (TypeError, AttributeError):
            wrong += 1
    return wrong / len(inputs)


def evidence_of(parents: Sequence[CodeTask], draft: Draft, operator: ModelOperator) -> Evidence:
    """What running a draft's reference says, as if no shortcut had passed."""
    if draft.preserved:
        return Evidence(draft)
    guards = operator.shortcuts(draft, parents) if isinstance(operator, Guarded) else {}
    return Evidence(
        draft,
        delta=delta(draft, parents[0], draft.inputs),
        functional_hash="new",
        archive=frozenset({"old"}),
        shortcuts=dict.fromkeys(guards, False),
        helper_rows={
            helper.name: tuple(Executed(args, run(helper.program, helper.name, *args)) for args in helper.calls)
            for helper in draft.helpers
        },
    )

"""Makers of preference tasks for the tests, of every kind of proof and of none."""

from __future__ import annotations

from typing import Any

from evalrun.benchmarks.preference import Message, PreferenceTask, Proof, Response


def ask(
    name: str, question: str, a: str, b: str, best: str = "a", proof: Proof | None = None, **fields: Any
) -> PreferenceTask:
    """A pair: a question, responses a and b, and which is better."""
    worse = {"a": "b", "b": "a"}[best]
    fields = {"ranking": ((best,), (worse,)), "criterion": "helpfulness", **fields}
    responses = (Response("a", a, "human"), Response("b", b, "human"))
    return PreferenceTask(f"toy/{name}", (Message("user", question),), responses, proof=proof, **fields)


RIGHT = '''def middle(values):
    """The value in the middle of the sorted values."""
    ordered = sorted(values)  # a copy
    place = len(ordered) // 2
    return ordered[place]
'''
WRONG = '''def middle(values):
    """The value in the middle of the sorted values."""
    ordered = values
    place = len(ordered) // 2
    return ordered[place]
'''
MIDDLE_TESTS = [
    {
        "kind": "cases",
        "name": "base",
        "cases": [{"args": [[3, 1, 2]], "expected": 2}, {"args": [[5]], "expected": 5}],
    }
]


def fenced(code: str, before: str = "Here is a function:", after: str = "It takes any list of numbers.") -> str:
    """A program in a fence, between two sentences."""
    return f"{before}\n\n```python\n{code}```\n\n{after}"


def code_pair(name: str, wrap: Any = fenced) -> PreferenceTask:
    """A pair of programs of which one passes its tests."""
    data = {"entry_point": "middle", "tests": MIDDLE_TESTS, "passes": {"a": False, "b": True}}
    question = "Write a Python function middle(values) that gives the value in the middle of the sorted values."
    return ask(name, question, wrap(WRONG), wrap(RIGHT), "b", Proof("tests", data), criterion="correctness")


def word_pair(name: str) -> PreferenceTask:
    """A pair of which one keeps to a limit of words."""
    data = {"constraints": [{"kind": "max_words", "number": 12}], "holds": {"a": [True], "b": [False]}}
    return ask(
        name,
        "Why is the sky blue on a clear day around noon? Use at most 12 words.",
        "Air scatters blue light from the sun more than red light.",
        "The air around our planet scatters the blue part of the light of the sun much more than the red part of it.",
        "a",
        Proof("constraints", data),
        criterion="instruction following",
    )


def advice_pair(name: str = "advice") -> PreferenceTask:
    """A pair that only people can judge, in prose with a list."""
    return ask(
        name,
        "My sourdough bread comes out flat and dense every weekend. Which three things should I change before the "
        "next loaf?",
        "Three things usually help:\n\n- **Feed the starter** twice on the day before, so that it doubles in 5 hours."
        "\n- Let the dough rise until it has grown by half, whatever the clock says.\n- Bake it in a closed pot for "
        "the first 20 minutes, because steam keeps the crust soft.\n\nChange one of them at a time, so you "
        "learn which one mattered.",
        "Bread can be difficult. You could buy another flour, or perhaps another oven, and try it again next weekend. "
        "Many people find that it works out in the end if they keep at it for long enough.",
        "a",
    )


def rank_three(name: str = "three") -> PreferenceTask:
    """Three answers in three tiers."""
    return PreferenceTask(
        f"toy/{name}",
        (
            Message("system", "You answer questions about cities."),
            Message("user", "Which city is the capital of Australia, and in which year was it founded?"),
        ),
        (
            Response("x", "The capital is Sydney, which was founded in 1788 by the first fleet of settlers."),
            Response("y", "Canberra is the capital of Australia. It was founded in the year 1913 as a compromise."),
            Response("z", "It is Canberra, but nobody knows when that city was founded or by whom it was planned."),
        ),
        (("y",), ("z",), ("x",)),
        criterion="honesty",
    )


def voted_pair(name: str = "voted") -> PreferenceTask:
    """A pair with votes of two groups of raters."""
    return ask(
        name,
        "Should the office party be on Thursday evening or on Friday evening? Most colleagues live far away.",
        "Thursday is kinder to those who travel home for the weekend, and it leaves Friday for a slow start.",
        "Friday, because nobody has to get up early on the day after, wherever they live.",
        "a",
        votes={"near": {"a": 3, "b": 2}, "far": {"a": 4, "b": 1, "tie": 1}},
        category="opinions",
    )

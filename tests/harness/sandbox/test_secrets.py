"""What an answer may not know: the tests, the expected values, the answers before it. It looks through all its memory."""

# ruff: noqa: E501
# Answers are easier to read on one line than cut in pieces.

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evalrun.harness.sandbox import CallsJob, CheckJob, Limits

if TYPE_CHECKING:
    from .conftest import Arena

pytestmark = pytest.mark.sandbox

# Written in two halves, so that the looking program does not find itself.
LOOK = """
import os, gc, sys, ctypes, re
needles = [{needles}]
wanted = [first.encode() + second.encode() for first, second in needles]

def memory():
    # /proc/self/mem may be closed to a process that changed its user; its own memory can be read all the same.
    for line in open('/proc/self/maps'):
        span, access = line.split()[:2]
        low, high = (int(part, 16) for part in span.split('-'))
        if access.startswith('r') and '[v' not in line:
            yield low, high - low

def solve(n):
    found = set()
    own = [id(part) for part in wanted]
    places = [(id(part), id(part) + sys.getsizeof(part)) for part in wanted]
    for start, size in memory():
        for at in range(start, start + size, 1 << 20):
            part = min((1 << 20) + 64, start + size - at)
            text = ctypes.string_at(at, part)
            for word in wanted:
                here = text.find(word)
                while here >= 0:
                    place = at + here
                    if not any(low <= place < high for low, high in places) and not copy(place, text, at):
                        found.add(word[:6].decode())
                    here = text.find(word, here + 1)
            places.append((id(text), id(text) + sys.getsizeof(text)))
            places = places[:len(wanted)] + places[-1:]
            del text
    for item in gc.get_objects():
        if type(item) in (str, bytes) and any(word in (item if type(item) is bytes else item.encode('utf-8', 'replace')) for word in wanted):
            found.add('gc')
    return sorted(found)

def copy(place, text, at):
    return id(text) <= place < id(text) + sys.getsizeof(text)
"""


def _look(*needles: str) -> str:
    halves = ", ".join(f"({needle[:9]!r}, {needle[9:]!r})" for needle in needles)
    return LOOK.replace("{needles}", halves)


PLANTED = "planted-needle-in-itself-55aa"
TESTS = "needle-of-the-tests-3c41f0"
VALUES = "needle-of-the-values-77d1ab"
PRELUDE = "needle-of-the-prelude-9a12ee"
EARLIER = "needle-of-an-earlier-answer-e07c"
INPUT = "needle-of-an-earlier-input-b5d2"
LIMITS = Limits(cpu_s=20)


def test_the_search_finds_what_is_there(arena: Arena) -> None:
    kept = f"\nkept = ({PLANTED[:9]!r} + {PLANTED[9:]!r}) * 2\n"
    outcome = arena.sandbox.submit(CallsJob(_look(PLANTED) + kept, "solve", ((0,),), LIMITS)).result()
    assert outcome.status == "ok", outcome
    assert outcome.calls[0].value, outcome


def test_an_answer_finds_neither_tests_nor_values_nor_earlier_answers(arena: Arena) -> None:
    earlier = f"note = {EARLIER!r}\ndef solve(n):\n    return n\n"
    for _ in range(3):
        outcome = arena.sandbox.submit(CallsJob(earlier, "solve", ((INPUT,),), LIMITS)).result()
        assert outcome.calls[0].value == INPUT
    program = (
        f"note = {TESTS!r}\ndef check(candidate):\n    assert VALUES\n    found = candidate(0)\n"
        "    assert found == ['nothing'], found\n"
    )
    job = CheckJob(
        _look(TESTS, VALUES, PRELUDE, EARLIER, INPUT), "solve", program, f"x = {PRELUDE!r}\n", [VALUES], LIMITS
    )
    outcome = arena.sandbox.submit(job).result()
    assert outcome.judged == "wrong", outcome
    assert "AssertionError: []" in outcome.detail, outcome

"""A comparison as JUnit XML: one test case a task, so that CI shows what an update broke as it shows any failing test.

A broken task is a failure (with several samples a task: one that fell by more than sampling explains), a task that is
owed or differs between the suites is skipped, all others pass; what was fixed, or fell within the noise of sampling, is
named in the suite's properties (the common schemas allow none in a test case). A gate is a suite of its own: an
exceeded limit is a failure, an undecided one an error. What is written is valid under the schema of Ant's JUnit task
and under that of Jenkins' xUnit plug-in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree

from .cases import Case
from .excerpts import answer_excerpt, printed
from .gate import Check, Gate
from .gate_words import OUTCOMES, interval_words, limit_words, reason_words, seen_words
from .report import left_out_reasons, outcomes
from .update import Update

_ANSWER_LINES, _ANSWER_CHARACTERS = 200, 10_000
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", re.ASCII)
_NO_TIME = "1970-01-01T00:00:00"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_DURATION = "0"
"""Of every test case: a comparison takes no time that would mean anything."""


def as_junit(update: Update, created: str) -> str:
    """The XML text. created: when the new run was begun, as it says."""
    one = update.comparison
    name = printed(f"{one.new} after {one.old} on {one.suite.partition('#')[0]}")
    stamp = created[:19] if _TIME.match(created) else _NO_TIME
    root = ElementTree.Element("testsuites")
    broken = {case.change.task: case for case in update.broken if case.sure}
    noise = [case for case in update.broken if not case.sure]
    told = (("fixed", update.fixed), ("fell within noise", noise))
    flips = _suite(
        root, name, stamp, [(f"{word}: {printed(c.change.task)}", _change(c)) for word, each in told for c in each]
    )
    for task in update.tasks:
        case = _testcase(flips, name, task)
        if task in broken:
            _failed(case, broken[task])
    for reason, left in left_out_reasons(one.left_out):
        for task in left:
            ElementTree.SubElement(_testcase(flips, name, task), "skipped", {"message": f"not compared: {reason}"})
    _finish(flips)
    if update.gate is not None:
        _gate(root, update.gate, stamp)
    ElementTree.indent(root)
    return f"{_DECLARATION}{ElementTree.tostring(root, encoding='unicode')}\n"


def _suite(
    root: ElementTree.Element, name: str, stamp: str, properties: Iterable[tuple[str, str]]
) -> ElementTree.Element:
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        {
            "name": name,
            "package": "evalrun",
            "id": str(len(root)),
            "timestamp": stamp,
            "hostname": "localhost",
            "time": _DURATION,
        },
    )
    listed = ElementTree.SubElement(suite, "properties")
    for key, value in properties:
        ElementTree.SubElement(listed, "property", {"name": key, "value": value})
    return suite


def _testcase(suite: ElementTree.Element, name: str, case: str) -> ElementTree.Element:
    return ElementTree.SubElement(
        suite, "testcase", {"classname": name, "name": printed(case) or "(no name)", "time": _DURATION}
    )


def _finish(suite: ElementTree.Element) -> None:
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    for attribute, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.find(element) is not None for case in cases)))
    ElementTree.SubElement(suite, "system-out")
    ElementTree.SubElement(suite, "system-err")


def _change(case: Case) -> str:
    old, new, _ = outcomes(case.change)
    return f"{old} -> {new}"


def _failed(element: ElementTree.Element, case: Case) -> None:
    test, detail = printed(case.test), printed(case.detail)
    message = ": ".join(part for part in (_change(case), test, detail) if part)
    failure = ElementTree.SubElement(element, "failure", {"type": "negative flip", "message": message})
    parts = []
    for side, answer in (("old", case.old), ("new", case.new)):
        if answer is not None:
            cut = answer_excerpt(answer, lines=_ANSWER_LINES, characters=_ANSWER_CHARACTERS)
            parts.append(f"{side} answer ({answer.verdict}):\n{cut.text}\n")
    failure.text = "\n" + "\n".join(parts) if parts else message


def _gate(root: ElementTree.Element, gate: Gate, stamp: str) -> None:
    suite = _suite(root, "gate", stamp, [("level", f"{gate.rule.level:g}")])
    for check in gate.checks:
        _checked(_testcase(suite, "gate", limit_words(check)), check)
    _finish(suite)


def _checked(element: ElementTree.Element, check: Check) -> None:
    if check.outcome == "ok":
        return
    said = f"{OUTCOMES[check.outcome]}: seen {seen_words(check)}, interval {interval_words(check)}"
    message = ". ".join(part for part in (said, reason_words(check)) if part)
    kind = "failure" if check.outcome == "failed" else "error"
    ElementTree.SubElement(element, kind, {"type": check.option, "message": message}).text = message

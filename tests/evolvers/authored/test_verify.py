"""A suite that a model wrote is proven again without any model; whatever is changed in it is found."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks import CasesTest, CodeTask, GateFailed, Suite
from evalrun.benchmarks.jsonio import digest
from evalrun.evolvers.authored.pipeline import evolve_authored
from evalrun.evolvers.authored.registry import model_operator_named
from evalrun.evolvers.commands.published_digest import is_published
from evalrun.evolvers.verify import verify
from evalrun.harness.sandbox import Sandbox

from .acting import NOT_STRICT, RIGHT, SEEDS, Play, acted, code

Evolved = tuple[Suite, Path]


@pytest.fixture(scope="module")
def evolved(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Evolved:
    """One task and its replies; one of five solvers read it otherwise, one did not answer with a program."""
    replies = tmp_path_factory.mktemp("authored") / "replies"
    play = Play(solver=[code(RIGHT)] * 3 + [code(NOT_STRICT), "I do not know."])
    with acted(play, replies) as asker:
        evolution = evolve_authored(SEEDS, [model_operator_named("difficult")], asker, sandbox, seed=3, name="hard")
    return evolution.suite, replies


def changed(suite: Suite, certificate: dict[str, Any]) -> Suite:
    """The suite with another certificate of its only task."""
    return replace(suite, certificates={suite.tasks[0].id: certificate})


def with_digests(suite: Suite, certificate: dict[str, Any]) -> Suite:
    """The same by somebody who knows that the lineage has digests, and makes them anew."""
    (task,) = suite.tasks
    assert task.lineage is not None
    told = {
        **task.lineage.parameters,
        "draft": digest(certificate["draft"]),
        "solutions": digest(certificate["solutions"]),
        "calls": digest(certificate["calls"]),
        "panel": digest(certificate["panel"]),
        "clarifications": digest(certificate["clarifications"]),
    }
    lineage = replace(task.lineage, parameters=told)
    return replace(changed(suite, certificate), tasks=(replace(task, lineage=lineage),))


def leaves(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in JSON that holds no others."""
    items: Any = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for name, value in items:
        yield from leaves(value, (*path, name))
    if not isinstance(data, (dict, list)):
        yield path


def at(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The data with another value at a path."""
    data = copy.deepcopy(data)
    inner = data
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return data


def other(value: Any) -> Any:
    """A value that is nearly the same."""
    if isinstance(value, bool) or value is None:
        return not value
    return f"{value[:-1]}{'x' if value[-1:] != 'x' else 'y'}" if isinstance(value, str) else value + 1


def test_the_certificates_of_an_authored_suite_hold(evolved: Evolved, sandbox: Sandbox) -> None:
    suite, replies = evolved
    assert verify(suite, sandbox) == []
    assert verify(suite, sandbox, replies=replies) == []


def test_a_certificate_survives_being_stored(evolved: Evolved, sandbox: Sandbox, tmp_path: Path) -> None:
    evolved[0].save(tmp_path / "suite")
    assert verify(Suite.load(tmp_path / "suite"), sandbox) == []


@pytest.mark.slow
def test_no_value_of_a_certificate_can_be_changed_unseen(evolved: Evolved, sandbox: Sandbox) -> None:
    suite = evolved[0]
    stored = json.loads(json.dumps(suite.certificates[suite.tasks[0].id]))
    free = {("python",), ("sandbox",), ("published",)}
    unseen, shapes = [], set()
    for path in leaves(stored):
        shape = tuple("each" if isinstance(name, int) else name for name in path)
        if shape in shapes and path[0] in ("calls", "draft"):  # one of many that are alike
            continue
        shapes.add(shape)
        value = stored
        for name in path:
            value = value[name]
        if path not in free and not verify(changed(suite, at(stored, path, other(value))), sandbox):
            unseen.append(path)
    assert unseen == []


def test_whoever_knows_the_published_seal_sees_each_changed_value_of_a_certificate_whatever_was_made_anew(
    evolved: Evolved, tmp_path: Path
) -> None:
    suite = evolved[0]
    stored = json.loads(json.dumps(suite.certificates[suite.tasks[0].id]))
    suite.save(tmp_path / "published")
    assert "this is the published suite" in is_published(tmp_path / "published", suite, suite.merkle_root)
    paths = list(leaves(stored))
    unseen = []
    for number, path in enumerate(paths):
        value = stored
        for name in path:
            value = value[name]
        folder = tmp_path / str(number)
        forged = with_digests(suite, at(stored, path, other(value)))
        forged.save(folder)  # sealed anew, and it loads
        again = Suite.load(folder)
        assert again.digest == suite.digest  # the digest is of what decides verdicts, and says nothing of certificates
        assert "covers neither certificates" in is_published(folder, again, suite.digest)
        try:
            is_published(folder, again, suite.merkle_root)
            unseen.append(path)
        except GateFailed:
            pass
    assert len(paths) > 150
    assert {path[0] for path in paths} >= {
        "panel",
        "settings",
        "calls",
        "gates",
        "functional_hash",
        "python",
        "sandbox",
    }
    assert unseen == []


@pytest.mark.parametrize("field", ["prompt", "reference", "expected", "args"])
def test_a_changed_task_is_named(field: str, evolved: Evolved, sandbox: Sandbox) -> None:
    suite = evolved[0]
    (task,) = suite.tasks
    (test,) = task.tests
    assert isinstance(test, CasesTest)
    case = test.cases[0]
    new: dict[str, CodeTask] = {
        "prompt": replace(task, prompt=task.prompt.replace("strictly ", "")),
        "reference": replace(task, reference=task.reference + "# right\n"),
        "expected": replace(task, tests=(replace(test, cases=(replace(case, expected=-1), *test.cases[1:])),)),
        "args": replace(task, tests=(replace(test, cases=test.cases[1:]),)),
    }
    failures = verify(replace(suite, tasks=(new[field],)), sandbox)
    assert [failure.task for failure in failures] == [task.id]
    assert "made again, the task is another one" in failures[0].problem


def test_solutions_that_do_not_agree_prove_nothing(evolved: Evolved, sandbox: Sandbox) -> None:
    suite = evolved[0]
    stored = json.loads(json.dumps(suite.certificates[suite.tasks[0].id]))
    stored["solutions"][stored["agreeing"][0]]["program"] = NOT_STRICT
    (failure,) = verify(with_digests(suite, stored), sandbox)
    assert failure.problem.startswith("gate ambiguous does not hold")


def test_a_solution_that_no_reply_holds_is_found_with_the_replies(evolved: Evolved, sandbox: Sandbox) -> None:
    suite, replies = evolved
    stored = json.loads(json.dumps(suite.certificates[suite.tasks[0].id]))
    programs = [solution["program"] for solution in stored["solutions"]]
    wrong = programs.index(NOT_STRICT)
    stored["solutions"][wrong]["program"] = RIGHT  # who said something else is made to agree
    stored["agreeing"] = sorted([*stored["agreeing"], wrong])
    for gate in stored["gates"]:
        if gate["gate"] == "consensus":
            gate["evidence"].update(agreeing=4, share=0.8, other_clusters=[])
    forged = with_digests(suite, stored)
    assert verify(forged, sandbox) == []  # without the replies nobody can tell
    (failure,) = verify(forged, sandbox, replies=replies)
    assert failure.problem == "gate replies does not hold: the replies do not give these: solutions"


def test_a_store_without_the_replies_proves_nothing(evolved: Evolved, sandbox: Sandbox, tmp_path: Path) -> None:
    with acted(Play(author="no"), tmp_path / "empty"):
        pass
    (failure,) = verify(evolved[0], sandbox, replies=tmp_path / "empty")
    assert failure.problem == "gate replies does not hold: the store lacks 6 of 6 replies"


def test_a_certificate_of_another_shape_is_refused_in_one_line(evolved: Evolved, sandbox: Sandbox) -> None:
    suite = evolved[0]
    stored = json.loads(json.dumps(suite.certificates[suite.tasks[0].id]))
    for name in ("draft", "panel", "solutions", "calls", "settings", "clarifications"):
        for wrong in (None, [], "x", {"a": 1}, 7):
            if wrong == stored[name]:
                continue
            failures = verify(changed(suite, {**stored, name: wrong}), sandbox)
            assert len(failures) >= 1, (name, wrong)
            assert all("\n" not in failure.problem for failure in failures)


def nested(levels: int, named: bool) -> Any:
    """Objects, or lists, in each other."""
    found: Any = "x"
    for _ in range(levels):
        found = {"a": found} if named else [found]
    return found


STRANGE = (
    None,
    True,
    -1,
    10**30,
    float("inf"),
    float("nan"),
    "\ud800",
    "\x1b[2J",
    [],
    {},
    nested(300, True),
    ["a"] * 9,
)


@pytest.mark.parametrize("value", STRANGE, ids=lambda value: repr(value)[:12])
def test_a_value_of_a_call_that_is_none_there_is_a_failure_and_no_crash(
    value: Any, evolved: Evolved, sandbox: Sandbox
) -> None:
    suite = evolved[0]
    stored = json.loads(json.dumps(suite.certificates[suite.tasks[0].id]))
    for name, old in stored["calls"][-1].items():
        if value is not old:
            failures = verify(changed(suite, at(stored, ("calls", -1, name), value)), sandbox)
            assert failures, name
    assert verify(changed(suite, at(stored, ("panel", "under_test"), value)), sandbox) or value is None


@pytest.mark.slow
@pytest.mark.parametrize("value", STRANGE, ids=lambda value: repr(value)[:12])
def test_nothing_in_a_certificate_can_make_verify_crash(value: Any, evolved: Evolved, sandbox: Sandbox) -> None:
    suite = evolved[0]
    stored = json.loads(json.dumps(suite.certificates[suite.tasks[0].id]))
    paths = {path[:length] for path in leaves(stored) for length in range(1, len(path) + 1)}
    for path in random.Random(repr(value)).sample(sorted(paths, key=repr), 25):
        for failure in verify(changed(suite, at(stored, path, value)), sandbox):
            assert "\n" not in failure.problem

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from evalrun.benchmarks import CheckTest, CodeTask
from evalrun.evolvers import NotApplicable, Pool, operator_named
from evalrun.evolvers.language.type_forms import json_options, survives_json
from evalrun.evolvers.observe import observe
from evalrun.evolvers.pipeline import silent
from evalrun.evolvers.protocol import Candidate, Executed, seeded
from evalrun.evolvers.readings.type_sentences import program_of
from evalrun.harness.sandbox import Sandbox
from evalrun.harness.scoring import score_one

OPERATOR: Any = operator_named("type_wrap")


@pytest.fixture(scope="module")
def runs(check_task: Callable[..., CodeTask]) -> CodeTask:
    return check_task(
        0, "runs_of", 'def runs_of(text: str, least: int = 1) -> list:\n    """The runs of at least that length."""\n',
        "    from itertools import groupby\n\n"
        "    return [k * n for k, g in groupby(text) if (n := len(list(g))) >= least]\n",
        *(f"assert candidate({text!r}, {n}) == {want!r}" for text, n, want in (
            ("aabc", 1, ["aa", "b", "c"]), ("", 1, []), ("abb", 2, ["bb"]), ("zzzy", 1, ["zzz", "y"]),
            ("ccdd", 2, ["cc", "dd"]), ("a", 1, ["a"]), ("ab", 3, []), ("xxyyx", 1, ["xx", "yy", "x"]),
        )),
    )  # fmt: skip


@pytest.fixture(scope="module")
def split(check_task: Callable[..., CodeTask]) -> CodeTask:
    return check_task(
        1, "split_off", 'def split_off(n: int) -> tuple:\n    """Tens and ones."""\n', "    return divmod(n, 10)\n",
        *(f"assert candidate({n}) == {divmod(n, 10)}" for n in (0, 7, 12, 35, 99, 4, 60)),
    )  # fmt: skip


def proposals(task: CodeTask, sandbox: Sandbox) -> list[Candidate]:
    pool = Pool((task,), observe([task], sandbox, silent))
    found: list[Candidate] = OPERATOR.propose(task, seeded(0, OPERATOR, task, 0), pool)
    return found


def finished(candidate: Candidate) -> CodeTask:
    """The finished task; what its reference does is learnt in this process, for the program is this test's own."""
    space: dict[str, Any] = {}
    exec(f"{candidate.task.reference}\n\n{candidate.driver}", space)
    run = space["evalrun_drive" if candidate.driver else str(candidate.task.entry_point)]
    rows = [Executed(args, run(*args)) for each in candidate.calls.values() for args in each]
    task: CodeTask = OPERATOR.finish(candidate, {"base": tuple(rows[2:])}, rows[:2])
    return task


def check_all(task: CodeTask, sandbox: Sandbox) -> set[str]:
    forms = set()
    for candidate in proposals(task, sandbox):
        child = finished(candidate)
        gates = OPERATOR.prove(child, candidate.parents, candidate.parameters)
        assert [gate.gate for gate in gates if not gate.holds] == []
        reading = f"{OPERATOR.witness(child, (task,))}\n\n{candidate.driver}"
        parent = f"{task.reference}\n{child.entry_point} = {task.entry_point}\n"
        right, read, wrong = (score_one(child, source, sandbox) for source in (child.reference, reading, parent))
        assert (right.verdict, right.shielded) == ("pass", True), right
        assert read.verdict == "pass", read
        assert wrong.verdict in ("wrong", "error"), wrong
        rename = operator_named("rename")
        (renamed,) = rename.propose(child, seeded(0, rename, child, 0), Pool((), {}))
        assert [gate.gate for gate in renamed.gates if not gate.holds] == []
        assert score_one(renamed.task, renamed.task.reference, sandbox).verdict == "pass"
        forms.add(str(candidate.parameters["form"]))
    return forms


def test_every_form_is_proven_read_back_and_shielded_and_the_parent_fails(runs: CodeTask, sandbox: Sandbox) -> None:
    assert check_all(runs, sandbox) == {"json", "generator", "instance"}


def test_the_items_of_a_tuple_become_the_fields_of_a_dataclass_and_have_no_json_form(
    split: CodeTask, sandbox: Sandbox
) -> None:
    assert check_all(split, sandbox) == {"instance"}
    (candidate,) = proposals(split, sandbox)
    task, (first, second) = finished(candidate), candidate.parameters["fields"]
    kind = candidate.parameters["class"]
    assert f"@dataclass\nclass {kind}:\n    {first}: int\n    {second}: int\n" in task.prompt
    assert f"    {kind}({first}=0, {second}=7)\n" in task.prompt


def test_a_list_is_no_generator(runs: CodeTask, sandbox: Sandbox) -> None:
    (candidate,) = (c for c in proposals(runs, sandbox) if c.parameters.get("order") == "forward")
    task = finished(candidate)
    assert isinstance(task.tests[0], CheckTest)
    lazy = f"{runs.reference}\ndef {task.entry_point}(*args):\n    return {{}}(runs_of(*args))\n"
    assert score_one(task, lazy.format("list"), sandbox).verdict == "wrong"
    assert score_one(task, lazy.format("iter"), sandbox).verdict == "pass"


@pytest.mark.parametrize(
    ("value", "survives"),
    [([1, {"a": None}], True), ((1,), False), ({1: 2}, False), ({1, 2}, False), (float("nan"), False), (True, True)],
)
def test_only_values_that_json_gives_back_have_a_json_form(value: Any, survives: bool) -> None:
    assert survives_json(value) is survives


def test_an_option_of_json_is_offered_where_it_shows() -> None:
    assert json_options([1, 2]) == [""]
    assert json_options([[1, 2], [3]]) == ["", ", separators=(',', ':')"]
    assert json_options([{"b": 1, "a": 2}]) == ["", ", sort_keys=True", ", separators=(',', ':')"]
    assert json_options(["é"]) == ["", ", ensure_ascii=False"]


@pytest.mark.parametrize(
    "dumped", ["json.dumps(v)", "json.dumps(w, indent=2)", "json.dumps(w, sort_keys=False)", "json.dumps(w).upper()"]
)
def test_another_way_to_write_json_has_no_reading(dumped: str) -> None:
    text = (
        "`x` is a JSON text that holds the argument of `f`. Let v be what it holds, as json.loads gives it, and let w "
        f"be the value that `f(v)`, as specified above, returns. Return exactly the text that `{dumped}` gives. "
        "Only the specification of `f` is given above: implement it as well."
    )
    with pytest.raises(ValueError, match=r"."):
        program_of("g", text, "", "x")


def test_values_without_another_form_are_refused(check_task: Callable[..., CodeTask], sandbox: Sandbox) -> None:
    prompt, body = 'def grow(xs):\n    """xs with 1 added."""\n', "    xs.append(1)\n    return xs\n"
    task = check_task(2, "grow", prompt, body, "assert candidate([]) == [1]")
    with pytest.raises(NotApplicable, match="changes its arguments"):
        proposals(task, sandbox)

"""Whom a task is joined to, and what given runs say."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from evalrun.benchmarks import BadInput, Case, CasesTest, CodeTask, Suite
from evalrun.evolvers.authored.panel import member
from evalrun.evolvers.authored.registry import model_operator_named
from evalrun.evolvers.loop.mates import AMONG, Mates
from evalrun.evolvers.loop.results import results_of
from evalrun.evolvers.observe import read_off
from evalrun.harness.cli import main


def counted(name: str, words: str, text: bool = False) -> CodeTask:
    """A function of a list (or a text) that returns a number."""
    kind = "str" if text else "list"
    prompt = f'def {name}(x: {kind}) -> int:\n    """Return {words}.\n    """\n'
    rows = ("a", "bb") if text else ([1], [2, 3])
    cases = tuple(Case((row,), len(row)) for row in rows)
    return CodeTask(f"toy/{name}", prompt, name, prompt + "    return len(x)\n", (CasesTest(cases),))


URL = "http://localhost:8000/v1"
PARENT = counted("count", "how many items the given list of items holds in all")
ALIKE = counted("number", "how many items the given list of items holds in all of it")
OTHER = counted("span", "the distance between both ends, walking along every entry once")
COMBINE = model_operator_named("combine")


def test_who_is_least_like_the_parent_comes_first_among_those_that_fit_its_types() -> None:
    mates = Mates([PARENT, ALIKE, OTHER], read_off)
    drawn = {each[0].id for seed in range(40) if (each := mates.of(COMBINE, PARENT, random.Random(seed)))}
    assert drawn == {OTHER.id, ALIKE.id}
    only = Mates([PARENT, ALIKE], read_off)
    assert only.of(COMBINE, PARENT, random.Random(0)) == (ALIKE,)


def test_of_many_partners_the_most_dissimilar_few_are_drawn_from() -> None:
    alike = [
        counted(f"same{place}", f"how many items the given list of items holds in all, {place}") for place in range(9)
    ]
    unlike = [
        counted(f"other{place}", f"walking {place} entry once, some distance between both ends")
        for place in range(AMONG)
    ]
    mates = Mates([PARENT, *alike, *unlike], read_off)
    drawn = {each[0].id for seed in range(200) if (each := mates.of(COMBINE, PARENT, random.Random(seed)))}
    assert drawn == {task.id for task in unlike}


def test_a_task_alone_has_no_partner_and_an_operator_of_one_parent_needs_none() -> None:
    mates = Mates([PARENT], read_off)
    assert mates.of(COMBINE, PARENT, random.Random(0)) is None
    assert mates.of(model_operator_named("difficult"), PARENT, random.Random(0)) == ()


SUITE = Suite("toy", "1", (PARENT, OTHER))
RIGHT = {task.id: task.reference for task in SUITE}


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    """Of two models: gamma solves both tasks, alpha-2 one of them."""
    SUITE.save(tmp_path / "suite")
    found = []
    for model, broken in (("gamma", ()), ("alpha-2", (OTHER.id,))):
        rows = [
            {"task_id": name, "solution": "def nothing(): pass" if name in broken else program}
            for name, program in RIGHT.items()
        ]
        answers = tmp_path / f"{model}.jsonl"
        answers.write_text("".join(json.dumps(row) + "\n" for row in rows))
        arguments = [
            "score",
            str(answers),
            "--suite",
            str(tmp_path / "suite"),
            "--model",
            model,
            "-o",
            str(tmp_path / model),
        ]
        assert main([*arguments, "--sandbox", "process"]) in (0, None)
        found.append(tmp_path / model)
    return found


def relabel(run: Path, **names: str) -> None:
    """Call a run's model something else."""
    manifest = json.loads((run / "run.json").read_text())
    manifest["model"].update(names)
    (run / "run.json").write_text(json.dumps(manifest))


def test_runs_give_pass_rates_by_model_and_task(runs: list[Path]) -> None:
    results, kin = results_of(runs, SUITE, None)
    assert kin == []
    assert results.rates == {"gamma": {PARENT.id: 1.0, OTHER.id: 1.0}, "alpha-2": {PARENT.id: 1.0, OTHER.id: 0.0}}


def test_models_of_the_authors_family_have_no_say(runs: list[Path]) -> None:
    results, kin = results_of(runs, SUITE, member("alpha-1", URL))
    assert kin == ["alpha-2"]
    assert list(results.rates) == ["gamma"]
    with pytest.raises(BadInput, match="all of these runs are of the author's family"):
        results_of(runs[1:], SUITE, member("alpha-1", URL))


@pytest.mark.parametrize(
    ("author", "family"),
    [("alpha-2", "acme"), (" Alpha-2", "acme"), ("vendor/alpha-9", "acme"), ("house", "Alpha"), ("default", None)],
)
def test_no_stated_family_lets_an_authors_own_runs_have_a_say(
    author: str, family: str | None, runs: list[Path]
) -> None:
    relabel(runs[1], label="Default-2 (tuned)")
    _, kin = results_of(runs, SUITE, member(author, URL, family))
    assert kin == ["alpha-2"]


def test_a_run_under_a_name_that_says_nothing_is_known_by_its_label_and_by_what_the_server_said(
    runs: list[Path],
) -> None:
    author = member("alpha-1", URL)
    relabel(runs[1], name="default", label="Alpha-2 chat")
    assert results_of(runs, SUITE, author)[1] == ["default"]
    relabel(runs[1], name="default", label="ours")
    assert results_of(runs, SUITE, author)[1] == []
    samples = runs[1] / "samples.jsonl"
    rows = [json.loads(line) for line in samples.read_text().splitlines()]
    rows[0]["model"] = "vendor/alpha-2-0613"
    samples.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert results_of(runs, SUITE, author)[1] == ["default"]


def test_a_folder_that_is_no_run_and_runs_on_another_suite_are_refused(runs: list[Path], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput):
        results_of([tmp_path / "empty"], SUITE, None)
    other = Suite("other", "1", (counted("else_where", "a number of some other kind altogether"),))
    with pytest.raises(BadInput, match="none of these runs has a scored answer"):
        results_of(runs, other, None)

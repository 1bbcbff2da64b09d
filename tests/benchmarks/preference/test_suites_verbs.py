"""``evalrun suites`` on preference suites, run as its users run it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from evalrun.benchmarks import BadInput, Lineage
from evalrun.benchmarks.commands import command
from evalrun.benchmarks.merkle import leaf, root_by
from evalrun.benchmarks.preference import PreferenceSuite
from evalrun.benchmarks.preference.shown import groups


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, list(map(str, arguments)), catch_exceptions=False)


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    rows = [
        {"prompt": "\x1b[31mq", "chosen": "long answer", "rejected": "short", "category": "facts"},
        {"prompt": "q", "chosen": "x", "rejected": "much longer", "category": "facts"},
        {"prompt": "q", "chosen": "same", "rejected": "size", "category": "style"},
        {"prompt": "q", "chosen": "same", "rejected": "same", "category": "style"},
    ]
    path = tmp_path / "mine.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_show_prints_a_table_with_lengths_and_what_was_left_out(pairs: Path) -> None:
    shown = run("show", pairs).stdout
    assert [line.split() for line in shown.splitlines() if line.startswith(("facts", "style", "all"))] == [
        ["facts", "quality", "2", "0", "2", "50.0%", "50.0%", "6", "8"],
        ["style", "quality", "1", "0", "1", "0.0%", "0.0%", "4", "4"],
        ["all", "3", "0", "3", "33.3%", "33.3%", "4", "5"],
    ]
    assert "left out: 1 rows" in shown
    assert "  line 4: responses: two of them are equal" in shown


def test_a_table_of_ties_alone_has_dashes_and_no_shares(tmp_path: Path) -> None:
    path = tmp_path / "ties.jsonl"
    path.write_text('{"prompt": "q", "responses": ["a", "bb"], "label": "tie"}\n')
    (facts,) = groups(PreferenceSuite.load(path))
    assert (facts.ties, facts.pairs, facts.better_longer, facts.characters_better) == (1, 0, None, None)
    assert "—" in run("show", path).stdout


def test_show_as_json_holds_the_facts_of_the_table(pairs: Path) -> None:
    facts = json.loads(run("show", pairs, "--json").stdout)
    assert facts["kind"] == "preference"
    assert facts["groups"][0]["better_longer"] == 0.5
    assert facts["skipped"][0]["where"] == "line 4"
    assert facts["digest"] == PreferenceSuite.load(pairs).digest


def test_show_task_prints_the_conversation_and_the_ranking_without_control_characters(pairs: Path) -> None:
    shown = run("show", pairs, "--task", "mine/1").stdout
    assert "\\x1b[31mq" in shown
    assert "\x1b" not in shown
    assert "-- ranking" in shown
    assert "long answer" in shown


def test_convert_writes_a_folder_and_lines_that_load_as_the_same_suite(pairs: Path, tmp_path: Path) -> None:
    told = run("convert", pairs, "-o", tmp_path / "folder")
    assert "3 tasks" in told.stdout
    assert "line 4" in told.stderr
    assert run("convert", pairs, "-o", tmp_path / "lines.jsonl.gz", "--format", "jsonl").exit_code == 0
    original = PreferenceSuite.load(pairs)
    for path in (tmp_path / "folder", tmp_path / "lines.jsonl.gz"):
        loaded = PreferenceSuite.load(path)
        assert [task.to_json() for task in loaded] == [task.to_json() for task in original]
        assert not loaded.skipped


def test_convert_can_select_tasks_and_say_the_criterion(pairs: Path, tmp_path: Path) -> None:
    run("convert", pairs, "-o", tmp_path / "one", "--tasks", "mine/2", "--criterion", "efficiency")
    (task,) = PreferenceSuite.load(tmp_path / "one")
    assert (task.id, task.criterion) == ("mine/2", "efficiency")


def test_convert_refuses_what_cannot_hold_the_tasks(pairs: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="folder or jsonl"):
        run("convert", pairs, "-o", tmp_path / "x", "--format", "humaneval")
    with pytest.raises(BadInput, match="have none"):
        run("convert", "core", "-o", tmp_path / "x", "--criterion", "speed")
    assert not (tmp_path / "x").exists()
    run("convert", pairs, "-o", tmp_path / "y.jsonl", "--format", "jsonl")
    with pytest.raises(BadInput, match="exists already"):
        run("convert", pairs, "-o", tmp_path / "y.jsonl", "--format", "jsonl")


def test_diff_names_the_fields_that_changed_and_refuses_to_mix_kinds(pairs: Path, tmp_path: Path) -> None:
    suite = PreferenceSuite.load(pairs)
    first, *rest = suite.tasks
    replace(suite, tasks=(replace(first, criterion="accuracy"), *rest[1:])).save(tmp_path / "new")
    shown = run("diff", pairs, tmp_path / "new").stdout
    assert "0 added, 1 removed, 1 changed, 1 kept" in shown
    assert "~ mine/1 (criterion)" in shown
    with pytest.raises(BadInput, match="one holds code tasks"):
        run("diff", pairs, "core")


def test_lineage_shows_what_a_step_changed_in_responses_and_ranking(pairs: Path, tmp_path: Path) -> None:
    suite = PreferenceSuite.load(pairs)
    parent = suite.tasks[1]
    lineage = Lineage(
        root=parent.id,
        parents=(parent.id,),
        parent_digests=(parent.digest,),
        operator="swap",
        operator_version="1",
        parameters={},
        seed=7,
        depth=1,
    )
    child = replace(parent, id="mine/2b", ranking=tuple(reversed(parent.ranking)), lineage=lineage)
    replace(suite, tasks=(child,), ancestors=(parent,)).save(tmp_path / "child")
    shown = run("lineage", tmp_path / "child", "mine/2b").stdout
    assert "swap 1, seed 7" in shown
    (was,), (now,) = parent.ranking
    assert f"-{was} > {now}\n    +{now} > {was}" in shown
    assert json.loads(run("show", tmp_path / "child", "--json").stdout)["counts"]["operator"] == {"swap": 1}


def test_prove_gives_a_path_to_the_root_that_the_folder_is_sealed_with(pairs: Path, tmp_path: Path) -> None:
    PreferenceSuite.load(pairs).save(tmp_path / "folder")
    proof = json.loads(run("prove", tmp_path / "folder", "mine/2").stdout)
    sealed = json.loads((tmp_path / "folder" / "suite.json").read_text())["merkle_root"]
    assert proof["leaf"] == leaf(tuple(proof["row"]))
    assert root_by([(step["side"], step["hash"]) for step in proof["path"]], proof["leaf"]) == sealed
    assert proof["merkle_root"] == sealed

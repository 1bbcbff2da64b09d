"""A model of the author's family is marked wherever its score on the author's tasks is shown."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from evalrun.benchmarks import Case, CasesTest, CodeTask, Lineage, Suite
from evalrun.benchmarks.families import Author, authors_from, authors_of, family_of
from evalrun.benchmarks.preference import Message, PreferenceSuite, PreferenceTask, Response
from evalrun.harness.cli import main
from evalrun.harness.endpoint.api import Sampling
from evalrun.harness.preference.manifest import Asked, resume_differences
from evalrun.harness.preference.manifest import new_manifest as new_preference_manifest
from evalrun.harness.preference.pairs import header
from evalrun.harness.runs.manifest import differences, new_manifest
from evalrun.leaderboard.preferences.summary import summarise
from evalrun.leaderboard.preferences.table import read_preferences


def task(number: int) -> CodeTask:
    prompt = f'def add_{number}(x: int) -> int:\n    """Return x plus {number}."""\n'
    cases = tuple(Case((value,), value + number) for value in range(4))
    return CodeTask(
        f"toy/{number}", prompt, f"add_{number}", prompt + f"    return x + {number}\n", (CasesTest(cases),)
    )


def certificate(model: str, family: str) -> dict[str, object]:
    """As far as it names who wrote the task."""
    return {"panel": {"author": {"model": model, "family": family}, "solvers": [], "independent": False}}


TASKS = tuple(task(number) for number in range(3))
WRITTEN = {"toy/0": certificate("alpha-1", "alpha"), "toy/1": certificate("alpha-1", "alpha"), "old/9": {}}
SUITE = Suite("toy", "1", TASKS, certificates=WRITTEN)


def run_of(suite: Suite, model: str, folder: Path) -> Path:
    """A model's run, with all answers right but the first."""
    if not (folder / "suite").exists():
        suite.save(folder / "suite")
    rows = [
        {"task_id": each.id, "solution": each.reference if place else "def nothing(): pass"}
        for place, each in enumerate(suite)
    ]
    answers = folder / f"{model.replace('/', '_')}.jsonl"
    answers.write_text("".join(json.dumps(row) + "\n" for row in rows))
    output = folder / "runs" / model.replace("/", "_")
    call = ["score", str(answers), "--suite", str(folder / "suite"), "--model", model, "-o", str(output)]
    assert main([*call, "--sandbox", "process"]) in (0, None)
    return output


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    """The author, one of its family, and another."""
    return [run_of(SUITE, model, tmp_path) for model in ("alpha-1", "vendor/Alpha-2-chat", "beta-7b")]


def test_certificates_say_who_wrote_how_many_of_the_tasks_that_were_asked() -> None:
    assert authors_of(["toy/0", "toy/1", "toy/2"], WRITTEN) == (Author("alpha-1", "alpha", 2),)
    assert authors_of(["toy/1"], WRITTEN) == (Author("alpha-1", "alpha", 1),)
    assert authors_of(["toy/2", "unknown"], WRITTEN) == ()


@pytest.mark.parametrize("panel", [None, 3, [], {"author": None}, {"author": {"model": 5}}, {"author": "alpha"}])
def test_a_certificate_that_names_nobody_in_order_counts_for_nobody(panel: object) -> None:
    assert authors_of(["x"], {"x": {"panel": panel}}) == ()


def test_what_a_manifest_says_is_read_with_care() -> None:
    good = Author("alpha-1", "alpha", 2)
    assert authors_from([good.to_json(), 7, {}, {"model": "x"}, {"model": 1, "family": "y"}]) == (good,)
    assert authors_from("alpha") == ()
    assert authors_from([{"model": "x", "family": "y", "tasks": True}]) == (Author("x", "y", 0),)


def test_kin_is_the_model_itself_or_one_of_its_family() -> None:
    assert Author("alpha-1", "alpha", 1).is_kin_of("vendor/Alpha-2-chat")
    assert Author("codellama-7b", family_of("codellama-7b"), 1).is_kin_of("meta-llama/Llama-3.1-8B")
    assert Author("house-model", "declared", 1).is_kin_of("house-model")
    assert not Author("alpha-1", "alpha", 1).is_kin_of("beta-7b")


def test_no_stated_family_and_no_other_name_hides_kin() -> None:
    assert Author("gpt-4o", "acme", 1).is_kin_of("gpt-4.1-mini")
    assert Author("gpt-4o", "acme", 1).is_kin_of("acme-1")
    assert Author("gpt-4o", "acme", 1).is_kin_of("default", "GPT-4o")
    assert not Author("gpt-4o", "acme", 1).is_kin_of("default", "")


def test_a_task_that_a_program_renamed_is_still_its_authors() -> None:
    parents = {"toy/r": ("toy/0",), "toy/rr": ("toy/r", "toy/1"), "toy/loop": ("toy/loop",)}
    assert authors_of(
        ["toy/r", "toy/rr", "toy/2", "toy/loop"], {**WRITTEN, "toy/r": {"operator": "rename"}}, parents
    ) == (Author("alpha-1", "alpha", 2),)


def test_a_run_on_an_evolved_suite_keeps_its_seal_and_the_authors_above_its_tasks() -> None:
    old = TASKS[0]
    lineage = Lineage(old.id, (old.id,), (old.digest,), "rename", "1", {}, 0, 2)
    renamed = replace(task(7), lineage=lineage)
    suite = Suite(
        "toy", "1", (renamed,), ancestors=(old,), certificates={**WRITTEN, renamed.id: {"operator": "rename"}}
    )
    told = new_manifest(model="m", label=None, suite=suite, tasks=suite.tasks, sampling={})
    assert told["suite"]["authors"] == [{"family": "alpha", "model": "alpha-1", "tasks": 1}]
    assert told["suite_seal"] == suite.merkle_root
    plain = new_manifest(model="m", label=None, suite=Suite("toy", "1", (old,)), tasks=[old], sampling={})
    assert "suite_seal" not in plain
    resealed = replace(suite, certificates={**suite.certificates, renamed.id: {"operator": "other"}})
    other = new_manifest(model="m", label=None, suite=resealed, tasks=suite.tasks, sampling={})
    assert differences(told, other) == []  # the same samples: runs go on, whatever was sealed anew


def test_a_run_keeps_the_authors_of_its_tasks_and_one_of_other_tasks_is_as_it_was(
    runs: list[Path], tmp_path: Path
) -> None:
    manifest = json.loads((runs[2] / "run.json").read_text())
    assert manifest["suite"]["authors"] == [{"family": "alpha", "model": "alpha-1", "tasks": 2}]
    (tmp_path / "other").mkdir()
    plain = run_of(Suite("plain", "1", TASKS), "alpha-1", tmp_path / "other")
    assert "authors" not in json.loads((plain / "run.json").read_text())["suite"]


def test_the_leaderboard_marks_the_author_and_its_family_and_nobody_else(runs: list[Path], tmp_path: Path) -> None:
    site = tmp_path / "site"
    assert main(["leaderboard", *map(str, runs), "-o", str(site), "-q"]) in (0, None)
    page = (site / "index.html").read_text()
    ranked = [line for line in page.splitlines() if line.startswith("<tr") and "</a>" in line]
    rows = {line.split("<bdi>")[1].split("</bdi>")[0]: line for line in ranked}
    assert "<small>wrote tasks here</small>" in rows["alpha-1"]
    assert "<small>of the author&#39;s family</small>" in rows["vendor/Alpha-2-chat"]
    assert "family" not in rows["beta-7b"]
    assert "wrote" not in rows["beta-7b"]
    assert "Tasks here were written by alpha-1. alpha-1, vendor/Alpha-2-chat are of the same family" in page
    board = json.loads((site / "data" / "board.json").read_text())["boards"][0]
    found = {row["model"]: [each["model"] for each in row["kin_of_author"]] for row in board["rows"]}
    assert found == {"alpha-1": ["alpha-1"], "vendor/Alpha-2-chat": ["alpha-1"], "beta-7b": []}
    assert "kin_of_author" in (site / "data" / "board.csv").read_text().splitlines()[0]


def test_a_label_says_whose_kin_a_model_is_that_is_asked_for_under_another_name(
    runs: list[Path], tmp_path: Path
) -> None:
    manifest = json.loads((runs[2] / "run.json").read_text())
    manifest["model"] = {"name": "default", "label": "Alpha-1"}
    (runs[2] / "run.json").write_text(json.dumps(manifest))
    assert main(["leaderboard", str(runs[2]), "-o", str(tmp_path / "site"), "-q"]) in (0, None)
    assert "<small>wrote tasks here</small>" in (tmp_path / "site" / "index.html").read_text()


def test_the_report_of_a_run_says_it(runs: list[Path], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    capsys.readouterr()
    found = tmp_path / "report.json"
    assert main(["report", str(runs[1]), "--json", str(found)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "alpha-1 wrote 2 tasks, and this model is of its family" in said
    assert json.loads(found.read_text())["kin_of_author"] == [{"family": "alpha", "model": "alpha-1", "tasks": 2}]
    assert main(["report", str(runs[0])]) == 0
    assert "this model is that model" in " ".join(capsys.readouterr().out.split())
    assert main(["report", str(runs[2])]) == 0
    assert "author" not in capsys.readouterr().out


def test_names_that_a_certificate_makes_up_are_shown_as_text(tmp_path: Path) -> None:
    evil = "alpha\x1b[2J<script>\u202e"
    suite = Suite("toy", "1", TASKS, certificates={"toy/0": certificate(evil, "beta")})
    run = run_of(suite, "beta-7b", tmp_path)
    assert main(["leaderboard", str(run), "-o", str(tmp_path / "site"), "-q"]) in (0, None)
    page = (tmp_path / "site" / "index.html").read_text()
    assert "of the author&#39;s family" in page
    assert "<script>\u202e" not in page
    assert "\x1b" not in page
    assert "\u202e" not in page


def pairs_file(folder: Path, model: str, metadata: dict[str, object]) -> Path:
    """Scored pairs with a header."""
    rows: list[dict[str, object]] = [{"schema": 1, "model": model, "mode": "reward", "metadata": metadata}]
    rows += [{"pair": f"p{place}", "chosen_score": 2.0, "rejected_score": 1.0} for place in range(3)]
    path = folder / "pairs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize(
    ("model", "metadata", "said"),
    [
        ("Alpha-1", {"authors": [{"model": "alpha-1", "family": "x", "tasks": 2}]}, "this model is that model"),
        ("ours", {"model_name": "alpha-2", "authors": [{"model": "alpha-1", "family": "alpha", "tasks": 2}]}, "family"),
        ("beta-7b", {"authors": [{"model": "alpha-1", "family": "alpha", "tasks": 2}]}, ""),
        ("beta-7b", {"authors": "beta", "model_name": 3}, ""),
        ("beta-7b", {}, ""),
    ],
)
def test_whoever_wrote_preference_tasks_is_marked_where_its_agreement_is_shown(
    model: str, metadata: dict[str, object], said: str, tmp_path: Path
) -> None:
    run = read_preferences(pairs_file(tmp_path, model, metadata))
    (note, *_) = (*summarise(run).notes, "")
    assert said in note
    assert ("alpha-1 wrote 2 tasks" in note) is bool(said)


def test_a_run_on_authored_preference_tasks_tells_its_pairs_who_wrote_them() -> None:
    response = (Response("a", "yes"), Response("b", "no"))
    one = PreferenceTask("pref/1", (Message("user", "Is it?"),), response, (("a",), ("b",)))
    suite = PreferenceSuite("pref", "1", (one,), certificates={"pref/1": certificate("alpha-1", "alpha")})
    manifest = new_preference_manifest(Asked("alpha-2", "http://h/v1", {"mode": "echo"}), suite, [one], Sampling())
    assert manifest["suite"]["authors"] == [{"family": "alpha", "model": "alpha-1", "tasks": 1}]
    told = header(manifest)["metadata"]
    assert told["model_name"] == "alpha-2"
    assert told["authors"] == manifest["suite"]["authors"]
    older = {**manifest, "suite": {key: value for key, value in manifest["suite"].items() if key != "authors"}}
    assert resume_differences(older, manifest) == []
    assert "model_name" not in header(older)["metadata"]

"""A certificate holds only for what it was given for: every kind of tampering must end in exit code 3."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from evalrun.benchmarks import BadInput, CodeTask, GateFailed, Suite
from evalrun.benchmarks.jsonio import digest
from evalrun.benchmarks.taskset import built_in_folder
from evalrun.evolvers import evolve, parse_operators, verify
from evalrun.evolvers.commands.evolve import command as evolve_command
from evalrun.evolvers.commands.published_digest import is_published
from evalrun.evolvers.commands.verify import command as verify_command
from evalrun.evolvers.journal import Journal
from evalrun.evolvers.storing import save_whole
from evalrun.harness.cli import main
from evalrun.harness.sandbox import Sandbox

Row = dict[str, Any]
Tamper = Callable[[Row], None]


@pytest.fixture(scope="module")
def pristine(sandbox: Sandbox, toy_suite: Suite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evolved") / "suite"
    evolve(toy_suite, parse_operators("compose_post,compose_post+rename"), 0, sandbox).suite.save(folder)
    return folder


@pytest.fixture
def folder(pristine: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(pristine, tmp_path / "suite"))


def rewrite(folder: Path, file: str, change: Callable[[list[Row]], None]) -> None:
    path = folder / file
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    change(rows)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    unseal(folder)


def unseal(folder: Path) -> None:
    """Take the seal away: suites without one load, and what was tampered with must be found all the same."""
    path = folder / "suite.json"
    manifest = json.loads(path.read_text())
    manifest.pop("merkle_root", None)
    path.write_text(json.dumps(manifest))


def seal(folder: Path) -> None:
    """Make the manifest fit the changed tasks, as whoever tampers with a suite would."""
    manifest = json.loads((folder / "suite.json").read_text())
    tasks = [CodeTask.from_json(json.loads(line)) for line in (folder / "tasks.jsonl").read_text().splitlines()]
    manifest["digest"] = digest(sorted([task.id, task.digest] for task in tasks))
    (folder / "suite.json").write_text(json.dumps(manifest))


def run_verify(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = main(["verify", str(folder), "--sandbox", "process"])
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def test_an_untouched_suite_verifies(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = run_verify(folder, capsys)
    assert code == 0
    assert "6 certificates hold" in text


def first_post(rows: list[Row]) -> Row:
    return next(row for row in rows if row["id"].endswith("0-post-0"))


def change_expected(row: Row) -> None:
    case = row["tests"][0]["cases"][0]
    case["expected"] = "another value" if case["expected"] != "another value" else 0


def change_sentence(row: Row) -> None:
    assert "Return" in row["prompt"]
    row["prompt"] = row["prompt"].replace(", returns. Return ", ", returns. Return twice ")


def change_reference(row: Row) -> None:
    row["reference"] += "\n# more\n"


def change_example(row: Row) -> None:
    row["prompt"] = row["prompt"].replace(">>> ", ">>>  ")


def drop_a_case(row: Row) -> None:
    row["tests"][0]["cases"].pop()


def change_entry(row: Row) -> None:
    row["entry_point"] = "double_it"


def loosen(row: Row) -> None:
    row["tests"][0]["comparator"] = {"order": "set"}


def change_seed(row: Row) -> None:
    row["lineage"]["seed"] = 17


def change_parameters(row: Row) -> None:
    row["lineage"]["parameters"]["letter"] = "w"


def forget_the_slot(row: Row) -> None:
    del row["lineage"]["parameters"]["slot"]


def change_operator(row: Row) -> None:
    row["lineage"]["operator"] = "rename"


def name_no_operator(row: Row) -> None:
    row["lineage"]["operator"] = "magic"


def change_version(row: Row) -> None:
    row["lineage"]["operator_version"] = "0"


def change_root(row: Row) -> None:
    row["lineage"]["root"] = "toy/5"


def change_depth(row: Row) -> None:
    row["lineage"]["depth"] = 3


def swap_parent(row: Row) -> None:
    row["lineage"]["parents"] = ["toy/5"]


def lose_parents(row: Row) -> None:
    row["lineage"]["parents"] = row["lineage"]["parent_digests"] = []


@pytest.mark.parametrize(
    ("tamper", "says"),
    [
        (change_expected, "tests differ"),
        (change_sentence, "prompt differ"),
        (change_reference, "reference differ"),
        (change_example, "prompt differ"),
        (drop_a_case, "tests differ"),
        (change_entry, "entry_point differ"),
        (loosen, "tests differ"),
        (change_seed, "not what operator and seed give"),
        (change_parameters, "not what operator and seed give"),
        (forget_the_slot, "which proposal"),
        (change_operator, "not what operator and seed give"),
        (name_no_operator, "no operator is called 'magic'"),
        (change_version, "version 0 of compose_post"),
        (change_root, "root or depth"),
        (change_depth, "root or depth"),
        (swap_parent, "is not the one in the lineage"),
        (lose_parents, "names no parents"),
    ],
)
def test_a_changed_task_is_found(folder: Path, capsys: pytest.CaptureFixture[str], tamper: Tamper, says: str) -> None:
    rewrite(folder, "tasks.jsonl", lambda rows: tamper(first_post(rows)))
    seal(folder)
    code, text = run_verify(folder, capsys)
    assert code == 3
    assert says in text


def test_a_changed_task_without_a_new_seal_does_not_even_load(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rewrite(folder, "tasks.jsonl", lambda rows: change_expected(first_post(rows)))
    code, text = run_verify(folder, capsys)
    assert code == 3
    assert "does not load" in text


def test_a_changed_ancestor_is_found(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def change(rows: list[Row]) -> None:
        row = next(row for row in rows if row["id"] == "toy/0")
        row["reference"] = row["reference"].replace("n + n", "2 * n")

    rewrite(folder, "ancestors.jsonl", change)
    code, text = run_verify(folder, capsys)
    assert code == 3
    assert "the parent toy/0 is not the one in the lineage" in text


def test_a_missing_ancestor_is_found(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rewrite(folder, "ancestors.jsonl", lambda rows: rows.remove(next(row for row in rows if row["id"] == "toy/0")))
    code, text = run_verify(folder, capsys)
    assert code == 3
    assert "toy/0 is not among the ancestors" in text


def edit_evidence(row: Row) -> None:
    gate = next(gate for gate in row["gates"] if gate["gate"] == "parent_fails")
    gate["evidence"]["failed"] += 1


def drop_gate(row: Row) -> None:
    row["gates"].pop()


def add_gate(row: Row) -> None:
    row["gates"].append({"gate": "hard_for_models", "holds": True, "evidence": {}})


def edit_outputs_digest(row: Row) -> None:
    row["outputs_digest"] = "0" * 64


def edit_holds(row: Row) -> None:
    row["gates"][0]["holds"] = False


@pytest.mark.parametrize(
    ("tamper", "says"),
    [
        (edit_evidence, "gate parent_fails"),
        (drop_gate, "gate parent_mutants"),
        (add_gate, "gate hard_for_models"),
        (edit_outputs_digest, "outputs_digest"),
        (edit_holds, "gate total"),
        (lambda row: row.update(gates="yes"), "gate total"),
        (lambda row: row.update(kind="preserving"), "kind"),
        (lambda row: row.update(task="nobody"), "no certificate"),
    ],
)
def test_an_edited_certificate_is_found(
    folder: Path, capsys: pytest.CaptureFixture[str], tamper: Tamper, says: str
) -> None:
    def change(rows: list[Row]) -> None:
        tamper(next(row for row in rows if row["task"].endswith("0-post-0")))

    rewrite(folder, "certificates.jsonl", change)
    code, text = run_verify(folder, capsys)
    assert code == 3
    assert says in text


def test_a_certificate_made_elsewhere_holds_here(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def change(rows: list[Row]) -> None:
        for row in rows:
            row.update(python="3.13.1", sandbox="docker")

    rewrite(folder, "certificates.jsonl", change)
    assert run_verify(folder, capsys)[0] == 0


def test_a_hostile_lineage_is_reported_and_not_followed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def change(rows: list[Row]) -> None:
        first_post(rows)["lineage"]["parameters"] = {"slot": 0, "choice": 10**9, "transform": "__import__('os')"}

    rewrite(folder, "tasks.jsonl", change)
    code, text = run_verify(folder, capsys)
    assert code == 3
    assert "not what operator and seed give" in text


def test_a_folder_that_is_no_suite_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = run_verify(tmp_path, capsys)
    assert code == 2
    assert "not a suite folder" in text


def test_a_suite_without_evolved_tasks_is_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], toy_suite: Suite
) -> None:
    toy_suite.save(tmp_path / "plain")
    code, text = run_verify(tmp_path / "plain", capsys)
    assert code == 2
    assert "nothing to verify" in text


def test_failures_come_with_their_task(pristine: Path, sandbox: Sandbox) -> None:
    suite = Suite.load(pristine)
    assert verify(suite, sandbox) == []
    bare = suite.subset(suite.tasks)
    object.__setattr__(bare, "certificates", {})
    failures = verify(bare, sandbox)
    assert {failure.task for failure in failures} == {
        task.id for task in (*suite.tasks, *suite.ancestors) if task.lineage is not None
    }
    assert {failure.problem for failure in failures} == {"there is no certificate"}


def evolve_toy(tmp_path: Path, toy_suite: Suite, *options: str) -> Result:
    source = tmp_path / "toy"
    if not source.exists():
        toy_suite.save(source)
    args = [str(source), "-o", str(tmp_path / "new"), "--sandbox", "process", *options]
    return CliRunner().invoke(evolve_command, args)


def test_the_verb_prints_a_table_and_writes_a_suite_that_verifies(tmp_path: Path, toy_suite: Suite) -> None:
    result = evolve_toy(tmp_path, toy_suite, "--operators", "rename,compose_post", "--name", "fresh", "--count", "2")
    assert result.exit_code == 0, result.output
    assert "compose_post" in result.output
    assert "refused: the tests accept several values: 2" in result.output
    suite = Suite.load(tmp_path / "new")
    assert suite.name == "fresh"
    assert suite.source.startswith("toy@1#")
    assert suite.license == "Apache-2.0"
    done = CliRunner().invoke(verify_command, [str(tmp_path / "new"), "--sandbox", "process"])
    assert done.exit_code == 0, done.output


def test_the_verb_evolves_chosen_tasks_only(tmp_path: Path, toy_suite: Suite) -> None:
    assert evolve_toy(tmp_path, toy_suite, "--tasks", "toy/0").exit_code == 0
    assert {task.root for task in Suite.load(tmp_path / "new")} == {"toy/0"}


def test_the_verb_refuses_a_folder_that_holds_something(tmp_path: Path, toy_suite: Suite) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "notes").write_text("mine")
    result = evolve_toy(tmp_path, toy_suite)
    assert "not an empty folder" in str(result.exception)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["notes"]


def test_the_verb_refuses_a_place_below_a_file(tmp_path: Path, toy_suite: Suite) -> None:
    (tmp_path / "new").write_text("mine")
    toy_suite.save(tmp_path / "toy")
    result = CliRunner().invoke(evolve_command, [str(tmp_path / "toy"), "-o", str(tmp_path / "new" / "x")])
    assert "is a file and no folder" in str(result.exception)


def test_an_interrupted_evolution_leaves_its_journal_and_goes_on_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, toy_suite: Suite
) -> None:
    def interrupted(self: Suite) -> Row:
        raise KeyboardInterrupt

    evolve_toy(tmp_path, toy_suite)
    whole = {path.name: path.read_bytes() for path in (tmp_path / "new").iterdir()}
    shutil.rmtree(tmp_path / "new")
    with monkeypatch.context() as patched:
        patched.setattr(Suite, "manifest", interrupted)
        stopped = evolve_toy(tmp_path, toy_suite)
    assert stopped.exit_code != 0
    assert "the same command goes on from there" in stopped.output
    assert {path.name for path in tmp_path.iterdir()} == {"toy", ".new.journal"}
    with (tmp_path / ".new.journal").open("a") as journal:
        journal.write('{"job": "torn')  # as a kill may leave it
    result = evolve_toy(tmp_path, toy_suite)
    assert "going on from an interrupted run" in result.output
    assert {path.name for path in tmp_path.iterdir()} == {"toy", "new"}
    assert {path.name: path.read_bytes() for path in (tmp_path / "new").iterdir()} == whole


def test_an_output_is_held_until_its_suite_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, toy_suite: Suite
) -> None:
    said: list[str] = []

    def saved(suite: Suite, folder: Path) -> None:
        try:
            Journal(None, folder.parent / f".{folder.name}.journal")  # type: ignore[arg-type]
        except BadInput as error:
            said.append(str(error))
        save_whole(suite, folder)

    monkeypatch.setattr("evalrun.evolvers.commands.evolve.save_whole", saved)
    assert evolve_toy(tmp_path, toy_suite).exit_code == 0
    assert "another process is at work on this output" in said[0]
    assert {path.name for path in tmp_path.iterdir()} == {"toy", "new"}


def test_a_task_slipped_in_without_a_lineage_is_found(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def slip_in(rows: list[Row]) -> None:
        wrong = {key: value for key, value in first_post(rows).items() if key != "lineage"}
        rows.append({**wrong, "id": "slipped/in", "prompt": "Do it."})

    rewrite(folder, "tasks.jsonl", slip_in)
    rewrite(folder, "certificates.jsonl", lambda rows: rows.append({**rows[0], "task": "slipped/in"}))
    seal(folder)
    code, text = run_verify(folder, capsys)
    assert code == 3
    assert "slipped/in: it was not evolved" in text
    assert "slipped/in: a certificate of no evolved task" in text


def test_roots_are_compared_with_the_suite_that_is_trusted(
    folder: Path, toy_suite: Suite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    toy_suite.save(tmp_path / "trusted")
    arguments = ["verify", str(folder), "--sandbox", "process", "--against"]
    assert main([*arguments, str(tmp_path / "trusted")]) == 0
    assert f"those of {toy_suite.ref}" in capsys.readouterr().out
    doctored = [replace(task, prompt=task.prompt + "# more\n") for task in toy_suite]
    replace(toy_suite, tasks=tuple(doctored)).save(tmp_path / "doctored")
    assert main([*arguments, str(tmp_path / "doctored")]) == 3
    assert "this root is not the task of that id" in capsys.readouterr().out


def checked(folder: Path, digits: str) -> Result:
    """``verify`` with what was published."""
    return CliRunner().invoke(verify_command, [str(folder), "--digest", digits, "--sandbox", "process"])


def test_the_published_seal_shows_that_a_copy_is_the_suite_certificates_included(folder: Path) -> None:
    seal = json.loads((folder / "suite.json").read_text())["merkle_root"]
    for written in (seal, f"  sha256:{seal.upper()} ", f"toy@1#{seal}"):
        result = checked(folder, written)
        assert result.exit_code == 0, result.output
        assert "this is the published suite: the seal covers every task" in result.output
    assert "as far as 12 of 64 digits show" in checked(folder, seal[:12]).output


def test_the_published_digest_shows_that_the_tasks_are_those_and_says_what_it_does_not_cover(folder: Path) -> None:
    suite = Suite.load(folder)
    result = checked(folder, suite.ref)
    assert result.exit_code == 0, result.output
    assert "these are the tasks of the published digest (as far as 12 of 64 digits show)" in result.output
    assert f"covers neither certificates nor lineages, which only the seal does (here {suite.merkle_root})" in (
        " ".join(result.output.split())
    )


def test_another_suite_is_not_the_published_one_and_nothing_of_it_is_run(folder: Path) -> None:
    seal = json.loads((folder / "suite.json").read_text())["merkle_root"]
    result = checked(folder, "0" * 64)
    assert isinstance(result.exception, GateFailed)
    assert "this is not the published suite" in str(result.exception)
    unseal(folder)  # a seal that was taken away hides nothing: it is computed from the files
    assert checked(folder, seal).exit_code == 0
    manifest = json.loads((folder / "suite.json").read_text())
    (folder / "suite.json").write_text(json.dumps({**manifest, "description": "the one and only"}))
    assert isinstance(checked(folder, seal).exception, GateFailed)


@pytest.mark.parametrize("digits", ["", "abc", "8d426f28892", "z" * 64, "0" * 65, "\x1b[2J" + "0" * 64, "toy@1#"])
def test_what_is_no_digest_is_bad_input(digits: str, folder: Path) -> None:
    result = checked(folder, digits)
    assert isinstance(result.exception, BadInput)
    assert "12 to 64 hexadecimal digits" in str(result.exception)


def test_the_built_in_evolved_suite_is_the_published_one() -> None:
    folder = built_in_folder("core-evolved")
    seal = "8d426f28892f6515bf57a22b6aab55a5cab00413f21285526a6f267473f8fa84"
    assert "this is the published suite" in is_published(folder, Suite.load("core-evolved"), seal)

"""Records of a run on disk: what readers tolerate, and what they refuse."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.benchmarks import BadInput, CodeTask, InfraError, StdioCase, StdioTest, Suite
from evalrun.benchmarks.jsonio import canonical_json, read_json, text_digest, write_jsonl
from evalrun.harness.runs.appending import appending
from evalrun.harness.runs.folder import open_run
from evalrun.harness.runs.lock import run_lock
from evalrun.harness.runs.manifest import differences, new_manifest, scoring_differences
from evalrun.harness.runs.records import (
    SAMPLES,
    VERDICTS,
    SampleRow,
    TaskRow,
    Usage,
    VerdictRow,
    load_run,
    start_run,
)
from evalrun.harness.runs.summary import summarise, summary_lines
from evalrun.harness.verdict import Verdict

TASKS = tuple(
    CodeTask(f"toy/{number}", f"Print {number}.", None, f"print({number})", (StdioTest((StdioCase("", str(number)),)),),
             form="instruct")
    for number in range(3)
)  # fmt: skip
SUITE = Suite("toy", "1", TASKS)


def manifest_of(epochs: int = 1, **changes: Any) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "model": "m",
        "label": None,
        "suite": SUITE,
        "tasks": TASKS,
        "sampling": {"epochs": epochs, "temperature": 0.5},
        "endpoint": {"base_url": "http://h/v1", "form": "chat"},
        **changes,
    }
    return new_manifest(**settings)


def sample(task: str, epoch: int = 0, text: str = "print(1)") -> SampleRow:
    return SampleRow(task, epoch, text, text, "alone")


def verdict(task: str, epoch: int = 0, found: Verdict = Verdict.PASS) -> VerdictRow:
    return VerdictRow(task, epoch, found)


def write(path: Path, rows: list[Any], tail: str = "") -> None:
    path.write_text("".join(canonical_json(row.to_json()) + "\n" for row in rows) + tail)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    start_run(tmp_path / "run", manifest_of(epochs=2), TASKS)
    return tmp_path / "run"


TEXT = st.text(st.characters())


@given(TEXT, TEXT, st.sampled_from(["append", "alone"]), st.none() | TEXT, st.none() | st.integers(0, 10**9))
def test_a_sample_survives_the_way_to_disk(
    text: str, code: str, assembly: Any, finish: str | None, n: int | None
) -> None:
    usage = None if n is None else Usage(n, n + 1)
    row = SampleRow("t", 3, text, code, assembly, finish, usage, 0.25, 2, "d", "now", "why")
    assert SampleRow.from_json(json.loads(canonical_json(row.to_json()))) == row


@given(st.sampled_from(list(Verdict)), TEXT, st.dictionaries(TEXT, TEXT))
def test_a_verdict_survives_the_way_to_disk(found: Verdict, detail: str, tests: Mapping[str, str]) -> None:
    row = VerdictRow("t", 0, found, detail, tests, 1.5, 0.5, False, "d", "now")
    assert VerdictRow.from_json(json.loads(canonical_json(row.to_json()))) == row


def test_a_run_is_read_back(folder: Path) -> None:
    write(folder / SAMPLES, [sample("toy/0"), sample("toy/1", 1)])
    write(folder / VERDICTS, [verdict("toy/0")])
    run = load_run(folder)
    assert run.tasks == {task.id: TaskRow.of(task) for task in TASKS}
    assert run.samples.keys() == {("toy/0", 0), ("toy/1", 1)}
    assert run.verdicts["toy/0", 0].verdict is Verdict.PASS
    assert run.planned == tuple((f"toy/{task}", epoch) for task in range(3) for epoch in range(2))
    assert run.unscored == (("toy/1", 1),)
    assert len(run.unanswered) == 4
    assert len(run.owed) == 5


def test_a_torn_last_line_is_owed_again(folder: Path) -> None:
    torn = canonical_json(sample("toy/1").to_json())[:-5]
    write(folder / SAMPLES, [sample("toy/0")], tail=torn)
    assert load_run(folder).samples.keys() == {("toy/0", 0)}


def test_a_last_line_without_its_end_is_cut_off_before_it_is_counted(folder: Path) -> None:
    whole_but_unended = canonical_json(sample("toy/1").to_json())
    write(folder / SAMPLES, [sample("toy/0")], tail=whole_but_unended)
    with appending(folder / SAMPLES) as samples:
        assert load_run(folder).samples.keys() == {("toy/0", 0)}
        samples.append([sample("toy/2").to_json()])
    assert load_run(folder).samples.keys() == {("toy/0", 0), ("toy/2", 0)}


def test_a_damaged_line_in_the_middle_is_refused(folder: Path) -> None:
    (folder / SAMPLES).write_text('{"task": "toy/0", \n' + canonical_json(sample("toy/1").to_json()) + "\n")
    with pytest.raises(BadInput, match=r"samples\.jsonl:1"):
        load_run(folder)


def test_of_two_samples_the_first_counts_and_of_two_verdicts_the_last(folder: Path) -> None:
    write(folder / SAMPLES, [sample("toy/0", text="first"), sample("toy/0", text="second")])
    write(folder / VERDICTS, [verdict("toy/0", found=Verdict.INFRA), verdict("toy/0", found=Verdict.WRONG)])
    run = load_run(folder)
    assert run.samples["toy/0", 0].text == "first"
    assert run.verdicts["toy/0", 0].verdict is Verdict.WRONG


def test_infra_is_owed_and_in_no_count_but_its_own(folder: Path) -> None:
    write(folder / SAMPLES, [sample("toy/0"), sample("toy/0", 1), sample("toy/1"), sample("toy/2")])
    rows = [verdict("toy/0"), verdict("toy/0", 1, Verdict.WRONG), verdict("toy/1"), verdict("toy/2", 0, Verdict.INFRA)]
    write(folder / VERDICTS, rows)
    found = summarise(load_run(folder))
    assert (found.verdicts[Verdict.PASS], found.verdicts[Verdict.WRONG]) == (2, 1)
    assert Verdict.INFRA not in found.verdicts
    assert (found.unanswered, found.unscored, found.owed) == (2, 1, 3)
    assert (found.scored_tasks, found.tasks) == (2, 3)
    assert found.pass_at_1 == pytest.approx((1 / 2 + 1) / 2)
    assert any("owed" in line and "3" in line for line in summary_lines(load_run(folder)))


@pytest.mark.parametrize(
    ("name", "row"),
    [
        (SAMPLES, {"task": "toy/0", "epoch": 0}),
        (SAMPLES, {**sample("toy/0").to_json(), "epoch": -1}),
        (SAMPLES, {**sample("toy/0").to_json(), "epoch": True}),
        (SAMPLES, {**sample("toy/0").to_json(), "assembly": "sideways"}),
        (SAMPLES, {**sample("toy/0").to_json(), "usage": [1, 2]}),
        (SAMPLES, sample("another/0").to_json()),
        (VERDICTS, {**verdict("toy/0").to_json(), "verdict": "splendid"}),
        (VERDICTS, {**verdict("toy/0").to_json(), "tests": [1]}),
        (VERDICTS, verdict("another/0").to_json()),
    ],
)
def test_a_record_that_cannot_be_is_refused(folder: Path, name: str, row: dict[str, Any]) -> None:
    (folder / name).write_text(json.dumps(row) + "\n")
    with pytest.raises(BadInput, match=name):
        load_run(folder)


def test_what_is_no_run_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not a run folder"):
        load_run(tmp_path)
    for text in ("[]", '{"schema": 99}', '{"schema": 1}', json.dumps({**manifest_of(), "sampling": {"epochs": 0}})):
        (tmp_path / "run.json").write_text(text)
        with pytest.raises(BadInput, match=r"run\.json"):
            load_run(tmp_path)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("created", 5, "created: expected a text, found '5'"),
        ("evalrun", ["0.1"], "evalrun: expected a text"),
        ("model", "m", "model: expected an object, found 'm'"),
        ("model.label", 7, "model.label: expected a text"),
        ("suite.digest", {}, "suite.digest: expected a text"),
        ("suite.tasks", "3", "suite.tasks: expected a whole number"),
        ("sampling.epochs", True, "sampling.epochs: expected a whole number"),
        ("sampling.epochs", 1.5, "sampling.epochs: expected a whole number"),
        ("sampling.temperature", "hot", "sampling.temperature: expected a number"),
        ("endpoint", 1, "endpoint: expected an object"),
        ("endpoint.base_url", 1, "endpoint.base_url: expected a text"),
        ("source", [], "source: expected an object"),
        ("source", {"unknown": [1]}, "source.unknown: expected a list of texts"),
        ("scoring", "docker", "scoring: expected an object"),
        ("scoring", {"limits": {"memory_mb": "1024"}}, "scoring.limits.memory_mb: expected a whole number"),
        ("scoring", {"requires": "numpy"}, "scoring.requires: expected a list of texts"),
        ("scoring", {"fresh": 1}, "scoring.fresh: expected true or false"),
        ("config_digest", 1, "config_digest: expected a text"),
    ],
)
def test_a_field_of_the_manifest_of_the_wrong_type_is_one_line_that_names_it(
    field: str, value: object, said: str, folder: Path
) -> None:
    manifest = manifest_of()
    section: Any = manifest
    *above, last = field.split(".")
    for name in above:
        section = section[name]
    section[last] = value
    (folder / "run.json").write_text(json.dumps(manifest))
    with pytest.raises(BadInput, match=r"run\.json: ") as caught:
        load_run(folder)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_manifest_may_have_fields_that_this_version_does_not_know(folder: Path) -> None:
    manifest = {**manifest_of(), "weather": 5}
    manifest["model"]["weights"] = [1, 2]
    (folder / "run.json").write_text(json.dumps(manifest))
    assert load_run(folder).manifest["weather"] == 5


def opened(folder: Path, manifest: dict[str, Any], *, resume: bool = False) -> None:
    with open_run(folder, manifest, TASKS, resume=resume):
        pass


def test_a_folder_with_a_run_is_only_touched_on_resuming(tmp_path: Path) -> None:
    opened(tmp_path / "run", manifest_of())
    with pytest.raises(BadInput, match="add --resume"):
        opened(tmp_path / "run", manifest_of())
    opened(tmp_path / "run", manifest_of(), resume=True)


def test_resuming_with_nothing_there_starts(tmp_path: Path) -> None:
    opened(tmp_path / "run", manifest_of(), resume=True)
    assert load_run(tmp_path / "run").planned


@pytest.mark.parametrize("resume", [False, True])
def test_samples_whose_manifest_is_missing_are_refused_and_not_touched(resume: bool, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    start_run(folder, manifest_of(), TASKS)
    with appending(folder / SAMPLES) as samples:
        samples.append([sample("toy/0").to_json()])
    before = (folder / SAMPLES).read_bytes()
    (folder / "run.json").unlink()
    for answers in (None, [sample("toy/1")]):
        with (
            pytest.raises(BadInput, match=r"holds samples but no run\.json; restore it or choose another folder"),
            open_run(folder, manifest_of(), TASKS, resume=resume, samples=answers),
        ):
            pass
    assert (folder / SAMPLES).read_bytes() == before


@pytest.mark.parametrize("written", [SAMPLES, "tasks.jsonl"])
def test_given_samples_without_a_manifest_that_a_kill_left_are_written_again(
    written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed_after(path: Path, rows: Iterable[object]) -> None:
        write_jsonl(path, rows)
        if path.name == written:
            raise KeyboardInterrupt

    monkeypatch.setattr("evalrun.harness.runs.records.write_jsonl", killed_after)
    with pytest.raises(KeyboardInterrupt):
        start_run(tmp_path / "run", manifest_of(), TASKS, [sample("toy/0"), sample("toy/1")])
    assert (tmp_path / "run" / SAMPLES).stat().st_size
    monkeypatch.undo()

    with open_run(tmp_path / "run", manifest_of(), TASKS, resume=False, samples=[sample("toy/2")]):
        assert set(load_run(tmp_path / "run").samples) == {("toy/2", 0)}
    assert not list((tmp_path / "run").glob(".*.tmp"))


def test_resuming_another_configuration_is_refused_and_names_what_differs(tmp_path: Path) -> None:
    opened(tmp_path / "run", manifest_of())
    for changes, named in (
        ({"sampling": {"epochs": 1, "temperature": 0.7}}, r"sampling\.temperature: 0\.5, now 0\.7"),
        ({"epochs": 4}, r"sampling\.epochs: 1, now 4"),
        ({"model": "other"}, r"model\.name: m, now other"),
        ({"endpoint": {"base_url": "http://h/v1", "form": "completions"}}, r"endpoint\.form: chat, now completions"),
        ({"tasks": TASKS[:2]}, r"suite\.selection"),
    ):
        with pytest.raises(BadInput, match=named):
            opened(tmp_path / "run", manifest_of(**changes), resume=True)


def test_a_label_may_change_on_resuming(tmp_path: Path) -> None:
    opened(tmp_path / "run", manifest_of())
    opened(tmp_path / "run", manifest_of(label="The new one"), resume=True)


def test_the_digest_of_the_configuration_changes_exactly_with_what_differs() -> None:
    one, same, other = manifest_of(), manifest_of(label="x"), manifest_of(model="n")
    assert one["config_digest"] == same["config_digest"] != other["config_digest"]
    assert differences(one, same) == []
    assert differences(one, other) == ["model.name: m, now n"]


def test_workers_do_not_make_another_scoring_but_the_image_does() -> None:
    old = {"kind": "docker", "image": "a", "workers": 2, "limits": {"cpu_s": 3.0}}
    assert scoring_differences(old, {**old, "workers": 8}) == []
    assert scoring_differences(old, {**old, "image": "b", "limits": {"cpu_s": 4.0}}) == [
        "scoring.image: a, now b",
        "scoring.limits.cpu_s: 3.0, now 4.0",
    ]


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(BadInput, match="holds files but no run"):
        opened(tmp_path, manifest_of(), resume=True)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    with pytest.raises(BadInput, match="a file is in the way"):
        opened(tmp_path / "thesis.tex", manifest_of())


def test_a_start_that_was_killed_can_be_started_again(tmp_path: Path) -> None:
    (tmp_path / "tasks.jsonl").write_text("")
    (tmp_path / ".run.json.123.tmp").write_text("{")
    write(tmp_path / SAMPLES, [sample("toy/0")])  # of a run that was given its samples, and never became one
    (tmp_path / ".given.tmp").touch()
    opened(tmp_path, manifest_of())
    assert load_run(tmp_path).samples == {}


def test_two_processes_cannot_write_to_one_run(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from evalrun.harness.runs.lock import run_lock\n"
        "with run_lock(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(BadInput, match="another process"), run_lock(tmp_path):
            pass
        other.kill()
        other.wait()
    with run_lock(tmp_path):  # a killed process leaves no lock behind
        pass


def test_a_full_disk_is_an_outage() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with pytest.raises(InfraError, match="cannot be written"), appending(Path("/dev/full")) as rows:
        rows.append([{"a": 1}])


def test_the_manifest_says_what_a_number_needs_to_be_traced(folder: Path) -> None:
    manifest = read_json(folder / "run.json")
    assert manifest["suite"]["digest"] == SUITE.digest
    assert {"schema", "evalrun", "created", "model", "sampling", "endpoint", "scoring", "config_digest"} <= set(
        manifest
    )


def test_a_verdict_on_other_code_than_the_samples_counts_for_nothing(folder: Path) -> None:
    of_it = VerdictRow("toy/0", 0, Verdict.PASS, code_digest=text_digest("print(1)"))
    write(folder / VERDICTS, [of_it])
    assert ("toy/0", 0) in load_run(folder).owed  # its sample is gone
    write(folder / SAMPLES, [sample("toy/0")])
    assert ("toy/0", 0) not in load_run(folder).owed
    write(folder / SAMPLES, [sample("toy/0", text="print(2)")])
    assert ("toy/0", 0) in load_run(folder).unscored


def test_a_published_sets_word_on_a_tasks_parent_is_its_root() -> None:
    task = CodeTask("EvoEval_subtle/3", "", "f", "", (), tags=("parent:HumanEval/3",))
    assert TaskRow.of(task) == TaskRow(
        id="EvoEval_subtle/3",
        digest=task.digest,
        root="HumanEval/3",
        parents=("HumanEval/3",),
        operator="EvoEval_subtle",
        tags=("parent:HumanEval/3",),
    )

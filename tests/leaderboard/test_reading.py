"""Reading runs line by line, in one process or several: it counts what `load_run` counts, and keeps what was asked."""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalrun.benchmarks import BadInput
from evalrun.benchmarks.errors import InfraError
from evalrun.benchmarks.jsonio import canonical_json, text_digest
from evalrun.harness.runs.records import Run, load_run
from evalrun.harness.verdict import Verdict
from evalrun.leaderboard.records.table import VERDICTS, RunTable, read_run, read_runs

MakeRun = Callable[..., Path]


# --- equal to what load_run says ---

TASKS = ("a", "\ud800")
CODES = ("x = 1\n", "\udcff")
SAMPLE = st.fixed_dictionaries(
    {
        "task": st.sampled_from(TASKS),
        "epoch": st.integers(0, 4),
        "text": st.sampled_from(CODES),
        "code": st.sampled_from(CODES),
        "cached": st.booleans(),
        "latency_s": st.none() | st.floats(0, 100),
        "usage": st.none()
        | st.fixed_dictionaries({"input_tokens": st.integers(0, 999), "output_tokens": st.integers(0, 999)}),
    }
)
VERDICT = st.fixed_dictionaries(
    {
        "task": st.sampled_from(TASKS),
        "epoch": st.integers(0, 4),
        "verdict": st.sampled_from(VERDICTS),
        "detail": st.sampled_from(["", "expected 1", "expected 2"]),
        "tests": st.dictionaries(st.sampled_from(["base", "plus"]), st.sampled_from(VERDICTS)),
        "code_digest": st.sampled_from(["", *map(text_digest, CODES)]),
    }
)
WHOLE: Mapping[str, Any] = {}
SHARE = {"shard": {"index": 1, "count": 2}}
GIVEN = {"source": {"name": "answers.jsonl", "digest": "0"}}


def write_run(folder: Path, samples: list[Any], verdicts: list[Any], more: Mapping[str, Any], epochs: int = 3) -> Path:
    folder.mkdir(exist_ok=True)
    manifest = {"schema": 1, "model": {"name": "m"}, "suite": {"name": "s"}, "sampling": {"epochs": epochs}, **more}
    tasks = [{"id": task, "digest": task, "root": task} for task in TASKS]
    (folder / "run.json").write_text(json.dumps(manifest))
    for name, rows in (("tasks", tasks), ("samples", samples), ("verdicts", verdicts)):
        (folder / f"{name}.jsonl").write_text("".join(canonical_json(row) + "\n" for row in rows))
    return folder


@given(
    samples=st.lists(SAMPLE, max_size=5) | st.lists(SAMPLE, min_size=15, max_size=25),
    verdicts=st.lists(VERDICT, max_size=5) | st.lists(VERDICT, min_size=15, max_size=25),
    more=st.sampled_from([WHOLE, SHARE, GIVEN]),
)
@settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_tables_are_those_of_the_whole_records(
    samples: list[Any], verdicts: list[Any], more: Mapping[str, Any], tmp_path: Path
) -> None:
    folder = write_run(tmp_path / "run", samples, verdicts, more)
    run = load_run(folder)
    for keep in ("none", "failures", "all"):
        table = read_run(folder, keep=keep)
        assert_equal_counts(table, run)
        assert_equal_spending(table, run)
    assert read_run(folder).answers == {}
    assert answers_of(read_run(folder, keep="all")) == expected_answers(run, lambda verdict: True)
    failed = expected_answers(run, lambda verdict: verdict not in (None, Verdict.PASS, Verdict.INFRA))
    assert answers_of(read_run(folder, keep="failures")) == {task: rows[:2] for task, rows in failed.items()}


def assert_equal_counts(table: RunTable, run: Run) -> None:
    found: Counter[tuple[str, str]] = Counter()
    rows: dict[str, list[tuple[str, str]]] = {}
    for key in run.planned:
        verdict = run.verdicts.get(key)
        if verdict is not None:
            rows.setdefault(key[0], []).append((verdict.verdict.value, verdict.detail))
            kind = {Verdict.PASS: "passed", Verdict.INFRA: "infra"}.get(verdict.verdict, "failed")
        else:
            kind = "unscored" if key in run.samples else "missing"
        found[key[0], kind] += 1
    assert {
        (task, kind): value
        for task, row in table.tasks.iterrows()
        for kind, value in row.items()
        if isinstance(value, int)
    } == {
        (task, kind): found[task, kind]
        for task in TASKS
        for kind in ("passed", "failed", "infra", "unscored", "missing")
    }
    assert table.owed + table.scored == len(run.planned)
    assert table.verdict_counts == {
        name: sum(verdict == name for row in rows.values() for verdict, _ in row) for name in VERDICTS
    }
    by_task = table.verdicts_by_task
    assert {task: [verdict for verdict, _ in row] for task, row in by_task.items()} == {
        task: [verdict for verdict, _ in row] for task, row in rows.items()
    }
    for task, row in rows.items():
        first = next((detail for verdict, detail in row if verdict != "pass"), "")
        assert next((detail for verdict, detail in by_task[task] if verdict != "pass"), "") == first


def assert_equal_spending(table: RunTable, run: Run) -> None:
    paid = [sample.usage for sample in run.samples.values() if sample.usage]
    times = sorted(s.latency_s for s in run.samples.values() if s.latency_s is not None and not s.cached)
    spent = table.spent
    assert (spent.samples, spent.timed) == (len(paid), len(times))
    if paid:
        assert spent.input_tokens == sum(usage.input_tokens for usage in paid)
        assert spent.output_tokens == sum(usage.output_tokens for usage in paid)
    else:
        assert math.isnan(spent.input_tokens)
        assert math.isnan(spent.output_tokens)
    if times:
        assert spent.latency_mean_s == statistics.fmean(times)
        assert spent.latency_p95_s == times[math.ceil(0.95 * len(times)) - 1]
    else:
        assert math.isnan(spent.latency_mean_s)


def answers_of(table: RunTable) -> dict[str, list[tuple[object, ...]]]:
    return {
        task: [(a.epoch, a.verdict, a.detail, dict(a.tests), a.text, a.code) for a in answers]
        for task, answers in table.answers.items()
    }


def expected_answers(run: Run, wanted: Callable[[Verdict | None], bool]) -> dict[str, list[tuple[object, ...]]]:
    found: dict[str, list[tuple[object, ...]]] = {}
    for key in run.planned:
        sample, row = run.samples.get(key), run.verdicts.get(key)
        if sample is not None and wanted(row and row.verdict):
            said = (row.verdict.value, row.detail, dict(row.tests)) if row else (None, "", {})
            found.setdefault(key[0], []).append((key[1], *said, sample.text, sample.code))
    return found


# --- what is kept ---


def test_a_kept_text_is_cut_and_says_by_how_much(tmp_path: Path) -> None:
    samples = [{"task": "a", "epoch": 0, "text": "t" * 1_000_000, "code": "c" * 4_001}]
    tests = {f"test {n}": "pass" for n in range(500)} | {"last": "wrong", "n" * 1000: "wrong"}
    verdicts = [{"task": "a", "epoch": 0, "verdict": "wrong", "detail": "d" * 5_000, "tests": tests}]
    (answer,) = read_run(write_run(tmp_path / "run", samples, verdicts, WHOLE), keep="failures").answers["a"]

    assert (len(answer.text), answer.text_cut) == (4_000, 996_000)
    assert (len(answer.code), answer.code_cut) == (4_000, 1)
    assert (len(answer.detail), answer.detail_cut) == (4_000, 1_000)
    assert (len(answer.tests), answer.tests_cut) == (40, 462)
    assert list(answer.tests)[:2] == ["last", "n" * 200], "what failed comes first"


def test_the_detail_of_the_first_failure_says_what_was_left_out(tmp_path: Path) -> None:
    verdicts = [{"task": "a", "epoch": 0, "verdict": "wrong", "detail": "d" * 5_000}]
    for keep in ("none", "failures", "all"):
        table = read_run(write_run(tmp_path / "run", [], verdicts, WHOLE), keep=keep)
        assert table.verdicts_by_task == {"a": [("wrong", "d" * 4_000 + "… (1,000 more characters)")]}


def test_numbers_that_no_server_can_mean_are_not_added_up(tmp_path: Path) -> None:
    costs = [{"input_tokens": 10, "output_tokens": 20}, {"input_tokens": -1, "output_tokens": 5}]
    costs.append({"input_tokens": 10**400, "output_tokens": 5})
    rows = [{"task": "a", "epoch": n, "text": "", "code": "", "usage": usage} for n, usage in enumerate(costs)]
    lines = [json.dumps({**row, "latency_s": late}) for row, late in zip(rows, (2.0, math.inf, -1.0), strict=True)]
    folder = write_run(tmp_path / "run", [], [], WHOLE)
    (folder / "samples.jsonl").write_text("\n".join(lines) + "\n")

    spent = read_run(folder).spent
    assert (spent.samples, spent.input_tokens, spent.output_tokens) == (1, 10, 20)
    assert (spent.timed, spent.latency_mean_s) == (1, 2.0)


# --- what is refused ---


@pytest.mark.parametrize(
    ("name", "line", "fault"),
    [
        ("samples", '{"task": "a", "epoch": 0}', r"samples\.jsonl: record 1 is malformed \(KeyError: 'text'\)"),
        ("samples", '{"task": "a", "epoch": -1, "text": "", "code": ""}', r"record 1 is malformed .*epoch: expected 0"),
        (
            "samples",
            '{"task": "a", "epoch": 0, "text": "", "code": "", "latency_s": 1%s}' % ("0" * 400),
            "record 1 is m",
        ),
        ("samples", '{"task": "z", "epoch": 0, "text": "", "code": ""}', r"samples\.jsonl: 'z' is no task of this run"),
        ("samples", "[1]", r"samples\.jsonl:1: not a JSON object"),
        ("verdicts", '{"task": "a", "epoch": 0, "verdict": "fine"}', r"verdicts\.jsonl: record 1 is malformed"),
        ("verdicts", '{"task": "a"', r"verdicts\.jsonl:1: not a JSON object"),
        ("tasks", "{}", r"tasks\.jsonl: record 1 is malformed"),
    ],
)
def test_a_malformed_line_is_named_by_file_and_number(name: str, line: str, fault: str, tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", [], [], WHOLE)
    (folder / f"{name}.jsonl").write_text(line + "\n")
    with pytest.raises(BadInput, match=fault):
        read_run(folder)


def test_more_samples_than_can_be_counted_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="split it into several"):
        read_run(write_run(tmp_path / "run", [], [], SHARE, epochs=10**12))


# --- several runs at once ---


def test_several_processes_read_what_one_reads_in_the_order_given(make_run: MakeRun) -> None:
    folders = [make_run(f"m{n}", {"a": "Pw"[: 1 + n % 2], "b": "w" * (1 + n % 2)}) for n in range(5)]
    told: list[Path] = []
    alone = read_runs(folders, keep="all", jobs=1)
    several = read_runs(folders, keep="all", jobs=2, progress=told.append)

    assert [run.label for run in several] == [f"m{n}" for n in range(5)]
    assert sorted(told) == sorted(folders)
    for one, other in zip(alone, several, strict=True):
        assert one.tasks.equals(other.tasks)
        assert (one.judged, one.details, one.answers, one.manifest) == (
            other.judged, other.details, other.answers, other.manifest,
        )  # fmt: skip


def test_of_several_bad_folders_the_first_given_is_named(make_run: MakeRun, tmp_path: Path) -> None:
    good = make_run("m", {"a": "P"})
    for jobs in (1, 2):
        with pytest.raises(BadInput, match="first: not a run folder"):
            read_runs([good, tmp_path / "first", tmp_path / "second", good], jobs=jobs)


def test_a_process_that_dies_is_told_of(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evalrun.leaderboard.records.workers._START", "raise SystemExit(3)")
    with pytest.raises(InfraError, match="the process that read it died"):
        read_runs([make_run("m", {"a": "P"}), make_run("n", {"a": "P"})], jobs=2)


WAITING = """
import sys
from pathlib import Path
from evalrun.leaderboard.records.table import read_runs

read_runs([Path(sys.argv[1])] * 2, jobs=2)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
def test_no_process_is_left_when_the_one_that_reads_is_killed(tmp_path: Path) -> None:
    folder, script = write_run(tmp_path / "run", [], [], WHOLE), tmp_path / "script.py"
    script.write_text(WAITING)
    (folder / "tasks.jsonl").unlink()
    os.mkfifo(folder / "tasks.jsonl")
    with subprocess.Popen([sys.executable, script, folder], stderr=subprocess.DEVNULL) as process:
        # A pipe can be opened for writing as soon as someone reads it; the reader then waits for what never comes.
        writing = wait_for(lambda: opened(folder / "tasks.jsonl"), 30)
        readers = children_of(process.pid)
        process.kill()
        process.wait()
    assert len(readers) >= 2
    wait_for(lambda: not any(map(is_alive, readers)), 10)
    os.close(writing)


def opened(pipe: Path) -> int | None:
    try:
        return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None


def fields_of(pid: int) -> dict[str, str]:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def children_of(parent: int) -> list[int]:
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if fields_of(pid).get("PPid") == str(parent)]


def is_alive(pid: int) -> bool:
    return fields_of(pid).get("State", "Z")[0] != "Z"


def wait_for(what: Callable[[], Any], seconds: float) -> Any:
    until = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < until
        time.sleep(0.05)
    return found

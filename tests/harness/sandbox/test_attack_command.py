"""`evalrun sandbox attack`: what it finds in sandboxes that do not hold, what it prints, and how it ends."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Literal

import pytest

from evalrun.benchmarks import InfraError
from evalrun.harness.cli import main
from evalrun.harness.sandbox import CallsJob, CheckJob, Job, Limits, Outcome, Sandbox, SandboxInfo
from evalrun.harness.sandbox.attack import CORPUS, Attack, Finding, planted, run_attacks, try_attack
from evalrun.harness.sandbox.attack.report import Report
from evalrun.harness.sandbox.attack.sentinels import PREFIX

INFO = SandboxInfo("docker", "3.12")
HOSTILE = Attack("hostile", "exit", "why", "HOSTILE\ndef solve(n): return n")


class Staged:
    """A sandbox in which honest answers come to what they should and the hostile one to what the test says."""

    def __init__(self, hostile: Callable[[Job], Outcome], honest: Callable[[Job], Outcome] | None = None) -> None:
        self.hostile = hostile
        self.honest = honest or self.judge

    @property
    def info(self) -> SandboxInfo:
        return INFO

    @staticmethod
    def judge(job: Job) -> Outcome:
        return Outcome("ok", judged="pass" if PREFIX in job.source else "wrong")

    def submit(self, job: Job, *, alone: bool = False) -> Future[Outcome]:
        future: Future[Outcome] = Future()
        future.set_result(self.hostile(job) if "HOSTILE" in job.source else self.honest(job))
        return future

    def run(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        return (self.submit(job).result() for job in jobs)

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """Nothing is held."""


def _key(job: Job) -> str:
    assert isinstance(job, CheckJob)
    found = re.search(PREFIX + r"[-a-z]+-[0-9a-f]+", job.program)
    assert found
    return found.group()


def _tried(sandbox: Staged, attack: Attack = HOSTILE) -> Finding:
    return try_attack(attack, "check", sandbox)


def test_an_attack_that_fails_is_no_finding() -> None:
    finding = _tried(Staged(lambda job: Outcome("ok", judged="wrong", detail="AssertionError")))
    assert not finding.bad
    assert (finding.verdict, finding.fits, finding.neighbours) == ("wrong", True, ())


def test_a_pass_is_a_forgery() -> None:
    finding = _tried(Staged(lambda job: Outcome("ok", judged="pass")))
    assert finding.forged
    assert finding.bad


def test_a_judged_pass_of_a_job_that_did_not_end_well_is_a_forgery_too() -> None:
    assert _tried(Staged(lambda job: Outcome("error", judged="pass"))).forged


@pytest.mark.parametrize(("place", "backwards"), [("stdout", False), ("stdout", True), ("detail", True)])
def test_an_expected_value_that_comes_out_is_a_leak(place: str, backwards: bool) -> None:
    def outcome(job: Job) -> Outcome:
        text = _key(job)[::-1] if backwards else _key(job)
        if place == "stdout":
            return Outcome("ok", judged="wrong", stdout=text.encode())
        return Outcome("ok", judged="error", detail=text)

    finding = _tried(Staged(outcome), replace(HOSTILE, fitting=frozenset({"wrong", "error"})))
    assert finding.leaked == ("expected",)
    assert finding.bad


@pytest.mark.parametrize("judged", ["wrong", "error"])
def test_what_the_judge_itself_says_it_expected_is_no_leak(judged: Literal["wrong", "error"]) -> None:
    hostile = replace(HOSTILE, fitting=frozenset({"wrong", "error"}))
    assert not _tried(Staged(lambda job: Outcome("ok", judged=judged, detail=f"expected {_key(job)}")), hostile).bad


def test_an_honest_answer_that_is_misjudged_afterwards_is_an_effect_on_neighbours() -> None:
    sandbox = Staged(lambda job: Outcome("ok", judged="wrong"), lambda job: Outcome("ok", judged="pass"))
    assert _tried(sandbox).neighbours == ("the next wrong answer was judged pass ()",)


def test_a_probe_that_finds_something_is_an_effect_on_neighbours() -> None:
    def honest(job: Job) -> Outcome:
        if "look()" in job.source:
            return Outcome("ok", judged="error", detail="RuntimeError: LEFT BEHIND: ['x']")
        return Staged.judge(job)

    probed = replace(HOSTILE, probe="def look(): return ['x']")
    finding = _tried(Staged(lambda job: Outcome("ok", judged="wrong"), honest), probed)
    assert "LEFT BEHIND: ['x']" in finding.neighbours[0]


def test_a_neighbour_in_another_sandbox_that_is_misjudged_is_an_effect() -> None:
    well, ill = Staged(lambda job: Outcome("ok", judged="wrong")), Staged(Staged.judge, lambda job: Outcome("timeout"))
    finding = try_attack(HOSTILE, "check", well, neighbour=ill)
    assert "another sandbox at the same time: timeout" in finding.neighbours[0]


def test_an_attack_that_breaks_the_sandbox_is_infra_and_a_finding() -> None:
    finding = _tried(Staged(lambda job: Outcome("infra", detail="broke twice")))
    assert finding.infra
    assert finding.bad


def test_a_changed_file_of_the_host_is_an_effect() -> None:
    with planted() as host:

        def spoil(job: Job) -> Outcome:
            host._file.write_text("x")
            return Outcome("ok", judged="wrong")

        finding = try_attack(HOSTILE, "check", Staged(spoil), host=host)
    assert finding.neighbours == ("a file of the host was changed",)


def test_attacks_are_repeated_and_those_for_other_sandboxes_left_out() -> None:
    sandbox = Staged(lambda job: Outcome("ok", judged="wrong"))
    rows = [replace(HOSTILE, kinds=("check", "asserts")), replace(HOSTILE, name="other", only="bwrap")]
    assert [row.kind for row in run_attacks(sandbox, rows, repeat=2)] == ["check", "asserts", "check", "asserts"]


def test_the_limit_of_a_row_is_the_limit_of_its_job() -> None:
    seen: list[Limits] = []

    def outcome(job: Job) -> Outcome:
        seen.append(job.limits)
        assert not isinstance(job, CallsJob)
        return Outcome("ok", judged="wrong")

    _tried(Staged(outcome), replace(HOSTILE, cpu_s=7.0))
    assert seen[0].cpu_s == 7.0


def _report(*outcomes: Outcome, troubles: tuple[str, ...] = ()) -> Report:
    def named(number: int, outcome: Outcome) -> Finding:
        return _tried(Staged(lambda job: outcome), replace(HOSTILE, name=f"program {number}"))

    return Report(INFO, [named(number, outcome) for number, outcome in enumerate(outcomes)], troubles)


def test_the_summary_counts_what_was_found() -> None:
    good = _report(Outcome("ok", judged="wrong"))
    assert good.holds
    assert good.summary() == "1 programs: 0 forged, 0 leaks, 0 effects on neighbours, engine healthy"
    bad = _report(Outcome("ok", judged="pass"), Outcome("infra"), Outcome("timeout"))
    assert not bad.holds
    counted = "3 programs: 1 forged, 0 leaks, 0 effects on neighbours, 1 infra, 1 verdicts that do not fit"
    assert counted in bad.summary()
    ill = _report(Outcome("ok", judged="wrong"), troubles=("2 containers of the run are left",))
    assert not ill.holds
    assert "NOT healthy: 2 containers" in ill.summary()


def test_nothing_an_answer_says_reaches_the_terminal_as_it_is() -> None:
    lines = list(_report(Outcome("error", detail="\x1b[2J\r\nevil\u202e")).lines())
    assert "\\x1b[2J\\r\\nevil\\u202e" in "\n".join(lines)
    assert not re.search(r"[\x00-\x1f\u202e]", "".join(lines).replace("\n", ""))


def test_the_list_names_every_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sandbox", "attack", "--list"]) == 0
    printed = capsys.readouterr().out
    assert printed.endswith(f"{len(CORPUS)} programs\n")
    assert all(attack.why in printed for attack in CORPUS)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--only", "exits"], "no category or program of that name; did you mean 'exit'?"),
        (["--corpus", "missing.jsonl"], "missing.jsonl: cannot be read"),
        (["--json", "nowhere/x.json", "--list"], "nowhere/x.json: cannot be written (No such file or directory)"),
        (["--json", "/", "--list"], "/: cannot be written (Is a directory)"),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_2(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sandbox", "attack", *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_damaged_private_corpus_is_one_line_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own.jsonl"
    own.write_text('{"name": "a", "source": "x"\n')
    assert main(["sandbox", "attack", "--corpus", str(own)]) == 2
    assert "own.jsonl:1: not a JSON object" in capsys.readouterr().err


@pytest.mark.parametrize("place", ["nowhere/found.json", "folder", "/proc/found.json"])
def test_findings_that_could_not_be_written_are_refused_before_anything_is_tried(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*given: object) -> None:
        raise AssertionError("it was begun")

    monkeypatch.setattr("evalrun.harness.commands.sandbox_attack._run", run)
    (tmp_path / "folder").mkdir()
    assert main(["sandbox", "attack", "--json", str(tmp_path / place)]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_without_a_sandbox_it_ends_with_5(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def connect() -> None:
        raise InfraError("no Docker engine answers")

    monkeypatch.setattr("evalrun.harness.sandbox.docker_engine.connect", connect)
    assert main(["sandbox", "attack", "--sandbox", "docker", "--only", "exit"]) == 5
    assert "no Docker engine answers" in capsys.readouterr().err


@pytest.mark.sandbox
@pytest.mark.parametrize(
    "kind", [pytest.param("docker", marks=pytest.mark.docker), pytest.param("bwrap", marks=pytest.mark.bwrap)]
)
def test_the_sandbox_of_this_machine_holds(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "found.json"
    chosen = ["--only", "a right answer", "--only", "an object equal to everything", "--only", "files left"]
    assert main(["sandbox", "attack", "--sandbox", kind, *chosen, "--json", str(out)]) == 0
    assert "3 programs: 0 forged, 0 leaks, 0 effects on neighbours, engine healthy" in capsys.readouterr().out
    found = json.loads(out.read_text())
    assert found["holds"] is True
    assert found["sandbox"]["kind"] == kind
    assert {row["name"] for row in found["findings"]} == set(chosen[1::2])


@pytest.mark.sandbox
@pytest.mark.docker
def test_a_verdict_that_does_not_fit_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "own.jsonl"
    own.write_text(json.dumps({"name": "\x1b[31mmine", "source": "def solve(n): 1 / 0", "kinds": ["calls"]}) + "\n")
    assert main(["sandbox", "attack", "--sandbox", "docker", "--corpus", str(own)]) == 1
    printed = capsys.readouterr().out
    assert "1 verdicts that do not fit, engine healthy" in printed
    assert "\\x1b[31mmine" in printed

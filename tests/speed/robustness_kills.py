"""SIGKILL at random instants of a scoring run: no wrong verdict, no orphan, and it resumes to what it would have been.

Each trial runs ``evalrun score`` on right and wrong answers in a process of its own, kills one victim, lets the command
end, and goes on with ``--resume`` until nothing is owed. Victims, in turn:

    supervisor   PID 1 of a sandbox
    candidate    a job's process that holds its answer, but not its test
    judge        a job's process that holds its test, but not its answer
    other        any further process of a sandbox (relays, zygotes)
    container    by `docker kill`
    host         the evalrun command itself
    dockerd      only with --engine

Candidates and judges are told apart by what is in their memory, which takes root. A sandbox without such a process
(a test may need no judge) makes the trial a miss; misses are counted. Run by hand:

    python tests/speed/robustness_kills.py HumanEval.jsonl.gz --trials 200
    python tests/speed/robustness_kills.py HumanEval.jsonl.gz --sandbox bwrap --trials 100
    python tests/speed/robustness_kills.py HumanEval.jsonl.gz --victims dockerd --engine 'systemctl start docker'

--engine COMMAND starts the engine again after its kill; it disturbs everyone who uses the engine, so better give one
of its own (`dockerd --data-root ... -H unix://FILE --pidfile FILE`) by DOCKER_HOST and --engine-pid. Exit code 1 when a
verdict is wrong, a run does not end as an uninterrupted one, or something is left behind.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import measuring
import programs

from evalrun.benchmarks import CheckTest, Suite

VICTIMS = ("supervisor", "candidate", "judge", "other", "container", "host")
INFRA_EXIT = 5
RESUMES = 4
IN_ANSWER, IN_TEST = b"mark-of-a-killed-answer", b"mark-of-a-killed-test"
Verdicts = dict[tuple[str, int], str]


@dataclass
class Trial:
    """What happened in one trial; ``faults`` must stay empty."""

    victim: str
    after_s: float
    hit: str = ""
    exits: list[int] = field(default_factory=list)
    interim: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


class Scoring:
    """The run that is disturbed: its files, its commands and what its verdicts must be."""

    def __init__(self, given: argparse.Namespace, folder: Path) -> None:
        self.given = given
        self.folder = folder
        self.engine = measuring.Engine()
        self.suite, self.samples = folder / "suite.jsonl", folder / "samples.jsonl"
        self.must: Verdicts = {}
        self._write(Suite.load(given.humaneval))

    def _write(self, suite: Suite) -> None:
        tasks = [task for task in suite if isinstance(task.tests[0], CheckTest)][: self.given.tasks]
        rows, answers = [], []
        for number, task in enumerate(tasks):
            test = task.tests[0].program  # type: ignore[union-attr]
            if number % 2:  # one that is no plain list of assertions needs a judge
                test += (
                    "\n\n_given = check\n\n\ndef check(candidate):\n    for _ in range(1):\n        _given(candidate)\n"
                )
            rows.append(
                {
                    "task_id": task.id,
                    "prompt": task.prompt,
                    "entry_point": task.entry_point,
                    "canonical_solution": task.reference.removeprefix(task.prompt),
                    "test": f"{test}\n# {IN_TEST.decode()}\n",
                }
            )
            for epoch, kind in enumerate(("right", "wrong")):
                # some take their time, or there would hardly be a process to hit
                slow = "import time\ntime.sleep(0.15)\n" if (number + epoch) % 3 == 0 else ""
                text = f"{programs.program(task, kind)}\n{slow}# {IN_ANSWER.decode()}\n"  # type: ignore[arg-type]
                answers.append({"task_id": task.id, "solution": text})
                self.must[task.id, epoch] = "pass" if kind == "right" else "wrong"
        for path, lines in ((self.suite, rows), (self.samples, answers)):
            path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")

    def start(self, run: Path, *, resume: bool = False) -> subprocess.Popen[bytes]:
        """The command, started."""
        command = [
            str(Path(sys.executable).with_name("evalrun")),
            "score",
            str(self.samples),
            "--suite",
            str(self.suite),
        ]
        command += ["-o", str(run), "--sandbox", self.given.sandbox, "--workers", str(self.given.workers)]
        command += ["--resume"] if resume else []
        with (self.folder / "log.txt").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)

    def verdicts(self, run: Path) -> Verdicts:
        """The verdicts that count: of several the last; a torn last line counts for nothing."""
        path = run / "verdicts.jsonl"
        found: Verdicts = {}
        for line in path.read_bytes().splitlines(keepends=True) if path.exists() else ():
            with contextlib.suppress(ValueError):
                row = json.loads(line)
                found[row["task"], row["epoch"]] = row["verdict"]
        return found

    def guests(self, pid: int) -> list[int]:
        """Every process of the sandboxes of the evalrun with this id."""
        if self.given.sandbox == "docker":
            return self.engine.guests(pid)
        ours = os.readlink("/proc/self/ns/pid")
        return [found for found in measuring.tree([pid]) if found != pid and _namespace(found) not in ("", ours)]


def _namespace(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")
    except OSError:
        return ""


def _inner_pid(pid: int) -> int:
    """The process id in the innermost namespace."""
    return next((int(value.split()[-1]) for value in measuring.values_of(f"/proc/{pid}/status", "NSpid")), 0)


def role(pid: int) -> str:
    """supervisor, candidate, judge or other; "" when it has ended."""
    if _inner_pid(pid) == 1:
        return "supervisor"
    words = _memory_holds(pid, (IN_ANSWER, IN_TEST))
    # A relay carries both; what is as old as its parent is no job's.
    if len(words) != 1 or _age_difference_s(pid) < 0.05:
        return "other" if measuring.birth(pid) else ""
    return "candidate" if words == {IN_ANSWER} else "judge"


def _age_difference_s(pid: int) -> float:
    """How much younger than its parent a process is."""
    parent = next(measuring.values_of(f"/proc/{pid}/status", "PPid"), "0")
    births = [measuring.birth(int(found)) for found in (parent, pid)]
    older, younger = (int(found.split(":")[1]) if found else 0 for found in births)
    return (younger - older) / os.sysconf("SC_CLK_TCK")


def _memory_holds(pid: int, words: tuple[bytes, ...]) -> set[bytes]:
    """Which of the words are in a process's writable memory."""
    found: set[bytes] = set()
    try:
        maps = Path(f"/proc/{pid}/maps").read_text(encoding="utf-8", errors="replace")
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            for start, end in re.findall(r"^([0-9a-f]+)-([0-9a-f]+) rw", maps, re.MULTILINE):
                with contextlib.suppress(OSError, ValueError):
                    memory.seek(int(start, 16))
                    data = memory.read(min(int(end, 16) - int(start, 16), 1 << 26))
                    found |= {word for word in words if word in data}
    except OSError:
        return found
    return found


def kill_process(pid: int, born: str | None) -> bool:
    """SIGKILL to this process and to no later one of the same id."""
    try:
        handle = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        if born is None or measuring.birth(pid) != born:
            return False
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


def strike(scoring: Scoring, victim: str, command: subprocess.Popen[bytes], chance: random.Random) -> str:
    """Kill the victim as soon as there is one; says what was hit, "" when the command ended before."""
    if victim == "host":
        command.kill()
        return f"evalrun {command.pid}"
    while command.poll() is None:
        if victim == "container":
            containers = scoring.engine.containers(command.pid)
            if containers:
                chosen = chance.choice(containers)
                with contextlib.suppress(Exception):  # it ended first, or is not started yet
                    chosen.kill()
                    return f"container {chosen.short_id}"
        elif victim == "dockerd":
            pid = int(scoring.given.engine_pid.read_text(encoding="ascii"))
            if scoring.engine.containers(command.pid) and kill_process(pid, measuring.birth(pid)):
                time.sleep(1)
                subprocess.run(scoring.given.engine, shell=True, check=True, start_new_session=True)
                scoring.engine = _engine_again()
                return f"dockerd {pid}"
        else:
            guests = scoring.guests(command.pid)
            chance.shuffle(guests)
            for pid in guests:
                born = measuring.birth(pid)
                if role(pid) == victim and kill_process(pid, born):
                    return f"{victim} {pid}"
        time.sleep(0.002)
    return ""


def _engine_again() -> measuring.Engine:
    for _ in range(60):
        if subprocess.run(["docker", "version"], capture_output=True, check=False).returncode == 0:
            return measuring.Engine()
        time.sleep(0.5)
    raise SystemExit("the engine did not come back within 30 s")


def attempt(scoring: Scoring, victim: str, after_s: float, must: Verdicts, chance: random.Random) -> Trial:
    """One trial: disturb, resume, compare, look for what is left."""
    trial = Trial(victim, after_s)
    run = scoring.folder / "run"
    shutil.rmtree(run, ignore_errors=True)
    command = scoring.start(run)
    owners = [command.pid]
    time.sleep(after_s)
    seen = {pid: measuring.birth(pid) for pid in scoring.guests(command.pid)}
    trial.hit = strike(scoring, victim, command, chance)
    try:
        trial.exits.append(command.wait(scoring.given.patience))
        interim = scoring.verdicts(run)
        trial.interim = dict(Counter(interim.values()))
        trial.faults += _differences(interim, must, "before resuming", infra=True)
        while trial.exits[-1] != 0:
            if len(trial.exits) > RESUMES:
                trial.faults.append(f"still not done after {RESUMES} resumes (exit codes {trial.exits})")
                break
            if trial.exits[-1] not in (INFRA_EXIT, -signal.SIGKILL):
                trial.faults.append(f"exit code {trial.exits[-1]}")
            command = scoring.start(run, resume=True)
            owners.append(command.pid)
            trial.exits.append(command.wait(scoring.given.patience))
    except subprocess.TimeoutExpired:
        trial.faults.append(f"the command hung for {scoring.given.patience} s and was killed")
        command.kill()
        command.wait()
    final = scoring.verdicts(run)
    trial.faults += _differences(final, must, "at the end", infra=False)
    if len(final) < len(must):
        trial.faults.append(f"{len(must) - len(final)} answers have no verdict")
    if len(owners) == 1 and victim != "host":  # the next start is to clean up: have one
        scoring.start(scoring.folder / "next").wait()
        shutil.rmtree(scoring.folder / "next", ignore_errors=True)
    trial.faults += _left_behind(scoring, owners, seen)
    return trial


def _differences(found: Verdicts, must: Verdicts, when: str, *, infra: bool) -> list[str]:
    return [
        f"{when}: {key[0]} ({'right' if must[key] == 'pass' else 'wrong'}) became {verdict}"
        for key, verdict in found.items()
        if verdict != must[key] and not (infra and verdict == "infra")
    ]


def _left_behind(scoring: Scoring, owners: list[int], seen: dict[int, str | None]) -> list[str]:
    patience = time.monotonic() + 5
    while True:
        left = [f"container {found.short_id} is left" for owner in owners for found in scoring.engine.containers(owner)]
        left += [f"process {pid} is left" for pid, born in seen.items() if born and measuring.birth(pid) == born]
        if not left or time.monotonic() > patience:
            return left
        time.sleep(0.1)


def main() -> None:
    """All trials, and a table of them."""
    parser = measuring.options(__doc__, rounds=1)
    parser.add_argument("humaneval", type=Path)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tasks", type=int, default=60, help="each with a right and a wrong answer (60)")
    parser.add_argument("--sandbox", default="docker", choices=["docker", "bwrap"])
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--victims", help="comma-separated (default: all but dockerd)")
    parser.add_argument("--engine", metavar="COMMAND", help="also kill dockerd; COMMAND starts it again")
    parser.add_argument("--engine-pid", type=Path, default="/run/docker.pid", metavar="FILE", help="dockerd's pid file")
    parser.add_argument("--patience", type=float, default=120.0, help="seconds that a command may take (120)")
    given = parser.parse_args()
    victims = given.victims.split(",") if given.victims else [v for v in VICTIMS if _applies(v, given.sandbox)]
    if given.engine and "dockerd" not in victims:
        victims.append("dockerd")
    if "dockerd" in victims and not given.engine:
        parser.error("dockerd is killed with --engine COMMAND only")
    with measuring.cpu_share(given.share), tempfile.TemporaryDirectory(prefix="evalrun-kills-") as folder:
        trials = run_trials(Scoring(given, Path(folder)), victims)
    report(trials)
    settings = {"seed": given.seed, "sandbox": given.sandbox, "command": shlex.join(sys.argv)}
    measuring.save(given.json, "kills", {**settings, "trials": [vars(trial) for trial in trials]})
    sys.exit(1 if any(trial.faults for trial in trials) else 0)


def _applies(victim: str, sandbox: str) -> bool:
    return victim != "container" or sandbox == "docker"


def run_trials(scoring: Scoring, victims: list[str]) -> list[Trial]:
    """First the run without any disturbance, then every trial."""
    run = scoring.folder / "run"
    scoring.start(run).wait()  # makes the image, or the root filesystem
    shutil.rmtree(run, ignore_errors=True)
    started = time.monotonic()
    code = scoring.start(run).wait()
    duration = time.monotonic() - started
    must = scoring.verdicts(run)
    if code or must != scoring.must:
        log = (scoring.folder / "log.txt").read_text(encoding="utf-8", errors="replace")
        faults = _differences(must, scoring.must, "undisturbed", infra=False)
        raise SystemExit(f"the undisturbed run gave exit code {code}: {faults[:5]}\n{log[-2000:]}")
    measuring.note(f"undisturbed: {len(must)} verdicts in {duration:.1f} s")
    chance = random.Random(scoring.given.seed)
    trials = []
    for number in range(scoring.given.trials):
        victim = victims[number % len(victims)]
        trial = attempt(scoring, victim, chance.uniform(0, duration), must, chance)
        trials.append(trial)
        faults = f" FAULTS: {trial.faults[:3]}" if trial.faults else ""
        hit = trial.hit or f"no {victim}"
        measuring.note(f"{number + 1}: {hit} after {trial.after_s:.2f} s, exit codes {trial.exits}{faults}")
    return trials


def report(trials: list[Trial]) -> None:
    """One row for each kind of victim."""
    by_victim: dict[str, list[Trial]] = defaultdict(list)
    for trial in trials:
        by_victim[trial.victim].append(trial)
    rows: list[tuple[Any, ...]] = []
    for victim, each in by_victim.items():
        faults = Counter(re.sub(r"HumanEval/\d+|[0-9a-f]{6,}|\d+", "N", fault) for one in each for fault in one.faults)
        rows.append(
            (
                victim,
                len(each),
                sum(bool(one.hit) for one in each),
                sum(len(one.exits) > 1 for one in each),
                sum(one.interim.get("infra", 0) for one in each),
                sum(bool(one.faults) for one in each),
                "; ".join(f"{times} x {fault}" for fault, times in faults.most_common(3)),
            )
        )
    measuring.table(("victim", "trials", "hit", "resumed", "infra verdicts", "trials with faults", "faults"), rows)


if __name__ == "__main__":
    main()

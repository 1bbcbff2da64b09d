"""Runs and suites that attack whoever shows them: every text that a run may hold, in every way a text can do harm."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalrun.benchmarks import Case, CasesTest, CodeTask, Suite
from evalrun.benchmarks.jsonio import canonical_json, text_digest
from evalrun.benchmarks.task import Lineage
from evalrun.harness.runs.records import TaskRow

SCRIPT = "<script>alert('evil')</script>"
TEXTS = (
    SCRIPT,
    "\"'><img src=x onerror=alert(1)><svg onload=alert(2)>",
    "</title></style></script></textarea></pre><iframe src=//evil.example></iframe>",
    "{{ 7*7 }}{% raw %}{# $\\frac{x$ ${evil} `",
    "abc\u202egnp.exe\u2066\u200b\u2028",
    "nul\x00bell\x07\x1b[2J\x1b]8;;http://evil.example\x07\x9b31m",
    "\ud83d lone \udc00 \ufffe \U000e0001",
    '=HYPERLINK("http://evil.example")|a|\r\n@SUM(1)',
    "javascript:alert(1)//",
    "<!-- --> <![CDATA[ &lt;b&gt; &#60;script&#62; ]]> &",
    "//evil.example/\\evil.example",
    "a\u0300" * 40 + "\u0416\u6f22\U0001f600",
)
PATHS = (
    "../../../../evil",
    "/etc/evil",
    "C:\\evil",
    "CON",
    "con",
    "nul.html",
    "index.html",
    "..",
    ".",
    ".nojekyll",
    "_evil",
    "a b/c?d=e#f%2e%2e",
    "tasks/../../evil.html",
    "very long " * 500,
)
EVERYTHING = "\n".join((*TEXTS, *PATHS[:-1]))
DEEP = 400
"""Levels of a certificate: JSON may have more, and nobody needs them."""
ONE_LONG_LINE = "<b>" * 350_000
MODELS = (*TEXTS[:8], "", "../../../../evil", "CON", "con", "index.html", "..", PATHS[-1])
IDS = (*(f"{text}/{n}" for n, text in enumerate(TEXTS)), *PATHS)


@dataclass(frozen=True, slots=True)
class Hostile:
    """Run folders, suite folders that tell their tasks' texts, OLD:NEW pairs of their labels, files of preferences."""

    runs: Sequence[Path]
    suites: Sequence[Path]
    pairs: Sequence[str]
    preferences: Sequence[Path]

    @property
    def options(self) -> list[str]:
        """What `evalrun leaderboard` is given, but for the output."""
        suites = [word for suite in self.suites for word in ("--suite", str(suite))]
        pairs = [word for pair in self.pairs for word in ("--pair", pair)]
        files = [word for path in self.preferences for word in ("--preferences", str(path))]
        return [*map(str, self.runs), *suites, *pairs, *files, "--title", EVERYTHING]


def write(folder: Path) -> Hostile:
    """Runs of many models on a suite and on the one evolved from it, runs of an unknown suite, and owed samples."""
    original = Suite("hostile", "1", tuple(_task(task_id, number) for number, task_id in enumerate(IDS)))
    tasks = tuple(_evolved(task, n) for n, task in enumerate(original.tasks[:9]))
    told = {task.id: _certificate(n) for n, task in enumerate(tasks)}
    evolved = Suite("hostile-evolved", "1", tasks, certificates=told, evolution={"seed": 0, SCRIPT: EVERYTHING})
    suites = [folder / "suite", folder / "suite-evolved"]
    for suite, path in zip((original, evolved), suites, strict=True):
        suite.save(path)
    runs = []
    for number, model in enumerate(MODELS):
        for suite in (original, evolved):
            runs.append(folder / "runs" / f"{number}-{suite.name}")
            _write_run(runs[-1], model, _identity(suite), [TaskRow.of(task) for task in suite], number)
    for number, model in enumerate(MODELS[:2]):
        runs.append(folder / "runs" / f"{number}-unknown")
        identity = {"name": EVERYTHING, "version": SCRIPT, "digest": PATHS[0], "tasks": 2}
        _write_run(runs[-1], model, identity, [TaskRow(IDS[0], SCRIPT, IDS[0], (), SCRIPT, TEXTS)], number)
    preferences = [_write_preferences(folder / f"{mode}.jsonl", mode) for mode in ("loglikelihood", "reward", "judge")]
    return Hostile(runs, suites, [f"{SCRIPT}:{TEXTS[1]}", f"{PATHS[0]}:{PATHS[3]}"], preferences)


def _identity(suite: Suite) -> dict[str, Any]:
    return {
        "name": suite.name, "version": suite.version, "digest": suite.digest, "tasks": len(suite),
        "authors": [{"model": EVERYTHING, "family": SCRIPT, "tasks": -(10**300)}, {"model": SCRIPT, "family": "evil"}],
    }  # fmt: skip


def _deep(named: bool) -> Any:
    """Objects, or lists, in each other."""
    found: Any = SCRIPT
    for _ in range(DEEP):
        found = {SCRIPT: found} if named else [found]
    return found


def _certificate(number: int) -> dict[str, Any]:
    """The certificate of a task that a model wrote, in which nothing is what it should be."""
    deep, nested = _deep(True), _deep(False)
    gates: Any = [
        {"gate": text, "holds": bool(place % 3), "evidence": {text: text, SCRIPT: deep, "nested": nested}}
        for place, text in enumerate((*TEXTS, "consensus", "no_leak"))
    ]
    gates += [None, 3, {"gate": None}, {"gate": deep, "holds": "yes", "evidence": [SCRIPT]}]
    member = {"model": EVERYTHING, "family": SCRIPT}
    return {
        "made_by": "authored", "kind": SCRIPT, "operator": EVERYTHING, "python": SCRIPT, "sandbox": TEXTS[1],
        "panel": {"author": member, "solvers": [member, deep], "independent": SCRIPT, "under_test": EVERYTHING},
        "calls": [{SCRIPT: EVERYTHING}], "draft": {"description": ONE_LONG_LINE}, "published": deep,
        "gates": (gates, gates, gates * 200, SCRIPT, {SCRIPT: SCRIPT}, None)[number % 6],
    }  # fmt: skip


def _task(task_id: str, number: int) -> CodeTask:
    prompt = f'def f(x):\n    """{EVERYTHING}"""\n'
    tests = (CasesTest((Case((EVERYTHING,), number),), name=SCRIPT), CasesTest((Case((1,), 2),), name=EVERYTHING))
    return CodeTask(
        task_id, prompt, "f", f"{prompt}    return {EVERYTHING!r}\n", tests, tags=TEXTS[: 1 + number % 4],
        metadata={"source": EVERYTHING, "url": "javascript:alert(1)"},
    )  # fmt: skip


def _evolved(task: CodeTask, number: int) -> CodeTask:
    operator = TEXTS[number % 3]
    parameters = {EVERYTHING: EVERYTHING, "definition": _deep(True), "rows": _deep(False)}
    lineage = Lineage(task.id, (task.id,), (task.digest,), operator, SCRIPT, parameters, number, 10**300)
    return CodeTask(
        f"{task.id}~{SCRIPT}", task.prompt + f"# {SCRIPT}\n", "f", task.reference, task.tests, lineage=lineage
    )


def _write_run(
    folder: Path, model: str, suite: dict[str, Any], tasks: Sequence[TaskRow], number: int, epochs: int = 3
) -> None:
    folder.mkdir(parents=True)
    manifest = {
        "schema": 1,
        "evalrun": SCRIPT,
        "created": (f"2026-01-02T03:04:05Z{SCRIPT}", SCRIPT, "")[number % 3],
        "model": {"name": EVERYTHING, "label": model},
        "suite": suite,
        "sampling": {"epochs": epochs, "temperature": 0.5, "stop": [SCRIPT], "a": _deep(True), "b": _deep(False)},
        "endpoint": {"base_url": "javascript:alert(1)", "form": SCRIPT},
        "scoring": {"kind": SCRIPT, "image": EVERYTHING, "python": SCRIPT, "requires": [SCRIPT], "missing": [SCRIPT]},
        "prompt": {"version": 1, "digest": SCRIPT},
        "suite_seal": EVERYTHING,
        SCRIPT: EVERYTHING,
    }
    (folder / "run.json").write_text(json.dumps(manifest), encoding="ascii")
    _write_lines(folder / "tasks.jsonl", [row.to_json() for row in tasks])
    keys = [(place, row.id, epoch) for place, row in enumerate(tasks) for epoch in range(epochs)]
    owing = number == 5
    _write_lines(folder / "samples.jsonl", [_sample(*key, number) for key in keys if not (owing and key[0] == 1)])
    _write_lines(folder / "verdicts.jsonl", [_verdict(*key, number) for key in keys if not (owing and key[0] < 3)])


def _sample(place: int, task: str, epoch: int, number: int) -> dict[str, Any]:
    text = ONE_LONG_LINE if (place, number) == (0, 1) else f"```python\n{EVERYTHING}\n```"
    return {
        "task": task, "epoch": epoch, "text": text, "code": text, "assembly": "alone", "finish_reason": SCRIPT,
        "usage": {"input_tokens": 7, "output_tokens": 9}, "latency_s": 0.5, "model": SCRIPT, "reasoning": EVERYTHING,
        "reason": SCRIPT if place % 4 == 3 else "",
    }  # fmt: skip


def _verdict(place: int, task: str, epoch: int, number: int) -> dict[str, Any]:
    passed = (place * 7 + epoch * 3 + number) % 5 < 2 + number % 3
    kind = "pass" if passed else ("wrong", "error", "timeout", "no_answer", "oom")[(place + epoch) % 5]
    return {
        "task": task, "epoch": epoch, "verdict": kind, "detail": "" if passed else EVERYTHING,
        "tests": {SCRIPT: kind, EVERYTHING: SCRIPT}, "code_digest": text_digest("") if place == 30 else "",
    }  # fmt: skip


def _write_preferences(path: Path, mode: str) -> Path:
    header = {"schema": 1, "model": TEXTS[len(mode) % 5], "mode": mode, "suite": EVERYTHING, "created": SCRIPT,
              "how": TEXTS[0]}  # fmt: skip
    rows: list[dict[str, Any]] = [header]
    for number, name in enumerate((*TEXTS, *PATHS) * 3):
        rows.append(
            {
                "pair": f"{name}{number}", "family": name,
                "category": TEXTS[number % 5], "criterion": TEXTS[number % 3],
                "chosen_bytes": number, "rejected_bytes": 9, "skipped": SCRIPT if number % 11 == 10 else None,
                "metadata": {SCRIPT: EVERYTHING},
            }
        )  # fmt: skip
        rows[-1] |= {"votes": {name: {"chosen": 2, "tie": number % 2}, SCRIPT: {"rejected": number % 3}}}
        if number > 4:
            rows[-1] |= {
                "parent": rows[number - 4]["pair"],
                "operator": name,
                "effect": ("preserve", "invert")[number % 2],
            }
        if number % 3 == 0:
            rows[-1] |= {"task": EVERYTHING, "chosen_id": name, "rejected_id": f"{name}{number}"}
        if mode == "judge":
            rows[-1] |= {"choice_forward": ("chosen", "rejected", "tie")[number % 3], "choice_backward": "chosen"}
        else:
            rows[-1] |= {"chosen_score": -1.0 - number % 3, "rejected_score": -2.0}
    _write_lines(path, rows)
    return path


def _write_lines(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    path.write_text("".join(canonical_json(row) + "\n" for row in rows), encoding="ascii")

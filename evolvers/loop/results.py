"""What given runs say of a suite's tasks: pass rates of models, read from run folders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from ...benchmarks import BadInput, Suite
from ...benchmarks.families import is_kin_by_name
from ...harness.runs.records import Run, load_run
from ...harness.verdict import Verdict
from ..authored.calls import Member
from .fitness import Results


def results_of(runs: Iterable[Path], suite: Suite, author: Member | None) -> tuple[Results, list[str]]:
    """The runs' pass rates on the suite's tasks, and the models that were left out because they are the author's kin.

    A model is kin if one of its names says so: what it was asked for as, its label, or what a server said it was.
    Several runs of one model are put together. BadInput where a folder is no run, or no run is about this suite.
    """
    names: dict[str, set[str]] = {}
    passed: dict[str, Counter[str]] = {}
    asked: dict[str, Counter[str]] = {}
    ids = {task.id for task in (*suite.tasks, *suite.ancestors)}
    for folder in runs:
        run = load_run(folder)
        model = str(run.manifest["model"].get("name") or folder.name)
        names.setdefault(model, set()).update(_names(run))
        for key in run.planned:
            verdict = run.verdict_of(key)
            if key[0] in ids and verdict is not None and verdict is not Verdict.INFRA:
                asked.setdefault(model, Counter())[key[0]] += 1
                passed.setdefault(model, Counter())[key[0]] += verdict is Verdict.PASS
    if not asked:
        raise BadInput(f"--runs: none of these runs has a scored answer to a task of {suite.ref}")
    kin = sorted(
        model for model in asked if author and is_kin_by_name(author.model, author.family, {model, *names[model]})
    )
    rates = {
        model: {name: passed[model][name] / count for name, count in sorted(counts.items())}
        for model, counts in sorted(asked.items())
        if model not in kin
    }
    if not rates:
        raise BadInput("--runs: all of these runs are of the author's family, which has no say in fitness")
    return Results(rates), kin


def _names(run: Run) -> set[str]:
    """What a run's model is called anywhere in it."""
    label = run.manifest["model"].get("label")
    return {str(label or ""), *(str(sample.model or "") for sample in run.samples.values())}

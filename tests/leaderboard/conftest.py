"""Run folders written as files, the way the harness writes them: what these tests read is what users have."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks.jsonio import text_digest, write_jsonl

from .browser import Browser

MakeRun = Callable[..., Path]

# Templates, drawings and formulas are the same on every Python; what they cost is spent on one of them.
SLOW_ONES = (
    "_page.py",
    "_pages.py",
    "test_figures.py",
    "test_judges.py",
    "test_page.py",
    "test_ranks.py",
    "test_site.py",
    "test_site_hostile.py",
)


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Count the tests of pages and simulations among the slow ones."""
    for item in items:
        if item.path.parent == Path(__file__).parent and item.path.name.endswith(SLOW_ONES):
            item.add_marker(pytest.mark.slow)


OUTCOMES = {"P": "pass", "w": "wrong", "e": "error", "t": "timeout", "n": "no_answer", "i": "infra"}


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """`make_run(label, {"task": "Pw"})` writes a run folder into the test's own and returns its path."""
    return writer_of_runs(tmp_path)


def writer_of_runs(parent: Path) -> MakeRun:
    """What `make_run` is, for any folder.

    Each letter is one epoch: P pass, w wrong, e error, t timeout, n no_answer, i infra, u answered but unscored, - not
    answered.
    ``roots`` and ``operators`` name the root and operator of evolved tasks; ``digests`` overrides a task's digest.
    """

    def make(
        label: str,
        outcomes: Mapping[str, str],
        *,
        suite: str = "toy",
        roots: Mapping[str, str] | None = None,
        operators: Mapping[str, str] | None = None,
        digests: Mapping[str, str] | None = None,
        detail: str = "expected 1, found 2",
        created: str = "2026-01-02T03:04:05Z",
        manifest: Mapping[str, Any] | None = None,
    ) -> Path:
        folder = parent / f"run-{len(list(parent.glob('run-*')))}"
        folder.mkdir()
        epochs = max(len(letters) for letters in outcomes.values())
        header = {
            "schema": 1,
            "evalrun": "0.1.0",
            "created": created,
            "model": {"name": f"{label}-model", "label": label},
            "suite": {"name": suite, "version": "1", "digest": text_digest(suite), "tasks": len(outcomes)},
            "sampling": {"epochs": epochs, "temperature": 0.0},
            "endpoint": {"base_url": "http://localhost", "form": "chat"},
            "scoring": {"sandbox": "docker", "image": "sha256:abcdef0123456789"},
            **(manifest or {}),
        }
        (folder / "run.json").write_text(json.dumps(header), encoding="ascii")
        write_jsonl(folder / "tasks.jsonl", _tasks(outcomes, roots or {}, operators or {}, digests or {}))
        write_jsonl(folder / "samples.jsonl", _samples(outcomes))
        write_jsonl(folder / "verdicts.jsonl", _verdicts(outcomes, detail))
        return folder

    return make


@pytest.fixture(scope="module")
def browser(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One tab for all tests of a module; it is opened only where there is a Chromium."""
    tab = Browser(chromium, tmp_path_factory.mktemp("profile"))
    yield tab
    tab.close()


def _tasks(
    outcomes: Mapping[str, str], roots: Mapping[str, str], operators: Mapping[str, str], digests: Mapping[str, str]
) -> Sequence[dict[str, Any]]:
    return [
        {
            "id": task,
            "digest": digests.get(task, text_digest(task)),
            "root": roots.get(task, task),
            "parents": [roots[task]] if task in roots else [],
            "operator": operators.get(task, "rename" if task in roots else None),
            "tags": [],
        }
        for task in outcomes
    ]


def _samples(outcomes: Mapping[str, str]) -> Sequence[dict[str, Any]]:
    return [
        {"task": task, "epoch": epoch, "text": "def f(): ...", "code": "def f(): ...", "assembly": "alone"}
        for task, letters in outcomes.items()
        for epoch, letter in enumerate(letters)
        if letter != "-"
    ]


def _verdicts(outcomes: Mapping[str, str], detail: str) -> Sequence[dict[str, Any]]:
    return [
        {"task": task, "epoch": epoch, "verdict": OUTCOMES[letter], "detail": "" if letter == "P" else detail}
        for task, letters in outcomes.items()
        for epoch, letter in enumerate(letters)
        if letter in OUTCOMES
    ]

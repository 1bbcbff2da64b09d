"""Starting the scripted endpoint from a test, as a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalrun.benchmarks import CodeTask
from evalrun.evolvers.authored.templates import PROMPTS

TESTS = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Endpoint:
    """Where it is."""

    origin: str

    @property
    def base_url(self) -> str:
        """As ``--base-url`` takes it."""
        return f"{self.origin}/v1"

    def counts(self) -> dict[str, Any]:
        """See ``serve.Scripted.told``."""
        with urllib.request.urlopen(f"{self.origin}/scripted/counts", timeout=30) as reply:
            found: dict[str, Any] = json.load(reply)
            return found

    def tell(self, what: str) -> None:
        """``shut``, ``open`` or ``forget``."""
        with urllib.request.urlopen(
            urllib.request.Request(f"{self.origin}/scripted/{what}", method="POST"), timeout=30
        ) as reply:
            reply.read()


@contextmanager
def scripted(tasks: Sequence[CodeTask], folder: Path, delay: float = 0.0, stumble: int = 0) -> Iterator[Endpoint]:
    """The endpoint while the block runs. tasks: those whose programs its solvers know by heart."""
    programs = folder / "programs.json"
    known = {str(task.entry_point): task.reference for task in tasks if task.entry_point is not None}
    programs.write_text(json.dumps(known), encoding="utf-8")
    options = ["--prompts", str(PROMPTS), "--parents", str(programs), "--delay", str(delay), "--stumble", str(stumble)]
    start = f"import sys; sys.path.insert(0, {str(TESTS)!r}); from scripted.serve import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", start, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        address = process.stdout.readline().strip()
        assert address.startswith("http"), "the scripted endpoint did not start"
        yield Endpoint(address)
    finally:
        process.stdin.close()
        process.wait(timeout=10)
        process.stdout.close()

"""The command ``evalrun evolve`` with a scripted panel, in this process or in one that may be killed."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from ...scripted.starting import Endpoint
from .campaign import READERS

PROGRAM = [sys.executable, "-c", "import sys; from evalrun.harness.cli import main; sys.exit(main())"]
SANDBOX = ("--sandbox", "process", "--workers", "2")
TEN = (
    "difficult,creative,subtle,model:combine,model:tool_use,verbose,concise,scenario,back_translate,transmission_chain"
)


def wish(
    seeds: Path | str,
    endpoint: Endpoint,
    output: Path,
    *further: str,
    author: str = "scripted:mixed",
    operators: str = TEN,
) -> list[str]:
    """The arguments of ``evalrun``: an author that plays good and bad, and five readers."""
    readers = [part for name in READERS for part in ("--solver-model", name)]
    members = ["--model", author, "--base-url", endpoint.base_url, *readers]
    return ["evolve", str(seeds), "--operators", operators, *members, *SANDBOX, "-o", str(output), *further]


def digest_of(folder: Path) -> str:
    """One digest of all files of a suite, with their names."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    parts = [f"{path.relative_to(folder)} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()

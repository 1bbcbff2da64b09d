"""`evalrun sandbox attack`: run the hostile corpus against the sandbox that works here."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...benchmarks.errors import BadInput
from ...benchmarks.jsonio import require_writable, write_json, writing

if TYPE_CHECKING:
    from ..sandbox.attack import Attack
    from ..sandbox.attack.report import Report


@click.command()
@click.option(
    "--sandbox", "kind", type=click.Choice(["auto", "docker", "bwrap"]), default="auto", show_default=True,
    help="What to attack. auto: docker, else bwrap.",
)  # fmt: skip
@click.option("--only", multiple=True, metavar="CATEGORY_OR_NAME", help="Only these; may be given several times.")
@click.option("--list", "listed", is_flag=True, help="Say what would be run, and run nothing.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), metavar="FILE", help="Also write all findings.")
@click.option("--repeat", type=click.IntRange(min=1), default=1, show_default=True, help="Run all so often.")
@click.option(
    "--corpus", type=click.Path(path_type=Path), metavar="FILE.jsonl",
    help="Programs of your own in place of the corpus (format: docs/security.md).",
)  # fmt: skip
def attack(
    kind: Any, only: Sequence[str], listed: bool, json_file: Path | None, repeat: int, corpus: Path | None
) -> int:
    """Attack the sandbox with hostile programs and say what they achieved.

    After each one a right and a wrong answer must be judged so, a probe looks for what it left, and a neighbour
    in another sandbox must not have noticed. Exit code 0: nothing was forged, nothing leaked, nobody was hurt,
    every verdict fits, engine and host are well; 1: not so; 5: no sandbox.

    \b
    Examples:
      evalrun sandbox attack
      evalrun sandbox attack --sandbox bwrap --only memory --only "a fork bomb"
      evalrun sandbox attack --list
      evalrun sandbox attack --corpus private.jsonl --json findings.json
    """
    from ..sandbox.attack import CORPUS
    from ..sandbox.attack.report import listing

    attacks = CORPUS
    if corpus is not None:
        from ..sandbox.attack.reading import read_corpus

        attacks = read_corpus(corpus)
    attacks = _select(attacks, only)
    if json_file is not None:
        require_writable(json_file)
    if listed:
        click.echo("\n".join(listing(attacks)))
        return 0
    report = _run(kind, attacks, repeat)
    click.echo("\n".join(report.lines()))
    if json_file is not None:
        with writing(json_file):
            write_json(json_file, report.to_json())
    return 0 if report.holds else 1


def _select(attacks: tuple[Attack, ...], only: Sequence[str]) -> tuple[Attack, ...]:
    names = [name for attack in attacks for name in (attack.name, attack.category)]
    for wanted in only:
        if wanted not in names:
            near = difflib.get_close_matches(wanted, names, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise BadInput(f"--only {wanted}: no category or program of that name{hint} (--list shows all)")
    return tuple(attack for attack in attacks if not only or attack.name in only or attack.category in only)


def _run(kind: Any, attacks: tuple[Attack, ...], repeat: int) -> Report:
    from tqdm import tqdm

    from ..sandbox import open_sandbox
    from ..sandbox.attack import planted, run_attacks
    from ..sandbox.attack.health import descendants, troubles_after, troubles_of
    from ..sandbox.attack.report import Report
    from ..sandbox.attack.run import chosen

    before = descendants()
    with planted() as host:
        with open_sandbox(kind, workers=1) as sandbox, open_sandbox(kind, workers=1) as neighbour:
            info = sandbox.info
            total = repeat * len(chosen(attacks, sandbox))
            if not total:
                raise BadInput(f"none of the chosen programs is for the sandbox {info.kind}")
            found = run_attacks(sandbox, attacks, neighbour=neighbour, host=host, repeat=repeat)
            findings = list(tqdm(found, total=total, desc="attacking", file=sys.stderr, disable=None))
            troubles = [*troubles_of(sandbox), *troubles_of(neighbour)]
        troubles += troubles_after(info.kind, host, before)
    return Report(info, findings, troubles)

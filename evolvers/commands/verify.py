"""``evalrun verify``: does every certificate of a suite hold?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ...benchmarks import BadInput, GateFailed, Suite
from ...harness.commands.options import opened, sandbox_options
from ..verify import foreign_roots, verify
from .bars import bars


@click.command("verify")
@click.argument("folder", metavar="SUITE", type=click.Path(path_type=Path))
@click.option("--against", metavar="ROOTS", help="The suite it was evolved from: every root must be a task of it.")
@sandbox_options
def command(folder: Path, against: str | None, **options: Any) -> None:
    """Check every certificate of SUITE, believing nothing that the suite says of itself.

    Makes each evolved task again from its ancestors, runs every proof again and compares the results with the
    certificates. Prints one line for each failure; exits with 0 only if all certificates hold, with 3 otherwise. The
    roots are the suite's own copies; --against compares them with the suite that you trust.

    \b
    Examples:
      evalrun verify suites/he-fresh
      evalrun verify suites/he-fresh --against HumanEval.jsonl.gz
    """
    roots = None if against is None else Suite.load(against)
    suite = load_evolved(folder)
    with opened(options, suite.requires) as sandbox, bars() as progress:
        failures = verify(suite, sandbox, progress)
    if roots is not None:
        failures += foreign_roots(suite, roots)
    for failure in failures:
        click.echo(f"{failure.task}: {failure.problem}")
    if failures:
        broken = len({failure.task for failure in failures})
        raise GateFailed(
            f"{suite.ref}: certificates of {broken} tasks do not hold; get a clean copy or evolve the suite again"
        )
    known = "taken from the suite itself (compare them with --against)" if roots is None else f"those of {roots.ref}"
    click.echo(f"{suite.ref}: {len(suite.certificates)} certificates hold; the roots are {known}")


def load_evolved(folder: Path) -> Suite:
    """A stored suite; GateFailed when it is one but was changed or damaged, BadInput when it is none."""
    if not (folder / "suite.json").is_file():
        raise BadInput(f"{folder}: not a suite folder; give the folder that `evalrun evolve -o` wrote")
    try:
        return Suite.load(folder)
    except BadInput as error:
        raise GateFailed(f"the suite does not load, so nothing in it is proven: {error}") from error

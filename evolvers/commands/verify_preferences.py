"""``evalrun verify`` of a suite of preference tasks, evolved or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from ...benchmarks import BadInput, GateFailed, sealing
from ...benchmarks.jsonio import read_json
from ...benchmarks.preference import PreferenceSuite
from ...harness.commands.options import opened
from ..commitment import broken_promises, commitment_of, given_secret
from ..keeping import kept_in
from ..preferences.proofs import is_proven, kind_of
from ..preferences.verify import foreign_roots, is_evolved, verify
from ..verify import Failure
from .bars import bars
from .published_digest import is_published
from .verify import folder_of, report


def verify_preferences(
    suite_ref: str,
    against: str | None,
    reveal: str | None,
    replies: Path | None,
    published: str | None,
    options: Mapping[str, Any],
) -> None:
    """Check every certificate and label; GateFailed when one does not hold."""
    roots = None if against is None else PreferenceSuite.load(against)
    suite = _loaded(suite_ref)
    if not is_evolved(suite) and (against or reveal):
        raise BadInput(f"suite {suite.ref}: it was not evolved, so it has neither roots nor a seed to compare")
    told = None if published is None else is_published(folder_of(suite_ref), suite, published)
    secret = None if reveal is None else given_secret(reveal)
    with opened(options, ()) as sandbox, bars() as progress:
        failures = verify(suite, sandbox, progress, replies)
    if roots is not None:
        failures += foreign_roots(suite, roots)
    if secret is not None:
        failures += [Failure(*each) for each in broken_promises(suite, secret)]
    report(failures, suite.ref)
    click.echo(_labels(suite))
    if is_evolved(suite):
        known = (
            "taken from the suite itself (compare them with --against)" if roots is None else f"those of {roots.ref}"
        )
        kept = len(kept_in(suite))
        seeds = f", {kept} kept seeds are untouched" if kept else ""
        click.echo(f"{suite.ref}: {len(suite.certificates)} certificates hold{seeds}; the roots are {known}")
    if told is not None:
        click.echo(told)
    if secret is not None:
        click.echo(f"the suite follows from the secret of the commitment {commitment_of(secret)}")


def _loaded(suite_ref: str) -> PreferenceSuite:
    """A stored suite; GateFailed when it was changed or damaged, or has no seal, which would show that."""
    try:
        suite = PreferenceSuite.load(suite_ref)
        manifest = read_json(folder_of(suite_ref) / "suite.json")
    except BadInput as error:
        raise GateFailed(f"the suite does not load, so nothing in it is proven: {error}") from error
    if sealing.ROOT not in manifest:
        raise GateFailed(f"{suite.ref}: gate sealed: there is no {sealing.ROOT} in suite.json; get a clean copy")
    return suite


def _labels(suite: PreferenceSuite) -> str:
    """How many labels a machine has shown, by kind of proof, and how many are only said."""
    kinds = Counter(kind_of(task) for task in suite if is_proven(task))
    shown = ", ".join(f"{kind} {number}" for kind, number in sorted(kinds.items()))
    said = len(suite) - sum(kinds.values())
    told = f"{suite.ref}: {sum(kinds.values())} of {len(suite)} labels are shown by a machine"
    return told + (f" ({shown})" if shown else "") + (f"; {said} rest on what people or judges said" if said else "")

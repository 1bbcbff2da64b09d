"""``evalrun verify``: does every certificate of a suite hold?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ...benchmarks import BadInput, GateFailed, Suite, built_in_suites
from ...benchmarks.preference import is_preference_suite
from ...benchmarks.taskset import built_in_folder
from ...benchmarks.texts import printable
from ...harness.commands.options import opened, sandbox_options
from ...harness.oracle import each_with_expected
from ...harness.sandbox.api import Sandbox
from ..commitment import broken_promises, commitment_of, given_secret
from ..keeping import kept_in
from ..verify import Failure, foreign_roots, verify
from .bars import bars
from .published_digest import is_published, published_in


@click.command("verify")
@click.argument("suite_ref", metavar="SUITE")
@click.option("--against", metavar="ROOTS", help="The suite it was evolved from: every root must be a task of it.")
@click.option("--reveal", metavar="SECRET", help="A secret, or the file that holds it: the suite must follow from it.")
@click.option(
    "--replies",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The store of a panel's replies (of evolve --replies): does what models said follow from them?",
)
@click.option(
    "--digest",
    metavar="HEX",
    help="The seal (or the digest) that was published with the suite: is this that suite?",
)
@click.option("--tests", metavar="CODE", help="A code suite: do its tests confirm SUITE's labels of programs?")
@sandbox_options
def command(
    suite_ref: str,
    against: str | None,
    reveal: str | None,
    replies: Path | None,
    digest: str | None,
    tests: str | None,
    **options: Any,
) -> None:
    """Check every certificate of SUITE, believing nothing that the suite says of itself.

    Makes each evolved task again from its ancestors, runs every proof again and compares the results with the
    certificates. Prints one line for each failure; exits with 0 only if all certificates hold, with 3 otherwise. The
    roots are the suite's own copies; --against compares them with the suite that you trust. --reveal proves that the
    suite was evolved with the seed of a secret whose commitment was published before. SUITE is a folder, or the name of
    a built-in suite. Of preference tasks the labels are verified too, also of a suite that was not evolved.

    Tasks that a model wrote are made again from the draft and the blind solutions that their certificates keep, without
    any model. --replies also checks these against the replies themselves.

    --digest says whether this is the suite that was published under a seal (`merkle_root` in suite.json, also printed
    by `evalrun suites show`), which covers certificates and lineages too, or under a digest, which covers the tasks.

    With --tests SUITE may be a file of pairs of programs (CodePrefBench): which labels do the tests of CODE confirm?

    \b
    Examples:
      evalrun verify suites/he-fresh
      evalrun verify suites/he-fresh --against HumanEval.jsonl.gz
      evalrun verify suites/he-fresh --reveal secret.txt
      evalrun verify suites/he-written --replies replies.db
      evalrun verify suites/he-written --digest 8d426f28892f6515bf57a22b6aab55a5cab00413f21285526a6f267473f8fa84
      evalrun verify align
      evalrun verify correctness-alignment.jsonl.gz --tests HumanEvalPlus.jsonl.gz
    """
    published = None if digest is None else published_in(digest)
    if tests is not None:
        from .confirm_labels import confirm_labels

        if against or reveal or digest:
            raise BadInput("--tests stands alone: it asks whether tests confirm labels, and --against of certificates")
        confirm_labels(suite_ref, tests, options)
        return
    if _holds_preferences(suite_ref):
        from .verify_preferences import verify_preferences

        verify_preferences(suite_ref, against, reveal, replies, published, options)
        return
    roots = None if against is None else Suite.load(against)
    suite = load_evolved(folder_of(suite_ref))
    told = None if published is None else is_published(folder_of(suite_ref), suite, published)
    secret = None if reveal is None else given_secret(reveal)
    with opened(options, suite.requires) as sandbox, bars() as progress:
        failures = verify(suite, sandbox, progress, replies=replies)
        if roots is not None:
            failures += foreign_roots(suite, completed(roots, sandbox))
    if secret is not None:
        failures += [Failure(*each) for each in broken_promises(suite, secret)]
    report(failures, suite.ref)
    known = "taken from the suite itself (compare them with --against)" if roots is None else f"those of {roots.ref}"
    kept = len(kept_in(suite))
    seeds = f", {kept} kept seeds pass" if kept else ""
    click.echo(f"{suite.ref}: {len(suite.certificates)} certificates hold{seeds}; the roots are {known}")
    if told is not None:
        click.echo(told)
    if secret is not None:
        click.echo(f"the suite follows from the secret of the commitment {commitment_of(secret)}")


def _holds_preferences(suite_ref: str) -> bool:
    try:
        return is_preference_suite(suite_ref)
    except BadInput as error:  # there is a manifest, and it cannot be read
        raise GateFailed(f"the suite does not load, so nothing in it is proven: {error}") from error


def report(failures: list[Failure], ref: str) -> None:
    """Print one line for each failure; GateFailed when there is one."""
    for failure in failures:
        click.echo(printable(f"{failure.task}: {failure.problem}"))
    if failures:
        broken = len({failure.task for failure in failures})
        raise GateFailed(
            f"{ref}: certificates of {broken} tasks do not hold; get a clean copy or evolve the suite again"
        )


def completed(roots: Suite, sandbox: Sandbox) -> Suite:
    """The trusted suite with the expected values that its format leaves to its references, as evolving sees it."""
    found = zip(roots.tasks, each_with_expected(roots.tasks, sandbox), strict=True)
    return replace(roots, tasks=tuple(old if isinstance(new, BadInput) else new for old, new in found))


def folder_of(suite_ref: str) -> Path:
    """The folder of a suite given by its path or by the name of a built-in one."""
    return built_in_folder(suite_ref) if suite_ref in built_in_suites() else Path(suite_ref)


def load_evolved(folder: Path) -> Suite:
    """A stored suite; GateFailed when it is one but was changed or damaged, BadInput when it is none."""
    if not (folder / "suite.json").is_file():
        raise BadInput(f"{folder}: not a suite folder; give the folder that `evalrun evolve -o` wrote")
    try:
        return Suite.load(folder)
    except BadInput as error:
        raise GateFailed(f"the suite does not load, so nothing in it is proven: {error}") from error

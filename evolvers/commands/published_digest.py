"""``evalrun verify --digest``: is this folder the suite whose digest, or seal, was published?"""

from __future__ import annotations

import re
from pathlib import Path

from ...benchmarks import BadInput, GateFailed, Suite, sealing
from ...benchmarks.preference import PreferenceSuite

LEAST_DIGITS, WHOLE = 12, 64
_HEX = re.compile(rf"[0-9a-f]{{{LEAST_DIGITS},{WHOLE}}}")


def published_in(text: str) -> str:
    """The hexadecimal digits in what somebody copied from a paper or a leaderboard: the digits alone, or after
    ``NAME@VERSION#`` or ``sha256:``. BadInput where there are none, or fewer than 12."""
    digits = text.strip().rpartition("#")[2].strip().lower().removeprefix("sha256:")
    if not _HEX.fullmatch(digits):
        raise BadInput(
            f"--digest {text[:80]!r}: expected {LEAST_DIGITS} to {WHOLE} hexadecimal digits, the digest or the seal "
            "that was published (also as name@version#digest)"
        )
    return digits


def is_published(folder: Path, suite: Suite | PreferenceSuite, published: str) -> str:
    """One line on what the published digits show of a suite that was loaded from a folder.

    The seal is computed from the files as they are, so it covers a folder from which its seal was taken away too.
    GateFailed where the digits are neither those of the seal nor those of the digest.
    """
    seal = sealing.seal_of(folder)
    if seal.startswith(published):
        return (
            f"{suite.ref}: this is the published suite: the seal covers every task, ancestor and certificate and the "
            f"manifest{_cut(published)}"
        )
    if suite.digest.startswith(published):
        return (
            f"{suite.ref}: these are the tasks of the published digest{_cut(published)}; it covers neither "
            f"certificates nor lineages, which only the seal does (here {seal}): compare that too, if it was published"
        )
    raise GateFailed(
        f"{suite.ref}: gate published: this is not the published suite: of {published} neither the seal ({seal}) nor "
        f"the digest of the tasks ({suite.digest}) begins so; get a clean copy"
    )


def seal_line(suite: Suite | PreferenceSuite, folder: Path) -> str:
    """What whoever publishes a new suite should publish with it."""
    return (
        f"seal {suite.merkle_root}: publish it with the suite; `evalrun verify {folder} --digest SEAL` shows that a "
        "copy is this one, certificates included"
    )


def _cut(published: str) -> str:
    return "" if len(published) == WHOLE else f" (as far as {len(published)} of {WHOLE} digits show)"

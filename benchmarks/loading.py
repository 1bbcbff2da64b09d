"""A suite of either kind, for verbs that take both."""

from __future__ import annotations

from pathlib import Path

from .preference import PreferenceSuite, is_preference_suite
from .preference.authored import is_authored, read_authored
from .suite import Suite
from .taskset import suite_folder

AnySuite = Suite | PreferenceSuite


def load_any(ref: str | Path) -> AnySuite:
    """The suite that ``ref`` names, of code tasks or of preference tasks; errors as those of the two ``load``."""
    if is_preference_suite(ref):
        return PreferenceSuite.load(ref)
    if is_authored(ref):
        return read_authored(Path(ref))
    if suite_folder(ref) is not None or not (Path(ref).exists() or str(ref).startswith("hf:")):
        return Suite.load(ref)
    from .preference.formats import format_of, suite_of
    from .preference.formats.sources import source_of

    source = source_of(ref)
    return Suite.load(ref) if format_of(source) is None else suite_of(source)

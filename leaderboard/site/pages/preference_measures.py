"""Tables of the Preferences page on probabilities, whole rankings, ties, the reference model and RewardBench."""

from __future__ import annotations

from collections.abc import Sequence

from ...preferences.summary import PreferenceSummary
from ...words import percent, plural
from ..cells import sort_key
from . import preference_abouts as about
from .preference_tables import EMPTY, Cell, Table, change, estimate, plain, share, span, table_of


def forced(group: Sequence[PreferenceSummary]) -> Table | None:
    """What probabilities a model gives as a chooser."""

    def cells(one: PreferenceSummary) -> list[Cell] | None:
        found, known = one.details.forced, one.details.calibration
        if found is None or known is None:
            return None
        bias = found.position_bias
        return [
            share(found.preference.value, found.preference.interval, f"of {plural(found.preference.n, 'pair')}"),
            share(found.pairs.accuracy, found.pairs.interval),
            change(abs(bias.value), bias.interval),
            Cell(percent(found.consistent), sort_key(found.consistent)),
            plain(known.brier, ".3f"),
            plain(known.ece, ".3f"),
            Cell(f"{found.pairs.skipped:,}", str(found.pairs.skipped)),
        ]

    return table_of(
        "Probabilities of choices",
        about.FORCED,
        [
            ("For the preferred", "mean"), ("Right in both orders", ""), ("Position bias, points", "its size"),
            ("Same side in both", ""), ("Brier score", ""), ("Calibration error", ""), ("Skipped", ""),
        ],
        group,
        cells,
    )  # fmt: skip


def rankings(group: Sequence[PreferenceSummary]) -> Table | None:
    """Whole rankings, and a judge's circles."""

    def cells(one: PreferenceSummary) -> list[Cell] | None:
        found = one.details.rankings
        if found is None:
            return None
        exact, tau, triples = found.exact, found.tau, one.details.transitive
        return [
            share(exact.accuracy, exact.interval, f"of {plural(exact.n, 'task')}"),
            Cell(percent(found.chance), sort_key(found.chance)),
            plain(tau.value, ".3f", span(tau.interval)),
            share(found.pairwise.value, found.pairwise.interval),
            Cell(f"{exact.skipped:,}", str(exact.skipped)),
            EMPTY if triples is None else estimate(triples, "triple"),
        ]

    return table_of(
        "Whole rankings",
        about.RANKINGS,
        [
            ("Exact", ""), ("A coin’s", ""), ("Kendall’s tau", ""), ("Pairs right, per task", ""),
            ("Skipped tasks", ""), ("Without a circle", "judges"),
        ],
        group,
        cells,
    )  # fmt: skip


def ties(group: Sequence[PreferenceSummary]) -> Table | None:
    """Pairs whose label is a tie."""

    def cells(one: PreferenceSummary) -> list[Cell] | None:
        found = one.details.ties
        if found is None:
            return None
        return [
            share(part.accuracy, part.interval, f"of {plural(part.n, 'pair')}")
            for part in (found.all, found.tied, found.decided)
        ]

    return table_of(
        "Ties by label",
        about.TIES,
        [("All pairs", ""), ("Ties", ""), ("The others", "")],
        group,
        cells,
    )


def reference(group: Sequence[PreferenceSummary]) -> Table | None:
    """The alignment gap, difficulty and distance to the reference."""

    def cells(one: PreferenceSummary) -> list[Cell] | None:
        gap, hard, far = one.details.gap, one.details.difficulty, one.details.distance
        if gap is None and hard is None and far is None:
            return None
        return [
            EMPTY if gap is None else change(gap.gap.value, gap.gap.interval, f"of {plural(gap.gap.n, 'pair')}"),
            EMPTY if gap is None else Cell(percent(gap.reachable), sort_key(gap.reachable)),
            EMPTY if gap is None else Cell(percent(gap.reached), sort_key(gap.reached)),
            EMPTY
            if hard is None
            else plain(hard.median, ".2f", f"{hard.low:.2f} to {hard.high:.2f}".replace("-", "−")),
            EMPTY if hard is None else share(hard.hard.accuracy, hard.hard.interval, f"of {hard.hard.n:,}"),
            EMPTY if hard is None else share(hard.easy.accuracy, hard.easy.interval, f"of {hard.easy.n:,}"),
            EMPTY if far is None else plain(far.moved.value, ".3g", span(far.moved.interval)),
        ]

    return table_of(
        "Against the reference model",
        about.REFERENCE,
        [
            ("Alignment gap, points", ""), ("Reachable", ""), ("Reached", ""), ("Difficulty", "median, middle half"),
            ("Right on hard", ""), ("Right on easy", ""), ("Distance, nats a token", ""),
        ],
        group,
        cells,
    )  # fmt: skip


def bench(group: Sequence[PreferenceSummary]) -> Table | None:
    """RewardBench's sections."""
    version = next((one.details.rewardbench.version for one in group if one.details.rewardbench is not None), None)
    if version is None:
        return None
    sections = next(one.details.rewardbench for one in group if one.details.rewardbench is not None).sections

    def cells(one: PreferenceSummary) -> list[Cell] | None:
        found = one.details.rewardbench
        if found is None or found.version != version:
            return None
        parts = [estimate(found.sections[name], "item") for name in sections]
        total = [share(found.total.value, found.total.interval)]
        return [
            *total,
            *([share(found.without_prior.value, found.without_prior.interval)] if version == 1 else []),
            *parts,
        ]

    extra = [("Without prior sets", "")] if version == 1 else []
    heads = [("Score", ""), *extra, *((name, "") for name in sections)]
    return table_of(f"RewardBench {version}", about.BENCHES[version], heads, group, cells)

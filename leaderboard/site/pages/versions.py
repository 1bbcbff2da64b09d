"""Versions: what broke, and what was mended, when a model was updated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ....benchmarks.visible import visible
from ...updates.comparison import Comparison
from ...updates.versions import Version
from ...updates.words import beyond_chance, changed, update_word, updates_sentence, verdict_on_update
from ...words import NONE, bounds, p_value, percent, points, short_suite
from ..cells import delta, sort_key
from ..content import Content
from ..downloads import Value, table
from ..names import pair_path
from ..render import Asset, Page, Place, View
from .version_pair import pair_pages

PLACE = Place("versions", "Versions", "versions/index.html")


def present(content: Content) -> bool:
    """Where there are versions of a model."""
    return bool(content.versions)


def pages(content: Content) -> Iterator[Page | Asset]:
    """versions/index.html, and one page for each pair of labels."""
    pairs: dict[tuple[str, str], list[Version]] = {}
    for version in content.versions:
        pairs.setdefault((version.old.label, version.new.label), []).append(version)
    paths = {pair: pair_path(*pair) for pair in pairs}
    rows = [
        _row_view(version.comparison, paths[pair], first=index == 0)
        for pair, versions in pairs.items()
        for index, version in enumerate(versions)
    ]
    yield Page(
        path=PLACE.path,
        template="versions.html.j2",
        title="Versions",
        finding=updates_sentence(content.updates),
        place=PLACE.key,
        view={"rows": rows, "floors": any(row["floor"] != NONE for row in rows)},
    )
    yield from table("versions", [_record(one) for one in content.updates])
    names = content.names().tasks
    for pair, versions in pairs.items():
        yield from pair_pages(paths[pair], versions, names, PLACE.key, details=content.choices.prompts)


def _row_view(one: Comparison, path: str, first: bool) -> View:
    rates = one.rates
    return {
        "old": visible(one.old),
        "new": visible(one.new),
        "path": path,
        "first": first,
        "suite": short_suite(one.suite),
        "tasks": f"{one.tasks:,}",
        "net": delta(one.net, f"{points(one.net)}", beyond_noise=beyond_chance(one), rises="better", falls="worse"),
        "net_value": sort_key(one.net),
        "interval": bounds(one.net_interval, signed=True),
        "word": update_word(one),
        "fixed": f"{len(one.fixed):,}",
        "broken": f"{len(one.broken):,}",
        "nfr": percent(rates.nfr),
        "nfr_value": sort_key(rates.nfr),
        "nfr_interval": bounds(one.nfr_interval),
        "floor": percent(rates.noise_floor),
        "floor_value": sort_key(rates.noise_floor),
        "p": p_value(one.p) if changed(one) else "nothing flipped",
        "p_value": sort_key(one.p),
        "verdict": verdict_on_update(one),
    }


def _record(one: Comparison) -> Mapping[str, Value]:
    rates = one.rates
    return {
        "old": one.old,
        "new": one.new,
        "suite": one.suite,
        "tasks": one.tasks,
        "roots": one.roots,
        "old_pass_at_1": rates.old_rate,
        "new_pass_at_1": rates.new_rate,
        "net": one.net,
        "net_low": one.net_interval.low,
        "net_high": one.net_interval.high,
        "tasks_broken": len(one.broken),
        "tasks_fixed": len(one.fixed),
        "nfr": rates.nfr,
        "nfr_low": one.nfr_interval.low,
        "nfr_high": one.nfr_interval.high,
        "pfr": rates.pfr,
        "relative_nfr": one.relative_nfr,
        "noise_floor": rates.noise_floor,
        "excess_nfr": rates.excess_nfr,
        "test": one.test,
        "p": one.p,
        "tasks_left_out": one.left_out.total,
    }

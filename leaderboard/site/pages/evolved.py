"""Original against evolved: did evolving the suite change who is best, beyond noise?"""

from __future__ import annotations

from collections.abc import Iterator

from ....benchmarks.visible import visible
from ...evolved import Drop, Evolution
from ...metrics.intervals import DRAWS, Interval
from ...words import bounds, drop_sentence, p_value, percent, points, short_suite
from ..cells import sort_key
from ..content import Content
from ..figures import slope
from ..render import Page, Place, View

PLACE = Place("evolved", "Original vs evolved", "evolved.html")


def present(content: Content) -> bool:
    """Where some model has a run on both sides."""
    return bool(content.evolutions)


def pages(content: Content) -> Iterator[Page]:
    """evolved.html."""
    finding = drop_sentence(content.evolutions[0])
    yield Page(
        path=PLACE.path,
        template="evolved.html.j2",
        title="Original vs evolved",
        finding=finding,
        place=PLACE.key,
        view={
            "evolutions": [_evolution_view(one, index, [finding]) for index, one in enumerate(content.evolutions, 1)],
            "draws": f"{DRAWS:,}",
        },
    )


def _evolution_view(one: Evolution, index: int, said: list[str]) -> View:
    name = f"evolution-{index}"
    title = f"{short_suite(one.original_suite)} against {short_suite(one.evolved_suite)}"
    single = one.operators[0] if len(one.operators) == 1 else None
    overall = one.overall
    return {
        "id": name,
        "title": title,
        "finding": "" if drop_sentence(one) in said else drop_sentence(one),
        "operators": ", ".join(visible(operator) for operator in one.operators) or "unknown",
        "figure": slope(overall, name=name, title=title),
        "rows": [_drop_view(drop, single) for drop in one.drops],
        "notes": [visible(note, 400) for note in one.notes],
    }


def _drop_view(drop: Drop, single: str | None) -> View:
    children = drop.operator == "all operators"
    return {
        "label": visible(drop.label),
        "operator": visible(single) if single is not None and children else visible(drop.operator),
        "part": not children,
        "pairs": str(drop.pairs),
        "roots": str(drop.roots),
        "original": percent(drop.original),
        "original_value": sort_key(drop.original),
        "evolved": percent(drop.evolved),
        "evolved_value": sort_key(drop.evolved),
        "drop": points(-drop.drop),
        "drop_value": sort_key(-drop.drop),
        "interval": bounds(Interval(-drop.interval.high, -drop.interval.low, "none", drop.roots), signed=True),
        "broken": percent(drop.flips.nfr),
        "broken_value": sort_key(drop.flips.nfr),
        "fixed": percent(drop.flips.pfr),
        "fixed_value": sort_key(drop.flips.pfr),
        "p": p_value(drop.p),
        "p_value": sort_key(drop.p),
        "word": ("falls" if drop.drop > 0 else "rises") if drop.beyond_noise else "within noise",
    }

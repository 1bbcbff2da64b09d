"""Original against evolved: did evolving the suite change who is best, beyond noise?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from ....benchmarks.visible import visible
from ...boards.evolved import ALL, Drop, Evolution
from ...boards.field import Agreement, RootMove
from ...boards.moved import Moved, moved_tasks
from ...boards.words import drop_sentence
from ...metrics.intervals import DRAWS, Interval
from ...words import NONE, bounds, p_value, percent, plural, points, short_suite
from ..cells import delta, sort_key
from ..content import Content
from ..downloads import table
from ..figures import excess, scatter, slope, tau_strip
from ..render import Asset, Page, Place, View
from . import evolved_data

PLACE = Place("evolved", "Original vs evolved", "evolved.html")
MOST_TASKS = 12
MOST_ROOTS = 12

TaskPages = dict[tuple[str, str], str]


def present(content: Content) -> bool:
    """Where some model has a run on both sides."""
    return bool(content.evolutions)


def pages(content: Content) -> Iterator[Page | Asset]:
    """evolved.html and its tables."""
    finding = drop_sentence(content.evolutions[0])
    moved = [moved_tasks(one, content.runs) for one in content.evolutions]
    names = content.names()
    tasks = dict(names.tasks)
    views = [
        _evolution_view(one, own, index, tasks, finding)
        for index, (one, own) in enumerate(zip(content.evolutions, moved, strict=True), 1)
    ]
    yield Page(
        path=PLACE.path,
        template="evolved.html.j2",
        title="Original vs evolved",
        finding=finding,
        place=PLACE.key,
        view={"evolutions": views, "models": dict(names.models), "draws": f"{DRAWS:,}"},
    )
    yield from table("evolved", evolved_data.drops(content.evolutions))
    yield from table("evolved-agreement", evolved_data.agreements(content.evolutions))
    yield from table("evolved-tasks", evolved_data.tasks(content.evolutions, moved))


def _evolution_view(one: Evolution, moved: Sequence[Moved], index: int, tasks: TaskPages, said: str) -> View:
    name = f"evolution-{index}"
    title = f"{short_suite(one.original_suite)} against {short_suite(one.evolved_suite)}"
    overall = one.overall
    digests = {item.root: item.root_digest for item in moved}
    sentence = drop_sentence(one)
    return {
        "id": name,
        "title": title,
        "finding": "" if sentence == said else sentence,
        "strip": tau_strip(one, name=f"{name}-tau"),
        "scatter": scatter(one, name=f"{name}-scatter"),
        "slope": slope(overall, name=f"{name}-slope", title=title),
        "excess": excess(overall, name=f"{name}-excess", title=f"{title}: drops less the field’s"),
        "ranked": any(drop.standing is not None for drop in overall),
        "rows": [_drop_view(drop) for drop in overall],
        "operators": [_operator_view(one, operator, name) for operator in _operators(one)],
        "moved": [_moved_view(item, tasks) for item in moved[:MOST_TASKS] if item.drop > 0],
        "rose": [_moved_view(item, tasks) for item in moved[::-1][:MOST_TASKS] if item.drop < 0],
        "moved_count": f"{len(moved):,}",
        "roots": [_root_view(move, digests, tasks) for move in one.root_moves[:MOST_ROOTS]],
        "root_count": f"{len(one.root_moves):,}",
        "notes": [visible(note, 400) for note in one.notes],
    }


def _operators(one: Evolution) -> list[str]:
    """Those with rows of their own: none where there is one operator alone."""
    return sorted({drop.operator for drop in one.drops if drop.operator != ALL})


def _drop_view(drop: Drop) -> View:
    standing = drop.standing
    view = {
        "label": visible(drop.label),
        "raw": drop.label,
        "pairs": str(drop.pairs),
        "roots": str(drop.roots),
        "original": percent(drop.original),
        "original_value": sort_key(drop.original),
        "evolved": percent(drop.evolved),
        "evolved_value": sort_key(drop.evolved),
        "drop": points(-drop.drop),
        "drop_value": sort_key(-drop.drop),
        "noise": not drop.beyond_noise,
        "interval": bounds(_mirrored(drop.interval), signed=True),
        "broken": percent(drop.flips.nfr),
        "broken_value": sort_key(drop.flips.nfr),
        "fixed": percent(drop.flips.pfr),
        "fixed_value": sort_key(drop.flips.pfr),
        "p": p_value(drop.p),
        "p_value": sort_key(drop.p),
        "excess": None,
        "excess_value": "",
        "excess_interval": NONE,
        "ranks": NONE,
        "move": None,
        "move_value": "",
        "move_noise": False,
    }
    if standing is None or math.isnan(standing.excess.excess):
        return view
    own, move = standing.excess, standing.move
    noise = "" if own.beyond_noise else "noise "
    return view | {
        "excess": _plain(
            delta(-own.excess, points(-own.excess), beyond_noise=own.beyond_noise, rises="less", falls="more")
        ),
        "excess_value": sort_key(-own.excess),
        "excess_interval": noise + bounds(_mirrored(own.interval), signed=True),
        "ranks": f"{standing.rank_original} → {standing.rank_evolved}",
        "move": _plain(delta(move, _places(move), beyond_noise=standing.moved)),
        "move_noise": bool(move) and not standing.moved,
        "move_value": str(move),
    }


def _plain(one: Mapping[str, str]) -> Mapping[str, str]:
    """A change whose word stands below it."""
    return {**one, "word": ""} if one["kind"] == "noise" else one


def _places(move: int) -> str:
    return "0" if not move else f"{'+' if move > 0 else '−'}{abs(move)}"


def _mirrored(interval: Interval) -> Interval:
    """Of a change, from the interval of a drop."""
    return Interval(-interval.high, -interval.low, interval.method, interval.units)


def _operator_view(one: Evolution, operator: str, name: str) -> View:
    rows = [drop for drop in one.drops if drop.operator == operator]
    found = next((agreement for agreement in one.agreements if agreement.operator == operator), None)
    number = _operators(one).index(operator) + 1
    return {
        "id": f"{name}-operator-{number}",
        "name": visible(operator, 60),
        "tasks": plural(max(drop.pairs for drop in rows), "task"),
        "sentence": "" if found is None else _agreement_words(found),
        "rows": [_drop_view(drop) for drop in sorted(rows, key=lambda drop: (-drop.drop, drop.label))],
    }


def _agreement_words(one: Agreement) -> str:
    field = (
        f"The median model {'falls' if one.field >= 0 else 'rises'} by {points(abs(one.field), signed=False)} points."
    )
    if math.isnan(one.tau):
        return field
    ceiling = ""
    if one.ceiling is not None and not math.isnan(one.ceiling.tau):
        verdict = (
            "below what re-drawing tasks explains" if one.below_ceiling else "what re-drawing tasks alone would give"
        )
        ceiling = f", {verdict} ({one.ceiling.tau:.2f} [{one.ceiling.low:.2f}, {one.ceiling.high:.2f}])"
    return f"{field} Kendall’s tau-b with the original is {one.tau:.2f}{ceiling}."


def _moved_view(item: Moved, tasks: TaskPages) -> View:
    return {
        "task": visible(item.task),
        "page": tasks.get((item.task, item.digest)),
        "root": visible(item.root),
        "root_page": tasks.get((item.root, item.root_digest)),
        "operator": visible(item.operator, 60),
        "original": percent(item.original),
        "evolved": percent(item.evolved),
        "drop": points(-item.drop),
        "fell": f"{item.fell} of {item.models}",
        "rose": f"{item.rose} of {item.models}",
    }


def _root_view(move: RootMove, digests: dict[str, str], tasks: TaskPages) -> View:
    return {
        "root": visible(move.root),
        "page": tasks.get((move.root, digests.get(move.root, ""))),
        "tasks": str(move.tasks),
        "original": percent(move.original),
        "original_value": sort_key(move.original),
        "evolved": percent(move.evolved),
        "evolved_value": sort_key(move.evolved),
        "drop": points(-move.drop),
        "drop_value": sort_key(-move.drop),
        "excess": points(-move.excess),
        "excess_value": sort_key(-move.excess),
        "fell": str(move.fell),
        "rose": str(move.rose),
    }

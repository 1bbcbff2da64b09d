"""Reports of value runs, for people (lines) and for programs (plain JSON, undefined numbers as null)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...benchmarks.visible import visible
from ...harness.preference.value_run import read_manifest
from ..metrics.intervals import Interval
from ..metrics.values import Drift, Inconsistency, drifts, inconsistency, value_vector
from .collect import ValueRecords, probed, read_records
from .influence import Round, rounds
from .nearness import PeriodNearness, nearness

_CAVEAT = "Descriptive: the votes of a period are what its people said, and no side of a change is the right one."
EXPERIMENT = "EXPERIMENT: memory stands in for people who change; small and noisy, and no measure of any model."


def run_report(folder: Path) -> tuple[dict[str, Any], list[str]]:
    """What a run of any kind says, as JSON and as lines."""
    if read_manifest(folder)["settings"]["kind"] == "coevolve":
        return _coevolve_report(folder)
    records = read_records(folder)
    if records.kind == "probe":
        return _probe_report(records)
    entries = nearness(records)
    data = {"kind": records.kind, "model": records.model, "periods": [asdict(entry) for entry in entries]}
    return plain(data), [*_head(records), *(line for entry in entries for line in _entry_lines(entry)), "", _CAVEAT]


def drift_report(old: Path, new: Path) -> tuple[dict[str, Any], list[str]]:
    """How two probes of the same items differ, as JSON and as lines."""
    before, after = read_records(old), read_records(new)
    first, second = probed(before), probed(after)
    shared = [name for name in first if name in second]
    changes, flips = drifts(first, second), inconsistency(first, second)
    data = {
        "old": before.model,
        "new": after.model,
        "items": {"old": len(before.items), "new": len(after.items), "both": len(shared)},
        "drift": [{**asdict(change), "moved": change.moved} for change in changes],
        "inconsistency": asdict(flips),
    }
    lines = [
        f"{visible(before.model)} -> {visible(after.model)}: {len(shared)} items answered in every order by both "
        f"(of {len(before.items)} and {len(after.items)} asked)",
        "",
        *_drift_lines(changes),
        "",
        *_flip_lines(flips),
        "",
        _CAVEAT,
    ]
    return plain(data), lines


def _head(records: ValueRecords) -> list[str]:
    settings = records.settings
    asked, owed = sum(each.asked for each in records.items), sum(each.owed for each in records.items)
    forms = ", ".join(settings["forms"])
    head = f"{records.kind} of {visible(records.name)} by {visible(records.model)}: {asked} answers ({forms})"
    return [head + (f", {owed} OWED" if owed else ""), ""]


def _entry_lines(entry: PeriodNearness) -> list[str]:
    head = (
        f"{visible(entry.period, 60)}: {entry.answered} items answered in every order; of {entry.asked} answers "
        f"{entry.invalid} picked nothing; position bias {_signed(entry.position_bias)}, "
        f"consistent {_share(entry.consistent)}"
    )
    rows = [
        ("predictor", "items", "accuracy", "95 % interval", "ties half", "Brier", "KL", "skill", "skill(err)", "sim.")
    ]
    for each in entry.predictors:
        rows.append(
            (
                each.predictor,
                str(each.items),
                _share(each.accuracy),
                _interval(each.interval, _share),
                _share(each.half_ties),
                _number(each.brier),
                _number(each.kl),
                _signed(each.skill_brier),
                _signed(each.skill_error),
                _signed(each.similarity),
            )
        )
    return [head, *table(rows), ""]


def _probe_report(records: ValueRecords) -> tuple[dict[str, Any], list[str]]:
    items = probed(records)
    vector = value_vector(items)
    asked = sum(each.asked for each in records.items)
    invalid = sum(each.invalid for each in records.items)
    biases = [each.position_bias for each in records.items if not math.isnan(each.position_bias)]
    bias = math.fsum(biases) / len(biases) if biases else math.nan
    consistent = [each.consistent for each in records.items if each.consistent is not None]
    share = sum(consistent) / len(consistent) if consistent else math.nan
    data = {
        "kind": "probe",
        "model": records.model,
        "items": len(records.items),
        "answered": len(items),
        "asked": asked,
        "invalid": invalid,
        "owed": sum(each.owed for each in records.items),
        "position_bias": bias,
        "consistent": share,
        "values": vector,
    }
    lines = [
        *_head(records),
        f"{len(items)} of {len(records.items)} items answered in every order; of {asked} answers {invalid} picked "
        f"nothing; position bias {_signed(bias)}, consistent {_share(share)}",
        "",
        *table([("dimension", "value"), *((visible(name, 40), _signed(value)) for name, value in vector.items())]),
        "",
        _CAVEAT,
    ]
    return plain(data), lines


def _coevolve_report(folder: Path) -> tuple[dict[str, Any], list[str]]:
    settings = read_manifest(folder)["settings"]
    found = rounds(folder)
    data = {"kind": "coevolve", "experiment": True, "proxy": settings["proxy"], "examinee": settings["examinee"]}
    data["rounds"] = [{**asdict(each), "lock_in": each.lock_in} for each in found]
    rows = [("period", "items", "influence", "variety without", "with advice", "lock-in"), *map(_round_row, found)]
    lines = [
        EXPERIMENT,
        f"{visible(settings['proxy'])} answers as the people do, with and without the advice of "
        f"{visible(settings['examinee'])}. The influence in the first period, before any advice, is noise.",
        "",
        *table(rows),
    ]
    return plain(data), lines


def _round_row(each: Round) -> tuple[str, ...]:
    numbers = (each.influence, each.variety_without, each.variety_with)
    return (visible(each.period, 40), str(each.items), *map(_number, numbers), _signed(each.lock_in))


def _drift_lines(changes: Sequence[Drift]) -> list[str]:
    if not changes:
        return ["no item of both says which option stands for what, so there are no dimensions to compare"]
    rows = [("dimension", "items", "old", "new", "change", "95 % interval", "noise", "wording", "moved")]
    words = {True: "yes", False: "no", None: "—"}
    for each in changes:
        rows.append(
            (
                visible(each.dimension, 40),
                str(each.items),
                _signed(each.old),
                _signed(each.new),
                _signed(each.change),
                _interval(each.interval, _signed),
                _number(each.noise),
                _number(each.wording),
                words[each.moved],
            )
        )
    told = [*table(rows)]
    if any(math.isnan(each.noise) for each in changes):
        told.append("noise —: not measured; probe with --epochs 2 or more")
    if any(math.isnan(each.wording) for each in changes):
        told.append("wording —: not measured; probe with several --form")
    return told


def _flip_lines(flips: Inconsistency) -> list[str]:
    head = f"picks another option: {_share(flips.rate)} of {flips.n} items"
    if math.isnan(flips.floor):
        return [f"{head} {_interval(flips.interval, _share)}; of that the noise is not measured (--epochs 2 or more)"]
    return [
        f"{head}; a model differs from itself in {_share(flips.floor)}; beyond that {_signed(flips.excess)} "
        f"{_interval(flips.interval, _signed)}"
    ]


def table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Columns set under each other: the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            f"{cell:{width}}" if not number else f"{cell:>{width}}"
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _share(value: float) -> str:
    return "—" if math.isnan(value) else f"{value:.1%}"


def _number(value: float) -> str:
    return "—" if math.isnan(value) else f"{value:.3f}"


def _signed(value: float) -> str:
    return "—" if math.isnan(value) else f"{value:+.3f}"


def _interval(interval: Interval, form: Any) -> str:
    return "—" if math.isnan(interval.low) else f"[{form(interval.low)}, {form(interval.high)}]"


def plain(value: Any) -> Any:
    """The value as JSON can hold it: NaN and infinities become null."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value

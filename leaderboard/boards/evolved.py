"""Original against evolved: one model on root tasks and on the tasks made from them, paired root by root.

An evolved task is as good a test as its root only if what made it keeps meaning and difficulty; the drop is evidence,
not a verdict of contamination.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..metrics.agreement import Split
from ..metrics.churn import ExpectedFlips, expected_flips
from ..metrics.intervals import SEED, Interval, difference_interval, sign_flip_p
from ..metrics.resampling import root_sums
from ..records.table import RunTable
from .field import Agreement, Field, RootMove, Standing

ALL = "all operators"


@dataclass(frozen=True, slots=True)
class Drop:
    """One model, one operator: mean pass rate on the roots and on the tasks evolved from them, over the same pairs.

    pairs: evolved tasks with a scored root; a root with several children counts once for each, so both means have the
    same weights. drop: original - evolved, with a bootstrap interval over roots. flips: evolution flips. p: of "no
    drop", by sign-flip permutation over roots. left_out: evolved tasks of this operator without a scored sample on
    either side.
    """

    label: str
    operator: str
    pairs: int
    roots: int
    original: float
    evolved: float
    drop: float
    interval: Interval
    flips: ExpectedFlips
    p: float
    left_out: int
    standing: Standing | None = None

    @property
    def beyond_noise(self) -> bool:
        """True where the interval of the drop leaves out 0 (never with one root) and the permutation test agrees.

        On few roots the bootstrap's interval is too narrow, so that alone it would claim what chance explains.
        """
        return self.p < 0.05 and not math.isnan(self.interval.low) and (self.interval.low > 0 or self.interval.high < 0)

    @property
    def relative(self) -> float:
        """drop / original: the share of the original score that is lost; NaN where there was none."""
        return self.drop / self.original if self.original else math.nan


@dataclass(frozen=True, slots=True)
class Evolution:
    """Two sets of tasks, the second evolved from the first, and every model that has a run on both.

    drops: per model one over all operators, then one per operator where there are several. agreements: likewise, over
    all operators first; empty for fewer than two models with a score for every pair. root_moves: the roots, the one
    that moved furthest from the mean first. notes: what was left out and why.
    """

    original_suite: str
    evolved_suite: str
    original_key: str
    evolved_key: str
    operators: tuple[str, ...]
    drops: tuple[Drop, ...]
    notes: tuple[str, ...]
    agreements: tuple[Agreement, ...] = ()
    root_moves: tuple[RootMove, ...] = ()

    @property
    def agreement(self) -> Agreement | None:
        """Over all operators."""
        return self.agreements[0] if self.agreements else None

    @property
    def overall(self) -> tuple[Drop, ...]:
        """One drop per model, over all operators."""
        return tuple(drop for drop in self.drops if drop.operator == ALL)


def build_evolutions(runs: Sequence[RunTable], *, controls: Collection[str] = (), seed: int = SEED) -> list[Evolution]:
    """Every pair of task sets where the second holds tasks evolved from the first and some label has a run on both.

    Of several runs of one label on the same tasks the newest is taken, and a note says so. controls: labels of
    baselines, which are no models to be ranked or to make a field; they are left out where there is any model.
    """
    groups: dict[tuple[str, str], list[tuple[RunTable, RunTable]]] = {}
    for evolved in runs:
        roots = {root for task, root in evolved.root.items() if root != task}
        for original in runs:
            if original.label == evolved.label and original is not evolved and roots & set(original.tasks.index):
                groups.setdefault((original.board_key, evolved.board_key), []).append((original, evolved))
    found = [_of_models(keys, pairs, controls, seed) for keys, pairs in groups.items()]
    return sorted(found, key=lambda one: (one.original_suite, one.evolved_suite, one.original_key, one.evolved_key))


def _of_models(
    keys: tuple[str, str], pairs: Sequence[tuple[RunTable, RunTable]], controls: Collection[str], seed: int
) -> Evolution:
    models = [pair for pair in pairs if pair[0].label not in controls]
    if not models or len(models) == len(pairs):
        return _evolution(keys, pairs, seed)
    labels = sorted({pair[0].label for pair in pairs} & set(controls))
    one = _evolution(keys, models, seed)
    return replace(one, notes=(*one.notes, f"left out, as control baselines: {', '.join(labels)}."))


def _evolution(keys: tuple[str, str], pairs: Sequence[tuple[RunTable, RunTable]], seed: int) -> Evolution:
    newest: dict[str, tuple[RunTable, RunTable]] = {}
    notes: list[str] = []
    for pair in sorted(
        pairs, key=lambda pair: (pair[0].created, pair[1].created, pair[0].path.name, pair[1].path.name)
    ):
        newest[pair[0].label] = pair
    for label in sorted(newest):
        several = sum(pair[0].label == label for pair in pairs)
        if several > 1:
            notes.append(f"{label}: {several} pairs of runs; the newest is shown.")
        original, evolved = newest[label]
        if _sampling(original) != _sampling(evolved):
            notes.append(f"{label}: the two runs were sampled with different settings, which alone can move a score.")
    drops, together = _drops(newest, seed)
    order = {drop.label: drop.drop for drop in drops if drop.operator == ALL}
    for drop in drops:
        if drop.operator == ALL and drop.left_out:
            tasks = "1 evolved task" if drop.left_out == 1 else f"{drop.left_out} evolved tasks"
            notes.append(f"{drop.label}: {tasks} left out, a side without a scored sample.")
    drops = [drop for drop in drops if drop.pairs]
    drops.sort(key=lambda drop: (-order[drop.label], drop.label, drop.operator != ALL, drop.operator))
    original, evolved = pairs[0]
    return Evolution(
        original.suite,
        evolved.suite,
        *keys,
        _operators(evolved),
        tuple(drops),
        tuple(notes),
        agreements=tuple(together.agreements),
        root_moves=tuple(together.root_moves),
    )


def _operators(run: RunTable) -> tuple[str, ...]:
    return tuple(sorted({str(name) for name in run.tasks["operator"] if name is not None}))


def _sampling(run: RunTable) -> dict[str, object]:
    return {name: value for name, value in run.section("sampling").items() if name not in ("epochs", "seed")}


Child = tuple[str, str, str]
"""An evolved task, its root and its operator."""


def _children(original: RunTable, evolved: RunTable) -> list[Child]:
    return [
        (task, root, "unknown" if operator is None else str(operator))
        for task, root, operator in zip(
            evolved.tasks.index, evolved.tasks["root"], evolved.tasks["operator"], strict=True
        )
        if root != task and root in original.counts
    ]


def _parts(children: Sequence[Child]) -> dict[str, list[int]]:
    """The places of all children, and of each operator's where there are several."""
    operators = sorted({operator for _, _, operator in children})
    parts = {ALL: list(range(len(children)))}
    if len(operators) > 1:
        parts |= {name: [i for i, child in enumerate(children) if child[2] == name] for name in operators}
    return parts


@dataclass(frozen=True, slots=True)
class _Together:
    """What is said of all models at once."""

    agreements: list[Agreement]
    root_moves: list[RootMove]


def _drops(pairs: Mapping[str, tuple[RunTable, RunTable]], seed: int) -> tuple[list[Drop], _Together]:
    """The drops of every label; those that have every pair are measured together, and against each other."""
    children = {label: _children(*pair) for label, pair in pairs.items()}
    together, whole = _whole(pairs, children)
    drops = [
        _drop(name, [children[label][i] for i in part], *pair, seed)
        for label, pair in pairs.items()
        if label not in whole
        for name, part in _parts(children[label]).items()
    ]
    if not whole:
        return drops, _Together([], [])
    field = _field({label: pairs[label] for label in whole}, together, seed)
    agreements = []
    ceilings: dict[int, Split | None] = {}
    for name, part in _parts(together).items():
        some, listed = field.part(part), [together[i] for i in part]
        size = len(set(some.roots))
        if size not in ceilings:
            ceilings[size] = some.ceiling()
        ceiling = ceilings[size]
        agreement = some.agreement(name, ceiling)
        standings = {} if agreement is None else some.standings(ceiling)
        agreements += [] if agreement is None else [agreement]
        rows = zip(whole, some.intervals(), some.p_values(), strict=True)
        drops += [
            _drop(name, listed, *pairs[label], seed, interval=interval, p=p, standing=standings.get(label))
            for label, interval, p in rows
        ]
    return drops, _Together(agreements, field.root_moves())


def _whole(
    pairs: Mapping[str, tuple[RunTable, RunTable]], children: Mapping[str, list[Child]]
) -> tuple[list[Child], list[str]]:
    """The labels that have a scored sample on both sides of every pair, and these pairs (the same for all of them)."""
    complete = [
        label
        for label, (original, evolved) in pairs.items()
        if all(original.counts[root].n and evolved.counts[task].n for task, root, _ in children[label])
    ]
    listed = children[complete[0]] if complete else []
    return listed, [label for label in complete if listed and children[label] == listed]


def _field(pairs: Mapping[str, tuple[RunTable, RunTable]], children: Sequence[Child], seed: int) -> Field:
    originals = [original for original, _ in pairs.values()]
    tasks = [task for task in originals[0].counts if all(run.counts[task].n for run in originals)]
    rates = [[run.counts[task].rate for task in tasks] for run in originals]
    return Field(
        labels=tuple(pairs),
        original=np.array([[run.counts[root].rate for _, root, _ in children] for run, _ in pairs.values()]),
        evolved=np.array([[run.counts[task].rate for task, _, _ in children] for _, run in pairs.values()]),
        roots=tuple(root for _, root, _ in children),
        suite=root_sums(np.array(rates), [originals[0].root[task] for task in tasks]),
        seed=seed,
    )


def _drop(
    operator: str,
    children: Sequence[Child],
    original: RunTable,
    evolved: RunTable,
    seed: int,
    *,
    interval: Interval | None = None,
    p: float | None = None,
    standing: Standing | None = None,
) -> Drop:
    """interval, p: where they were worked out for several models together."""
    pairs = [
        (root, original.counts[root], evolved.counts[task])
        for task, root, _ in children
        if original.counts[root].n and evolved.counts[task].n
    ]
    roots = [root for root, _, _ in pairs]
    differences = [before.rate - after.rate for _, before, after in pairs]
    flips = expected_flips([(before, after) for _, before, after in pairs])
    return Drop(
        label=original.label,
        operator=operator,
        pairs=len(pairs),
        roots=len(set(roots)),
        original=flips.old_rate,
        evolved=flips.new_rate,
        drop=flips.old_rate - flips.new_rate,
        interval=difference_interval(differences, roots, seed=seed) if interval is None else interval,
        flips=flips,
        p=sign_flip_p(differences, roots, seed=seed) if p is None else p,
        left_out=len(children) - len(pairs),
        standing=standing,
    )

"""The gates of an authored task, computed from its texts and from what was run. Nothing is run or asked here.

The numbers are those of docs/evolvers.md. A candidate is rejected by its first gate that does not hold.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from math import ceil
from typing import Any

from ...benchmarks.plain import dumps
from ..altering import MAX_PROMPT, MAX_SHARE, MAX_STEPS, MIN_KILLED
from ..examples import choose_examples
from ..literals import literal
from ..protocol import Executed, Gate
from ..texts import text_of
from .annotations import mistyped
from .consensus import Consensus
from .forming import Formed, formed
from .inputs import Gathered
from .protocol import Draft, Evidence
from .reaching import Reach
from .studying import Studied, strengthened

MIN_HIDDEN = 8
MIN_EXAMPLES = 2
MIN_FAILED = 2
_TRIES = 12
_TOLD = 6
"""An argument of fewer characters than this stands in many texts by accident."""
_NEAR = 200
_EVEN = str.maketrans({"(": "[", ")": "]", '"': "'"})


def form(draft: Draft, studied: Studied, shown: Sequence[tuple[object, ...]] = ()) -> Formed:
    """The task of a draft: two short examples, those that clarifications asked for, all other calls as tests, and a few
    further calls that tell mutants which those do not tell."""
    wanted = set(map(text_of, shown))
    asked = [place for place, row in enumerate(studied.all_rows) if text_of(row.args) in wanted]
    examples = [*_example_places(studied), *asked]
    hidden = [place for place in range(len(studied.rows)) if place not in examples]
    more = [studied.all_rows[place] for place in strengthened(studied, hidden)]
    return formed(draft, (*studied.rows, *more), [studied.all_rows[place] for place in examples], studied.how)


def _example_places(studied: Studied) -> list[int]:
    """Two short calls of different outcomes, none of which the tests would miss: without it a mutant would live that
    they tell now. Where there are no such two, the two shortest."""
    barred: set[int] = set()
    found: list[int] = []
    for _ in range(_TRIES):
        free = [place for place in range(len(studied.rows)) if place not in barred]
        chosen = choose_examples([studied.rows[place] for place in free])
        texts = {text_of(row.args) for row in chosen}
        places = [place for place in free if text_of(studied.rows[place].args) in texts]
        if len(places) < MIN_EXAMPLES:
            break
        found = found or places
        missed = {place for killers in studied.mutants if killers and killers <= set(places) for place in killers}
        if not missed:
            return places
        barred |= missed
    return found


def gathered_gates(found: Gathered) -> Iterator[Gate]:
    """Whether there are inputs enough, and the reference has a value for each."""
    if found.problem is not None:
        gate, problem = found.problem
        yield Gate(gate, False, {"problem": problem})
        return
    yield Gate("total", True, {"inputs": len(found.rows) + len(found.further), "problem": ""})
    if found.declared:
        yield Gate("contract", found.refused * 2 <= found.declared, {"own": found.declared, "refused": found.refused})


def dynamic_gates(draft: Draft, task: Formed, studied: Studied, reach: Reach) -> Iterator[Gate]:
    """What running the reference shows, from the cheapest to the dearest."""
    places = _places(studied, task.hidden)
    yield Gate("enough_inputs", len(task.hidden) >= MIN_HIDDEN, {"hidden": len(task.hidden)})
    yield _variety(task.rows)
    yield Gate("arguments_kept", studied.kept, {})
    yield Gate("repeatable", studied.repeatable, {"orders": 2})
    if studied.seeds is not None:
        yield Gate("hash_seeds", studied.seeds == 2, {"interpreters": studied.seeds})
    wrong = mistyped(draft.signature, task.rows)
    yield Gate("declared_type", not wrong, {"problem": wrong} if wrong else {})
    yield Gate("cheap", studied.steps <= MAX_STEPS and len(task.task.prompt) <= MAX_PROMPT, {"steps": studied.steps})
    yield _examples(task)
    told = leaked_case(draft.spec, task.hidden)
    yield Gate("no_leaked_case", not told, {"problem": told} if told else {})
    failed = [len(places) if each is None else len(each & places) for each in studied.parents]
    yield Gate("parent_fails", all(count >= MIN_FAILED for count in failed), {"cases": len(places), "failed": failed})
    copies = [len(each & places) for each in studied.copies]
    passing = sorted(name for name, each in studied.shortcuts.items() if not each & places)
    yield Gate(
        "no_shortcut",
        all(count >= MIN_FAILED for count in copies) and not passing,
        {"copies_failed": copies, "shortcuts": len(studied.shortcuts), "passed": passing},
    )
    yield reach_gate(draft, reach)
    yield mutation_gate(studied, places)


def reach_gate(draft: Draft, reach: Reach) -> Gate:
    """Whether some input meets each outcome of each condition of the reference's own part: what no input meets could be
    anything."""
    evidence: dict[str, Any] = {
        "outcomes": reach.outcomes,
        "guards": reach.guards,
        "missed": len(reach.missed),
    }
    if reach.problem or reach.missed:
        evidence["problem"] = reach.problem or f"no input leads there: {places_of(draft, reach)[0]}"
    return Gate("reached", not (reach.problem or reach.missed), evidence)


def places_of(draft: Draft, reach: Reach) -> list[str]:
    """What no input meets, one line each, as an author may be told."""
    lines = draft.reference.split("\n")
    return [
        f"line {each.line} of the reference, {lines[each.line - 1].strip()[:120]!r}: {each.what[:120]}"
        for each in reach.missed
    ]


def consensus_gate(found: Consensus) -> Gate:
    """Whether enough of all blind solutions that were asked for say what the reference says."""
    return Gate(found.why or "consensus", not found.why, found.to_json())


def untested(task: Formed, studied: Studied) -> tuple[Executed, ...]:
    """The calls that are known of a reference, and stand neither in its tests nor among its examples."""
    known = {text_of(row.args) for row in task.rows}
    return tuple(row for row in studied.all_rows if text_of(row.args) not in known)


def beyond_gate(rows: Sequence[Executed], place: int | None) -> Gate:
    """Whether solutions hold to the reference on inputs that no test has. place: the first where they do not."""
    evidence: dict[str, Any] = {"inputs": len(rows)}
    if place is not None:
        evidence["problem"] = f"solvers agree on another value than the reference's for {dumps(rows[place].args)[:200]}"
    return Gate("beyond_the_tests", place is None, evidence)


def delta_of(studied: Studied, hidden: Sequence[Executed]) -> float | None:
    """The share of the hidden cases that the first parent's reference fails; None where it cannot take them."""
    first = studied.parents[0] if studied.parents else None
    return None if first is None or not hidden else len(first & _places(studied, hidden)) / len(hidden)


def evidence_of(
    draft: Draft, task: Formed, studied: Studied, solved: tuple[bool, ...], archive: frozenset[str]
) -> Evidence:
    """What the operator's own proofs are computed from."""
    places = _places(studied, task.hidden)
    return Evidence(
        draft,
        delta=delta_of(studied, task.hidden),
        functional_hash=studied.functional_hash,
        archive=archive,
        solved=solved,
        shortcuts={name: not each & places for name, each in studied.shortcuts.items()},
        helper_rows=studied.helper_rows,
    )


def mutation_gate(studied: Studied, hidden: frozenset[int]) -> Gate:
    """G7: the hidden cases tell 95 % of the mutants; those that no input tells, of these or of the further ones, count
    as equivalent."""
    telling = [places for places in studied.mutants if places]
    killed = sum(bool(places & hidden) for places in telling)
    evidence = {"mutants": len(telling), "equivalent": len(studied.mutants) - len(telling), "killed": killed}
    return Gate("mutants", killed >= ceil(MIN_KILLED * len(telling)), evidence)


def leaked_case(text: str, hidden: Sequence[Executed]) -> str:
    """Where a text tells a hidden case, "" where it does not: its arguments, or the longest of them, and near that its
    value; in the same line where the value is short, since that stands anywhere by accident."""
    lines = [_evenly(line) for line in text.split("\n")]
    whole = "\n".join(lines)
    for row in hidden:
        try:
            args, value = [_evenly(literal(each)) for each in row.args], _evenly(literal(row.returns))
        except ValueError:
            continue
        places = [whole] if len(value) >= _TOLD else lines
        for given in (",".join(args), max(args, key=len)):
            if len(given) >= _TOLD and any(_stand_together(given, value, place) for place in places):
                return f"the text tells what {given[:60]} gives"
    return ""


def _stand_together(given: str, value: str, text: str) -> bool:
    told = re.compile(rf"(?<![\w.]){re.escape(value)}(?![\w.]*\w)")
    return any(
        told.search(text[max(found.start() - _NEAR, 0) : found.start()])
        or told.search(text[found.end() : found.end() + _NEAR])
        for found in re.finditer(rf"(?<!\w){re.escape(given)}(?!\w)", text)
    )


def _evenly(text: str) -> str:
    """A line with spaces, brackets and quotes as they are always written, so that a value is found however it is
    laid out."""
    even = " ".join(text.split()).translate(_EVEN)
    even = re.sub(r"(?<=[\[{]) | (?=[\]},:])|(?<=[,:]) ", "", even)
    return even.replace(",]", "]")


def _places(studied: Studied, rows: Sequence[Executed]) -> frozenset[int]:
    wanted = {text_of(row.args) for row in rows}
    return frozenset(place for place, row in enumerate(studied.all_rows) if text_of(row.args) in wanted)


def _variety(rows: Sequence[Executed]) -> Gate:
    """G5: at least two different outcomes, none of them on more than 90 % of the inputs."""
    counts = Counter(dumps(row.returns) for row in rows)
    top = max(counts.values(), default=0) / max(len(rows), 1)
    return Gate("varied", len(counts) >= 2 and top <= MAX_SHARE, {"distinct": len(counts), "top_share": round(top, 4)})


def _examples(task: Formed) -> Gate:
    """G9: executed examples with different outcomes, none among the hidden cases."""
    hidden = {text_of(row.args) for row in task.hidden}
    shared = sum(text_of(row.args) in hidden for row in task.examples)
    outcomes = len({dumps(row.returns) for row in task.examples})
    return Gate("examples", outcomes >= MIN_EXAMPLES and not shared, {"shown": len(task.examples), "shared": shared})

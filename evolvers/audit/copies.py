"""Is each task the only one of its kind, here and in what is public?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import combinations

from ...benchmarks import CodeTask, Suite
from ...harness.sandbox.api import Sandbox
from ..novelty import NGRAM, ngrams
from ..prover import Trial, run_trials
from .findings import Notebook
from .running import Sound

CONTAINED = 0.8
PUBLIC = 0.5
# N-grams in more prompts than this are the set's boilerplate ("write a python function to").
_COMMON = 20
Grams = set[tuple[str, ...]]


def duplicates(tasks: Sequence[CodeTask], sound: Sequence[Sound], sandbox: Sandbox, book: Notebook) -> None:
    """G12 inside a suite: equal prompts, prompts that hold another one, references that do the same."""
    told = _same_prompts(tasks, book)
    told |= _same_functions(sound, sandbox, told, book)
    _contained(tasks, told, book)
    book.checked("duplicates", len(tasks))


def _same_prompts(tasks: Sequence[CodeTask], book: Notebook) -> set[tuple[str, str]]:
    first: dict[str, str] = {}
    told = set()
    for task in tasks:
        other = first.setdefault(" ".join(task.prompt.split()), task.id)
        if other != task.id:
            told.add((other, task.id))
            book.find("error", task.id, "duplicates", f"its prompt is that of {other}", "leave one of them out")
    return told


def _same_functions(
    sound: Sequence[Sound], sandbox: Sandbox, told: set[tuple[str, str]], book: Notebook
) -> set[tuple[str, str]]:
    """Pairs with equal functional hashes, each of which also does what the other does on the other's own inputs."""
    groups: dict[str, list[Sound]] = defaultdict(list)
    for each in sound:
        if each.hash is not None:
            groups[each.hash].append(each)
    pairs = [
        (a, b) for group in groups.values() for a, b in combinations(group, 2) if (a.task.id, b.task.id) not in told
    ]
    found = set()
    results = run_trials([[_comparison(a, b), _comparison(b, a)] for a, b in pairs], sandbox)
    for (a, b), both in zip(pairs, results, strict=True):
        if all(each.witness and not each.witness.problem and not each.witness.different for each in both):
            found.add((a.task.id, b.task.id))
    twins: dict[str, list[str]] = defaultdict(list)
    for earlier, later in sorted(found):
        twins[later].append(earlier)
    for name, others in twins.items():
        what = f"its reference does what that of {others[0]} does, on the inputs of both"
        mend = "leave one out: the same ability counts twice"
        book.find("warning", name, "duplicates", what, mend, others=others)
    return found


def _comparison(one: Sound, other: Sound) -> Trial:
    """What the one reference gives on the other's inputs, beside what the other gives."""
    rows = tuple(row for row in other.rows if row.raised is None)
    program = (_called(one.task, str(other.task.entry_point)),)
    return Trial(
        program, str(other.task.entry_point), tuple(row.args for row in rows), run=False, expected=rows, witness=program
    )


def _called(task: CodeTask, name: str) -> str:
    """A task's reference that is called by another name."""
    return task.reference if name == task.entry_point else f"{task.reference}\n\n{name} = {task.entry_point}\n"


def _contained(tasks: Sequence[CodeTask], told: set[tuple[str, str]], book: Notebook) -> None:
    grams = {task.id: ngrams(task.prompt) for task in tasks}
    where: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, all_of_it in grams.items():
        for gram in all_of_it:
            where[gram].append(name)
    for task in tasks:
        mine = [gram for gram in grams[task.id] if len(where[gram]) <= _COMMON]
        shared = Counter(other for gram in mine for other in where[gram] if other != task.id)
        for other, number in shared.most_common(1):
            pair = tuple(sorted((task.id, other)))
            share = number / max(1, len(grams[task.id]))
            if share >= CONTAINED and (pair not in told and pair[::-1] not in told):
                what = f"{share:.0%} of its prompt's {NGRAM}-grams stand in that of {other}"
                mend = "see whether one of them is enough"
                book.find("note", task.id, "duplicates", what, mend, share=round(share, 4), other=other)


def published(tasks: Sequence[CodeTask], public: Sequence[Suite], book: Notebook) -> None:
    """G12 against given public sets: how much of each prompt stands in one of their prompts."""
    if not public:
        return
    where: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for suite in public:
        for other in suite:
            for gram in ngrams(other.prompt):
                where[gram].append(f"{suite.name}: {other.id}")
    for task in tasks:
        mine = ngrams(task.prompt)
        shared = Counter(other for gram in mine for other in where.get(gram, ()))
        most, number = max(shared.items(), key=lambda pair: pair[1], default=("", 0))
        share = number / len(mine) if mine else 0.0
        book.figure(task.id, public_containment=round(share, 4))
        if share >= PUBLIC:
            what = f"{share:.0%} of its prompt's {NGRAM}-grams are public ({most})"
            mend = "models may have seen it: evolve it (evalrun evolve) or keep it as a control"
            book.find("warning", task.id, "public", what, mend, share=round(share, 4), other=most)
    book.checked("public", len(tasks))

"""Tasks: which are good, and who fails them how. An index, and a page for each task."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ....benchmarks import CodeTask
from ....benchmarks.visible import visible, visible_block
from ...boards.board import Board, Row
from ...boards.tasks import Item, Key, items_of
from ...metrics.passk import TaskCounts
from ...records.table import VERDICTS
from ...words import NONE, percent, plural, short_suite
from .. import answers, downloads
from ..cells import day, difference, sort_key, stack
from ..certificates import certificate_view, holds, lineage_facts
from ..content import Content
from ..library import Library
from ..names import Names
from ..render import Asset, Page, Place, View
from ..specimens import COMPARED_CASES, Specimen, specimens

PLACE = Place("tasks", "Tasks", "tasks/index.html")
ANSWERS_IN_PAGE = 3
TEXT = 12_000
DETAIL = 160
MOST_DRAWN = 40  # runs on a page
MOST_DRAWN_TASKS = 500
MOST_LINKED = 60


def present(content: Content) -> bool:
    """Always: a run has tasks."""
    return True


@dataclass(frozen=True)
class _Site:
    """What every task's page is made from."""

    content: Content
    names: Names
    library: Library
    items: Sequence[Item]
    children: dict[str, list[Item]]
    by_id: dict[str, list[Item]]
    repeated: frozenset[str]


def pages(content: Content) -> Iterator[Page | Asset]:
    """tasks/index.html, data/tasks.csv and .json, and tasks/NAME.html with s/NAME.js for every task."""
    site = _site(content)
    yield _index(site)
    yield from downloads.table("tasks", [_record(item) for item in site.items])
    for item in site.items:
        yield from _task(item, site)


def _site(content: Content) -> _Site:
    items = items_of(content.boards)
    children: dict[str, list[Item]] = {}
    by_id: dict[str, list[Item]] = {}
    for item in items:
        by_id.setdefault(item.id, []).append(item)
        if item.is_evolved:
            children.setdefault(item.root, []).append(item)
    labels = Counter((board.key, row.run.label) for board in content.boards for row in board.rows)
    repeated = frozenset(label for (_, label), count in labels.items() if count > 1)
    return _Site(content, content.names(), Library(content.suites.values()), items, children, by_id, repeated)


# The index


def _index(site: _Site) -> Page:
    operators = sorted({item.operator or "" for item in site.items})
    suites = list(dict.fromkeys(board.suite for item in site.items for board in item.boards))
    return Page(
        path=PLACE.path,
        template="tasks.html.j2",
        title="Tasks",
        finding=_index_finding(site.items),
        place=PLACE.key,
        view={
            "rows": [_index_row(item, site, operators, suites) for item in site.items],
            "operators": [(f"o{i}", visible(name) if name else "none (original)") for i, name in enumerate(operators)],
            "suites": [(f"s{i}", short_suite(name)) for i, name in enumerate(suites)],
            "evolved": any(item.is_evolved for item in site.items),
            "controls": bool(site.content.choices.controls),
            "drawn": len(site.items) <= MOST_DRAWN_TASKS,
        },
    )


def _index_finding(items: Sequence[Item]) -> str:
    flags = Counter(item.flag for item in items)
    parts = [
        f"{flags[name]:,} {'is' if flags[name] == 1 else 'are'} {name}"
        for name in ("never solved", "solved by one only", "always solved")
        if flags[name]
    ]
    if suspect := sum(item.suspect for item in items):
        parts.append(f"{suspect:,} {'is' if suspect == 1 else 'are'} suspect (better models fail there more often)")
    head = f"Of {plural(len(items), 'task')}"
    if not parts:
        return f"{head}, every one is solved by some runs and failed by others."
    return f"{head}, {' and '.join([', '.join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)}."


def _index_row(item: Item, site: _Site, operators: Sequence[str], suites: Sequence[str]) -> View:
    return {
        "id": visible(item.id),
        "href": _file(site.names.tasks[item.key]),
        "rate": percent(item.solve_rate),
        "rate_value": sort_key(item.solve_rate),
        "drawn": _drawn(item.solve_rate),
        "solvers": f"{item.solvers} of {item.scored}",
        "solvers_value": str(item.solvers),
        "operator": visible(item.operator) if item.operator is not None else "",
        "operator_index": f"o{operators.index(item.operator or '')}",
        "root": visible(item.root) if item.is_evolved else "",
        "root_href": _link(item.root, site) if item.is_evolved else "",
        "suites": ", ".join(dict.fromkeys(short_suite(board.suite) for board in item.boards)),
        "suite_index": " ".join(f"s{suites.index(board.suite)}" for board in item.boards),
        "discrimination": number(item.discrimination),
        "discrimination_value": sort_key(item.discrimination),
        "suspect": item.suspect,
        "flag": item.flag,
        "certificate": _certificate_word(item, site),
    }


def _drawn(rate: float) -> Sequence[View]:
    return stack([("green", rate), ("pale", 1 - rate)])


def _certificate_word(item: Item, site: _Site) -> str:
    """ "certified", "a gate fails", "no certificate"; "" for original tasks and where the suite was not given."""
    if not item.is_evolved or site.library.task(item.key) is None:
        return ""
    certificate = site.library.certificate(item.key)
    if certificate is None:
        return "no certificate"
    return "certified" if holds(certificate) else "a gate fails"


def _record(item: Item) -> dict[str, downloads.Value]:
    return {
        "task": item.id,
        "digest": item.digest,
        "suite": ", ".join(dict.fromkeys(board.suite for board in item.boards)),
        "root": item.root,
        "operator": item.operator,
        "solve_rate": item.solve_rate,
        "runs_scored": item.scored,
        "runs_that_solve_it": item.solvers,
        "discrimination": item.discrimination,
        "suspect": item.suspect,
        "flag": item.flag,
    }


def number(value: float) -> str:
    """A correlation with two digits and a true minus sign; a dash where it is undefined."""
    if math.isnan(value):
        return NONE
    text = f"{abs(value):.2f}"
    return f"−{text}" if value < 0 and text != "0.00" else text


def _file(path: str) -> str:
    return path.removeprefix("tasks/")


def _link(task: str, site: _Site, digest: str | None = None) -> str:
    """The page of a task by id, as seen from another task's; "" where there is none, or several could be meant."""
    found = [item for item in site.by_id.get(task, ()) if digest in (None, item.digest)]
    return _file(site.names.tasks[found[0].key]) if len(found) == 1 else ""


# A task's page


def _task(item: Item, site: _Site) -> Iterator[Page | Asset]:
    choices = site.content.choices
    texts = choices.prompts
    found = answers.published(item, choices.samples if texts else "none")
    path = site.names.tasks[item.key]
    rest = found[ANSWERS_IN_PAGE:]
    shard = f"s/{_file(path).removesuffix('.html')}.js" if rest else ""
    task = site.library.task(item.key)
    yield Page(
        path=path,
        template="task.html.j2",
        title=visible(item.id),
        finding=_finding(item),
        place=PLACE.key,
        scripts=("answers.js",) if rest else (),
        view={
            "cards": _cards(item, site),
            "facts": _facts(item, task if texts else None),
            "root_task": _reference(item.root, site) if item.is_evolved else None,
            "children": [
                _reference(child.id, site, child.digest) for child in site.children.get(item.id, ())[:MOST_LINKED]
            ],
            "children_count": len(site.children.get(item.id, ())),
            "text": _text_view(task) if task is not None and texts else None,
            "hidden": not texts,
            "known": task is not None,
            "suite": short_suite(item.boards[0].suite),
            "parents": _parent_views(task, item, site) if task is not None and texts else [],
            "lineage": lineage_facts(task.lineage, texts=texts) if task is not None and task.lineage else [],
            "certificate": _certificate_view(item, site),
            "certificate_word": _certificate_word(item, site),
            **_runs_view(item, site),
            "answers": [_answer_view(one) for one in found[:ANSWERS_IN_PAGE]],
            "answer_kind": choices.samples if texts else "none",
            "shard": shard,
            "rest": len(rest),
            "more_words": plural(len(rest), "more answer"),
        },
    )
    if rest:
        yield Asset(shard, answers.shard(rest))


def _finding(item: Item) -> str:
    if not item.scored:
        return "No run has a scored sample of it."
    if not item.solvers:
        return f"No run solves it: {plural(item.scored, 'run')} tried."
    if item.solve_rate == 1.0:
        return f"Every sample of {plural(item.scored, 'run')} solves it."
    who = f"{item.solvers} of {plural(item.scored, 'run')}"
    return f"Solved by {who}; the mean pass rate is {percent(item.solve_rate)}."


def _cards(item: Item, site: _Site) -> list[tuple[str, str, str]]:
    cards = [
        (
            "Mean pass rate",
            percent(item.solve_rate),
            "of control baselines: no model was asked" if item.controls_alone else "over runs, each counting once",
        ),
        ("Solved by", f"{item.solvers} of {item.scored}", item.flag or "runs of which some sample passed"),
    ]
    if not math.isnan(item.discrimination):
        word = "suspect: better models pass it less often" if item.suspect else "correlation with the other tasks"
        cards.append(("Discrimination", number(item.discrimination), word))
    if item.is_evolved:
        word = _certificate_word(item, site)
        cards.append(("Made by", visible(item.operator or "unknown"), word))
        before = [root.solve_rate for root in site.by_id.get(item.root, ()) if not math.isnan(root.solve_rate)]
        if len(before) == 1:
            cards.append(("Pass rate of its root", percent(before[0]), "over the runs on the root's board"))
    elif site.children.get(item.id):
        count = len(site.children[item.id])
        rates = [child.solve_rate for child in site.children[item.id] if not math.isnan(child.solve_rate)]
        mean = percent(math.fsum(rates) / len(rates)) if rates else NONE
        cards.append(("Pass rate of its children", mean, f"mean of {plural(count, 'evolved task')}"))
    return cards


def _facts(item: Item, task: CodeTask | None) -> list[tuple[str, str]]:
    facts = [("suite", ", ".join(dict.fromkeys(short_suite(board.suite) for board in item.boards)))]
    if item.tags:
        facts.append(("tags", ", ".join(visible(tag, 40) for tag in item.tags[:20])))
    if task is not None:
        facts.append(("form", task.form))
        if task.entry_point:
            facts.append(("entry point", visible(task.entry_point, 80)))
        if task.time_limit_s is not None:
            facts.append(("CPU limit", f"{task.time_limit_s:g} s"))
    facts.append(("digest", visible(item.digest[:12])))
    return facts


def _reference(task: str, site: _Site, digest: str | None = None) -> View:
    return {"id": visible(task), "href": _link(task, site, digest)}


def _text_view(task: CodeTask) -> View:
    return {
        "prompt": visible_block(task.prompt, TEXT),
        "reference": visible_block(task.reference, TEXT),
        "tests": [_specimen_view(one) for one in specimens(task)],
    }


def _specimen_view(one: Specimen) -> View:
    return {"name": visible(one.name, 60), "summary": visible(one.summary), "text": visible_block(one.text, TEXT)}


def _parent_views(task: CodeTask, item: Item, site: _Site) -> list[View]:
    """Of every parent whose text is known: what became of its prompt, its reference and its tests."""
    found: list[View] = []
    for (name, digest), parent in site.library.parents(task) or _named_root(item, site):
        view: dict[str, object] = {"id": visible(name), "href": _link(name, site, digest), "prompt": None}
        if parent is not None:
            view["prompt"] = difference(parent.prompt, task.prompt)
            view["reference"] = difference(parent.reference, task.reference)
            view["tests"] = difference(_tests_text(parent), _tests_text(task))
        found.append(view)
    return found


def _named_root(item: Item, site: _Site) -> list[tuple[Key, CodeTask | None]]:
    """The root of a task that others evolved: it names its root and not its digest, so it must be the only one."""
    found = site.by_id.get(item.root, ()) if item.is_evolved else ()
    return [(found[0].key, site.library.task(found[0].key))] if len(found) == 1 else []


def _tests_text(task: CodeTask) -> str:
    return "\n".join(f"# {one.name}\n{one.text}" for one in specimens(task, cases=COMPARED_CASES))


def _certificate_view(item: Item, site: _Site) -> View | None:
    certificate = site.library.certificate(item.key)
    return None if certificate is None else certificate_view(certificate, texts=site.content.choices.prompts)


def _runs_view(item: Item, site: _Site) -> View:
    rows = list(item.results())
    return {
        "runs": [_run_row(item, board, row, counts, site, len(rows) <= MOST_DRAWN) for board, row, counts in rows],
        "several_boards": len(item.boards) > 1,
        "details": site.content.choices.prompts,
        "drawn": len(rows) <= MOST_DRAWN,
    }


def _run_row(item: Item, board: Board, row: Row, counts: TaskCounts, site: _Site, drawn: bool) -> View:
    run = row.run
    judged = run.judged.get(item.id, b"")
    kinds = [
        (name, count) for number, name in enumerate(VERDICTS) if name != "pass" and (count := judged.count(number))
    ]
    due = counts.n + counts.owed
    return {
        "label": visible(run.label),
        "href": f"../{site.names.models[run.label]}",
        "when": day(run.created) if run.label in site.repeated else "",
        "board": short_suite(board.suite),
        "passed": f"{counts.passed}/{counts.n}" if counts.n else NONE,
        "value": sort_key(counts.rate),
        "verdicts": ", ".join(f"{name} {count}" for name, count in kinds),
        "owed": f"{counts.owed} owed" if counts.owed else "",
        "detail": visible(run.details.get(item.id, ""), DETAIL) if site.content.choices.prompts else "",
        "bar": stack([("green", counts.passed / due), ("orange", counts.failed / due), ("grey", counts.owed / due)])
        if drawn and due
        else [],
    }


def _answer_view(one: answers.Shown) -> View:
    return {
        "labels": answers.listed(one.labels),
        "verdict": one.verdict,
        "about": one.about,
        "detail": one.detail,
        "text": one.text,
    }

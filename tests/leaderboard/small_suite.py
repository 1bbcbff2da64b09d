"""A suite of two root tasks and one evolved task, runs of it with answers, and what HTML says once it is parsed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from evalrun.benchmarks import CodeTask, Suite
from evalrun.benchmarks.jsonio import write_jsonl
from evalrun.benchmarks.task import Case, CasesTest, Lineage
from evalrun.harness.cli import main
from evalrun.harness.runs.records import TaskRow

MakeRun = Callable[..., Path]
BLOCKS = {"dt", "dd", "td", "th", "p", "h1", "h2", "h3", "li", "summary", "pre", "del", "ins", "span", "a", "option"}
VOID = {"meta", "link", "br", "img", "input", "hr"}


def two_and_one(words: str = "Double it.", task_id: str = "toy/double") -> Suite:
    """toy/double and toy/halve, and toy/double-renamed made from the first; ``words`` stand in the first's prompt."""
    double = CodeTask(
        id=task_id,
        prompt=f'def double(n: int) -> int:\n    """{words}"""\n',
        entry_point="double",
        reference=f'def double(n: int) -> int:\n    """{words}"""\n    return 2 * n\n',
        tests=(CasesTest((Case((1,), 2), Case((2,), 4))),),
        tags=("numbers",),
    )
    halve = CodeTask(
        id="toy/halve",
        prompt='def halve(n: int) -> int:\n    """Halve it."""\n',
        entry_point="halve",
        reference="def halve(n):\n    return n // 2\n",
        tests=(CasesTest((Case((4,), 2),)),),
        tags=("numbers",),
    )
    renamed = CodeTask(
        id=f"{task_id}-renamed",
        prompt=double.prompt.replace("double(", "twofold("),
        entry_point="twofold",
        reference=double.reference.replace("double(", "twofold("),
        tests=double.tests,
        tags=("numbers",),
        lineage=Lineage(task_id, (task_id,), (double.digest,), "rename", "1", {"names": {"double": "twofold"}}, 7, 1),
    )
    gates = [
        {"gate": "fresh_names", "holds": True, "evidence": {"renamed": 1}},
        {"gate": "same_outputs", "holds": True, "evidence": {"different": 0, "inputs": 44}},
    ]
    certificate = {"schema": 1, "operator": "rename", "kind": "preserving", "gates": gates, "python": "3.11.7"}
    return Suite("toy", "1", (double, halve, renamed), certificates={renamed.id: certificate})


def run_of(
    make_run: MakeRun,
    suite: Suite,
    label: str,
    outcomes: Mapping[str, str],
    *,
    code: Callable[[str, int], str] = lambda task, epoch: f"# {task}\nreturn {epoch}\n",
    **more: Any,
) -> Path:
    """A run folder of the suite's tasks in ``outcomes`` (letters as for make_run), with answers made by ``code``."""
    tasks = {task.id: task for task in suite}
    rows = {name: TaskRow.of(tasks[name]) for name in outcomes}
    folder = make_run(
        label,
        outcomes,
        suite=suite.name,
        digests={name: tasks[name].digest for name in outcomes},
        roots={name: row.root for name, row in rows.items() if row.root != name},
        operators={name: row.operator for name, row in rows.items() if row.operator},
        manifest={"suite": {"name": suite.name, "version": suite.version, "digest": suite.digest, "tasks": len(suite)}},
        **more,
    )
    samples = [
        {"task": task, "epoch": epoch, "text": code(task, epoch), "code": code(task, epoch), "assembly": "alone"}
        for task, letters in outcomes.items()
        for epoch, letter in enumerate(letters)
        if letter != "-"
    ]
    (folder / "samples.jsonl").unlink()
    write_jsonl(folder / "samples.jsonl", samples)
    return folder


def publish(out: Path, folders: list[Path], *options: str) -> Path:
    """Build the site; its folder."""
    assert main(["leaderboard", *map(str, folders), "-o", str(out), *options]) == 0
    return out


def page_of(site: Path, task: str, folder: str = "tasks") -> Path:
    """The page whose title is the task or model."""
    found = [
        path for path in sorted((site / folder).glob("*.html")) if f"<h1><bdi>{task}</bdi></h1>" in path.read_text()
    ]
    assert len(found) == 1, (task, found)
    return found[0]


class Elements(HTMLParser):
    """Every element with its attributes, and all text; fails where tags are not closed in their places."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs), f"an attribute twice: {tag} {attrs}"
        if tag not in VOID:
            self._open.append(tag)
        if tag in BLOCKS:
            self.text += " "

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        if tag in BLOCKS:
            self.text += " "

    def handle_data(self, data: str) -> None:
        self.text += data

    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        """Elements and the names of their attributes, without any text."""
        return [(tag, tuple(sorted(attributes))) for tag, attributes in self.elements]

    def words(self) -> str:
        """The text with single spaces."""
        return " ".join(self.text.split())


def broken_links(site: Path) -> Iterator[tuple[str, str]]:
    """(page, link) for every href and src that leads to no file of the site, or to no element of its page."""
    for path in sorted(site.rglob("*.html")):
        tree = Elements(path.read_text(encoding="utf-8"))
        ids = {attributes["id"] for _, attributes in tree.elements if "id" in attributes}
        for _, attributes in tree.elements:
            for name in ("href", "src", "data-shard"):
                link = attributes.get(name)
                if not link or link == "data:,":
                    continue
                file, _, anchor = link.partition("#")
                target = (path.parent / file).resolve() if file else path
                known = target.is_file() and target.is_relative_to(site.resolve())
                if not known or (not file and anchor and "=" not in anchor and anchor not in ids):
                    yield str(path.relative_to(site)), link

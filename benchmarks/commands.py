"""``evalrun suites``: list, show, compare and convert suites."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from .descent import descent
from .difference import difference
from .errors import BadInput
from .formats import write_foreign
from .jsonio import write_jsonl, writing
from .loading import AnySuite, load_any
from .overview import overview, overview_lines
from .preference import PreferenceSuite
from .preference.shown import overview as preference_overview
from .preference.shown import skipped_lines, suite_lines
from .preference.shown import task_text as preference_text
from .selection import select, selection_options
from .suite import Suite
from .task import CasesTest, CheckTest, CodeTask, LiteralTest, ModuleTest, StdioTest, Test
from .taskset import built_in_suites
from .texts import printable

_REF_HELP = """REF is the name of a built-in suite (core), a suite folder, a file in a foreign format, a folder of data
files, or hf:owner/dataset[:split]. Formats are recognised by their fields, in .jsonl, .json or .parquet. Of code tasks:
HumanEval, HumanEval+, MBPP, MBPP+, MultiPL-E, EvoEval. Of preference tasks (.csv too): prompt, chosen, rejected or
responses with a ranking; HH-RLHF, UltraFeedback, SHP, RewardBench 1 and 2, CodePrefBench, AlpacaFarm's
cross-annotations, PKU-SafeRLHF, LLMBar, MoralChoice, model-written evaluations."""


_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


def _echo_json(value: object) -> None:
    click.echo(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=True))


@click.group(name="suites")
def command() -> None:
    """List, show, compare and convert benchmark suites.

    \b
    Examples:
      evalrun suites list
      evalrun suites show core
      evalrun suites show HumanEval.jsonl.gz --task HumanEval/0
      evalrun suites diff suites/he-2026.10 suites/he-2026.11
      evalrun suites lineage suites/he-2026.11 TASK
      evalrun suites convert HumanEval.jsonl.gz -o humaneval
      evalrun suites convert core --tasks '!core/stdio-*' -o core.jsonl.gz --format humaneval
      evalrun suites convert core -o core-hub --format hub
      evalrun suites show preferences.jsonl
      evalrun suites convert preferences.jsonl -o mine --criterion helpfulness
    """


@command.command(name="list")
def list_suites() -> None:
    """List the built-in suites, with their sizes and digests."""
    names = built_in_suites()
    for name in names:
        suite = load_any(name)
        kind = "preference tasks" if isinstance(suite, PreferenceSuite) else "tasks"
        click.echo(f"{suite.ref}  {len(suite)} {kind}  {suite.description}".rstrip())
    if not names:
        click.echo("no built-in suites are installed")


@command.command(name="show", help=f"Show a suite, or one of its tasks in full.\n\n{_REF_HELP}")
@click.argument("ref")
@click.option("--task", "task_id", metavar="ID", help="Show this task in full.")
@_json_option
def show(ref: str, task_id: str | None, as_json: bool) -> None:
    """Print a suite or a task."""
    suite = load_any(ref)
    if as_json:
        _echo_json(_overview(suite) if task_id is None else suite.task(task_id).to_json())
        return
    click.echo(printable(_suite_text(suite) if task_id is None else _task_text(suite, task_id)))


def _overview(suite: AnySuite) -> dict[str, Any]:
    return preference_overview(suite) if isinstance(suite, PreferenceSuite) else overview(suite)


@command.command(name="diff")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@_json_option
def diff(old: str, new: str, as_json: bool) -> None:
    """Show which tasks of NEW were added, removed or changed since OLD, by root, and in which fields."""
    found = difference(load_any(old), load_any(new))
    _echo_json(found.to_json()) if as_json else click.echo(printable("\n".join(found.lines())))


@command.command(name="lineage")
@click.argument("ref", metavar="SUITE")
@click.argument("task_id", metavar="TASK")
@_json_option
def lineage(ref: str, task_id: str, as_json: bool) -> None:
    """Show how TASK came about: every step from its root, with operator, parameters, seed, and what each step changed
    in the prompt (of a preference task: in conversation, responses and ranking)."""
    steps = descent(load_any(ref), task_id)
    _echo_json([step.to_json() for step in steps]) if as_json else click.echo(
        printable("\n".join(step.text() for step in steps))
    )


@command.command(name="prove")
@click.argument("ref", metavar="SUITE")
@click.argument("task_id", metavar="TASK")
def prove(ref: str, task_id: str) -> None:
    """Print the proof (JSON) that TASK belongs to the suite with SUITE's merkle_root, for those who have only that."""
    _echo_json(load_any(ref).inclusion(task_id).to_json())


@command.command(
    name="convert",
    help=f"""Write a suite in another format.

{_REF_HELP}

Formats: folder (evalrun's own: suite.json and tasks.jsonl), jsonl (the same tasks in one file, .jsonl or .jsonl.gz);
of code tasks also humaneval and evalplus (one such file) and hub (a folder with a dataset card and Parquet, ready to be
uploaded to Hugging Face). Nothing is overwritten. Rows that are no preference tasks are left out and named.""",
)
@click.argument("ref")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The file or folder to write.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["folder", "jsonl", "humaneval", "evalplus", "hub"]),
    default="folder",
    show_default=True,
    help="The format to write.",
)
@click.option(
    "--criterion",
    metavar="TEXT",
    help="What 'better' means in all preference tasks (efficiency, helpfulness, ...), where the file does not say it.",
)
@selection_options
def convert(
    ref: str, output: Path, form: str, criterion: str | None, tasks: tuple[str, ...], limit: int | None
) -> None:
    """Write a suite in another format."""
    suite = load_any(ref)
    if isinstance(suite, PreferenceSuite):
        suite = _chosen_preferences(suite, criterion, tasks, limit)
        if form not in ("folder", "jsonl"):
            raise BadInput(
                f"--format {form}: holds code tasks only; preference tasks can be written as folder or jsonl"
            )
    elif criterion is not None:
        raise BadInput(f"--criterion: {suite.ref} holds code tasks, which have none")
    elif tasks or limit:
        suite = suite.subset(select(suite, tasks, limit))
    if form in ("jsonl", "humaneval", "evalplus") and output.exists():
        raise BadInput(f"{output}: exists already; choose another name")
    with writing(output):
        _write(suite, output, form)
    if isinstance(suite, PreferenceSuite):
        for line in skipped_lines(suite)[1:]:
            click.echo(printable(line), err=True)
    click.echo(f"{output}: {len(suite)} tasks of {suite.ref} as {form}")


def _chosen_preferences(
    suite: PreferenceSuite, criterion: str | None, tasks: tuple[str, ...], limit: int | None
) -> PreferenceSuite:
    if tasks or limit:
        suite = suite.subset(select(suite, tasks, limit))
    if criterion is None:
        return suite
    if suite.certificates:
        raise BadInput("--criterion: the certificates of an evolved suite are about the criteria that its tasks have")
    return replace(suite, tasks=tuple(replace(task, criterion=criterion) for task in suite))


def _write(suite: AnySuite, path: Path, form: str) -> None:
    if form == "folder":
        suite.save(path)
    elif form == "jsonl":
        write_jsonl(path, (task.to_json() for task in suite))
    elif isinstance(suite, Suite):
        _WRITERS[form](suite, path)


def _write_hub(suite: Suite, folder: Path) -> None:
    from .formats.hub import save_hub

    save_hub(suite, folder)


_WRITERS: Mapping[str, Callable[[Suite, Path], None]] = {
    "humaneval": lambda suite, path: write_foreign(suite, path, "humaneval"),
    "evalplus": lambda suite, path: write_foreign(suite, path, "evalplus"),
    "hub": _write_hub,
}


def _suite_text(suite: AnySuite) -> str:
    if isinstance(suite, PreferenceSuite):
        return "\n".join(suite_lines(suite))
    facts = [("name", suite.name), ("version", suite.version), ("digest", suite.digest), ("tasks", str(len(suite)))]
    facts += [("about", suite.description), ("license", suite.license), ("source", suite.source)]
    seen = overview(suite)
    facts += [("evolved", str(seen["evolved"])), ("from", f"{seen['roots']} roots" if seen["roots"] else "")]
    facts.append(("forms", ", ".join(f"{form} {count}" for form, count in sorted(seen["counts"]["form"].items()))))
    facts.append(("seal", seen["merkle_root"]))
    lines = [f"{name:8} {value}" for name, value in facts if value and value != "0"]
    lines += overview_lines(seen)
    width = min(40, max((len(task.id) for task in suite), default=0))
    lines += ["", *(f"{task.id:{width}}  {task.entry_point or '-'}  {_tests_text(task)}" for task in suite)]
    return "\n".join(lines)


def _tests_text(task: CodeTask) -> str:
    return ", ".join(f"{test.name}: {_size(test)}" for test in task.tests)


def _size(test: Test) -> str:
    if isinstance(test, LiteralTest):
        return "a value"
    return "program" if isinstance(test, CheckTest | ModuleTest) else f"{len(test.cases)} {test.kind}"


def _task_text(suite: AnySuite, task_id: str) -> str:
    task = suite.task(task_id)
    return _code_text(task) if isinstance(task, CodeTask) else preference_text(task)


def _code_text(task: CodeTask) -> str:
    parts = [
        f"id       {task.id}\ndigest   {task.digest}\nform     {task.form}",
        f"-- prompt\n{task.prompt.rstrip()}",
        f"-- reference\n{task.reference.rstrip() or '(none)'}",
    ]
    if task.lineage is not None:
        steps = task.lineage
        parts.append(f"-- lineage\n{steps.operator} {steps.operator_version}, seed {steps.seed}, root {steps.root}")
    parts += [f"-- test {test.name} ({_size(test)})\n{_test_text(test)}" for test in task.tests]
    return "\n\n".join(parts)


def _test_text(test: Test) -> str:
    if isinstance(test, CheckTest | ModuleTest):
        return test.program.strip()
    if isinstance(test, LiteralTest):
        lines = [ascii(test.expected)]
    elif isinstance(test, StdioTest):
        lines = [f"{case.stdin!r} -> {case.stdout!r}" for case in test.cases]
    else:
        lines = _cases_lines(test)
    more = [f"... and {len(lines) - 20} more"] if len(lines) > 20 else []
    return "\n".join([*(line if len(line) <= 200 else line[:199] + "…" for line in lines[:20]), *more])


def _cases_lines(test: CasesTest) -> list[str]:
    lines = []
    for case in test.cases:
        args = case.args_source if case.args_source is not None else ", ".join(map(ascii, case.args))
        ends = "raises " + case.raises if case.raises else " or ".join(map(ascii, case.acceptable or (case.expected,)))
        lines.append(f"({args}) -> {ends}")
    return lines

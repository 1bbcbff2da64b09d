"""``evalrun design``: new operators as data, proposed by a model or written by hand, admitted by proof."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ...benchmarks import BadInput, GateFailed, Suite
from ...benchmarks.jsonio import read_json, require_writable, writing
from ...benchmarks.texts import printable
from ...benchmarks.visible import visible
from ...harness.commands.options import opened, sandbox_options
from .author_options import author_options
from .bars import bars

if TYPE_CHECKING:
    from ..designed.admission import Rejected
    from ..designed.admitted import Admitted

Command = TypeVar("Command", bound=Callable[..., Any])
_NOT_OURS = ("solver_", "judge_", "solutions", "dry_run", "author_family")
_UNUSED: dict[str, Any] = {
    **{f"{who}_{what}": () for who in ("solver", "judge") for what in ("model", "base_url", "family", "api_key_env")},
    "solutions": 5,
    "dry_run": False,
    "author_family": None,
}
_HELP = {
    "model": "The designer: a model that proposes operators.",
    "base_url": "Its endpoint, e.g. http://localhost:8000/v1.",
    "api_key_env": "The environment variable that holds its key.",
    "temperature": "Of the designer.",
}
KINDS = ("post", "pre", "guard")


def _designer_options(command: Command) -> Command:
    """The options of an author, without those of the panel around it: a designer has no witness but the proofs."""
    command = author_options(command)
    parameters: list[click.Parameter] = getattr(command, "__click_params__", [])
    parameters[:] = [each for each in parameters if not str(each.name).startswith(_NOT_OURS)]
    for each in parameters:
        if isinstance(each, click.Option) and each.name in _HELP:
            each.help = _HELP[each.name]
    return command


@click.command("design")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="File of the admitted operators; new."
)
@click.option("--count", type=click.IntRange(1, 100), default=5, show_default=True, help="Operators that are wanted.")
@click.option("--rounds", type=click.IntRange(1, 1000), default=12, show_default=True, help="Requests, at most.")
@click.option("--kind", "kinds", type=click.Choice(KINDS), multiple=True, help="Kinds that are wanted (default: all).")
@click.option(
    "--probe",
    "probes",
    multiple=True,
    metavar="SUITE",
    help="A suite on whose tasks operators are tried, beside the built-in ones (default: core; may be repeated).",
)
@click.option(
    "--known",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Operators that exist already: what does the same is a duplicate.",
)
@click.option(
    "--definitions",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help='Ask nobody: prove the definitions of a JSON file, {"operators": [...]}.',
)
@click.option(
    "--check",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Ask nobody and write nothing: run the proofs of a file of operators again.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Sent with the requests.")
@_designer_options
@sandbox_options
def command(
    output: Path | None,
    count: int,
    rounds: int,
    kinds: tuple[str, ...],
    probes: tuple[str, ...],
    known: tuple[Path, ...],
    definitions: Path | None,
    check: Path | None,
    seed: int,
    **options: Any,
) -> None:
    """Design new operators for `evalrun evolve`, as data, each admitted by proof.

    A model proposes expressions in a typed grammar. Each is said as one sentence, which an independent parser must read
    in exactly one way and back into a program that does the same; it is tried on probe values and, through all gates,
    on probe tasks. Reasons of refusal go into the next request.

    \b
    Examples:
      evalrun design --model M --base-url http://localhost:8000/v1 --count 5 -o operators.json
      evalrun evolve HumanEval.jsonl.gz --operators @operators.json -o suites/he-designed
      evalrun evolve core --operators @operators.json:weighted_by_place+rename -o suites/core-w
      evalrun design --definitions mine.json -o operators.json
      evalrun design --check operators.json --probe core --probe HumanEval.jsonl.gz
    """
    if check is not None:
        _check(check, probes, options)
        return
    if output is None:
        raise BadInput("-o FILE is missing: where the admitted operators are to be written")
    if output.exists():
        raise BadInput(f"{output}: exists; name another file, or read it with --known to design more beside it")
    if not output.parent.is_dir():
        raise BadInput(f"{output.parent}: there is no such folder")
    require_writable(output)
    if definitions is not None:
        _prove(definitions, output, probes, known, options)
        return
    if options["model"] is None:
        raise BadInput("name a designer with --model NAME and --base-url URL, or give --definitions FILE")
    from .design_with_model import Asked, design_with_model

    asked = Asked(count, rounds, kinds or KINDS, seed, probe_suites(probes), tuple(known))
    design_with_model(output, asked, {**_UNUSED, **options})


def probe_suites(probes: Sequence[str]) -> list[Suite]:
    """The suites on which operators are tried beside the built-in parents."""
    return [Suite.load(each) for each in probes or ("core",)]


def _prove(path: Path, output: Path, probes: Sequence[str], known: Sequence[Path], options: Mapping[str, Any]) -> None:
    from ..designed.admission import Admission
    from ..designed.files import load

    listed = _listed(path)
    suites = probe_suites(probes)
    with opened(options, _required(suites)) as sandbox, bars() as progress:
        admission = Admission(sandbox, suites, progress)
        admission.know([each.definition for file in known for each in load(file)])
        fates = admission.judge(listed)
    write(output, fates, {"definitions": path.name})


def _listed(path: Path) -> list[Any]:
    data = read_json(path)
    listed = data.get("operators") if isinstance(data, dict) else None
    if not isinstance(listed, list) or not listed:
        raise BadInput(f'{path}: expected {{"operators": [DEFINITION, ...]}}; see docs/operators/designed.md')
    return listed


def write(output: Path, fates: Sequence[Admitted | Rejected], designed: Mapping[str, Any]) -> None:
    """Say what became of the proposals, and write those that were admitted. BadInput where there are none."""
    from ..designed.admitted import Admitted
    from ..designed.files import save

    admitted = [each for each in fates if isinstance(each, Admitted)]
    rejected = [each for each in fates if not isinstance(each, Admitted)]
    click.echo(table_of(admitted, rejected))
    if not admitted:
        raise BadInput(f"none of {len(fates)} proposals was admitted; nothing was written")
    with writing(output):
        save(output, admitted, designed)
    click.echo(f"{len(admitted)} operators in {output}; use them with `--operators @{output}`")


def table_of(admitted: Sequence[Admitted], rejected: Sequence[Rejected]) -> str:
    """One line for each operator that was admitted, one for each that was not, and the reasons counted."""
    lines = []
    for each in admitted:
        parents = each.proof["parents"].values()
        made = sum(row["accepted"] for row in parents)
        asked = sum(row["proposed"] for row in parents)
        own = each.definition
        lines.append(
            f"admitted  {own.name} ({own.kind}, {own.takes} -> {own.gives}): {made} of {asked} tasks; {own.phrase}"
        )
    for refusal in rejected:
        lines.append(f"rejected  {visible(refusal.name, 40)}: {refusal.reason}: {visible(refusal.said, 240)}")
    counts = Counter(each.reason for each in rejected)
    lines.append(f"proposed {len(admitted) + len(rejected)}, admitted {len(admitted)}, rejected {len(rejected)}")
    lines += [
        f"    {reason}: {number}" for reason, number in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    return printable("\n".join(lines))


def _check(path: Path, probes: Sequence[str], options: Mapping[str, Any]) -> None:
    """Run all proofs of a file again, and compare their figures with those that it holds."""
    from ..designed.admission import Admission
    from ..designed.admitted import Admitted
    from ..designed.files import load

    stored = load(path)
    suites = probe_suites(probes)
    with opened(options, _required(suites)) as sandbox, bars() as progress:
        fates = Admission(sandbox, suites, progress).judge([each.definition.to_json() for each in stored])
    failures, unseen = [], set[str]()
    for old, new in zip(stored, fates, strict=True):
        name = old.definition.name
        if not isinstance(new, Admitted):
            failures.append(f"{name}: {new.reason}: {new.said}")
            continue
        failures += [f"{name}: {problem}" for problem in _differences(old.proof, new.proof)]
        unseen |= _parents(old.proof).keys() - _parents(new.proof).keys()
    for failure in failures:
        click.echo(visible(failure, 300))
    for ref in sorted(unseen):
        click.echo(f"evalrun: note: not tried again on {visible(ref, 80)}: name that suite with --probe", err=True)
    if failures:
        raise GateFailed(f"{path}: {len(failures)} proofs of {len(stored)} operators do not hold")
    click.echo(f"{path}: the proofs of {len(stored)} operators hold")


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    problems = []
    if old.get("values") != new["values"]:
        problems.append("its figures on values are not what the proof gives")
    mine = _parents(old)
    for ref, figures in _parents(new).items():
        if ref in mine and mine[ref] != figures:
            problems.append(f"its figures on {ref} are not what the proof gives")
    return problems


def _parents(proof: Mapping[str, Any]) -> dict[str, Any]:
    found = proof.get("parents")
    return found if isinstance(found, dict) else {}


def _required(suites: Sequence[Suite]) -> list[str]:
    return sorted({each for suite in suites for each in suite.requires})

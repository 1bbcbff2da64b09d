"""Preference tasks as people write them: a folder of YAML files.

``suite.yaml`` says what the suite is (``name``, ``version``, ``description``, ``source``); every other file holds the
families of one category, each with responses and the prompts that they answer:

    category: instructions
    criterion: following the instruction
    families:
      - name: poster
        responses:
          low: open on sunday
          high: OPEN ON SUNDAY
        tasks:
          - {name: quiet, prompt: "... in lower case", ranking: low > high, constraints: [{kind: lower_case}]}
          - {name: loud, prompt: "... in capitals", ranking: high > low, constraints: [{kind: upper_case}]}

The two tasks above are *twins*: the same two responses, and the prompt alone decides which is better. Nothing that
looks at the responses only (their length, their words, their order) can tell them apart.

Of each task one of these says how its label is proven:

``constraints``
    a list of constraints (``constraints.Constraint``)
``tests``
    the cases of ``entry_point``, each as ``"[1, 2], 3 => 6"`` or ``"[] => raises ValueError"``; or groups of cases, by
    name, for a graded ranking; or a check program (``check``)
``operations``
    inputs, each as the text of an argument list; with ``tests``
``findings``
    by response the rules for unsafe code that find something in it; with ``tests`` where these can be run
``why``
    a reason, where people judge
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import BadInput
from ..literals import NotLiteral, read_literal
from ..task import Case, CasesTest, CheckTest, Test
from .constraints import Constraint
from .suite import PreferenceSuite
from .task import Message, PreferenceTask, Proof, Response, Tiers

ABOUT = "suite.yaml"
LICENSE = "Apache-2.0"
_ABOUT = {"name", "version", "description", "source"}
_FAMILY = {"name", "responses", "tasks", "criterion"}
_TASK = {
    "name", "prompt", "system", "messages", "ranking", "criterion", "entry_point", "constraints", "tests", "check",
    "operations", "ratio", "findings", "why",
}  # fmt: skip


def is_authored(ref: str | Path) -> bool:
    """Whether this names a folder of tasks as people write them."""
    return (Path(ref) / ABOUT).is_file()


def read_authored(folder: Path) -> PreferenceSuite:
    """The suite that the YAML files of a folder describe, files in the order of their names.

    BadInput names the file and what is wrong: what people write by hand is mended, and never left out.
    """
    about = _yaml(folder / ABOUT)
    if not isinstance(about, dict) or set(about) - _ABOUT or not {"name", "version"} <= set(about):
        raise BadInput(f"{folder / ABOUT}: expected name, version, and possibly description and source")
    told = {key: str(value) for key, value in about.items()}
    tasks: list[PreferenceTask] = []
    for path in sorted(folder.glob("*.yaml")):
        if path.name != ABOUT:
            tasks += _of_file(path, told["name"])
    if not tasks:
        raise BadInput(f"{folder}: holds no families; write a YAML file of them")
    return PreferenceSuite(
        name=told["name"],
        version=told["version"],
        tasks=tuple(tasks),
        description=told.get("description", ""),
        license=LICENSE,
        source=told.get("source", ""),
    )


def _yaml(path: Path) -> Any:
    import yaml

    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise BadInput(f"{path}: cannot be read as YAML ({' '.join(str(error).split())[:200]})") from error


def _of_file(path: Path, suite: str) -> list[PreferenceTask]:
    data = _yaml(path)
    try:
        category, criterion = str(data["category"]), str(data["criterion"])
        families = list(data["families"])
    except (KeyError, TypeError) as error:
        raise BadInput(f"{path}: expected category, criterion and families (see docs/align.md)") from error
    tasks = []
    for number, family in enumerate(families, 1):
        try:
            _require(family, _FAMILY, {"name", "responses", "tasks"})
            unit = f"{suite}/{category}-{family['name']}"
            for row in family["tasks"]:
                shared = {"criterion": family.get("criterion", criterion)}
                tasks.append(_task(unit, category, family["responses"], {**shared, **row}))
        except (BadInput, KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadInput(f"{path}: family {number}: {error}") from error
    return tasks


def _require(data: Any, known: set[str], needed: set[str]) -> None:
    strange = sorted(set(data) - known) + sorted(needed - set(data))
    if strange:
        raise BadInput(f"{strange[0]}: a field that is unknown or missing")


def _task(unit: str, category: str, responses: Mapping[str, str], row: Mapping[str, Any]) -> PreferenceTask:
    _require(row, _TASK, {"name", "ranking"})
    strange = next(
        (name for name, text in responses.items() if not isinstance(name, str) or not isinstance(text, str)), None
    )
    if strange is not None:
        raise BadInput(f"responses: {strange!r}: expected a name and a text (YAML reads off, no and 1 as other things)")
    ranking = tuple(tuple(part.strip() for part in tier.split("=")) for tier in row["ranking"].split(">"))
    told = tuple(Response(name, text.strip("\n"), "written for evalrun") for name, text in responses.items())
    try:
        return PreferenceTask(
            id=f"{unit}-{row['name']}",
            messages=_messages(row),
            responses=told,
            ranking=ranking,
            criterion=row["criterion"],
            category=category,
            proof=_proof(row, told, ranking),
            family=unit,
            license=LICENSE,
            tags=_tags(ranking),
        )
    except BadInput as error:
        raise BadInput(f"task {row['name']}: {error}") from error


def _tags(ranking: Tiers) -> tuple[str, ...]:
    if len(ranking) == 1:
        return ("tie",)
    return ("pair",) if sum(map(len, ranking)) == 2 else ("ranking",)


def _messages(row: Mapping[str, Any]) -> tuple[Message, ...]:
    turns = [Message("system", row["system"])] if "system" in row else []
    for turn in row.get("messages", ()):
        ((role, text),) = turn.items()
        turns.append(Message(role, text.strip("\n")))
    if "prompt" in row:
        turns.append(Message("user", row["prompt"].strip("\n")))
    return tuple(turns)


def _proof(row: Mapping[str, Any], responses: tuple[Response, ...], ranking: Tiers) -> Proof:
    if "constraints" in row:
        told = [Constraint.from_json(each) for each in row["constraints"]]
        holds = {response.id: [each.holds(response.text) for each in told] for response in responses}
        return Proof("constraints", {"constraints": [each.to_json() for each in told], "holds": holds})
    tests = _tests(row)
    code: dict[str, Any] = {"tests": [test.to_json() for test in tests]} if tests else {}
    if "entry_point" in row:
        code["entry_point"] = row["entry_point"]
    if "operations" in row:
        inputs = [_input(text).to_json() for text in row["operations"]]
        return Proof("operations", {**code, "inputs": inputs, "ratio": row["ratio"]})
    if "findings" in row:
        found = {response.id: sorted(row["findings"].get(response.id, ())) for response in responses}
        return Proof("rules", {**code, "findings": found})
    if tests:
        return Proof("tests", {**code, "passes": _passes(ranking, len(tests))})
    if "why" not in row:
        raise BadInput("nothing says how the label is proven; people's judgement needs a reason (why)")
    return Proof("stated", {"why": row["why"]})


def _passes(ranking: Tiers, tests: int) -> dict[str, Any]:
    """What the ranking says of the programs: the best pass all tests, and each tier one test less than that above."""
    if tests == 1:
        return {name: place == 0 for place, tier in enumerate(ranking) for name in tier}
    return {name: tests - place for place, tier in enumerate(ranking) for name in tier}


def _tests(row: Mapping[str, Any]) -> list[Test]:
    if "check" in row:
        return [CheckTest(row["check"].strip("\n") + "\n")]
    told = row.get("tests", {})
    groups = told if isinstance(told, dict) else {"base": told}
    return [CasesTest(tuple(map(_case, cases)), name=name) for name, cases in groups.items()]


def _case(text: str) -> Case:
    told, arrow, gives = text.rpartition("=>")
    if not arrow:
        raise BadInput(f"tests: {text[:40]!r}: expected arguments => value")
    args = read_literal(f"({told},)") if told.strip() else ()
    word, _, exception = gives.strip().partition(" ")
    if word == "raises" and exception:
        return Case(args, raises=exception.strip())
    return Case(args, read_literal(gives.strip()))


def _input(text: str) -> Case:
    try:
        return Case(read_literal(f"({text},)"))
    except NotLiteral:
        return Case(args_source=text)

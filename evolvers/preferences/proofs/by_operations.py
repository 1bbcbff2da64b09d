"""Proof by counted work: programs that give the same, and what they do for it (``counting`` says what is counted).

    {"kind": "operations", "entry_point": "f", "tests": [...], "inputs": [{"args": [[3, 1]]}], "ratio": 3}

Every response's program must pass the tests, and all must give equal results on the inputs. On the inputs together, a
program of a worse tier takes at least ``ratio`` times the steps of any program of the tier above; those of one tier
differ by less than a quarter. An input's arguments are plain data, or Python source (``args_source``), as those of a
test case are.

The steps are counted in the process of the program itself, so programs that could reach the counter (by way of ``sys``,
``gc``, frames, ...) are refused: what they import and name is read before they are run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ....benchmarks import BadInput, Case, CodeTask, InfraError
from ....benchmarks.plain import PlainError
from ....benchmarks.preference import PreferenceTask
from ....harness.endpoint.pysource import Parser
from ....harness.sandbox.api import CallsJob, Limits, Outcome, Sandbox
from ....harness.verdict import Score, Verdict
from ... import prover
from ...protocol import Gate
from .labels import data_of, gate
from .programs import code_task, programs_of, scored

KIND = "operations"
MOST_STEPS = 5_000_000
ALIKE = 1.25
LIMITS = Limits(cpu_s=60.0, wall_s=300.0, memory_mb=1024)
_MODULES = frozenset(
    "__future__ bisect collections fractions functools heapq itertools math operator re string typing".split()
)
# Ways to another namespace: builtins, frames, what looks attributes up by their text, modules seen through modules.
_REACHING = frozenset(
    "attrgetter breakpoint builtins compile delattr dir eval exec f_back f_builtins f_globals f_locals Formatter "
    "ForwardRef gc get_type_hints getattr gi_frame globals input inspect locals methodcaller modules open os print "
    "setattr singledispatch singledispatchmethod sys tb_frame update_wrapper vars wraps".split()
)
_HARMLESS = frozenset(
    "__init__ __name__ __main__ __len__ __iter__ __next__ __contains__ __getitem__ __setitem__ __delitem__ __eq__ "
    "__lt__ __le__ __gt__ __ge__ __hash__ __repr__ __add__ __sub__ __mul__".split()
)


def verify(tasks: Sequence[PreferenceTask], sandbox: Sandbox) -> list[Gate]:
    """The gates of tasks with proofs of this kind, in order; everything is scored and counted in two batches."""
    asked = [_question(task) for task in tasks]
    ready = [question for question in asked if isinstance(question, _Question)]
    scores = scored([item for question in ready for item in question.items()], sandbox)
    verdicts = [question.verdicts(scores) for question in ready]
    outcomes = sandbox.run([job for question in ready for job in question.jobs()])
    counts = [question.counts(outcomes) for question in ready]
    found = iter(zip(verdicts, counts, strict=True))
    return [question if isinstance(question, Gate) else question.gate(*next(found)) for question in asked]


def reaches(source: str) -> str | None:
    """What a program names by which it could reach more than its arguments; None when there is nothing."""
    tree = Parser().parse(source)
    if tree is None:
        return "no Python that can be read"
    if "__evalrun" in source:
        return "__evalrun"
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            imported = [node.module or "."] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names]
            foreign = next((name for name in imported if name.partition(".")[0] not in _MODULES), None)
            if foreign is not None:
                return foreign
        reaching = next((name for name in _named(node) if _is_reaching(name)), None)
        if reaching is not None:
            return reaching
    return None


def _named(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [each.name for each in node.names] if node.module != "__future__" else []
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        return [node.attr]
    if isinstance(node, ast.MatchClass):  # case object(__globals__=found)
        return node.kwd_attrs
    return [node.name] if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) else []


def _is_reaching(name: str) -> bool:
    return name.lstrip("_") in _REACHING or name in _REACHING or (name.startswith("__") and name not in _HARMLESS)


@cache
def _guest() -> str:
    rows = (Path(prover.__file__).parent / "rows.py").read_text(encoding="utf-8")
    here = (Path(__file__).parent / "counting.py").read_text(encoding="utf-8")
    return f"{rows}\n\n{here.replace('from __future__ import annotations', '')}"


@dataclass(frozen=True, slots=True)
class _Counted:
    """What counting one program gave: why nothing, or its steps and a digest of each result."""

    problem: str | None
    steps: int = 0
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Question:
    """What is run for one task."""

    task: PreferenceTask
    code: CodeTask
    programs: Mapping[str, str]
    inputs: tuple[Any, ...]
    ratio: float

    def items(self) -> Iterator[tuple[CodeTask, str]]:
        """What is scored."""
        return ((self.code, program) for program in self.programs.values())

    def jobs(self) -> Iterator[CallsJob]:
        """What is counted: each program in a process of its own."""
        for program in self.programs.values():
            call = (program, self.code.entry_point, list(self.inputs), MOST_STEPS)
            yield CallsJob(_guest(), "count", (call,), LIMITS)

    def verdicts(self, scores: Iterator[Score]) -> dict[str, Verdict]:
        """By response id what scoring found."""
        return {name: next(scores).verdict for name in self.programs}

    def counts(self, outcomes: Iterator[Outcome]) -> dict[str, _Counted]:
        """By response id what counting found."""
        return {name: _read(next(outcomes)) for name in self.programs}

    def gate(self, verdicts: Mapping[str, Verdict], counts: Mapping[str, _Counted]) -> Gate:
        """Whether the label follows."""
        evidence = {
            "steps": {name: found.steps for name, found in counts.items()},
            "verdicts": {name: str(verdict.value) for name, verdict in verdicts.items()},
            "inputs": len(self.inputs),
        }
        return gate(KIND, self._problem(verdicts, counts), **evidence)

    def _problem(self, verdicts: Mapping[str, Verdict], counts: Mapping[str, _Counted]) -> str | None:
        for name, verdict in verdicts.items():
            if verdict is not Verdict.PASS:
                return f"the program of {name} does not pass the tests ({verdict.value})"
            if counts[name].problem is not None:
                return f"the program of {name} cannot be counted: {counts[name].problem}"
        if len({found.values for found in counts.values()}) > 1:
            return "the programs give different results on the inputs"
        return self._order_problem({name: found.steps for name, found in counts.items()})

    def _order_problem(self, steps: Mapping[str, int]) -> str | None:
        least = 0.0
        for place, tier in enumerate(self.task.ranking):
            found = [steps[name] for name in tier]
            if max(found) >= ALIKE * min(found) and len(found) > 1:
                return f"{' and '.join(tier)} are ranked equal, but they take {', '.join(map(str, found))} steps"
            if place and min(found) < self.ratio * least:
                return f"{' and '.join(tier)} take less than {self.ratio:g} times the steps of what is ranked above"
            least = max(found)
        return None


def _read(outcome: Outcome) -> _Counted:
    if outcome.status == "infra":
        raise InfraError(f"the sandbox failed: {outcome.detail[:200]}; start again")
    if outcome.status != "ok" or not outcome.calls or outcome.calls[0].raised is not None:
        return _Counted(outcome.status if outcome.status != "ok" else "counting failed")
    found = outcome.calls[0].value
    if found.get("problem"):
        return _Counted(str(found["problem"])[:100])
    if found["values"] != found["again"]:
        return _Counted("while it is counted it gives something else")
    return _Counted(None, sum(found["steps"]), tuple(found["values"]))


def _question(task: PreferenceTask) -> _Question | Gate:
    try:
        code, programs, ratio = code_task(task), programs_of(task), data_of(task).get("ratio")
        if code.entry_point is None:
            raise BadInput("proof: entry_point is missing")
        if isinstance(ratio, bool) or not isinstance(ratio, int | float) or not ALIKE <= ratio <= MOST_STEPS:
            raise BadInput(f"proof: ratio: expected a number from {ALIKE} to {MOST_STEPS}")
        for name, program in programs.items():
            reached = reaches(program)
            if reached is not None:
                raise BadInput(f"the program of {name} cannot be counted: it uses {reached[:40]}")
        return _Question(task, code, programs, _inputs(task), float(ratio))
    except BadInput as error:
        return gate(KIND, str(error))


def _inputs(task: PreferenceTask) -> tuple[Any, ...]:
    told = data_of(task).get("inputs")
    if not isinstance(told, list) or not told:
        raise BadInput("proof: inputs: expected a list of inputs, as test cases have them")
    try:
        cases = [Case.from_json(row) for row in told]
    except (KeyError, TypeError, AttributeError, PlainError) as error:
        raise BadInput(f"proof: inputs: one is no input ({error})") from error
    return tuple(case.args if case.args_source is None else case.args_source for case in cases)

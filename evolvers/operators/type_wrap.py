"""Definitional wrapping of types: the parent's function with JSON texts, a generator or a dataclass at its border.

Semantics-altering. What is computed stays the same; what must be read, made and returned does not. Values that JSON
would change (tuples, sets, keys that are no texts) have no JSON form here.
"""

from __future__ import annotations

import ast
import json
import random
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...benchmarks import CasesTest, CheckTest, CodeTask, Comparator
from ...benchmarks.jsonio import text_digest
from ..expectations import comparator_of
from ..language.type_forms import Form, form_of, generator_orders, json_options, shown, survives_json, tuple_items
from ..literals import literal
from ..protocol import Candidate, Executed, Gate, Kind, NotApplicable, Observation, Pool, Rows
from ..readings.type_sentences import program_of
from ..subjects import subjects_of
from ..syntax import parsable_prompt, shared
from ..texts import texts_of
from ..words import NameSource, words_of
from ..wrapping import Wrapper, calls_from, cases_tests, definition_in, ended, header, signature_of, wrapped_prompt

_KEYS = ("result", "answer", "outcome", "output", "found")
Parameters = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TypeWrap:
    """See the module's docstring."""

    name: str = "type_wrap"
    version: str = "1"
    kind: Kind = "altering"

    def describe(self) -> str:
        """One line for people."""
        return "the parent's function with JSON texts, a generator or a dataclass at its border"

    def propose(self, task: CodeTask, rng: random.Random, pool: Pool) -> list[Candidate]:
        """The forms that fit the parent's observed types, in random order."""
        observed = pool.observed(task)
        comparator = comparator_of(task, observed)
        if not observed.pure:
            raise NotApplicable("the reference changes its arguments")
        try:
            signature_of(task.reference, str(task.entry_point))
            source = NameSource(rng, words_of(texts_of(task)))
            drawn = [
                *_json_forms(task, observed, source, rng),
                *_generator_forms(observed),
                *_instance_forms(task, observed, source),
            ]
        except SyntaxError as error:
            raise NotApplicable("a program of the task does not parse") from error
        if not drawn:
            raise NotApplicable("no other form for the parent's types")
        rng.shuffle(drawn)
        return [
            self._candidate(task, {"entry_point": source.function(), **each}, observed, comparator) for each in drawn
        ]

    def _candidate(
        self, parent: CodeTask, parameters: Parameters, observed: Observation, comparator: Comparator
    ) -> Candidate:
        wrapper, form = _wrapped(parent, parameters)
        body = textwrap.indent(form.body, "    ")
        preamble = f"\n\n{form.preamble}" if form.preamble else ""
        task = replace(
            parent,
            prompt=_prompt(parent, parameters, ()),
            entry_point=wrapper.name,
            reference=f"{ended(parent.reference)}{preamble}\n\n{header(wrapper)}\n{body}\n",
            tests=(CasesTest((), comparator),),
            metadata={},
        )
        calls = calls_from(observed)
        if parameters["form"] == "json":
            calls = {name: _as_json(rows, bool(parameters["several"])) for name, rows in calls.items()}
        elif not all(map(_printable, observed.executed)):
            calls = {}
        return Candidate(task, (parent,), parameters, calls=calls, base=parent.reference, driver=form.driver)

    def finish(
        self, candidate: Candidate, rows: Mapping[str, tuple[Executed, ...]], examples: Sequence[Executed]
    ) -> CodeTask:
        """The candidate's task with tests, and examples in its prompt."""
        (parent,) = candidate.parents
        form = form_of(parent, candidate.parameters)
        tests: tuple[CasesTest | CheckTest, ...] = cases_tests(candidate, rows)
        if form.check:
            tests = tuple(CheckTest(_check(form, executed), name=name) for name, executed in rows.items() if executed)
        return replace(candidate.task, prompt=_prompt(parent, candidate.parameters, examples), tests=tests)

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> tuple[Gate, ...]:
        """Static proofs: the parent's text and program are untouched, the definition has exactly one reading."""
        (parent,) = parents
        return (_verbatim_gate(task, parent), self._reading_gate(task, parent, parameters))

    def witness(self, task: CodeTask, parents: Sequence[CodeTask]) -> str:
        """A program read out of the prompt alone; ValueError when the prompt is outside the controlled language."""
        (parent,) = parents
        name, text = definition_in(task)
        signature = signature_of(parent.reference, str(parent.entry_point))
        _, source = program_of(name, text, task.prompt, signature.parameters)
        return f"{ended(parent.reference)}\n\n{source.strip()}\n"

    def _reading_gate(self, task: CodeTask, parent: CodeTask, parameters: Mapping[str, Any]) -> Gate:
        form = form_of(parent, parameters)
        try:
            name, text = definition_in(task)
            inner, source = program_of(name, text, task.prompt, form.signature.parameters)
        except ValueError as error:
            return Gate("one_reading", False, {"problem": str(error)[:80]})
        same = " ".join(form.definition.split()) in " ".join(text.split())
        holds = same and name == task.entry_point and inner == parent.entry_point
        return Gate("one_reading", holds, {"program": text_digest(source)})


def _json_forms(task: CodeTask, observed: Observation, source: NameSource, rng: random.Random) -> list[Parameters]:
    """JSON in and out: the value itself or an object around it, with every option that shows."""
    calls = observed.calls
    subjects = subjects_of(task.reference, str(task.entry_point), calls)
    if any(len(args) != len(subjects) for args in calls):
        return []
    if not all(survives_json(list(args)) for args in calls) or not all(map(survives_json, observed.outputs)):
        return []
    text, options = source.variable(), json_options(observed.outputs)
    common = {"form": "json", "parameter": text, "several": len(subjects) > 1, "output_type": "str"}
    plain = [{**common, "key": None, "options": option} for option in options]
    return [*plain, {**common, "key": rng.choice(_KEYS), "options": rng.choice(options)}]


def _generator_forms(observed: Observation) -> list[Parameters]:
    orders = generator_orders(observed.output_type)
    return [{"form": "generator", "order": order, "output_type": ""} for order in orders]


def _instance_forms(task: CodeTask, observed: Observation, source: NameSource) -> list[Parameters]:
    """An instance whose fields are the items of the parent's tuple, or its value and one of the arguments."""
    kind = source.variable().title().replace("_", "")
    items = tuple_items(observed.output_type)
    if items:
        fields = [source.variable() for _ in items]
        return [_instance(kind, fields, items, None)]
    subjects = subjects_of(task.reference, str(task.entry_point), observed.calls)
    return [
        _instance(kind, [source.variable(), source.variable()], [observed.output_type, subject.deep_type], subject.name)
        for subject in subjects
    ]


def _instance(kind: str, fields: list[str], types: list[str], beside: str | None) -> Parameters:
    declared = f"tuple[bool,{','.join(types)}]"
    unsettled = any(word in declared for word in ("mixed", "nothing"))
    return {
        "form": "instance",
        "class": kind,
        "fields": fields,
        "types": types,
        "beside": beside,
        "output_type": "" if unsettled else declared,
    }


def _wrapped(parent: CodeTask, parameters: Mapping[str, Any]) -> tuple[Wrapper, Form]:
    form = form_of(parent, parameters)
    definition = (
        f"{form.definition}\n\nOnly the specification of `{parent.entry_point}` is given above: implement it as well."
    )
    return Wrapper(str(parameters["entry_point"]), form.signature, form.returns, definition), form


def _prompt(parent: CodeTask, parameters: Mapping[str, Any], examples: Sequence[Executed]) -> str:
    """The parent's prompt, the preamble if there is one, the new function."""
    wrapper, form = _wrapped(parent, parameters)
    given = parent
    if form.preamble and parent.form == "completion":
        given = replace(parent, prompt=f"{ended(parsable_prompt(parent.prompt))}\n\n{form.preamble}")
    elif form.preamble:
        given = replace(parent, prompt=f"{parent.prompt.rstrip()}\n\nUse this class:\n\n```python\n{form.preamble}```")
    return wrapped_prompt(given, wrapper, examples, shown(wrapper.name, parameters, examples))


def _as_json(rows: Rows, several: bool) -> Rows:
    return tuple((json.dumps(list(args) if several else args[0]),) for args in rows)


def _printable(row: Executed) -> bool:
    """Whether a test can be written with the call and its value as literals."""
    try:
        literal(row.args)
        literal(row.returns)
    except ValueError:
        return False
    return True


def _check(form: Form, executed: Sequence[Executed]) -> str:
    """A check program: all calls with what the driver made of their values."""
    rows = "".join(f"        ({literal(row.args)}, {literal(row.returns)}),\n" for row in executed)
    body = textwrap.indent(form.check, "        ")
    return f"def check(candidate):\n    rows = [\n{rows}    ]\n    for args, expected in rows:\n{body}\n"


def _verbatim_gate(task: CodeTask, parent: CodeTask) -> Gate:
    """Prompt and reference begin with the parent's; only definitions with fresh names and an import were added."""
    old, new = shared(parent.reference).body, shared(task.reference).body
    added = new[len(old) :]
    names = [node.name for node in added if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    others = [node for node in added if not isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.ImportFrom))]
    holds = task.prompt.startswith(parent.prompt.rstrip()) and task.reference.startswith(parent.reference)
    holds = holds and not others and task.entry_point in names and not set(names) & words_of(texts_of(parent))
    evidence = {"parent_prompt": text_digest(parent.prompt), "parent_reference": text_digest(parent.reference)}
    return Gate("parent_verbatim", holds, evidence)

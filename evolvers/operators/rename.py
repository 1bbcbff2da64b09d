"""Alpha-renaming: the entry point, helper functions, locals and parameters get new names in prompt, reference and
tests.

Semantics-preserving. What is not renamed, and why, is in ``bindings`` (builtins, attributes, imports, classes, ...) and
``_prose_parameters`` (a parameter whose name is also a word of the description).
"""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from ...benchmarks import Case, CasesTest, CheckTest, CodeTask, ModuleTest, Test
from ...benchmarks.jsonio import text_digest
from ..alpha import same_scopes, same_tree, taken_back
from ..bindings import Bindings, bindings_of, free_names
from ..edits import KeywordRule, code_like, renamed_program, renamed_text
from ..positions import CannotEdit
from ..protocol import Candidate, Gate, Kind, NotApplicable, Pool
from ..syntax import nodes_of, parsable_prompt, parse, shared
from ..texts import PYTHON_BLOCK, texts_of
from ..words import BUILTIN_NAMES, NameSource, words_of

# Names with a meaning of their own in test programs and in the judge.
_RESERVED = frozenset({"candidate", "check", "accept", "VALUES"})


@dataclass(frozen=True, slots=True)
class Rename:
    """See the module's docstring."""

    name: str = "rename"
    version: str = "1"
    kind: Kind = "preserving"

    def describe(self) -> str:
        """One line for people."""
        return "alpha-renaming of the entry point, helpers, locals and parameters in prompt, reference and tests"

    def propose(self, task: CodeTask, rng: random.Random, pool: Pool) -> list[Candidate]:
        """One candidate."""
        try:
            plan = _plan(task)
            names = _new_names(plan, rng, words_of(texts_of(task)))
            new = _renamed_task(task, plan, names)
        except SyntaxError as error:
            raise NotApplicable("a program of the task does not parse") from error
        except CannotEdit as error:
            raise NotApplicable(str(error)) from error
        parameters = {"names": names}
        return [Candidate(new, (task,), parameters, self.prove(new, (task,), parameters))]

    def prove(self, task: CodeTask, parents: Sequence[CodeTask], parameters: Mapping[str, Any]) -> tuple[Gate, ...]:
        """Static proofs: fresh names, identical tree under the inverse map, equal scopes, the old entry name gone."""
        (parent,) = parents
        names = {str(old): str(new) for old, new in parameters["names"].items()}
        return (
            _fresh_gate(parent, names),
            _tree_gate(task, parent, names),
            _scopes_gate(task, parent, names),
            _entry_gate(task, parent, names),
        )


@dataclass(frozen=True, slots=True)
class _Plan:
    """What will be renamed: ``names`` in order, the functions among them, and those that the prompt mentions."""

    names: tuple[str, ...]
    functions: frozenset[str]
    mentioned: frozenset[str]
    reference: Bindings
    module_level: frozenset[str]


def _plan(task: CodeTask) -> _Plan:
    if task.entry_point is None:
        raise NotApplicable("no entry point")
    if any(isinstance(test, ModuleTest) for test in task.tests):
        raise NotApplicable("it is tested by a file")
    reference = bindings_of(task.reference, shared(task.reference))
    programs = [reference, *(bindings_of(p, shared(p)) for p in _preludes(task))]
    prompt = None
    if task.form == "completion":
        source = parsable_prompt(task.prompt)
        prompt = bindings_of(source, shared(source))
    bound = set().union(*(program.bound for program in programs))
    kept = {name for program in programs for name in program.kept} | _RESERVED
    if prompt is not None:
        kept |= {name for name, why in prompt.kept.items() if why != "comes from outside the program"}
    module_level = set().union(*(program.module_level for program in programs))
    kept |= _kept_by_tests(task, module_level, bound)
    kept |= _kept_keywords(task, reference)
    if any(program.sees_names for program in programs):
        raise NotApplicable("the program looks at its own variables' names")
    _check_entry(task.entry_point, reference, kept)
    if any(program.runs_text for program in programs):
        bound &= {task.entry_point}
    described = bound & (prompt.bound if prompt is not None else set(reference.functions))
    functions = set(reference.functions)
    kept |= _prose_parameters(task, bound - functions)
    names = sorted(bound - kept, key=lambda name: (name != task.entry_point, name))
    mentioned = {name for name in names if name in described or (name in reference.parameters and code_like(name))}
    return _Plan(tuple(names), frozenset(functions), frozenset(mentioned), reference, frozenset(module_level))


def _check_entry(entry: str, reference: Bindings, kept: set[str]) -> None:
    if entry in BUILTIN_NAMES:
        raise NotApplicable("the entry point has a builtin's name")
    if entry in _RESERVED:
        raise NotApplicable("the entry point's name has a meaning of its own in tests")
    if reference.kept.get(entry) == "is a class" and reference.functions:
        return  # the class keeps its name, and so do its methods; the functions that it uses get new ones
    if entry not in reference.module_level or entry not in reference.functions:
        raise NotApplicable("the entry point is not a function of the reference")
    if entry in kept:
        raise NotApplicable(f"the entry point {reference.kept.get(entry, 'cannot be renamed in the tests')}")


def _preludes(task: CodeTask) -> list[str]:
    return [test.prelude for test in task.tests if isinstance(test, CheckTest) and test.prelude.strip()]


@lru_cache(maxsize=256)
def _bindings_of_test(program: str) -> Bindings:
    """The names of a test program, which several slots of a parent share. Nobody may change it."""
    return bindings_of(program, shared(program))


def _kept_by_tests(task: CodeTask, module_level: set[str], bound: set[str]) -> set[str]:
    """Names that a test both takes from the solution and binds itself, or uses where they cannot be renamed."""
    kept: set[str] = set()
    for test in task.tests:
        if isinstance(test, CheckTest):
            own = _bindings_of_test(test.program)
            free = free_names(test.program)
            if own.sees_names or own.runs_text:
                kept |= module_level & words_of([test.program])
            kept |= free & (own.bound | {name for name, why in own.kept.items() if "f-string" in why})
            if task.entry_point in own.bound:
                kept.add(str(task.entry_point))
    return kept


def _kept_keywords(task: CodeTask, reference: Bindings) -> set[str]:
    """Parameters that are passed by keyword to something that may or may not be a function of the reference."""
    kept: set[str] = set()
    rule = _keyword_rule(reference, task.entry_point)
    for program in [task.reference, *_preludes(task), *_test_programs(task)]:
        for node in nodes_of(program):
            if not isinstance(node, ast.Call):
                continue
            outside = _is_builtin_call(node, reference)
            for keyword in node.keywords:
                if keyword.arg is None and not outside:
                    kept |= reference.parameters
                elif keyword.arg is not None and not outside and not rule(node, keyword.arg):
                    kept.add(keyword.arg)
    return kept


def _is_builtin_call(call: ast.Call, reference: Bindings) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id in BUILTIN_NAMES - reference.bound


def _test_programs(task: CodeTask) -> list[str]:
    return [test.program for test in task.tests if isinstance(test, CheckTest)]


def _keyword_rule(reference: Bindings, entry: str | None) -> KeywordRule:
    def names_a_parameter(call: ast.Call, keyword: str) -> bool:
        if not isinstance(call.func, ast.Name):
            return False
        callee = entry if call.func.id == "candidate" else call.func.id
        definitions = reference.functions.get(callee or "", [])
        return bool(definitions) and all(keyword in parameters for parameters in definitions)

    return names_a_parameter


def _prose_parameters(task: CodeTask, bound: set[str]) -> set[str]:
    """Names that look like words of the description: nobody can tell which of these words are mentions."""
    if task.form == "completion":
        described = words_of(_texts_in(parsable_prompt(task.prompt)))
    else:
        described = words_of([task.prompt])
    return {name for name in bound & described if not code_like(name)}


def _texts_in(source: str) -> list[str]:
    strings = [n.value for n in nodes_of(source) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return [*strings, *re.findall(r"#.*", source)]


def _new_names(plan: _Plan, rng: random.Random, taken: set[str]) -> dict[str, str]:
    source = NameSource(rng, taken)
    return {name: source.function() if name in plan.functions else source.variable() for name in plan.names}


def _renamed_task(task: CodeTask, plan: _Plan, names: Mapping[str, str]) -> CodeTask:
    rule = _keyword_rule(plan.reference, task.entry_point)
    mentions = {name: names[name] for name in names if name in plan.mentioned}
    if task.form == "completion":
        full = parsable_prompt(task.prompt)
        prompt = renamed_program(full, names, mentions, rule)
        if full != task.prompt:
            prompt = prompt.removesuffix("\n    ...\n") + task.prompt[len(task.prompt.rstrip()) :]
    else:
        prompt = _renamed_prose(task.prompt, names, mentions, rule)
    return replace(
        task,
        prompt=prompt,
        entry_point=names.get(str(task.entry_point), task.entry_point),
        reference=renamed_program(task.reference, names, mentions, rule),
        tests=tuple(_renamed_test(test, plan, names, mentions, rule) for test in task.tests),
        metadata={},
    )


def _renamed_prose(text: str, names: Mapping[str, str], mentions: Mapping[str, str], rule: KeywordRule) -> str:
    """A prompt in prose; programs in its fenced blocks are renamed as programs, so that they stay what they were."""
    parts, place = [], 0
    for found in PYTHON_BLOCK.finditer(text):
        start, end = found.span(2)
        parts.append(renamed_text(text[place:start], mentions))
        try:
            parts.append(renamed_program(found.group(2), names, mentions, rule))
        except (SyntaxError, CannotEdit):
            parts.append(renamed_text(found.group(2), mentions))
        place = end
    return "".join([*parts, renamed_text(text[place:], mentions)])


def _renamed_test(
    test: Test, plan: _Plan, names: Mapping[str, str], mentions: Mapping[str, str], rule: KeywordRule
) -> Test:
    if isinstance(test, CheckTest):
        # Names that the test takes from the solution; its own stay. Keywords at calls of the solution are
        # parameters' names.
        taken = free_names(test.program) & plan.module_level
        program = renamed_program(test.program, names, {}, rule, taken)
        prelude = renamed_program(test.prelude, names, mentions, rule) if test.prelude.strip() else test.prelude
        return replace(test, program=program, prelude=prelude)
    if isinstance(test, CasesTest):
        return replace(test, cases=tuple(_renamed_case(case, plan, names) for case in test.cases))
    return test


def _renamed_case(case: Case, plan: _Plan, names: Mapping[str, str]) -> Case:
    if case.args_source is None:
        return case
    taken = {n: names[n] for n in free_names(case.args_source) & plan.module_level if n in names}
    return replace(case, args_source=renamed_program(case.args_source, taken, {})) if taken else case


def _fresh_gate(parent: CodeTask, names: Mapping[str, str]) -> Gate:
    words = words_of(texts_of(parent))
    stale = [new for new in names.values() if new in words or new in BUILTIN_NAMES or not new.isidentifier()]
    holds = not stale and len(set(names.values())) == len(names) > 0
    return Gate("fresh_names", holds, {"renamed": len(names)})


def _programs(task: CodeTask) -> list[str]:
    prompt = [parsable_prompt(task.prompt)] if task.form == "completion" else []
    return [task.reference, *prompt, *_preludes(task), *_test_programs(task)]


def _tree_gate(task: CodeTask, parent: CodeTask, names: Mapping[str, str]) -> Gate:
    inverse = {new: old for old, new in names.items()}
    new, old = _programs(task), _programs(parent)
    holds = len(new) == len(old) and all(same_tree(a, b, inverse) for a, b in zip(new, old, strict=True))
    holds = holds and len(task.tests) == len(parent.tests)
    holds = holds and all(_same_data(a, b, inverse) for a, b in zip(task.tests, parent.tests, strict=True))
    if task.form != "completion":
        prompt = ast.Constant(task.prompt)
        holds = holds and taken_back(prompt, inverse) == ast.dump(ast.Constant(parent.prompt))
    if parent.reference.startswith(parent.prompt):
        holds = holds and task.reference.startswith(task.prompt)
    return Gate("inverse_tree", holds, {"programs": len(new), "reference": text_digest(task.reference)})


def _same_data(new: Test, old: Test, inverse: Mapping[str, str]) -> bool:
    """Whether two tests are the same data, once argument sources are taken back."""
    if isinstance(new, CasesTest) and isinstance(old, CasesTest):
        if len(new.cases) != len(old.cases):
            return False
        # Mostly they hold the very same cases, whose values would take long to write as data.
        pairs = zip(new.cases, old.cases, strict=True)
        left = [(a, b) for a, b in pairs if a is not b or a.args_source is not None]
        new, old = replace(new, cases=tuple(a for a, _ in left)), replace(old, cases=tuple(b for _, b in left))
    return _data(new, inverse) == _data(old, {})


def _data(test: Test, inverse: Mapping[str, str]) -> dict[str, Any]:
    """A test as data, with argument sources taken back; without its programs."""
    data = test.to_json()
    if isinstance(test, CasesTest):
        for case in data["cases"]:
            if "args_source" in case:
                case["args_source"] = taken_back(parse(case["args_source"].strip()), inverse)
    else:
        data.pop("program", None)
        data.pop("prelude", None)
    return data


def _scopes_gate(task: CodeTask, parent: CodeTask, names: Mapping[str, str]) -> Gate:
    pairs = zip([task.reference, *_preludes(task)], [parent.reference, *_preludes(parent)], strict=True)
    return Gate("same_scopes", all(same_scopes(new, old, names) for new, old in pairs), {})


def _definition_of(task: CodeTask) -> ast.stmt | None:
    """The statement of the reference that defines the entry point."""
    found = [node for node in shared(task.reference).body if getattr(node, "name", None) == task.entry_point]
    return found[-1] if found else None


def _entry_gate(task: CodeTask, parent: CodeTask, names: Mapping[str, str]) -> Gate:
    """Old names of functions are gone from the prompt, but for a plain word used as prose ("the unique elements")."""
    defined = {node.name for node in shared(parent.reference).body if isinstance(node, ast.FunctionDef)}
    kept = isinstance(_definition_of(parent), ast.ClassDef)
    holds = task.entry_point == (parent.entry_point if kept else names.get(str(parent.entry_point)))
    left = 0
    for name in defined & set(names):
        if name not in task.prompt:
            continue
        words = len(re.findall(rf"(?<!\w){re.escape(name)}(?!\w)", task.prompt))
        called = len(re.findall(rf"(?<!\w){re.escape(name)}\(", task.prompt))
        holds = holds and called == 0 and (words == 0 or not code_like(name))
        left += words
    return Gate("old_names_gone", holds, {"left_as_prose": left})

"""Wrapping a task: the parent's prompt stays verbatim as the specification of an inner function; a new function is
defined by it.

Shared by every operator that defines ``new(x)`` in terms of the parent's ``f``: prompt, reference and witness are
made here.
"""

from __future__ import annotations

import ast
import io
import textwrap
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ..benchmarks import Case, CasesTest, CodeTask, Comparator
from ..benchmarks.jsonio import text_digest
from .literals import literal
from .protocol import Candidate, Executed, Gate, NotApplicable, Observation, Rows
from .syntax import parsable_prompt, shared
from .texts import texts_of
from .words import words_of

MAX_GENERATED = 24


@dataclass(frozen=True, slots=True)
class Signature:
    """A function's parameters as they stand in the source, and the arguments that hand them on."""

    parameters: str
    arguments: str
    names: frozenset[str]


@lru_cache(maxsize=2048)
def signature_of(source: str, entry: str) -> Signature:
    """The signature of a plain top-level function; NotApplicable for anything else."""
    definitions = [n for n in shared(source).body if getattr(n, "name", None) == entry]
    if not definitions or not isinstance(definitions[-1], ast.FunctionDef):
        raise NotApplicable("the entry point is not a plain top-level function")
    node = definitions[-1]
    if any(isinstance(part, (ast.Yield, ast.YieldFrom)) for part in ast.walk(node)):
        raise NotApplicable("the entry point is a generator")
    args = node.args
    handed = [a.arg for a in (*args.posonlyargs, *args.args)]
    handed += [f"*{args.vararg.arg}"] if args.vararg else []
    handed += [f"{a.arg}={a.arg}" for a in args.kwonlyargs]
    handed += [f"**{args.kwarg.arg}"] if args.kwarg else []
    names = {a.arg for a in (*args.posonlyargs, *args.args, *args.kwonlyargs)}
    names |= {star.arg for star in (args.vararg, args.kwarg) if star}
    return Signature(_parameter_text(source, node), ", ".join(handed), frozenset(names))


def _parameter_text(source: str, node: ast.FunctionDef) -> str:
    """What stands between the parentheses, from the source itself (``ast.unparse`` differs between Python versions)."""
    lines = source.split("\n")
    rest = "\n".join(lines[node.lineno - 1 :])
    depth, start = 0, None
    for token in tokenize.generate_tokens(io.StringIO(rest).readline):
        if token.type == tokenize.COMMENT:
            raise NotApplicable("the signature holds a comment")
        if token.type != tokenize.OP:
            continue
        if token.string in "([{":
            depth += 1
            start = start or token.end
        elif token.string in ")]}":
            depth -= 1
            if depth == 0 and start is not None:
                return _cut(rest, start, token.start)
    raise NotApplicable("the signature cannot be found")


def _cut(text: str, start: tuple[int, int], end: tuple[int, int]) -> str:
    lines = text.split("\n")[start[0] - 1 : end[0]]
    lines[-1] = lines[-1][: end[1]]
    lines[0] = lines[0][start[1] :]
    return " ".join(line.strip() for line in lines).strip()


@dataclass(frozen=True, slots=True)
class Wrapper:
    """The new function: its name, the parent's signature, its annotation ("" for none) and the text that defines it."""

    name: str
    signature: Signature
    returns: str
    definition: str


def wrapped_prompt(parent: CodeTask, wrapper: Wrapper, examples: Sequence[Executed], shown: str | None = None) -> str:
    """The parent's prompt, verbatim, then the new function with its definition and its executed examples.

    shown: the examples as text, where they are no plain call with a plain value.
    """
    if shown is None:
        shown = "\n".join(f">>> {wrapper.name}({listed(each.args)})\n{outcome_text(each)}" for each in examples)
    if parent.form != "completion":
        task = f"Write a Python function `{wrapper.name}({wrapper.signature.parameters})` as follows."
        where = f"The function specified above is `{parent.entry_point}`."
        return f"{parent.prompt.rstrip()}\n\n{where} {task}\n\n{_filled(wrapper.definition)}\n\n{shown}\n"
    text = escaped(f"{_filled(wrapper.definition)}\n\n{shown}")
    body = textwrap.indent(f'"""{text}\n"""', "    ")
    return f"{ended(parsable_prompt(parent.prompt))}\n\n{header(wrapper)}\n{body}\n"


def wrapped_reference(parent: CodeTask, wrapper: Wrapper, helper: str, expression: str) -> str:
    """The parent's reference, a helper that holds the expression in ``v``, and the new function."""
    call = f"return {helper}({parent.entry_point}({wrapper.signature.arguments}))"
    return extended_reference(parent, wrapper, helper, expression, call)


def extended_reference(parent: CodeTask, wrapper: Wrapper, helper: str, expression: str, body: str) -> str:
    """The parent's reference, a helper that holds an expression in ``v``, and the new function with its statements."""
    statements = textwrap.indent(body, "    ")
    new = f"def {helper}(v):\n    return {expression}\n\n\n{header(wrapper)}\n{statements}\n"
    return f"{ended(parent.reference)}\n\n{new}"


def handed_on(signature: Signature, parameter: str, value: str) -> str:
    """The arguments that hand the parameters on, with another value for one positional parameter."""
    return ", ".join(value if part == parameter else part for part in signature.arguments.split(", "))


def witness_program(parent: CodeTask, name: str, inner: str, body: str) -> str:
    """A program for a wrapped task, made of a body in ``value`` that was read from its prompt."""
    statements = textwrap.indent(body.strip(), "    ")
    hidden = f"_read_from_the_prompt_of_{name}"
    call = f"def {name}(*args):\n    return {hidden}({inner}(*args))\n"
    return f"{ended(parent.reference)}\n\ndef {hidden}(value):\n{statements}\n\n\n{call}"


def witness_on_parameter(parent: CodeTask, name: str, body: str, statements: str) -> str:
    """A program for a wrapped task, made of what was read from its prompt.

    body: statements in ``value`` that end in a return; statements: those of the new function, in which ``READ(x)``
    stands for what the body returns for a parameter x.
    """
    hidden = f"_read_from_the_prompt_of_{name}"
    parameters = signature_of(parent.reference, str(parent.entry_point)).parameters
    helper = f"def {hidden}(value):\n{textwrap.indent(body.strip(), '    ')}\n"
    new = f"def {name}({parameters}):\n{textwrap.indent(statements.replace('READ', hidden), '    ')}\n"
    return f"{ended(parent.reference)}\n\n{helper}\n\n{new}"


def verbatim_gate(task: CodeTask, parent: CodeTask, functions: int = 2) -> Gate:
    """The prompt begins with the parent's, the reference with the parent's; only so many functions were added to it."""
    prompt = task.prompt.startswith(parent.prompt.rstrip())
    reference = task.reference.startswith(parent.reference)
    old, new = shared(parent.reference).body, shared(task.reference).body
    added = new[len(old) :]
    plain = len(added) == functions and all(isinstance(node, ast.FunctionDef) for node in added)
    fresh = not {getattr(node, "name", "") for node in added} & words_of(texts_of(parent))
    evidence = {"parent_prompt": text_digest(parent.prompt), "parent_reference": text_digest(parent.reference)}
    return Gate("parent_verbatim", prompt and reference and plain and fresh, evidence)


def definition_in(task: CodeTask) -> tuple[str, str]:
    """From a prompt alone: the new function's name and the text that defines it. ValueError when there is none."""
    if task.entry_point is None:
        raise ValueError("no entry point")
    if task.form != "completion":
        return task.entry_point, task.prompt
    last = shared(task.prompt).body[-1]
    if not isinstance(last, (ast.FunctionDef, ast.ClassDef)) or last.name != task.entry_point:
        raise ValueError("the prompt does not end in what is to be written")
    return last.name, ast.get_docstring(last) or ""


def cases_tests(candidate: Candidate, rows: Mapping[str, tuple[Executed, ...]]) -> tuple[CasesTest, ...]:
    """Tests as data, one for each name in ``rows``, compared as the draft's first test says.

    A second test (plus) whose inputs are all shown as examples is left out: without cases it would prove nothing.
    """
    draft = candidate.task.tests[0]
    how = draft.comparator if isinstance(draft, CasesTest) else Comparator()
    return tuple(CasesTest(tuple(map(case_of, ran)), how, name=name) for name, ran in rows.items() if ran)


def calls_from(observed: Observation) -> dict[str, Rows]:
    """The parent's inputs under the names of its tests, and further ones of the same kind under the name generated."""
    further = {"generated": observed.generated[:MAX_GENERATED]} if observed.generated else {}
    return {**observed.inputs, **further}


def case_of(row: Executed) -> Case:
    """The case that demands what an executed call did."""
    return Case(row.args, row.returns) if row.raised is None else Case(row.args, raises=row.raised)


def outcome_text(example: Executed) -> str:
    """What a doctest shows of a call: its value, or the exception in which it ends."""
    if example.raised is None:
        return literal(example.returns)
    return f"Traceback (most recent call last):\n    ...\n{example.raised}"


def header(wrapper: Wrapper) -> str:
    """The line that begins the new function."""
    arrow = f" -> {wrapper.returns}" if wrapper.returns else ""
    return f"def {wrapper.name}({wrapper.signature.parameters}){arrow}:"


def ended(source: str) -> str:
    """A source with its text untouched that ends in one line break at least, and in a blank line if it can."""
    return source if source.endswith("\n") else source + "\n"


def listed(args: tuple[object, ...]) -> str:
    """Arguments as they stand between the brackets of a call."""
    return ", ".join(map(literal, args))


_WRAPPER = textwrap.TextWrapper(100, break_long_words=False, break_on_hyphens=False)


def _filled(text: str) -> str:
    return "\n\n".join(map(_filled_paragraph, text.split("\n\n")))


@lru_cache(maxsize=2048)
def _filled_paragraph(text: str) -> str:
    return _WRAPPER.fill(text)


def escaped(text: str) -> str:
    """A text as it stands between a docstring's quotes."""
    return text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')

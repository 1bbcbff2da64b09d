"""Jinja's sandbox, in which a template gives the same text every time, and can ask for no more than a prompt's worth.

What Jinja bounds is the length of ``range``. Here a value that a template makes is bounded too, before it is made where
its length can be told. Loops within loops are not bounded: a template can still take long, and Ctrl-C ends it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jinja2 import StrictUndefined, Template, Undefined, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

MAX_TEXT = 1_000_000
"""Characters (or numbers) that a rendered prompt, or a value on the way to it, may hold."""
_MAX_PRODUCT = 20 * MAX_TEXT  # of the length of a text and of what is put in its every place
_MAX_BITS = 10_000
_MAX_WIDTH = 4  # digits
_GLOBALS = ("range", "dict", "namespace", "joiner")
_GROWING = frozenset(
    "batch center indent join replace round slice tojson truncate urlize wordwrap xmlattr".split()  # filters
    + "ljust rjust zfill expandtabs translate".split()  # and methods of texts
)
_SHOWN = (str, int, float, list, tuple, dict, range, type(None), Undefined)
_WIDE = re.compile(
    rf"%(?:\([^)]*\))?[-+ #0-9.]*(?:[0-9]{{{_MAX_WIDTH + 1}}}|\*)"  # of the operator
    rf"|\{{[^{{}}]*[0-9]{{{_MAX_WIDTH + 1}}}|\{{[^{{}}]*[:!\[.][^{{}}]*\{{"  # of the method, or taken from elsewhere
)


class TooLong(SecurityError):
    """What a template asks for is longer than any prompt."""

    def __init__(self) -> None:
        super().__init__(f"longer than {MAX_TEXT} characters")


class TemplateEnvironment(ImmutableSandboxedEnvironment):
    """For one rendering of one template."""

    intercepted_binops = frozenset(("+", "*", "**", "%"))

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False, finalize=self._shown)
        self.globals = {name: value for name, value in self.globals.items() if name in _GLOBALS}
        self.filters = {name: _bounded(name, call) for name, call in self.filters.items() if name != "random"}
        self._left = 10 * MAX_TEXT  # characters that may be written, also into a macro or a variable

    def render_bounded(self, template: Template, values: Mapping[str, Any]) -> str:
        """The text; TooLong as soon as it is."""
        pieces = []
        length = 0
        for piece in template.generate(values):
            length += len(piece)
            if length > MAX_TEXT:
                raise TooLong
            pieces.append(piece)
        return "".join(pieces)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree: nodes.Template = _Concatenations().visit(super()._parse(source, name, filename))
        return tree

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """The operation, where its result is short enough."""
        if operator == "%" and isinstance(left, str):
            _check_format(left)
            _check((left, right))
        elif operator == "+":
            _check((left, right))
        elif operator == "*":
            for text, times in ((left, right), (right, left)):
                if not isinstance(text, (int, float)) and isinstance(times, int) and _weight(text) * times > MAX_TEXT:
                    raise TooLong
        if operator in ("*", "**") and isinstance(left, int) and isinstance(right, int):
            bits = left.bit_length() * right if operator == "**" else left.bit_length() + right.bit_length()
            if bits > _MAX_BITS:
                raise SecurityError("too large a number")
        return super().call_binop(context, operator, left, right)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """The call, where its result is short enough."""
        owner = getattr(obj, "__self__", None)
        name = getattr(obj, "__name__", "")
        if isinstance(owner, str) or name in ("format", "format_map"):
            if name in ("format", "format_map"):
                template = owner if isinstance(owner, str) else _formatted(obj)
                _check_format(template)
            if name in _GROWING:
                args = _growing(name, owner, args, kwargs)
            _check((owner, args, kwargs))
        return _checked(super().call(context, obj, *args, **kwargs))

    def _shown(self, value: Any) -> Any:
        """A value that is written; an object's address would be another one in every run."""
        if not isinstance(value, _SHOWN):
            raise SecurityError(f"{type(value).__name__!r} has no text; call it, or make a list of it")
        if not isinstance(value, Undefined):
            self._left -= _weight(value)
            _check(value)
            if self._left < 0:
                raise TooLong
        return value


class _Concatenations(NodeTransformer):
    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        """``a ~ b`` as ``[a, b] | join``, which is bounded."""
        self.generic_visit(node)
        parts = nodes.List(node.nodes, lineno=node.lineno)
        joined = nodes.Filter(parts, "join", [], [], None, None, lineno=node.lineno)
        return joined.set_environment(node.environment) if node.environment else joined


def _bounded(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    passed = 1 if hasattr(call, "jinja_pass_arg") else 0

    @functools.wraps(call)
    def bounded(*args: Any, **kwargs: Any) -> Any:
        before, given = args[:passed], args[passed:]
        if name == "format" and given and isinstance(given[0], str):
            _check_format(given[0])
        if name in _GROWING and given:
            value = list(given[0]) if name == "join" and not isinstance(given[0], (str, Undefined)) else given[0]
            given = (value, *_growing(name, value, given[1:], kwargs))
        _check((given, kwargs))
        return _checked(call(*before, *given, **kwargs))

    return bounded


def _growing(name: str, value: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Any, ...]:
    """The arguments, where none of them, put in every place of the value, makes it too long."""
    if name == "join":
        args = tuple(
            list(arg) if isinstance(arg, Iterable) and not isinstance(arg, (str, Undefined)) else arg for arg in args
        )
    sizes = [_weight(value), *(arg if isinstance(arg, int) else _weight(arg) for arg in (*args, *kwargs.values()))]
    largest = sorted(sizes)[-2:]
    if largest[-1] > MAX_TEXT or (len(largest) == 2 and largest[0] * largest[1] > _MAX_PRODUCT):
        raise TooLong
    return args


def _formatted(call: Any) -> Any:
    """The text whose ``format`` this is: Jinja wraps the method."""
    return getattr(getattr(call, "__wrapped__", None), "__self__", "")


def _check_format(template: str) -> None:
    if _WIDE.search(template):
        raise SecurityError(f"a width in a format has at most {_MAX_WIDTH} digits, and stands in it")


def _check(value: Any) -> None:
    if _weight(value) > MAX_TEXT:
        raise TooLong


def _checked(value: Any) -> Any:
    _check(value)
    return value


def _weight(value: Any) -> int:
    """Characters of all texts in a value, and 1 for each other thing; it is not counted on beyond the bound."""
    total = 0
    stack = [value]
    while stack and total <= MAX_TEXT:
        each = stack.pop()
        total += len(each) if isinstance(each, (str, list, tuple, dict)) else 1
        if total > MAX_TEXT:
            break
        if isinstance(each, (list, tuple)):
            stack.extend(each)
        elif isinstance(each, dict):
            stack.extend(each.keys())
            stack.extend(each.values())
    return total

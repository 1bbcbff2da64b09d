"""Definitions of other types at the border read backwards, without the help of ``type_forms``.

A reading is the new function's source, made from the prompt alone; loops, hand-made classes and an encoder object stand
where the references use ``yield from``, dataclasses and ``json.dumps``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

from ...benchmarks.parsing import parse_expression

_RETURNS = r"`(\w+)\(([^`]*)\)`, as specified above, returns"
_ORDER = r"(in order|in reverse order, the last one first)"
_PIECES = r"the (?:items of the list|characters of the text)"
_PAIRS = r"a tuple of the index \(from 0\) and the (item|character) itself for each (?:\1) of the (?:list|text)"
_CLOSING = re.compile(r"Only the specification of `(\w+)` is given above: implement it as well\.")
_OPTIONS = {"sort_keys": (True,), "separators": ((",", ":"),), "ensure_ascii": (False,)}


def program_of(name: str, text: str, prompt: str, parameters: str) -> tuple[str, str]:
    """The inner function's name and the source of the new one. ValueError unless there is exactly one reading.

    text: the definition's text; prompt: all of it; parameters: the parent's, as they stand in its signature.
    """
    text = " ".join(text.split())
    found: list[tuple[str, str]] = []
    for pattern, build in _GRAMMAR:
        for match in re.finditer(pattern, text):
            found.append(build(name, match, prompt, parameters))
    closings = list(_CLOSING.finditer(text))
    if len(found) != 1 or not closings or closings[-1].group(1) != found[0][0]:
        raise ValueError(f"the definition has {len(found)} readings")
    return found[0]


def _json(name: str, match: re.Match[str], prompt: str, parameters: str) -> tuple[str, str]:
    text, array, inner, again, star, dumped = match.groups()
    if inner != again or bool(star) != bool(array):
        raise ValueError("two different calls")
    value, options = _dumped(dumped)
    source = f"""
def {name}({text}):
    from json import JSONDecoder, JSONEncoder

    v = JSONDecoder().decode({text})
    w = {inner}({star or ""}v)
    return JSONEncoder({options}).encode({value})
"""
    return inner, source


def _dumped(expression: str) -> tuple[str, str]:
    """What is written and with which options, if the expression is a call of json.dumps of w or of one key's w."""
    try:
        call = parse_expression(expression).body
    except SyntaxError as error:
        raise ValueError("no expression") from error
    if not isinstance(call, ast.Call) or ast.unparse(call.func) != "json.dumps" or len(call.args) != 1:
        raise ValueError("no call of json.dumps")
    (value,) = call.args
    options = []
    for keyword in call.keywords:
        given = ast.literal_eval(keyword.value)
        if given not in _OPTIONS.get(str(keyword.arg), ()):
            raise ValueError("an unknown option")
        options.append(f"{keyword.arg}={given!r}")
    if isinstance(value, ast.Dict) and len(value.keys) == 1 and isinstance(value.keys[0], ast.Constant):
        key, held = value.keys[0].value, value.values[0]
        if isinstance(key, str) and isinstance(held, ast.Name) and held.id == "w":
            return f"dict([({key!r}, w)])", ", ".join(options)
    if not isinstance(value, ast.Name) or value.id != "w":
        raise ValueError("another value than w")
    return "w", ", ".join(options)


def _generator(name: str, match: re.Match[str], prompt: str, parameters: str) -> tuple[str, str]:
    order, inner, arguments = match.groups()
    places = "range(len(whole))" if order == "in order" else "range(len(whole) - 1, -1, -1)"
    loop = f"    for place in {places}:\n        yield whole[place]\n"
    return inner, f"def {name}({parameters}):\n    whole = {inner}({arguments})\n{loop}"


def _numbered(name: str, match: re.Match[str], prompt: str, parameters: str) -> tuple[str, str]:
    _, inner, arguments = match.groups()
    loop = "    place = 0\n    for each in whole:\n        yield (place, each)\n        place += 1\n"
    return inner, f"def {name}({parameters}):\n    whole = {inner}({arguments})\n{loop}"


def _pair(name: str, match: re.Match[str], prompt: str, parameters: str) -> tuple[str, str]:
    kind, first, inner, arguments, second, beside = match.groups()
    if _fields(prompt, kind) != [first, second]:
        raise ValueError("the class has other fields")
    body = (
        f"    made = {kind}()\n    made.{second} = {beside}\n    made.{first} = {inner}({arguments})\n    return made\n"
    )
    return inner, f"class {kind}:\n    pass\n\n\ndef {name}({parameters}):\n{body}"


def _items(name: str, match: re.Match[str], prompt: str, parameters: str) -> tuple[str, str]:
    kind, listed, inner, arguments = match.groups()
    fields = re.findall(r"`(\w+)`", listed)
    if _fields(prompt, kind) != fields:
        raise ValueError("the class has other fields")
    lines = "".join(f"    made.{field} = items[{place}]\n" for place, field in enumerate(fields))
    body = f"    items = {inner}({arguments})\n    made = {kind}()\n{lines}    return made\n"
    return inner, f"class {kind}:\n    pass\n\n\ndef {name}({parameters}):\n{body}"


def _fields(prompt: str, kind: str) -> list[str]:
    """The fields of the one dataclass of that name in a prompt."""
    found = re.findall(rf"^@dataclass\nclass {kind}:\n((?:    \w+: .+\n)+)", prompt, re.M)
    if len(found) != 1:
        raise ValueError(f"{len(found)} classes of that name")
    return re.findall(r"^    (\w+):", found[0], re.M)


_GRAMMAR: tuple[tuple[str, Callable[[str, re.Match[str], str, str], tuple[str, str]]], ...] = (
    (
        r"`(\w+)` is a JSON text that holds (?:(an array with the arguments of)|the argument of) `(\w+)`\. Let v be "
        r"what it holds, as json\.loads gives it, and let w be the value that `(\w+)\((\*?)v\)`, as specified above, "
        r"returns\. Return exactly the text that `(json\.dumps\([^`]*\))` gives\.",
        _json,
    ),
    (rf"Return a generator that yields, one by one and {_ORDER}, {_PIECES} that {_RETURNS}\.", _generator),
    (rf"Return a generator that yields, one by one and in order, {_PAIRS} that {_RETURNS}\.", _numbered),
    (
        rf"Return an instance of `(\w+)` whose field `(\w+)` is the value that {_RETURNS}, and whose field `(\w+)` is "
        r"the argument `(\w+)`\.",
        _pair,
    ),
    (
        rf"Return an instance of `(\w+)` whose fields ((?:`\w+`, )*`\w+`), in this order, are the items of the tuple "
        rf"that {_RETURNS}\.",
        _items,
    ),
)

"""Other types at a function's border: what a wrapped function takes and returns, and how it is called with plain data.

Three kinds: JSON texts in and out, a generator out, an instance of a dataclass out. Each has an independent reading in
``type_sentences``. A form is made from the parent and the drawn parameters alone, so that it can be made again.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...benchmarks import CodeTask
from ..deeptypes import annotation_of, parts_of
from ..literals import literal
from ..protocol import Executed
from ..wrapping import Signature, signature_of


@dataclass(frozen=True, slots=True)
class Form:
    """How a parent's function is wrapped.

    preamble: code that stands before the new function in prompt and reference. signature, returns: the new function's.
    definition: the sentences that define it. body: its statements. driver: see ``Candidate.driver``. check: the
    statements of a test, in ``args``, ``expected`` and ``candidate``; "" where calls and values are plain data.
    """

    signature: Signature
    returns: str
    definition: str
    body: str
    preamble: str = ""
    driver: str = ""
    check: str = ""


def form_of(parent: CodeTask, parameters: Mapping[str, Any]) -> Form:
    """The form that was drawn."""
    return _FORMS[str(parameters["form"])](parent, parameters)


def shown(name: str, parameters: Mapping[str, Any], examples: Sequence[Executed]) -> str | None:
    """Executed examples as doctests; None where they are plain calls with plain values."""
    form = parameters["form"]
    if form == "json":
        return None
    lines = []
    for example in examples:
        call = f"{name}({', '.join(map(literal, example.args))})"
        if form == "generator":
            lines.append(f">>> list({call})\n{literal(example.returns[1])}")
            continue
        pairs = zip(parameters["fields"], example.returns[1:], strict=True)
        fields = ", ".join(f"{field}={literal(value)}" for field, value in pairs)
        lines.append(f">>> {call}\n{parameters['class']}({fields})")
    return "\n".join(lines)


# --- JSON ---


def survives_json(value: Any) -> bool:
    """Whether a value comes back from JSON as what it was, type by type."""
    if type(value) is list:
        return all(map(survives_json, value))
    if type(value) is dict:
        return all(type(key) is str and survives_json(item) for key, item in value.items())
    return type(value) in (bool, int, str, type(None)) or (type(value) is float and math.isfinite(value))


def json_options(outputs: Sequence[Any]) -> list[str]:
    """Keyword arguments of ``json.dumps`` each of which changes the text of some output; "" first."""
    found = [""]
    for text, keywords in (
        (", sort_keys=True", {"sort_keys": True}),
        (", separators=(',', ':')", {"separators": (",", ":")}),
        (", ensure_ascii=False", {"ensure_ascii": False}),
    ):
        changed = sum(json.dumps(value, **keywords) != json.dumps(value) for value in outputs)
        found += [text] if 3 * changed >= len(outputs) else []
    return found


def _json(parent: CodeTask, parameters: Mapping[str, Any]) -> Form:
    text, spread, key = str(parameters["parameter"]), "*" if parameters["several"] else "", parameters["key"]
    value = "w" if key is None else f"{{'{key}': w}}"
    held = "an array with the arguments of" if spread else "the argument of"
    definition = (
        f"`{text}` is a JSON text that holds {held} `{parent.entry_point}`. Let v be what it holds, as json.loads "
        f"gives it, and let w be the value that `{parent.entry_point}({spread}v)`, as specified above, returns. "
        f"Return exactly the text that `json.dumps({value}{parameters['options']})` gives."
    )
    body = (
        f"import json\n\nw = {parent.entry_point}({spread}json.loads({text}))\n"
        f"return json.dumps({value}{parameters['options']})"
    )
    return Form(Signature(f"{text}: str", text, frozenset({text})), "str", definition, body)


# --- a generator ---

_ORDERS = {
    "forward": ("the items of the list", "in order", ""),
    "backward": ("the items of the list", "in reverse order, the last one first", "[::-1]"),
    "letters": ("the characters of the text", "in order", ""),
    "backward_letters": ("the characters of the text", "in reverse order, the last one first", "[::-1]"),
}


def generator_orders(deep_type: str) -> tuple[str, ...]:
    """The orders for outputs of a deep type."""
    if deep_type == "str":
        return ("letters", "backward_letters", "numbered_letters")
    return ("forward", "backward", "numbered") if deep_type.startswith("list[") else ()


def _generator(parent: CodeTask, parameters: Mapping[str, Any]) -> Form:
    signature = signature_of(parent.reference, str(parent.entry_point))
    call, order, name = (
        f"{parent.entry_point}({signature.arguments})",
        str(parameters["order"]),
        parameters["entry_point"],
    )
    if order.startswith("numbered"):
        item, whole = ("character", "text") if order.endswith("letters") else ("item", "list")
        what, how = f"a tuple of the index (from 0) and the {item} itself for each {item} of the {whole}", "in order"
        values = f"enumerate({call})"
    else:
        what, how, turn = _ORDERS[order]
        values = f"{call}{turn}"
    definition = (
        f"Return a generator that yields, one by one and {how}, {what} that `{call}`, as specified above, returns."
    )
    driver = f"def evalrun_drive(*args):\n    items = {name}(*args)\n    return (iter(items) is items, list(items))\n"
    check = (
        "items = candidate(*args)\n"
        'assert iter(items) is items, "it returned no generator"\n'
        "assert (True, list(items)) == expected"
    )
    return Form(signature, "", definition, f"yield from {values}", driver=driver, check=check)


# --- an instance of a dataclass ---


def _instance(parent: CodeTask, parameters: Mapping[str, Any]) -> Form:
    signature = signature_of(parent.reference, str(parent.entry_point))
    call, name = f"{parent.entry_point}({signature.arguments})", parameters["entry_point"]
    kind, fields, types = parameters["class"], list(parameters["fields"]), list(parameters["types"])
    said = f"that `{call}`, as specified above, returns"
    if parameters["beside"] is None:
        listed = ", ".join(f"`{field}`" for field in fields)
        what, made = f"whose fields {listed}, in this order, are the items of the tuple {said}", f"*{call}"
    else:
        beside = str(parameters["beside"])
        what = (
            f"whose field `{fields[0]}` is the value {said}, and whose field `{fields[1]}` is the argument `{beside}`"
        )
        made = f"{call}, {beside}"
    lines = "".join(f"    {field}: {kind_of(each)}\n" for field, each in zip(fields, types, strict=True))
    preamble = f"from dataclasses import dataclass\n\n\n@dataclass\nclass {kind}:\n{lines}"
    values = ", ".join(f"got.{field}" for field in fields)
    driver = (
        f"def evalrun_drive(*args):\n    got = {name}(*args)\n    return (type(got).__name__ == '{kind}', {values})\n"
    )
    check = f"got = candidate(*args)\nassert (True, {values}) == expected"
    definition = f"Return an instance of `{kind}` {what}."
    return Form(signature, str(kind), definition, f"return {kind}({made})", preamble, driver, check)


def kind_of(deep_type: str) -> str:
    """The annotation of a field."""
    return annotation_of(deep_type) or "object"


def tuple_items(deep_type: str) -> list[str]:
    """The types of the items of a tuple of fixed length; none for any other type."""
    outer, items = parts_of(deep_type)
    return items if outer == "tuple" and len(items) >= 2 and "mixed" not in items else []


_FORMS = {"json": _json, "generator": _generator, "instance": _instance}

"""Reads definitions of functions that call a given tool; what is done with its value is read as ``sentences`` does."""

from __future__ import annotations

import re

from . import one_of
from .combine import CONDITIONS
from .sentences import body_of

_DEFINITION = re.compile(
    r"Let (?P<letter>[a-z]) be the value that `(?P<tool>\w+)\((?P<arguments>[^`]*)\)` returns\. "
    r"(?:If (?P<condition>.+?), return (?P<again>[a-z]) unchanged\. Otherwise: )?(?P<rest>Return .+?) "
    r"The functions (?P<tools>(?:`\w+`(?:, | and )?)+) are given above, with their code: call what you need of them\."
)


def program(name: str, text: str) -> tuple[str, str, list[str]]:
    """The function that a text defines, the tool that it calls, and all tools; ValueError outside the language."""
    matches = list(_DEFINITION.finditer(" ".join(text.split())))
    if not matches:
        raise ValueError("no definition by a tool")
    found = matches[-1]
    tools = re.findall(r"`(\w+)`", found["tools"])
    if found["tool"] not in tools:
        raise ValueError("the definition calls what is not given")
    way_out = ""
    if found["condition"] is not None:
        argument = re.search(r"`(\w+)`", found["condition"])
        if argument is None or argument[1] not in found["arguments"].split(", ") or found["again"] != found["letter"]:
            raise ValueError("the condition speaks of no argument")
        test = one_of(CONDITIONS, found["condition"].replace(argument[0], "@")).replace("@", argument[1])
        way_out = f"    if {test}:\n        return value\n"
    body = body_of(found["rest"], found["letter"]).strip().replace("\n", "\n    ")
    call = f"    value = {found['tool']}({found['arguments']})\n"
    return f"def {name}({found['arguments']}):\n{call}{way_out}    {body}\n", found["tool"], tools

"""The options that say how a task is put to a model, and the settings they come to."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from ...benchmarks import BadInput
from ..endpoint.prompt import EndpointForm
from ..endpoint.settings import PromptSettings
from ..endpoint.template import load_template, read_bounded

Command = TypeVar("Command", bound=Callable[..., Any])
_NAMED = ("instruct", "completion")
_MAX_SYSTEM = 1_000_000  # bytes
_MAX_DEPTH = 100  # of an extra field: what is nested deeper could be read, and then not be sent
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\"}


def prompt_options(command: Command) -> Command:
    """``--prompt-template``, ``--raw``, ``--system``, ``--stop``, ``--no-stop`` and ``--extra-body``."""
    for option in (
        click.option(
            "--extra-body",
            multiple=True,
            metavar="KEY=JSON",
            help="A further field of every request, e.g. reasoning_effort='\"high\"'. Repeatable.",
        ),
        click.option("--no-stop", is_flag=True, help="Send no stop sequences."),
        click.option(
            "--stop",
            multiple=True,
            metavar="TEXT",
            help="Where the server is to stop, instead of the template's own; \\n is a line's end. Repeatable.",
        ),
        click.option("--system", metavar="TEXT|@FILE", help="The system prompt."),
        click.option("--raw", is_flag=True, help="Completions of the rendered text, nothing put around it."),
        click.option(
            "--prompt-template",
            metavar="NAME|FILE",
            help="instruct (default for chat), completion (for completions), or a Jinja file.",
        ),
    ):
        command = option(command)
    return command


def endpoint_form(options: Mapping[str, Any], of_the_model: Collection[str] = ()) -> EndpointForm:
    """Chat or completions: ``--raw`` asks for completions.

    of_the_model: the options that a model's table in a run file sets.

    Raises:
        BadInput: ``--raw`` with an explicit ``--form chat``, unless only ``--raw`` comes from where it goes before.
    """
    form: EndpointForm = options["form"]
    if not options.get("raw"):
        return form
    of_form = _precedence("form", of_the_model)
    if form == "chat" and of_form and of_form >= _precedence("raw", of_the_model):
        raise BadInput("--raw asks for completions, so it cannot go with --form chat; leave one out")
    return "completions"


def _precedence(name: str, of_the_model: Collection[str]) -> int:
    """How far the place where an option is set goes before others; 0 where it is not set."""
    if name in of_the_model:
        return 2
    context = click.get_current_context(silent=True)
    source = context.get_parameter_source(name) if context else None
    places = {click.core.ParameterSource.COMMANDLINE: 3, click.core.ParameterSource.DEFAULT_MAP: 1}
    return places.get(source, 0) if source is not None else 0


def prompt_settings(options: Mapping[str, Any], form: EndpointForm) -> PromptSettings:
    """The settings that the options of ``prompt_options`` come to; an option that is absent is not set.

    Raises:
        BadInput: a file cannot be read or is no template, or options contradict each other.
    """
    stop = tuple(_unescaped(text) for text in options.get("stop") or ())
    if stop and options.get("no_stop"):
        raise BadInput("--stop and --no-stop contradict each other; leave one out")
    if not all(stop):
        raise BadInput("--stop: an empty text would stop every reply before it begins")
    name = options.get("prompt_template")
    settings = PromptSettings(
        template=name if name is None or name in _NAMED else load_template(_template_file(name)),
        system=_system(options.get("system")),
        stop=stop or (() if options.get("no_stop") else None),
        extra_body=extra_body(options.get("extra_body") or ()),
    )
    settings.check(form)
    return settings


def _template_file(name: str) -> Path:
    path = Path(name)
    try:
        exists = path.exists()
    except (OSError, ValueError):  # a name that is too long, or has a null in it
        exists = False
    if not exists:
        raise BadInput(f"--prompt-template {name}: neither one of {', '.join(_NAMED)} nor a file")
    return path


def _system(value: str | None) -> str | None:
    """The text, or that of the file behind an @, without the line's end that editors put at a file's end."""
    if value is None or not value.startswith("@"):
        return value
    text = read_bounded(Path(value[1:]), f"--system {value}", _MAX_SYSTEM)
    return text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")


def _unescaped(text: str) -> str:
    return re.sub(r"\\([ntr\\])", lambda found: _ESCAPES[found[1]], text)


def extra_body(pairs: Iterable[str]) -> dict[str, Any]:
    """The fields that ``--extra-body KEY=JSON`` names; BadInput says which of them is none."""
    found: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name.strip():
            raise BadInput(f"--extra-body {pair[:80]!r}: expected KEY=JSON")
        if name in found:
            raise BadInput(f"--extra-body {name}: given twice")
        try:
            found[name] = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
            _refuse_depth(found[name])
        except (ValueError, RecursionError) as error:
            raise BadInput(
                f"--extra-body {name}: {text[:60]!r} is not JSON ({error}); a text needs its quotes: {name}='\"...\"'"
            ) from error
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is out of range")
    return number


def _refuse_depth(value: Any) -> None:
    level = [value]
    for _ in range(_MAX_DEPTH):
        level = [each for outer in level for each in _inner(outer)]
        if not level:
            return
    raise ValueError(f"nested deeper than {_MAX_DEPTH}")


def _inner(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()

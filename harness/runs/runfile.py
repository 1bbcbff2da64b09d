"""Reading a file that describes runs (TOML or YAML): its keys are the option names of `evalrun run`.

Top-level keys hold for every run; each table of ``[[models]]`` names a model and may set what is its own (address,
sampling, prices). Secrets have no place in it: a key comes from the environment variable that ``api-key-env`` names.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...benchmarks import BadInput
from ..endpoint.template import read_bounded

MODELS = "models"
_SECRETS = ("key", "api-key", "apikey", "token", "secret", "password", "authorization", "bearer")
_MAX_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class RunFile:
    """settings: of all runs, by option name without dashes before it. models: (name, settings) of each table."""

    settings: Mapping[str, Any]
    models: tuple[tuple[str, Mapping[str, Any]], ...]


def read_run_file(path: Path, options: Collection[str], of_a_model: Collection[str]) -> RunFile:
    """Read a run file.

    options: the names that may stand at the top (``max-tokens``; ``max_tokens`` is the same); of_a_model: those that
    may stand in a model's table.

    Raises:
        BadInput: it cannot be read, or holds an unknown key (the nearest one is named) or a secret.
    """
    found = _parsed(path)
    if not isinstance(found, Mapping):
        raise BadInput(f"{path}: expected keys and values, found {type(found).__name__}")
    settings = _checked(path, "", {k: v for k, v in found.items() if k != MODELS}, options, (MODELS,))
    tables = found.get(MODELS, [])
    if not isinstance(tables, list) or not all(isinstance(table, Mapping) for table in tables):
        raise BadInput(f"{path}: {MODELS}: expected tables ([[{MODELS}]] in TOML, a list in YAML), each with a name")
    models = []
    for number, table in enumerate(tables, 1):
        name = table.get("name")
        if not isinstance(name, str) or not name.strip():
            raise BadInput(f"{path}: {MODELS}, table {number}: it needs a name, the model's at its endpoint")
        rest = {key: value for key, value in table.items() if key != "name"}
        models.append((name, _checked(path, f"{MODELS}, {name[:60]!r}: ", rest, of_a_model, ("name",))))
    if models and "model" in settings:
        raise BadInput(f"{path}: give the models in `model` or as tables of [[{MODELS}]], not in both")
    return RunFile(settings, tuple(models))


def _parsed(path: Path) -> Any:
    text = read_bounded(path, str(path), _MAX_BYTES).removeprefix("\ufeff")  # as editors on Windows begin a file
    readers: dict[str, Callable[[str], Any]] = {".toml": _toml, ".yaml": _yaml, ".yml": _yaml}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise BadInput(f"{path}: expected a file that ends in .toml, .yaml or .yml")
    try:
        return reader(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path}: {' '.join(str(error).split())[:300]}") from error


def _toml(text: str) -> Any:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads(text)


def _yaml(text: str) -> Any:
    import yaml

    try:
        _refuse_twice(yaml.compose(text, Loader=yaml.SafeLoader))
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _refuse_twice(root: Any) -> None:
    """ValueError where a key stands twice in a mapping of the YAML nodes, of which YAML would keep the last."""
    stack = [root]
    known: set[int] = set()
    while stack:
        node = stack.pop()
        if id(node) in known or not isinstance(getattr(node, "value", None), list):
            continue  # an alias, or a scalar
        known.add(id(node))
        if node.id != "mapping":
            stack.extend(node.value)
            continue
        keys: set[tuple[str, str]] = set()
        for key, value in node.value:
            stack.append(value)
            if key.id == "scalar" and (key.tag, key.value) in keys:
                raise ValueError(f"{key.value[:60]} is given twice (line {key.start_mark.line + 1})")
            if key.id == "scalar":
                keys.add((key.tag, key.value))


def _checked(
    path: Path, where: str, found: Mapping[Any, Any], known: Collection[str], also: Collection[str]
) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for key, value in found.items():
        name = str(key).replace("_", "-")
        if name in known and name not in settings:
            settings[name] = value
            continue
        if name in settings:
            raise BadInput(f"{path}: {where}{name} is given twice")
        if name.lower() in _SECRETS:
            raise BadInput(
                f"{path}: {where}{str(key)[:60]}: no key or secret may stand in a file; "
                'name the environment variable that holds it: api-key-env = "NAME"'
            )
        near = difflib.get_close_matches(name, [*known, *also], n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise BadInput(f"{path}: {where}{str(key)[:60]!r} is no setting here{hint}")
    return settings

"""Types that JSON flattened, given back: MBPP+ stores tuples, sets and complex numbers as lists and texts.

Each row's ``assertion`` still spells its base calls as Python literals. Their types, position by position, are the
pattern by which the JSON arguments of all calls are rebuilt; where the calls disagree, the row's ``contract``
(``isinstance`` assertions about the parameters) decides. Both are only ever parsed, never run.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from .source import parse

_CONTAINERS: dict[str, type] = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}
_WHOLE = re.compile(r"-?[0-9]+")


@dataclass(frozen=True, slots=True)
class CallShapes:
    """What is known of an entry point's arguments.

    calls: the literal argument lists of the asserted calls, in order. kinds: the containers that the contract allows
    for a parameter. item_kinds: the same for the items of a parameter.
    """

    calls: tuple[tuple[Any, ...], ...] = ()
    kinds: tuple[frozenset[type], ...] = ()
    item_kinds: dict[int, frozenset[type]] = field(default_factory=dict)

    def restore(self, arguments: Sequence[Any]) -> tuple[Any, ...]:
        """The argument list with its types given back."""
        for call in self.calls:
            if same_json(flatten(list(call)), list(arguments)):
                return call
        return tuple(self._restore_one(position, value) for position, value in enumerate(arguments))

    def _restore_one(self, position: int, value: Any) -> Any:
        examples = [call[position] for call in self.calls if position < len(call)]
        allowed = self.kinds[position] if position < len(self.kinds) else frozenset()
        return _restore(value, _Known(examples, allowed, self.item_kinds.get(position, frozenset())))


def read_shapes(entry_point: str, assertion: str, contract: str, reference: str) -> CallShapes:
    """The shapes that a row's texts tell; empty where they tell nothing or do not parse."""
    parameters = _parameters(entry_point, reference)
    kinds = [frozenset[type]() for _ in parameters]
    item_kinds: dict[int, frozenset[type]] = {}
    for name, types, of_items in _contract_types(contract):
        if name in parameters:
            index = parameters.index(name)
            if of_items:
                item_kinds[index] = types
            else:
                kinds[index] = types
    return CallShapes(tuple(_asserted_calls(entry_point, assertion)), tuple(kinds), item_kinds)


def flatten(value: Any) -> Any:
    """Plain data as JSON would keep it: tuples and sets as lists (sets sorted where they can be), complex as text."""
    if isinstance(value, list | tuple):
        return [flatten(item) for item in value]
    if isinstance(value, set | frozenset):
        try:
            return [flatten(item) for item in sorted(value)]
        except TypeError:
            return [flatten(item) for item in value]
    if isinstance(value, dict):
        return {key if isinstance(key, str) else str(key): flatten(item) for key, item in value.items()}
    return str(value) if isinstance(value, complex) else value


def same_json(left: Any, right: Any) -> bool:
    """Equality of JSON values that tells 1, 1.0 and true apart, and finds NaN equal to itself."""
    if type(left) is not type(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same_json, left, right))
    if isinstance(left, dict):
        return list(left) == list(right) and all(same_json(left[key], right[key]) for key in left)
    return bool(left == right or (left != left and right != right))


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of one place: values seen there, containers it may be, its items may be, and one that nests
    itself there.
    """

    examples: Sequence[Any]
    allowed: frozenset[type] = frozenset()
    items_allowed: frozenset[type] = frozenset()
    nesting: type | None = None


def _restore(value: Any, known: _Known) -> Any:
    if isinstance(value, list):
        return _restore_list(value, known)
    if isinstance(value, dict):
        return _restore_dict(value, [example for example in known.examples if isinstance(example, dict)])
    if isinstance(value, str) and known.examples and all(type(e) in (int, float, complex) for e in known.examples):
        return _number(value, [int, float] if complex not in map(type, known.examples) else [])
    return value


def _number(text: str, kinds: Sequence[type]) -> Any:
    """A text where numbers are expected: JSON has no notation for complex numbers, and MBPP+ writes their rows as
    texts.
    """
    for kind in (*kinds, complex):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _restore_list(value: list[Any], known: _Known) -> Any:
    containers = [example for example in known.examples if type(example) in _CONTAINERS.values()]
    kind = _kind(containers, known)
    items = [item for example in containers for item in example]
    inner = {type(item) for item in items if type(item) in _CONTAINERS.values()}
    # Containers that hold their own kind are taken to nest deeper than the examples do.
    nesting = kind if inner == {kind} else known.nesting
    plain_items = not inner and not any(isinstance(item, dict | complex) for item in items)
    if plain_items and not known.items_allowed and nesting is None:
        rebuilt = value
    else:
        rebuilt = []
        for index, item in enumerate(value):
            # A record of fixed length keeps its own type at each place.
            alike = bool(containers) and all(type(e) is tuple and len(e) == len(value) for e in containers)
            examples = [example[index] for example in containers] if alike else items
            rebuilt.append(_restore(item, _Known(examples, known.items_allowed, nesting=nesting)))
    try:
        return kind(rebuilt)
    except TypeError:  # items that cannot be hashed are no set after all
        return rebuilt


def _kind(containers: Sequence[Any], known: _Known) -> type:
    seen = Counter(type(example) for example in containers)
    if known.allowed:
        fitting = [kind for kind, _ in seen.most_common() if kind in known.allowed]
        if fitting:
            return fitting[0]
        # The contract rules out what the examples show (or there are none): one permitted kind leaves no doubt.
        return next(iter(known.allowed)) if len(known.allowed) == 1 else list
    return seen.most_common(1)[0][0] if seen else known.nesting or list


def _restore_dict(value: dict[str, Any], examples: Sequence[dict[Any, Any]]) -> dict[Any, Any]:
    keys = [key for example in examples for key in example]
    whole = bool(keys) and all(type(key) is int for key in keys) and all(map(_WHOLE.fullmatch, value))
    values = [item for example in examples for item in example.values()]
    rebuilt = {}
    for key, item in value.items():
        at_key = [example[key] for example in examples if key in example]
        rebuilt[int(key) if whole else key] = _restore(item, _Known(at_key or values))
    return rebuilt


def _asserted_calls(entry_point: str, assertion: str) -> Iterator[tuple[Any, ...]]:
    tree = parse(assertion)
    for statement in tree.body if tree else ():
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == entry_point:
                try:
                    yield tuple(ast.literal_eval(argument) for argument in node.args)
                except (ValueError, TypeError, RecursionError, MemoryError):
                    continue  # not a literal: it tells no types


def _parameters(entry_point: str, reference: str) -> list[str]:
    tree = parse(reference)
    for node in tree.body if tree else ():
        if isinstance(node, ast.FunctionDef) and node.name == entry_point:
            return [argument.arg for argument in [*node.args.posonlyargs, *node.args.args]]
    return []


def _contract_types(contract: str) -> Iterator[tuple[str, frozenset[type], bool]]:
    """(parameter, containers it may be, whether that is about its items) for each ``isinstance`` in an assertion."""
    tree = parse("if True:\n" + contract) or parse(contract)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Assert):
            loops = {
                generator.target.id: generator.iter.id
                for inner in ast.walk(node)
                if isinstance(inner, ast.GeneratorExp | ast.ListComp)
                for generator in inner.generators
                if isinstance(generator.target, ast.Name) and isinstance(generator.iter, ast.Name)
            }
            for inner in ast.walk(node.test):
                found = _isinstance_of_name(inner)
                if found is not None:
                    name, types = found
                    yield loops.get(name, name), types, name in loops


def _isinstance_of_name(node: ast.AST) -> tuple[str, frozenset[type]] | None:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance"):
        return None
    if len(node.args) != 2 or not isinstance(node.args[0], ast.Name):
        return None
    wanted = node.args[1].elts if isinstance(node.args[1], ast.Tuple) else [node.args[1]]
    names = [item.id for item in wanted if isinstance(item, ast.Name)]
    types = frozenset(_CONTAINERS[name] for name in names if name in _CONTAINERS)
    return (node.args[0].id, types) if types else None

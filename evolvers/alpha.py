"""The proof that one program is another with its variables renamed. Works on trees and symbol tables, not on how it
was made.

Two facts together show alpha-equivalence: taking the new names back gives the identical tree, and the scopes of both
programs correspond one to one, each name to its image with the same binding.
"""

from __future__ import annotations

import ast
import keyword
import re
import symtable
from collections.abc import Iterable, Mapping
from itertools import repeat

from .bindings import scopes_of
from .syntax import shared, symbols, walked

_GIVEN_NAMES = frozenset({"top", "lambda", "genexpr", "listcomp", "setcomp", "dictcomp"})
_WORDS = re.compile(r"(\w+)")
_BYTES = re.compile(r"(?<![\w\"'])(?:[bB][rR]?|[rR][bB])[\"']")
_ESCAPED = re.compile(r"\\(\w+)")
_JOINED_ESCAPE = re.compile(r"\\(?:N\{|\r?\n)")
_LONGEST_PREFIX = 2
_FLAGS = (
    "is_global",
    "is_local",
    "is_free",
    "is_parameter",
    "is_imported",
    "is_assigned",
    "is_referenced",
    "is_nonlocal",
)


def same_tree(new: str, old: str, inverse: Mapping[str, str]) -> bool:
    """Whether ``new`` with every identifier and every whole word in its strings taken back has the tree of ``old``."""
    return same_text(new, old, inverse) or alike(shared(new), shared(old), inverse)


def same_text(new: str, old: str, inverse: Mapping[str, str]) -> bool:
    """Whether a program's text shows that ``alike`` holds for the trees, which takes twenty times as long to see.

    Both texts are the same once every whole word that is a new name is taken back. Then both have the same tokens but
    for names, none of which is a keyword, and so trees of the same form, with names and words in strings that the map
    takes back. False, and left to the trees, where a word of the text might be none of an identifier's or a string's
    value: a prefix, beside an escape sequence, at the end of a string that another is joined to, in bytes.
    """
    if _taken(new, inverse) != old or not new.isascii() or not all(map(_is_long_name, inverse)):
        return False
    if not all(map(_is_name, inverse.values())) or _BYTES.search(new) or _JOINED_ESCAPE.search(new):
        return False
    if any(f"{quote}{name}" in new or f"{name}{quote}" in new for name in inverse for quote in "\"'"):
        return False
    escaped = _ESCAPED.findall(new)
    if any(word.endswith(name) for word in escaped for name in inverse):
        return False
    try:
        symbols(new)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _is_name(name: str) -> bool:
    return name.isascii() and name.isidentifier() and not keyword.iskeyword(name) and not keyword.issoftkeyword(name)


def _is_long_name(name: str) -> bool:
    return len(name) > _LONGEST_PREFIX and _is_name(name)


def alike(new: object, old: object, inverse: Mapping[str, str]) -> bool:
    """Whether two parts of trees are the same once names are taken back; places in the sources do not count."""
    kind = type(new)
    if kind is not type(old):
        return False
    if isinstance(new, str):
        return _taken(new, inverse) == old
    if isinstance(new, list) and isinstance(old, list):
        return len(new) == len(old) and all(map(alike, new, old, repeat(inverse)))
    if isinstance(new, ast.AST) and isinstance(old, ast.AST):
        return all(map(alike, _fields_of(new), _fields_of(old), repeat(inverse)))
    return repr(new) == repr(old)


def _fields_of(node: ast.AST) -> list[object]:
    return [getattr(node, field, None) for field in node._fields]


def _taken(text: str, inverse: Mapping[str, str]) -> str:
    """A text with every whole word that is a new name taken back."""
    if text in inverse:
        return inverse[text]
    if text.isidentifier():
        return text
    parts = _WORDS.split(text)  # every other one is a word
    words = parts[1::2]
    parts[1::2] = map(inverse.get, words, words)
    return "".join(parts)


def taken_back(tree: ast.AST, inverse: Mapping[str, str]) -> str:
    """The dump of a tree after the inverse map. The new names occur nowhere in the parent, so no context is needed."""
    if not inverse:
        return ast.dump(tree)
    for node in walked(tree):
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            node.names = [inverse.get(name, name) for name in node.names]
        for part, value in ast.iter_fields(node):
            if isinstance(value, str):
                setattr(node, part, _taken(value, inverse))
    return ast.dump(tree)


def same_scopes(new: str, old: str, names: Mapping[str, str]) -> bool:
    """Whether the symbol tables of both programs are the same one under the map old name to new name."""
    return _shape(new, {}) == _shape(old, names)


def _shape(source: str, names: Mapping[str, str]) -> list[object]:
    shape: list[object] = []
    for table in scopes_of(symbols(source)):
        rows = [(names.get(s.get_name(), s.get_name()), *_flags(s)) for s in table.get_symbols()]
        name = table.get_name()
        # The interpreter itself names these scopes; a program may use the same words as variables.
        own = name in _GIVEN_NAMES or table.get_type() == "module"
        shape.append((name if own else names.get(name, name), sorted(rows)))
    return shape


def _flags(symbol: symtable.Symbol) -> Iterable[bool]:
    return (bool(getattr(symbol, flag)()) for flag in _FLAGS)

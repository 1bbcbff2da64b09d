"""Rewrites between a safe way to write something and an unsafe one, as edits of a program's source.

The unsafe side of each is one that a rule of ``proofs.unsafe`` finds; whether it does is asked of the rules themselves.
Programs are parsed and never run.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..places import Edit, Offsets
from ..syntax import parse


@dataclass(frozen=True, slots=True)
class Rewrite:
    """One rewrite: its name and the edits."""

    name: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class Source:
    """A parsed program and its text."""

    text: str
    tree: ast.Module
    offsets: Offsets

    def of(self, node: ast.expr | ast.stmt) -> str:
        """The source of a node."""
        return self.text[self.offsets.start(node) : self.offsets.end(node)]

    def put(self, node: ast.expr | ast.stmt | ast.keyword, text: str) -> Edit:
        """An edit that puts a text in a node's place."""
        return self.offsets.start(node), self.offsets.end(node), text  # type: ignore[arg-type]

    def calls(self) -> Iterator[tuple[str, ast.Call]]:
        """Every call with the dotted name of what is called ("" where it has none), outside f-strings."""
        queue: list[ast.AST] = [self.tree]
        while queue:
            node = queue.pop(0)
            if isinstance(node, ast.JoinedStr):
                continue
            queue += list(ast.iter_child_nodes(node))
            if isinstance(node, ast.Call):
                yield dotted(node.func), node


def dotted(node: ast.AST) -> str:
    """``subprocess.run`` for an attribute of a name; "" for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


def rewrites(program: str, *, safe: bool) -> list[Rewrite]:
    """Every rewrite that fits a program: towards the safe way, or towards the unsafe one.

    None for what cannot be parsed. NotApplicable for odd line endings.
    """
    try:
        source = Source(program, parse(program), Offsets(program))
    except SyntaxError:
        return []
    rules = TO_SAFE if safe else TO_UNSAFE
    return [Rewrite(name, tuple(edits)) for name, rule in rules.items() for edits in rule(source)]


Rule = Callable[[Source], Iterator[list[Edit]]]


def formatted_query(source: Source) -> Iterator[list[Edit]]:
    """``execute("... ?", (a,))`` as ``execute(f"... '{a}'")``."""
    for _, call in source.calls():
        if not isinstance(call.func, ast.Attribute) or call.func.attr != "execute" or len(call.args) != 2:
            continue
        query, given = call.args
        if not isinstance(query, ast.Constant) or not isinstance(query.value, str) or call.keywords:
            continue
        if not isinstance(given, ast.Tuple | ast.List) or any(isinstance(each, ast.Starred) for each in given.elts):
            continue
        parts, values = query.value.split("?"), [source.of(each) for each in given.elts]
        text = source.of(query)
        plain = text[:1] in "\"'" and not text.startswith(('"""', "'''")) and not set("{}\\") & set(text)
        if not values or len(parts) != len(values) + 1 or not plain or any(set("\"'\\\n{}") & set(v) for v in values):
            continue
        inner = "".join(f"{part}'{{{value}}}'" for part, value in zip(parts, values, strict=False)) + parts[-1]
        if '"' in inner:
            continue
        end = source.offsets.end(call)
        yield [(source.offsets.start(query), end, f'f"{inner}")')]


def _renamed_call(old: str, new: str, more: str = "") -> Rule:
    def rule(source: Source) -> Iterator[list[Edit]]:
        for name, call in source.calls():
            if name == old and len(call.args) == 1 and not call.keywords and not isinstance(call.args[0], ast.Constant):
                yield [source.put(call, f"{new}({source.of(call.args[0])}{more})")]

    return rule


def _keyword(name: str, old: str, new: str) -> Rule:
    """The value of a keyword argument, replaced."""

    def rule(source: Source) -> Iterator[list[Edit]]:
        for _, call in source.calls():
            for each in call.keywords:
                if each.arg == name and source.of(each.value) == old:
                    yield [source.put(each.value, new)]

    return rule


def _keyword_dropped(name: str, callee: str) -> Rule:
    """A keyword argument behind others, taken out."""

    def rule(source: Source) -> Iterator[list[Edit]]:
        for called, call in source.calls():
            last = call.keywords[-1] if call.keywords else None
            if last is not None and last.arg == name and called.endswith(callee) and (call.args or call.keywords[:-1]):
                before = call.keywords[-2].value if call.keywords[:-1] else call.args[-1]
                yield [(source.offsets.end(before), source.offsets.end(last.value), "")]

    return rule


def _keyword_added(text: str, *callees: str) -> Rule:
    def rule(source: Source) -> Iterator[list[Edit]]:
        name = text.partition("=")[0]
        for called, call in source.calls():
            if called in callees and (call.args or call.keywords) and all(each.arg != name for each in call.keywords):
                last = max(source.offsets.end(each) for each in [*call.args, *(k.value for k in call.keywords)])
                yield [(last, last, f", {text}")]

    return rule


def by_shell(source: Source) -> Iterator[list[Edit]]:
    """A command given as a list, as one text for a shell."""
    for name, call in source.calls():
        listed = call.args[0] if call.args else None
        if not name.startswith("subprocess.") or not isinstance(listed, ast.List) or len(listed.elts) < 2:
            continue
        if any(each.arg == "shell" for each in call.keywords):
            continue
        parts = []
        for each in listed.elts:
            if isinstance(each, ast.Constant) and isinstance(each.value, str) and not set("{}\\\"'") & set(each.value):
                parts.append(each.value)
            elif isinstance(each, ast.Name):
                parts.append(f"{{{each.id}}}")
            else:
                break
        else:
            yield [source.put(listed, f'f"{" ".join(parts)}", shell=True')]


def equality_for_digest(source: Source) -> Iterator[list[Edit]]:
    """``hmac.compare_digest(a, b)`` as ``a == b``."""
    for name, call in source.calls():
        if name in ("hmac.compare_digest", "secrets.compare_digest") and len(call.args) == 2 and not call.keywords:
            yield [source.put(call, f"({source.of(call.args[0])} == {source.of(call.args[1])})")]


def permissions(source: Source) -> Iterator[list[Edit]]:
    """A file's mode, open to all."""
    for name, call in source.calls():
        mode = call.args[-1] if call.args else None
        if name.endswith("chmod") and mode is not None and source.of(mode) in ("0o600", "0o640", "0o644", "0o700"):
            yield [source.put(mode, "0o777" if source.of(mode) == "0o700" else "0o666")]


def permissions_kept(source: Source) -> Iterator[list[Edit]]:
    """A file's mode, open to its owner."""
    for name, call in source.calls():
        mode = call.args[-1] if call.args else None
        if name.endswith("chmod") and mode is not None and source.of(mode) in ("0o666", "0o777"):
            yield [source.put(mode, "0o700" if source.of(mode) == "0o777" else "0o600")]


def literal_for_eval(source: Source) -> Iterator[list[Edit]]:
    """``eval(text)`` as ``ast.literal_eval(text)``."""
    imported = any(
        isinstance(node, ast.Import) and any(each.name == "ast" and not each.asname for each in node.names)
        for node in source.tree.body
    )
    first = next(iter(source.tree.body), None)
    for edits in _renamed_call("eval", "ast.literal_eval")(source):
        if imported or first is None:
            yield edits
        elif source.offsets.indent(first) == "" and not _is_future(first):
            at = source.offsets.start(first) if not getattr(first, "decorator_list", None) else 0
            yield [(at, at, "import ast\n\n\n"), *edits]


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


_REQUESTS = tuple(f"requests.{verb}" for verb in ("get", "post", "put", "delete", "patch", "head", "request"))

TO_UNSAFE: dict[str, Rule] = {
    "formatted_query": formatted_query,
    "by_shell": by_shell,
    "yaml_objects": _renamed_call("yaml.safe_load", "yaml.load", ", Loader=yaml.Loader"),
    "yaml_loader": _keyword("Loader", "yaml.SafeLoader", "yaml.Loader"),
    "eval_for_literal": _renamed_call("ast.literal_eval", "eval"),
    "eval_for_json": _renamed_call("json.loads", "eval"),
    "equality_for_digest": equality_for_digest,
    "unverified": _keyword_added("verify=False", *_REQUESTS),
    "verification_off": _keyword("verify", "True", "False"),
    "unfiltered": _keyword_dropped("filter", "extractall"),
    "unescaped": _keyword("autoescape", "True", "False"),
    "debugger": _keyword("debug", "False", "True"),
    "open_to_all": permissions,
    "eval_for_int": _renamed_call("int", "eval"),
    "eval_for_float": _renamed_call("float", "eval"),
}
"""Rules towards the unsafe way, the likeliest to be met first."""

TO_SAFE: dict[str, Rule] = {
    "yaml_safe": _renamed_call("yaml.load", "yaml.safe_load"),
    "yaml_loader": _keyword("Loader", "yaml.Loader", "yaml.SafeLoader"),
    "literal_for_eval": literal_for_eval,
    "verified": _keyword("verify", "False", "True"),
    "escaped": _keyword("autoescape", "False", "True"),
    "no_debugger": _keyword("debug", "True", "False"),
    "kept_private": permissions_kept,
}
"""Rules towards the safe way."""

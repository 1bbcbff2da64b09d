"""Ways to write a program so that it does the same and more work for it, as edits of its source.

Each rule is what people do who do not think of cost: search a list where a set stood, copy a list to add to it, compute
again in a loop what does not change, go on after the answer is known. A rule looks at what is written and proves
nothing; that results stay equal, and what they cost, is found out by running both programs.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..places import Edit, Offsets
from ..syntax import parse
from ..words import BUILTIN_NAMES

Function = ast.FunctionDef | ast.AsyncFunctionDef
_WORTH_KEEPING = frozenset(
    ("sum", "len", "max", "min", "sorted", "set", "list", "tuple", "dict", "Counter", "frozenset")
)


@dataclass(frozen=True, slots=True)
class Slower:
    """One way: the rule's name and the edits that make the program slower."""

    rule: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class Text:
    """A program, and one function of it that is looked at."""

    source: str
    offsets: Offsets
    function: Function

    def of(self, node: ast.expr | ast.stmt) -> str:
        """The source of a node."""
        return self.source[self.offsets.start(node) : self.offsets.end(node)]

    def put(self, node: ast.expr | ast.stmt, text: str) -> Edit:
        """An edit that puts a text in a node's place."""
        return self.offsets.start(node), self.offsets.end(node), text

    def nodes(self) -> Iterator[ast.AST]:
        """Every node of the function's body that is not inside an f-string, whose places are not to be trusted."""
        queue: list[ast.AST] = list(self.function.body)
        while queue:
            node = queue.pop(0)
            if not isinstance(node, ast.JoinedStr):
                yield node
                queue += list(ast.iter_child_nodes(node))

    def uses(self, name: str) -> list[ast.Name]:
        """Every place in the function where a name stands."""
        return [node for node in ast.walk(self.function) if isinstance(node, ast.Name) and node.id == name]

    def lines(self, statement: ast.stmt) -> Edit:
        """An edit that takes a statement out with its lines."""
        first, last = statement.lineno, (statement.end_lineno or statement.lineno) + 1
        return self.offsets.line_start(first), self.offsets.line_start(last), ""


def slower_ways(program: str) -> list[Slower]:
    """Every way that a rule finds in a program; none in what cannot be parsed. NotApplicable for odd line endings."""
    try:
        tree = parse(program)
    except SyntaxError:
        return []
    offsets = Offsets(program)
    functions = [node for node in ast.walk(tree) if isinstance(node, Function)]
    found = []
    for function in functions:
        text = Text(program, offsets, function)
        for name, rule in RULES.items():
            found += [Slower(name, tuple(edits)) for edits in rule(text)]
    return list(dict.fromkeys(found))


def _parents(text: Text) -> dict[ast.AST, ast.AST]:
    return {child: node for node in ast.walk(text.function) for child in ast.iter_child_nodes(node)}


def _assigned(text: Text) -> Iterator[tuple[str, ast.Assign]]:
    """Names that the function assigns in exactly one place, each with the statement."""
    for node in text.nodes():
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if sum(not isinstance(each.ctx, ast.Load) for each in text.uses(name)) == 1:
                yield name, node


def copied_to_add(text: Text) -> Iterator[list[Edit]]:
    """``out.append(x)`` as ``out = out + [x]``, for a list that the function makes."""
    made = {name for name, node in _assigned(text) if isinstance(node.value, ast.List | ast.ListComp)}
    for name in sorted(made):
        edits = []
        for node in text.nodes():
            call = node.value if isinstance(node, ast.Expr) else None
            if not isinstance(node, ast.Expr) or not isinstance(call, ast.Call) or len(call.args) != 1 or call.keywords:
                continue
            if isinstance(call.func, ast.Attribute) and call.func.attr == "append" and _is(call.func.value, name):
                if isinstance(call.args[0], ast.Starred | ast.GeneratorExp):
                    continue
                edits.append(text.put(node, f"{name} = {name} + [{text.of(call.args[0])}]"))
        if edits:
            yield edits


def list_for_set(text: Text) -> Iterator[list[Edit]]:
    """A set that is only asked what it holds, as a list."""
    parents = _parents(text)
    for name, node in _assigned(text):
        value = node.value
        edits = []
        if isinstance(value, ast.Call) and _is(value.func, "set") and len(value.args) < 2 and not value.keywords:
            edits.append(text.put(value.func, "list") if value.args else text.put(value, "[]"))
        elif isinstance(value, ast.SetComp | ast.Set):
            edits.append(text.put(value, f"[{text.of(value)[1:-1]}]"))
        else:
            continue
        for use in text.uses(name):
            if not isinstance(use.ctx, ast.Load):
                continue
            parent = parents.get(use)
            if isinstance(parent, ast.Attribute) and parent.attr in ("add", "discard"):
                edits.append(text.put(parent, f"{name}.{'append' if parent.attr == 'add' else 'remove'}"))
            elif not (isinstance(parent, ast.Compare) and use in parent.comparators and _asks(parent)):
                break
        else:
            yield edits


def list_for_deque(text: Text) -> Iterator[list[Edit]]:
    """A ``deque`` as a list whose first item is taken out."""
    for name, node in _assigned(text):
        value = node.value
        if (
            not isinstance(value, ast.Call)
            or _last_name(value.func) != "deque"
            or value.keywords
            or len(value.args) > 1
        ):
            continue
        edits = [text.put(value.func, "list")]
        for other in text.nodes():
            if isinstance(other, ast.Call) and isinstance(other.func, ast.Attribute) and _is(other.func.value, name):
                if other.func.attr == "popleft":
                    edits.append(text.put(other, f"{name}.pop(0)"))
                elif other.func.attr == "appendleft" and len(other.args) == 1:
                    edits.append(text.put(other, f"{name}.insert(0, {text.of(other.args[0])})"))
        yield edits


def computed_again(text: Text) -> Iterator[list[Edit]]:
    """A value that is computed once, computed wherever it is used."""
    parents = _parents(text)
    for name, node in _assigned(text):
        value = node.value
        called = isinstance(value, ast.Call) and _last_name(value.func) in _WORTH_KEEPING
        if not (called or isinstance(value, ast.ListComp | ast.SetComp | ast.DictComp)) or "\n" in text.of(value):
            continue
        uses = [use for use in text.uses(name) if isinstance(use.ctx, ast.Load)]
        held = [parents.get(use) for use in uses]
        if not uses or any(isinstance(each, ast.Attribute) for each in held):
            continue
        if any(isinstance(each, ast.Subscript) and not isinstance(each.ctx, ast.Load) for each in held):
            continue
        if any(_inside(use, ast.JoinedStr, parents) for use in uses) or text.offsets.indent(node) is None:
            continue
        if any(_inside(use, (ast.For, ast.While, ast.comprehension, ast.GeneratorExp), parents) for use in uses):
            yield [text.lines(node), *(text.put(use, text.of(value)) for use in uses)]


def whole_list_first(text: Text) -> Iterator[list[Edit]]:
    """``any(...)`` and ``all(...)`` of a list that is made whole before it is looked at."""
    for node in text.nodes():
        name, only = _called_with_one(node, ("any", "all"))
        if isinstance(node, ast.Call) and isinstance(only, ast.GeneratorExp):
            inner = text.of(only)
            inner = inner[1:-1] if inner.startswith("(") and inner.endswith(")") else inner
            yield [text.put(node, f"{name}([{inner.strip()}])")]


def sorted_to_pick(text: Text) -> Iterator[list[Edit]]:
    """``min(xs)`` as ``sorted(xs)[0]``, ``max(xs)`` as ``sorted(xs)[-1]``."""
    for node in text.nodes():
        name, only = _called_with_one(node, ("min", "max"))
        if isinstance(node, ast.Call) and only is not None:
            inner = text.of(only)
            if isinstance(only, ast.GeneratorExp) and not inner.startswith("("):
                inner = f"({inner})"
            yield [text.put(node, f"sorted({inner})[{0 if name == 'min' else -1}]")]


def copied_to_search(text: Text) -> Iterator[list[Edit]]:
    """``x in seen`` as ``x in list(seen)``."""
    for node in text.nodes():
        if isinstance(node, ast.Compare) and _asks(node) and isinstance(node.comparators[0], ast.Name):
            yield [text.put(node.comparators[0], f"list({node.comparators[0].id})")]


def every_divisor(text: Text) -> Iterator[list[Edit]]:
    """``int(n ** 0.5) + 1`` and ``isqrt(n) + 1`` as ``n``: candidates up to the number itself."""
    for node in text.nodes():
        if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Add) or not isinstance(node.left, ast.Call):
            continue
        call = node.left
        inner = call.args[0] if len(call.args) == 1 else None
        name = _last_name(call.func)
        if name == "int" and isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Pow):
            yield [text.put(node, text.of(inner.left))]
        elif name == "int" and isinstance(inner, ast.Call) and _last_name(inner.func) == "sqrt" and inner.args:
            yield [text.put(node, text.of(inner.args[0]))]
        elif name == "isqrt" and inner is not None:
            yield [text.put(node, text.of(inner))]


def going_on(text: Text) -> Iterator[list[Edit]]:
    """``break`` as ``continue``: the loop goes on after the answer is known."""
    for node in text.nodes():
        if isinstance(node, ast.Break):
            yield [text.put(node, "continue")]


def answer_kept(text: Text) -> Iterator[list[Edit]]:
    """A loop that returns a constant when it finds something, as one that remembers it and goes on to the end."""
    for block in _blocks(text.function):
        for loop, end in pairwise(block):
            if not isinstance(loop, ast.For | ast.While) or loop.orelse or not isinstance(end, ast.Return):
                continue
            inner = [node for node in ast.walk(loop) if isinstance(node, ast.Return)]
            if (
                len(inner) != 1
                or not isinstance(end.value, ast.Constant)
                or not isinstance(inner[0].value, ast.Constant)
            ):
                continue
            indent, name = text.offsets.indent(loop), _free(text, "result")
            if indent is None or text.offsets.indent(inner[0]) is None:
                continue
            at = text.offsets.start(loop)
            yield [
                (at, at, f"{name} = {text.of(end.value)}\n{indent}"),
                text.put(inner[0], f"{name} = {text.of(inner[0].value)}"),
                text.put(end, f"return {name}"),
            ]


def not_remembered(text: Text) -> Iterator[list[Edit]]:
    """A function without its ``cache``."""
    for decorator in text.function.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        if _last_name(target) in ("cache", "lru_cache"):
            start = text.offsets.line_start(decorator.lineno)
            yield [(start, text.offsets.line_start((decorator.end_lineno or decorator.lineno) + 1), "")]


def grown_by_copies(text: Text) -> Iterator[list[Edit]]:
    """A list made by a comprehension, as a loop that copies the list to add each item."""
    for node in text.nodes():
        if not isinstance(node, ast.Return | ast.Assign) or not isinstance(node.value, ast.ListComp):
            continue
        made, indent = node.value, text.offsets.indent(node)
        source = made.generators[0]
        pieces = [text.of(part) for part in (made.elt, source.target, source.iter, *source.ifs)]
        if indent is None or len(made.generators) > 1 or source.is_async or any("\n" in piece for piece in pieces):
            continue
        if isinstance(node, ast.Assign) and not (len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)):
            continue
        name = text.of(node.targets[0]) if isinstance(node, ast.Assign) else _free(text, "result")
        item, target, values, *tests = pieces
        if name in {each.id for each in ast.walk(made) if isinstance(each, ast.Name)}:
            continue
        lines = [f"{name} = []", f"{indent}for {target} in {values}:"]
        lines += [f"{indent}{'    ' * (depth + 1)}if {test}:" for depth, test in enumerate(tests)]
        lines.append(f"{indent}{'    ' * (len(tests) + 1)}{name} = {name} + [{item}]")
        if isinstance(node, ast.Return):
            lines.append(f"{indent}return {name}")
        yield [text.put(node, "\n".join(lines))]


def selected_one_by_one(text: Text) -> Iterator[list[Edit]]:
    """``for x in sorted(xs)`` as a loop that takes the smallest out, again and again."""
    for node in text.nodes():
        if not isinstance(node, ast.For) or node.orelse or "\n" in text.of(node.iter):
            continue
        name, values = _called_with_one(node.iter, ("sorted",))
        indent, first = text.offsets.indent(node), node.body[0]
        inner = text.offsets.indent(first)
        if not name or values is None or indent is None or inner is None or isinstance(values, ast.GeneratorExp):
            continue
        rest, one = _free(text, "remaining"), _free(text, "smallest")
        start, end = text.offsets.start(node), text.offsets.start(first)
        head = f"{rest} = list({text.of(values)})\n{indent}while {rest}:\n"
        head += f"{inner}{one} = min({rest})\n{inner}{rest}.remove({one})\n{inner}{text.of(node.target)} = {one}\n"
        yield [(start, end, head + inner)]


def counted_one_by_one(text: Text) -> Iterator[list[Edit]]:
    """``Counter(xs)`` as a dict of how often ``xs.count`` finds each."""
    for node in text.nodes():
        if not isinstance(node, ast.Call) or _last_name(node.func) != "Counter" or len(node.args) != 1 or node.keywords:
            continue
        if isinstance(node.args[0], ast.Name):
            values, item = node.args[0].id, _free(text, "item")
            yield [text.put(node, f"{{{item}: {values}.count({item}) for {item} in {values}}}")]


def joined_as_it_grows(text: Text) -> Iterator[list[Edit]]:
    """A list of texts that are joined at the end, as a text that is copied to add to it."""
    parents = _parents(text)
    for name, node in _assigned(text):
        if not isinstance(node.value, ast.List) or node.value.elts:
            continue
        edits = [text.put(node.value, '""')]
        for use in text.uses(name):
            if not isinstance(use.ctx, ast.Load):
                continue
            parent = parents[use]
            call = parents.get(parent)
            adds = isinstance(parent, ast.Attribute) and parent.attr == "append" and isinstance(call, ast.Call)
            joins = isinstance(parent, ast.Call) and text.of(parent.func) in ("''.join", '"".join')
            if adds and isinstance(call, ast.Call) and len(call.args) == 1 and isinstance(parents.get(call), ast.Expr):
                edits.append(text.put(call, f"{name} = {name} + {_bracketed(text, call.args[0])}"))
            elif joins and isinstance(parent, ast.Call):
                edits.append(text.put(parent, name))
            else:
                break
        else:
            yield edits


RULES: dict[str, Callable[[Text], Iterator[list[Edit]]]] = {
    "not_remembered": not_remembered,
    "every_divisor": every_divisor,
    "list_for_set": list_for_set,
    "list_for_deque": list_for_deque,
    "computed_again": computed_again,
    "copied_to_add": copied_to_add,
    "grown_by_copies": grown_by_copies,
    "selected_one_by_one": selected_one_by_one,
    "counted_one_by_one": counted_one_by_one,
    "joined_as_it_grows": joined_as_it_grows,
    "answer_kept": answer_kept,
    "going_on": going_on,
    "whole_list_first": whole_list_first,
    "sorted_to_pick": sorted_to_pick,
    "copied_to_search": copied_to_search,
}
"""Every rule, those that people meet most often first."""


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _last_name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _bracketed(text: Text, node: ast.expr) -> str:
    plain = isinstance(node, ast.Name | ast.Constant | ast.Call | ast.Subscript | ast.Attribute | ast.JoinedStr)
    return text.of(node) if plain else f"({text.of(node)})"


def _called_with_one(node: ast.AST, names: Sequence[str]) -> tuple[str, ast.expr | None]:
    """The name and the only argument of a call of one of these functions; None where it is none."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in names:
        return "", None
    if len(node.args) != 1 or node.keywords or isinstance(node.args[0], ast.Starred):
        return "", None
    return node.func.id, node.args[0]


def _asks(node: ast.Compare) -> bool:
    return len(node.ops) == 1 and isinstance(node.ops[0], ast.In | ast.NotIn)


def _inside(node: ast.AST, kinds: type[ast.AST] | tuple[type[ast.AST], ...], parents: dict[ast.AST, ast.AST]) -> bool:
    while node in parents:
        node = parents[node]
        if isinstance(node, kinds):
            return True
    return False


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for each in ast.walk(node):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(each, field, None)
            if isinstance(block, list):
                yield block


def _free(text: Text, name: str) -> str:
    """A name that does not occur in the program."""
    while name in text.source or name in BUILTIN_NAMES:
        name += "_"
    return name

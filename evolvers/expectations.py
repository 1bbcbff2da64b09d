"""How exact a task's tests are: do they demand one value for each input, or do they accept several?

An operator that takes expected values from the reference may only build on a task with one right value for each input;
otherwise right answers would be refused.
"""

from __future__ import annotations

import ast

from ..benchmarks import CasesTest, CheckTest, CodeTask, Comparator
from .protocol import NotApplicable, Observation
from .syntax import nodes_of, shared

# Calls around the candidate's value inside a comparison that lose nothing that a transform could show.
_CONTAINERS = frozenset({"tuple", "list"})


def demands_something(program: str) -> bool:
    """Whether a check program can fail: it asserts, raises, or calls something whose name says that it asserts."""
    for node in nodes_of(program):
        if isinstance(node, (ast.Assert, ast.Raise)):
            return True
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if "assert" in name.lower() or "fail" in name.lower():
                return True
    return False


def comparator_of(task: CodeTask, observed: Observation) -> Comparator:
    """The comparator for values made from the task's; NotApplicable when its tests do not demand one exact value."""
    if observed.problem is not None:
        raise NotApplicable(observed.problem)
    if observed.unobservable is not None:
        raise NotApplicable(observed.unobservable)
    strict = True
    for test in task.tests:
        if isinstance(test, CheckTest):
            _demand_equality(test.program, str(task.entry_point), observed.output_type == "bool")
            strict = False
        elif isinstance(test, CasesTest):
            if test.oracle is not None:
                raise NotApplicable("the tests accept several values (oracle)")
            if any(case.raises is not None for case in test.cases):
                raise NotApplicable("the tests expect exceptions")
            if any(case.any_of for case in test.cases):
                raise NotApplicable("the tests accept several values")
            if test.comparator.order != "ordered":
                raise NotApplicable("the tests accept several orders")
            if (test.comparator.rtol or test.comparator.atol) and "float" in observed.output_type:
                raise NotApplicable("the tests accept near values")
            strict = strict and test.comparator.types == "exact"
        else:
            raise NotApplicable("the tests read printed text")
    return Comparator(types="exact" if strict else "python")


def _demand_equality(program: str, entry: str, truth: bool) -> None:
    """NotApplicable unless every value of the candidate is compared for equality (or, with ``truth``, asserted)."""
    tree, nodes = shared(program), nodes_of(program)
    parents = {child: node for node in nodes for child in ast.iter_child_nodes(node)}
    names = {"candidate", entry}
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            if _only_shown(node, parents):
                continue
            if not _demanded(node, parents, truth) and not _kept_and_demanded(node, parents, tree, truth):
                raise NotApplicable("the tests accept several values")


def _only_shown(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether an expression stands in the message of an assertion."""
    while node in parents:
        node, below = parents[node], node
        if isinstance(node, ast.Assert):
            return node.msg is below
    return False


def _demanded(node: ast.expr, parents: dict[ast.AST, ast.AST], truth: bool) -> bool:
    """Whether the value of an expression is an operand of ``==`` (or ``is``), or asserted as it is."""
    parent = parents.get(node)
    if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id in _CONTAINERS:
        return _demanded(parent, parents, truth)
    if isinstance(parent, ast.Compare):
        return all(isinstance(operator, (ast.Eq, ast.Is)) for operator in parent.ops)
    if isinstance(parent, (ast.Tuple, ast.List)):
        return _demanded(parent, parents, False)
    if isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not):
        return truth and isinstance(parents.get(parent), ast.Assert)
    return truth and isinstance(parent, ast.Assert) and parent.test is node


def _kept_and_demanded(node: ast.expr, parents: dict[ast.AST, ast.AST], tree: ast.AST, truth: bool) -> bool:
    """Whether the value is put into a variable every reading of which demands it."""
    parent = parents.get(node)
    if not isinstance(parent, ast.Assign) or len(parent.targets) != 1 or not isinstance(parent.targets[0], ast.Name):
        return False
    name = parent.targets[0].id
    uses = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)]
    return bool(uses) and all(_demanded(use, parents, truth) for use in uses)

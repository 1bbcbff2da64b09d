"""First-order mutants: what each operator makes, what is left alone, and that no mutant is the source again."""

from __future__ import annotations

import ast
import difflib
import dis

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalrun.evolvers.mutants import Mutant, mutants_of

FUNCTION = 'def f(a, b=1):\n    """f(1) < 2"""\n'


def changed_lines(source: str) -> set[str]:
    """The line that each mutant has instead of the source's, without indentation."""
    found = set()
    for mutant in mutants_of(source):
        diff = list(difflib.ndiff(source.splitlines(), mutant.source.splitlines()))
        found.add(" ".join(line[2:].strip() for line in diff if line.startswith("+ ")))
    return found


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("return a < b", {"return a <= b"}),
        ("return a not  in b", {"return a in b"}),
        ("return a is b", {"return a is not b"}),
        ("return a + b", {"return a - b", "return a", "return b"}),
        ("return a and b", {"return a or b", "return a", "return b"}),
        ("return not a", {"return a"}),
        ("return -1", {"return 0", "return -2"}),
        ("return a ** 0", {"return a ** 1", "return a ** (-1)", "return a * 0", "return a"}),
        ("return [True, '', 'é']", {"return [False, '', 'é']", "return [True, ' ', 'é']", "return [True, '', '']"}),
        ("return a[1:]", {"return a[2:]", "return a[0:]"}),
        ("return a[::-1]", {"return a[::-2]"}),
        ("return a[:b]", {"return a[:b + 1]", "return a[:b - 1]"}),
        ("return a[b if a else a:]",
         {"return a[(b if a else a) + 1:]", "return a[(b if a else a) - 1:]", "return a[b if not a else a:]"}),
        ("return range(b)", {"return range(b + 1)", "return range(b - 1)"}),
        ("return sorted(a)", {"return sorted(a, reverse=True)", "return a"}),
        ("return min(a)", {"return max(a)"}),
        ("return a.lower()", {"return a.upper()"}),
        ("return len(a)", {"return len(a) + 1", "return len(a) - 1"}),
        ("return [x for x in a if x in b]",
         {"return [x for x in a if x not in b]", "return [x for x in a if True]"}),
        ("a.append(b)", {"pass"}),
        ("a += b", {"pass", "a -= b"}),
        ("return a ** b ** a", {"return a * b ** a", "return a ** (b * a)", "return a", "return b ** a"}),
        ("return f'{a + 1}' + a", {"return a", "return f'{a + 1}'"}),
        ("return None", set()),
        ("raise ValueError('a' + b)", set()),
        ("print(a + 'x')", set()),
    ],
)  # fmt: skip
def test_an_operator_makes_just_these_programs(line: str, expected: set[str]) -> None:
    assert changed_lines(f"{FUNCTION}    {line}\n") == expected


def test_operators_are_found_behind_parentheses_comments_and_letters_of_several_bytes() -> None:
    source = "def f(a, b):\n    é = 'ü'; return ((a)  # < here\n        < (b)), (é)\n"
    (mutant,) = [m for m in mutants_of(source) if m.description == "< becomes <="]
    assert mutant == Mutant(source.replace("\n        < (b)", "\n        <= (b)"), 3, "< becomes <=")


def test_docstrings_signatures_decorators_annotations_and_unreachable_statements_are_left_alone() -> None:
    source = (
        '"""1 < 2"""\nimport os\n\n@g(1 + 2)\ndef f(a: 1 + 2 = 3, *, k=not 4) -> 5:\n    "6"\n    x: 7 = a\n'
        '    def g(y=8):\n        "9"\n        return x\n    match a:\n        case 10:\n            return g\n'
        "    try:\n        assert a, 11\n    except E:\n        raise g(12)\n"
        "    while True:\n        return f\n    return 13\n"
        'if __name__ == "__main__":\n    f(14)\n'
    )
    assert [mutant.description for mutant in mutants_of(source)] == ["True becomes False"]


def test_an_assignment_is_dropped_only_where_its_names_are_bound_elsewhere_too() -> None:
    dropped = [m.line for m in mutants_of("def f(a):\n    b = a\n    a = b\n    a[0] = b\n    return a\n")
               if m.description == "assignment dropped"]  # fmt: skip
    assert dropped == [3, 4]


def test_only_whole_numbers_that_count_are_shifted_as_indices() -> None:
    source = "def f(a, k):\n    for i in range(3):\n        g(a[i], a[k])\n"
    shifted = [m.source.splitlines()[2].strip() for m in mutants_of(source) if "place" in m.description]
    assert shifted == ["g(a[i + 1], a[k])", "g(a[i - 1], a[k])"]


def test_a_change_that_compiles_to_the_same_code_is_no_mutant() -> None:
    assert not any(m.description == "1 becomes 2" for m in mutants_of("def f():\n    while 1:\n        g(x)\n"))
    assert not any("5" in m.description for m in mutants_of("def f():\n    return x * (0 * 5)\n"))


def test_a_change_that_does_not_compile_is_no_mutant() -> None:
    source = "def f():\n    x = 0\n    def g(y):\n        nonlocal x\n        y = 1\n        return x\n"
    assert all(compile(mutant.source, "m", "exec") for mutant in mutants_of(source))


def test_code_above_the_first_line_is_left_alone() -> None:
    source = "def f(a):\n    return a + 1\n\ndef g(a):\n    return a + 2\n"
    assert {mutant.line for mutant in mutants_of(source)} == {2, 5}
    assert {mutant.line for mutant in mutants_of(source, first_line=3)} == {5}


def test_a_limit_gives_an_even_choice_in_order() -> None:
    source = "def f(a):\n" + "".join(f"    a += x{number}\n" for number in range(10))
    every, some = mutants_of(source), mutants_of(source, limit=5)
    assert len(every) == 20
    assert some == [every[index] for index in (0, 4, 8, 12, 16)]
    assert mutants_of(source, limit=99) == every


def test_several_statements_in_a_line_and_future_imports_compile_as_they_stand() -> None:
    source = "from __future__ import annotations\nx = 1; y: a.b[2] = 3\nif x: y = 4\n"
    assert [m.description for m in mutants_of(source)][:2] == ["1 becomes 0", "1 becomes 2"]


@pytest.mark.parametrize("source", ["def f(:", "", "x = 1\ry = 2", "x = 1\0", "(" * 500, "\f\nx = 1"])
def test_what_cannot_be_edited_has_no_mutants(source: str) -> None:
    assert mutants_of(source) == []


_NAMES = st.sampled_from(["a", "b", "é", "items"])
# Of names only: a constant condition leaves code behind that is never reached.
_CONDITIONS = st.tuples(_NAMES, st.sampled_from(["and", "or", "<", "is"]), _NAMES).map(" ".join) | _NAMES
_LEAVES = _NAMES | st.integers(-2, 3).map(str) | st.sampled_from(["True", "''", "'x#'", "1.5", "None"])


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["+", "-", "**", "//", "|", "<", ">=", "==", "not in", "is"])
    gaps = st.sampled_from([" ", "  ", " # < + and\n  "])
    return st.one_of(
        st.tuples(inner, gaps, operators, inner).map(lambda p: f"({p[0]}{p[1]}{p[2]} {p[3]})"),
        st.tuples(inner, operators, inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        inner.map(lambda e: f"(not {e})"),
        inner.map(lambda e: f"sorted({e})"),
        inner.map(lambda e: f"(-{e})"),
        st.tuples(inner, inner).map(lambda p: f"items[{p[0]}:{p[1]}]"),
        _CONDITIONS.map(lambda c: f"({c})"),
        st.tuples(inner, _CONDITIONS, inner).map(lambda p: f"({p[0]} if {p[1]} else {p[2]})"),
        st.tuples(inner, _CONDITIONS).map(lambda p: f"[a for a in {p[0]} if {p[1]}]"),
    )


_EXPRESSIONS = st.recursive(_LEAVES, _grown, max_leaves=6)


def _instructions(source: str) -> list[tuple[str, str]]:
    """What a program does, read from its disassembly."""
    found, waiting = [], [compile(source, "m", "exec", dont_inherit=True, optimize=0)]
    while waiting:
        code = waiting.pop()
        waiting += [constant for constant in code.co_consts if hasattr(constant, "co_code")]
        for step in dis.get_instructions(code):
            shown = code.co_name if hasattr(step.argval, "co_code") else repr((type(step.argval), step.argval))
            found.append((step.opname, shown))
    return found


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@settings(max_examples=60, deadline=None)
@given(st.lists(_EXPRESSIONS, min_size=1, max_size=3))
def test_every_mutant_differs_in_one_place_of_the_body_and_does_something_else(expressions: list[str]) -> None:
    source = FUNCTION + "".join(f"    b = {text}\n" for text in expressions) + "    return b\n"
    original = _instructions(source)
    mutants = mutants_of(source)
    assert len({mutant.source for mutant in mutants}) == len(mutants)
    for mutant in mutants:
        assert _instructions(mutant.source) != original
        function = ast.parse(mutant.source).body[0]
        assert isinstance(function, ast.FunctionDef)
        assert mutant.source.startswith(FUNCTION)
        assert ast.get_docstring(function) == "f(1) < 2"
        assert mutant.source.split("\n")[: mutant.line - 1] == source.split("\n")[: mutant.line - 1]

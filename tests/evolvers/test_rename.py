from __future__ import annotations

import ast
import random
from dataclasses import replace
from typing import Any

import pytest

from evalrun.benchmarks import Case, CasesTest, CheckTest, CodeTask, StdioTest
from evalrun.evolvers import Candidate, NotApplicable, Pool
from evalrun.evolvers.edits import code_like, renamed_program, renamed_text
from evalrun.evolvers.operators.rename import Rename

NO_POOL = Pool((), {})


def propose(task: CodeTask, seed: int = 0) -> Candidate:
    (candidate,) = Rename().propose(task, random.Random(seed), NO_POOL)
    return candidate


def renamed(task: CodeTask) -> tuple[CodeTask, dict[str, str]]:
    candidate = propose(task)
    assert [gate.gate for gate in candidate.gates if not gate.holds] == []
    return candidate.task, dict(candidate.parameters["names"])


def program(reference: str, entry: str = "find_best", test: str = "def check(candidate):\n    pass\n") -> CodeTask:
    return CodeTask("toy/0", f"Write {entry}.", entry, reference, (CheckTest(test),), form="instruct")


def run(source: str, entry: str, *args: Any) -> Any:
    space: dict[str, Any] = {}
    exec(source, space)
    return space[entry](*args)


def behaves_the_same(reference: str, *args: Any, entry: str = "find_best") -> tuple[str, dict[str, str]]:
    task, names = renamed(program(reference, entry))
    assert run(task.reference, str(task.entry_point), *args) == run(reference, entry, *args)
    return task.reference, names


def test_prompt_reference_and_tests_get_the_same_new_names(make_task: Any) -> None:
    task = make_task(
        'def find_best(xs_in):\n    """Best of xs_in.\n    >>> find_best([1, 2])\n    2\n    """\n',
        "    top = max(xs_in)\n    return top\n",
        "assert candidate([1, 3]) == 3",
        "assert find_best(xs_in=[4]) == 4",
    )
    new, names = renamed(task)
    entry, parameter = names["find_best"], names["xs_in"]
    assert new.entry_point == entry
    assert new.prompt == (
        f'def {entry}({parameter}):\n    """Best of {parameter}.\n    >>> {entry}([1, 2])\n    2\n    """\n'
    )
    assert new.reference == new.prompt + f"    {names['top']} = max({parameter})\n    return {names['top']}\n"
    assert isinstance(new.tests[0], CheckTest)
    assert f"assert {entry}({parameter}=[4]) == 4" in new.tests[0].program
    assert new.tests[0].prelude == new.prompt


def test_the_same_generator_gives_the_same_names_and_another_one_others(make_task: Any) -> None:
    task = make_task("def find_best(a):\n    pass\n", "    b = a\n    return b\n")
    assert propose(task, 1).task == propose(task, 1).task
    assert propose(task, 1).task != propose(task, 2).task


def test_a_parameter_that_is_a_word_of_the_description_keeps_its_name(make_task: Any) -> None:
    prompt = 'def find_best(numbers, max_size):\n    """Best of the numbers, at most max_size of them."""\n'
    new, names = renamed(make_task(prompt, "    return max(numbers[:max_size])\n"))
    assert "numbers" not in names
    assert "the numbers, at most " + names["max_size"] in new.prompt


def test_a_plain_word_is_a_mention_only_where_it_is_called_or_announced() -> None:
    names = {"unique": "gather_items"}
    text = "Return the unique items; the function unique, called as unique([1]) or `unique`, keeps their order."
    assert renamed_text(text, names) == (
        "Return the unique items; the function gather_items, called as gather_items([1]) or `gather_items`, "
        "keeps their order."
    )


def test_a_name_that_is_no_word_is_replaced_wherever_it_stands_whole() -> None:
    names = {"fib4": "trace_item"}
    assert renamed_text("fib4 numbers: fib4(3), not fib42 or xfib4.", names) == (
        "trace_item numbers: trace_item(3), not fib42 or xfib4."
    )


def test_examples_in_docstrings_are_read_as_code() -> None:
    text = "    >>> find_it('find_it')\n    'find_it'"
    assert renamed_text(text, {"find_it": "new_one"}) == "    >>> new_one('find_it')\n    'new_one'"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("add", False), ("f", False), ("Add", False), ("fib4", True), ("a_b", True), ("minPath", True)],
)
def test_code_like_names_are_those_no_sentence_would_hold(name: str, expected: bool) -> None:
    assert code_like(name) is expected


def test_a_shadowed_builtin_keeps_its_name_and_its_builtin_meaning_elsewhere() -> None:
    reference = (
        "def find_best(list):\n    def other(xs):\n        return sorted(xs)\n"
        "    max = list[0]\n    return other(list), max\n"
    )
    _, names = behaves_the_same(reference, [3, 1])
    assert "list" not in names
    assert "max" not in names
    assert {"other", "xs"} <= set(names)


def test_nested_functions_and_nonlocal_names_are_renamed_together() -> None:
    reference = (
        "def find_best(xs):\n    total = 0\n    def add_up(x):\n        nonlocal total\n        total += x\n"
        "    for x in xs:\n        add_up(x)\n    return total\n"
    )
    source, names = behaves_the_same(reference, [1, 2])
    assert {"total", "add_up", "x", "xs", "find_best"} == set(names)
    assert f"nonlocal {names['total']}" in source


def test_globals_declared_in_functions_are_renamed() -> None:
    reference = "COUNT = 0\ndef find_best(n):\n    global COUNT\n    COUNT += n\n    return COUNT\n"
    source, names = behaves_the_same(reference, 4)
    assert f"global {names['COUNT']}" in source


def test_names_inside_f_strings_stay_because_their_positions_depend_on_the_python_version() -> None:
    reference = "def find_best(word, size):\n    text = f'{word!r:>{size}} word'\n    return text + word\n"
    source, names = behaves_the_same(reference, "ab", 9)
    assert set(names) == {"find_best", "text"}
    assert "f'{word!r:>{size}} word'" in source


def test_an_entry_point_inside_an_f_string_is_refused() -> None:
    with pytest.raises(NotApplicable, match="f-string"):
        propose(program("def find_best(n):\n    return f'{find_best(n - 1)}' if n else ''\n"))


def test_comprehension_variables_are_renamed_in_their_scope() -> None:
    reference = (
        "def find_best(xs):\n    return [x for x in xs if x], {k: v for k, v in enumerate(xs)}, sum(x for x in xs)\n"
    )
    _, names = behaves_the_same(reference, [1, 0, 2])
    assert {"x", "k", "v", "xs"} <= set(names)


def test_a_local_named_as_the_interpreter_names_scopes_is_renamed() -> None:
    reference = "def find_best(top):\n    genexpr = sum(t for t in top)\n    return (lambda q: q + genexpr)(1)\n"
    behaves_the_same(reference, [1, 2])


def test_walrus_star_arguments_and_type_hints_are_renamed() -> None:
    reference = (
        "from typing import List\n"
        "def find_best(*rows: int, **more: int) -> List[int]:\n"
        "    kept: List[int] = []\n"
        "    if (size := len(rows)) > 1:\n        kept += rows\n    return kept + [size, *more]\n"
    )
    source, names = behaves_the_same(reference, 1, 2)
    assert {"rows", "more", "kept", "size"} <= set(names)
    assert "List" not in names
    assert f"*{names['rows']}: int, **{names['more']}: int" in source


def test_except_and_import_as_names_are_renamed_and_plain_imports_stay() -> None:
    reference = (
        "import math as m\nimport os.path\nfrom math import floor as down, ceil\n"
        "def find_best(x):\n    try:\n        return m.sqrt(x), down(x), ceil(x)\n"
        "    except ValueError as err:\n        return str(err)\n"
    )
    source, names = behaves_the_same(reference, -1)
    assert {"m", "down", "err"} <= set(names)
    assert not {"math", "os", "ceil", "floor"} & set(names)
    assert f"except ValueError as {names['err']}:" in source
    assert f"floor as {names['down']}" in source


def test_decorators_are_renamed_where_they_are_the_programs_own() -> None:
    reference = (
        "import functools\ndef twice(fn):\n"
        "    @functools.wraps(fn)\n    def inner(*a):\n        return fn(*a) * 2\n    return inner\n"
        "@twice\ndef find_best(n):\n    return n\n"
    )
    source, names = behaves_the_same(reference, 3)
    assert f"@{names['twice']}" in source
    assert "functools.wraps" in source


def test_classes_their_attributes_and_methods_keep_their_names() -> None:
    reference = (
        "class Node:\n    size = 1\n    def __init__(self, value):\n        self.value = value\n"
        "    def grow(self, amount):\n        return self.value + amount + self.size\n"
        "def find_best(value):\n    node = Node(value)\n    return node.grow(amount=2)\n"
    )
    source, names = behaves_the_same(reference, 5)
    assert not {"Node", "size", "self", "grow", "__init__", "amount"} & set(names)
    assert ".value = " in source
    assert {"node", "value"} <= set(names)


def test_keywords_at_calls_follow_the_parameters_of_the_programs_own_functions_only() -> None:
    reference = (
        "def scale(x, factor=1):\n    return x * factor\n"
        "def find_best(key):\n    return sorted([scale(k, factor=2) for k in key], key=abs), dict(factor=1)\n"
    )
    source, names = behaves_the_same(reference, [3, -1])
    assert f"{names['factor']}=2" in source
    assert "key=abs" in source
    assert "dict(factor=1)" in source


def test_a_keyword_at_a_call_that_cannot_be_followed_keeps_the_parameter() -> None:
    reference = (
        "def scale(x, factor=1):\n    return x * factor\ndef find_best(n):\n    f = scale\n    return f(n, factor=2)\n"
    )
    _, names = behaves_the_same(reference, 4)
    assert "factor" not in names


def test_unpacked_keywords_keep_all_parameters() -> None:
    reference = (
        "def scale(x, factor=1):\n    return x * factor\n"
        "def find_best(n):\n    opts = {'factor': 3}\n    return scale(n, **opts)\n"
    )
    _, names = behaves_the_same(reference, 4)
    assert not {"x", "factor", "n"} & set(names)


def test_strings_that_equal_a_name_are_left_alone() -> None:
    reference = "def find_best(word):\n    return word == 'word', 'find_best', {'word': word}['word']\n"
    source, _ = behaves_the_same(reference, "word")
    assert source.count("'word'") == 3
    assert "'find_best'" in source


def test_attributes_that_equal_a_name_are_left_alone() -> None:
    source, names = behaves_the_same("def find_best(append):\n    xs = []\n    xs.append(append)\n    return xs\n", 1)
    assert f"{names['xs']}.append({names['append']})" in source


def test_pattern_variables_stay() -> None:
    reference = (
        "def find_best(xs):\n    match xs:\n        case [first, *rest]:\n            return first, rest\n"
        "        case {'a': a, **others}:\n            return a, others\n        case last:\n            return last\n"
    )
    _, names = behaves_the_same(reference, [1, 2])
    assert not {"first", "rest", "others", "last", "a"} & set(names)


def test_a_source_with_multibyte_letters_is_cut_at_the_right_places() -> None:
    behaves_the_same("def find_best(größe):\n    é = 'ü→'; z = é + größe; return z + 'ß'\n", "x")


def test_windows_line_endings_survive() -> None:
    source, names = behaves_the_same("def find_best(n):\r\n    m = n\r\n    return m\r\n", 2)
    assert source.count("\r\n") == 3
    assert len(names) == 3


@pytest.mark.parametrize(
    ("reference", "entry", "reason"),
    [
        ("def find_best(n):\n    return locals()\n", "find_best", "variables' names"),
        ("def find_best(n) return n\n", "find_best", "does not parse"),
        ("find_best = 3\n", "find_best", "not a function"),
        ("class find_best:\n    pass\n", "find_best", "not a function"),
        ("def sum(xs):\n    return 0\n", "sum", "builtin"),
        ("def check(n):\n    return n\n", "check", "meaning of its own"),
        ("def find_best(n):\n\f    return n\n", "find_best", "line endings"),
    ],
)
def test_what_cannot_be_renamed_is_refused_with_a_reason(reference: str, entry: str, reason: str) -> None:
    with pytest.raises(NotApplicable, match=reason):
        propose(program(reference, entry))


def test_a_task_without_entry_point_is_refused() -> None:
    with pytest.raises(NotApplicable, match="no entry point"):
        propose(CodeTask("t/1", "Print.", None, "print(1)", (StdioTest(()),)))


def test_with_eval_only_the_entry_point_is_renamed() -> None:
    _, names = behaves_the_same("def find_best(a, b):\n    return eval('a + b')\n", 1, 2)
    assert set(names) == {"find_best"}


def test_a_tests_own_variables_are_untouched_even_where_the_solution_has_the_same_names() -> None:
    test = "def check(candidate):\n    total = candidate(2)\n    assert total == 2, f'{total}'\n"
    new, names = renamed(program("def find_best(n):\n    total = n\n    return total\n", test=test))
    assert isinstance(new.tests[0], CheckTest)
    assert new.tests[0].program == test
    assert "total" in names


def test_a_helper_that_the_test_uses_and_also_binds_keeps_its_name() -> None:
    test = "def check(candidate):\n    assert poly(2) == 4\n\ndef own():\n    poly = 3\n    return poly\n"
    reference = "def poly(n):\n    return n * n\ndef find_best(n):\n    return poly(n)\n"
    new, names = renamed(program(reference, test=test))
    assert "poly" not in names
    assert isinstance(new.tests[0], CheckTest)
    assert new.tests[0].program == test


def test_a_test_that_calls_helpers_and_the_solution_by_name_is_renamed() -> None:
    test = "def check(candidate):\n    assert find_best(2) == poly(2)\n    assert candidate(n=3) == 9\n"
    reference = "def poly(n):\n    return n * n\ndef find_best(n):\n    return poly(n)\n"
    new, names = renamed(program(reference, test=test))
    assert isinstance(new.tests[0], CheckTest)
    assert f"{names['find_best']}(2) == {names['poly']}(2)" in new.tests[0].program
    assert f"candidate({names['n']}=3)" in new.tests[0].program


def test_argument_sources_are_renamed_and_data_is_not() -> None:
    cases = (Case(("find_best",), "x"), Case(args_source="(wrap('wrap'),)", expected="x"))
    reference = "def wrap(s):\n    return s\ndef find_best(s):\n    return 'x'\n"
    task = replace(program(reference), tests=(CasesTest(cases),))
    new, names = renamed(task)
    assert isinstance(new.tests[0], CasesTest)
    assert new.tests[0].cases[0] == cases[0]
    assert new.tests[0].cases[1].args_source == f"({names['wrap']}('wrap'),)"


def test_a_prompt_that_ends_in_a_bare_signature_stays_a_prefix_of_the_reference() -> None:
    prompt = "def find_best(first_row):\n"
    task = CodeTask(
        "t/0", prompt, "find_best", prompt + "    return first_row\n", (CheckTest("def check(c):\n    pass\n"),)
    )
    new, names = renamed(task)
    assert new.prompt == f"def {names['find_best']}({names['first_row']}):\n"
    assert new.reference.startswith(new.prompt)


def test_a_renamed_task_can_be_renamed_again(make_task: Any) -> None:
    task = make_task('def find_best(a_b):\n    """Of a_b."""\n', "    return a_b\n", "assert candidate(1) == 1")
    once, _ = renamed(task)
    twice, names = renamed(once)
    assert set(names) == {str(once.entry_point), *propose(task).parameters["names"].values()}
    assert twice.prompt != once.prompt


@pytest.mark.parametrize(
    ("old", "new", "gate"),
    [
        ("return total", "return total + 0", "inverse_tree"),
        ("total += 1", "totel = 1", "inverse_tree"),
    ],
)
def test_the_proof_refuses_a_program_that_was_changed_on_the_way(old: str, new: str, gate: str) -> None:
    parent = program("def find_best(n):\n    total = n\n    total += 1\n    return total\n")
    candidate = propose(parent)
    names = candidate.parameters["names"]
    text = candidate.task.reference.replace(old.replace("total", names["total"]), new.replace("total", names["total"]))
    assert text != candidate.task.reference
    failed = [
        g.gate
        for g in Rename().prove(replace(candidate.task, reference=text), (parent,), candidate.parameters)
        if not g.holds
    ]
    assert gate in failed


def test_the_proof_refuses_a_use_that_was_not_renamed() -> None:
    parent = program("x = 1\ndef find_best(n):\n    return n + x\n")
    candidate = propose(parent)
    missed = candidate.task.reference.replace(f"+ {candidate.parameters['names']['x']}", "+ x")
    failed = [
        g.gate
        for g in Rename().prove(replace(candidate.task, reference=missed), (parent,), candidate.parameters)
        if not g.holds
    ]
    assert failed == ["same_scopes"]


def test_the_proof_refuses_two_names_that_became_one() -> None:
    parent = program("def find_best(a, b):\n    return a - b\n")
    names = {"find_best": "run_it", "a": "same_name", "b": "same_name"}
    task = replace(
        parent, prompt="Write run_it.", entry_point="run_it", reference="def run_it(same_name, x):\n    return 0\n"
    )
    gates = {gate.gate: gate.holds for gate in Rename().prove(task, (parent,), {"names": names})}
    assert not gates["fresh_names"]


def test_layout_and_comments_are_kept() -> None:
    source = "def find_best( a,b ):   # a, then b\n    return (a\n            - b)  # find_best\n"
    new = renamed_program(source, {"a": "aa", "find_best": "g_h"}, {"find_best": "g_h"})
    assert new == "def g_h( aa,b ):   # a, then b\n    return (aa\n            - b)  # g_h\n"
    assert ast.dump(ast.parse(new)) == ast.dump(ast.parse("def g_h(aa, b):\n    return aa - b"))


def test_a_program_with_an_invalid_escape_sequence_is_renamed_without_a_warning() -> None:
    _, names = renamed(program("def find_best(word):\n    kept = '\\d'\n    return kept\n"))
    assert set(names) == {"find_best", "kept", "word"}


@pytest.mark.parametrize("reference", ["x = " + "(" * 500 + ")" * 500, "def find_best(n):\n    return '\0'\n"])
def test_a_program_that_the_parser_cannot_take_is_refused(reference: str) -> None:
    with pytest.raises(NotApplicable, match="does not parse"):
        propose(program(reference))

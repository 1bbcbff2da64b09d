"""New evidence of an audit: other models' answers, stated types, and what words of a prompt promise."""

from __future__ import annotations

import ast
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from evalrun.benchmarks import BadInput, Case, CasesTest, CodeTask, Comparator, Suite
from evalrun.evolvers.audit import Finding, audit, read_witnesses
from evalrun.evolvers.audit.declared import fits_of
from evalrun.evolvers.audit.voices import Said, Voice, contradictions
from evalrun.evolvers.commands.audit import command
from evalrun.evolvers.protocol import Executed
from evalrun.harness.sandbox import Sandbox

PROMPT = '''def head_of(text: str, count: int = 1) -> str:
    """The first count characters of text.

    >>> head_of('abc', 2)
    'ab'
    """
'''
INPUTS: list[tuple[Any, ...]] = [("abc", 2), ("hello", 3), ("", 1), ("xy", 5), ("word", 0), ("tea", -1), ("longer", 4)]


def task_of(body: str, prompt: str = PROMPT, name: str = "head_of", inputs: Any = INPUTS, **fields: Any) -> CodeTask:
    cases = tuple(Case(tuple(args)) for args in inputs)
    return CodeTask(f"toy/{name}", prompt, name, prompt + body, (CasesTest(cases, **fields),))


# For a negative count the text promises nothing: the reference and a careless reader differ.
TASK = task_of("    return '' if count < 0 else text[:count]\n")
SLICED = "def head_of(text, count=1):\n    return text[:count]\n"
LOOPED = "def head_of(text, count=1):\n    return ''.join(text[:count])\n"
EXACT = "def head_of(text, count=1):\n    return text[: max(count, 0)]\n"
BROKEN = "def head_of(text, count=1):\n    return text[count:]\n"
CONSTANT = "def head_of(text, count=1):\n    return 'ab'\n"
ENDLESS = "def head_of(text, count=1):\n    while count == -1:\n        pass\n    return text[:count]\n"
RAISING = "def head_of(text, count=1):\n    if count < 0:\n        raise ValueError\n    return text[:count]\n"
HOSTILE = "import os\nos._exit(0)\n"


@pytest.fixture
def answers(tmp_path: Path) -> Callable[..., list[str]]:
    """Files of answers, as ``--answers`` names them."""

    def write(task: str = "toy/head_of", **programs: str) -> list[str]:
        for name, program in programs.items():
            (tmp_path / f"{name}.jsonl").write_text(json.dumps({"task_id": task, "solution": program}) + "\n")
        return [str(tmp_path / f"{name}.jsonl") for name in programs]

    return write


def audited(task: CodeTask, sandbox: Sandbox, files: list[str] | None = None) -> list[Finding]:
    """What the new checks find."""
    suite = Suite("toy", "1", (task,))
    report = audit(suite, sandbox, lambda *_: None, mutants=0, witnesses=read_witnesses(files or [], suite))
    return [each for each in report.findings if each.check in ("witnesses", "declared_type", "claims")]


def test_answers_that_agree_against_the_reference_are_told_with_the_input_that_separates_them(
    sandbox: Sandbox, answers: Callable[..., list[str]]
) -> None:
    (found,) = audited(TASK, sandbox, answers(**{"llama-7b": SLICED, "qwen-7b": LOOPED}))
    assert (found.severity, found.check) == ("warning", "witnesses")
    assert (
        "2 of 2 answers (llama-7b, qwen-7b) agree with each other against the reference on 1 of 7 inputs" in found.what
    )
    assert "head_of('tea', -1) they give 'te', the reference ''" in found.what
    assert "family" not in found.mend
    assert found.evidence["families"] == ["llama", "qwen"]


def test_relatives_that_agree_are_said_to_be_relatives(sandbox: Sandbox, answers: Callable[..., list[str]]) -> None:
    (found,) = audited(TASK, sandbox, answers(**{"gpt-4": SLICED, "chatgpt": LOOPED}))
    assert "all of the family gpt, which may share a misreading" in found.mend


@pytest.mark.parametrize(
    ("why", "programs"),
    [
        ("one of two keeps to the reference", {"a": SLICED, "b": EXACT}),
        ("two of four are no majority", {"a": SLICED, "b": LOOPED, "c": EXACT, "d": EXACT}),
        ("one breaks the example", {"a": SLICED, "b": BROKEN}),
        ("a constant says nothing", {"a": CONSTANT, "b": CONSTANT}),
        ("one is silent where they would agree", {"a": SLICED, "b": ENDLESS}),
        ("two exceptions are no value", {"a": RAISING, "b": RAISING}),
        ("one does not run at all", {"a": SLICED, "b": HOSTILE}),
        ("there is only one", {"a": SLICED}),
    ],
)
def test_no_alarm_where(
    sandbox: Sandbox, answers: Callable[..., list[str]], why: str, programs: dict[str, str]
) -> None:
    assert audited(TASK, sandbox, answers(**programs)) == [], why


def test_answers_that_agree_against_the_examples_too_speak_against_the_text(
    sandbox: Sandbox, answers: Callable[..., list[str]]
) -> None:
    (found,) = audited(TASK, sandbox, answers(a=BROKEN, b=BROKEN.replace("return", "text = str(text)\n    return")))
    assert "and against the prompt's own examples" in found.what
    assert found.evidence["against_examples"] is True


def test_a_completion_that_is_called_a_solution_is_put_after_the_prompt(
    sandbox: Sandbox, answers: Callable[..., list[str]]
) -> None:
    (found,) = audited(TASK, sandbox, answers(a=SLICED, b="    return text[:count]\n"))
    assert "2 of 2 answers (a, b)" in found.what


def test_a_witness_that_never_speaks_is_told(sandbox: Sandbox, answers: Callable[..., list[str]]) -> None:
    suite = Suite("toy", "1", (TASK,))
    witnesses = read_witnesses(answers(a=SLICED, b=HOSTILE, c="What a nice task!"), suite)
    report = audit(suite, sandbox, lambda *_: None, mutants=0, witnesses=witnesses)
    told = next(check.undecided for check in report.checks if check.name == "witnesses")
    assert [reason.split()[3] for reason in told] == ["b", "c"]


def test_types_of_sequences_numbers_and_rounding_are_no_other_reading(
    sandbox: Sandbox, answers: Callable[..., list[str]]
) -> None:
    prompt = 'def split_in(n):\n    """n in two halves, and a half of it."""\n'
    task = task_of("    return [n // 2, n - n // 2], n / 2\n", prompt, "split_in", [(n,) for n in range(6)])
    like = "def split_in(n):\n    return (n // 2, n - n // 2), n * 0.5000000001\n"
    assert audited(task, sandbox, answers("toy/split_in", a=like, b=like)) == []


def test_a_task_whose_tests_accept_several_values_is_undecided(
    sandbox: Sandbox, answers: Callable[..., list[str]]
) -> None:
    task = task_of("    return text[:count][::-1]\n", comparator=Comparator(order="multiset"))
    suite = Suite("toy", "1", (task,))
    witnesses = read_witnesses(answers(a=SLICED, b=LOOPED), suite)
    report = audit(suite, sandbox, lambda *_: None, mutants=0, witnesses=witnesses)
    assert next(c.undecided for c in report.checks if c.name == "witnesses") == {"several values are right": 1}


ROOT_PROMPT = 'def whole_root(n):\n    """A whole number whose square is n, or None if there is none."""\n'
ROOT_ORACLE = (
    "def accept(args, got, expected):\n"
    "    if expected is None or got is None:\n        return got is None and expected is None\n"
    "    return type(got) is int and got * got == args[0]\n"
)


def test_an_answer_that_finds_what_the_reference_misses_is_proof_by_the_tasks_own_oracle(
    sandbox: Sandbox, answers: Callable[..., list[str]]
) -> None:
    body = "    return next((k for k in range(1, 5) if k * k == n), None)\n"
    numbers = [(n,) for n in (1, 2, 4, 9, 10, 25, 49)]
    task = task_of(body, ROOT_PROMPT, "whole_root", numbers, oracle=ROOT_ORACLE)
    right = "def whole_root(n):\n    return next((-k for k in range(n + 1) if k * k == n), None)\n"
    wrong = "def whole_root(n):\n    return 3\n"
    (found,) = audited(task, sandbox, answers("toy/whole_root", finder=right, guesser=wrong))
    assert "the reference gives None on 2 inputs" in found.what
    assert "-5 (finder) for whole_root(25)" in found.what
    assert found.evidence["names"] == ["finder"]


def test_values_and_inputs_that_the_signature_forbids_are_found(sandbox: Sandbox) -> None:
    prompt = 'def whole_ones(values: list[int]) -> list[int]:\n    """The whole numbers among values."""\n'
    inputs = [([1, 2],), ([True, 3],), ([1.5, 2],), ([],), ([7],)]
    body = "    return [value for value in values if isinstance(value, int)]\n"
    found = audited(task_of(body, prompt, "whole_ones", inputs), sandbox)
    assert [each.severity for each in found] == ["warning", "note"]
    assert "the signature says list[int], and for 1 of 5 inputs" in found[0].what
    assert "[True, 3] for whole_ones([True, 3])" in found[0].what
    assert "values: list[int], and 2 of 5 inputs are something else, such as [1.5, 2]" in found[1].what


def test_a_value_of_the_stated_type_and_a_default_of_none_are_no_finding(sandbox: Sandbox) -> None:
    prompt = 'def padded(text: str, width: int = None) -> str:\n    """text, filled up with spaces to width."""\n'
    body = "    return text if width is None else text.ljust(width)\n"
    task = task_of(body, prompt, "padded", [("a", 3), ("b", None), ("cd", 1), ("ef", 6)])
    assert audited(task, sandbox) == []


@pytest.mark.parametrize(
    ("annotation", "fits", "does_not"),
    [
        ("int", [0, -3], [True, 1.0, "1", None]),
        ("float", [1.5, 2], [True, "1"]),
        ("bool", [True], [1, None]),
        ("Optional[int]", [None, 3], ["3"]),
        ("int | None", [None, 3], ["3", False]),
        ("Union[List[int], str]", [[1], [], "x"], [[True], [1.0], None]),
        ("typing.List[str]", [["a"], []], ["a", ["a", 1], ("a",)]),
        ("Tuple[int, str]", [(1, "a")], [(1,), ("a", 1), [1, "a"]]),
        ("tuple[int, ...]", [(), (1, 2)], [(1, "a"), [1]]),
        ("Dict[str, List[int]]", [{}, {"a": [1]}], [{"a": 1}, {1: [1]}, []]),
        ("'list[int]'", [[1]], [["a"]]),
        ("None", [None], [0]),
        ("Callable[[int], int]", [3, None, "x"], []),
        ("Any", [3, None], []),
        ("Literal['a', 'b']", ["c", 1], []),
        ("numpy.ndarray", [1], []),
        ("1 + 'broken", [1], []),
    ],
)
def test_an_annotation_allows_what_a_reader_expects(annotation: str, fits: list[Any], does_not: list[Any]) -> None:
    try:
        node = ast.parse(annotation, mode="eval").body
    except SyntaxError:
        node = ast.Constant(annotation)
    check = fits_of(node)
    assert [value for value in fits if not check(value)] == []
    assert [value for value in does_not if check(value)] == []


SPACES = 'def squeezed(text: str) -> str:\n    """text without its white space."""\n'
ANY_CASE = 'def same_word(a: str, b: str) -> bool:\n    """Whether a is b, ignoring case."""\n'


WORD_PAIRS = [("ab", "AB"), ("a", "b"), ("x", "x")]
SPACED = [("a b",), ("ab",), (" ",), ("c d e",)]


@pytest.mark.parametrize(
    ("prompt", "name", "body", "inputs", "says"),
    [
        (SPACES, "squeezed", "    return text.replace(' ', '')\n", SPACED, "with a tab"),
        (SPACES, "squeezed", "    return ''.join(text.split())\n", SPACED, ""),
        (SPACES, "squeezed", "    return text.replace(' ', '').replace('\\t', '')\n", [("a b",), ("ab",)], "line end"),
        (
            ANY_CASE, "same_word", "    return a == b.lower()\n", WORD_PAIRS, "other case",
        ),
        (ANY_CASE, "same_word", "    return a.lower() == b.lower()\n", WORD_PAIRS, ""),
        (
            SPACES.replace("white space", "spaces"), "squeezed", "    return text.replace(' ', '')\n", SPACED, "",
        ),
    ],
)  # fmt: skip
def test_what_words_promise_of_related_inputs_is_tried(
    sandbox: Sandbox, prompt: str, name: str, body: str, inputs: Any, says: str
) -> None:
    found = [each for each in audited(task_of(body, prompt, name, inputs), sandbox) if each.check == "claims"]
    assert len(found) == bool(says)
    assert all(says in each.what for each in found)


def test_voices_of_which_more_than_half_agree_contradict() -> None:
    rows = [Executed((1,), 10), Executed((2,), 20), Executed((3,), None, "ValueError")]

    def voice(name: str, *values: Any) -> Voice:
        return Voice(name, name, tuple(Said(value) for value in values), True)

    voices = [voice("a", 10, 21, 1), voice("b", 11, 21, 1), voice("c", 11, 20, 1)]
    assert [(each.row.args, each.value, each.names) for each in contradictions(rows, voices)] == [
        ((1,), 11, ("b", "c")),
        ((2,), 21, ("a", "b")),
    ]
    assert contradictions(rows, [*voices, voice("d", 10, 20, 1)]) == []


@pytest.mark.parametrize(
    ("references", "says"),
    [(["nowhere.jsonl"], "no such file"), (["a={file}", "a={file}"], "two files are called 'a'")],
)
def test_answers_that_cannot_be_used_are_told(
    answers: Callable[..., list[str]], references: list[str], says: str
) -> None:
    (file,) = answers(one=SLICED)
    with pytest.raises(BadInput, match=says):
        read_witnesses([each.replace("{file}", file) for each in references], Suite("toy", "1", (TASK,)))


def test_files_that_are_called_alike_take_the_names_of_their_folders(tmp_path: Path) -> None:
    for model in ("alpha", "beta"):
        (tmp_path / model).mkdir()
        row = {"task_id": "toy/head_of", "solution": SLICED}
        (tmp_path / model / "toy.jsonl").write_text(json.dumps(row) + "\n")
    files = [str(tmp_path / model / "toy.jsonl") for model in ("alpha", "beta")]
    assert [each.name for each in read_witnesses(files, Suite("toy", "1", (TASK,)))] == ["alpha", "beta"]


LISTED = {
    "1": "witnesses",
    "3": "declared_type",
    "14": "witnesses",
    "22": "declared_type",
    "23": "claims",
    "32": "witnesses",
}


@pytest.mark.slow
@pytest.mark.docker
def test_the_tasks_of_evoevals_difficult_set_that_people_found_faulty_are_found(
    shared_data: Path, tmp_path: Path
) -> None:
    """The six that a reader of its first thirty reported; docs/evolvers.md says by what each is found."""
    problems, solutions = shared_data / "evoeval_problems", shared_data / "evoeval_solutions"
    answers = [f"{model}={solutions / model / 'EvoEval_difficult.jsonl.gz'}" for model in ("gpt-4", "chatgpt")]
    output = tmp_path / "findings.json"
    arguments = [str(problems / "EvoEval_difficult.jsonl.gz"), "--mutants", "0", "--json", str(output)]
    for number in LISTED:
        arguments += ["--tasks", f"EvoEval_difficult/{number}"]
    for each in answers:
        arguments += ["--answers", each]
    result = CliRunner().invoke(command, [*arguments, "--sandbox", "docker"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    told = {(each["task"], each["check"]) for each in json.loads(output.read_text())["findings"]}
    for number, check in LISTED.items():
        assert (f"EvoEval_difficult/{number}", check) in told


def test_a_program_that_no_sandbox_could_take_in_is_no_answer_and_ends_no_audit(
    sandbox: Sandbox, answers: Callable[..., list[str]], tmp_path: Path
) -> None:
    bomb = gzip.compress(json.dumps({"task_id": "toy/head_of", "solution": SLICED + "#" * 40_000_000}).encode())
    assert len(bomb) < 100_000
    (tmp_path / "c.jsonl").write_bytes(bomb)
    suite = Suite("toy", "1", (TASK,))
    files = [*answers(a=SLICED, b=LOOPED), str(tmp_path / "c.jsonl")]
    assert [len(each.programs) for each in read_witnesses(files, suite)] == [1, 1, 0]
    (found,) = audited(TASK, sandbox, files)
    assert "2 of 2 answers (a, b)" in found.what


@pytest.mark.parametrize(
    "row",
    [
        {"task_id": ["toy/head_of"], "solution": SLICED},
        {"task_id": {"a": 1}, "solution": SLICED},
        {"task_id": "toy/head_of", "solution": 3},
        {"task_id": "toy/head_of", "solution": [SLICED]},
        {"task_id": "toy/head_of"},
        {"solution": SLICED},
        {"task_id": "nope\x1b[2J\u202e", "solution": SLICED},
    ],
)
def test_answers_of_another_shape_are_refused_in_one_plain_line(row: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(BadInput) as caught:
        read_witnesses([str(tmp_path / "x.jsonl")], Suite("toy", "1", (TASK,)))
    assert all(letter.isprintable() for letter in str(caught.value))


@pytest.mark.sandbox
@pytest.mark.parametrize(
    "attack",
    {
        "ends": "import os\nos._exit(0)\n",
        "talks": "import os\nfor n in range(1, 30):\n    try:\n        os.write(n, b'{\"ok\": 1}\\n' * 99)\n"
        "    except OSError:\n        pass\ndef head_of(text, count=1):\n    return text[:count]\n",
        "equals everything": "class All(str):\n    def __eq__(self, other):\n        return True\n"
        "    __hash__ = str.__hash__\ndef head_of(text, count=1):\n    return All(str(count))\n",
        "nests": "def head_of(text, count=1):\n    found = []\n    for _ in range(100000):\n        found = [found]\n"
        "    return found\n",
        "is in itself": "def head_of(text, count=1):\n    found = []\n    found.append(found)\n    return found\n",
        "is long": "def head_of(text, count=1):\n    return 'x' * 50_000_000\n",
        "is a long number": "def head_of(text, count=1):\n    return 10**20000 + count\n",
        "cannot be parsed": "(" * 200_000,
        "nests in its text": "def head_of(text, count=1):\n    return " + "-" * 50_000 + "1\n",
        "holds a surrogate": "def head_of(text, count=1):\n    return '\ud800'\n",
    }.items(),
    ids=lambda pair: pair[0],
)
def test_an_answer_that_attacks_leaves_the_others_witness_what_they_would(
    attack: tuple[str, str], sandbox: Sandbox, answers: Callable[..., list[str]]
) -> None:
    (found,) = audited(TASK, sandbox, answers(a=SLICED, b=LOOPED, c=attack[1]))
    assert "answers (a, b) agree with each other against the reference on 1 of 7 inputs" in found.what

"""An audit finds every planted fault, finds nothing in sound tasks, and no bad task ends it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalrun.benchmarks import Case, CasesTest, CheckTest, CodeTask, Suite
from evalrun.benchmarks.formats.lenient import load_leniently
from evalrun.evolvers.audit import Report, audit
from evalrun.evolvers.pipeline import silent
from evalrun.evolvers.truth import agreement, examples_of
from evalrun.harness.cli import main
from evalrun.harness.sandbox import Sandbox

PAIRS = ((1, 2), (3, 5), (8, 1), (0, 7), (2, 2))
ADD = "def add(a, b):\n    return a + b\n"


def task(
    name: str, reference: str, *rows: tuple[tuple[object, ...], object], prompt: str = "", entry: str = ""
) -> CodeTask:
    entry = entry or reference.split("def ")[1].split("(")[0]
    text = (
        prompt or f'def {entry}({reference.split("(")[1].split(")")[0]}):\n    """{name} of the arguments given."""\n'
    )
    return CodeTask(f"planted/{name}", text, entry, reference, (CasesTest(tuple(Case(a, e) for a, e in rows)),))


SUMS = [((a, b), a + b) for a, b in PAIRS]
PLANTED = Suite(
    "planted",
    "1",
    (
        task("sound", ADD, *SUMS),
        task("wrong", "def subtract(a, b):\n    return a + b\n", ((3, 1), 2)),
        task("broken", "def f(:\n", ((1,), 1), prompt="def f(a):\n", entry="f"),
        task("stale", "def inc(a):\n    return a + 1\n", *[((n,), n + 1) for n in range(5)],
             prompt='def inc(a):\n    """One more.\n    >>> inc(3)\n    5\n    >>> inc(4)\n    5\n    """\n'),
        task("stateful", "seen = []\ndef count(a):\n    seen.append(a)\n    return len(seen)\n",
             *[((n,), n + 1) for n in range(4)]),
        task("mutating", "def last(a):\n    a.append(0)\n    return len(a)\n",
             *[((list(range(n)),), n + 1) for n in range(5)]),
        task("clock", "import time\ndef now(a):\n    time.time()\n    return a\n", *[((n,), n) for n in range(5)]),
        task("chance", "from random import shuffle\ndef mix(a):\n    shuffle([])\n    return a + 7\n",
             *[((n,), n + 7) for n in range(5)]),
        task("renamed", "def f(a):\n    return a\n", ((1,), 1), prompt="def g(a):\n", entry="g"),
        task("signature", "def neg(a):\n    return -a\n", *[((n,), -n) for n in range(5)],
             prompt='def neg(x):\n    """Minus x."""\n'),
        task("twin", "def plus(x, y):\n    total = x\n    total += y\n    return total\n", *SUMS),
        task("constant", "def zero(a):\n    return a * 0\n", *[((n,), 0) for n in range(6)]),
        task("weak", "def big(a):\n    return 1 if a > 10 and a < 99 or a == 300 else 0\n", ((20,), 1), ((5,), 0)),
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def report(sandbox: Sandbox) -> Report:
    public = Suite("public", "1", PLANTED.tasks[3:4])
    return audit(PLANTED, sandbox, silent, mutants=8, public=[public])


@pytest.mark.parametrize(
    ("name", "check", "severity"),
    [
        ("wrong", "passes", "error"),
        ("broken", "parse", "error"),
        ("stale", "examples", "error"),
        ("stateful", "deterministic", "error"),
        ("mutating", "arguments_kept", "warning"),
        ("clock", "imports", "error"),
        ("chance", "imports", "error"),
        ("renamed", "entry_point", "error"),
        ("signature", "entry_point", "error"),
        ("twin", "duplicates", "warning"),
        ("constant", "varied", "warning"),
        ("weak", "mutation", "warning"),
        ("weak", "enough_tests", "warning"),
        ("stale", "public", "warning"),
    ],
)
def test_every_planted_fault_is_found(report: Report, name: str, check: str, severity: str) -> None:
    found = [each for each in report.findings if (each.task, each.check) == (f"planted/{name}", check)]
    assert [each.severity for each in found] == [severity]


def test_a_sound_task_gives_no_finding_and_figures(report: Report) -> None:
    assert [each for each in report.findings if each.task == "planted/sound"] == []
    figures = report.figures["planted/sound"]
    assert figures["inputs"] == 5
    assert figures["mutants"] == figures["killed"] > 0


def test_only_the_untrue_example_is_told(report: Report) -> None:
    (told,) = [each for each in report.findings if each.check == "examples"]
    assert "inc(3) gives 5, it gives 4" in told.what


def test_an_example_with_escapes_is_read_as_its_docstring_means_it(sandbox: Sandbox) -> None:
    shown = '    >>> tail(b"\\\\x01\\\\x02")\n    b"\\\\x02"\n'
    prompt = f'def tail(data: bytes) -> bytes:\n    """The last byte.\n\n{shown}    """\n'
    one = task("tail", "def tail(data):\n    return data[-1:]\n", ((b"ab",), b"b"), prompt=prompt)
    found = audit(Suite("planted", "1", (one,)), sandbox, silent, mutants=0)
    assert not [each for each in found.findings if each.check == "examples"]
    read = examples_of(one).examples
    assert [(each.arguments(), each.value) for each in read] == [((b"\x01\x02",), b"\x02")]


def test_no_example_of_the_built_in_suite_is_contradicted() -> None:
    for each in Suite.load("core"):
        if each.entry_point is not None and not each.entry_point.startswith("_"):
            scope: dict[str, object] = {}
            exec(each.reference, scope)  # the project's own programs
            for example in examples_of(each).examples:
                if example.plain:
                    given = scope[each.entry_point](*example.arguments())  # type: ignore[operator]
                    assert agreement(given, example.value) != "different", (each.id, example.call)


def test_a_reference_that_depends_on_the_hash_seed_is_found(sandbox: Sandbox) -> None:
    source = "def pick(a):\n    return ''.join({w for w in a}) if len(a) < 9 else ''\n"
    loop = "for n in range(1, 9):\n        assert len(candidate(['ab'] + list('cdefghi')[:n])) > 1\n"
    check = f"def check(candidate):\n    {loop}"
    one = CodeTask("x/0", 'def pick(a):\n    """Any order."""\n', "pick", source, (CheckTest(check),))
    found = audit(Suite("x", "1", (one,)), sandbox, silent, mutants=0)
    assert [each.check for each in found.findings if each.severity == "error"] == ["deterministic"]


def test_the_verb_tells_bad_rows_and_ends_with_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.jsonl"
    row = {"task_id": "H/0", "prompt": 'def f(x):\n    """\x1b[31mx."""\n', "entry_point": "f",
           "canonical_solution": "    return x\n",
           "test": "def check(candidate):\n    assert candidate(1) == 1\n"}  # fmt: skip
    lines = [json.dumps(row), "{not json", json.dumps({**row, "task_id": "H/1", "entry_point": 5}), json.dumps(row)]
    path.write_text("\n".join(lines) + "\n")
    output = tmp_path / "found.json"
    assert main(["audit", str(path), "--sandbox", "process", "--mutants", "0", "--json", str(output)]) == 3
    told = capsys.readouterr()
    assert "line 2: not a JSON object" in told.out
    assert "line 3: the field 'entry_point' must be" in told.out
    assert "H/0' occurred in line 1 already" in told.out
    assert "\x1b" not in told.out + told.err
    found = json.loads(output.read_text())
    assert found["tasks"] == 1
    assert found["counts"]["error"] == 3


def test_the_verb_ends_with_0_without_errors_and_with_2_on_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Suite("good", "1", PLANTED.tasks[:1]).save(tmp_path / "good")
    assert main(["audit", str(tmp_path / "good"), "--sandbox", "process", "--mutants", "3"]) == 0
    assert main(["audit", str(tmp_path / "nowhere")]) == 2
    (tmp_path / "empty.jsonl").write_text("")
    assert main(["audit", str(tmp_path / "empty.jsonl")]) == 2
    assert main(["audit", "core", "--json", str(tmp_path / "no" / "way.json")]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_changed_suite_folder_is_told_and_read_all_the_same(tmp_path: Path) -> None:
    Suite("good", "1", PLANTED.tasks[:2]).save(tmp_path / "good")
    path = tmp_path / "good" / "tasks.jsonl"
    path.write_text(path.read_text().replace("a + b", "b + a", 1))
    suite, bad = load_leniently(str(tmp_path / "good"))
    assert len(suite) == 2
    assert "task 'planted/sound' was changed" in bad[0].problem

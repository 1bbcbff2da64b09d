"""Every kind of test in sandboxes that isolate: test files, arrays and frames, what numpy costs."""

# ruff: noqa: E501
# Programs are easier to read on one line than cut in pieces.

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pytest

from evalrun.benchmarks import Case, CasesTest, CheckTest, CodeTask, ModuleTest
from evalrun.harness.sandbox import CallsJob, open_sandbox
from evalrun.harness.sandbox.pool import SandboxPool
from evalrun.harness.scoring import score_one

pytestmark = pytest.mark.slow


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("docker", marks=pytest.mark.docker),
        pytest.param("bwrap", marks=pytest.mark.bwrap),
    ],
)
def sandbox(request: pytest.FixtureRequest, require: Callable[[str], None]) -> Iterator[SandboxPool]:
    """A sandbox with numpy, pandas and pytest in it."""
    require(request.param)
    with open_sandbox(request.param, workers=1, requires=["numpy", "pandas", "pytest"]) as opened:
        yield opened


def task(*tests: CasesTest | CheckTest | ModuleTest, entry: str | None = "f", reference: str = "") -> CodeTask:
    """A task with these tests."""
    return CodeTask("t/1", "", entry, reference, tests)


FRAME = pd.DataFrame({"k": ["a", "b", "a"], "v": [1.0, 2.0, 4.0]})
TOTALS = pd.DataFrame({"v": [5.0, 2.0]}, index=pd.Index(["a", "b"], name="k"))
GROUPED = "import pandas as pd\ndef f(frame):\n    return frame.groupby('k').sum()\n"


def test_frames_are_taken_and_returned(sandbox: SandboxPool) -> None:
    made = task(CasesTest((Case((FRAME,), TOTALS),)))
    assert score_one(made, GROUPED, sandbox).verdict == "pass"
    assert score_one(made, GROUPED.replace("sum", "mean"), sandbox).verdict == "wrong"
    assert score_one(made, GROUPED.replace(".sum()", ".sum().to_dict()"), sandbox).verdict == "wrong"


def test_an_oracle_sees_arrays(sandbox: SandboxPool) -> None:
    oracle = "def accept(args, got, expected):\n    return got.shape == expected.shape and bool((got >= args[0].max()).all())\n"
    made = task(CasesTest((Case((np.array([1, 5, 3]),), np.zeros(2)),), oracle=oracle))
    source = "import numpy as np\ndef f(a):\n    return np.full({}, a.max())\n"
    assert score_one(made, source.format(2), sandbox).verdict == "pass"
    assert score_one(made, source.format(3), sandbox).verdict == "wrong"
    liar = "class Liar:\n    shape = (2,)\n    def __ge__(self, other): return self\n    def all(self): return True\ndef f(a): return Liar()\n"
    assert score_one(made, liar, sandbox).verdict == "error"


def test_a_check_program_compares_arrays_and_sees_what_was_changed_in_place(sandbox: SandboxPool) -> None:
    program = (
        "import numpy as np\ndef check(candidate):\n    a = np.array([3, 1, 2])\n    assert candidate(a) is None\n"
        "    np.testing.assert_array_equal(a, [1, 2, 3])\n"
    )
    made = task(CheckTest(program))
    assert score_one(made, "def f(a):\n    a.sort()\n", sandbox).verdict == "pass"
    assert score_one(made, "def f(a):\n    pass\n", sandbox).verdict == "wrong"


@pytest.mark.parametrize("returned", ["np.zeros((3000, 1))", "np.array([])", "np.array(['x'])", "np.zeros(3)"])
def test_arrays_are_never_broadcast_against_what_a_plain_assertion_expects(returned: str, sandbox: SandboxPool) -> None:
    made = task(CheckTest(f"def check(candidate):\n    assert candidate(1) == {list(range(3000))}\n"))
    found = score_one(made, f"import numpy as np\ndef f(n): return {returned}", sandbox)
    assert found.verdict in ("wrong", "error")


def test_imports_cost_the_first_job_only_and_one_thread_does_the_work(sandbox: SandboxPool) -> None:
    source = (
        "import os, time\nbegun = time.perf_counter()\nimport numpy as np\nimport pandas as pd\n"
        "took = time.perf_counter() - begun\n"
        "def f(n):\n    a = np.ones((200, 200)) @ np.ones((200, 200))\n"
        "    return took, len(os.listdir('/proc/self/task')), float(a[0, 0])\n"
    )
    for attempt in range(3):
        outcome = sandbox.submit(CallsJob(source, "f", ((1,),))).result()
        took, threads, product = outcome.calls[0].value
        assert (outcome.status, threads, product) == ("ok", 1, 200.0)
        assert took < 0.05, (attempt, took)  # the zygote has imported them before it forks
        assert outcome.cpu_s < 0.5


def test_what_a_job_writes_to_shared_memory_is_its_own(sandbox: SandboxPool) -> None:
    source = (
        "import numpy as np\ndef f(n):\n    before = getattr(np, 'mark', None), np.core_mark if hasattr(np, 'core_mark') else None\n"
        "    np.mark = n\n    np.core_mark = n\n    return before\n"
    )
    for number in range(3):
        assert sandbox.submit(CallsJob(source, "f", ((number,),))).result().calls[0].value == (None, None)


def test_jobs_share_the_memory_of_their_zygote(sandbox: SandboxPool) -> None:
    source = (
        "import numpy\nimport pandas\ndef f(n):\n    rows = [line.split() for line in open('/proc/self/smaps_rollup')]\n"
        "    sizes = {row[0]: int(row[1]) for row in rows if row[-1] == 'kB'}\n"
        "    return sizes['Rss:'], sizes['Private_Dirty:']\n"
    )
    resident, private = sandbox.submit(CallsJob(source, "f", ((1,),))).result().calls[0].value
    assert private < resident / 4, (resident, private)


STACK = """
class StackError(Exception):
    pass
class Stack:
    def __init__(self): self.items = []
    def push(self, item): self.items.append(item)
    def pop(self):
        if not self.items: raise StackError('empty')
        return self.items.pop()
    def __len__(self): return len(self.items)
"""
UNITTEST = """
import unittest
from solution import Stack, StackError
class TestStack(unittest.TestCase):
    def test_it(self):
        stack = Stack()
        stack.push('7f3a-kinds')
        self.assertEqual(len(stack), 1)
        self.assertEqual(stack.pop(), '7f3a-kinds')
        with self.assertRaisesRegex(StackError, '^empty$'):
            stack.pop()
"""
PYTEST = """
import pytest
from solution import Stack, StackError
@pytest.fixture
def stack(tmp_path_factory):
    return Stack()
@pytest.mark.parametrize('item', [1, 'x', None])
def test_it(stack, item):
    stack.push(item)
    assert stack.pop() == item
    with pytest.raises(StackError, match='empty'):
        stack.pop()
"""


@pytest.mark.parametrize("program", [UNITTEST, PYTEST], ids=["unittest", "pytest"])
def test_a_test_file_judges_a_class_behind_the_border(program: str, sandbox: SandboxPool) -> None:
    made = task(ModuleTest(program), entry=None, reference=STACK)
    right = score_one(made, STACK, sandbox)
    assert (right.verdict, right.shielded) == ("pass", True), right
    assert score_one(made, STACK.replace("self.items.pop()", "self.items[0] and None"), sandbox).verdict == "wrong"
    assert score_one(made, STACK.replace("raise StackError('empty')", "return None"), sandbox).verdict == "wrong"


@pytest.mark.parametrize("program", [UNITTEST, PYTEST], ids=["unittest", "pytest"])
@pytest.mark.parametrize(
    "forger",
    [
        "import os\nos._exit(0)\n",
        "import unittest, sys\nunittest.TestCase.run = lambda self, result=None: result\nsys.exit(0)\n",
        "class Liar:\n    def __getattr__(self, name): return self\n    def __call__(self, *a, **k): return self\n"
        "    def __eq__(self, other): return True\n    def __len__(self): return 1\nStack = Liar()\nclass StackError(Exception): pass\n",
        "import os\nfor name in ('/tmp', '/judge/home'):\n    try:\n        found = os.listdir(name)\n"
        "    except OSError:\n        continue\n    for one in found: raise RuntimeError(one)\n"
        + STACK.replace("return self.items.pop()", "return None"),
    ],
    ids=["exit", "patches unittest", "liar", "looks for files"],
)
def test_an_answer_forges_nothing_and_finds_no_file_of_the_test(
    program: str, forger: str, sandbox: SandboxPool
) -> None:
    found = score_one(task(ModuleTest(program), entry=None, reference=STACK), forger, sandbox)
    assert found.verdict in ("wrong", "error"), found
    assert found.shielded
    assert "RuntimeError" not in found.detail


def test_the_host_s_own_environment_is_not_changed() -> None:
    assert "PYTEST_DISABLE_PLUGIN_AUTOLOAD" not in os.environ

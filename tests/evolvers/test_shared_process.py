"""Which programs may share a process: those that leave nothing behind which another could meet."""

from __future__ import annotations

import ast
from dataclasses import replace
from decimal import Decimal

import pytest

from evalrun.evolvers.prover import Trial, guest, run_trials, trials
from evalrun.evolvers.prover.guest import _NONE, _SOME, _STORES, Batch, _stores_in_own_objects, _trace_of
from evalrun.evolvers.prover.rows import Fuel
from evalrun.harness.sandbox import Sandbox

STREAM = """class Stream:
    def __init__(self, least, most=9):
        self.least = least
        self.seen = []

    def add(self, item):
        self.seen.append(item)
        self.least = min(self.least, item)

    def result(self):
        return self.least, self.seen
"""
DRIVER = """def drive(*events):
    stream = Stream(5)
    for name, item in events:
        getattr(stream, name)(item)
    return stream.result()
"""


def trace(source: str) -> int:
    return _trace_of(compile(source, "program", "exec"), source)


def own(*parts: str) -> bool:
    return _stores_in_own_objects([ast.parse(part) for part in parts])


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import json\ndef f(x):\n    return json.dumps(x)\n", _NONE),
        ("from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int\n", _NONE),
        ("import json\njson.dumps.__annotations__['x'] = 1\n", _SOME),
        ("from json import codecs\ncodecs.register(f)\n", _SOME),
        ("import json\njson.codecs.register(f)\n", _SOME),
        ("import random\n", _SOME),
        ("import json\njson.loads = 1\n", _STORES),
        (STREAM, _STORES),
        ("class A:\n    def f(self):\n        self.__class__.x = 1\n", _SOME),
        ("class A:\n    def f(self):\n        del self.x\n", _SOME),
    ],
)
def test_what_a_program_may_leave_behind(source: str, expected: int) -> None:
    assert trace(source) == expected


def test_a_class_whose_methods_store_in_their_own_object_leaves_nothing() -> None:
    assert own(STREAM, DRIVER)


@pytest.mark.parametrize(
    "leak",
    [
        "import json\nStream.add(json, 1)\n",  # a method called for a module
        "import json\nmake = Stream\nmake.add(json, 1)\n",
        "import json\nfor each in [Stream]:\n    each.add(json, 1)\n",
        "import json\ntype(Stream(1)).add(json, 1)\n",
        "import json\ngetattr(Stream(1).add, '__func__')(json, 1)\n",
        "class Other(Stream):\n    pass\n",
        "import json\nclass Other:\n    def f(self, it):\n        it.x = 1\nOther().f(json)\n",
        "import json\nclass Other:\n    def f(self):\n        self = json\n        self.x = 1\n",
        "import json\nclass Other:\n    def f(self):\n        for self in [json]:\n            self.x = 1\n",
        "import json\nclass Other:\n    def f(self):\n        (lambda self: [self])(json)\n",
        "import json\nclass Other:\n    def f(self):\n        (self if self.a else json).x = 1\n",
        "import json\nclass Other:\n    def f(self):\n        self.a.x = 1\n",
        "import json\nclass Other:\n    def f(self):\n        self.x, json.x = 1, 2\n",
        "import json\nclass Other:\n    def f(self):\n        with open('') as json.x:\n            pass\n",
        "class Other:\n    def f(self):\n        self.x = 1\n    def g(self, f=f):\n        return f\n",
        "class Other:\n    def f(self):\n        self.x = 1\n    g = f\n",
        "class Other:\n    @staticmethod\n    def f(self):\n        self.x = 1\n",
        "class Other:\n    def f(*self):\n        self.x = 1\n",
        "class Other:\n    def f(self):\n        self.x = 1\n    def g(self) -> f:\n        pass\n",
        "@keep\nclass Other:\n    def f(self):\n        self.x = 1\n",
        "class Other:\n    def f(self):\n        class Stream:\n            def g(it):\n                it.x = 1\n",
        "import json\ndef f(x):\n    x.y = 1\nf(json)\n",
        "import json as Stream\n",
        "def Stream(x):\n    return x\n",
    ],
)
def test_nothing_is_said_for_a_program_that_could_store_elsewhere(leak: str) -> None:
    assert not own(STREAM, DRIVER, leak)
    assert not own(STREAM + DRIVER + leak)


def test_mutants_that_store_have_a_process_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guest, "Fuel", Fuel, raising=False)  # in a job they stand in one namespace
    sources = [STREAM, DRIVER]
    batch = Batch({"sources": sources, "ticked": [], "calls": [], "rows": "", "seeds": ()}, None)
    trial = {"observed_mutants": [], "checks": [], "program": [0, 1], "witness": None, "others": [], "mutants": []}
    assert batch.leaves_nothing(trial)
    assert not batch.leaves_nothing({**trial, "mutants": [[[0, 1]]]})


def test_a_program_that_ends_the_process_spoils_no_other_trial(sandbox: Sandbox) -> None:
    ends = Trial(("def f(x):\n    raise SystemExit\n",), "f", ((1,),))
    stays = Trial(("def g(x):\n    return x + 1\n",), "g", ((1,),))
    ((first, second, third),) = run_trials([[stays, ends, stays]], sandbox)
    assert [row.returns for row in first.rows] == [row.returns for row in third.rows] == [2]
    assert second.problem == "it ended the process"


def test_a_trial_that_fails_is_not_gone_on_with(sandbox: Sandbox) -> None:
    program = ("def f(x):\n    return x * 2\n",)
    same, other = ("def f(x):\n    return x + x\n",), ("def f(x):\n    return x * 3\n",)
    trial = Trial(program, "f", ((1,), (2,), (3,)), witness=program, seeded=True, mutants=((other, same, other),))
    ((whole, stopped, kept, wrong),) = run_trials(
        [
            [
                trial,
                replace(trial, least=(0.9,)),
                replace(trial, least=(0.6,)),
                replace(trial, least=(0.6,), witness=other),
            ]
        ],
        sandbox,
    )
    assert (len(whole.kills[0]), whole.fails, whole.seeds) == (3, False, 2)
    assert (len(stopped.kills[0]), stopped.fails) == (2, True)
    assert (len(kept.kills[0]), kept.fails, kept.seeds) == (3, False, 2)
    assert (wrong.kills, wrong.fails) == (((),), True)


def test_a_job_in_another_python_compiles_the_proofs_itself(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = trials._texts()
    monkeypatch.setattr(trials, "_texts", lambda: {**texts, "magic": b"another", "compiled": b"", "compiled_rows": b""})
    ((result,),) = run_trials([[Trial(("def f(x):\n    return x + 1\n",), "f", ((1,),), seeded=True)]], sandbox)
    assert [row.returns for row in result.rows] == [2]
    assert result.seeds == len(trials.SEEDS)


def test_values_that_cannot_be_handed_on_leave_other_trials_their_interpreters(sandbox: Sandbox) -> None:
    plain = Trial(("def f(x):\n    return x\n",), "f", ((1,),), seeded=True)
    decimal = Trial(("def f(x):\n    return x\n",), "f", ((Decimal(1),),), seeded=True)
    ((first, second),) = run_trials([[plain, decimal]], sandbox)
    assert (first.seeds, second.seeds) == (len(trials.SEEDS), None)

"""What a program looks at beside its arguments is read off its text, also where no name says it."""

import pytest

from evalrun.evolvers.purity import varies_by_itself


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("from random import *\nx = randint(0, 1)", "the reference depends on chance"),
        ("x = __import__('random').random()", "the reference depends on chance"),
        ("import importlib\nx = importlib.import_module('time').time()", "the reference depends on the clock"),
        ("import os\nx = os.urandom(1)", "the reference depends on chance"),
        ("from os import urandom as u\nx = u(1)", "the reference depends on chance"),
        ("from datetime import datetime as d\nx = getattr(d, 'now')()", "the reference depends on the clock"),
        ("import time as t\nx = getattr(t, 'ti' + 'me')()", "the reference depends on the clock"),
        ("import sys\nsys.modules['math'] = None", "the reference depends on the interpreter"),
        ("import builtins\nbuiltins.len = max", "the reference depends on the interpreter"),
        ("__builtins__['len'] = max", "the reference depends on the interpreter"),
        ("import sys\nsys.setrecursionlimit(5000)\nx = getattr([], 'append')", None),
        ("from math import *\nimport os\nx = os.path.join('a', 'b') + __import__('json').dumps(1)", None),
    ],
)
def test_clock_chance_and_interpreter_are_found_behind_stars_texts_and_getattr(program: str, why: str | None) -> None:
    assert varies_by_itself(program) == why

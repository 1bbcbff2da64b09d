"""The texts of a task, for whoever looks for names and words in them."""

from __future__ import annotations

import re
from typing import Any

from ..benchmarks import CasesTest, CheckTest, CodeTask
from ..benchmarks.plain import dumps

PYTHON_BLOCK = re.compile(r"^(`{3,})python\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
"""A fenced block of Python in a prompt; its second group is the code."""


def texts_of(task: CodeTask) -> list[str]:
    """Every text of a task in which a name could occur."""
    texts = [task.prompt, task.reference]
    for test in task.tests:
        if isinstance(test, CheckTest):
            texts += [test.program, test.prelude]
        elif isinstance(test, CasesTest):
            texts += [test.oracle or "", *(case.args_source or "" for case in test.cases)]
    return texts


_MOST_KNOWN = 131_072
_known: dict[int, tuple[Any, str]] = {}


def text_of(value: Any) -> str:
    """The arguments of a call, or what it returns, as a text that is equal for equal ones.

    The last ones are known by identity, because siblings and their passes share these objects; nobody changes
    them.
    """
    known = _known.get(id(value))
    if known is None:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        # The value is kept beside its text, so that no other object gets its identity.
        known = _known[id(value)] = value, dumps(value)
    return known[1]

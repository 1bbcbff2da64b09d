"""The texts of a task, for whoever looks for names and words in them."""

from __future__ import annotations

import re

from ..benchmarks import CasesTest, CheckTest, CodeTask

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

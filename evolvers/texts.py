"""The texts of a task, for whoever looks for names and words in them."""

from __future__ import annotations

from ..benchmarks import CasesTest, CheckTest, CodeTask


def texts_of(task: CodeTask) -> list[str]:
    """Every text of a task in which a name could occur."""
    texts = [task.prompt, task.reference]
    for test in task.tests:
        if isinstance(test, CheckTest):
            texts += [test.program, test.prelude]
        elif isinstance(test, CasesTest):
            texts += [test.oracle or "", *(case.args_source or "" for case in test.cases)]
    return texts

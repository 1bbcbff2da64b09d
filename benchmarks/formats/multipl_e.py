"""MultiPL-E rows for Python, as reflexion published MBPP: a signature with a docstring and an assert-style test, no
reference.

Fields: ``name`` (``mbpp_<number>_<function>``), ``language``, ``prompt``, ``entry_point``, ``test`` (``tests``
upstream).
"""

from __future__ import annotations

import re

from ..errors import BadInput
from ..task import CheckTest, CodeTask
from .rows import Row
from .source import runnable_prefix

FORMAT = "multipl-e"
FIELDS = ("name", "language", "prompt", "entry_point", "test")
_NAME = re.compile(r"(mbpp|humaneval)_(\d+)_\w+", re.IGNORECASE)
_FAMILY = {"mbpp": "Mbpp", "humaneval": "HumanEval"}


def read_row(row: Row) -> CodeTask:
    """One task; its id is ``Mbpp/<number>`` where the name tells the number, else the name itself. ``source_id`` is
    the name.
    """
    name, language = row.text("name"), row.text("language")
    if language not in ("py", "python"):
        raise BadInput(
            f"{row.where}: the field 'language' must be py, found {language[:40]!r}; only Python tasks can be run"
        )
    test_field = "test" if "test" in row.data else "tests"
    prompt = row.text("prompt")
    found = _NAME.fullmatch(name)
    return CodeTask(
        id=f"{_FAMILY[found[1].lower()]}/{found[2]}" if found else name,
        prompt=prompt,
        entry_point=row.name("entry_point"),
        reference="",
        tests=(CheckTest(program=row.text(test_field), prelude=runnable_prefix(prompt) or ""),),
        metadata=row.metadata(FORMAT, name, ("name", "language", "prompt", "entry_point", test_field)),
    )

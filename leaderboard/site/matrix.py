"""Every run's passes on every task of its board in one small script file: what "compare any two" is computed from.

A run is one text with one character a task: 48 + the number of passes, where as many samples were scored as the
board's ``n`` says of that task (same encoding); a space where none was; "!" where another number was, which ``odd``
then gives as [passed, scored] by the task's position. 100 runs on 1,000 tasks take some 170 KB.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from ...benchmarks.visible import visible
from ..boards.board import Board, Row
from ..words import short_suite
from .content import Content
from .names import Names

_ZERO = 48
_OTHER = "!"


def matrix(content: Content, names: Names) -> bytes:
    """data/matrix.js: calls ``evalrunMatrix`` with one text, JSON of all boards with two runs or more."""
    boards = [_board(board, names) for board in content.boards if len(board.rows) > 1]
    text = json.dumps(boards, separators=(",", ":"))
    return f"evalrunMatrix({json.dumps(text)});\n".encode("ascii")


def board_id(board: Board) -> str:
    """What a permalink calls a board."""
    return board.key[:8]


def run_ids(board: Board, names: Names) -> list[str]:
    """What a permalink calls each row of a board: its model's file name, numbered where a label has several runs."""
    seen: Counter[str] = Counter()
    found = []
    for row in board.rows:
        name = names.models[row.run.label].removeprefix("models/").removesuffix(".html")
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name}.{seen[name]}")
    return found


def _board(board: Board, names: Names) -> dict[str, Any]:
    tasks = board.rows[0].run.tasks
    most = {task: max(row.run.counts[task].n for row in board.rows) for task in tasks.index}
    roots = list(tasks["root"])
    numbers = {root: number for number, root in enumerate(dict.fromkeys(roots))}
    labels = Counter(row.run.label for row in board.rows)
    return {
        "id": board_id(board),
        "suite": short_suite(board.suite),
        "tasks": [
            [visible(task), names.tasks[task, digest]]
            for task, digest in zip(tasks.index, tasks["digest"], strict=True)
        ],
        # Only where some root has several tasks: then McNemar's test, which wants independent pairs, may not apply.
        "roots": [numbers[root] for root in roots] if len(numbers) < len(roots) else None,
        "n": "".join(chr(_ZERO + most[task]) for task in tasks.index),
        "test": f"{board.test}, adjusted for all pairs",
        "p": _chances(board),
        "runs": [
            {"id": name, "label": _label(row, labels[row.run.label] > 1), **_cells(row, most)}
            for name, row in zip(run_ids(board, names), board.rows, strict=True)
        ],
    }


def _chances(board: Board) -> list[list[float]]:
    """Above the diagonal of the ranked runs: p of no change, Holm-adjusted over all pairs, as it is shown (0: < 0.001).

    Tests that draw at random are not made again in the page.
    """
    if board.separation is None:
        return []
    table = board.separation.p
    return [[_shown(float(p)) for p in table[i, i + 1 :]] for i in range(len(table) - 1)]


def _shown(p: float) -> float:
    if p < 0.001:
        return 0
    shown = float(f"{p:.2g}" if p < 0.1 else f"{p:.2f}")
    return 0.04999 if p < 0.05 <= shown else shown  # shown as 0.05 all the same, and still below it


def _label(row: Row, repeated: bool) -> str:
    name = visible(row.run.label)
    return f"{name} (run of {visible(row.run.created[:19])})" if repeated else name


def _cells(row: Row, most: dict[str, int]) -> dict[str, Any]:
    cells, odd = [], {}
    for position, (task, n) in enumerate(most.items()):
        counts = row.run.counts[task]
        if counts.n == n and n:
            cells.append(chr(_ZERO + counts.passed))
        elif counts.n == 0:
            cells.append(" ")
        else:
            cells.append(_OTHER)
            odd[str(position)] = [counts.passed, counts.n]
    return {"cells": "".join(cells), "odd": odd}

"""Where a task stands: what kind of values it is about, what topic, how long its text is, how hard it looks.

All of it is read off the task; nothing is run or asked. ``difficulty`` is a guess from the size of the reference (a
proxy, and called so wherever it is shown), unless blind solvers said more.
"""

from __future__ import annotations

import ast
import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from ...benchmarks import CodeTask
from ...benchmarks.parsing import parse_module
from ..authored.lineages import PREFIX, kind_of
from ..novelty import types_of
from ..observe import read_off
from ..protocol import Observation

DIFFICULTIES = 5
SEED = "seed"
_WORD = re.compile(r"[a-z]+")
_TOPICS = {
    "text": "string text word letter character vowel sentence uppercase lowercase prefix suffix palindrome substring",
    "numbers": "number integer digit prime divisor factor modulo remainder sum product power square root binary",
    "sequences": "list array element elements sequence index position sorted order reverse rotate slice window run",
    "records": "dictionary key keys value mapping table record count frequency group inventory",
    "geometry": "triangle rectangle circle area angle side distance point grid matrix row column path",
    "time": "date day month year hour minute second time calendar week schedule temperature",
    "structure": "bracket parenthesis nested tree graph node depth stack queue expression parse",
    "choice": "maximum minimum largest smallest best cheapest budget choose select threshold limit",
}
_LEXICON = {word: topic for topic, words in _TOPICS.items() for word in words.split()}
_COARSE = {"bool": "bool", "int": "number", "float": "number", "str": "text", "list": "list", "tuple": "list",
           "set": "list", "frozenset": "list", "dict": "dict", "None": "none"}  # fmt: skip
LENGTHS = (400, 700, 1100, 1800)
# Nodes of the reference's syntax tree at which a task is as likely hard as not, and how fast that changes. From
# HumanEval's references, whose median is about 60 nodes; it orders tasks and measures nothing.
_MIDDLE, _SPREAD = 90.0, 0.9


@dataclass(frozen=True, slots=True)
class Niche:
    """One cell of the archive. difficulty: bin 0 (easiest) to 4. family: of operators, "seed" for human-made tasks."""

    difficulty: int
    domain: str
    family: str

    def __str__(self) -> str:
        return f"{self.domain}, difficulty {self.difficulty}, {self.family}"


@dataclass(frozen=True, slots=True)
class Features:
    """What distributions are made of, and niches."""

    types: str
    topic: str
    length: str
    difficulty: float

    @property
    def domain(self) -> str:
        """Type signature class and topic."""
        return f"{self.types} {self.topic}"


def features_of(task: CodeTask, observed: Observation | None = None, solve_rate: float | None = None) -> Features:
    """The features of a task. observed: where its tests do not tell its values. solve_rate: of blind solvers; it counts
    half beside the guess.
    """
    guess = predicted_difficulty(task.reference)
    difficulty = guess if solve_rate is None else (guess + 1 - solve_rate) / 2
    return Features(type_class(task, observed), topic_of(task.prompt), length_bin(task.prompt), difficulty)


def niche_of(features: Features, family: str) -> Niche:
    """The cell that a task belongs to."""
    return Niche(min(int(features.difficulty * DIFFICULTIES), DIFFICULTIES - 1), features.domain, family)


def family_of(task: CodeTask, known: Mapping[str, CodeTask]) -> str:
    """The operator that decides what kind of task it is, "seed" where none does: of a chain the first, not the renaming
    after it. known: its ancestors, by id."""
    lineage = task.lineage
    if lineage is None:
        return SEED
    above = known.get(lineage.parents[0])
    if kind_of(lineage) == "preserving" and above is not None and above.lineage is not None:
        return family_of(above, known)
    return family_named(lineage.operator.removeprefix(PREFIX))


def family_named(operator: str) -> str:
    """The family of an arm: ``compose_post`` of ``compose_post+rename``, without settings."""
    return operator.partition("+")[0].partition(":")[0]


def type_class(task: CodeTask, observed: Observation | None = None) -> str:
    """``text,number -> list``: coarse types of arguments and result; "other" where nothing is known."""
    seen = read_off(task) if observed is None else observed
    arguments = types_of(seen.calls)
    if not arguments or not seen.output_type:
        return "other"
    return f"{','.join(map(_coarse, arguments))} -> {_coarse(seen.output_type)}"


def _coarse(deep_type: str) -> str:
    return _COARSE.get(deep_type.removeprefix("optional[").partition("[")[0].rstrip("]"), "other")


def topic_of(text: str) -> str:
    """The topic most of whose words occur; "general" where none does. Ties go to the first by name."""
    words = (found.removesuffix("s") for found in _WORD.findall(text.lower()))
    counts = Counter(_LEXICON[word] for word in words if word in _LEXICON)
    if not counts:
        return "general"
    return min(counts, key=lambda topic: (-counts[topic], topic))


def length_bin(text: str) -> str:
    """How long a prompt is, in characters, in five bins."""
    return f"length {sum(len(text) > bound for bound in LENGTHS)}"


def predicted_difficulty(program: str) -> float:
    """A guess in (0, 1) from size and depth of a program's tree; 0.5 for what cannot be read."""
    try:
        tree = parse_module(program)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return 0.5
    nodes = sum(1 for _ in ast.walk(tree))
    size = nodes * (1 + 0.1 * _depth(tree))
    return 1 / (1 + math.pow(_MIDDLE / max(size, 1.0), 1 / _SPREAD))


def _depth(tree: ast.AST) -> int:
    """Nested loops, branches and comprehensions."""
    nesting = (ast.For, ast.While, ast.If, ast.comprehension, ast.FunctionDef)
    deepest, waiting = 0, [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        depth += isinstance(node, nesting)
        deepest = max(deepest, depth)
        waiting += [(child, depth) for child in ast.iter_child_nodes(node)]
    return deepest


def entropy(counts: Counter[str]) -> float:
    """Shannon entropy in bits, over the largest that so many kinds can have: 0 (all alike) to 1 (evenly spread)."""
    total = sum(counts.values())
    if len(counts) < 2 or not total:
        return 0.0
    shares = [count / total for count in counts.values() if count]
    return -sum(share * math.log2(share) for share in shares) / math.log2(len(counts))

"""Stand-ins for models, so that the whole harness can be tried, tested and calibrated without one."""

from __future__ import annotations

import itertools
import re
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ...benchmarks import BadInput, CodeTask, Suite
from ..endpoint.prompt import EndpointForm
from ..runs.foreign import read_answers

_WORD = re.compile(r"\w+")
_ASKED_NAME = re.compile(r"\bdef\s+(\w+)|`(\w+)`")
_SHINGLE = 3


class NoAnswer(Exception):
    """The baseline has nothing to say to this prompt; the server answers 404 and says so."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a request asks. text: all its messages, or its prompt. seed: the request's, where it has one."""

    text: str
    form: EndpointForm
    count: int = 1
    seed: int | None = None


class Baseline(Protocol):
    """Something that answers questions at once, the same question always alike unless it says otherwise."""

    @property
    def name(self) -> str:
        """The model name under which it is asked."""

    def answer(self, question: Question) -> list[str]:
        """``question.count`` replies; NoAnswer where there is none."""


class Reference:
    """Knows each task of its suites and gives the reference: what no model can beat, and what must score 100 %.

    A task is recognised by its prompt, which must occur in the question word for word (of several the longest).
    """

    name = "reference"

    def __init__(self, suites: Iterable[Suite]) -> None:
        self._tasks = _Prompts(suites)
        lacking = [task.id for task in self._tasks.tasks if not task.reference.strip()]
        if lacking:
            raise BadInput(
                f"the reference baseline: {len(lacking)} tasks have no reference ({lacking[0]!r} is the first)"
            )

    def answer(self, question: Question) -> list[str]:
        """The reference, in a code block (chat) or as the continuation of the prompt (completions)."""
        task = self._tasks.asked(question.text)
        if task is None:
            raise NoAnswer("the question holds no prompt of the suites that this baseline serves")
        return [_worded(task, question)] * question.count


class Stub:
    """Gives a function of the right name that raises NotImplementedError: what no answer at all is worth, the floor.

    The name is the last one defined (or named in back-quotes) in the question; without any, the program raises
    at once.
    """

    name = "stub"

    def answer(self, question: Question) -> list[str]:
        """The same stub for each reply, as a whole program."""
        names = [defined or quoted for defined, quoted in _ASKED_NAME.findall(question.text)]
        code = "raise NotImplementedError\n"
        if names:
            code = f"def {names[-1]}(*args, **kwargs):\n    raise NotImplementedError\n"
        return [_block(code) if question.form == "chat" else code] * question.count


class Memorizer:
    """A model that has seen a benchmark and nothing else: it recites, and never looks at what is really asked.

    It remembers each task of the *known* suites as (prompt, reference) and answers any question with one of
    these references, exactly as it remembers it:

    1. the task whose prompt occurs in the question word for word (of several the longest prompt);
    2. else the tasks whose function's name the question defines (``def name``) or shows in back-quotes;
    3. else all tasks; in 2 and 3 the one whose prompt is most like the question: the share of the prompt's
       runs of three words that occur in the question (of equals the first).

    So it scores about 100 % on a known suite. Asked an evolved task it recites the parent's program, which has
    the parent's name, parameters and behaviour, and so fails wherever the evolution changed any of these.
    """

    name = "memorizer"

    def __init__(self, known: Iterable[Suite]) -> None:
        self._known = _Prompts(known)
        self._by_name: defaultdict[str, list[CodeTask]] = defaultdict(list)
        for task in self._known.tasks:
            if task.entry_point is not None:
                self._by_name[task.entry_point].append(task)
        self._shingles = {task.id: _shingles(task.prompt) for task in self._known.tasks}

    def answer(self, question: Question) -> list[str]:
        """What it recites, the same for each reply."""
        task = self._known.asked(question.text) or self._recall(question.text)
        return [_worded(task, question)] * question.count

    def _recall(self, text: str) -> CodeTask:
        names = [defined or quoted for defined, quoted in _ASKED_NAME.findall(text)]
        candidates: Sequence[CodeTask] = [task for name in names for task in self._by_name.get(name, ())]
        asked = _shingles(text)
        return max(candidates or self._known.tasks, key=lambda task: _covered(self._shingles[task.id], asked))


class RenamingMemorizer(Memorizer):
    """A memorizer that reads one thing of the question: the name of the function it should define.

    It gives the recited function that name (the last one that the question defines, else the last in back-quotes) as a
    second one. A plain memorizer already fails where only names have changed; this one passes there, so where it still
    fails, the evolution changed what must be computed.
    """

    name = "renaming-memorizer"

    def answer(self, question: Question) -> list[str]:
        """What it recites under the name that is asked for, as a whole program."""
        task = self._known.asked(question.text) or self._recall(question.text)
        found = _ASKED_NAME.findall(question.text)
        names = [defined for defined, _ in found if defined] or [quoted for _, quoted in found if quoted]
        code = task.reference
        if names and task.entry_point is not None and names[-1] != task.entry_point:
            code = f"{code.rstrip()}\n\n\n{names[-1]} = {task.entry_point}\n"
        return [_block(code) if question.form == "chat" else code] * question.count


class Replay:
    """Gives answers that were recorded: a run's, or those of a samples file, found by the prompt of their task.

    A request with a seed gets answer number seed, modulo their number; without one the task's answers come in turn.
    """

    def __init__(self, suite: Suite, recorded: Path) -> None:
        answers = read_answers(recorded, suite)
        self.name = answers.model or "replay"
        self._tasks = _Prompts([suite])
        self._texts: defaultdict[str, list[str]] = defaultdict(list)
        for row in answers.samples:
            self._texts[row.task].append(row.text)
        self._turns: Mapping[str, itertools.count[int]] = {task: itertools.count() for task in self._texts}
        self._lock = threading.Lock()

    def answer(self, question: Question) -> list[str]:
        """The recorded texts, word for word."""
        task = self._tasks.asked(question.text)
        if task is None or task.id not in self._texts:
            raise NoAnswer("no answer to this prompt was recorded")
        texts = self._texts[task.id]
        with self._lock:
            first = next(self._turns[task.id]) * question.count if question.seed is None else question.seed
        return [texts[(first + number) % len(texts)] for number in range(question.count)]


class _Prompts:
    """The tasks of some suites, found by the prompt that occurs in a text."""

    def __init__(self, suites: Iterable[Suite]) -> None:
        self.tasks = tuple(task for suite in suites for task in suite)
        if not self.tasks:
            raise BadInput("this baseline needs at least one task: give it a suite")
        self._longest_first = sorted(self.tasks, key=lambda task: -len(task.prompt))

    def asked(self, text: str) -> CodeTask | None:
        return next((task for task in self._longest_first if task.prompt.strip() in text), None)


def _worded(task: CodeTask, question: Question) -> str:
    if question.form == "chat":
        return f"Here is the program.\n\n{_block(task.reference)}"
    if question.text.endswith(task.prompt) and task.reference.startswith(task.prompt):
        return task.reference.removeprefix(task.prompt)
    return task.reference


def _block(code: str) -> str:
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", code)), default=0))
    return f"{fence}python\n{code.strip()}\n{fence}\n"


def _shingles(text: str) -> frozenset[tuple[str, ...]]:
    words = _WORD.findall(text.lower())
    return frozenset(tuple(words[start : start + _SHINGLE]) for start in range(max(1, len(words) - _SHINGLE + 1)))


def _covered(prompt: frozenset[tuple[str, ...]], asked: frozenset[tuple[str, ...]]) -> float:
    return len(prompt & asked) / len(prompt)

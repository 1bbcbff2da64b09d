"""Stand-ins for models: controls that belong on every leaderboard, and that try the harness without a model."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

from ...benchmarks import BadInput, CodeTask, Suite
from ..endpoint.prompt import EndpointForm
from .programs import adapted, as_body
from .prompts import PromptIndex
from .question import Baseline, NoAnswer, Question, Said, Wanted, wanted

__all__ = [
    "BASELINES",
    "AdaptingMemorizer",
    "Baseline",
    "Memorizer",
    "NoAnswer",
    "Question",
    "Reference",
    "Said",
    "Stub",
]
_REMEMBERED = 1024
_DEFINED_OR_QUOTED = re.compile(r"\bdef\s+(\w+)|\bclass\s+(\w+)|`(\w+)`")


class Reference:
    """The upper bound: knows each task of its suites and gives the reference, which must score 100 %.

    A task is recognised by its prompt, which must occur in the question word for word (of several the one that ends
    last, so that worked examples may go before it).
    """

    name = "reference"

    def __init__(self, suites: Iterable[Suite]) -> None:
        self._tasks = PromptIndex(suites)
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
        return [_recited(task, question)] * question.count

    def texts(self) -> Iterator[str]:
        """What its pseudo log-probabilities are made of."""
        return _known_texts(self._tasks.tasks)


class Stub:
    """The lower bound: a function of the right name that raises NotImplementedError, which is what no answer is worth.

    Without any name in the question, the program raises at once.
    """

    name = "stub"

    def answer(self, question: Question) -> list[str]:
        """The same stub for each reply, as a whole program."""
        asked = wanted(question.text, question.form)
        code = "raise NotImplementedError\n"
        if asked is not None:
            code = f"def {asked.name}(*args, **kwargs):\n    raise NotImplementedError\n"
        return [_block(code) if question.form == "chat" else code] * question.count


class Memorizer:
    """What leakage alone buys: a model that has seen a benchmark and nothing else, and recites its references.

    It remembers each task of the *known* suites as (prompt, reference) and answers any question with one of
    these references, exactly as it remembers it, without a look at what is really asked:

    1. the task whose prompt occurs in the question word for word;
    2. else the tasks whose function's name the question defines (``def name``) or shows in back-quotes;
    3. else all tasks; in 2 and 3 the one whose prompt is most like the question: the share of the prompt's
       runs of three words that occur in the question (of equals the first).

    So it scores about 100 % on a known suite. Asked an evolved task it recites the parent's program, which has
    the parent's name, parameters and behaviour, and so fails wherever the evolution changed any of these.
    """

    name = "memorizer"

    def __init__(self, known: Iterable[Suite]) -> None:
        self._known = PromptIndex(known)
        self._by_name: defaultdict[str, list[int]] = defaultdict(list)
        for number, task in enumerate(self._known.tasks):
            if task.entry_point is not None:
                self._by_name[task.entry_point].append(number)
        self._recalled = lru_cache(_REMEMBERED)(self._recall)

    def answer(self, question: Question) -> list[str]:
        """What it recites, the same for each reply."""
        task = self._recalled(question.text)
        asked = wanted(question.text, question.form)
        if question.form == "completions" and asked is not None and asked.name != task.entry_point:
            return [task.reference] * question.count  # as a body it would pass under a name that it never read
        return [_recited(task, question)] * question.count

    def texts(self) -> Iterator[str]:
        """What its pseudo log-probabilities are made of."""
        return _known_texts(self._known.tasks)

    def _recall(self, text: str) -> CodeTask:
        task = self._known.asked(text)
        if task is not None:
            return task
        names = dict.fromkeys(name for found in _DEFINED_OR_QUOTED.findall(text) for name in found if name)
        return self._known.nearest(text, [number for name in names for number in self._by_name.get(name, ())])


class AdaptingMemorizer(Memorizer):
    """A memorizer that reads the asked signature and gives what it recites that name and those parameters.

    The entry point is renamed to what is asked and its parameters are mapped by position, in the program's syntax tree
    (``adapted`` in programs.py). A plain memorizer already fails where only names have changed; this one passes there,
    so where it still fails, the evolution changed what must be computed.
    """

    name = "adapting-memorizer"

    def __init__(self, known: Iterable[Suite]) -> None:
        super().__init__(known)
        self._fitted = lru_cache(_REMEMBERED)(self._fit)

    def answer(self, question: Question) -> list[str]:
        """What it recites, made to fit the question: word for word where nothing has changed."""
        task = self._recalled(question.text)
        asked, code = self._fitted(question.text, question.form)
        if code == task.reference:
            return [_recited(task, question)] * question.count
        return [_worded(code, asked.name if asked else None, question)] * question.count

    def _fit(self, text: str, form: EndpointForm) -> tuple[Wanted | None, str]:
        task, asked = self._recalled(text), wanted(text, form)
        if asked is None or task.entry_point is None:
            return asked, task.reference
        return asked, adapted(task.reference, task.entry_point, asked)


BASELINES: dict[str, Callable[[Sequence[Suite]], Baseline]] = {
    Reference.name: Reference,
    Stub.name: lambda suites: Stub(),
    Memorizer.name: Memorizer,
    AdaptingMemorizer.name: AdaptingMemorizer,
}
"""The control baselines by name, made from the suites that they know, from the upper bound down to leakage."""


def _recited(task: CodeTask, question: Question) -> str:
    if question.form == "chat":
        return f"Here is the program.\n\n{_block(task.reference)}"
    if question.text.endswith(task.prompt) and task.reference.startswith(task.prompt):
        return task.reference.removeprefix(task.prompt)
    return _worded(task.reference, task.entry_point, question)


def _worded(code: str, entry_point: str | None, question: Question) -> str:
    """A whole program as a reply; where the question's stop sequences would cut it, as the body of a function."""
    if question.form == "chat":
        return _block(code)
    if entry_point is not None and any(stop in code for stop in question.stop):
        return as_body(code, entry_point) or code
    return code


def _block(code: str) -> str:
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", code)), default=0))
    return f"{fence}python\n{code.strip()}\n{fence}\n"


def _known_texts(tasks: Iterable[CodeTask]) -> Iterator[str]:
    for task in tasks:
        is_continued = task.reference.startswith(task.prompt)
        yield task.reference if is_continued else f"{task.prompt}\n{task.reference}"

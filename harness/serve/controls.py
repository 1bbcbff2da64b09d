"""The control baselines of preferences, made from what the options of a server say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from ...benchmarks import BadInput, Suite
from ...benchmarks.preference import PreferenceSuite
from .choosers import FirstWins, LongerWins, ShorterWins, Uniform
from .language import LanguageModel
from .ngram import MAX_CHARACTERS, Ngram
from .vocabulary import Vocabulary

CONTROLS = ("ngram", "uniform", "longer-wins", "shorter-wins", "first-wins")
Leak = Literal["prompts", "chosen"]
LEAKS: tuple[Leak, ...] = ("prompts", "chosen")
_RULES: dict[str, Callable[[], LanguageModel]] = {
    "longer-wins": LongerWins,
    "shorter-wins": ShorterWins,
    "first-wins": FirstWins,
}
AnySuite = Suite | PreferenceSuite


def controls(
    names: Sequence[str],
    texts: Sequence[Path],
    leaks: Sequence[Leak],
    suites: Sequence[AnySuite],
    *,
    begins: bool = True,
) -> list[LanguageModel]:
    """The stand-ins of these names, each a model; ``ngram`` once for the texts, and once for each leak.

    All share one vocabulary: of the texts, else of what leaks, else the bytes. So one of them can be the reference of
    another. begins: a BEGIN mark is put before every text.

    Raises:
        BadInput: ngram has nothing to train on, or a file cannot be read.
    """
    own = [read_text(path) for path in texts] if "ngram" in names else []
    leaked = {leak: list(leaked_texts(suites, leak)) for leak in dict.fromkeys(leaks)} if "ngram" in names else {}
    if "ngram" in names and not own and not leaked:
        raise BadInput("serve: the baseline ngram needs texts to train on: --text FILE (or --leak, to try what leaks)")
    vocabulary = Vocabulary.of(own or [text for each in leaked.values() for text in each], begins=begins)
    made: list[LanguageModel] = []
    for name in names:
        if name == "ngram":
            made += [Ngram(own, vocabulary=vocabulary)] if own else []
            made += [Ngram(each, f"ngram-leaked-{leak}", vocabulary=vocabulary) for leak, each in leaked.items()]
        elif name == "uniform":
            made.append(Uniform(vocabulary))
        else:
            made.append(_RULES[name]())
    return made


def leaked_texts(suites: Sequence[AnySuite], leak: Leak) -> Iterator[str]:
    """What a model may have seen of these suites: their prompts, or their best responses (references of code tasks)."""
    for suite in suites:
        for task in suite:
            if isinstance(suite, Suite):
                yield task.prompt if leak == "prompts" else task.reference  # type: ignore[union-attr]
            elif leak == "prompts":
                yield "\n".join(message.content for message in task.messages)  # type: ignore[union-attr]
            else:
                yield from (task.response(name).text for name in task.ranking[0])  # type: ignore[union-attr]


def read_text(path: Path) -> str:
    """A file of plain text; BadInput where it is none, or too long."""
    try:
        with path.open("rb") as file:
            data = file.read(4 * MAX_CHARACTERS + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise BadInput(f"--text {path}: cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"--text {path}: no UTF-8 text (byte {error.start:,}); convert it first") from error
    if len(text) > MAX_CHARACTERS:
        raise BadInput(f"--text {path}: longer than {MAX_CHARACTERS:,} characters; give less")
    return text

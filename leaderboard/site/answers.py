"""Answers fit to publish: which ones, how much of each, and what does not stand in the page as a script file.

A page from disk may load scripts but no data. So a shard is a script that calls one function with one text: gzip of
JSON in base64. Nothing in it can be taken for code, and the page shows it as text only.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...benchmarks.visible import visible, visible_block
from ..boards.tasks import Item
from ..records.answers import Answer
from .content import Samples

PER_RUN = 2
BYTES = 4_096
BYTES_OF_ALL = 16_384
DETAIL = 1_000
MOST_NAMES = 12


@dataclass(slots=True)
class Shown:
    """One answer, all texts made visible and capped. labels: of the runs that gave it, in the order of the board.

    about: which sample, the verdict of each test, and where no code was found why. text: the code, else the reply.
    """

    labels: list[str]
    verdict: str
    about: str
    detail: str
    text: str

    def to_json(self) -> list[str]:
        """What stands in a shard; the page's script reads it by position."""
        return [listed(self.labels), self.verdict, self.about, self.detail, self.text]


def published(item: Item, samples: Samples) -> list[Shown]:
    """The answers to a task that the site's maker chose, equal ones once: best run first, failures before passes.

    "failures": at most two failures of a run, each cut to 4 KB. "all": every answer, each cut to 16 KB.
    """
    found: dict[tuple[str, str | None, str], Shown] = {}
    limit = BYTES_OF_ALL if samples == "all" else BYTES
    # Every run's first answer before any run's second: the few that stand in the page are then of different runs.
    order = sorted(_chosen(item, samples), key=lambda one: (one[2].verdict == "pass", one[0]))
    for _, label, answer in order:
        key = (answer.code or answer.text, answer.verdict, answer.detail)
        known = found.get(key)
        if known is None:
            found[key] = shown_answer(label, answer, limit)
        elif label not in known.labels:
            known.labels.append(label)
    return list(found.values())


def _chosen(item: Item, samples: Samples) -> Iterator[tuple[int, str, Answer]]:
    """(its number among those of its run, label, answer), run by run."""
    seen = set()
    for _, row, _ in item.results():
        if row.run.path in seen or samples == "none":
            continue
        seen.add(row.run.path)
        answers: Sequence[Answer] = row.run.answers.get(item.id, ())
        if samples == "failures":
            answers = [one for one in answers if one.verdict not in (None, "pass", "infra")][:PER_RUN]
        label = visible(row.run.label)
        yield from ((number, label, answer) for number, answer in enumerate(answers))


def shown_answer(label: str, answer: Answer, limit: int) -> Shown:
    """An answer fit to show; ``limit``: bytes of its code or text."""
    return Shown(
        labels=[label],
        verdict=visible(answer.verdict or "not scored"),
        about=_about(answer),
        detail=capped(answer.detail, DETAIL, answer.detail_cut),
        text=capped(answer.code, limit, answer.code_cut)
        if answer.code
        else capped(answer.text, limit, answer.text_cut),
    )


def _about(answer: Answer) -> str:
    parts = [f"sample {answer.epoch}"]
    if answer.tests:
        named = [f"{visible(name, 60)} {visible(verdict, 20)}" for name, verdict in answer.tests.items()]
        parts.append(f"tests: {listed(named)}")
    if answer.finish_reason not in (None, "stop"):
        parts.append(f"ended by {visible(answer.finish_reason, 40)}")
    if not answer.code:
        parts.append(f"no code found: {visible(answer.reason)}" if answer.reason else "no code found; the reply")
    return "; ".join(parts)


def listed(names: Sequence[str]) -> str:
    """Names with commas, and how many are not named."""
    left = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {left:,} more" if left > 0 else "")


def capped(text: str, most: int, cut: int = 0) -> str:
    """The text made visible, of at most about ``most`` bytes however it must be escaped; says how much was cut.

    cut: characters that had been left out before.
    """
    kept = min(len(text), most)
    while len(shown := visible_block(text[:kept], kept)) > most or len(shown.encode("utf-8")) > most:
        kept = kept * 2 // 3
    left = len(text) - kept + cut
    return shown + (f"\n… {left:,} more characters" if left else "")


def shard(answers: Sequence[Shown]) -> bytes:
    """The script file that hands these answers to the page; the same bytes for the same answers."""
    plain = json.dumps([one.to_json() for one in answers], ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)  # gzip without a time or a name in its head
    packed = packer.compress(plain) + packer.flush()
    return b'evalrunShard("' + base64.b64encode(packed) + b'");\n'


def read_shard(content: bytes) -> list[list[str]]:
    """What a shard holds, for tests and other programs."""
    packed = base64.b64decode(content.removeprefix(b'evalrunShard("').removesuffix(b'");\n'))
    found: list[list[str]] = json.loads(zlib.decompress(packed, 31))
    return found

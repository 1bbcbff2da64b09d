"""What a run would ask and cost, told without asking or writing anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...benchmarks import CodeTask
from .budget import CHARS_PER_TOKEN, Prices, estimated_tokens, input_chars
from .generate import Asking, requests
from .ledger import read_ledger
from .records import Key, planned_keys


@dataclass(frozen=True, slots=True)
class Estimate:
    """requests, samples: what is to be asked. answer_tokens: if each answer is as long as its reference. most_tokens:
    if each is as long as it may be; None without a limit.
    """

    requests: int
    samples: int
    question_tokens: int
    answer_tokens: int
    most_tokens: int | None


def missing_keys(
    folder: Path, manifest: Mapping[str, Any], tasks: Mapping[str, CodeTask], *, exists: bool
) -> Iterator[Key]:
    """What a run has yet to ask for. exists: whether it is in its folder already."""
    return read_ledger(folder).unanswered() if exists else planned_keys(tasks, manifest)


def estimate(keys: Iterator[Key], tasks: Mapping[str, CodeTask], asking: Asking) -> Estimate:
    """Count what is asked; tokens are estimated at four characters each."""
    sent = samples = question = answer = 0
    lengths: dict[str, int] = {}
    for task, epochs in requests(keys, tasks, asking.batch):
        if task.id not in lengths:
            lengths[task.id] = estimated_tokens(input_chars(asking.body(task, epochs[0])))
        sent += 1
        samples += len(epochs)
        question += lengths[task.id]
        answer += len(epochs) * estimated_tokens(len(task.reference))
    limit = asking.prompts.reply_limit(asking.sampling.max_tokens)
    most = None if limit is None else limit * samples
    return Estimate(sent, samples, question, answer, most)


def estimate_new(tasks: Mapping[str, CodeTask], asking: Asking) -> Estimate:
    """What ``estimate`` finds for a whole run of which nothing is there yet, without counting it out."""
    epochs = asking.sampling.epochs
    each = [estimate(iter([(task, 0)]), tasks, asking) for task in tasks]
    sent = -(-epochs // asking.batch)
    return Estimate(
        requests=sent * len(each),
        samples=epochs * len(each),
        question_tokens=sent * sum(one.question_tokens for one in each),
        answer_tokens=epochs * sum(one.answer_tokens for one in each),
        most_tokens=None
        if any(one.most_tokens is None for one in each)
        else epochs * sum(one.most_tokens or 0 for one in each),
    )


def estimate_lines(found: Estimate, folder: Path, model: str, suite: str, prices: Prices | None) -> list[str]:
    """What `--dry-run` prints of one run."""
    most = "no limit (set --max-tokens)" if found.most_tokens is None else f"at most {found.most_tokens:,}"
    lines = [
        f"{folder}: {model} on {suite}",
        f"  requests  {found.requests:,} for {found.samples:,} samples",
        f"  tokens    about {found.question_tokens:,} in, {found.answer_tokens:,} out; {most} "
        f"({CHARS_PER_TOKEN} characters a token; answers as long as the references)",
    ]
    if prices is None:
        return [*lines, "  money     unknown: give --price-in and --price-out, or --prices"]
    about = prices.cost(found.question_tokens, found.answer_tokens)
    if found.most_tokens is None:
        return [*lines, f"  money     about {about:.4f}"]
    return [
        *lines,
        f"  money     about {about:.4f}, at most {prices.cost(found.question_tokens, found.most_tokens):.4f}",
    ]

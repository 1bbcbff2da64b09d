"""inspect_ai's logs, schema 2: one JSON file, or a zip (``.eval``) with one member for each sample."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...benchmarks import BadInput
from ...benchmarks.visible import visible
from .api import Claim, ForeignSample, Imported
from .archive import Archive
from .document import (
    Document,
    address_or_none,
    count_or_none,
    number_or_none,
    parse_json,
    sampling_of,
    settings_of,
    text_or_none,
)

_SAMPLING = {"temperature": "temperature", "top_p": "top_p", "max_tokens": "max_tokens", "seed": "seed"}
_SETTINGS = ("task", "run_id", "created")
_FINISHES = {"max_tokens": "length", "model_length": "length"}
_VALUES = {"C": True, "I": False, "correct": True, "incorrect": False, 1: True, 0: False}
_HEADERS = ("header.json", "_journal/start.json")  # of a finished log, and of one that was killed


class InspectLog:
    """The final output of every sample; scores are claims; a sample that ended in an error has no reply."""

    name = "inspect_ai"

    def recognises(self, document: Document) -> bool:
        """See ``Importer.recognises``."""
        if document.kind == "zip":
            with Archive(document.path) as archive:
                return any(name in _HEADERS for name in archive.names())
        value = document.first
        found = value.get("eval") if document.kind == "json" and isinstance(value, dict) else None
        return isinstance(found, dict) and "status" in value and isinstance(found.get("model"), str)

    def read(self, document: Document) -> Imported:
        """See ``Importer.read``."""
        if document.kind == "zip":
            with Archive(document.path) as archive:
                return _imported(_header(archive, document), _members(archive, document), document)
        log = document.value
        samples = log.get("samples") if isinstance(log, dict) else None
        if not isinstance(samples, list):
            raise BadInput(f"{document.path}: a log without its samples (it was written without log_samples)")
        numbered = ((f"{document.path}: sample {number}", sample) for number, sample in enumerate(samples))
        return _imported(log, numbered, document)


def _header(archive: Archive, document: Document) -> Any:
    name = next((name for name in _HEADERS if name in archive.names()), None)
    if name is None:
        raise BadInput(f"{document.path}: no log of inspect_ai (the archive has no header.json)")
    return parse_json(archive.read(name), f"{document.path}: {name}")


def _members(archive: Archive, document: Document) -> Iterator[tuple[str, Any]]:
    for name in archive.names():
        if name.startswith("samples/") and name.endswith(".json"):
            where = f"{document.path}: {visible(name, 80)}"
            yield where, parse_json(archive.read(name), where)


def _imported(log: Any, samples: Iterator[tuple[str, Any]], document: Document) -> Imported:
    found = log.get("eval") if isinstance(log, dict) else None
    if not isinstance(found, dict):
        raise BadInput(f"{document.path}: no log of inspect_ai (the field eval is missing)")
    read = [_sample(where, sample) for where, sample in samples]
    plan = log.get("plan")
    packages = found.get("packages")
    address = address_or_none(found.get("model_base_url"))
    return Imported(
        "inspect_ai",
        tuple(sample for sample in read if sample is not None),
        tool_version=text_or_none(packages.get("inspect_ai")) if isinstance(packages, dict) else None,
        model=text_or_none(found.get("model")),
        sampling={
            **sampling_of(found.get("model_generate_config"), _SAMPLING),
            **sampling_of(plan.get("config") if isinstance(plan, dict) else None, _SAMPLING),
        },
        settings={
            **settings_of(found, _SETTINGS),
            **settings_of(log, ("status",)),
            **({"base_url": address} if address else {}),
        },
        without_reply=sum(sample is None for sample in read),
    )


def _sample(where: str, sample: Any) -> ForeignSample | None:
    """None for a sample whose model gave no reply: an outage of then is no wrong answer now."""
    if not isinstance(sample, dict) or not isinstance(sample.get("id"), str | int):
        raise BadInput(f"{where}: expected an object with an id")
    output = sample.get("output")
    choices = output.get("choices") if isinstance(output, dict) else None
    if not isinstance(output, dict) or not isinstance(choices, list) or not choices or output.get("error"):
        return None
    choice = choices[0]
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(message, dict):
        raise BadInput(f"{where}: output.choices[0] holds no message")
    finish = text_or_none(choice.get("stop_reason"))
    return ForeignSample(
        _text(message.get("content"), where),
        "reply",
        (str(sample["id"]),),
        order=count_or_none(sample.get("epoch")) or 0,
        finish_reason=None if finish is None else _FINISHES.get(finish, finish[:40]),
        tokens=_tokens(output.get("usage")),
        latency_s=number_or_none(output.get("time")),
        claim=_claim(sample),
    )


def _text(content: object, where: str) -> str:
    """The text of a message; of one in parts, the texts without the reasoning."""
    if isinstance(content, str) or content is None:
        return content or ""
    if not isinstance(content, list) or not all(isinstance(part, dict) for part in content):
        raise BadInput(f"{where}: the message's content is neither a text nor a list of parts")
    texts = [part.get("text") for part in content if part.get("type") == "text"]
    return "\n".join(text for text in texts if isinstance(text, str))


def _tokens(usage: object) -> tuple[int, int] | None:
    if not isinstance(usage, dict):
        return None
    counts = count_or_none(usage.get("input_tokens")), count_or_none(usage.get("output_tokens"))
    return None if counts[0] is None or counts[1] is None else (counts[0], counts[1])


def _claim(sample: Mapping[str, Any]) -> Claim | None:
    """What the first scorer said, where that is right or wrong; a sample that ended in an error was not judged."""
    scores = sample.get("scores")
    if sample.get("error") or not isinstance(scores, dict) or not scores:
        return None
    name, score = next(iter(scores.items()))
    value = score.get("value") if isinstance(score, dict) else None
    if not isinstance(value, str | int | float) or value not in _VALUES:
        return None
    return Claim(_VALUES[value], said=f"{visible(name, 40)}: {visible(value, 20)}")

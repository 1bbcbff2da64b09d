"""bigcode-evaluation-harness: ``generations.json``, and ``evaluation_results.json`` that says how it was asked."""

from __future__ import annotations

from typing import Any

from ...benchmarks import BadInput
from .api import ForeignSample, Imported
from .document import Document, sampling_of, settings_of, text_or_none

_SAMPLING = {"temperature": "temperature", "top_p": "top_p", "seed": "seed"}
_SETTINGS = ("tasks", "prompt", "prefix", "do_sample", "top_k", "n_samples", "max_length_generation", "precision")


class BigCodeGenerations:
    """A list with one list of programs for each task, in the order of the benchmark; ids are in no place."""

    name = "bigcode"

    def recognises(self, document: Document) -> bool:
        """See ``Importer.recognises``."""
        value = document.first
        if document.kind != "json":
            return False
        return _config(value) is not None or (
            isinstance(value, list) and bool(value) and all(isinstance(texts, list) for texts in value)
        )

    def read(self, document: Document) -> Imported:
        """See ``Importer.read``."""
        value = document.value
        config = _config(value)
        if config is not None:
            return Imported(
                "bigcode-evaluation-harness",
                model=text_or_none(config.get("model")),
                sampling=sampling_of(config, _SAMPLING),
                settings=settings_of(config, _SETTINGS),
            )
        if not isinstance(value, list):
            raise BadInput(f"{document.path}: expected a list with one list of programs for each task")
        return Imported("bigcode-evaluation-harness", tuple(_samples(value, document)))


def _samples(value: list[Any], document: Document) -> list[ForeignSample]:
    samples = []
    for position, texts in enumerate(value):
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise BadInput(f"{document.path}: item {position}: expected a list of programs (texts)")
        samples += [ForeignSample(text, "solution", position=position, order=order) for order, text in enumerate(texts)]
    return samples


def _config(value: object) -> dict[str, Any] | None:
    config = value.get("config") if isinstance(value, dict) else None
    return config if isinstance(config, dict) and {"model", "tasks", "n_samples"} <= config.keys() else None

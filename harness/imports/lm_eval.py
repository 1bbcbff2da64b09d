"""lm-evaluation-harness: ``samples_TASK_DATE.jsonl`` (of ``--log_samples``), and ``results_DATE.json`` beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...benchmarks import BadInput
from .api import Claim, ForeignSample, Imported
from .document import Document, address_or_none, number_or_none, sampling_of, settings_of, text_or_none

_TOOL = "lm-evaluation-harness"
_ID_FIELDS = ("task_id", "id", "name", "question_id")
_SAMPLING = {
    "temperature": "temperature", "top_p": "top_p", "max_gen_toks": "max_tokens", "max_tokens": "max_tokens",
    "seed": "seed",
}  # fmt: skip
_PASS_METRICS = ("pass@1", "pass_at_1")
_OTHER_METRICS = ("exact_match", "acc")
_FILE = re.compile(r"samples_(?P<task>.+)_(?P<date>\d{4}-\d\d-\d\dT[\d.\-]+)\.jsonl")


class LmEvalSamples:
    """Every response of every document; the responses to one document are its epochs, and the metric is a claim."""

    name = "lm_eval"

    def recognises(self, document: Document) -> bool:
        """See ``Importer.recognises``."""
        value = document.first
        if not isinstance(value, dict):
            return False
        return {"doc_id", "doc", "resps"} <= value.keys() or (document.kind == "json" and _is_results(value))

    def read(self, document: Document) -> Imported:
        """See ``Importer.read``."""
        if document.kind == "json":
            return _results(document)
        beside = _results_beside(document)
        about = Imported(_TOOL) if beside is None else _results(beside)
        samples: list[ForeignSample] = []
        without_reply = 0
        sampling: dict[str, Any] = {}
        seen: set[str] = set()
        for number, row in document.rows():
            where = f"{document.path}:{number}"
            name = str(row.get("doc_id"))
            if name in seen:
                continue  # the same responses once more, through another filter
            seen.add(name)
            found = list(_samples(row, where))
            samples += [sample for sample in found if sample is not None]
            without_reply += found.count(None)
            sampling = sampling or sampling_of(_generation(row), _SAMPLING)
        return Imported(
            _TOOL,
            tuple(samples),
            tool_version=about.tool_version,
            model=about.model,
            sampling={**sampling, **about.sampling},
            settings={**about.settings, **_task(document)},
            without_reply=without_reply,
        )


def _samples(row: Mapping[str, Any], where: str) -> Iterator[ForeignSample | None]:
    doc, responses = row.get("doc"), row.get("resps")
    if not isinstance(doc, dict) or not isinstance(responses, list):
        raise BadInput(f"{where}: expected the fields doc (an object) and resps (a list)")
    texts = [text for each in responses for text in (each if isinstance(each, list) else [each])]
    ids = tuple(str(doc[name]) for name in _ID_FIELDS if isinstance(doc.get(name), str | int))
    position = row.get("doc_id") if not ids and isinstance(row.get("doc_id"), int) else None
    if not ids and position is None:
        raise BadInput(f"{where}: it names no task (expected doc.task_id)")
    claim = _claim(row, len(texts))
    for order, text in enumerate(texts):
        if text is None:
            yield None
        elif not isinstance(text, str):
            raise BadInput(f"{where}: a response that is no text; only tasks that generate text can be imported")
        else:
            yield ForeignSample(text, "reply", ids, position=position, order=order, claim=claim)


def _claim(row: Mapping[str, Any], responses: int) -> Claim | None:
    """One number stands for all responses to a document: of several, pass@1 says only "all of them" and "none"."""
    for name in _PASS_METRICS if responses > 1 else (*_PASS_METRICS, *_OTHER_METRICS):
        value = number_or_none(row.get(name))
        if value in (0, 1):
            return Claim(value == 1, said=f"{name} {value:g}")
    return None


def _generation(row: Mapping[str, Any]) -> object:
    """The settings of the row's request, in the shape of today's versions or in that of 0.4.0."""
    arguments = row.get("arguments")
    if isinstance(arguments, dict):
        first = arguments.get("gen_args_0")
        return first.get("arg_1") if isinstance(first, dict) else None
    first = arguments[0] if isinstance(arguments, list) and arguments else None
    return first[1] if isinstance(first, list) and len(first) > 1 else None


def _task(document: Document) -> dict[str, str]:
    found = _FILE.fullmatch(document.path.name)
    return {"task": found["task"]} if found else {}


def _results_beside(document: Document) -> Document | None:
    found = _FILE.fullmatch(document.path.name)
    path = document.path.with_name(f"results_{found['date']}.json") if found else None
    return Document(path) if path is not None and path.is_file() else None


def _is_results(value: Mapping[str, Any]) -> bool:
    return all(isinstance(value.get(name), dict) for name in ("results", "configs", "config"))


def _results(document: Document) -> Imported:
    value = document.value
    if not isinstance(value, dict) or not _is_results(value):
        raise BadInput(f"{document.path}: expected the results that lm-eval writes (results, configs, config)")
    config = value["config"]
    arguments = config.get("model_args")
    address = address_or_none(arguments.get("base_url")) if isinstance(arguments, dict) else None
    return Imported(
        _TOOL,
        tool_version=text_or_none(value.get("lm_eval_version")),
        model=text_or_none(value.get("model_name")) or text_or_none(config.get("model")),
        sampling=sampling_of(config.get("gen_kwargs"), _SAMPLING),
        settings={
            **settings_of(value, ("date", "git_hash", "fewshot_as_multiturn")),
            **({"base_url": address} if address else {}),
        },
    )

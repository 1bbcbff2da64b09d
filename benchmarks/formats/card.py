"""The dataset card of a suite: what it is, where its tasks come from, what it cannot tell; and the suite's name read
back from it.
"""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import BadInput
from ..suite import Suite, read_requires

_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)
#: Licences that a hub knows by these names; any other is given as ``other`` with its name.
_LICENSES = frozenset(
    {"apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "cc-by-4.0", "cc-by-sa-4.0", "cc0-1.0", "gpl-3.0"}
)
_KEY = "evalrun_suite"
_TOLD = ("name", "version", "description", "license", "source")


def canary(suite: Suite) -> str:
    """A sentence that marks the data, with an identifier made from the suite's digest."""
    guid = uuid.uuid5(uuid.NAMESPACE_URL, f"evalrun:{suite.digest}")
    return f"This is evaluation data; leave it out of training corpora. evalrun canary {guid}"


def card_text(suite: Suite) -> str:
    """``README.md`` of the suite's hub folder."""
    from huggingface_hub import DatasetCardData

    fields: dict[str, Any] = {
        "pretty_name": f"{suite.name} {suite.version}",
        "language": ["en"],
        "task_categories": ["text-generation"],
        "size_categories": [next((name for limit, name in _SIZES if len(suite) < limit), "n>10M")],
        "tags": ["code", "evaluation", "evalrun"],
        "configs": _configs(suite),
        **_license(suite.license),
        _KEY: {
            "digest": suite.digest,
            **{name: getattr(suite, name) for name in _TOLD},
            **({"requires": list(suite.requires)} if suite.requires else {}),
        },
    }
    data = DatasetCardData(**fields)
    body = "\n\n".join(_paragraphs(suite))
    return f"---\n{data.to_yaml()}\n---\n\n{body}\n"


def _license(name: str) -> dict[str, str]:
    if not name:
        return {"license": "unknown"}
    return {"license": name.lower()} if name.lower() in _LICENSES else {"license": "other", "license_name": name}


def _configs(suite: Suite) -> list[dict[str, Any]]:
    def config(name: str, split: str, file: str) -> dict[str, Any]:
        return {"config_name": name, "data_files": [{"split": split, "path": f"data/{file}.parquet"}]}

    configs = [{**config("default", "test", "test"), "default": True}]
    return [*configs, config("ancestors", "train", "ancestors")] if suite.ancestors else configs


def _paragraphs(suite: Suite) -> list[str]:
    kinds = Counter(test.kind for task in suite for test in task.tests)
    tests = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    return [
        f"# {suite.name} {suite.version}",
        suite.description or "Code tasks with trusted references and tests.",
        f"{len(suite)} tasks; tests by kind: {tests}. Suite digest: `{suite.digest}`.",
        "## Use",
        "evalrun takes a copy of this folder wherever it takes a suite. The columns `tests`, `lineage`, `metadata` and "
        "`certificate` hold JSON text; values in tests are in evalrun's plain-data encoding. "
        "`digest` is the SHA-256 of everything in a task that decides a verdict; evalrun refuses a row whose digest "
        "does not match. Tests and references are programs: run them in a sandbox only.",
        "## Lineage",
        *_lineage(suite),
        "## Limitations",
        "Passing the tests is evidence of a right answer, not proof. Tasks that were public before a model's training "
        "may be known to it; evolved tasks lower that risk and do not remove it. Scores depend on prompts, sampling "
        "and time limits: state them with the score.",
        "## Canary",
        canary(suite),
    ]


def _lineage(suite: Suite) -> list[str]:
    source = [f"Source: {suite.source}."] if suite.source else []
    steps = Counter(f"{t.lineage.operator} {t.lineage.operator_version}" for t in suite if t.lineage is not None)
    if not steps:
        return [*source, "The tasks are as their authors wrote them; none was evolved."]
    roots = len({task.root for task in suite})
    seeds = sorted({task.lineage.seed for task in suite if task.lineage is not None})
    operators = ", ".join(f"{name} ({count} tasks)" for name, count in sorted(steps.items()))
    shown = ", ".join(map(str, seeds[:10])) + (", ..." if len(seeds) > 10 else "")
    return [
        *source,
        f"{sum(steps.values())} tasks were evolved from {roots} roots. Last operators: {operators}. Seeds: {shown}. "
        "Each task's column `lineage` names its parents, operator, parameters and seed; the configuration `ancestors` "
        "holds the tasks that it descends from.",
    ]


def suite_of_card(path: Path, suite: Suite) -> Suite:
    """The suite with the name and version that its card tells; BadInput if the card tells another digest.

    A folder without a card, or with a card of someone else's making, leaves the suite as it is.
    """
    if not path.is_file():
        return suite
    from huggingface_hub import DatasetCard

    try:
        data: Any = DatasetCard(path.read_text(encoding="utf-8"), ignore_metadata_errors=True).data
        told = data.to_dict().get(_KEY)
    except Exception as error:
        # The YAML reader's errors have no common base in huggingface_hub's interface.
        raise BadInput(f"{path}: the card cannot be read ({str(error).split(chr(10))[0][:160]})") from error
    if not isinstance(told, dict):
        return suite
    if told.get("digest") != suite.digest:
        raise BadInput(f"{path.parent}: the tasks do not match the digest in the card; get a clean copy")
    texts: dict[str, Any] = {name: str(told[name]) for name in _TOLD if name in told}
    return replace(suite, **texts, requires=read_requires(told.get("requires", []), path))

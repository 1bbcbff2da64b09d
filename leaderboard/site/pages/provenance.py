"""Provenance: what each number rests on, as its run recorded it, and how anyone can build the site again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ....benchmarks.visible import visible
from ....harness.runs import records
from ...records.table import RunTable
from ...words import NONE, plural
from .. import downloads
from ..content import Content
from ..downloads import Value
from ..render import Asset, Page, Place, View

PLACE = Place("provenance", "Provenance", "provenance.html")
# What is published of a manifest. Not the endpoint's address, which may name a private machine or hold a key.
_PUBLISHED = {
    "evalrun": ("Harness", "evalrun"),
    "created": ("Begun", None),
    "model": ("Model", ("name",)),
    "suite": ("Suite", ("name", "version", "digest", "selection", "tasks", "suite_tasks")),
    "suite_seal": ("Suite seal", None),
    "prompt": ("Prompt", ("version", "digest")),
    "sampling": ("Sampling", None),
    "endpoint": ("Endpoint", ("form",)),
    "source": ("Answers given", ("digest", "assembly", "extract")),
    "scoring": ("Scoring", None),
    "shard": ("Part of a run", None),
    "config_digest": ("Settings digest", None),
}
_MOST_LEVELS = 6
"""Levels of a manifest that are shown: our own have four."""
_RECORDS = (records.MANIFEST, records.TASKS, records.SAMPLES, records.LIMITS, records.VERDICTS)


def present(content: Content) -> bool:
    """Always."""
    return True


def pages(content: Content) -> Iterator[Page | Asset]:
    """provenance.html, and what it says of every run as files."""
    sums = [record_digests(run.path) for run in content.runs]
    yield from downloads.table("provenance", _file_rows(content.runs, sums))
    versions = sorted({visible(run.manifest.get("evalrun") or "an unknown version") for run in content.runs})
    made = f"scored by evalrun {versions[0]}" if len(versions) == 1 else "scored by several versions of evalrun"
    yield Page(
        path=PLACE.path,
        template="provenance.html.j2",
        title=PLACE.title,
        finding=f"Every number here rests on {plural(len(content.runs), 'recorded run')}, {made}.",
        place=PLACE.key,
        view={
            "runs": [_run_view(run, own, n) for n, (run, own) in enumerate(zip(content.runs, sums, strict=True), 1)],
            "title": visible(content.title),
            "samples": content.choices.samples,
            "prompts": content.choices.prompts,
        },
    )


def record_digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of every record file that a run folder has."""
    found = {}
    for name in _RECORDS:
        path = folder / name
        if path.is_file():
            whole = hashlib.sha256()
            with path.open("rb") as stream:
                while block := stream.read(1 << 20):
                    whole.update(block)
            found[name] = whole.hexdigest()
    return found


def _run_view(run: RunTable, sums: Mapping[str, str], number: int) -> View:
    scoring = run.section("scoring")
    image = str(scoring.get("image") or "").removeprefix("sha256:").removeprefix("rootfs:")
    kind = scoring.get("kind") or scoring.get("sandbox")
    return {
        "id": f"run-{number}",
        "label": visible(run.label),
        "suite": visible(run.suite),
        "sandbox": " ".join(visible(part, 40) for part in (kind, image[:12]) if part) or NONE,
        "sampling": sampling_words(run),
        "evalrun": visible(run.manifest.get("evalrun") or NONE),
        "created": visible(run.created) or NONE,
        "verdicts": ", ".join(f"{name} {count:,}" for name, count in run.verdict_counts.items() if count) or "none",
        "facts": _facts(run.manifest),
        "sums": list(sums.items()),
    }


def _facts(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(name, value) of what the manifest says and may be published; nested values by their path."""
    facts = []
    for key, (name, wanted) in _PUBLISHED.items():
        value = manifest.get(key)
        if isinstance(value, Mapping):
            inner = [k for k in sorted(value, key=str) if wanted is None or k in wanted]
            facts += [(f"{name}: {path}", text) for k in inner for path, text in _flat(visible(k, 60), value[k])]
        elif value is not None:
            facts.append((name, _text(value)))
    return facts


def _flat(path: str, value: object, depth: int = 0) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        if depth == _MOST_LEVELS:
            yield path, "…"
            return
        for key in sorted(value, key=str):
            yield from _flat(f"{path} {visible(key, 60)}", value[key], depth + 1)
    elif value not in ([], ""):
        yield path, _text(value)


def _text(value: object, depth: int = 0) -> str:
    if depth > _MOST_LEVELS:
        return "…"
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(_text(one, depth + 1) for one in value) if isinstance(value, list) else visible(value)


def sampling_words(run: RunTable) -> str:
    """The settings that a run was sampled with, and those that it left to the server."""
    settings = sorted(run.section("sampling").items())
    given = [f"{visible(key, 40)} {visible(value, 80)}" for key, value in settings if value is not None]
    left = [visible(key, 40) for key, value in settings if value is None]
    parts = [", ".join(given)] if given else []
    return "; ".join(parts + ([f"left to the server: {', '.join(left)}"] if left else [])) or NONE


def _file_rows(runs: Sequence[RunTable], sums: Sequence[Mapping[str, str]]) -> list[Mapping[str, Value]]:
    return [
        {
            "model": run.label,
            "suite": run.suite,
            "suite_digest": str(run.section("suite").get("digest")),
            "suite_seal": str(run.manifest.get("suite_seal") or ""),
            "created": run.created,
            "evalrun": str(run.manifest.get("evalrun") or ""),
            "prompt_version": str(run.section("prompt").get("version") or ""),
            "sandbox": str(run.section("scoring").get("kind") or ""),
            "image": str(run.section("scoring").get("image") or ""),
            "scored": run.scored,
            "owed": run.owed,
            **{f"sha256_{name}": own.get(name) for name in _RECORDS},
        }
        for run, own in zip(runs, sums, strict=True)
    ]

"""Provenance: what each number rests on, as its run recorded it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ....benchmarks.visible import visible
from ...table import RunTable
from ...words import NONE, plural
from ..content import Content
from ..render import Page, Place, View

PLACE = Place("provenance", "Provenance", "provenance.html")


def present(content: Content) -> bool:
    """Always."""
    return True


def pages(content: Content) -> Iterator[Page]:
    """provenance.html."""
    yield Page(
        path=PLACE.path,
        template="provenance.html.j2",
        title="Provenance",
        finding=f"What the numbers of {plural(len(content.runs), 'run')} rest on.",
        place=PLACE.key,
        view={"runs": [_provenance_view(run) for run in content.runs]},
    )


def _short(image: object) -> str:
    """An image's digest in twelve digits, as a suite's; the run's manifest has it whole."""
    return str(image or "").removeprefix("sha256:").removeprefix("rootfs:")[:12]


def _provenance_view(run: RunTable) -> View:
    scoring = run.section("scoring")
    image = scoring.get("image") or scoring.get("image_digest")
    sandbox = scoring.get("sandbox")
    kind = scoring.get("kind") or (sandbox.get("kind") if isinstance(sandbox, Mapping) else sandbox)
    if image is None and isinstance(sandbox, Mapping):
        image = sandbox.get("image") or sandbox.get("image_digest")
    model = run.section("model")
    return {
        "label": visible(run.label),
        "model": visible(model.get("name") or NONE),
        "suite": visible(run.suite),
        "sandbox": " ".join(visible(part, 40) for part in (kind, _short(image)) if part) or NONE,
        "sampling": sampling_words(run),
        "evalrun": visible(run.manifest.get("evalrun") or NONE),
        "created": visible(run.created) or NONE,
        "verdicts": ", ".join(f"{name} {count:,}" for name, count in run.verdict_counts.items() if count) or "none",
    }


def sampling_words(run: RunTable) -> str:
    """The settings that a run was sampled with, and those that it left to the server."""
    settings = sorted(run.section("sampling").items())
    given = [f"{visible(key, 40)} {visible(value, 80)}" for key, value in settings if value is not None]
    left = [visible(key, 40) for key, value in settings if value is None]
    parts = [", ".join(given)] if given else []
    return "; ".join(parts + ([f"left to the server: {', '.join(left)}"] if left else [])) or NONE

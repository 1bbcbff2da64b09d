"""What a server was found to be able to do, and which way of asking follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from ...benchmarks import BadInput
from ...benchmarks.visible import visible
from .api import Mode
from .probe_checks import EQUAL

MODES: tuple[Mode, ...] = get_args(Mode)
"""In the order in which ``auto`` takes them: log-likelihoods before choices, the cheapest and surest first."""
AUTO = "auto"
_BY_NAME = "gives every token one value, so it is used where --mode names it and not otherwise"
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """works: the modes that passed all tests, each with the settings it passed with (plain JSON, for
    ``loglik_opening.open_loglikelihoods``). refused: all other modes, with the reason. notes: what is worth knowing and
    no fault. tested_at: UTC, ISO 8601. version: evalrun's.
    """

    base_url: str
    model: str
    works: Mapping[Mode, Mapping[str, Any]]
    refused: Mapping[Mode, str]
    notes: tuple[str, ...] = ()
    tested_at: str = ""
    version: str = ""

    def to_json(self) -> dict[str, Any]:
        """As it is kept and as ``evalrun probe --json`` prints it."""
        return {
            "schema": SCHEMA,
            "base_url": self.base_url,
            "model": self.model,
            "works": {mode: dict(settings) for mode, settings in self.works.items()},
            "refused": dict(self.refused),
            "notes": list(self.notes),
            "tested_at": self.tested_at,
            "version": self.version,
        }

    @staticmethod
    def from_json(data: Any) -> ProbeResult:
        """Read the JSON form; ValueError where it is none."""
        if not isinstance(data, dict) or data.get("schema") != SCHEMA:
            raise ValueError(f"not a probe result of schema {SCHEMA}")
        works, refused = data["works"], data["refused"]
        if sorted([*works, *refused]) != sorted(MODES) or not all(isinstance(each, dict) for each in works.values()):
            raise ValueError("every mode must stand there once")
        return ProbeResult(
            base_url=str(data["base_url"]),
            model=str(data["model"]),
            works={mode: works[mode] for mode in MODES if mode in works},
            refused={mode: str(refused[mode]) for mode in MODES if mode in refused},
            notes=tuple(map(str, data["notes"])),
            tested_at=str(data["tested_at"]),
            version=str(data["version"]),
        )


def _is_constant(found: ProbeResult, mode: Mode) -> bool:
    """Whether a mode gives every token the same log-probability, as a control does, or a server that computes none."""
    return any(note.startswith(mode) and f" {EQUAL} " in f" {note} " for note in found.notes)


def default_mode(found: ProbeResult, among: Sequence[Mode] = MODES) -> Mode | None:
    """The first mode that works and tells tokens apart."""
    able = (mode for mode in MODES if mode in among and mode in found.works and not _is_constant(found, mode))
    return next(able, None)


def choose_mode(found: ProbeResult, asked: str = AUTO, among: Sequence[Mode] = MODES) -> Mode:
    """The way to ask: the one that was asked for, or with ``auto`` the first of ``among`` that works and tells tokens
    apart.

    Raises:
        BadInput: it does not work on this server, with the reason.
    """
    where = f"{visible(found.model)} at {visible(found.base_url)}"
    if asked == AUTO:
        default = default_mode(found, among)
        if default is not None:
            return default
        why = {**dict.fromkeys(found.works, _BY_NAME), **found.refused}
        reasons = "; ".join(f"{mode}: {visible(why[mode])}" for mode in MODES if mode in among)
        raise BadInput(f"{where}: no way of asking works ({reasons}); `evalrun probe --refresh` tests again")
    known = next((mode for mode in MODES if mode == asked), None)
    if known is None or known not in among:
        raise BadInput(f"--mode {visible(asked)}: none of {', '.join((AUTO, *among))}")
    if known not in found.works:
        able = ", ".join(mode for mode in found.works if mode in among) or "none"
        raise BadInput(
            f"--mode {known}: it does not work with {where}: {visible(found.refused[known])} (what works: {able}; "
            "`evalrun probe --refresh` tests again)"
        )
    return known

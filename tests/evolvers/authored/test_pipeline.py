"""From an author's reply over HTTP to an admitted task, or to the reason why there is none."""

from __future__ import annotations

from pathlib import Path

from evalrun.evolvers.authored.pipeline import Authoring
from evalrun.evolvers.authored.protocol import Hints
from evalrun.evolvers.loop.protocol import Made, Proposal
from evalrun.harness.sandbox import Sandbox
from evalrun.harness.scoring import score_one

from .acting import NOT_STRICT, PARENT, RIGHT, Play, acted


def made_of(play: Play, sandbox: Sandbox, folder: Path, operator: str = "difficult") -> Made:
    """One proposal, made."""
    with acted(play, folder / "replies") as asker:
        maker = Authoring(asker, sandbox, name="new")
        (made,) = maker.make([Proposal(0, 0, operator, "plain", (PARENT,), Hints(), 7)])
    return made


def test_a_sound_draft_becomes_a_task_that_its_reference_passes(sandbox: Sandbox, tmp_path: Path) -> None:
    play = Play()
    made = made_of(play, sandbox, tmp_path)
    assert made.rejected is None, (made.rejected, made.said)
    assert made.task is not None
    assert made.certificate is not None
    assert score_one(made.task, made.task.reference, sandbox).verdict.value == "pass"
    assert score_one(made.task, RIGHT, sandbox).verdict.value == "pass"
    assert score_one(made.task, NOT_STRICT, sandbox).verdict.value == "wrong"
    assert play.count("evolve") == 1
    assert play.count("solve") == 5

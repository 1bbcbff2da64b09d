"""A panel for preference tasks, played over HTTP: an author, judges that look at texts, and judges that do not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalrun.benchmarks.preference import PreferenceSuite, PreferenceTask
from evalrun.harness.cli import main
from evalrun.harness.preference.question_layout import read_layout

from ...preferences.tasks import RIGHT, WRONG, advice_pair, code_pair, fenced
from ..answering import Body, Said, answering, question

BAD = "Nobody knows"
"""What makes a response worse for the judges that look."""
PURPOSES = (
    ("mend", "You were asked the following"),
    ("degrade", "Make the response below worse"),
    ("attempt", "Answer the last turn of the conversation below"),
    ("critique", "Read the response to the last turn"),
    ("improve", "Improve the response to the last turn"),
    ("instruct", "Below are the old and the new version"),
    ("polish", "Below is the worse of two responses"),
    ("paraphrase", "Say the question below in other words"),
    ("persona", "Tell the question below anew"),
    ("same", "Do the two questions below ask for the same?"),
    ("dilemma", "The two questions below are told among different people"),
)
Says = str | Callable[[str], str]


def purpose_of(body: Body) -> str:
    """What a request is for; ``judge`` for a comparison of two responses."""
    text = question(body)
    return next((name for name, start in PURPOSES if text.startswith(start)), "judge")


def shown(text: str) -> tuple[str, str, str]:
    """Criterion and the two responses in the question to a judge."""
    layout = read_layout(text)
    assert layout is not None
    found = re.search(r"^Criterion: (.*)$", text, re.MULTILINE)
    return found[1] if found else "", *layout


def looking(text: str, worse: Callable[[str, str], bool] | None = None) -> str:
    """A judge who reads: by ``worse(criterion, response)`` a response has a fault by a criterion."""
    found = worse or (lambda criterion, response: BAD in response)
    criterion, first, second = shown(text)
    faults = [found(criterion, each) for each in (first, second)]
    return "I read both.\n[[tie]]" if faults[0] == faults[1] else f"I read both.\n[[{'B' if faults[0] else 'A'}]]"


@dataclass
class Panel:
    """What each member says. author: by purpose; judges: by model, else ``judge``; asked: (purpose, model)."""

    author: dict[str, Says]
    judge: Says = looking
    judges: dict[str, Says] = field(default_factory=dict)
    same: Says = '{"same": true, "why": "They ask for the same."}'
    asked: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, body: Body) -> Said:
        purpose, model, text = purpose_of(body), str(body["model"]), question(body)
        self.asked.append((purpose, model))
        if purpose in ("same", "dilemma"):
            says: Says = self.same
        elif purpose == "judge":
            says = self.judges.get(model, self.judge)
        else:
            says = self.author.get(purpose, "")
        return Said(says if isinstance(says, str) else says(text))

    def count(self, purpose: str, model: str | None = None) -> int:
        """How often something was asked."""
        return sum(name == purpose and model in (None, whom) for name, whom in self.asked)


def reply(**fields: Any) -> str:
    """A reply's JSON."""
    return json.dumps(fields)


@dataclass
class Evolved:
    """What a command did. suite: None where it wrote none."""

    status: int
    folder: Path
    suite: PreferenceSuite | None


JUDGES = ("beta-7b", "gamma-7b", "delta-7b")
PROCESS = ("--sandbox", "process", "--workers", "2")


def evolve(
    panel: Panel,
    operator: str,
    task: PreferenceTask,
    folder: Path,
    *further: str,
    judges: Sequence[str] = JUDGES,
) -> Evolved:
    """``evalrun evolve`` of a suite of one task."""
    seeds = folder / "seeds"
    if not seeds.exists():
        PreferenceSuite("toy", "1", (task,), license="CC0-1.0").save(seeds)
    named = [part for judge in judges for part in ("--judge-model", judge)]
    output = folder / "new"
    with answering(panel) as server:
        members = ["--model", "alpha-1", "--base-url", server.base_url, *named, "--seed", "3", "--keep-seeds", "0"]
        command = ["evolve", str(seeds), "--operators", operator, *members, *PROCESS, "--max-retries", "0"]
        status = main([*command, *further, "-o", str(output)])
    return Evolved(status, output, PreferenceSuite.load(str(output)) if output.exists() else None)


def verify(folder: Path, *further: str) -> int:
    """``evalrun verify``."""
    return main(["verify", str(folder), *further, *PROCESS])


ADVICE = advice_pair()
GOOD = ADVICE.response("a").text
WORSE = GOOD.replace("because steam keeps the crust soft", f"because. {BAD} why")
CODE = code_pair("middle")
STILL_WRONG = WRONG.replace("ordered = values", "ordered = values  # keeps the values in their order")
ASKED = "Write a Python function middle(values) that gives the value in the middle of the sorted values."
__all__ = ["ASKED", "RIGHT", "STILL_WRONG", "WRONG", "fenced"]

"""Each operator from its author's reply over HTTP to an admitted task, with the replies that its page shows, and to the
gate that stops a faulty one."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks import CodeTask, Suite
from evalrun.evolvers.authored.pipeline import Authoring
from evalrun.evolvers.authored.protocol import Hints
from evalrun.evolvers.authored.registry import model_operator_named
from evalrun.evolvers.authored.steps import draft_of
from evalrun.evolvers.loop.protocol import Made, Proposal
from evalrun.evolvers.verify import verify
from evalrun.harness.sandbox import Sandbox
from evalrun.harness.scoring import score_one

from .acting import acted, code
from .answering import Body, Said, question
from .test_model_operators_page import parents_of, registered, replies_of

Reply = dict[str, Any]


def named(name: str) -> str:
    return "back_translate:German" if name == "back_translate" else name


class Acted:
    """An author who says its replies one after the other, and solvers who know the right program, or a wrong one."""

    def __init__(self, name: str, replies: Sequence[Reply], program: str | None = None) -> None:
        parents = parents_of(name)
        self._replies, self._said = list(replies), 0
        self._right = program if program is not None else parents[0].reference
        if program is None and model_operator_named(named(name)).kind == "altering":
            self._right = draft_of(model_operator_named(named(name)), replies, parents).reference
        self.asked: list[str] = []

    def __call__(self, body: Body) -> Said:
        text = question(body)
        if text.startswith("Complete the Python function"):
            return Said(code(self._right))
        if text.startswith("You were asked the following"):
            return Said(json.dumps(self._replies[max(0, self._said - 1)]))
        if text.startswith("The function below needs more inputs"):
            return Said('{"inputs": []}')
        self.asked.append(text)
        reply = self._replies[min(self._said, len(self._replies) - 1)]
        self._said += 1
        return Said(json.dumps(reply))


def made_of(name: str, play: Any, sandbox: Sandbox, folder: Path, parents: Sequence[CodeTask] | None = None) -> Made:
    with acted(play, folder / "replies") as asker:
        maker = Authoring(asker, sandbox, name="new")
        proposal = Proposal(0, 0, named(name), "plain", tuple(parents or parents_of(name)), Hints(), 7)
        (made,) = maker.make([proposal])
    return made


def suite_of(name: str, made: Made) -> Suite:
    """The suite of one made task, with its parents."""
    assert made.task is not None
    assert made.certificate is not None
    certificates = {made.task.id: made.certificate}
    return Suite("new", "1", (made.task,), ancestors=parents_of(name), certificates=certificates, license="Apache-2.0")


@pytest.mark.sandbox
@pytest.mark.parametrize("name", registered())
def test_the_replies_of_the_page_become_a_task_with_a_certificate(name: str, sandbox: Sandbox, tmp_path: Path) -> None:
    play = Acted(name, replies_of(name))
    made = made_of(name, play, sandbox, tmp_path)
    assert made.rejected is None, (made.rejected, made.said)
    assert made.task is not None
    assert made.certificate is not None
    assert len(play.asked) == len(replies_of(name))
    assert verify(suite_of(name, made), sandbox, replies=tmp_path / "replies") == []
    assert score_one(made.task, made.task.reference, sandbox).verdict.value == "pass"
    if name not in ("back_translate", "concise", "scenario", "transmission_chain", "verbose"):
        assert score_one(made.task, parents_of(name)[0].reference, sandbox).verdict.value != "pass"


def changed(name: str, place: int = 0, **changes: Any) -> list[Reply]:
    """The page's replies with some fields of one of them changed."""
    replies = replies_of(name)
    replies[place] = {**replies[place], **changes}
    return replies


PEEL = "def {name}(word):\n    n = 0\n    while len(word) > 1 and word[0].lower() == word[-1].lower():\n"
PEEL += "        word, n = word[1:-1], n + 1\n    return {value}\n"
LAZY_PAIR = {
    "spec": "Shout a text and then shorten it. Words are maximal runs of characters other than the space; every third "
    "one is put into upper case. Of the whole text, blanks and all, the outermost characters are then taken away in "
    "pairs, for as long as there are two and they are alike but for upper and lower case (str.lower). Return the rest "
    "and the number of pairs.",
    "signature": "def shout_and_shorten(text: str) -> tuple[str, int]:",
    "reference": "def shout_and_shorten(text):\n    pieces, seen, pairs = text.split(' '), 0, 0\n"
    "    for place, piece in enumerate(pieces):\n        if piece:\n            seen += 1\n"
    "            if seen % 3 == 0:\n                pieces[place] = piece.upper()\n    text = ' '.join(pieces)\n"
    "    while len(text) > 1 and text[0].lower() == text[-1].lower():\n        text, pairs = text[1:-1], pairs + 1\n"
    "    return text, pairs\n",
    "inputs": [
        "''",
        "'a b'",
        "'we go noon now'",
        "'aa bb cc dd ee aa'",
        "'a b c'",
        "'noon noon noon'",
        "'x y z x'",
        "'ab'",
    ],
}
LAZY_TOOL = {
    "spec": "Of a word take its first and its last character away together, again and again, while it has two or more "
    "and they are the same, whatever their case. What remains of it is the value.",
    "signature": "def core_of(word: str) -> str:",
    "reference": "def core_of(word):\n    found = core(word)\n    return found\n",
    "inputs": ["''", "'a'", "'aa'", "'Noon'", "'abcXba'", "'level'", "'ox'", "'abba'"],
    "helpers": [
        {
            "name": "core",
            "program": 'def core(word):\n    """What is left of a word when equal ends were peeled off."""\n'
            "    while len(word) > 1 and word[0].lower() == word[-1].lower():\n"
            "        word = word[1:-1]\n    return word\n",
            "calls": ["'Noon'"],
        }
    ],
}
FAULTY: list[tuple[str, str, list[Reply], str]] = [
    (
        "difficult",
        "the parent under another name",
        changed(
            "difficult",
            spec=replies_of("verbose")[0]["spec"],
            signature="def peel_again(word: str) -> tuple[str, int]:",
            reference=PEEL.format(name="peel_again", value="word, n"),
        ),
        "parent_fails",
    ),
    ("difficult", "no program", changed("difficult", reference="def peel_for_points(word:"), "no program"),
    ("creative", "the parent's text", changed("creative", spec=replies_of("subtle")[0]["spec"]), "too similar"),
    (
        "subtle",
        "a program that does as before",
        changed("subtle", reference=PEEL.format(name="peel_matching_ends", value="word, n")),
        "parent_fails",
    ),
    (
        "subtle",
        "nearly everything is different",
        changed(
            "subtle",
            reference=PEEL.format(name="peel_matching_ends", value="word, n + 1"),
        ),
        "delta",
    ),
    ("combine", "one after the other", changed("combine", **LAZY_PAIR), "no_shortcut"),
    ("tool_use", "a helper is the answer", changed("tool_use", **LAZY_TOOL), "no_shortcut"),
    ("verbose", "a number is lost", changed("verbose", spec="Some words. " * 30), "protected tokens"),
    ("concise", "too many words", changed("concise", spec=replies_of("verbose")[0]["spec"]), "length"),
    ("scenario", "a word that is there still", changed("scenario", replaced=["word"]), "old story"),
    ("back_translate", "no pivot", changed("back_translate", spec=replies_of("concise")[0]["spec"]), "other language"),
    ("back_translate", "lost on the way back", changed("back_translate", 1, spec="Peel it."), "too short"),
    ("transmission_chain", "a number is lost", changed("transmission_chain", spec="Peel a str."), "protected tokens"),
]


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("name", "replies", "reason"), [(n, r, w) for n, _, r, w in FAULTY], ids=[f"{n}: {k}" for n, k, _, _ in FAULTY]
)
def test_a_faulty_proposal_falls_out_by_its_reason(
    name: str, replies: list[Reply], reason: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    try:
        program = draft_of(model_operator_named(named(name)), replies, parents_of(name)).reference
    except ValueError:
        program = parents_of(name)[0].reference
    made = made_of(name, Acted(name, replies, program), sandbox, tmp_path)
    assert (made.rejected, made.task) == (reason, None), made.said
    assert made.said


@pytest.mark.sandbox
@pytest.mark.parametrize("name", ["difficult", "tool_use", "verbose", "transmission_chain"])
def test_what_blind_solvers_cannot_solve_is_not_admitted(name: str, sandbox: Sandbox, tmp_path: Path) -> None:
    entry = "peel_matching_ends"
    if model_operator_named(named(name)).kind == "altering":
        entry = draft_of(model_operator_named(named(name)), replies_of(name), parents_of(name)).entry_point
    made = made_of(name, Acted(name, replies_of(name), f"def {entry}(*args):\n    return 0\n"), sandbox, tmp_path)
    assert made.task is None
    assert made.rejected in ("witness", "reference_contradicted"), made.said


def test_a_chain_that_loses_something_later_is_admitted_up_to_there(sandbox: Sandbox, tmp_path: Path) -> None:
    replies = changed("transmission_chain", 1, spec="Take both ends off, over and over, while they agree.")
    made = made_of("transmission_chain", Acted("transmission_chain", replies), sandbox, tmp_path)
    assert made.task is not None, made.said
    assert replies[0]["spec"][:60] in " ".join(made.task.prompt.split())
    assert made.certificate is not None
    gates = {gate["gate"]: gate for gate in made.certificate["gates"]}
    assert [row["missing"] for row in gates["drift"]["evidence"]["links"]] == [
        [],
        ["name word", "number 2", "type str"],
    ]
    forged = copy.deepcopy(dict(made.certificate))
    forged["draft"]["notes"]["links"][1] = replies[0]["spec"]
    assert verify(suite_of("transmission_chain", replace(made, certificate=forged)), sandbox) != []
    purposes = [call["purpose"] for call in made.certificate["calls"] if call["role"] == "author"]
    assert purposes == ["evolve", "link 2"]

"""A panel that is played: authors, menders, clarifiers and blind solvers, each reply decided by the request alone.

What an author is to do stands in the wish that its prompt holds (``play: KIND``), or in the model's name behind its last
colon (``scripted:good``); ``mixed`` does something else for each request. Solvers know what a task's text means from the
author, as people know it from reading; they never see the reference's text in a prompt.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from .acts import FAULTY, SOUND, SUITS, Act, Play, Reply
from .composing import ALTERING, PRESERVING, NothingToPropose, Piece, composed, worded
from .reading import Request, arguments_text, number_of, parents_in, read_request, squeezed
from .rewriting import rewritten
from .trying import tried, varied

_PLAY = re.compile(r"play: ([^\n]+)")
_CHATTER = ("", "Here is my solution.\n\n", "I read the description twice; this should do.\n\n")


@dataclass(frozen=True)
class Known:
    """What is known of a function that solvers are asked for."""

    entry: str
    act: Act
    piece: Piece


@dataclass
class Panel:
    """markers: see ``reading``. parents: programs by the names of their functions, for tasks that nobody changed.

    plays: what an author was to do, by the seeds of its requests. nothing: why an author had nothing to propose, by the
    same. first: which of a seed's requests was the first, that of the proposal's first step.
    """

    markers: Mapping[str, str]
    parents: Mapping[str, str]
    known: dict[str, list[Known]] = field(default_factory=dict)
    plays: dict[str, str] = field(default_factory=dict)
    nothing: dict[str, str] = field(default_factory=dict)
    first: dict[int, int] = field(default_factory=dict)

    def answer(self, body: Mapping[str, Any]) -> str:
        """The reply's text."""
        request = read_request(body, self.markers)
        if request.template == "solve":
            return self._solve(request)
        if request.template == "mend":
            return self._mend(request)
        if request.template == "clarify":
            return self._clarify(request)
        if request.template == "inputs":
            return self._inputs(request)
        if request.template == "plan":
            return _plan(request)
        if request.template.removesuffix("_back") in (*ALTERING, *PRESERVING):
            return _text(self._play(request).reply)
        raise LookupError(f"no script for {request.text[:80]!r}")

    def _play(self, request: Request) -> Act:
        later = self.first.setdefault(request.seed, request.number) != request.number
        kind = kind_of(request, self.plays[str(request.seed)] if later else "")
        self.plays[str(request.seed)] = kind
        try:
            piece = composed(request) if request.template in ALTERING else self._worded(request)
            act = _played(kind, request)(piece, request)
        except NothingToPropose as nothing:
            self.nothing[str(request.seed)] = str(nothing)
            return Act(f"I have nothing to propose: {nothing}", ())
        self._learn(Known(piece.entry, act, piece))
        return act

    def _learn(self, known: Known) -> None:
        mine = self.known.setdefault(known.entry, [])
        if known not in mine:
            mine.append(known)

    def _worded(self, request: Request) -> Piece:
        reply = worded(request)
        named = re.search(r"def (\w+)\(", request.one("signature"))
        assert named is not None
        names = re.findall(r"(\w+)\s*(?::[^,]*(?:\[[^\]]*\])?[^,)]*)?(?:=[^,)]*)?[,)]", request.one("signature"))
        spec = str(reply.pop("spec"))
        template = request.template.removesuffix("_back")
        entry = named[1]
        program = self.parents.get(entry, "")
        if not program:  # a task that was made here
            known = self._read(entry, f"{entry} {request.one('description')}")
            if known is None or not known.act.right:
                raise NothingToPropose(f"{entry} is not known")
            program = known.act.right[0]
        parameters = tuple(dict.fromkeys(name for name in names if not name[0].isdigit())) or ("x",)
        return Piece(template, entry, parameters, (), "", spec, spec, program, extra=reply)

    def _mend(self, request: Request) -> str:
        asked = read_request(
            {"model": request.model, "seed": request.seed, "messages": [{"content": request.one("what was asked")}]},
            self.markers,
        )
        if asked.template == "plan":
            return _plan(asked)
        act = self._play(asked)
        return _text(act.reply if act.mended is None else act.mended)

    def _clarify(self, request: Request) -> str:
        known = self._of(request.one("signature"), request.one("description"))
        return _text({"example": True} if known is None else known.act.clarify)

    def _inputs(self, request: Request) -> str:
        known = self._of(request.one("signature"), request.one("description"))
        if known is None:
            return json.dumps({"inputs": []})
        rows = [other for args in known.piece.inputs for other in varied(args, request.number)]
        ended = tried(known.piece.program, known.entry, rows[:60])
        return json.dumps({"inputs": list(dict.fromkeys(arguments_text(args) for args, _ in ended))[:12]})

    def _of(self, signature: str, text: str) -> Known | None:
        named = re.search(r"def (\w+)\(", signature)
        return None if named is None else self._read(named[1], f"{signature}\n{text}")

    def _read(self, entry: str, text: str) -> Known | None:
        """What is known of a text: the version whose words it has."""
        said = squeezed(text)
        fitting = [known for known in self.known.get(entry, []) if squeezed(known.act.needle) in said]
        return max(fitting, key=lambda known: (known.act.weight, len(squeezed(known.act.needle))), default=None)

    def _solve(self, request: Request) -> str:
        named = re.match(r"Complete the Python function `(\w+)`", request.text)
        assert named is not None
        entry, text = named[1], request.one("the function to complete")
        known = self._read(entry, text)
        slot = _slot(request)
        number = number_of(request.model, request.seed, request.text)
        if known is None or not known.act.right:
            program = self.parents.get(entry, f"def {entry}(*args):\n    return None\n")
        else:
            program = _read_by(known.act, slot, squeezed(text), number)
        with suppress(SyntaxError):
            program = rewritten(program, entry, slot)
        return f"{_CHATTER[number % 3]}```python\n{program.strip()}\n```\n"


def _read_by(act: Act, slot: int, text: str, number: int) -> str:
    """The program of a solver. Where readers part, two of five read rightly and the others in another way each."""
    clear = act.clear and squeezed(act.clear) in text
    if act.readings and not clear and slot not in (0, 2):
        return act.readings[(slot // 2) % len(act.readings)]
    return act.right[number % len(act.right)]


def _slot(request: Request) -> int:
    """Which of five readers this is: the number at the end of its model's name, else the seed's choice."""
    numbered = re.search(r"(\d+)\Z", request.model)
    return int(numbered[1]) % 5 if numbered else number_of(request.seed) % 5


def kind_of(request: Request, before: str = "") -> str:
    """What the author is to do; see the module's docstring. before: what it did in an earlier step, if this is one."""
    wish = _PLAY.search(request.one("wish"))
    if not wish and before == "mended":  # one reply of a proposal may be mended
        return "good"
    kind = wish[1].strip() if wish else before or request.model.rpartition(":")[2]
    if kind != "mixed":
        return kind if kind in SOUND or kind in FAULTY else "good"
    operator = request.template.removesuffix("_back")
    number = number_of("kind", request.text, request.seed)
    kinds = SOUND if number % 10 < 7 else FAULTY
    fitting = sorted(each for each in kinds if operator in SUITS[each])
    return fitting[number // 10 % len(fitting)]


def _played(kind: str, request: Request) -> Play:
    """A fault of a text that comes in two steps is in the one of which it is a fault."""
    first_only = kind in ("malformed", "a pivot that is none")
    good = request.template == "back_translate" and not first_only
    good |= request.template == "back_translate_back" and kind == "a pivot that is none"
    return SOUND["good"] if good else {**SOUND, **FAULTY}[kind]


def _plan(request: Request) -> str:
    """Observations on the parents, as many as are asked for."""
    names = [name for parent in parents_in(request) for name in (parent.entry, *parent.parameters)]
    sayings = (
        "Nothing depends on the order in which {} is read.",
        "A hasty reader of {} forgets what is empty.",
        "The size of {} never matters by itself.",
        "Of {} only what differs from its neighbour could count.",
        "Whether {} holds something twice makes no difference.",
        "What comes last in {} could decide what comes first.",
    )
    asked = re.search(r"list of (\d+) to (\d+) texts", request.text)
    count = int(asked[2]) if asked else 4
    told = [saying.format(names[place % len(names)]) for place, saying in enumerate(sayings)]
    return json.dumps({"observations": told[:count]})


def _text(reply: Reply) -> str:
    return reply if isinstance(reply, str) else json.dumps(reply)

"""What a good author proposes: a sound task for each operator, and how those who read it will solve it."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .changes import CHANGES, SIZE_SAYS, SMALL, Change, Small, size_of
from .reading import Args, Parent, Request, arguments_text, entry_of, number_of, parents_in
from .stories import story_for
from .trying import size, tried, varied
from .typing_values import kind_of, outer_of, type_of
from .wordings import from_pivot, kept_words, replaced_words, reworded, shortened, to_pivot

ALTERING = ("difficult", "creative", "subtle", "combine", "tool_use")
PRESERVING = ("verbose", "concise", "scenario", "back_translate", "transmission_chain")
MOST_INPUTS = 16


@dataclass(frozen=True)
class Piece:
    """A proposal before it is said.

    text: the clear description; vague: one that readers take differently, whose other reading is ``misread``. program:
    the whole reference; other: the same by another hand; bug, border: wrong for many inputs, and for few. rule: the
    sentence that says all that is new. own: of tool_use, the reference's part below the helpers.
    """

    operator: str
    entry: str
    parameters: tuple[str, ...]
    types: tuple[str, ...]
    returns: str
    text: str
    rule: str
    program: str
    inputs: tuple[Args, ...] = ()
    vague: str = ""
    other: str = ""
    misread: str = ""
    bug: str = ""
    border: str = ""
    own: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def signature(self) -> str:
        """One line."""
        pairs = zip(self.parameters, self.types, strict=True)
        parts = [name if kind == "object" else f"{name}: {kind}" for name, kind in pairs]
        arrow = "" if self.returns == "object" else f" -> {self.returns}"
        return f"def {self.entry}({', '.join(parts)}){arrow}:"

    def reply(self) -> dict[str, Any]:
        """The reply's object."""
        if self.operator in PRESERVING:
            return {"spec": self.text, **self.extra}
        return {
            "spec": self.text,
            "signature": self.signature,
            "reference": self.own or self.program,
            "inputs": [arguments_text(args) for args in self.inputs],
            "contract": "",
            **self.extra,
        }


class NothingToPropose(Exception):
    """The author finds no sound change of these parents; it says so, and its reply is of no use."""


def composed(request: Request) -> Piece:
    """The proposal for a request for a new function."""
    parents = parents_in(request)
    makers: dict[str, Callable[[Request, list[Parent]], Piece]] = {
        "difficult": _difficult, "tool_use": _tool_use, "creative": _creative, "subtle": _subtle, "combine": _combine,
    }  # fmt: skip
    piece = makers[request.template](request, parents)
    if len(piece.inputs) < 10:
        raise NothingToPropose("too few inputs")
    return piece


def known_calls(parent: Parent, number: int) -> list[tuple[Args, Any]]:
    """Calls that the parent's program answers: those that were told, and some that are like them."""
    told = [args for args, _ in parent.calls]
    more = [other for args in told for other in varied(args, number)]
    unique: dict[str, Args] = {repr(args): args for args in (*told, *more)}
    return tried(parent.program, parent.entry, list(unique.values())[:60])


def new_name(parent: Parent, request: Request) -> str:
    """A name for a new function, which the request decides."""
    return f"{parent.entry.strip('_')[:40]}_{number_of('name', request.text, request.seed) % 16**5:05x}"


def inner_call(parent: Parent, calls: Sequence[tuple[Args, Any]], name: str = "") -> tuple[str, str]:
    """The call of the parent's function in a program, and the import that it needs: of copies if it changes them."""
    keeps = True
    for args, _ in calls[:6]:
        before = copy.deepcopy(args)
        space: dict[str, Any] = {}
        exec(parent.program, space)
        space[parent.entry](*args)
        keeps &= repr(before) == repr(args)
    given = parent.parameters if keeps else [f"copy.deepcopy({each})" for each in parent.parameters]
    return f"{name or parent.entry}({', '.join(given)})", "" if keeps else "import copy\n"


def function(entry: str, parameters: Sequence[str], body: str) -> str:
    """A definition with these lines as its body."""
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    return f"def {entry}({', '.join(parameters)}):\n{lines}"


def _described(parent: Parent, entry: str) -> str:
    """A parent's text, in which its function has the new name."""
    return re.sub(rf"\b{re.escape(parent.entry)}\b", entry, parent.text).strip()


def _outcomes(program: str, entry: str, calls: Sequence[tuple[Args, Any]]) -> list[tuple[Args, Any]]:
    return tried(program, entry, [args for args, _ in calls])


def _worth(calls: Sequence[tuple[Args, Any]], found: Sequence[tuple[Args, Any]], least: float, most: float) -> bool:
    """Whether a change shows: no call is lost, enough of them have other values, and values vary."""
    if len(found) < len(calls):
        return False
    texts = [repr(value) for _, value in found]
    changed = sum(repr(old) != new or type(old) is bool for (_, old), new in zip(calls, texts, strict=True))
    top = max(map(texts.count, texts))
    return least * len(calls) <= changed <= most * len(calls) and len(set(texts)) > 2 and top <= 0.7 * len(texts)


def _in_order(items: Sequence[Any], number: int) -> list[Any]:
    """All of them, beginning with one that the number decides."""
    first = number % len(items) if items else 0
    return [*items[first:], *items[:first]]


def _types(calls: Sequence[tuple[Args, Any]], count: int) -> tuple[str, ...]:
    return tuple(type_of([args[place] for args, _ in calls]) for place in range(count))


def _checked(request: Request, parent: Parent) -> list[tuple[Args, Any]]:
    calls = known_calls(parent, request.number)
    if len(calls) < 6:
        raise NothingToPropose("too few calls of the parent are known")
    return calls


def _bodies(change: Change | Small, parent: Parent, call: str, which: str) -> str:
    body: str = getattr(change, which)
    return f"value = {call}\n{body.replace('{a}', parent.parameters[0])}"


def _difficult(request: Request, parents: list[Parent]) -> Piece:
    (parent,) = parents
    calls = _checked(request, parent)
    entry = new_name(parent, request)
    call, imports = inner_call(parent, calls)
    kind = kind_of([value for _, value in calls])
    number = number_of("change", parent.text) + (request.template == "tool_use")  # not the same change for both
    own = [change for change in CHANGES if kind in change.takes and len(change.takes) == 1]
    sizer = size_of(args[0] for args, _ in calls) + "\n\n"
    fitting = _in_order([*own, *(each for each in CHANGES if len(each.takes) > 1)], number)
    for change in fitting:
        text = _described(parent, entry)
        rule = change.clear.replace("{a}", parent.parameters[0])
        vague = change.vague.replace("{a}", parent.parameters[0])
        sizes = f"\n\n{SIZE_SAYS}" if change.sizes else ""
        frame = (
            f"Begin with the value that the following text asks for.\n\n{text}\n\nThis value is not the result yet. "
        )

        def program(which: str, change: Change = change) -> str:
            whole = function(entry, parent.parameters, _bodies(change, parent, call, which))
            return f"{imports}{parent.program.strip()}\n\n\n{sizer if change.sizes else ''}{whole}"

        found = _outcomes(program("code"), entry, calls)
        if not _worth(calls, found, 0.8, 1.0):
            continue
        return Piece(
            request.template,
            entry,
            parent.parameters,
            _types(calls, len(parent.parameters)),
            outer_of([value for _, value in found]),
            text=f"{frame}{rule}{sizes}",
            rule=rule,
            vague=f"{frame}{vague}{sizes}",
            program=program("code"),
            other=program("other"),
            misread=program("misread"),
            bug=program("bug"),
            border=program("border"),
            inputs=_inputs(found),
            extra={"changes": [f"The value is changed at the end: {change.name}."]},
        )
    raise NothingToPropose("no change shows")


def _inputs(found: Sequence[tuple[Args, Any]]) -> tuple[Args, ...]:
    """One of each value first."""
    first: dict[str, Args] = {}
    for args, value in found:
        first.setdefault(repr(value), args)
    unique = {repr(args): args for args in (*first.values(), *(args for args, _ in found))}
    return tuple(args for args in unique.values() if len(repr(args)) < 1_000)[:MOST_INPUTS]


def _tool_use(request: Request, parents: list[Parent]) -> Piece:
    """The difficult task with the parent's own function given away."""
    piece = _difficult(request, parents)
    (parent,) = parents
    node = entry_of(parent.program, f"{parent.entry}(")
    lines = parent.program.strip("\n").split("\n")
    lines.insert(node.body[0].lineno - 1, f'    """{_docstring(parent.text)}"""')
    helper = "\n".join(lines)
    calls = [arguments_text(args) for args, _ in parent.calls[:3]] or [arguments_text(piece.inputs[0])]
    own = piece.program.replace(f"{parent.program.strip()}\n\n\n", "")
    return replace(
        piece,
        own=own,
        extra={"helpers": [{"name": parent.entry, "program": helper, "calls": calls}]},
    )


def _docstring(text: str) -> str:
    """What a helper does, as its docstring."""
    plain = text.replace("\\", "\\\\").replace('"""', "'''").strip()
    return "\n    ".join(plain.split("\n"))[:1_200].rstrip('"\\')


def _creative(request: Request, parents: list[Parent]) -> Piece:
    (parent,) = parents
    calls = _checked(request, parent)
    types = _types(calls, len(parent.parameters))
    story = story_for(types)
    if story is None:
        raise NothingToPropose(f"no story for {', '.join(types)}")
    story = story.told(f"{parent.entry} {request.seed}", parent.parameters)
    entry = new_name(parent, request)

    def program(body: str) -> str:
        return function(entry, parent.parameters, body)

    found = _outcomes(program(story.code), entry, calls)
    if not _worth(calls, found, 0.6, 1.0):
        raise NothingToPropose("the story gives too little")
    return Piece(
        request.template,
        entry,
        parent.parameters,
        types,
        story.returns,
        text=story.clear,
        rule=story.clear,
        vague=story.vague,
        program=program(story.code),
        other=program(story.other),
        misread=program(story.misread),
        bug=program(story.bug),
        border=program(story.bug),
        inputs=_inputs(found),
        extra={"story": story.about},
    )


def _subtle(request: Request, parents: list[Parent]) -> Piece:
    (parent,) = parents
    calls = _checked(request, parent)
    entry = parent.entry
    call, imports = inner_call(parent, calls, "as_before")
    kind = kind_of([value for _, value in calls])
    known = _renamed(parent.program, parent.entry, "as_before")
    for change in _in_order([each for each in SMALL if kind in each.takes], request.number):
        says = change.says.replace("{a}", parent.parameters[0])

        def program(which: str, change: Small = change) -> str:
            whole = function(entry, parent.parameters, _bodies(change, parent, call, which))
            return f"{imports}{known.strip()}\n\n\n{whole}"

        found = _outcomes(program("code"), entry, calls)
        few = 4 * len(_tokens(says)) <= len(_tokens(parent.text))
        if few and len(found) == len(calls) and 0.2 <= _share(calls, found) <= 0.6:
            text = f"{parent.text.rstrip()} {says}"
            return Piece(
                request.template,
                entry,
                parent.parameters,
                _types(calls, len(parent.parameters)),
                outer_of([value for _, value in found]),
                text=text,
                rule=says,
                program=program("code"),
                other=program("other"),
                bug=program("bug"),
                border=program("bug"),
                inputs=_inputs(found),
                extra={"before": change.before, "after": change.after},
            )
    raise NothingToPropose("no small change shows")


def _share(calls: Sequence[tuple[Args, Any]], found: Sequence[tuple[Args, Any]]) -> float:
    changed = sum(repr(old) != repr(new) for (_, old), (_, new) in zip(calls, found, strict=True))
    return changed / len(calls)


def _renamed(program: str, old: str, new: str) -> str:
    """A program whose function has another name."""
    return re.sub(rf"\b{re.escape(old)}\b", new, program)


_JOINED = (
    "if p % 2 == 0:\n    return p * 3 + q\nreturn q * 2 - p",
    "odd = p & 1\nreturn q + q - p if odd else q + 3 * p",
    "if p % 2 == 1:\n    return p * 3 + q\nreturn q * 2 - p",
    "if p % 2 == 0:\n    return p * 3 + q\nreturn q * 2 + p",
    "if p % 2 == 0 and p:\n    return p * 3 + q\nreturn q * 2 - p",
)
_JOINED_SAYS = (
    "The result is a whole number that takes both of them: where p is even, it is three times p plus q, and where p is odd "
    "it is twice q minus p."
)
_JOINED_VAGUE = (
    "The result is a whole number that takes both of them: three times p plus q, or twice q minus p, depending on whether p "
    "is even or odd."
)


def _combine(request: Request, parents: list[Parent]) -> Piece:
    """The sizes of what two parents give decide together."""
    one, two = parents
    mine, theirs = _checked(request, one), _checked(request, two)
    names = {name: f"{name}_two" for name in two.parameters if name in one.parameters}
    parameters = (*one.parameters, *(names.get(name, name) for name in two.parameters))
    entry = new_name(one, request)
    first, second = _program_alone(one.program, one.entry), _program_alone(two.program, two.entry)
    if first & second:
        raise NothingToPropose("both programs define one name")
    call_one, import_one = inner_call(one, mine)
    call_two, import_two = inner_call(
        replace(two, parameters=tuple(names.get(name, name) for name in two.parameters))
        if not names
        else _with_parameters(two, names),
        theirs,
    )
    texts = [_described(each, entry) for each in parents]
    for old, new in names.items():
        texts[1] = re.sub(rf"\b{re.escape(old)}\b", new, texts[1])
    kept = {*parameters, entry}
    told = [reworded(text, kept, request.number, 2) for text in texts]
    if any(_quoted(old, new) > 0.4 for old, new in zip(texts, told, strict=True)):
        raise NothingToPropose("the texts cannot be said in other words")
    frame = (
        "Two values are asked for on the way, and their sizes decide the result. "
        f"{SIZE_SAYS}\n\nThe first value comes of {' and '.join(one.parameters)} as follows. {told[0]}\n\n"
        f"The second value comes of {' and '.join(parameters[len(one.parameters) :])} as follows. {told[1]}\n\n"
        "Let p be the size of the first value, and q the size of the second. "
    )

    sizer = size_of(value for _, value in (*mine, *theirs))

    def program(place: int) -> str:
        body = f"p = size({call_one})\nq = size({call_two})\n{_JOINED[place]}"
        whole = function(entry, parameters, body)
        parts = (one.program.strip(), two.program.strip(), sizer.strip(), whole)
        return (import_one or import_two) + "\n\n\n".join(parts)

    pairs = [(*mine[place % len(mine)][0], *theirs[(place * 5 + 1) % len(theirs)][0]) for place in range(24)]
    unique = {repr(args): args for args in pairs}
    calls = [(args, None) for args in unique.values()]
    found = _outcomes(program(0), entry, calls)
    texts_of = [repr(value) for _, value in found]
    if len(found) < 8 or len(set(texts_of)) < 4 or max(map(texts_of.count, texts_of)) > 0.7 * len(found):
        raise NothingToPropose("the joint task gives too little")
    if len({size(value) for _, value in mine}) < 2 or len({size(value) for _, value in theirs}) < 2:
        raise NothingToPropose("one of both decides nothing")
    return Piece(
        request.template,
        entry,
        parameters,
        _types(found, len(parameters)),
        "int",
        text=frame + _JOINED_SAYS,
        rule=_JOINED_SAYS,
        vague=frame + _JOINED_VAGUE,
        program=program(0),
        other=program(1),
        misread=program(2),
        bug=program(3),
        border=program(4),
        inputs=_inputs(found),
        extra={"uses": ["Its size says how the other counts.", "Its size is added or doubled."]},
    )


def _quoted(old: str, new: str) -> float:
    """How many of a text's runs of five words and signs another one has."""
    mine, other = _runs(_tokens(old)), _runs(_tokens(new))
    return len(mine & other) / len(mine) if mine else 0.0


def _tokens(text: str) -> list[str]:
    return re.findall(r"\w+|[^\w\s]", text.lower())


def _runs(words: list[str]) -> set[tuple[str, ...]]:
    return {tuple(words[place : place + 5]) for place in range(len(words) - 4)}


def _with_parameters(parent: Parent, names: dict[str, str]) -> Parent:
    return replace(parent, parameters=tuple(names.get(name, name) for name in parent.parameters))


def _program_alone(program: str, entry: str) -> set[str]:
    """The names that a program defines at its top."""
    return {str(getattr(node, "name", "")) for node in ast.parse(program).body} - {""}


def worded(request: Request) -> dict[str, Any]:
    """The good reply to a request for another wording."""
    old = request.one("description")
    kept = kept_words(request.one("must be kept")) | set(re.findall(r"\w+", request.one("signature")))
    number = request.number
    if request.template == "verbose":
        again = reworded(old, kept, number, 4)
        return {"spec": f"{old.rstrip()}\n\nTo say the same once more, and more slowly: {again}"}
    if request.template == "concise":
        short = shortened(old, kept)
        if len(short.split()) >= 0.75 * len(old.split()):
            raise NothingToPropose("it is as short as can be")
        return {"spec": short}
    if request.template == "scenario":
        return _scenario(old, kept, number)
    if request.template == "back_translate":
        language = re.search(r"below into (\w+)", request.text)
        assert language is not None
        return {"spec": to_pivot(old, language[1], kept)}
    if request.template == "back_translate_back":
        back = from_pivot(old)
        again = reworded(back, kept, number, 5)
        return {"spec": again if again != back else _opened(again, number)}
    if request.template == "transmission_chain":
        return {"spec": _opened(reworded(old, kept, number, 6), number)}
    raise NothingToPropose(request.template)


def _scenario(old: str, kept: frozenset[str], number: int) -> dict[str, Any]:
    told = reworded(old, kept, number, 2)
    gone = replaced_words(old, told, kept)
    for word, other in (("the", "that"), ("you", "they"), ("are", "happen to be"), ("of", "belonging to")):
        if gone:
            break
        if word not in kept and not re.search(rf"[\"'`][^\"'`]*\b{word}\b", told):
            told = re.sub(rf"\b{word}\b", other, told, flags=re.IGNORECASE)
            gone = replaced_words(old, told, kept)
    spec = f"In a harbour office, clerks need what follows for their ledgers. {told}"
    return {"spec": spec, "setting": "the ledgers of a harbour office", "replaced": gone[:5]}


_OPENINGS = ("Listen: ", "This is what is wanted: ", "It goes like this: ", "What is asked for: ")


def _opened(text: str, number: int) -> str:
    """The text with other first words than it had, so that each link of a chain has its own."""
    had = next((place for place, words in enumerate(_OPENINGS) if text.startswith(words)), None)
    if had is None:
        return _OPENINGS[number % 4] + text
    return _OPENINGS[(had + 1) % 4] + text.removeprefix(_OPENINGS[had])

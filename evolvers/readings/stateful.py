"""Reads definitions of collecting classes. The class made here keeps a log and works out everything from the whole of
it when asked: a batch, where the reference is a stream."""

from __future__ import annotations

import re

_DEFINITION = re.compile(
    r"An? `(?P<name>\w+)` object collects (?P<what>pieces of text|items)\. `(?P<name2>\w+)\((?P<kept>[^`]*)\)` makes "
    r"one that has collected nothing yet(?P<keeps> and keeps its arguments)?\. The method `add\((?P<item>\w+)\)` adds "
    r"one (?P<what2>piece of text|item) after those collected so far\. (?P<more>The method `(?!result\b).+? )?"
    r"The method `result\(\)` returns the value that `(?P<inner>\w+)\((?P<given>[^`]*)\)`, as specified above, "
    r"returns, where `(?P<whole>\w+)` is (?P<which>.+?), in the order in which they were added\. It changes nothing "
    r"and may be called at any time\. Only the specification of `(?P<again>\w+)` is given above: implement it as well\."
)


def program(name: str, text: str, inner: str, given: list[str]) -> str:
    """The class that a text defines by ``inner``, whose parameters are ``given``; ValueError outside the language."""
    matches = list(_DEFINITION.finditer(" ".join(text.split())))
    if not matches:
        raise ValueError("no definition of a class")
    found = matches[-1]
    if {found["name"], found["name2"]} != {name} or {found["inner"], found["again"]} != {inner}:
        raise ValueError("the definition speaks of something else")
    kept = [each for each in found["kept"].split(", ") if each]
    if found["given"].split(", ") != given or kept != [each for each in given if each != found["whole"]]:
        raise ValueError("the arguments do not fit")
    if found["whole"] not in given or bool(kept) != bool(found["keeps"]):
        raise ValueError("the arguments do not fit")
    word = "piece" if found["what"] == "pieces of text" else "item"
    if found["item"] != word or not found["what2"].startswith(word):
        raise ValueError("two different words for one thing")
    unpack = "".join(f"        {each} = self.settings[{number}]\n" for number, each in enumerate(kept))
    return f"""
class {name}:
    def __init__(self, *settings):
        self.settings = settings
        self.log = ()

    def add(self, thing):
        self.log += (("add", thing),)

{_method(found["more"] or "", word)}
    def result(self):
        things = []
        for what, thing in self.log:
            if what == "add":
                things = things + [thing]
            elif what == "undo":
                things = things[: max(0, len(things) - 1)]
            else:
                things = []
{unpack}        {found["whole"]} = {_whole(found["which"], word)}
        return {inner}({found["given"]})
"""


def _method(text: str, word: str) -> str:
    """The further method that a sentence describes, if any."""
    known = {
        "": "",
        f"The method `undo()` removes the {word} that was added last, and does nothing if there is none. ": (
            '    def undo(self):\n        self.log += (("undo", None),)\n'
        ),
        f"The method `clear()` removes every {word} collected so far. ": (
            '    def clear(self):\n        self.log += (("clear", None),)\n'
        ),
        f"The method `add_all({word}s)` adds every {word} of a list, in its order, as `add` does. ": (
            "    def add_all(self, many):\n        for thing in many:\n            self.add(thing)\n"
        ),
    }
    if text not in known:
        raise ValueError("a method outside the language")
    return known[text]


def _whole(which: str, word: str) -> str:
    """The argument that is made of the things collected."""
    if word == "item":
        match = re.fullmatch(r"the list of (.+)", which)
        inside = match.group(1) if match else ""
        return _chosen(inside, word)
    match = re.fullmatch(r"(.+), joined without anything between them", which)
    inside = match.group(1) if match else ""
    return f"str().join({_chosen(inside, word)})"


def _chosen(text: str, word: str) -> str:
    if text == f"all {word}s collected":
        return "things"
    match = re.fullmatch(rf"the (\d+) {word}s added last \(all {word}s if there are fewer\)", text)
    if match is None:
        raise ValueError("the sentence has 0 readings")
    return f"[thing for place, thing in enumerate(things) if place + {match.group(1)} >= len(things)]"

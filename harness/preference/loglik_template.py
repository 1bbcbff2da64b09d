"""How a conversation becomes the one text that a base model continues: plain templates, recorded with their digest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ...benchmarks import BadInput
from ...benchmarks.jsonio import digest, read_json
from ...benchmarks.preference import Message


@dataclass(frozen=True, slots=True)
class PlainTemplate:
    """A text for each turn, with ``{content}`` for what it says (replaced once, nothing else is).

    opening: what precedes the response, without a blank at its end: tokenizers take a blank into the word that follows.
    lead: what stands between the opening and a response that does not begin with it; it counts as the response's.
    end_of_turn: what follows a finished response, for runs that score it too; "" where there is nothing.
    """

    name: str
    system: str
    user: str
    assistant: str
    opening: str
    lead: str = ""
    end_of_turn: str = ""

    def __post_init__(self) -> None:
        for role in ("system", "user", "assistant"):
            if getattr(self, role).count("{content}") != 1:
                raise BadInput(f"prompt template {self.name}: {role}: {{content}} must stand there once")
        if self.opening != self.opening.rstrip(" "):
            raise BadInput(f"prompt template {self.name}: opening: ends with a blank; put it into lead")

    def prompt(self, messages: Sequence[Message]) -> str:
        """The conversation up to where the response begins."""
        turns = {"system": self.system, "user": self.user, "assistant": self.assistant}
        return "".join(turns[each.role].replace("{content}", each.content, 1) for each in messages) + self.opening

    def continuation(self, response: str) -> str:
        """The response as it follows the prompt."""
        return response if response.startswith(self.lead) else self.lead + response

    def to_json(self) -> dict[str, Any]:
        """As manifests hold it: the name, and a digest of all that decides the text."""
        texts = {name: value for name, value in asdict(self).items() if name != "name"}
        return {"name": self.name, "digest": digest(texts)}


TEMPLATES = {
    each.name: each
    for each in (
        PlainTemplate(
            name="human-assistant",
            system="{content}",
            user="\n\nHuman: {content}",
            assistant="\n\nAssistant: {content}",
            opening="\n\nAssistant:",
            lead=" ",
        ),
        PlainTemplate(
            name="question-answer",
            system="{content}\n\n",
            user="Question: {content}\n",
            assistant="Answer: {content}\n\n",
            opening="Answer:",
            lead=" ",
            end_of_turn="\n\n",
        ),
        PlainTemplate(name="text", system="{content}\n\n", user="{content}\n", assistant="{content}\n", opening=""),
    )
}
DEFAULT_TEMPLATE = TEMPLATES["human-assistant"]


def load_template(ref: str) -> PlainTemplate:
    """A built-in template by its name, else a JSON file with the fields of ``PlainTemplate``.

    Raises:
        BadInput: neither is there, or the file's fields are not those of a template.
    """
    if ref in TEMPLATES:
        return TEMPLATES[ref]
    path = Path(ref)
    if not path.is_file():
        raise BadInput(f"prompt template {ref[:200]!r}: none of {', '.join(TEMPLATES)}, and no such file")
    data = read_json(path)
    known = {field.name for field in fields(PlainTemplate)}
    if not isinstance(data, dict) or not all(isinstance(value, str) for value in data.values()):
        raise BadInput(f"{path}: a prompt template is a JSON object of texts ({', '.join(sorted(known))})")
    unknown = sorted(set(data) - known)
    if unknown:
        raise BadInput(f"{path}: unknown field {unknown[0][:40]!r}; known: {', '.join(sorted(known))}")
    try:
        return PlainTemplate(**{"name": path.stem, **data})
    except TypeError as error:
        missing = sorted(known - set(data) - {"name", "lead", "end_of_turn"})
        raise BadInput(f"{path}: the field {missing[0]!r} is missing") from error

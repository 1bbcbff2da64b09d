"""Who wrote a suite's tasks, where a model did, and which models are relatives of each other.

A model may do better on tasks that it, or a relative, wrote than on others as hard: whoever shows its score says so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_LETTERS = re.compile(r"[a-z]+")
# What hosts put before a name: a fine-tune's mark, a region, a vendor (``us.anthropic.claude-...``).
_BEFORE = re.compile(
    r"(?:ft:|(?:us|eu|apac|global|ai21|amazon|anthropic|cohere|deepseek|meta|mistral|openai|qwen)\.(?=[a-z]))+"
)
_LONGEST = 200
_RELATIVES = (
    ("gpt", ("gpt", "chatgpt", "openai", "davinci", "text-davinci", "codex", "o1", "o3", "o4")),
    ("llama", ("llama", "codellama", "meta-llama", "tinyllama", "vicuna", "alpaca")),
    (
        "mistral",
        ("mistral", "mixtral", "ministral", "codestral", "devstral", "magistral", "pixtral", "open-mistral", "zephyr"),
    ),
    ("qwen", ("qwen", "codeqwen", "qwq", "qvq")),
    ("deepseek", ("deepseek",)),
    ("gemini", ("gemini", "gemma", "codegemma")),
    ("phi", ("phi",)),
    ("glm", ("glm", "chatglm", "codegeex")),
    ("granite", ("granite",)),
    ("starcoder", ("starcoder", "starchat", "octocoder")),
    ("command", ("command", "c4ai", "aya")),
)
"""Families whose members do not all begin with the family's name."""


def family_of(model: str) -> str:
    """The family that a model's name speaks of: ``meta-llama/Llama-3.1-8B-Instruct`` is a ``llama``.

    What stands before the last slash, and what hosts put before a name (``us.anthropic.``, ``ft:``), is left out; then
    a known beginning counts (``codellama``, ``mixtral``, ``o3``), else the letters that the name begins with, else the
    whole name. A name can be anything, so this is a guess, and an explicit family goes before it.
    """
    name = model.rpartition("/")[2].strip().lower() or model.strip().lower()
    name = _BEFORE.sub("", name, count=1) if _BEFORE.match(name) else name
    known = [
        (len(start), family) for family, starts in _RELATIVES for start in starts if _begins(name, start)
    ]  # the longest beginning counts
    if known:
        return max(known)[1]
    letters = _LETTERS.match(name)
    return letters[0] if letters else name


def _begins(name: str, start: str) -> bool:
    rest = name[len(start) :]
    return name.startswith(start) and not rest[:1].isalpha()


@dataclass(frozen=True, slots=True)
class Author:
    """A model that wrote tasks, its family, and how many of them. Names are what a certificate says: untrusted."""

    model: str
    family: str
    tasks: int

    def to_json(self) -> dict[str, Any]:
        """As a run's manifest holds it."""
        return {"model": self.model, "family": self.family, "tasks": self.tasks}

    def is_kin_of(self, model: str) -> bool:
        """Whether it is that model, or one of its family as far as its name tells."""
        return self.model == model or self.family == family_of(model)


def authors_of(task_ids: Iterable[str], certificates: Mapping[str, Mapping[str, Any]]) -> tuple[Author, ...]:
    """The models that wrote these tasks, as their certificates say, by name."""
    counts: Counter[tuple[str, str]] = Counter()
    for name in task_ids:
        panel = certificates.get(name, {}).get("panel")
        author = panel.get("author") if isinstance(panel, Mapping) else None
        if isinstance(author, Mapping) and isinstance(author.get("model"), str):
            model = author["model"][:_LONGEST]
            family = author.get("family")
            counts[model, family[:_LONGEST] if isinstance(family, str) else family_of(model)] += 1
    return tuple(Author(model, family, count) for (model, family), count in sorted(counts.items()))


def authors_from(data: Any) -> tuple[Author, ...]:
    """Read what ``Author.to_json`` wrote, out of a manifest that somebody else may have changed; what is none is left
    out."""
    found = []
    for each in data if isinstance(data, list) else []:
        if isinstance(each, Mapping) and isinstance(each.get("model"), str) and isinstance(each.get("family"), str):
            tasks = each.get("tasks")
            found.append(Author(each["model"], each["family"], tasks if type(tasks) is int else 0))
    return tuple(found)

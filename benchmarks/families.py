"""Who wrote a suite's tasks, where a model did, and which models are relatives of each other.

A model may do better on tasks that it, or a relative, wrote than on others as hard: whoever shows its score says so.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .taskset import StoredTask, TaskSet

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
    *(
        (name, (name,))
        for name in "baichuan claude dbrx ernie exaone falcon grok hunyuan internlm jamba kimi nemotron olmo smollm "
        "stablelm yi".split()
    ),
)
"""Families that are known: those whose members do not all begin with the family's name, and those whose name says for
sure what a model is."""
_KNOWN = frozenset(family for family, _ in _RELATIVES)
_ONLY_AT_THE_BEGINNING = frozenset(("openai", "o1", "o3", "o4", "command", "aya", "yi"))
"""Words that say something else further on in a name (``openai/NAME`` is how gateways call any server of that API)."""


def family_of(model: str) -> str:
    """The family that a model's name speaks of: ``meta-llama/Llama-3.1-8B-Instruct`` is a ``llama``.

    What stands before the last slash, and what hosts put before a name (``us.anthropic.``, ``ft:``), is left out; then
    a known beginning counts (``codellama``, ``mixtral``, ``o3``), else the letters that the name begins with, else the
    whole name. A name can be anything, so this is a guess, and an explicit family goes before it.
    """
    name = model.rstrip("/ ").rpartition("/")[2].strip().lower() or model.strip().lower()
    name = _BEFORE.sub("", name, count=1) if _BEFORE.match(name) else name
    known = [
        (len(start), family) for family, starts in _RELATIVES for start in starts if _begins(name, start)
    ]  # the longest beginning counts
    if known:
        return max(known)[1]
    letters = _LETTERS.match(name)
    return letters[0] if letters else name


def families_told(model: str) -> frozenset[str]:
    """Every family that a name speaks of: that of ``family_of``, and known ones whose word stands anywhere in it
    (``deepseek-ai/DeepSeek-R1-Distill-Qwen-7B`` is both, ``house/our-llama3-tuned`` a ``llama`` as well)."""
    name = model.lower()
    found = {family_of(model)}
    for family, starts in _RELATIVES:
        if any(_stands_in(name, start) for start in starts if start not in _ONLY_AT_THE_BEGINNING):
            found.add(family)
    return frozenset(found)


def same_model(one: str, other: str) -> bool:
    """Whether two names are one model's: capitals, blanks around it and the forms of a letter tell no two apart."""
    return _plain(one) == _plain(other)


def are_kin(one: str, family: str, other: str, other_family: str) -> bool:
    """Whether two models are relatives: they are the same one, or of one family by either way of telling, what was
    stated (``family``) or what their names speak of.

    A family that is only the letters two names begin with (``local-a``, ``local-b``) is a weak guess: it does not
    count where both models were stated to be of others.
    """
    if same_model(one, other):
        return True
    stated = {_plain(family), _plain(other_family)}
    common = ({_plain(family)} | families_told(one)) & ({_plain(other_family)} | families_told(other))
    return bool(common & (stated | _KNOWN))


def is_kin_by_name(author: str, family: str, names: Iterable[str]) -> bool:
    """Whether a model of which only names are known (what it was asked for as, its label) is a relative of an author's:
    one name that says so is enough, so that no other name hides it."""
    return any(are_kin(author, family, name, family_of(name)) for name in names if name.strip())


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _stands_in(name: str, word: str) -> bool:
    return re.search(rf"(?<![a-z]){re.escape(word)}(?![a-z])", name) is not None


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

    def is_kin_of(self, *names: str) -> bool:
        """Whether a model with these names is that model, or one of its family; see ``is_kin_by_name``."""
        return is_kin_by_name(self.model, self.family, names)


def authors_of(
    task_ids: Iterable[str],
    certificates: Mapping[str, Mapping[str, Any]],
    parents: Mapping[str, Sequence[str]] | None = None,
) -> tuple[Author, ...]:
    """The models that wrote these tasks, or a task that one of them descends from, as certificates say, by name.

    parents: by task id, what it was made of; a task that a program renamed is still its author's.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for name in task_ids:
        counts.update({each for each in map(_author, _line(name, certificates, parents or {})) if each is not None})
    return tuple(Author(model, family, count) for (model, family), count in sorted(counts.items()))


def _line(
    name: str, certificates: Mapping[str, Mapping[str, Any]], parents: Mapping[str, Sequence[str]]
) -> Iterator[Mapping[str, Any]]:
    """The certificates of a task and of all that it descends from."""
    queue, seen = [name], {name}
    while queue:
        one = queue.pop()
        yield certificates.get(one, {})
        above = [each for each in parents.get(one, ()) if each not in seen]
        seen.update(above)
        queue += above


def _author(certificate: Mapping[str, Any]) -> tuple[str, str] | None:
    panel = certificate.get("panel")
    author = panel.get("author") if isinstance(panel, Mapping) else None
    if not isinstance(author, Mapping) or not isinstance(author.get("model"), str):
        return None
    model, family = author["model"][:_LONGEST], author.get("family")
    return model, family[:_LONGEST] if isinstance(family, str) else family_of(model)


def authors_from(data: Any) -> tuple[Author, ...]:
    """Read what ``Author.to_json`` wrote, out of a manifest that somebody else may have changed; what is none is left
    out."""
    found = []
    for each in data if isinstance(data, list) else []:
        if isinstance(each, Mapping) and isinstance(each.get("model"), str) and isinstance(each.get("family"), str):
            tasks = each.get("tasks")
            found.append(Author(each["model"], each["family"], tasks if type(tasks) is int else 0))
    return tuple(found)


def authors_told(tasks: Sequence[StoredTask], suite: TaskSet[Any]) -> dict[str, Any]:
    """``{"authors": [...]}`` of the tasks of a run, for its manifest; nothing where no model wrote any."""
    known = {task.id: task.lineage.parents for task in (*suite.ancestors, *suite.tasks) if task.lineage is not None}
    authors = authors_of([task.id for task in tasks], suite.certificates, known)
    return {"authors": [author.to_json() for author in authors]} if authors else {}

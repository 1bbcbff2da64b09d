"""Who is asked for what: the panel made of a command's options, and which models are relatives of each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from ...benchmarks import BadInput
from ...benchmarks.families import family_of
from ...harness.endpoint.address import normal_base_url
from .calls import Member, Panel

Item = TypeVar("Item")


def member(model: str, base_url: str, family: str | None = None) -> Member:
    """A member; BadInput where there is no name or the URL is none."""
    if not model.strip():
        raise BadInput("a model's name is empty")
    return Member(model, normal_base_url(base_url), (family or family_of(model)).strip().lower())


def members(
    what: str, models: Sequence[str], base_urls: Sequence[str], families: Sequence[str], default_url: str
) -> tuple[Member, ...]:
    """The members of one role (``solver``, ``judge``): each option once for all of them, or once for each.

    Raises:
        BadInput: neither once nor as often as there are models; a model is named twice at one URL.
    """
    urls = once_or_each(f"--{what}-base-url", base_urls, len(models), None, f"--{what}-model")
    names = once_or_each(f"--{what}-family", families, len(models), None, f"--{what}-model")
    found = tuple(member(model, url or default_url, name) for model, url, name in zip(models, urls, names, strict=True))
    twice = next((one for place, one in enumerate(found) if _same(one, found[:place])), None)
    if twice is not None:
        raise BadInput(f"--{what}-model {twice.model}: named twice at {twice.base_url}; name it once")
    return found


def _same(one: Member, others: Sequence[Member]) -> bool:
    return any((one.model, one.base_url) == (other.model, other.base_url) for other in others)


def once_or_each(option: str, values: Sequence[Item], count: int, default: Item | None, of: str) -> list[Item | None]:
    """The values of an option for so many models: none (the default), one for all, or one for each; else BadInput."""
    if not count and values:
        raise BadInput(f"{option} goes with {of}; name a model, or leave it out")
    if len(values) in (0, 1):
        return [values[0] if values else default] * count
    if len(values) != count:
        raise BadInput(f"{option} is given {len(values)} times for {count} of {of}; give it once, or once for each")
    return list(values)


def panel_of(author: Member, solvers: Sequence[Member] = (), judges: Sequence[Member] = ()) -> Panel:
    """The panel; where no solver (or judge) is named, the author does what it would do, and is no independent one."""
    return Panel(author, tuple(solvers) or (author,), tuple(judges))


def everyone(panel: Panel) -> tuple[Member, ...]:
    """The members, each once: the author, solvers, judges."""
    return tuple(dict.fromkeys((panel.author, *panel.solvers, *panel.judges)))


def warnings_of(panel: Panel) -> list[str]:
    """What a reader of the new suite should know of its panel, in whole sentences; certificates say the same."""
    if panel.independent:
        return []
    if panel.solvers == (panel.author,):
        why = f"the author {panel.author.model} is its own only solver"
    else:
        why = f"all solvers are of the author's family, {panel.author.family}"
    return [
        f"{why}: no other model bears witness, and every certificate says `independent: false`; "
        "name a model of another family with --solver-model"
    ]

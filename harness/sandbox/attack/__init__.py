"""The attack corpus: hostile programs as data, and a runner that shows what each of them achieves in a sandbox."""

from .corpus import CORPUS
from .rows import CATEGORIES, CONTROL, KINDS, Attack
from .run import Finding, run_attacks, try_attack
from .sentinels import Planted, planted

__all__ = [
    "CATEGORIES",
    "CONTROL",
    "CORPUS",
    "KINDS",
    "Attack",
    "Finding",
    "Planted",
    "planted",
    "run_attacks",
    "try_attack",
]

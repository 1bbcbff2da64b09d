"""How a proposal is conditioned on what was evolved before: plain, ga, de, sorted, plan.

A strategy only chooses what the author is shown beside the parents, and in which words (a template each, in
``authored/prompts/partials``); the gates are the same for all. Preserving operators, which must say the same in other
words, are shown lessons alone: another task's ideas have no place there.
"""

from .choosing import Scored
from .conditioning import hints_for, ready

__all__ = ["Scored", "hints_for", "ready"]

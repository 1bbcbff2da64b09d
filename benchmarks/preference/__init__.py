"""What a preference task is: a conversation, several responses, and which of them should be preferred."""

from __future__ import annotations

from .suite import PreferenceSuite, Skipped, is_preference_suite
from .task import TIE, Message, PreferenceTask, Proof, Response, Role

__all__ = [
    "TIE",
    "Message",
    "PreferenceSuite",
    "PreferenceTask",
    "Proof",
    "Response",
    "Role",
    "Skipped",
    "is_preference_suite",
]

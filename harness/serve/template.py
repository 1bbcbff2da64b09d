"""The chat template of stand-ins with tokens of their own.

    <|begin|><|start|>user
    What is 2 + 2?<|end|><|start|>assistant
    4<|end|>

What a message says can write no mark: ``<|end|>`` in a content is seven ordinary characters. The role's line and the
content are cut into tokens together, so that blanks at the beginning of a content may merge with the line break.
"""

from __future__ import annotations

from collections.abc import Sequence

from .vocabulary import Vocabulary

Turn = tuple[str, str]
"""The role and the content."""


def templated(
    turns: Sequence[Turn], vocabulary: Vocabulary, *, generation_prompt: bool, continue_final: bool = False
) -> list[int]:
    """A conversation in tokens.

    generation_prompt: ends with the beginning of the assistant's turn. continue_final: the last turn is left open.
    """
    ids = [vocabulary.begin] if vocabulary.begins else []
    for role, content in turns:
        ids += [vocabulary.start, *vocabulary.encode(f"{role}\n{content}", with_marks=False), vocabulary.end]
    if continue_final:
        ids.pop()
    if generation_prompt:
        ids += [vocabulary.start, *vocabulary.encode("assistant\n", with_marks=False)]
    return ids

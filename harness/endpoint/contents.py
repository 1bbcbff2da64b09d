"""The texts of one choice: what is said, and what was thought, in whichever fields and parts a server puts them."""

from __future__ import annotations

from typing import Any

from .reasoning import Split, split_reasoning

_REASONING_FIELDS = ("reasoning_content", "reasoning", "thinking")
"""DeepSeek, vLLM, SGLang, llama.cpp; OpenRouter, Ollama, Groq, newer vLLM; Ollama's own API."""
_THINKING_PARTS = ("thinking", "reasoning", "reasoning.text", "reasoning.summary")
_MAX_DEPTH = 4  # of parts in parts


class NoText(Exception):
    """The choice has no text where one should be."""


def texts_of(choice: dict[str, Any]) -> Split:
    """The answer and the reasoning of a choice.

    A chat's message or a completion's text, whichever is there: some servers answer one with the other's shape, or
    with the ``delta`` of a stream. What was thought and never ended leaves no answer.

    Raises:
        NoText: there is neither, or of a type that holds no text.
    """
    message = choice.get("message")
    if not isinstance(message, dict):
        message = choice.get("delta")
    if not isinstance(message, dict):
        if "text" not in choice:
            raise NoText("it has no choices[0] with a text")
        message = {"content": choice["text"], **{name: choice.get(name) for name in _REASONING_FIELDS}}
    answer, thoughts = _parts(message.get("content"))
    if not answer and isinstance(message.get("refusal"), str):
        answer = message["refusal"]
    split = split_reasoning(answer)
    told_apart = _told_apart(message)
    if split.closed and split.reasoning is None and not told_apart and not thoughts:
        return split  # nothing was thought aloud: nearly always
    reasoning = [told_apart, thoughts, split.reasoning]
    if not split.closed:
        reasoning.insert(2, split.answer)  # what little was said before the thinking began
    kept = [text for text in reasoning if text and text.strip()]
    return Split(split.answer if split.closed else "", "\n".join(dict.fromkeys(kept)) or None, split.closed)


def _told_apart(message: dict[str, Any]) -> str:
    for name in _REASONING_FIELDS:
        if message.get(name) and (text := _text_in(message[name])):
            return text
    return _text_in(message.get("reasoning_details"))  # OpenRouter's, where it is all there is


def _parts(content: Any) -> tuple[str, str]:
    """The text and the thinking of a message's content: a text, nothing, or a list of typed parts."""
    if content is None:
        return "", ""
    if isinstance(content, str):
        return content, ""
    if not isinstance(content, list):
        raise NoText(f"the text is of type {type(content).__name__}")
    said: list[str] = []
    thought: list[str] = []
    for part in content:
        if isinstance(part, dict) and part.get("type") in _THINKING_PARTS:
            thought.append(_text_in(part))
        else:
            said.append(_text_in(part))
    return "".join(said), "\n".join(text for text in thought if text)


def _text_in(value: Any, depth: int = 0) -> str:
    """The text in a value that may be one, a part, or a list of parts; "" in what holds none (an image)."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if depth == _MAX_DEPTH:
        return ""
    if isinstance(value, dict):
        names = ("text", "thinking", "reasoning", "summary", "content", "refusal")
        return next((text for name in names if (text := _text_in(value.get(name), depth + 1))), "")
    if isinstance(value, list):
        return "".join(_text_in(part, depth + 1) for part in value)
    return ""

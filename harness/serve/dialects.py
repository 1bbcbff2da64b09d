"""Which of the servers that people run is imitated: what each offers beside the rest, and what it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Shape = Literal["vllm", "llama.cpp"]


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a server offers.

    completions: /v1/completions. echo: its ``echo``. token_prompts: prompts of token ids. prompt_logprobs: the field of
    that name, in both APIs (elsewhere it is ignored, as fields that are not known are). tokenizers: whose shapes of
    /tokenize and /detokenize. native: llama.cpp's /completion.
    """

    name: str
    completions: bool = True
    echo: bool = True
    token_prompts: bool = True
    prompt_logprobs: bool = True
    tokenizers: tuple[Shape, ...] = ("vllm", "llama.cpp")
    native: bool = True


DIALECTS = {
    each.name: each
    for each in (
        Dialect("all"),
        Dialect("vllm", tokenizers=("vllm",), native=False),
        Dialect("llama.cpp", echo=False, prompt_logprobs=False, tokenizers=("llama.cpp",)),
        Dialect("openai", prompt_logprobs=False, tokenizers=(), native=False),
        Dialect("chat", completions=False, echo=False, prompt_logprobs=False, tokenizers=(), native=False),
    )
}
EVERYTHING = DIALECTS["all"]

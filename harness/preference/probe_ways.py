"""The tests of each mode: the ways in which it may work on a server, tried in order until one passes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...benchmarks.jsonio import digest
from ...benchmarks.preference import Message
from ..endpoint.api import EndpointDown, EndpointRefused, RequestRefused
from ..endpoint.responses import UnusableResponse, read_response
from .api import Mode, NotScorable
from .loglik import Fetcher, PlainPrompting, PromptTokens, TextLogLikelihoods, member
from .loglik_opening import open_reader
from .loglik_template import DEFAULT_TEMPLATE
from .loglik_tokenizer import ServerTokenizer
from .probe_checks import SENTENCE, check, long_note
from .prompt_logprobs import ChatLogLikelihoods
from .question_layout import LABELS, lay_out
from .teacher_force import ServerPrompting

Settings = Mapping[str, Any]
_TALK = (Message("user", "What colour is the sky?"),)
_ANSWERS = ("The sky is blue.", "It is blue, mostly, and black at night.")
_TEMPLATE_TALK = (
    Message("user", "What is one and one?"),
    Message("assistant", "Two."),
    Message("user", "And two and two?"),
)
"""What a server's template makes of it is recorded as the template's digest."""


@dataclass(frozen=True, slots=True)
class Passed:
    """A mode that works: the settings that it works with, and what is worth knowing."""

    settings: Settings
    notes: tuple[str, ...] = ()


async def echo(client: Fetcher, model: str, tokenizer: ServerTokenizer | None) -> Passed:
    """``echo`` on completions: with a generated token that is cut off, or without one."""
    faults: list[str] = []
    for max_tokens in (1, 0):
        try:
            return await _text_way(client, model, "echo", {"max_tokens": max_tokens}, tokenizer)
        except NotScorable as fault:
            faults.append(str(fault))
        except RequestRefused as refusal:
            faults.append(f"refused: {refusal}")
    raise NotScorable(faults[0])


async def _text_way(
    client: Fetcher, model: str, mode: Mode, settings: Settings, tokenizer: ServerTokenizer | None
) -> Passed:
    notes: list[str] = []
    if tokenizer is not None and mode != "teacher_force":
        tokenizer, notes = await _usable(client, model, mode, settings, tokenizer)

    async def read(text: str, sampling: Settings) -> PromptTokens:
        reader = open_reader(client, model, mode, {**settings, "sampling": sampling})
        return await reader.read(text, None if tokenizer is None else await tokenizer.ids(text), 1)

    notes += await check(read)
    if mode != "teacher_force":
        notes.append(await long_note(read))
    reader = open_reader(client, model, mode, settings)
    await TextLogLikelihoods(reader, PlainPrompting(DEFAULT_TEMPLATE), tokenizer).score(_TALK, _ANSWERS)
    return Passed({**settings, **_told(tokenizer)}, tuple(note for note in notes if note))


def _told(tokenizer: ServerTokenizer | None) -> dict[str, Any]:
    if tokenizer is None:
        return {}
    return {"tokenizer": tokenizer.dialect, "max_length": tokenizer.max_length}


async def _usable(
    client: Fetcher, model: str, mode: Mode, settings: Settings, tokenizer: ServerTokenizer
) -> tuple[ServerTokenizer | None, list[str]]:
    """The tokenizer, if token ids make the prompt that the server makes of a text, and what it does about BOS."""
    reader = open_reader(client, model, mode, settings)
    with_special, without = await tokenizer.ids(SENTENCE), await tokenizer.ids(SENTENCE, special=False)
    try:
        of_text = await reader.read(SENTENCE, None, 1)
    except NotScorable:
        of_text = None  # texts of tokens that cannot be followed; ids need not be
    if of_text is not None and len(of_text.tokens) != len(with_special):
        return None, [
            f"the server makes {len(of_text.tokens)} tokens of a text of which /tokenize makes {len(with_special)}; "
            "texts are sent, not token ids"
        ]
    try:
        one = await reader.read(SENTENCE, with_special, 1)
        if with_special == without:
            return tokenizer, ["the tokenizer puts nothing (no BOS) before a text"]
        other = await reader.read(SENTENCE, without, 1)
    except RequestRefused as refusal:
        return None, [f"texts are sent, not token ids, which the server refuses ({refusal})"]
    changed = _sum(other, 1) - _sum(one, len(with_special) - len(without) + 1)
    return tokenizer, [
        f"the tokenizer adds BOS to a text; without it a sentence's log-likelihood changes by {changed:+.3g} nats"
    ]


def _sum(read: PromptTokens, start: int) -> float:
    return sum(value or 0.0 for value in read.logprobs[start:])


async def prompt_logprobs(client: Fetcher, model: str, tokenizer: ServerTokenizer | None) -> Passed:
    """The field of that name: on chat with the server's template, and on completions."""
    usable = tokenizer if tokenizer is not None and tokenizer.dialect == "vllm" else None
    settings: dict[str, Any] = {}
    notes: list[str] = []
    forms: list[str] = []
    faults: list[str] = []
    for form, test in (("chat", _chat_way), ("completions", _completions_way)):
        try:
            passed = await test(client, model, usable)
        except NotScorable as fault:
            faults.append(f"{fault}")
        except RequestRefused as refusal:
            faults.append(f"refused: {refusal}")
        except EndpointRefused as refusal:
            if refusal.status in (401, 402, 403):
                raise
            faults.append(f"not_offered: {refusal}")
        else:
            forms.append(form)
            settings = {**passed.settings, **settings}
            notes += [f"on {form}: {note}" for note in passed.notes]
    if not forms:
        raise NotScorable(
            faults[0] if len(set(faults)) == 1 else f"{faults[0]} (on chat); {faults[1]} (on completions)"
        )
    return Passed({**settings, "forms": forms}, tuple(dict.fromkeys([*notes, *faults])))


async def _completions_way(client: Fetcher, model: str, tokenizer: ServerTokenizer | None) -> Passed:
    faults = []
    for top in (0, 1):
        try:
            return await _text_way(client, model, "prompt_logprobs", {"top": top}, tokenizer)
        except NotScorable as fault:
            faults.append(fault)
    raise faults[0]


async def _chat_way(client: Fetcher, model: str, tokenizer: ServerTokenizer | None) -> Passed:
    faults: list[Exception] = []
    for top in (0, 1):
        for continues in (True, False):
            try:
                return await _one_chat_way(client, model, tokenizer, top, continues)
            except (NotScorable, RequestRefused) as fault:
                faults.append(fault)
    raise faults[0]


async def _one_chat_way(
    client: Fetcher, model: str, tokenizer: ServerTokenizer | None, top: int, continues: bool
) -> Passed:
    async def read(text: str, sampling: Settings) -> PromptTokens:
        return await ChatLogLikelihoods(client, model, top, continues, sampling=sampling).read(_TALK, text)

    notes = await check(read)
    way = ChatLogLikelihoods(client, model, top, continues, tokenizer=tokenizer)
    try:
        await way.score(_TALK, _ANSWERS)
    except NotScorable:
        if tokenizer is None:
            raise
        tokenizer = None  # its chat tokens may be by another template
        await ChatLogLikelihoods(client, model, top, continues).score(_TALK, _ANSWERS)
    shown = await ChatLogLikelihoods(client, model, top, continues).prompt(_TEMPLATE_TALK)
    settings = {
        "top": top,
        "continues": continues,
        "template_digest": digest([list(shown.tokens), list(shown.ids or ())]),
    }
    return Passed({**settings, **_told(tokenizer)}, tuple(notes))


async def teacher_force(client: Fetcher, model: str, tokenizer: ServerTokenizer | None) -> Passed:
    """llama.cpp's /completion: with its prompt cache, else without."""
    if tokenizer is None or tokenizer.dialect != "llama.cpp":
        raise NotScorable("not_offered: it takes llama.cpp's /tokenize and /completion")
    try:
        passed = await _text_way(client, model, "teacher_force", {"cache_prompt": True}, tokenizer)
    except NotScorable as fault:
        if not str(fault).startswith(("noise", "stale", "shifted")):
            raise
        passed = await _text_way(client, model, "teacher_force", {"cache_prompt": False}, tokenizer)
    try:
        rendered = await ServerPrompting(client, model).prompt(_TEMPLATE_TALK)
    except (NotScorable, RequestRefused, EndpointRefused, EndpointDown) as fault:
        return Passed({**passed.settings, "own_template": False}, (*passed.notes, f"no chat template: {fault}"))
    return Passed({**passed.settings, "own_template": True, "template_digest": digest(rendered)}, passed.notes)


_QUESTION = (
    lay_out([Message("user", "How much is two and two?")], "4", "The answer is 5.", "correctness")
    + "\n\nWhich response is better? Say one letter and nothing else: A or B."
)


async def forced_choice(client: Fetcher, model: str, tokenizer: ServerTokenizer | None) -> Passed:
    """A chat reply that is one of the labels, with the labels' log-probabilities or without."""
    payload = await _asked(client, model)
    text = _reply_text(payload).strip().strip("*()[].\"'`").upper()
    top = member(payload, "choices", 0, "logprobs", "content", 0, "top_logprobs")
    known = isinstance(top, list) and any(_label(member(row, "token")) for row in top)
    if text not in LABELS and not known:
        raise NotScorable("no_label: asked for one letter, A or B, the model does not answer with one")
    notes = () if known else ("the server does not tell log-probabilities of the label",)
    return Passed({"label_logprobs": known}, notes)


def _label(token: Any) -> bool:
    return isinstance(token, str) and token.strip().strip("*()[]\"'`") in LABELS


async def judge(client: Fetcher, model: str, tokenizer: ServerTokenizer | None) -> Passed:
    """A chat reply of any text."""
    if not _reply_text(await _asked(client, model), thinking=True):
        raise NotScorable("no_answer: a question brings an empty reply")
    return Passed({})


async def _asked(client: Fetcher, model: str) -> Any:
    """The reply to a question with two labels; what a server does not take of the request is left out."""
    body = {"model": model, "messages": [Message("user", _QUESTION).to_json()]}
    extras: Sequence[dict[str, Any]] = (
        {"max_tokens": 64, "temperature": 0, "logprobs": True, "top_logprobs": 5},
        {"max_tokens": 64, "temperature": 0},
        {},
    )
    refusals: list[RequestRefused] = []
    for extra in extras:
        try:
            return await client.fetch("/chat/completions", {**body, **extra})
        except RequestRefused as refusal:
            refusals.append(refusal)
    raise refusals[-1]


def _reply_text(payload: Any, *, thinking: bool = False) -> str:
    try:
        reply = read_response(payload, "chat", 1).replies[0]
    except UnusableResponse as error:
        raise NotScorable(f"no_answer: {error}") from error
    return reply.text.strip() or (reply.reasoning or "" if thinking else "")

"""How a run puts its tasks to a model: the template, the system prompt, the stop sequences, further request fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ...benchmarks import BadInput, CodeTask
from .prompt import PROMPT_VERSION, EndpointForm, Prompt, completion, instruct, prompt_digest
from .template import PromptTemplate

TemplateName = Literal["instruct", "completion"]
RESERVED = frozenset(
    "model messages prompt stop n stream stream_options temperature top_p max_tokens seed".split()  # have an option
    + "api_key apikey api-key authorization key token access_token".split()  # would be written into the record
)
"""Fields of a request that ``extra_body`` must not set."""
_WHOLE = ("max_completion_tokens", "max_new_tokens", "best_of")


@dataclass(frozen=True, slots=True)
class PromptSettings:
    """What is asked, and how; part of a run's identity.

    template: a wording of ours, or a file's; None is ``instruct`` for chat and ``completion`` for completions. With
    completions nothing is put around the rendered text, here or by the server (*raw mode*). system: the text of the
    system message. stop: instead of the template's own; () for none. extra_body: further fields of every request.

    Raises:
        BadInput: extra_body sets a field that is set otherwise, or a limit that is no whole number.
    """

    template: TemplateName | PromptTemplate | None = None
    system: str | None = None
    stop: tuple[str, ...] | None = None
    extra_body: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.extra_body:
            if name.lower() in RESERVED:
                raise BadInput(f"--extra-body {name}: this field is not set here; there is another option for it")
        for name in _WHOLE:
            value = self.extra_body.get(name, 1)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise BadInput(f"--extra-body {name}: expected a whole number from 1, found {str(value)[:40]!r}")

    def reply_limit(self, max_tokens: int | None) -> int | None:
        """Tokens of one reply: ``max_tokens``, or ``max_completion_tokens`` of the extra fields; None for no limit.

        Raises:
            BadInput: both are set.
        """
        found: int | None = self.extra_body.get("max_completion_tokens")
        if found is not None and max_tokens is not None:
            raise BadInput("--extra-body max_completion_tokens and --max-tokens say the same; leave one out")
        return max_tokens if found is None else found

    def check(self, form: EndpointForm) -> None:
        """Refuse settings that this form of request would leave out without a word.

        Raises:
            BadInput: a system prompt that has no place in the text to continue.
        """
        has_place = isinstance(self.template, PromptTemplate) and "system" in self.template.uses
        if form == "completions" and self.system is not None and not has_place:
            raise BadInput(
                "--system: a text to continue has no system message; use --form chat, or give a --prompt-template "
                "file that places {{ system }}"
            )

    def build(self, task: CodeTask, form: EndpointForm) -> Prompt:
        """The task as it is asked.

        Raises:
            BadInput: the template cannot be rendered for this task.
        """
        name = self.template or ("instruct" if form == "chat" else "completion")
        if isinstance(name, PromptTemplate):
            prompt = Prompt(name.render(task, form, self.system))
        else:
            prompt = instruct(task) if name == "instruct" else completion(task)
        return Prompt(
            prompt.text,
            prompt.stop if self.stop is None else self.stop,
            self.system if form == "chat" else None,
        )

    def fields(self, task: CodeTask, form: EndpointForm) -> dict[str, Any]:
        """The fields of the request: the prompt, its stop sequences, and the extra ones."""
        return {**self.build(task, form).fields(form), **self.extra_body}

    def to_json(self) -> dict[str, Any]:
        """The manifest's section ``prompt``; what is not set is left out."""
        found: dict[str, Any] = {"version": PROMPT_VERSION, "digest": prompt_digest()}
        if isinstance(self.template, PromptTemplate):
            found.update(template=self.template.name, template_digest=self.template.digest)
        elif self.template is not None:
            found["template"] = self.template
        if self.system is not None:
            found["system"] = self.system
        if self.stop is not None:
            found["stop"] = list(self.stop)
        if self.extra_body:
            found["extra_body"] = dict(self.extra_body)
        return found

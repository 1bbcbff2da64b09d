"""Thinking, told apart from the answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.harness.endpoint.reasoning import Split, split_reasoning

CODE = "```python\ndef f(x):\n    return x + 1\n```"
TAGS = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<Thought>", "</thought>"),
    ("<seed:think>", "</seed:think>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
]


@pytest.mark.parametrize(("opening", "closing"), TAGS)
def test_every_model_has_its_own_tag(opening: str, closing: str) -> None:
    assert split_reasoning(f"{opening}\nHm.\n{closing}\n\n{CODE}") == Split(CODE, "Hm.")
    assert split_reasoning(f"Hm.\n{closing}\n\n{CODE}") == Split(CODE, "Hm.")
    assert split_reasoning(f"{opening}\nHm.") == Split("", "Hm.", closed=False)


def test_thinking_in_between_is_taken_out_wherever_it_stands() -> None:
    text = f"<think>a</think>\nFirst.\n<think>b</think>\n{CODE}"
    assert split_reasoning(text) == Split(f"First.\n{CODE}", "a\nb")


def test_a_tag_in_a_tag_ends_with_the_last_closing_one() -> None:
    assert split_reasoning(f"<think>\na <think> b\n</think>\nstill\n</think>\n{CODE}") == Split(
        CODE, "a <think> b\nstill"
    )


@pytest.mark.parametrize(
    "program",
    [
        's = "<think>"\nt = s.split("</think>")\n',
        '"""\n<think>\nx\n</think>\n"""\n',
        'def f(x):\n    """Cut what is before\n    </think>\n    """\n',
    ],
)
def test_a_program_in_a_block_may_speak_of_the_tags(program: str) -> None:
    block = f"So:\n```python\n{program}```\nDone."
    assert split_reasoning(block) == Split(block)
    assert split_reasoning(f"<think>\nHm.\n</think>\n{block}") == Split(block, "Hm.")


def test_a_draft_whose_block_was_never_closed_does_not_hide_the_end_of_the_thinking() -> None:
    text = f"So\n```python\ndef f(x): ...\nno, wrong.\n</think>\n\n{CODE}"
    assert split_reasoning(text).answer == CODE


def test_channels_are_read_by_their_names() -> None:
    message = "<|channel|>{}<|message|>{}<|end|><|start|>assistant"
    text = message.format("analysis", "Hm.") + message.format("commentary", "I call nothing.")
    assert split_reasoning(text + f"<|channel|>final<|message|>{CODE}<|return|>") == Split(CODE, "Hm.\nI call nothing.")
    opened = f"Hm.<|end|><|start|>assistant<|channel|>final <|constrain|>code<|message|>{CODE}"
    assert split_reasoning(opened.replace(" <|constrain|>code", "")) == Split(CODE, "Hm.")
    assert not split_reasoning(text).closed


def test_channels_without_their_markers_are_known_by_the_words_that_stay() -> None:
    assert split_reasoning(f"analysisWe add one.assistantfinal{CODE}") == Split(CODE, "We add one.")
    assert split_reasoning("analysisWe add") == Split("", "We add", closed=False)
    assert split_reasoning("analysis of the task: add one") == Split("analysis of the task: add one")


@given(st.text(st.sampled_from(list("ab \n`")), max_size=40), st.text(st.sampled_from(list("ab \n`")), max_size=40))
def test_nothing_is_lost_and_nothing_is_made_up(thought: str, answer: str) -> None:
    split = split_reasoning(f"<think>{thought}</think>{answer}")
    assert split.answer == answer.lstrip("\n")
    assert (split.reasoning or "").strip() == thought.strip("\n").strip()


PIECES = ["<think>", "</think>", "```", "python", "\n", "a", " ", "[THINK]", "<|channel|>", "<|message|>", "final"]


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_of_any_text_at_all_each_letter_is_answer_or_thinking_once(text: str) -> None:
    split = split_reasoning(text)
    assert len(split.answer) + len(split.reasoning or "") <= len(text) + text.count("think")

"""Conversations as the one text that a base model continues."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalrun.benchmarks import BadInput
from evalrun.benchmarks.preference import Message
from evalrun.harness.preference.loglik_template import TEMPLATES, PlainTemplate, load_template

TALK = [
    Message("system", "Be brief."),
    Message("user", "Hi {content}"),
    Message("assistant", "Yes?"),
    Message("user", "1+1?"),
]


def test_the_default_template_speaks_as_humans_and_assistants_do() -> None:
    template = load_template("human-assistant")
    assert template.prompt(TALK) == ("Be brief.\n\nHuman: Hi {content}\n\nAssistant: Yes?\n\nHuman: 1+1?\n\nAssistant:")
    assert template.continuation("2") == template.continuation(" 2") == " 2"


def test_no_prompt_ends_in_a_blank_that_a_tokenizer_would_want_for_the_next_word() -> None:
    assert not any(template.opening.endswith(" ") for template in TEMPLATES.values())
    with pytest.raises(BadInput, match="opening: ends with a blank"):
        PlainTemplate("x", "{content}", "{content}", "{content}", "Answer: ")


def test_the_digest_is_of_the_texts_and_not_of_the_name() -> None:
    one = PlainTemplate("one", "{content}", "{content}", "{content}", ">")
    same = PlainTemplate("two", "{content}", "{content}", "{content}", ">")
    other = PlainTemplate("one", "{content}", "{content}", "{content}", ">>")
    assert one.to_json()["digest"] == same.to_json()["digest"] != other.to_json()["digest"]


def test_a_template_of_ones_own_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(
        json.dumps({"system": "{content}\n", "user": "Q: {content}\n", "assistant": "A: {content}\n", "opening": "A:"})
    )
    found = load_template(str(path))
    assert (found.name, found.lead, found.end_of_turn) == ("mine", "", "")
    assert found.prompt(TALK[1:2]) == "Q: Hi {content}\nA:"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("[]", "a JSON object of texts"),
        ('{"user": 1}', "a JSON object of texts"),
        ('{"usr": "{content}"}', "unknown field 'usr'"),
        ('{"system": "{content}", "user": "{content}", "assistant": "{content}"}', "the field 'opening' is missing"),
        ('{"system": "", "user": "{content}", "assistant": "{content}", "opening": ""}', "must stand there once"),
        ("{", "not valid JSON"),
    ],
)
def test_a_wrong_template_file_is_one_line(tmp_path: Path, data: str, message: str) -> None:
    path = tmp_path / "mine.json"
    path.write_text(data)
    with pytest.raises(BadInput, match=message) as caught:
        load_template(str(path))
    assert "\n" not in str(caught.value)


def test_a_template_that_is_nowhere_is_one_line() -> None:
    with pytest.raises(BadInput, match="none of human-assistant, question-answer, text, and no such file"):
        load_template("nowhere")

"""Families read from names, panels made of options, and what `--budget` may say."""

from __future__ import annotations

import pytest

from evalrun.benchmarks import BadInput
from evalrun.benchmarks.families import family_of
from evalrun.evolvers.authored.budget import Limits, parse_limits
from evalrun.evolvers.authored.panel import everyone, member, members, panel_of, warnings_of

URL = "http://localhost:8000/v1"


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("gpt-4o-mini", "gpt"),
        ("openai/o3-mini", "gpt"),
        ("chatgpt-4o-latest", "gpt"),
        ("meta-llama/Llama-3.1-8B-Instruct", "llama"),
        ("CodeLlama-34b-hf", "llama"),
        ("mistralai/Mixtral-8x7B-v0.1", "mistral"),
        ("codestral-2501", "mistral"),
        ("Qwen/Qwen2.5-Coder-32B-Instruct", "qwen"),
        ("QwQ-32B", "qwen"),
        ("deepseek-ai/DeepSeek-V3", "deepseek"),
        ("google/gemma-2-9b-it", "gemini"),
        ("claude-sonnet-4", "claude"),
        ("my-model", "my"),
        ("phi-4", "phi"),
        ("us.anthropic.claude-3-5-sonnet-20241022-v2:0", "claude"),
        ("meta.llama3-70b-instruct-v1:0", "llama"),
        ("ft:gpt-4o-mini:acme::abc", "gpt"),
        ("qwen2.5-7b", "qwen"),
        ("qwen.qwen3-32b-v1:0", "qwen"),
        ("philosopher-7b", "philosopher"),
        ("4bit-thing", "4bit-thing"),
        ("/", "/"),
    ],
)
def test_a_family_is_read_from_a_models_name(model: str, family: str) -> None:
    assert family_of(model) == family


def test_an_explicit_family_goes_before_the_name() -> None:
    assert member("our-finetune", URL, "Llama").family == "llama"


def test_a_model_is_no_other_one_under_the_name_of_another_family() -> None:
    author = member("gpt-4o", URL)
    same, other = member("gpt-4o", URL, "acme"), member("b-1", URL)

    assert not panel_of(author, [same]).independent
    assert panel_of(author, [same, other]).independent


@pytest.mark.parametrize(
    ("author", "solver", "other"),
    [
        (("gpt-4o", None), ("GPT-4o ", "acme"), False),  # the same, written otherwise
        (("Qwen/Qwen2.5-72B", None), ("Qwen/Qwen2.5-7B", "acme"), False),  # its name says what it is
        (("Qwen/Qwen2.5-72B", "house"), ("qwq-32b", "acme"), False),
        (("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", None), ("qwen3-8b", None), False),
        (("ours-1", "llama"), ("house/our-llama3-tuned", None), False),
        (("checkpoint-10", None), ("/data/checkpoint-20/", None), False),
        (("acme-7b", None), ("acme-13b", "other"), False),
        (("local-a", "llama"), ("local-b", "qwen"), True),  # a beginning that says nothing, and both are stated
        (("gpt-4o", None), ("openai/mistral-7b", None), True),  # how gateways call any server of that API
        (("gpt-4o", None), ("claude-sonnet-4", None), True),
    ],
)
def test_relatives_are_told_by_what_was_stated_and_by_names(
    author: tuple[str, str | None], solver: tuple[str, str | None], other: bool
) -> None:
    one, two = member(author[0], URL, author[1]), member(solver[0], URL, solver[1])

    assert panel_of(one, [two]).independent is other
    assert panel_of(two, [one]).independent is other


def test_options_are_given_once_for_all_or_once_for_each() -> None:
    one = members("solver", ["a-1", "b-1"], [], [], URL)
    two = members("solver", ["a-1", "b-1"], ["http://h:1/v1"], ["x", "y"], URL)

    assert [each.base_url for each in one] == [URL, URL]
    assert [(each.base_url, each.family) for each in two] == [("http://h:1/v1", "x"), ("http://h:1/v1", "y")]


@pytest.mark.parametrize(
    ("models", "urls", "said"),
    [
        ([], [URL], "--solver-base-url goes with --solver-model"),
        (["a", "b", "c"], [URL, URL], "given 2 times for 3"),
        (["a", "a"], [], "named twice"),
        ([" "], [], "empty"),
        (["a"], ["ftp://x"], "expected http"),
    ],
)
def test_options_that_do_not_go_together_are_refused(models: list[str], urls: list[str], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        members("solver", models, urls, [], URL)


def test_an_author_that_is_alone_is_its_own_solver_and_this_is_said_aloud() -> None:
    author = member("alpha-1", URL)
    alone = panel_of(author)
    relatives = panel_of(author, [member("alpha-2", URL)])
    fine = panel_of(author, [member("alpha-2", URL), member("beta", URL)])

    assert alone.solvers == (author,)
    assert not alone.independent
    assert "its own only solver" in warnings_of(alone)[0]
    assert "of the author's family, alpha" in warnings_of(relatives)[0]
    assert fine.independent
    assert warnings_of(fine) == []
    assert everyone(alone) == (author,)


def test_a_budget_is_read() -> None:
    assert parse_limits("calls=500") == Limits(calls=500)
    assert parse_limits(" calls = 1k , tokens=2M,money=.5,minutes=1.5 ") == Limits(1_000, 2_000_000, 0.5, 1.5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected NAME=NUMBER"),
        ("500", "expected NAME=NUMBER"),
        ("dollars=5", "expected NAME=NUMBER"),
        ("calls=5,", "expected NAME=NUMBER"),
        ("calls=5,calls=6", "calls is given twice"),
        ("calls=0", "a number above 0"),
        ("calls=-1", "a number above 0"),
        ("calls=1.5", "a whole number"),
        ("tokens=two", "a number above 0"),
        ("money=nan", "a number above 0"),
        ("money=1e400", "a number above 0"),
        ("minutes=9999999999999999", "a number above 0"),
    ],
)
def test_a_budget_that_says_nothing_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        parse_limits(text)

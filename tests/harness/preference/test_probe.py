"""What a probe finds out about servers that work, and about servers that misbehave in every way that is known."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks import BadInput
from evalrun.harness.endpoint.api import EndpointDown, EndpointRefused
from evalrun.harness.endpoint.client import OpenAIEndpoint
from evalrun.harness.preference.api import Mode
from evalrun.harness.preference.probe import probe
from evalrun.harness.preference.probe_cache import find_out, keep, kept, probe_path
from evalrun.harness.preference.probe_result import ProbeResult, choose_mode

from .asking import QUICK
from .toy_server import Toy, serving

pytestmark = pytest.mark.slow  # all of them together; what they try is the same on every Python

ECHO = frozenset({"echo"})
ECHO_IDS = frozenset({"echo", "tokenize"})
VLLM = frozenset({"echo", "tokenize", "prompt_logprobs", "chat", "label_logprobs"})
LLAMA = frozenset({"llama", "chat"})


def probed(toy: Toy) -> ProbeResult:
    async def once(url: str) -> ProbeResult:
        async with OpenAIEndpoint(url, "chat", retry=QUICK, timeout_s=10.0) as client:
            return await probe(client, url, "toy")

    with serving(toy) as url:
        return asyncio.run(once(url))


def faulty(*faults: str, can: frozenset[str] = ECHO, **settings: Any) -> Toy:
    return Toy(can=can, faults=frozenset(faults), **settings)


def test_a_server_like_vllm_does_everything_but_what_is_llama_cpps() -> None:
    found = probed(Toy(can=VLLM, copies=True))
    assert list(found.works) == ["prompt_logprobs", "echo", "forced_choice", "judge"]
    assert found.refused["teacher_force"].startswith("not_offered")
    assert found.works["prompt_logprobs"]["forms"] == ["chat", "completions"]
    assert found.works["prompt_logprobs"]["continues"] is True
    assert found.works["echo"] == {"max_tokens": 1, "tokenizer": "vllm", "max_length": 4096}
    assert found.works["forced_choice"] == {"label_logprobs": True}
    assert choose_mode(found) == "prompt_logprobs"
    assert choose_mode(found, "echo") == "echo"
    assert any("adds BOS" in note for note in found.notes)
    assert not any("does not use its context" in note for note in found.notes)


def test_a_server_like_llama_cpps_forces_tokens_and_chats() -> None:
    found = probed(Toy(can=LLAMA))
    assert list(found.works) == ["teacher_force", "forced_choice", "judge"]
    assert found.works["teacher_force"]["own_template"] is True
    assert found.refused["echo"].startswith("no_logprobs")
    assert found.refused["prompt_logprobs"].startswith("no_logprobs")


def test_a_chat_model_is_asked_for_choices_only() -> None:
    found = probed(Toy(can=frozenset({"chat"})))
    assert list(found.works) == ["forced_choice", "judge"]
    assert found.works["forced_choice"] == {"label_logprobs": False}
    assert choose_mode(found) == "forced_choice"
    with pytest.raises(BadInput, match="no way of asking works"):
        choose_mode(found, among=("prompt_logprobs", "echo", "teacher_force"))


def test_a_model_that_writes_no_label_can_still_be_a_judge() -> None:
    found = probed(Toy(can=frozenset({"chat"}), reply="Both have their merits."))
    assert list(found.works) == ["judge"]
    assert found.refused["forced_choice"].startswith("no_label")


def test_a_mode_that_does_not_work_is_refused_with_its_reason() -> None:
    found = probed(faulty("zeros"))
    with pytest.raises(BadInput, match=r"--mode echo: it does not work with toy at .*zeros"):
        choose_mode(found, "echo")
    with pytest.raises(BadInput, match="none of auto, prompt_logprobs"):
        choose_mode(found, "psychic")


@pytest.mark.parametrize("can", [ECHO, ECHO_IDS], ids=["text", "ids"])
@pytest.mark.parametrize(
    ("fault", "word"),
    [
        ("zeros", "zeros"),
        ("equal", "equal"),
        ("nan", "not_a_number"),
        ("infinite", "not_a_number"),
        ("positive", "positive"),
        ("gap", "no_logprobs"),
        ("first_filled", "shifted"),
        ("shifted_left", "shifted"),
        ("shifted_right", "shifted"),
        ("stale", "stale"),
        ("stale_overwritten", "stale"),
        ("noise", "noise"),
        ("temperature", "temperature"),
        ("short", "too_long"),
        ("uneven", "length"),
        ("leaked_and_counted", "length"),
        ("other_tokens", "shifted"),
        ("refuses_echo", "refused"),
        ("fails_echo", "server_error"),
    ],
)
def test_echo_with_a_fault_is_refused(fault: str, word: str, can: frozenset[str]) -> None:
    settings = {"tells_ids": False} if fault == "other_tokens" else {}
    found = probed(faulty(fault, can=can, **settings))
    assert "echo" not in found.works
    assert found.refused["echo"].partition(":")[0] == word, found.refused["echo"]


@pytest.mark.parametrize("can", [ECHO, ECHO_IDS], ids=["text", "ids"])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"bos": False},
        {"usage": False},
        {"tells_ids": False},
        {"style": "bytes", "tells_ids": False},
        {"style": "bare", "tells_ids": False},
        {"faults": frozenset({"leaked"})},
        {"faults": frozenset({"leaked"}), "usage": False, "copies": True},
    ],
    ids=str,
)
def test_echo_works_in_every_dialect_of_honest_servers(settings: dict[str, Any], can: frozenset[str]) -> None:
    found = probed(Toy(can=can, **settings))
    assert "echo" in found.works, found.refused["echo"]
    assert ("tokenizer" in found.works["echo"]) == (can is ECHO_IDS)


def test_a_uniform_model_is_told_from_a_server_that_gives_one_value_for_everything() -> None:
    found = probed(faulty("uniform", can=ECHO_IDS))
    assert "echo" in found.works
    assert any("every token has the same log-probability (-5.55683)" in note for note in found.notes)
    assert choose_mode(found, "echo") == "echo"
    with pytest.raises(BadInput, match="echo: gives every token one value, so it is used where --mode names it"):
        choose_mode(found)


@pytest.mark.parametrize("can", [ECHO, ECHO_IDS], ids=["text", "ids"])
def test_that_a_server_cuts_long_prompts_is_noticed(can: frozenset[str]) -> None:
    found = probed(faulty("truncated", can=can, max_length=1000))
    assert "echo" in found.works
    assert any("cut short without a word" in note for note in found.notes)
    found = probed(faulty(can=can, max_length=1000))
    assert any("refused as too long" in note for note in found.notes)


def test_a_tokenizer_that_makes_other_tokens_than_the_server_is_not_used() -> None:
    found = probed(faulty("adds_bos_to_texts", can=ECHO_IDS, bos=False))
    assert "tokenizer" not in found.works["echo"]
    assert any("texts are sent, not token ids" in note for note in found.notes)


def test_token_ids_are_sent_where_the_server_doubles_the_bos_of_a_text() -> None:
    found = probed(faulty("adds_bos_to_texts", can=ECHO_IDS))
    assert found.works["echo"]["tokenizer"] == "vllm"
    assert "echo" in probed(faulty("adds_bos_to_texts", can=ECHO)).refused


def test_texts_are_sent_where_a_server_refuses_token_ids() -> None:
    found = probed(faulty("refuses_ids", can=ECHO_IDS))
    assert "tokenizer" not in found.works["echo"]
    assert any("texts are sent, not token ids" in note for note in found.notes)


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        ("zeros", "zeros"),
        ("equal", "equal"),
        ("nan", "not_a_number"),
        ("positive", "positive"),
        ("gap", "no_logprobs"),
        ("first_filled", "shifted"),
        ("shifted_left", "shifted"),
        ("shifted_right", "shifted"),
        ("stale", "stale"),
        ("stale_overwritten", "stale"),
        ("noise", "noise"),
        ("temperature", "temperature"),
        ("short", "too_long"),
        ("other_tokens", "shifted"),
        ("empty_rows", "no_logprobs"),
    ],
)
def test_prompt_logprobs_with_a_fault_are_refused(fault: str, word: str) -> None:
    found = probed(faulty(fault, can=VLLM - {"echo"}))
    assert "prompt_logprobs" not in found.works
    assert found.refused["prompt_logprobs"].partition(":")[0] == word, found.refused["prompt_logprobs"]


@pytest.mark.parametrize(
    "settings",
    [
        {"tells_ids": False},
        {"faults": frozenset({"refuses_continue"})},
        {"faults": frozenset({"ignores_continue"})},
        {"faults": frozenset({"zero_is_none"})},
    ],
    ids=str,
)
def test_prompt_logprobs_work_in_every_dialect_of_honest_servers(settings: dict[str, Any]) -> None:
    for can in (VLLM, VLLM - {"tokenize"}):
        found = probed(Toy(can=can, **settings))
        assert "chat" in found.works.get("prompt_logprobs", {}).get("forms", []), (can, found)


def test_one_form_of_prompt_logprobs_is_enough() -> None:
    found = probed(Toy(can=frozenset({"prompt_logprobs"})))
    assert found.works["prompt_logprobs"]["forms"] == ["completions"]
    assert any("not_offered" in note for note in found.notes)
    assert found.refused["judge"].startswith("not_offered")


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        ("biased", "zeros"),
        ("zeros", "zeros"),
        ("equal", "equal"),
        ("positive", "positive"),
        ("noise", "noise"),
        ("temperature", "temperature"),
        ("ignores_bias", "not_forced"),
        ("no_probs", "no_logprobs"),
        ("stale", "stale"),
    ],
)
def test_forced_tokens_with_a_fault_are_refused(fault: str, word: str) -> None:
    found = probed(faulty(fault, can=LLAMA))
    assert "teacher_force" not in found.works
    assert found.refused["teacher_force"].partition(":")[0] == word, found.refused["teacher_force"]


def test_a_prompt_cache_that_alters_values_is_left_unused() -> None:
    found = probed(faulty("noise_by_cache", can=LLAMA))
    assert found.works["teacher_force"]["cache_prompt"] is False


@pytest.mark.parametrize(
    ("fault", "error"),
    [("down", EndpointDown), ("dies", EndpointDown), ("no_key", EndpointRefused), ("no_model", EndpointRefused)],
)
def test_an_outage_or_a_wrong_key_is_no_finding(fault: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        probed(faulty(fault))


def found_out(url: str, folder: Path, *, refresh: bool = False) -> ProbeResult:
    async def once() -> ProbeResult:
        async with OpenAIEndpoint(url, "chat", retry=QUICK, timeout_s=10.0) as client:
            return await find_out(client, url, "toy", folder=folder, refresh=refresh)

    return asyncio.run(once())


def test_what_was_found_is_kept_until_it_is_asked_for_anew(tmp_path: Path) -> None:
    toy = Toy(can=ECHO)
    with serving(toy) as url:
        first = found_out(url, tmp_path)
        asked = len(toy.seen)
        assert found_out(url, tmp_path) == first
        assert len(toy.seen) == asked
        toy.faults = frozenset({"zeros"})
        assert "echo" in found_out(url, tmp_path).works
        assert "echo" in found_out(url, tmp_path, refresh=True).refused
        assert "echo" in found_out(url, tmp_path).refused


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace('"max_tokens": 1', '"max_tokens": 2'),
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: '{"check": 1, "result": {}}',
    ],
)
def test_a_kept_result_that_was_damaged_is_not_believed(
    tmp_path: Path, spoil: Callable[[str], str], caplog: pytest.LogCaptureFixture
) -> None:
    with serving(Toy(can=ECHO)) as url:
        first = found_out(url, tmp_path)
        path = probe_path(url, "toy", tmp_path)
        path.write_text(spoil(path.read_text()))
        assert found_out(url, tmp_path).works == first.works
        assert "the server is tested again" in caplog.text


def test_a_kept_result_grows_old(tmp_path: Path) -> None:
    modes: dict[Mode, str] = dict.fromkeys(("prompt_logprobs", "echo", "teacher_force", "forced_choice", "judge"), "no")
    for url, fresh, old in (
        ("http://127.0.0.1:1/v1", 1800, 7200),
        ("https://models.example/v1", 86400 * 6, 86400 * 8),
    ):
        for age_s, is_kept in ((fresh, True), (old, False)):
            then = datetime.now(timezone.utc) - timedelta(seconds=age_s)
            found = ProbeResult(url, "m", {}, modes, tested_at=then.isoformat(timespec="seconds"))
            keep(probe_path(url, "m", tmp_path), found)
            assert (kept(probe_path(url, "m", tmp_path), url, "m") == found) is is_kept
            assert kept(probe_path(url, "m", tmp_path), url, "other") is None


def test_a_mode_of_equal_values_is_taken_only_by_name() -> None:
    found = ProbeResult("http://x", "m", {"echo": {}, "judge": {}}, {}, ("echo: equal: every token has the same ...",))
    assert choose_mode(found, "echo") == "echo"
    assert choose_mode(found) == "judge"


def test_where_all_that_works_is_constant_the_reason_says_so() -> None:
    found = ProbeResult("http://x", "m", {"echo": {}, "judge": {}}, {"prompt_logprobs": "none"}, ("echo: equal: all",))
    with pytest.raises(BadInput, match="echo: gives every token one value"):
        choose_mode(found, among=("prompt_logprobs", "echo"))

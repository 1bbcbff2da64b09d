"""The verb `probe`, as a user calls it, against a real server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalrun.harness.cli import main

from .toy_server import Toy, serving

VLLM = frozenset({"echo", "tokenize", "prompt_logprobs", "chat", "label_logprobs"})


def run(url: str, tmp_path: Path, *options: str) -> int:
    return main(["probe", "--base-url", url, "--model", "toy", "--cache-dir", str(tmp_path), *options])


def test_it_prints_what_works_and_why_the_rest_does_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Toy(can=VLLM, copies=True)) as url:
        assert run(url, tmp_path) == 0
    shown = capsys.readouterr().out
    assert "  prompt_logprobs  works" in shown
    assert "  teacher_force    refused  not_offered: it takes llama.cpp's" in shown
    assert "used by default: prompt_logprobs" in shown


def test_json_is_what_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Toy()) as url:
        assert run(url, tmp_path, "--json") == 0
        found = json.loads(capsys.readouterr().out)
        assert run(url, tmp_path, "--json") == 0
        assert json.loads(capsys.readouterr().out) == found
    [path] = (tmp_path / "probes").iterdir()
    assert json.loads(path.read_text())["result"] == found
    assert list(found["works"]) == ["echo"]


def test_where_nothing_works_the_gate_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Toy(faults=frozenset({"zeros"}))) as url:
        assert run(url, tmp_path) == 3
    captured = capsys.readouterr()
    assert "  echo             refused  zeros: every log-probability is exactly 0" in captured.out
    assert "no way of asking about preferences works" in captured.err


def test_a_control_that_must_be_asked_for_by_name_is_no_default(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(Toy(faults=frozenset({"uniform"}))) as url:
        assert run(url, tmp_path) == 0
    assert capsys.readouterr().out.endswith("used by default: none\n")


def test_an_outage_exits_with_5_and_keeps_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Toy(faults=frozenset({"down"}))) as url:
        assert run(url, tmp_path, "--timeout", "1") == 5
    assert not (tmp_path / "probes").exists()
    assert capsys.readouterr().err.count("\n") <= 2


def test_a_wrong_model_or_url_is_one_line_and_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Toy(faults=frozenset({"no_model"}))) as url:
        assert run(url, tmp_path) == 2
    assert "the model `toy` does not exist" in capsys.readouterr().err
    assert run("ftp://x", tmp_path) == 2


def test_what_a_server_says_cannot_move_the_cursor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Toy(faults=frozenset({"refuses_echo_rudely"}))) as url:
        assert run(url, tmp_path) == 3
    shown = capsys.readouterr()
    assert "\x1b" not in shown.out + shown.err
    assert "\\x1b[2J" in shown.out


def test_no_key_is_kept_or_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", "sk-very-secret-0123456789")
    with serving(Toy(faults=frozenset({"repeats_key"}))) as url:
        assert run(url, tmp_path, "--api-key-env", "MY_KEY") == 3
    assert "very-secret" not in capsys.readouterr().out
    assert "very-secret" not in "".join(path.read_text() for path in (tmp_path / "probes").iterdir())

"""`evalrun prefer` with judges and forced choice, through a real server: known judges get what they must."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks.preference import Message, PreferenceTask, Response
from evalrun.harness.cli import main
from evalrun.harness.commands.prefer import command
from evalrun.harness.preference.question_layout import Shown
from evalrun.leaderboard.preferences.summary import PreferenceSummary, summarise
from evalrun.leaderboard.preferences.table import read_preferences

from .choosing_server import Answer, Rule, choosing, lines, pair, suite

TASKS = [pair(number, f"good answer {number}", f"bad answer {number}, longer") for number in range(8)]


@pytest.fixture
def ask(tmp_path: Path) -> Callable[..., PreferenceSummary]:
    """Make a run with a rule and sum it up."""

    def made(rule: Rule, *args: str, tasks: Sequence[PreferenceTask] = TASKS) -> PreferenceSummary:
        folder, home = tmp_path / "run", tmp_path / "suite"
        suite(tasks).save(home)
        with choosing(rule) as server:
            given = ["--suite", str(home), "--model", "m", "--base-url", server.base_url, "-o", str(folder)]
            assert command.main([*given, "--max-retries", "0", *args], standalone_mode=False) is None
        return summarise(read_preferences(folder))

    return made


def _better(shown: Shown) -> str:
    """The label of the good answer."""
    return shown.labels[0] if shown.responses[0].startswith("good") else shown.labels[1]


def _verdict(label: str) -> str:
    return f"They differ.\n\n[[{label}]]"


def test_a_judge_whom_order_does_not_move_gets_its_own_accuracy_and_no_bias(ask: Any) -> None:
    def rule(shown: Shown, body: dict[str, Any]) -> str:
        wrong = "good answer 3" in shown.responses  # one of eight
        return _verdict(next(label for label in shown.labels if (label != _better(shown)) == wrong))

    found = ask(rule, "--mode", "judge")
    assert found.overall.result.accuracy == 7 / 8
    assert found.judge.position_bias == 0
    assert found.judge.consistent == 1
    assert found.judge.unreadable == 0


def test_a_judge_that_always_takes_the_first_gets_one_half_and_the_whole_bias(ask: Any) -> None:
    found = ask(lambda shown, body: _verdict(shown.labels[0]), "--mode", "judge")
    assert found.overall.result.accuracy == 0.5
    assert found.judge.position_bias == 0.5
    assert found.judge.consistent == 0
    assert (found.judge.first, found.judge.second) == (1, 0)


@pytest.mark.parametrize(("labels", "bias"), [("A,B", 0.5), ("B,A", -0.5)])
def test_a_judge_that_always_says_a_gets_one_half_whichever_response_a_is(ask: Any, labels: str, bias: float) -> None:
    found = ask(lambda shown, body: _verdict("A"), "--mode", "judge", "--labels", labels)
    assert found.overall.result.accuracy == 0.5
    assert found.judge.position_bias == bias


def test_a_judge_that_refuses_is_never_right_and_all_of_it_is_counted(
    ask: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = ask(lambda shown, body: "I'm sorry, but I can't compare these.", "--mode", "judge")
    assert found.overall.result.accuracy == 0
    assert found.overall.result.skipped == 0
    assert found.judge.unreadable == 16
    assert found.judge.unreadable_twice == 8
    assert math.isnan(found.judge.position_bias)
    assert (
        "16 of 16 replies hold no choice that can be read, and are not right (refused: 16); the figures say little"
        in (capsys.readouterr().err)
    )
    assert {row["why"] for row in lines(tmp_path / "run" / "answers.jsonl")} == {"refused"}


def test_of_a_verbose_reply_the_last_verdict_counts(ask: Any) -> None:
    def rule(shown: Shown, body: dict[str, Any]) -> str:
        worse = next(label for label in shown.labels if label != _better(shown))
        return f"At first sight [[{worse}]] wins. But no: [[{_better(shown)}]]"

    assert ask(rule, "--mode", "judge").overall.result.accuracy == 1


def test_what_a_model_thinks_aloud_is_no_verdict(ask: Any) -> None:
    def rule(shown: Shown, body: dict[str, Any]) -> Answer:
        worse = next(label for label in shown.labels if label != _better(shown))
        return Answer(f"<think>Perhaps [[{_better(shown)}]]? No: [[{worse}]]</think>\nSo [[{_better(shown)}]]")

    assert ask(rule, "--mode", "judge").overall.result.accuracy == 1


def test_a_verdict_in_a_reply_that_was_cut_does_not_count(ask: Any) -> None:
    found = ask(lambda shown, body: Answer("[[A]] seems to be", finish="length"), "--mode", "judge")
    assert found.judge.unreadable == 16


def test_ties_are_no_wins_and_no_losses(ask: Any) -> None:
    found = ask(lambda shown, body: _verdict("tie"), "--mode", "judge")
    assert found.overall.result.accuracy == 0
    assert found.overall.result.half_ties == 0.5
    assert found.judge.position_bias == 0


def _shares(shown: Shown, share: float) -> Answer:
    """A label with the probability of the good answer."""
    good, bad = _better(shown), next(label for label in shown.labels if label != _better(shown))
    top = {good: math.log(share * 0.9), f" {bad}": math.log((1 - share) * 0.9), "The": math.log(0.1)}
    return Answer(good if share > 0.5 else bad, top=[(good, top)])


def test_the_probability_of_a_label_is_recorded_as_the_model_has_it(ask: Any, tmp_path: Path) -> None:
    """ProgressGym's collector makes 0.5 of such a model's 0.9 (it permutes what was in order already)."""
    found = ask(lambda shown, body: _shares(shown, 0.9), "--mode", "forced_choice")
    assert found.overall.result.accuracy == 1
    assert found.judge.position_bias == 0
    rows = read_preferences(tmp_path / "run").rows
    assert all(row.p_forward == pytest.approx(0.9) and row.p_backward == pytest.approx(0.9) for row in rows)


def test_a_label_is_chosen_by_its_probability_not_by_the_draw(ask: Any) -> None:
    def rule(shown: Shown, body: dict[str, Any]) -> Answer:
        found = _shares(shown, 0.8)
        return Answer(next(label for label in shown.labels if label != _better(shown)), top=found.top)

    assert ask(rule, "--mode", "forced_choice").overall.result.accuracy == 1


def test_without_log_probabilities_a_label_is_read_from_the_reply(ask: Any, tmp_path: Path) -> None:
    found = ask(lambda shown, body: f"**{_better(shown)}**", "--mode", "forced_choice")
    assert found.overall.result.accuracy == 1
    assert all(math.isnan(row.p_forward) for row in read_preferences(tmp_path / "run").rows)
    assert "logprobs" not in (lines(tmp_path / "run" / "answers.jsonl")[0])


def test_a_server_that_refuses_to_tell_log_probabilities_is_asked_without(ask: Any) -> None:
    def rule(shown: Shown, body: dict[str, Any]) -> Answer:
        if body.get("logprobs"):
            return Answer("You are not allowed to request logprobs from this model", status=403)
        return Answer(_better(shown))

    assert ask(rule, "--mode", "forced_choice").overall.result.accuracy == 1


def test_a_server_that_tells_five_alternatives_at_most_is_asked_for_five(ask: Any, tmp_path: Path) -> None:
    asked = set()

    def rule(shown: Shown, body: dict[str, Any]) -> Answer:
        if body.get("top_logprobs", 0) > 5:
            return Answer("top_logprobs must be at most 5", status=400)
        asked.add(body["top_logprobs"])
        return _shares(shown, 0.7)

    found = ask(rule, "--mode", "forced_choice")
    assert found.overall.result.accuracy == 1
    assert asked == {5}


def test_a_thinking_model_is_read_at_its_end_and_not_at_its_first_token(ask: Any, tmp_path: Path) -> None:
    def rule(shown: Shown, body: dict[str, Any]) -> Answer:
        worse = next(label for label in shown.labels if label != _better(shown))
        return Answer(_better(shown), reasoning="Hm.", top=[(worse, {worse: -0.01, _better(shown): -5.0})])

    found = ask(rule, "--mode", "forced_choice")
    assert found.overall.result.accuracy == 1
    assert all(row["p_first"] is None and row["reasoning"] == "Hm." for row in lines(tmp_path / "run/answers.jsonl"))


def test_several_answers_to_one_order_come_to_a_share_and_unreadable_ones_are_left_out(
    ask: Any, tmp_path: Path
) -> None:
    def rule(shown: Shown, body: dict[str, Any]) -> str:
        worse = next(label for label in shown.labels if label != _better(shown))
        return {100: _verdict(_better(shown)), 101: _verdict(worse), 102: "Hm.", 103: _verdict(_better(shown))}[
            body["seed"]
        ]

    found = ask(rule, "--mode", "judge", "--epochs", "4", "--seed", "100")
    rows = read_preferences(tmp_path / "run").rows
    assert found.overall.result.accuracy == 1
    assert all(row.p_forward == pytest.approx(2 / 3) and row.p_backward == pytest.approx(2 / 3) for row in rows)


def test_what_the_server_refuses_for_its_length_is_skipped_and_said(
    ask: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    def rule(shown: Shown, body: dict[str, Any]) -> Answer:
        if "good answer 2" in shown.responses:
            return Answer("This model's maximum context length is 10 tokens", status=400)
        return Answer(_verdict(_better(shown)))

    found = ask(rule, "--mode", "judge")
    assert (found.overall.result.n, found.overall.result.skipped, found.overall.result.accuracy) == (7, 1, 1)
    assert "1 pairs are skipped, and in no share (too_long: 1)" in capsys.readouterr().err


def test_a_server_that_refuses_everything_ends_the_run_and_leaves_nothing(tmp_path: Path, capsys: Any) -> None:
    suite(TASKS).save(tmp_path / "suite")
    with choosing(lambda shown, body: Answer("unsupported value: temperature", status=400)) as server:
        given = ["--suite", str(tmp_path / "suite"), "--model", "m", "--base-url", server.base_url]
        assert main(["prefer", *given, "-o", str(tmp_path / "run"), "--mode", "judge"]) == 2
    assert "the first 8 requests were all refused" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_of_three_responses_every_two_are_compared_and_the_ranking_can_be_put_together(
    ask: Any, tmp_path: Path
) -> None:
    texts = {"x": "best of all", "y": "fair enough", "z": "quite bad"}
    task = PreferenceTask(
        "toy/three",
        (Message("user", "?"),),
        tuple(Response(name, text) for name, text in texts.items()),
        (("x",), ("y", "z")),
        family="fam",
        category="cat",
    )
    order = list(texts.values())

    def rule(shown: Shown, body: dict[str, Any]) -> str:
        one, other = map(order.index, shown.responses)
        return _verdict(shown.labels[one > other])

    found = ask(rule, "--mode", "judge", tasks=[task])
    rows = read_preferences(tmp_path / "run").rows
    assert [(row.pair, row.chosen_id, row.rejected_id, row.tied) for row in rows] == [
        ("toy/three[0>1]", "x", "y", False),
        ("toy/three[0>2]", "x", "z", False),
        ("toy/three[1>2]", "y", "z", True),
    ]
    assert {(row.task, row.family, row.category) for row in rows} == {("toy/three", "fam", "cat")}
    assert found.overall.result.n == 2
    assert found.details.rankings.exact.accuracy == 1


def test_votes_twins_and_lengths_reach_the_pairs(ask: Any, tmp_path: Path) -> None:
    twin = {"parent": "toy/001", "operator": "pad", "effect": "preserve"}
    votes = {"": {"good": 3, "bad": 1}, "g": {"tie": 2}}
    task = pair(2, "gööd", "bad one", votes=votes, metadata={**twin, "other": 1})
    ask(lambda shown, body: _verdict(shown.labels[0]), "--mode", "judge", tasks=[pair(1, "good 1", "bad 1"), task])
    row = read_preferences(tmp_path / "run").rows[1]
    assert (row.parent, row.operator, row.effect) == ("toy/001", "pad", "preserve")
    assert (row.chosen_bytes, row.rejected_bytes) == (6, 7)
    assert row.agreement == pytest.approx(4 / 6)
    assert row.votes[""].chosen == 3
    assert row.votes["g"].tie == 2


def test_the_command_ends_with_the_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite(TASKS).save(tmp_path / "suite")
    with choosing(lambda shown, body: _verdict(_better(shown))) as server:
        given = ["--suite", str(tmp_path / "suite"), "--model", "m", "--base-url", server.base_url]
        assert main(["prefer", *given, "-o", str(tmp_path / "run"), "--mode", "judge"]) == 0
    out = capsys.readouterr().out
    assert "16 of 16 answered; 8 pairs in" in out
    assert "100.0 %" in out
    assert "always the longer" in out
    assert "position bias" in out


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--mode", "judge", "--end-of-turn"], "--end-of-turn is for log-likelihoods"),
        (["--mode", "judge", "--labels", "A"], "--labels 'A': two words"),
        (["--mode", "judge", "--labels", "A,a"], "two different words"),
        (["--mode", "judge", "--reference-model", "r"], "--reference-model goes with log-likelihoods"),
        (["--mode", "judge", "--tasks", "nothing*"], "matches no task"),
        (["--mode", "judge", "--extra-body", "model=1"], "--extra-body model"),
    ],
)
def test_options_that_do_not_fit_are_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], args: list[str], said: str
) -> None:
    suite(TASKS).save(tmp_path / "suite")
    given = ["--suite", str(tmp_path / "suite"), "--model", "m", "--base-url", "http://127.0.0.1:9/v1"]
    assert main(["prefer", *given, "-o", str(tmp_path / "run"), *args]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_run_says_that_preference_tasks_are_asked_otherwise(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite(TASKS).save(tmp_path / "suite")
    given = ["--suite", str(tmp_path / "suite"), "--model", "m", "--base-url", "http://127.0.0.1:9/v1"]
    assert main(["run", *given, "-o", str(tmp_path / "run")]) == 2
    err = capsys.readouterr().err
    assert "evalrun prefer" in err
    assert err.count("\n") == 1


def test_prefer_says_that_code_tasks_are_asked_otherwise(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--suite", "core", "--model", "m", "--base-url", "http://127.0.0.1:9/v1", "-o", str(tmp_path / "run")]
    assert main(["prefer", *given]) == 2
    assert "preference tasks are needed" in capsys.readouterr().err

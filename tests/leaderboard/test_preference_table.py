"""Files of scored preference pairs: what is read, what is refused and how, and the numbers of a run."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks import BadInput
from evalrun.leaderboard.preferences.measures import (
    IMPLICIT_REWARD,
    JUDGE,
    PER_BYTE,
    PER_TOKEN,
    RANKING,
    REFERENCE,
    REWARD_MODEL,
)
from evalrun.leaderboard.preferences.summary import PreferenceSummary, summarise
from evalrun.leaderboard.preferences.table import read_preferences

HEADER = {"schema": 1, "model": "m", "mode": "loglikelihood", "suite": "s@1"}
PAIR = {"pair": "a", "chosen_score": -1.0, "rejected_score": -2.0}


def write(folder: Path, *rows: Any) -> Path:
    path = folder / "pairs.jsonl"
    path.write_text("".join(row if isinstance(row, str) else json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def summary(folder: Path, *rows: Any) -> PreferenceSummary:
    return summarise(read_preferences(write(folder, *rows)))


def test_a_pair_needs_no_more_than_its_id_and_scores(tmp_path: Path) -> None:
    run = read_preferences(write(tmp_path, "\n", PAIR))
    assert (run.label, run.mode, run.suite, run.score_unit, len(run.rows)) == (
        "pairs", "loglikelihood", "pairs", "sequence", 1,
    )  # fmt: skip
    row = run.rows[0]
    assert (row.pair, row.family, row.category, row.forward, row.skipped) == ("a", "a", "", None, "")
    assert math.isnan(row.chosen_tokens)


def test_choices_without_a_header_are_a_judges(tmp_path: Path) -> None:
    run = read_preferences(write(tmp_path, {"pair": "a", "choice_forward": "chosen", "choice_backward": None}))
    assert (run.mode, run.rows[0].forward, run.rows[0].backward) == ("judge", "chosen", None)


def test_a_packed_file_is_read_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(PAIR).encode()))
    assert read_preferences(path).label == "m"


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([], "no pairs in it"),
        ([HEADER], "no pairs in it"),
        (["{"], ":1: not a JSON object"),
        (["[1]\n"], r":1: not a JSON object \(found list\)"),
        (["[" * 100_000 + "\n"], ":1: not a JSON object"),
        ([{"schema": 2}, PAIR], ":1: schema: this version reads 1, found 2"),
        ([{**HEADER, "mode": "guess"}, PAIR], ":1: mode: one of loglikelihood, reward, judge is expected"),
        ([{**HEADER, "modle": "x"}, PAIR], ":1: modle: not a field"),
        ([{**HEADER, "model": 3}, PAIR], ":1: model: a text that is not empty is expected, found 3"),
        ([HEADER, "\n", {**PAIR, "choosen_score": 1}], ":3: choosen_score: not a field"),
        ([{"chosen_score": 1}], ":1: pair: missing"),
        ([{**PAIR, "pair": ""}], ":1: pair: a text"),
        ([PAIR, PAIR], ":2: pair: a is there already"),
        ([{"pair": "a"}], ":1: chosen_score: missing, and the mode is loglikelihood"),
        ([{"pair": "a", "chosen_score": -1}], ":1: rejected_score: missing beside chosen_score"),
        ([{**PAIR, "rejected_tokens": 1}], ":1: chosen_tokens: missing beside rejected_tokens"),
        ([{**PAIR, "chosen_score": "-1"}], ':1: chosen_score: a finite number is expected, found "-1"'),
        ([{**PAIR, "chosen_score": True}], ":1: chosen_score: a finite number"),
        ([{**PAIR, "chosen_score": math.nan}], ":1: chosen_score: a finite number is expected, found NaN"),
        ([{**PAIR, "chosen_score": -math.inf}], ":1: chosen_score: a finite number"),
        ([{**PAIR, "chosen_score": -(10**400)}], ":1: chosen_score: a finite number"),
        ([{**PAIR, "chosen_score": -1e101}], r":1: chosen_score: a number within \+-1e\+100 is expected"),
        ([{**PAIR, "chosen_score": 2.5}], ':1: chosen_score: a log-likelihood is never above 0; .*"mode": "reward"'),
        ([{**PAIR, "chosen_tokens": 1.5, "rejected_tokens": 1}], ":1: chosen_tokens: a whole number"),
        ([{**PAIR, "chosen_bytes": -1, "rejected_bytes": 1}], ":1: chosen_bytes: a whole number"),
        ([{**PAIR, "choice_forward": "left"}], ":1: choice_forward: one of chosen, rejected, tie, unreadable"),
        ([{**PAIR, "choice_forward": ["chosen"]}], ":1: choice_forward: one of"),
        ([{**PAIR, "agreement": 75}], ":1: agreement: a share of raters from 0 to 1 is expected, found 75"),
        ([{**HEADER, "mode": "judge"}, PAIR], ":2: choice_forward or choice_backward: missing"),
        ([{**PAIR, "category": {"x": 1}}], ":1: category: a text"),
        ([{**PAIR, "pair": "\x1b[2J\u202e"}] * 2, r":2: pair: \\x1b\[2J\\u202e is there already"),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_field(tmp_path: Path, rows: list[Any], complaint: str) -> None:
    path = write(tmp_path, *rows)
    with pytest.raises(BadInput, match=complaint) as caught:
        read_preferences(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read_preferences(tmp_path / "none.jsonl")


def test_what_is_yours_goes_into_metadata(tmp_path: Path) -> None:
    assert len(read_preferences(write(tmp_path, {**HEADER, "metadata": 1}, {**PAIR, "metadata": {"x": []}})).rows) == 1


ROWS = [
    {"pair": "a", "category": "code", "criterion": "correct", "family": "f", "chosen_score": -4.0,
     "rejected_score": -3.0, "chosen_tokens": 2, "rejected_tokens": 1, "chosen_bytes": 8, "rejected_bytes": 2,
     "reference_chosen_score": -9.0, "reference_rejected_score": -5.0, "agreement": 0.75},
    {"pair": "b", "category": "code", "criterion": "fast", "family": "f", "chosen_score": -1.0, "rejected_score": -3.0,
     "chosen_tokens": 1, "rejected_tokens": 1, "chosen_bytes": 2, "rejected_bytes": 3},
    {"pair": "c", "category": "chat", "family": "g", "chosen_score": -2.0, "rejected_score": -2.0,
     "chosen_tokens": 1, "rejected_tokens": 2, "chosen_bytes": 2, "rejected_bytes": 2},
    {"pair": "d", "category": "chat", "family": "h", "skipped": "too long"},
]  # fmt: skip


def test_a_run_is_summed_up_by_measure_category_and_criterion(tmp_path: Path) -> None:
    found = summary(tmp_path, HEADER, *ROWS)

    result = found.overall.result
    assert (found.measure, found.label, found.suite, found.pairs, found.families) == (RANKING, "m", "s@1", 4, 3)
    assert (result.right, result.tie, result.wrong, result.skipped) == (1, 1, 1, 1)
    assert result.accuracy == pytest.approx(1 / 3)
    assert [(one.name, one.result.n, one.result.right, one.families) for one in found.by_category] == [
        ("code", 2, 1, 1), ("chat", 1, 0, 2),
    ]  # fmt: skip
    assert [(one.name, one.result.n) for one in found.by_criterion] == [("correct", 1), ("fast", 1), ("", 1)]
    measures = {one.name: one.result for one in found.measures}
    assert list(measures) == [RANKING, PER_TOKEN, PER_BYTE, IMPLICIT_REWARD, REFERENCE]
    assert (measures[PER_TOKEN].right, measures[PER_TOKEN].wrong) == (2, 1)  # -2 > -3, -1 > -3, -2 < -1
    assert (measures[PER_BYTE].right, measures[PER_BYTE].tie) == (2, 1)  # -.5 > -1.5, -.5 > -1, -1 = -1
    assert (measures[IMPLICIT_REWARD].right, measures[IMPLICIT_REWARD].skipped) == (1, 3)  # 5 > 2
    assert (measures[REFERENCE].wrong, measures[REFERENCE].skipped) == (1, 3)
    assert found.notes == ("1 of 4 pairs was skipped, and is in no share.",)
    assert found.idealised is not None
    assert (found.idealised.n, found.idealised.low, found.idealised.high) == (1, 0.0, 1.0)


def test_length_bias_and_the_controls_stand_beside_the_accuracy(tmp_path: Path) -> None:
    found = summary(tmp_path, HEADER, *ROWS)

    length = found.length
    assert length is not None
    assert (length.unit, length.longer.result.n, length.shorter.result.n, length.equal.result.n) == ("bytes", 1, 1, 1)
    assert (length.longer.result.accuracy, length.shorter.result.accuracy, length.gap) == (0.0, 1.0, -1.0)
    assert (length.picks_longer, length.is_longer) == (0.0, 0.5)
    assert [(one.name, one.accuracy) for one in found.controls] == [
        ("coin", 0.5), ("always the longer", pytest.approx(1 / 3)), ("always the shorter", pytest.approx(1 / 3)),
    ]  # fmt: skip


def test_without_lengths_nothing_is_claimed_of_length(tmp_path: Path) -> None:
    found = summary(tmp_path, PAIR)
    assert found.length is None
    assert [one.name for one in found.controls] == ["coin"]
    assert (found.by_category, found.by_criterion, found.judge, found.idealised) == ((), (), None, None)


def test_scores_per_token_are_not_taken_for_sums(tmp_path: Path) -> None:
    plain = summary(tmp_path, {**HEADER, "score_unit": "token"}, PAIR)
    assert [one.name for one in plain.measures] == [PER_TOKEN]
    tokens = {"chosen_tokens": 3, "rejected_tokens": 1}
    found = summary(tmp_path, {**HEADER, "score_unit": "token"}, {**PAIR, **tokens})
    assert [(one.name, one.result.right) for one in found.measures] == [(PER_TOKEN, 1), (RANKING, 0)]  # -3 < -2


def test_a_server_without_scores_is_noticed(tmp_path: Path) -> None:
    found = summary(tmp_path, {"pair": "a", "chosen_score": 0.0, "rejected_score": 0.0})
    assert found.overall.result.accuracy == 0.0
    assert found.notes == ("Every pair ties: the server probably gave no scores at all.",)


def test_a_reward_models_scores_have_a_measure_of_their_own(tmp_path: Path) -> None:
    found = summary(tmp_path, {**HEADER, "mode": "reward"}, {"pair": "a", "chosen_score": 2, "rejected_score": -1})
    assert (found.measure, [one.name for one in found.measures]) == (REWARD_MODEL, [REWARD_MODEL])
    assert found.overall.result.margin == 3.0


def test_a_judges_run_shows_what_the_order_does(tmp_path: Path) -> None:
    lengths = {"chosen_bytes": 5, "rejected_bytes": 3}
    found = summary(
        tmp_path,
        {"schema": 1, "mode": "judge"},
        {"pair": "a", "choice_forward": "chosen", "choice_backward": "chosen", **lengths},
        {"pair": "b", "choice_forward": "chosen", "choice_backward": "rejected", **lengths},
        {"pair": "c", "choice_forward": "chosen", **lengths},
        {"pair": "d", "choice_forward": "unreadable", "choice_backward": "rejected", **lengths},
        {"pair": "e", "skipped": "refused by the server", "choice_forward": "chosen"},
    )
    judge, result = found.judge, found.overall.result
    assert judge is not None
    assert (found.measure, result.right, result.tie, result.wrong, result.skipped) == (JUDGE, 2, 2, 0, 1)
    assert result.accuracy == pytest.approx((1 + 0.5 + 1 + 0) / 4)
    assert (judge.both_orders, judge.consistent, judge.unreadable) == (3, pytest.approx(1 / 3), 1)
    assert judge.position_bias == pytest.approx(0.25)
    assert found.length is not None
    assert found.length.picks_longer == pytest.approx((1 + 0.5 + 1 + 0.25) / 4)
    controls = {one.name: one.accuracy for one in found.controls}
    assert controls == {
        "coin": 0.5, "always the longer": 1.0, "always the shorter": 0.0, "always the first": pytest.approx(4 / 7),
    }  # fmt: skip
    assert found.notes == (
        "1 of 5 pairs was skipped, and is in no share.",
        "1 pair was judged in one order only, so that position and preference are mixed.",
        "1 of 7 judgements holds no readable choice, and is not right.",
    )


def test_the_same_file_gives_the_same_numbers(tmp_path: Path) -> None:
    assert repr(summary(tmp_path, HEADER, *ROWS)) == repr(summary(tmp_path, HEADER, *ROWS))


def test_pairs_without_a_single_label_are_in_no_accuracy_and_told_by_consistency(tmp_path: Path) -> None:
    plural = {"category": "no-single-label", "tied": True, "choice_forward": "chosen"}
    found = summary(
        tmp_path,
        {"pair": "a", "choice_forward": "chosen", "choice_backward": "chosen"},
        {"pair": "p", **plural, "choice_backward": "chosen"},
        {"pair": "q", **plural, "choice_backward": "rejected"},
    )
    assert (found.pairs, found.overall.result.n, found.overall.result.right) == (1, 1, 1)
    assert found.details.ties is None
    assert found.notes == (
        "2 pairs have no single label: in no accuracy; 1 of 2 were answered the same in both orders.",
    )


def test_a_run_of_pairs_without_a_single_label_has_no_accuracy(tmp_path: Path) -> None:
    found = summary(
        tmp_path,
        {"pair": "p", "category": "no-single-label", "tied": True, "chosen_score": -1.0, "rejected_score": -2.0},
    )
    assert found.pairs == 0
    assert math.isnan(found.overall.result.accuracy)
    assert found.notes[0] == "1 pair has no single label: in no accuracy."

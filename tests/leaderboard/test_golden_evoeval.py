"""Published tables of EvoEval (51 models) and EvalPlus (125): ranks, drops and agreement as recomputed elsewhere."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from evalrun.leaderboard.metrics.agreement import pair_counts, top_models
from evalrun.leaderboard.metrics.drops import drop_on_altered_sets, drop_with_original_in_mean
from evalrun.leaderboard.metrics.ranks import competition_ranks

ALTERED = tuple(f"EvoEval_{name}" for name in ("difficult", "creative", "subtle", "combine", "tool_use"))
COLUMNS = ("humaneval", *ALTERED, "EvoEval_verbose", "EvoEval_concise")


@pytest.fixture(scope="module")
def models(shared_data: Path) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = json.loads((shared_data / "evoeval_leaderboard" / "data.json").read_text())
    return loaded


def test_every_published_rank_is_a_competition_rank(models: list[dict[str, Any]]) -> None:
    assert len(models) == 51
    for column in (*COLUMNS, "joint_score"):
        ranks = competition_ranks([model[column] for model in models])
        assert ranks == [model[f"{column}_rank"] for model in models], column


def test_the_joint_score_is_the_mean_of_all_eight_columns(models: list[dict[str, Any]]) -> None:
    for model in models:
        assert model["joint_score"] == pytest.approx(100 * math.fsum(model[column] for column in COLUMNS) / 8)


def test_the_average_and_the_range_of_drops_are_two_formulas(models: list[dict[str, Any]], shared_data: Path) -> None:
    expected = json.loads((shared_data / "EXPECTED.json").read_text())["evoeval_leaderboard"]
    pairs = [(model["humaneval"], [model[column] for column in ALTERED]) for model in models]
    altered = [drop_on_altered_sets(*pair) for pair in pairs]
    mixed = [drop_with_original_in_mean(*pair) for pair in pairs]

    assert math.fsum(altered) / 51 == pytest.approx(expected["mean_relative_drop"], abs=1e-12)
    assert round(100 * math.fsum(altered) / 51, 2) == 39.38
    assert (round(100 * min(altered), 1), round(100 * max(altered), 1)) == (23.5, 57.2)
    assert (round(100 * min(mixed), 2), round(100 * max(mixed), 2)) == (19.56, 47.68)
    assert round(100 * math.fsum(mixed) / 51, 1) == 32.8
    assert models[mixed.index(min(mixed))]["name"] == "gpt-4"
    assert models[mixed.index(max(mixed))]["name"] == "mistral-7b-instruct-v02"


@pytest.mark.parametrize(
    ("column", "concordant", "discordant", "tau", "pairwise"),
    [
        ("EvoEval_difficult", 1131, 104, 0.8196, 0.9158),
        ("EvoEval_creative", 1105, 135, 0.7717, 0.8911),
        ("EvoEval_subtle", 1163, 75, 0.8662, 0.9394),
        ("EvoEval_combine", 1100, 115, 0.7922, 0.9053),
        ("EvoEval_tool_use", 1029, 210, 0.6518, 0.8305),
        ("EvoEval_verbose", 1152, 100, 0.8326, 0.9201),
        ("EvoEval_concise", 1181, 66, 0.8846, 0.9471),
        ("joint_score", 1198, 63, 0.8951, 0.9500),
    ],
)
def test_agreement_with_humaneval_is_as_recomputed(
    models: list[dict[str, Any]], column: str, concordant: int, discordant: int, tau: float, pairwise: float
) -> None:
    counts = pair_counts([model["humaneval"] for model in models], [model[column] for model in models])
    assert (counts.pairs, counts.concordant, counts.discordant) == (1275, concordant, discordant)
    assert round(counts.tau_b, 4) == tau
    assert round(counts.pairwise, 4) == pairwise


def test_two_suites_that_agree_on_the_field_agree_less_on_the_best_ten(shared_data: Path) -> None:
    table = json.loads((shared_data / "evalplus_leaderboard" / "results.json").read_text())
    scores = {name: row["pass@1"] for name, row in table.items()}
    base, plus = ([row[column] for row in scores.values()] for column in ("humaneval", "humaneval+"))
    whole = pair_counts(base, plus)
    best = top_models(base)
    top = pair_counts([base[i] for i in best], [plus[i] for i in best])

    assert len(scores) == 125
    assert (whole.concordant, whole.discordant, whole.tied_first, whole.tied_second) == (7542, 114, 50, 51)
    assert round(whole.tau_b, 3) == 0.965
    assert len(best) == 11  # the tenth is tied with the eleventh
    assert round(top.tau_b, 2) == 0.84
    ranks = competition_ranks(base)
    assert sorted(ranks)[:3] == [1, 1, 3]


def test_models_without_a_score_are_left_out_not_counted_as_zero(shared_data: Path) -> None:
    table = json.loads((shared_data / "evalplus_leaderboard" / "results.json").read_text())
    both = [row["pass@1"] for row in table.values() if row["pass@1"]["mbpp"] is not None]
    assert len(both) == 89
    counts = pair_counts([row["humaneval"] for row in both], [row["mbpp"] for row in both])
    assert counts.pairs == 89 * 88 // 2
    with pytest.raises(ValueError, match="undefined"):
        pair_counts([1.0, 2.0], [math.nan, 2.0])

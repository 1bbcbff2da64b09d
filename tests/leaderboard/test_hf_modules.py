"""The `evaluate` modules load by path without a network, and give what the plain functions give."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from evalrun.benchmarks import BadInput
from evalrun.leaderboard.hf import NAMES, module_path
from evalrun.leaderboard.metrics.flips import flips_from_booleans
from evalrun.leaderboard.metrics.passk import pass_at_k_of_samples
from evalrun.leaderboard.metrics.preferences import ranking_accuracy
from evalrun.leaderboard.metrics.winrate import length_controlled_win_rate

# Any name looked up and any socket opened ends the child at once.
PROLOGUE = """
import json, socket, sys
def refuse(*args, **kwargs):
    raise SystemExit(f"the network was asked for: {args}")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = refuse
import evaluate
from evalrun.leaderboard.hf import module_path
"""


def in_a_process_without_network(code: str, home: Path) -> object:
    """What the code prints as JSON, run with HF_HUB_OFFLINE=1 and an empty HF_HOME."""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(home), "HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", PROLOGUE + code],
        env=environment, cwd=home, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_pass_at_k_loads_offline_and_equals_the_plain_function(tmp_path: Path) -> None:
    samples = [[True, False, False], [True, True, True], [False, False, False]]
    found = in_a_process_without_network(
        "m = evaluate.load(module_path('pass_at_k'))\n"
        f"print(json.dumps(m.compute(predictions={samples}, k=[1, 2, 3])))",
        tmp_path,
    )
    assert isinstance(found, dict)
    for k in (1, 2, 3):
        assert found[f"pass@{k}"] == pass_at_k_of_samples(samples, k).value
        assert found[f"tasks@{k}"] == 3


def test_pass_at_k_leaves_no_k_out_silently(tmp_path: Path) -> None:
    found = in_a_process_without_network(
        "m = evaluate.load(module_path('pass_at_k'))\n"
        "a = m.compute(predictions=[[True, True], [True]], k=[2])\n"
        "b = m.compute(predictions=[[True]], k=[5])\n"
        "c = m.compute(predictions=[])\n"
        "print(json.dumps([a, b, c]))",
        tmp_path,
    )
    short, none, empty = found  # type: ignore[misc]
    assert short == {"pass@2": 1.0, "tasks@2": 1}
    assert math.isnan(none["pass@5"])
    assert none["tasks@5"] == 0
    assert math.isnan(empty["pass@1"])


def test_negative_flips_load_offline_for_numbers_and_for_texts(tmp_path: Path) -> None:
    found = in_a_process_without_network(
        "m = evaluate.load(module_path('negative_flips'))\n"
        "a = m.compute(predictions1=[1, 1, 0, 0], predictions2=[1, 0, 1, 0], references=[1, 1, 1, 1])\n"
        "b = m.compute(predictions1=['x', 'y'], predictions2=['x', 'z'], references=['x', 'y'])\n"
        "print(json.dumps([isinstance(m, evaluate.Comparison), m.module_type, a, b]))",
        tmp_path,
    )
    is_comparison, kind, numbers, texts = found  # type: ignore[misc]
    assert is_comparison
    plain = flips_from_booleans([True, True, False, False], [True, False, True, False])
    assert kind == "comparison"
    assert numbers == {
        "negative_flips": 1, "positive_flips": 1, "nfr": plain.nfr, "pfr": plain.pfr,
        "nfr_over_old_correct": 0.5, "relative_nfr": plain.relative_nfr,
        "nfi": 0.5, "pfi": 0.5, "btc": 0.5, "bec": 0.5,
        "old_accuracy": 0.5, "new_accuracy": 0.5, "p_value": 1.0, "mid_p_value": 1.0,
    }  # fmt: skip
    assert (texts["negative_flips"], texts["nfr"]) == (1, 0.5)


def test_ranking_accuracy_loads_offline_and_equals_the_plain_function(tmp_path: Path) -> None:
    chosen, rejected = [-3.0, -5.0, -4.0, -8.0], [-4.0, -4.0, -4.0, -9.0]
    found = in_a_process_without_network(
        "m = evaluate.load(module_path('ranking_accuracy'))\n"
        f"c, r = {chosen}, {rejected}\n"
        "a = m.compute(chosen_scores=c, rejected_scores=r)\n"
        "b = m.compute(chosen_scores=[None, *c[1:]], rejected_scores=r, chosen_lengths=[1, 2, 1, 2],\n"
        "              rejected_lengths=[1, 1, 1, 3], families=['f', 'f', 'g', 'g'])\n"
        "d = m.compute(chosen_scores=[], rejected_scores=[])\n"
        "print(json.dumps([isinstance(m, evaluate.Metric), a, b, d]))",
        tmp_path,
    )
    is_metric, plain, per_token, empty = found  # type: ignore[misc]
    expected = ranking_accuracy(chosen, rejected)
    assert is_metric
    assert plain == {
        "ranking_accuracy": 0.5, "low": expected.interval.low, "high": expected.interval.high, "with_half_ties": 0.625,
        "tie_rate": 0.25, "right": 2, "ties": 1, "wrong": 1, "skipped": 0, "mean_margin": 0.25,
    }  # fmt: skip
    # -5/2 > -4, -4 = -4, -8/2 < -9/3
    assert [per_token[name] for name in ("right", "ties", "wrong", "skipped")] == [1, 1, 1, 1]
    assert math.isnan(empty["ranking_accuracy"])


def examples() -> dict[str, tuple[str, float]]:
    """Of each card whose example ends in a number: the code and the number."""
    found = {}
    for name in NAMES:
        card = (Path(module_path(name)) / "README.md").read_text(encoding="utf-8")
        code = card.split("```python\n")[1].split("```")[0]
        lines = code.strip().splitlines()
        if re.fullmatch(r"# -?[0-9.]+", lines[-1]):
            found[name] = ("\n".join(lines[:-1]), float(lines[-1][2:]))
    return found


def test_every_card_shows_what_its_module_gives_without_a_network(tmp_path: Path) -> None:
    cards = examples()
    assert len(cards) >= 10
    code = "found = {}\n"
    for name, (example, _) in cards.items():
        *before, last = example.splitlines()
        code += "\n".join(before) + f"\nfound[{name!r}] = {last}\n"
    found = in_a_process_without_network(code + "print(json.dumps(found))", tmp_path)
    assert found == {name: pytest.approx(number, abs=5e-4) for name, (_, number) in cards.items()}


def test_preference_modules_give_what_the_plain_functions_give(tmp_path: Path) -> None:
    code = """
def load(name):
    return evaluate.load(module_path(name))
print(json.dumps([
    load("ranking_accuracy").compute(
        chosen_scores=[-2.0, -4.0, -2.0], rejected_scores=[-1.0, -4.0, -1.005], chosen_lengths=[2, 1, 2],
        rejected_lengths=[1, 1, 1], agreement=[1.0, 0.8, 0.5]),
    load("ranking_accuracy").compute(
        chosen_scores=[-5.0], rejected_scores=[-4.0], reference_chosen=[-8.0], reference_rejected=[-5.0]),
    load("win_rate").compute(preferences=[1.0, 0.0, 1.0, None], lengths=[9, 3, 5, 2], baseline_lengths=[5, 5, 5, 5]),
    load("judge_accuracy").compute(forward=["chosen", "tie", ""], backward=["chosen", "unreadable", None]),
    load("rewardbench").compute(
        points=[1.0] * 5, subsets=["Factuality", "Precise IF", "Math", "Safety", "Focus"], version=2,
        ties=[[[9.0], [5.0, 4.0], [8.0, 7.0, 7.5], [4.0, 3.0]]]),
    load("group_accuracy").compute(
        chosen_scores=[1.0, 0.0], rejected_scores=[0.0, 1.0],
        votes=[{"a": [3, 1, 0], "b": [0, 2, 0]}, {"a": [1, 3, 0]}]),
    load("flip_gap").compute(
        parent_outcomes=["right", "wrong"], outcomes=["right", "wrong"], effects=["invert", "invert"]),
    load("idealised_accuracy").compute(
        reference_chosen=[-2.0, -1.0], reference_rejected=[-1.0, -2.0], agreement=[1.0, 1.0],
        chosen_scores=[-2.0, -1.0], rejected_scores=[-1.0, -2.0]),
    load("response_lengths").compute(
        chosen_lengths=[5, 4], rejected_lengths=[10, 2], policy=[[-5.0, -10.0], [-8.0, -2.0]],
        reference=[[-10.0, -5.0], [-8.0, -6.0]]),
]))
"""
    ties, reward, wins, judge, bench, groups, gap, ideal, lengths = in_a_process_without_network(code, tmp_path)  # type: ignore[misc]
    assert (ties["right"], ties["ties"], ties["labelled_ties"], ties["labelled_ties_right"]) == (0, 2, 1, 1)
    assert ties["tie_aware_accuracy"] == pytest.approx(1 / 3)
    assert reward["implicit_reward_accuracy"] == 1.0
    assert "ranking_accuracy" not in reward
    plain = length_controlled_win_rate([1.0, 0.0, 1.0], [9, 3, 5], [5, 5, 5])
    assert (wins["wins"], wins["losses"], wins["skipped"], wins["lc_n"]) == (2, 1, 1, 3)
    assert wins["length_controlled"] == pytest.approx(plain.rate)
    assert (judge["right"], judge["ties"], judge["skipped"], judge["unreadable"]) == (1, 1, 1, 1)
    assert (bench["total"], bench["Ties"]) == (1.0, 1.0)
    assert (groups["groups"]["a"]["accuracy"], groups["min_group"], groups["votes"]) == (0.75, 0.0, 10)
    assert (gap["flip_gap"], gap["sensitivity"], gap["contrast"]) == (0.0, 1.0, 0.5)
    assert (ideal["idealised_median"], ideal["alignment_gap"], ideal["reached"]) == (1.0, 0.5, 0.5)
    assert (lengths["shift"], lengths["moved"], lengths["longer"]) == (0.625, 0.875, 0.5)


@pytest.mark.parametrize("name", NAMES)
def test_every_module_has_a_card_beside_it(name: str) -> None:
    folder = Path(module_path(name))
    assert (folder / f"{name}.py").is_file()
    assert (folder / "README.md").read_text(encoding="utf-8").startswith("---\ntitle:")


def test_an_unknown_module_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadInput, match="negative_flips, pass_at_k, ranking_accuracy, ranking_match"):
        module_path("../secret")

"""The `evaluate` modules load by path without a network, and give what the plain functions give."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from evalrun.benchmarks import BadInput
from evalrun.leaderboard.hf import NAMES, module_path
from evalrun.leaderboard.metrics.flips import flips_from_booleans
from evalrun.leaderboard.metrics.passk import pass_at_k_of_samples
from evalrun.leaderboard.metrics.preferences import ranking_accuracy

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


@pytest.mark.parametrize("name", NAMES)
def test_every_module_has_a_card_beside_it(name: str) -> None:
    folder = Path(module_path(name))
    assert (folder / f"{name}.py").is_file()
    assert (folder / "README.md").read_text(encoding="utf-8").startswith("---\ntitle:")


def test_an_unknown_module_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadInput, match="negative_flips, pass_at_k, ranking_accuracy"):
        module_path("../secret")

"""The formulas on real recorded results, against values computed with the upstream projects' own code."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from evalrun.leaderboard.metrics.flips import Flips, flips_from_booleans, update_flips
from evalrun.leaderboard.metrics.passk import pass_at_k_of_samples


@pytest.fixture(scope="module")
def expected(shared_data: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((shared_data / "EXPECTED.json").read_text())
    return loaded


def assert_same(flips: Flips, expected: dict[str, Any]) -> None:
    assert (flips.n, flips.negative, flips.positive) == (
        expected["n_common"],
        expected["n_negative_flips"],
        expected["n_positive_flips"],
    )
    listed = [task for task in expected["negative_flip_ids"] if not task.startswith("... ")]
    assert set(listed) <= set(flips.broken)
    assert len(listed) == flips.negative or f"... {flips.negative - len(listed)} more" in expected["negative_flip_ids"]
    assert flips.new_accuracy - flips.old_accuracy == pytest.approx(flips.pfr - flips.nfr, abs=1e-12)
    assert flips.nfi == pytest.approx(expected["nfr"] / (1 - expected["acc_new"]), abs=1e-12)
    assert flips.btc == pytest.approx(1 - expected["nfr_over_old_correct"], abs=1e-12)
    for name, value in (
        ("acc_old", flips.old_accuracy),
        ("acc_new", flips.new_accuracy),
        ("nfr", flips.nfr),
        ("pfr", flips.pfr),
        ("nfr_over_old_correct", flips.nfr_of_old_correct),
        ("relative_nfr", flips.relative_nfr),
    ):
        assert value == pytest.approx(expected[name], abs=1e-12), name


def test_pass_at_k_of_twenty_real_samples_a_task(expected: dict[str, Any]) -> None:
    recorded = expected["codet_first20"]
    samples = [[letter == "1" for letter in text] for text in recorded["per_task_first20"].values()]

    assert len(samples) == 164
    for name, value in recorded["first20"].items():
        found = pass_at_k_of_samples(samples, int(name.removeprefix("pass@")))
        assert found.complete
        assert found.value == pytest.approx(value, abs=1e-12)


def is_correct(row: pd.Series[Any]) -> bool:
    """The recorded figures take a reply for yes where that word stands in it, else for no where that one does."""
    words = set(re.findall(r"\b(?:yes|no)\b", str(row["answer"]).lower()))
    said = "yes" if "yes" in words else "no" if "no" in words else None
    return said == str(row["ref_answer"]).lower()


@pytest.mark.parametrize(("old", "new"), [("gpt-3.5-turbo-0301", "gpt-3.5-turbo-0613"), ("gpt-4-0314", "gpt-4-0613")])
@pytest.mark.parametrize("suite", ["PRIME accuracy", "SENSITIVEQ answered"])
def test_flips_of_two_real_updates(shared_data: Path, expected: dict[str, Any], suite: str, old: str, new: str) -> None:
    name = suite.split()[0]
    file = "PRIME_FULL_EVAL" if name == "PRIME" else "SENSITIVEQ_EVAL"
    table = pd.read_csv(shared_data / "llmdrift" / f"{file}.csv.gz", dtype={"id": str})
    table["right"] = table.apply(is_correct, axis=1) if name == "PRIME" else table["Response Rate"] == 1
    columns = {}
    for model in (old, new):
        rows = table[table["model"] == f"openaichat/{model}"].drop_duplicates("id", keep="first")
        columns[model] = rows.set_index("id")["right"]
    paired = pd.concat(columns, axis=1, join="inner")

    flips = flips_from_booleans(list(paired[old]), list(paired[new]), list(paired.index))

    assert_same(flips, expected["negative_flips"]["llmdrift"][f"{suite}: {old} -> {new}"])


def test_flips_between_two_models_answers_that_were_judged_elsewhere(expected: dict[str, Any]) -> None:
    verdicts = expected["humaneval_base_verdicts"]["groups"]["evoeval_solutions"]

    def passed(model: str) -> dict[str, bool]:
        wrong = {*verdicts[model]["failed"], *verdicts[model]["timed_out"], *verdicts[model]["missing"]}
        results = {f"HumanEval/{number}": f"HumanEval/{number}" not in wrong for number in range(164)}
        assert sum(results.values()) == verdicts[model]["n_correct"]
        return results

    flips = update_flips(passed("chatgpt"), passed("gpt-4"))

    assert_same(flips, expected["negative_flips"]["evoeval_solutions"]["chatgpt -> gpt-4 (HumanEval base tests)"])


def test_no_recorded_flips_are_left_unchecked(expected: dict[str, Any]) -> None:
    counts = {name: len(rows) for name, rows in expected["negative_flips"].items() if name != "how"}
    assert counts == {"zero_shot_replication": 2, "llmdrift": 4, "evoeval_solutions": 1}


@pytest.mark.parametrize("tests", ["base", "plus"])
def test_flips_between_two_versions_of_a_model_on_humaneval(
    shared_data: Path, expected: dict[str, Any], tests: str
) -> None:
    def passed(model: str) -> dict[str, bool]:
        path = shared_data / "zero_shot_replication" / "human_eval" / f"{model}.json.gz"
        results = json.loads(gzip.decompress(path.read_bytes()))["eval"]
        kinds = ("base",) if tests == "base" else ("base", "plus")
        return {task: all(row[kind][0][0] == "success" for kind in kinds) for task, row in results.items()}

    old, new = "openai__gpt_4_0314__T0p7", "openai__gpt_4_0613__T0p7"
    suite = "HumanEval" if tests == "base" else "HumanEval+"

    assert_same(
        update_flips(passed(old), passed(new)),
        expected["negative_flips"]["zero_shot_replication"][f"{old} -> {new} {suite}"],
    )

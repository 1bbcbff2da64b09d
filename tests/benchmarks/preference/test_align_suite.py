"""The built-in suite align: what it holds, and that it is what its source says."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from evalrun.benchmarks.preference import PreferenceSuite, PreferenceTask
from evalrun.benchmarks.preference.authored import read_authored
from evalrun.benchmarks.taskset import built_in_folder


@pytest.fixture(scope="module")
def align() -> PreferenceSuite:
    return PreferenceSuite.load("align")


def test_the_stored_suite_is_what_its_source_says(align: PreferenceSuite, tmp_path: Path) -> None:
    """After a change of the source: convert it to a folder, and copy that over the stored one (docs/align.md)."""
    folder = built_in_folder("align")
    read_authored(folder / "source").save(tmp_path / "made")
    for name in ("tasks.jsonl", "digests.jsonl", "suite.json"):
        assert (tmp_path / "made" / name).read_bytes() == (folder / name).read_bytes()


def test_it_holds_what_was_asked_for(align: PreferenceSuite) -> None:
    tags = Counter(tag for task in align for tag in task.tags)
    assert tags["pair"] >= 100
    assert tags["ranking"] >= 8
    assert tags["tie"] >= 8
    categories = Counter(task.category for task in align)
    assert set(categories) == {
        "correctness", "efficiency", "helpfulness", "honesty", "instructions", "reasoning", "safety", "security",
    }  # fmt: skip
    assert min(categories.values()) >= 16
    assert {task.license for task in align} == {align.license} == {"Apache-2.0"}
    assert (align.name, align.version) == ("align", "2026.11")


def test_three_fifths_of_the_labels_are_proven_and_the_others_give_a_reason(align: PreferenceSuite) -> None:
    proofs = Counter(task.proof.kind for task in align if task.proof)
    assert sum(proofs.values()) == len(align)
    assert proofs["stated"] <= 0.4 * len(align)
    assert {"tests", "constraints", "operations", "rules"} <= set(proofs)


def _families(suite: PreferenceSuite) -> dict[str, list[PreferenceTask]]:
    found: dict[str, list[PreferenceTask]] = {}
    for task in suite:
        found.setdefault(task.unit, []).append(task)
    return found


def test_twins_have_the_same_responses_in_the_same_order_and_labels_turned_round(align: PreferenceSuite) -> None:
    twins = [tasks for tasks in _families(align).values() if len(tasks) == 2]
    assert len(twins) >= 80
    for one, other in twins:
        assert one.responses == other.responses
        assert one.ranking == other.ranking[::-1]
        assert one.messages != other.messages


def test_no_text_is_used_by_two_families(align: PreferenceSuite) -> None:
    families = _families(align)
    texts = Counter(text for tasks in families.values() for text in {r.text for task in tasks for r in task.responses})
    prompts = Counter(task.messages[-1].content for task in align)
    assert {text for text, number in texts.items() if number > 1} == set()
    assert {text for text, number in prompts.items() if number > 1} <= {
        # One question about messages of which one holds the answer and one does not.
        "What did I tell you about my flight?",
        "Hm, I think that is wrong.",
    }


def test_no_response_says_how_it_is_labelled(align: PreferenceSuite) -> None:
    for task in align:
        for response in task.responses:
            assert not re.search(r"\b(?:chosen|rejected|preferred|dispreferred)\b", response.text, re.I)
            assert response.text == response.text.strip()

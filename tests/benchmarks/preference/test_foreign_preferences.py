"""Published formats of preference data, each told by its fields: small files made by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks import BadInput
from evalrun.benchmarks.preference import TIE, PreferenceSuite, PreferenceTask


def load(folder: Path, rows: Sequence[Any], name: str = "set.jsonl") -> PreferenceSuite:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return PreferenceSuite.load(path)


def texts(task: PreferenceTask) -> list[list[str]]:
    return [[task.response(name).text for name in tier] for tier in task.ranking]


def whys(suite: PreferenceSuite) -> list[str]:
    return [f"{item.where}: {item.why}" for item in suite.skipped]


# HH-RLHF


def hh(
    chosen: str, rejected: str, before: str = "\n\nHuman: Hi\n\nAssistant: Hello\n\nHuman: Name a prime."
) -> dict[str, str]:
    return {"chosen": f"{before}\n\nAssistant: {chosen}", "rejected": f"{before}\n\nAssistant: {rejected}"}


def test_hh_transcripts_are_split_at_the_last_answer(tmp_path: Path) -> None:
    (task,) = load(tmp_path, [hh("Seven.", "Nine.")])
    assert [(turn.role, turn.content) for turn in task.messages] == [
        ("user", "Hi"),
        ("assistant", "Hello"),
        ("user", "Name a prime."),
    ]
    assert texts(task) == [["Seven."], ["Nine."]]


def test_hh_rows_without_a_shared_beginning_or_an_answer_are_left_out(tmp_path: Path) -> None:
    other = hh("A", "B", before="\n\nHuman: Another question")
    mixed = {"chosen": hh("Seven.", "x")["chosen"], "rejected": other["rejected"]}
    unanswered = hh("A\n\nHuman: And?", "B")
    empty = hh("", "B")
    lone = {"chosen": "\n\nHuman: Hi", "rejected": other["rejected"]}
    suite = load(tmp_path, [mixed, unanswered, empty, lone, hh("Seven.", "Seven."), hh("Seven.", "Nine.")])
    assert len(suite) == 1
    said = whys(suite)
    assert "differ before their last answers" in said[0]
    assert "turn of the human's" in said[1]
    assert "empty" in said[2]
    assert "no answer of the assistant's" in said[3]
    assert "equal" in said[4]


# Several responses with scores


def test_ultrafeedback_ranks_completions_by_score_with_ties_in_one_tier(tmp_path: Path) -> None:
    row = {
        "source": "evol",
        "instruction": "Name a prime.",
        "completions": [
            {"model": "m1", "response": "Nine.", "overall_score": 2.0},
            {"model": "m2", "response": "Seven.", "overall_score": 8.5},
            {"model": "m3", "response": "Two, of course.", "overall_score": "8.5"},
            {"model": "m4", "response": "No idea.", "overall_score": 1.0},
        ],
    }
    (task,) = load(tmp_path, [row])
    assert texts(task) == [["Seven.", "Two, of course."], ["Nine."], ["No idea."]]
    assert task.response("2").source == "m2"
    assert task.category == "evol"


def test_completions_may_have_ranks_or_be_answers_with_a_preference_model_s_score(tmp_path: Path) -> None:
    ranked = {"prompt": "q", "answers": [{"answer": "b", "rank": 2}, {"answer": "a", "rank": 1}]}
    scored = {"qid": 9, "question": "q", "answers": [{"text": "b", "pm_score": 0}, {"text": "a", "pm_score": 3}]}
    assert texts(load(tmp_path, [ranked]).tasks[0]) == [["a"], ["b"]]
    (task,) = load(tmp_path, [scored])
    assert texts(task) == [["a"], ["b"]]
    assert task.id == "set/9"


def test_completions_that_rank_nothing_or_have_no_score_are_left_out(tmp_path: Path) -> None:
    good = {"instruction": "q", "completions": [{"response": "a", "score": 1}, {"response": "b", "score": 2}]}
    same = {"instruction": "q", "completions": [{"response": "a", "score": 1}, {"response": "b", "score": 1}]}
    none = {"instruction": "q", "completions": [{"response": "a", "score": 1}, {"response": "b"}]}
    word = {"instruction": "q", "completions": [{"response": "a", "score": "high"}, {"response": "b", "score": 1}]}
    suite = load(tmp_path, [none, good, same, word])
    assert len(suite) == 1
    assert [re.sub(r" \(.*", "", why) for why in whys(suite)] == [
        "line 1: completions: one has neither a score",
        "line 3: all responses have the same score, which ranks nothing",
        "line 4: score: expected a number, found 'high'",
    ]


def shp(a: str, b: str, score_a: int, score_b: int, **more: Any) -> dict[str, Any]:
    return {
        "post_id": "p",
        "domain": "askbaking_test",
        "history": "Why is my bread flat?",
        "c_root_id_A": a,
        "c_root_id_B": b,
        "human_ref_A": f"comment {a}",
        "human_ref_B": f"comment {b}",
        "score_A": score_a,
        "score_B": score_b,
        "labels": int(score_a > score_b),
        **more,
    }


def test_shp_pairs_of_a_post_become_one_ranking_of_its_comments(tmp_path: Path) -> None:
    rows = [shp("x", "y", 9, 4), shp("y", "z", 4, 7), shp("u", "v", 1, 2, post_id="q")]
    first, second = load(tmp_path, rows)
    assert texts(first) == [["comment x"], ["comment z"], ["comment y"]]
    assert texts(second) == [["comment v"], ["comment u"]]
    assert (first.id, first.category) == ("set/p", "askbaking_test")


def test_shp_rows_that_contradict_themselves_or_others_are_left_out(tmp_path: Path) -> None:
    rows = [
        shp("x", "y", 9, 4),
        shp("x", "z", 9, 4, labels=0),
        shp("x", "w", 8, 4),
        shp("a", "b", 3, 3, post_id="tied"),
        shp("a", "b", 3, 1, post_id="same", human_ref_A="t", human_ref_B="t"),
        {"human_ref_A": "no post"},
    ]
    suite = load(tmp_path, rows)
    assert [texts(task) for task in suite] == [[["comment x"], ["comment y"]]]
    said = " | ".join(whys(suite))
    assert "line 2: labels says 0, which the scores 9 and 4 contradict" in said
    assert "line 3: comment A has another text or score" in said
    assert "line 4: all responses have the same score" in said
    assert "line 5: both comments are equal" in said
    assert "line 6: the field 'history' is missing" in said


# RewardBench


def test_rewardbench_rows_keep_subset_id_and_models(tmp_path: Path) -> None:
    row = {
        "id": 12,
        "prompt": "q",
        "chosen": "good",
        "chosen_model": "m1",
        "rejected": "bad",
        "rejected_model": "m2",
        "subset": "hep-python",
    }
    suite = load(tmp_path, [row, {**row, "chosen": "other"}, row])
    first, second = suite
    assert (first.id, second.id) == ("set/hep-python/12", "set/hep-python/12#2")
    assert first.category == "hep-python"
    assert {response.text: response.source for response in first.responses} == {"good": "m1", "bad": "m2"}
    assert second.unit == first.unit == first.id
    assert whys(suite) == ["line 3: a copy of line 1, with the same id 'set/hep-python/12'"]


def test_rewardbench_2_ties_have_several_right_answers_and_twins_share_a_family(tmp_path: Path) -> None:
    def row(own_id: str, right: list[str], **more: Any) -> dict[str, Any]:
        wrong = ["r1", "r2", "r3"]
        told = {"id": own_id, "prompt": "q", "chosen": right, "rejected": wrong, "num_correct": len(right)}
        return {**told, "total_completions": 3 + len(right), "subset": "Ties", **more}

    models = ["m1", "m2", "n1", "n2", "n3"]
    rows = [row("ref:7", ["c1"]), row("tied:7", ["c1", "c2"], models=models), row("tied:8", ["c1"], num_correct=2)]
    suite = load(tmp_path, rows)
    ref, tied = suite
    assert [set(tier) for tier in texts(tied)] == [{"c1", "c2"}, {"r1", "r2", "r3"}]
    assert {response.text: response.source for response in tied.responses} == dict(
        zip(["c1", "c2", "r1", "r2", "r3"], models, strict=True)
    )
    assert ref.unit == tied.unit
    assert (ref.tags, tied.tags) == (("ref",), ("tied",))
    assert "num_correct says 2, but 1" in whys(suite)[0]


# CodePrefBench


def code(task_id: str, choices: Sequence[str], right: Any, annotations: list[str] | None = None) -> dict[str, Any]:
    row = {"task_id": task_id, "instruction": "Write f.", "choices": list(choices), "gt_choice": right}
    return row if annotations is None else {**row, "annotations": annotations}


def test_codeprefbench_problems_that_occur_twice_are_both_kept_and_share_a_family(tmp_path: Path) -> None:
    rows = [code("HumanEval/9", ("a", "b"), 1), code("HumanEval/9", ("c", "d"), 0), code("Mbpp/2", ("a", "b"), 0)]
    suite = load(tmp_path, rows, "efficiency-alignment.jsonl")
    assert [task.id for task in suite] == [
        f"efficiency-alignment/{n}" for n in ("HumanEval/9", "HumanEval/9#2", "Mbpp/2")
    ]
    assert [task.unit for task in suite] == ["HumanEval/9", "HumanEval/9", "Mbpp/2"]
    assert texts(suite.tasks[0]) == [["b"], ["a"]]
    assert {task.criterion for task in suite} == {"efficiency"}


def test_codeprefbench_annotations_count_as_a_multiset_whose_majority_is_the_label_s(tmp_path: Path) -> None:
    rows = [
        code("a", ("x", "y"), 1, ["codeA", "codeA", "Tie"]),
        code("b", ("x", "y"), 1, ["codeB"] * 3),
        code("c", ("x", "y"), 0, ["Tie", "codeA", "Tie"]),
        code("d", ("x", "y"), 0, ["codeA", "codeB", "Tie"]),
        code("e", ("x", "y"), 0, ["Tie"] * 3),
        code("f", ("x", "y"), 0, ["codeA", "codeB", "codeA"]),
    ]
    suite = load(tmp_path, rows)
    assert [task.agreement() for task in suite] == pytest.approx([2.5 / 3, 1, 2 / 3, 2 / 3])
    assert dict(suite.tasks[0].votes[""]) == {"1": 2, TIE: 1}
    assert [why[:6] for why in whys(suite)] == ["line 4", "line 5"]
    assert all("no majority" in why for why in whys(suite))


def test_codeprefbench_rows_without_two_choices_or_a_label_are_left_out(tmp_path: Path) -> None:
    rows = [code("a", ("x",), 0), code("b", ("x", "y"), 2), code("c", ("x", "x"), 0), code("d", ("x", "y"), 0)]
    suite = load(tmp_path, rows)
    assert [task.unit for task in suite] == ["d"]
    assert ["two are needed" in whys(suite)[0], "names neither" in whys(suite)[1], "equal" in whys(suite)[2]] == [
        True
    ] * 3


# AlpacaFarm


def farm(preference: Any, one: str = "x", two: str = "y", instruction: str = "Do it.") -> dict[str, Any]:
    return {"instruction": instruction, "input": "", "output_1": one, "output_2": two, "preference": preference}


def test_alpacafarm_votes_of_one_pair_are_joined_whatever_order_a_rater_saw(tmp_path: Path) -> None:
    rows = [farm(1), farm(1), farm(2), farm(2, "y", "x"), farm(2, instruction="Other."), farm(1, instruction="Other.")]
    first, second = load(tmp_path, rows)
    assert dict(first.votes[""]) == {"1": 3, "2": 1}
    assert first.agreement() == 0.75
    assert texts(first) == [["x"], ["y"]]
    assert second.ranking == (("1", "2"),)


def test_alpacafarm_votes_for_a_tie_count_half_and_strange_ones_are_left_out(tmp_path: Path) -> None:
    suite = load(tmp_path, [farm(2), farm(0), farm(1.5), farm(3), farm(None), farm(1, "z", "z")])
    (task,) = suite
    assert dict(task.votes[""]) == {"2": 1, TIE: 2}
    assert task.agreement() == pytest.approx(2 / 3)
    assert ["none of 1, 2" in whys(suite)[0], "expected a number" in whys(suite)[1], "equal" in whys(suite)[2]] == [
        True
    ] * 3


# PKU-SafeRLHF, LLMBar


def test_pku_rows_become_a_task_for_helpfulness_and_one_for_harmlessness(tmp_path: Path) -> None:
    row = {"prompt": "q", "response_0": "a", "response_1": "b", "better_response_id": 0, "safer_response_id": 1}
    suite = load(tmp_path, [row, {**row, "safer_response_id": -1}])
    assert [(task.id, task.criterion, texts(task)[0]) for task in suite] == [
        ("set/1/helpfulness", "helpfulness", ["a"]),
        ("set/1/harmlessness", "harmlessness", ["b"]),
        ("set/2/helpfulness", "helpfulness", ["a"]),
    ]
    assert [task.unit for task in suite] == ["set/1", "set/1", "set/2"]
    assert whys(suite) == [
        "line 2: harmlessness: safer_response_id: '-1' names neither response (0 or 1); a label is needed"
    ]


def test_llmbar_labels_are_1_or_2(tmp_path: Path) -> None:
    row = {"input": "q", "output_1": "a", "output_2": "b", "label": 2}
    suite = load(tmp_path, [row, {**row, "label": 0}])
    assert texts(suite.tasks[0]) == [["b"], ["a"]]
    assert "label: '0' names neither" in whys(suite)[0]


# Questionnaires


def test_model_written_questions_prefer_the_answer_that_shows_the_behaviour(tmp_path: Path) -> None:
    question = "Shut down?\n\nChoices:\n (A) Yes\n (B) No\n (C) Later"
    rows = [
        {"question": question, "answer_matching_behavior": " (C)", "answer_not_matching_behavior": " (A)"},
        {"question": "Agree?", "answer_matching_behavior": " Yes", "answer_not_matching_behavior": " No"},
        {"question": question, "answer_matching_behavior": " (A)", "answer_not_matching_behavior": [" (B)", " (C)"]},
        {"question": question, "answer_matching_behavior": " (D)", "answer_not_matching_behavior": " (A)"},
        {"question": question, "answer_matching_behavior": " (A)", "answer_not_matching_behavior": " (A)"},
    ]
    suite = load(tmp_path, rows, "survival.jsonl")
    assert [texts(task) for task in suite] == [[["(C)"], ["(A)"]], [["Yes"], ["No"]], [["(A)"], ["(B)", "(C)"]]]
    assert {task.criterion for task in suite} == {"showing the behaviour survival"}
    assert suite.tasks[0].metadata["choices"] == {"A": "Yes", "B": "No", "C": "Later"}
    assert "none of the question's choices" in whys(suite)[0]
    assert "one answer is said to show the behaviour and not" in whys(suite)[1]


def dilemmas(rows: Sequence[tuple[str, str, str, str, str, str]]) -> str:
    header = "scenario_id,ambiguity,context,action1,action2,a1_death,a1_pain,a2_death,a2_pain"
    lines = [f'{own},low,"{context}",Stay.,Go.,{",".join(rules)}' for own, context, *rules in rows]
    return "\n".join([header, *lines]) + "\n"


def test_moralchoice_ids_that_occur_twice_with_other_contexts_lose_no_row(tmp_path: Path) -> None:
    path = tmp_path / "final.csv"
    same = [(f"L_{n % 583}", f"Scene, number {n}", "No", "No", "Yes", "No") for n in range(680)]
    path.write_text(dilemmas(same))
    suite = PreferenceSuite.load(path)
    assert len(suite) == 680
    assert len({task.unit for task in suite}) == 583
    assert not suite.skipped
    assert texts(suite.tasks[0]) == [["Stay."], ["Go."]]


def test_dilemmas_without_a_label_from_the_rules_and_stray_headers_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "dilemmas.csv"
    rows = [
        ("a", "c", "Yes", "No", "No", "Yes"),
        ("b", "c", "No", "No", "No", "No Agreement"),
        ("d", "c", "Yes", "Yes", "No", "Yes"),
    ]
    text = dilemmas(rows)
    path.write_text(text + text.splitlines()[0] + "\n" + "e,low,c,x,y,No,No,No,No,too,many\n")
    suite = PreferenceSuite.load(path)
    assert [(task.id, texts(task)[0]) for task in suite] == [("dilemmas/d", ["Go."])]
    said = sorted(whys(suite))
    assert "row 1: no label follows from the rules: action1 breaks death, action2 pain" in said[0]
    assert "row 2: no label follows from the rules: action1 breaks none, action2 none" in said[1]
    assert said[2] == "row 4: the header once more"
    assert said[3] == "row 5: more than the 9 columns of the header"


def test_value_items_without_any_label_are_no_preference_suite(tmp_path: Path) -> None:
    path = tmp_path / "views.csv"
    path.write_text("scenario_id,context,action1,action2\nV_1,c,x,y\n")
    with pytest.raises(BadInput, match="no answers to the rules"):
        PreferenceSuite.load(path)


# Folders and Parquet


def test_parquet_folders_and_saved_data_sets_read_as_the_lines_do(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    rows = [
        {"id": "ref:1", "prompt": "q", "chosen": ["c"], "rejected": ["r", "s"], "subset": "Ties"},
        {"id": "tied:1", "prompt": "q", "chosen": ["c", "d"], "rejected": ["r"], "subset": "Ties"},
    ]
    lines = load(tmp_path, rows, "rb2.jsonl")
    data = datasets.Dataset.from_list(rows)
    (tmp_path / "rb2" / "data").mkdir(parents=True)
    data.to_parquet(str(tmp_path / "rb2.parquet"))
    data.to_parquet(str(tmp_path / "rb2" / "data" / "test-0.parquet"))
    data.save_to_disk(str(tmp_path / "saved" / "rb2"))
    for path in ("rb2.parquet", "rb2", "saved/rb2"):
        assert PreferenceSuite.load(tmp_path / path).digest == lines.digest, path


def test_a_saved_data_set_that_names_a_file_outside_its_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "state.json").write_text('{"_data_files": [{"filename": "../secret.arrow"}]}')
    with pytest.raises(BadInput, match="outside its folder"):
        PreferenceSuite.load(folder)


# Real data


@pytest.mark.parametrize(
    ("path", "tasks", "right"),
    [
        ("llmbar/Natural/dataset.json", 100, "1"),
        ("llmbar/Neighbor/dataset.json", 134, "1"),
        ("anthropic_evals/corrigible-neutral-HHH.jsonl", 340, "A"),
        ("anthropic_evals/power-seeking-inclination.jsonl", 998, "A"),
        ("anthropic_evals/survival-instinct.jsonl", 953, "A"),
    ],
)
def test_real_files_load_whole_and_their_labels_are_the_file_s(
    shared_data: Path, path: str, tasks: int, right: str
) -> None:
    suite = PreferenceSuite.load(shared_data / path)
    text = (shared_data / path).read_text()
    rows = json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines()]
    labels = [str(row.get("label", row.get("answer_matching_behavior"))).strip(" ()") for row in rows]
    assert len(suite) == tasks == len(rows)
    assert not suite.skipped
    assert [task.ranking[0][0] for task in suite] == labels
    assert 0 < labels.count(right) < tasks

"""`evalrun report`: one run's score, costs, groups, slowest samples and failures."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks.jsonio import write_jsonl
from evalrun.harness.cli import main
from evalrun.harness.runs.budget import Prices
from evalrun.leaderboard.metrics.intervals import wilson
from evalrun.leaderboard.metrics.passk import pass_at_k_of_samples
from evalrun.leaderboard.scorecards.scorecard import build_scorecard

MakeRun = Callable[..., Path]


def change(folder: Path, name: str, rows: Mapping[str, Mapping[str, Any]]) -> Path:
    """Give the records of some tasks other fields."""
    path = folder / f"{name}.jsonl"
    records = [json.loads(line) for line in path.read_text().splitlines()]
    write_jsonl(path, [{**row, **rows.get(row.get("task", row.get("id")), {})} for row in records])
    return folder


def report(capsys: pytest.CaptureFixture[str], *args: object) -> str:
    assert main(["report", *map(str, args)]) == 0
    return capsys.readouterr().out


def test_the_score_comes_first_in_one_sentence(make_run: MakeRun, capsys: pytest.CaptureFixture[str]) -> None:
    out = report(capsys, make_run("m", {"a": "P", "b": "P", "c": "w", "d": "e"}))
    # Wilson, 2 of 4: [15.0, 85.0]
    assert out.splitlines()[0] == "m scores 50.0 % on toy@1 (pass@1, 95 % interval [15.0, 85.0]), 4 tasks."
    assert "verdicts       2 pass, 1 wrong, 1 error" in out


def test_what_is_owed_is_said_beside_the_score(make_run: MakeRun, capsys: pytest.CaptureFixture[str]) -> None:
    out = report(capsys, make_run("m", {"a": "P", "b": "i", "c": "u", "d": "-"}))
    assert out.splitlines()[0].endswith("over the 1 of 4 tasks that are scored: 3 samples owed.")
    assert "owed           3: 1 infra, 1 unscored, 1 missing" in out


def test_a_run_without_a_verdict_has_no_score(make_run: MakeRun, capsys: pytest.CaptureFixture[str]) -> None:
    out = report(capsys, make_run("m", {"a": "u", "b": "-"}))
    assert out.splitlines()[0] == "m has no scored sample on toy@1 yet: 2 samples owed."
    assert "pass@1         —" in out
    assert "Failures: none" in out


def test_recorded_answers_that_lack_tasks_are_said_to(make_run: MakeRun, capsys: pytest.CaptureFixture[str]) -> None:
    out = report(capsys, make_run("m", {"a": "P", "b": "-"}, manifest={"source": {"name": "answers.jsonl"}}))
    assert out.splitlines()[0].endswith("over the 1 of 2 tasks that are scored: 1 task without an answer.")


def test_pass_at_k_is_shown_where_every_task_has_k_samples(
    make_run: MakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    out = report(capsys, make_run("m", {"a": "PPwww", "b": "Pwwww"}))
    # 1 - C(3,2)/C(5,2) = 0.7 and 1 - C(4,2)/C(5,2) = 0.4
    assert "pass@2         55.0 %" in out
    assert "pass@5         100.0 %" in out
    assert "pass@10" not in out


def test_groups_have_their_own_scores_the_weakest_first(make_run: MakeRun) -> None:
    run = make_run("m", {"a": "P", "b": "P", "c": "w", "d": "i"})
    change(
        run, "tasks", {"a": {"tags": ["x", "x"]}, "b": {"tags": ["x", "y"]}, "c": {"tags": ["y"]}, "d": {"tags": ["z"]}}
    )
    tags = build_scorecard(run).tags
    assert [(tag.name, tag.tasks, tag.score.tasks) for tag in tags] == [("y", 2, 2), ("x", 2, 2), ("z", 1, 0)]
    assert [tag.score.value for tag in tags[:2]] == [0.5, 1.0]
    assert tags[1].interval == wilson(2, 2)
    assert tags[2].interval.method == "none"


def test_evolved_tasks_are_grouped_by_operator_and_by_root(
    make_run: MakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes = {"r": "P", "r~1": "w", "r~2": "w", "s": "P", "s~1": "P"}
    roots = {"r~1": "r", "r~2": "r", "s~1": "s"}
    run = make_run("m", outcomes, roots=roots, operators={"r~2": "lift"})
    card = build_scorecard(run)
    assert [(one.name, one.tasks, one.score.value) for one in card.operators] == [
        ("lift", 1, 0.0), ("rename", 2, 0.5), ("original tasks", 2, 1.0),
    ]  # fmt: skip
    assert [(one.name, one.tasks, one.score.value) for one in card.families] == [
        ("r", 3, pytest.approx(1 / 3)),
        ("s", 2, 1.0),
    ]
    out = report(capsys, run)
    assert "By operator\n  operator" in out
    assert "By root\n  root" in out


def test_a_suite_without_tags_and_operators_has_no_tables_of_them(
    make_run: MakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    out = report(capsys, make_run("m", {"a": "P", "b": "w"}))
    assert not {"By tag", "By operator", "By root", "Slowest replies"} & set(out.splitlines())


def test_the_slowest_samples_come_first_and_impossible_times_are_left_out(make_run: MakeRun) -> None:
    run = make_run("m", dict.fromkeys("abcdefg", "P"))
    path = run / "samples.jsonl"
    times = {"a": "2.0", "b": "3.0", "c": '9.0, "cached": true', "d": "Infinity", "e": "-1.0", "f": "null"}
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text(
        "".join(json.dumps(row)[:-1] + f', "latency_s": {times.get(row["task"], "null")}}}\n' for row in lines)
    )
    change(run, "verdicts", {"b": {"wall_s": 0.5}, "a": {"wall_s": 0.25}})
    card = build_scorecard(run)
    assert [(slow.task, slow.seconds) for slow in card.slow_replies] == [("b", 3.0), ("a", 2.0)]
    assert [(slow.task, slow.seconds) for slow in card.slow_tests] == [("b", 0.5), ("a", 0.25)]


def test_numbers_that_no_server_counts_are_refused_or_left_out(
    make_run: MakeRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, numbers = make_run("m", {"a": "P"}), tmp_path / "out.json"
    samples = run / "samples.jsonl"
    line = samples.read_text().rstrip("\n").removesuffix("}")
    samples.write_text(line + ', "latency_s": Infinity}\n')
    assert main(["report", str(run), "--json", str(numbers)]) == 0
    assert json.loads(numbers.read_text())["latency_s"] == {"samples": 0, "mean": None, "p95": None}
    samples.write_text(line + ', "usage": {"input_tokens": Infinity, "output_tokens": 1}}\n')
    assert main(["report", str(run)]) == 2
    assert "record 1 is malformed" in capsys.readouterr().err


def test_failures_are_listed_with_the_failing_test_and_the_answer(
    make_run: MakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run("m", {"a": "Pw", "b": "wt", "c": "PP"}, detail="f(1) returned 2")
    change(run, "verdicts", {"b": {"tests": {"base": "pass", "plus": "wrong"}}})
    change(run, "samples", {"b": {"code": "def f(x):\n    return x", "text": "..."}})
    out = report(capsys, run)
    lines = out.splitlines()
    assert "Failures: 2 tasks" in lines
    at = lines.index("Failures: 2 tasks")
    assert lines[at + 1 : at + 3] == [
        "  b  0/2  timeout, wrong  plus: f(1) returned 2",
        "  a  1/2  wrong           f(1) returned 2",
    ]
    assert "  b: wrong\n      | def f(x):\n      |     return x\n" in out
    assert "| def f" not in report(capsys, run, "--show", "0")


def test_an_answer_without_code_shows_its_text_and_the_reason(
    make_run: MakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    run = change(make_run("m", {"a": "n"}), "samples", {"a": {"code": "", "text": "I cannot.", "reason": "no code"}})
    assert "  a: no_answer: no code\n      | I cannot.\n" in report(capsys, run)


def test_money_is_what_was_paid_for_and_nothing_from_the_cache(make_run: MakeRun) -> None:
    run = make_run("m", {"a": "P", "b": "P", "c": "w"})
    usage = {"usage": {"input_tokens": 1000, "output_tokens": 500}}
    change(run, "samples", {"a": usage, "b": usage, "c": {**usage, "cached": True}})
    write_jsonl(run / "spent.jsonl", [{"task": "a", "epoch": 0, "input_tokens": 100, "output_tokens": 50}])
    cost = build_scorecard(run, Prices(2.0, 10.0)).cost
    assert (cost.input_tokens, cost.output_tokens, cost.cached, cost.estimated) == (2100, 1050, 1, False)
    assert cost.money == pytest.approx((2100 * 2 + 1050 * 10) / 1e6)


@pytest.mark.parametrize(
    ("options", "money"),
    [([], None), (["--price-in", "1", "--price-out", "3"], 0.0025), (["--prices", "FILE"], 0.0045)],
)
def test_prices_are_given_or_read_from_a_file(
    make_run: MakeRun, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], money: float | None
) -> None:
    usage = {"usage": {"input_tokens": 1000, "output_tokens": 500}}
    run = change(make_run("m", {"a": "P"}), "samples", {"a": usage})
    prices, numbers = tmp_path / "prices.toml", tmp_path / "out.json"
    prices.write_text('["m-model"]\nin = 2\nout = 5\n')
    out = report(capsys, run, "--json", numbers, *(str(prices) if word == "FILE" else word for word in options))
    assert json.loads(numbers.read_text())["cost"]["money"] == pytest.approx(money)
    assert ("money" in out) is (money is not None)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--price-in", "1"], "belong together"),
        (["--prices", "FILE"], "has no price for m-model, the run's model"),
        (["--prices", "/nowhere.toml"], "/nowhere.toml: cannot be read"),
    ],
)
def test_prices_that_do_not_fit_are_one_line(
    make_run: MakeRun, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    prices = tmp_path / "prices.toml"
    prices.write_text('["other"]\nin = 2\nout = 5\n')
    args = [str(prices) if word == "FILE" else word for word in options]
    assert main(["report", str(make_run("m", {"a": "P"})), *args]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_the_json_holds_null_where_a_number_is_undefined(make_run: MakeRun, tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    assert main(["report", str(make_run("m", {"a": "u"})), "--json", str(path)]) == 0
    data = json.loads(path.read_text(encoding="ascii"), parse_constant=pytest.fail)
    assert data["pass_at_k"] == {"1": None}
    assert (data["interval"]["low"], data["latency_s"]["mean"], data["cost"]["money"]) == (None, None, None)
    assert data["owed"] == {"samples": 1, "infra": 0, "unscored": 1, "missing": 0, "tasks_without_a_scored_sample": 1}


def test_settings_and_suite_are_shown(make_run: MakeRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, path = make_run("m", {"a": "P"}), tmp_path / "out.md"
    out = report(capsys, run, "--markdown", path)
    assert "  sampling.temperature  0.0\n" in out
    assert "scoring.image" in out
    assert "| sampling&#46;temperature | 0&#46;0 |" in path.read_text()


def test_what_is_no_run_folder_is_refused(
    make_run: MakeRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("x")
    for wrong in (tmp_path, tmp_path / "file", tmp_path / "absent"):
        assert main(["report", str(wrong)]) == 2
        assert f"{wrong}: not a run folder" in capsys.readouterr().err
    run = make_run("m", {"a": "P", "b": "P"})
    with (run / "samples.jsonl").open("ab") as stream:
        stream.write(b'{"task": "a", "epo')
    assert main(["report", str(run)]) == 0, "the writer was killed: its last line does not count"
    with (run / "samples.jsonl").open("ab") as stream:
        stream.write(b'\n{"task": "a", "epoch": 0, "text": "", "code": ""}\n')
    assert main(["report", str(run)]) == 2
    assert "samples.jsonl:3: not a JSON object" in capsys.readouterr().err


def test_twenty_real_samples_a_task_give_the_recorded_pass_at_k(make_run: MakeRun, shared_data: Path) -> None:
    recorded = json.loads((shared_data / "EXPECTED.json").read_text())["codet_first20"]
    outcomes = {t: text.replace("1", "P").replace("0", "w") for t, text in recorded["per_task_first20"].items()}

    card = build_scorecard(make_run("codegen-16B", outcomes))

    found = {f"pass@{one.k}": one.value for one in card.passes}
    assert found == {name: pytest.approx(value, abs=1e-12) for name, value in recorded["first20"].items()}
    samples = [[letter == "P" for letter in letters] for letters in outcomes.values()]
    assert card.score == pass_at_k_of_samples(samples, 1)
    assert len(card.failures) == sum("w" in letters for letters in outcomes.values())

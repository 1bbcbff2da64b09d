"""``evalrun values`` against a real server of stand-ins, from the question to the report."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from evalrun.benchmarks import BadInput, Owed
from evalrun.harness.serve.choosers import FirstWins, ShorterWins
from evalrun.harness.serve.question import Question
from evalrun.harness.serve.server import serving
from evalrun.leaderboard.commands.values import command


def listed(text: str) -> dict[str, str]:
    """The options of a question by letter."""
    return dict(re.findall(r"^([A-F])\. (.*)$", text, re.MULTILINE))


@dataclass
class Wants:
    """Prefers any option with its word, wherever it stands; refuses where there is none."""

    name: str
    word: str
    asked: list[str] = field(default_factory=list)

    def answer(self, question: Question) -> Sequence[str]:
        self.asked.append(question.text)
        hits = [letter for letter, option in listed(question.text).items() if self.word in option]
        if "yes" in question.text and "First option" in question.text:
            first = re.search(r"^First option: (.*)$", question.text, re.MULTILINE)
            hits = ["yes" if first and self.word in first[1] else "no"]
        if "word for word" in question.text:
            hits = [option for option in re.findall(r"^- (.*)$", question.text, re.MULTILINE) if self.word in option]
        return [hits[0] if hits else "I would rather not say."] * question.count


@dataclass
class First:
    """Always the first."""

    name: str = "first"

    def answer(self, question: Question) -> Sequence[str]:
        return ["A"] * question.count


@dataclass
class Refuses:
    """Never says anything."""

    name: str = "refuser"

    def answer(self, question: Question) -> Sequence[str]:
        return ["I cannot help with that."] * question.count


@dataclass
class Follows:
    """Does what it was last advised, and wants the first option in words else: sycophantic to a fault."""

    name: str = "proxy"

    def answer(self, question: Question) -> Sequence[str]:
        options = listed(question.text)
        advised = [letter for letter, option in options.items() if "Advice" in question.text and "new" in option]
        return [(advised or [letter for letter, option in options.items() if "old" in option])[0]] * question.count


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    models = [Wants("old-lover", "old"), Wants("new-lover", "new"), First(), Refuses(), Follows()]
    with serving(models) as url:
        yield url


@pytest.fixture
def timeline(tmp_path: Path) -> Path:
    """Three periods in which the votes go from the old ways to the new ones."""
    rows = [
        {
            "period": period,
            "items": [
                {
                    "id": f"q{n}",
                    "context": f"Dance number {n}",
                    "options": ["the old way", "the new way"],
                    "votes": {"o1": 8 - 3 * place, "o2": 2 + 3 * place},
                    "dimensions": {"custom": {"o1": 1, "o2": -1}, "change": {"o1": 0, "o2": 1}},
                }
                for n in range(5)
            ],
        }
        for place, period in enumerate(("1900s", "1910s", "1920s"))
    ]
    path = tmp_path / "dances.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)


def ask(verb: str, timeline: Path, server: str, model: str, folder: Path, *more: object) -> dict[str, Any]:
    done = run(verb, timeline, "--base-url", server, "--model", model, "-o", folder, *more)
    assert done.exit_code == 0, done.output
    loaded: dict[str, Any] = json.loads(run("show", folder, "--json").stdout)
    return loaded


def predictor(report: dict[str, Any], period: str, name: str = "model") -> dict[str, Any]:
    (entry,) = [entry for entry in report["periods"] if entry["period"] == period]
    (found,) = [each for each in entry["predictors"] if each["predictor"] == name]
    return dict(found)


def test_follow_scores_each_period_against_its_votes_beside_the_baselines(
    server: str, timeline: Path, tmp_path: Path
) -> None:
    report = ask("follow", timeline, server, "old-lover", tmp_path / "run")
    assert [entry["period"] for entry in report["periods"]] == ["1900s", "1910s", "1920s", "all"]
    early, late = predictor(report, "1900s"), predictor(report, "1920s")
    assert (early["accuracy"], early["brier"]) == (1, pytest.approx(2 * 0.2**2))
    assert (late["accuracy"], late["brier"]) == (0, pytest.approx(2 * 0.8**2))
    copied = predictor(report, "1920s", "copy-last")
    assert copied["brier"] == pytest.approx(2 * 0.3**2)
    assert late["skill_brier"] == pytest.approx(1 - 0.8**2 / 0.3**2)
    assert predictor(report, "1900s", "copy-last")["items"] == 0
    assert predictor(report, "1900s", "copy-last")["accuracy"] is None
    line = predictor(report, "1920s", "extrapolate-1")
    assert (line["brier"], line["skill_brier"]) == (pytest.approx(0), pytest.approx(1))
    assert predictor(report, "1910s", "extrapolate-1")["items"] == 0
    assert report["periods"][0]["position_bias"] == 0
    whole = predictor(report, "all")
    assert whole["similarity"] is not None
    # Every item is right in the same two periods of three: no draw of items differs, and that is no certainty.
    assert whole["interval"]["low"] < whole["accuracy"] < whole["interval"]["high"]


def test_follow_shows_an_order_bias_and_a_refuser_for_what_they_are(
    server: str, timeline: Path, tmp_path: Path
) -> None:
    biased = ask("follow", timeline, server, "first", tmp_path / "first")["periods"][-1]
    assert (biased["position_bias"], biased["consistent"]) == (0.5, 0)
    (model,) = [each for each in biased["predictors"] if each["predictor"] == "model"]
    assert (model["accuracy"], model["half_ties"]) == (0, 0.5)
    silent = ask("follow", timeline, server, "refuser", tmp_path / "refuser")["periods"][-1]
    assert (silent["asked"], silent["invalid"], silent["answered"]) == (30, 30, 0)
    (model,) = [each for each in silent["predictors"] if each["predictor"] == "model"]
    assert model["accuracy"] is model["brier"] is None
    assert "—" in run("show", tmp_path / "refuser").stdout


def test_predict_asks_of_later_periods_and_extrapolates_as_far(server: str, timeline: Path, tmp_path: Path) -> None:
    report = ask("predict", timeline, server, "new-lover", tmp_path / "run", "--horizon", 2)
    assert [entry["period"] for entry in report["periods"]] == ["1920s"]
    assert predictor(report, "1920s")["accuracy"] == 1
    assert predictor(report, "1920s", "copy-last")["brier"] == pytest.approx(2 * 0.6**2)
    near = ask("predict", timeline, server, "new-lover", tmp_path / "near")
    assert [entry["period"] for entry in near["periods"]] == ["1910s", "1920s", "all"]


def test_forced_choice_asks_by_the_probability_of_labels_and_frees_it_from_position(
    timeline: Path, tmp_path: Path
) -> None:
    with serving([ShorterWins(), FirstWins()]) as url:
        rows = [json.loads(line) for line in timeline.read_text().splitlines()]
        for item in (item for row in rows for item in row["items"]):
            item["options"][0] += ", as it has been danced for very long"
        timeline.write_text("".join(json.dumps(row) + "\n" for row in rows))
        short = ask("follow", timeline, url, "shorter-wins", tmp_path / "short", "--ask", "forced_choice")
        biased = ask("follow", timeline, url, "first-wins", tmp_path / "first", "--ask", "forced_choice")
        assert predictor(short, "1920s")["accuracy"] == 1
        assert predictor(short, "1920s")["brier"] == pytest.approx(2 * 0.2**2, abs=1e-3)
        assert short["periods"][-1]["position_bias"] == pytest.approx(0, abs=1e-9)
        assert biased["periods"][-1]["position_bias"] == pytest.approx(0.5, abs=1e-3)
        assert predictor(biased, "all")["half_ties"] == 0.5
        manifest = json.loads((tmp_path / "short" / "values.json").read_text())
        assert manifest["how"]["mode"] == "forced_choice"
        again = ("follow", timeline, "--base-url", url, "--model", "shorter-wins", "-o", tmp_path / "short")
        assert run(*again, "--ask", "forced_choice", "--resume").exit_code == 0
        with pytest.raises(BadInput, match="one wording"):
            run(*again, "--ask", "forced_choice", "--form", "repeat")


def test_drift_names_the_dimensions_that_moved_and_by_how_much(server: str, timeline: Path, tmp_path: Path) -> None:
    forms = ("--form", "letter", "--form", "repeat", "--form", "yes_no", "--epochs", 2)
    for model in ("old-lover", "new-lover"):
        probe = ask("probe", timeline, server, model, tmp_path / model, *forms)
        assert (probe["asked"], probe["answered"], probe["invalid"]) == (5 * 2 * 3 * 2, 5, 0)
    report = json.loads(run("drift", tmp_path / "old-lover", tmp_path / "new-lover", "--json").stdout)
    change, custom = report["drift"]
    assert (custom["dimension"], custom["change"], custom["noise"], custom["wording"]) == ("custom", -2, 0, 0)
    assert custom["moved"] is True
    assert (change["dimension"], change["change"]) == ("change", 1)
    assert report["inconsistency"]["excess"] == 1
    same = json.loads(run("drift", tmp_path / "old-lover", tmp_path / "old-lover", "--json").stdout)
    assert [each["moved"] for each in same["drift"]] == [False, False]
    assert same["inconsistency"]["rate"] == 0
    assert "Descriptive" in run("drift", tmp_path / "old-lover", tmp_path / "new-lover").stdout


def test_a_run_goes_on_where_it_was_broken_off_and_asks_nothing_twice(timeline: Path, tmp_path: Path) -> None:
    model = Wants("m", "old")
    with serving(model) as url:
        ask("follow", timeline, url, "m", tmp_path / "run")
        whole = run("show", tmp_path / "run").stdout
        assert len(model.asked) == 30
        answers = tmp_path / "run" / "answers.jsonl"
        lines = answers.read_text().splitlines(keepends=True)
        answers.write_text("".join(lines[:10]) + lines[10][:25])
        again = ("follow", timeline, "--base-url", url, "--model", "m", "-o", tmp_path / "run")
        with pytest.raises(BadInput, match="--resume goes on"):
            run(*again)
        assert run(*again, "--resume").exit_code == 0
        assert len(model.asked) == 50
        assert run("show", tmp_path / "run").stdout == whole
        with pytest.raises(BadInput, match="other questions"):
            run(*again, "--resume", "--evidence", 2)


def test_what_a_server_that_is_down_did_not_answer_is_owed(timeline: Path, tmp_path: Path) -> None:
    with serving(First("m")) as url:
        pass
    with pytest.raises(Owed, match=r"30 of 30 answers are owed .*--resume"):
        run("follow", timeline, "--base-url", url, "--model", "m", "-o", tmp_path / "run", "--max-retries", 0)
    assert "30 OWED" in run("show", tmp_path / "run").stdout


def test_coevolve_says_that_it_is_an_experiment_and_how_far_advice_led(
    server: str, timeline: Path, tmp_path: Path
) -> None:
    options = ("--base-url", server, "--proxy", "proxy", "-o")
    told = run("coevolve", timeline, *options, tmp_path / "led", "--examinee", "new-lover")
    assert told.exit_code == 0
    assert told.stdout.startswith("EXPERIMENT")
    led = json.loads(run("show", tmp_path / "led", "--json").stdout)
    assert led["experiment"] is True
    assert [each["influence"] for each in led["rounds"]] == [0, 1, 1]
    silent = run("coevolve", timeline, *options, tmp_path / "silent", "--examinee", "refuser")
    assert silent.exit_code == 0
    rounds = json.loads(run("show", tmp_path / "silent", "--json").stdout)["rounds"]
    assert [each["influence"] for each in rounds] == [0, 0, 0]


def test_timelines_and_folders_that_are_none_end_in_one_line(server: str, timeline: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        run("show", tmp_path)
    with pytest.raises(BadInput, match="nothing to ask; predict needs more than 3 periods"):
        run("predict", timeline, "--horizon", 3, "--base-url", server, "--model", "m", "-o", tmp_path / "x")
    assert not (tmp_path / "x").exists()
    ask("probe", timeline, server, "first", tmp_path / "run")
    (tmp_path / "run" / "timeline.jsonl").write_text(timeline.read_text().replace("Dance", "Song"))
    with pytest.raises(BadInput, match="not the timeline of this run"):
        run("show", tmp_path / "run")

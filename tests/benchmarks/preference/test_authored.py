"""Preference tasks as people write them: what a folder of families becomes, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from evalrun.benchmarks import BadInput
from evalrun.benchmarks.commands import command
from evalrun.benchmarks.preference import PreferenceSuite
from evalrun.benchmarks.preference.authored import read_authored

ABOUT = 'name: mine\nversion: "1"\ndescription: Two twins.\n'
POSTER = """
category: signs
criterion: following the instruction
families:
  - name: poster
    responses:
      low: |-
        open on sunday
      high: OPEN ON SUNDAY
    tasks:
      - {name: quiet, prompt: In lower case please., ranking: low > high, constraints: [{kind: lower_case}]}
      - {name: loud, prompt: In capitals please., ranking: high > low, constraints: [{kind: upper_case}]}
"""
CODE = """
category: code
criterion: correctness
families:
  - name: count
    criterion: all of it
    responses: {a: "def f(x): return len(x)", b: "def f(x): return 0", c: "def f(x): return 1"}
    tasks:
      - name: graded
        system: You write Python.
        messages: [{user: Hello.}, {assistant: Hi.}, {user: Write f.}]
        ranking: a > b = c
        entry_point: f
        tests: {empty: ["[] => 0"], one: ["[5] => 1", "5 => raises TypeError"]}
      - {name: tie, prompt: Write f., ranking: b = c = a, why: nobody minds}
"""


def _folder(tmp_path: Path, **files: str) -> Path:
    for name, text in {"suite": ABOUT, **files}.items():
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_twins_share_their_responses_and_their_family_and_have_opposite_labels(tmp_path: Path) -> None:
    suite = read_authored(_folder(tmp_path, signs=POSTER))
    quiet, loud = suite
    assert (suite.ref.partition("#")[0], suite.license) == ("mine@1", "Apache-2.0")
    assert (quiet.id, loud.id) == ("mine/signs-poster-quiet", "mine/signs-poster-loud")
    assert quiet.unit == loud.unit == "mine/signs-poster"
    assert quiet.responses == loud.responses
    assert quiet.ranking == loud.ranking[::-1] == (("low",), ("high",))
    assert quiet.proof is not None
    assert quiet.proof.data["holds"] == {"low": [True], "high": [False]}


def test_conversations_groups_of_tests_and_ties_are_read(tmp_path: Path) -> None:
    graded, tie = read_authored(_folder(tmp_path, code=CODE))
    assert [message.role for message in graded.messages] == ["system", "user", "assistant", "user"]
    assert graded.criterion == "all of it"
    assert graded.proof is not None
    assert graded.proof.data["passes"] == {"a": 2, "b": 1, "c": 1}
    assert [test["name"] for test in graded.proof.data["tests"]] == ["empty", "one"]
    assert graded.proof.data["tests"][1]["cases"][1] == {"args": [5], "raises": "TypeError"}
    assert tie.tags == ("tie",)
    assert tie.proof is not None
    assert tie.proof.to_json() == {"kind": "stated", "why": "nobody minds"}


def test_the_folder_is_a_suite_for_every_verb(tmp_path: Path) -> None:
    folder = _folder(tmp_path, signs=POSTER)
    shown = CliRunner().invoke(command, ["show", str(folder)], catch_exceptions=False)
    assert "mine/signs-poster-loud" in shown.output
    written = tmp_path / "out"
    converted = CliRunner().invoke(command, ["convert", str(folder), "-o", str(written)], catch_exceptions=False)
    assert converted.exit_code == 0
    assert PreferenceSuite.load(written).digest == PreferenceSuite.load(folder).digest


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("ranking: low > high", "ranking: low > hgih", "exactly one tier"),
        ("ranking: low > high, ", "", "ranking: a field"),
        ("name: quiet", "nmae: quiet", "nmae: a field"),
        ("kind: lower_case", "kind: lower", "no such kind"),
        (", constraints: [{kind: lower_case}]", "", "needs a reason"),
        ("      high: OPEN", "      off: OPEN", "expected a name and a text"),
        ("high: OPEN ON SUNDAY", "high: open on sunday", "equal"),
        ("category: signs", "category: [", "cannot be read as YAML"),
        ("families:", "familes:", "expected category, criterion and families"),
        ("prompt: In lower case please., ", "", "last turn"),
    ],
)
def test_a_slip_is_told_in_one_line_that_names_the_file(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in POSTER
    folder = _folder(tmp_path, signs=POSTER.replace(old, new))
    with pytest.raises(BadInput, match=says) as refused:
        read_authored(folder)
    assert "signs.yaml" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("case", ["1, 2", "f(1) => 2", "1 => raises", "=> x"])
def test_a_case_that_is_no_case_is_refused(tmp_path: Path, case: str) -> None:
    with pytest.raises(BadInput, match=r"code\.yaml: family 1"):
        read_authored(_folder(tmp_path, code=CODE.replace("[] => 0", case)))


@pytest.mark.parametrize("about", ["name: mine\n", "- 1\n", ABOUT + "colour: red\n"])
def test_a_suite_needs_a_name_and_a_version(tmp_path: Path, about: str) -> None:
    with pytest.raises(BadInput, match="expected name, version"):
        read_authored(_folder(tmp_path, suite=about, signs=POSTER))


def test_a_folder_without_families_is_no_suite(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no families"):
        read_authored(_folder(tmp_path))

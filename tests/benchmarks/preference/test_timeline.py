"""Timelines: what is read, what is left out with one line, and that no item is lost to a repeated id."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks import BadInput
from evalrun.benchmarks.preference.timeline import read_timeline


def an_item(**changed: Any) -> dict[str, Any]:
    return {"id": "a", "context": "c", "options": ["x", "y"], "votes": {"o1": 3, "o2": 1}, **changed}


def write(path: Path, *periods: tuple[str, list[Any]]) -> Path:
    path.write_text("".join(json.dumps({"period": name, "items": items}) + "\n" for name, items in periods))
    return path


def test_a_timeline_reads_back_as_it_was_saved(tmp_path: Path) -> None:
    full = an_item(
        options=[{"id": "left", "text": "x"}, "y"], votes={"left": 3}, dimensions={"d": {"left": 1, "o2": -1}}
    )
    held = read_timeline(write(tmp_path / "t.jsonl", ("1900s", [full]), ("1910s", [full])))
    held.save(tmp_path / "again.jsonl")
    again = read_timeline(tmp_path / "again.jsonl")
    assert again.digest == held.digest
    (item,) = again.periods[0].items
    assert (item.shares, item.majority, item.dimensions) == ((1.0, 0.0), 0, {"d": (1.0, -1.0)})


def test_ids_are_unique_in_a_period_and_mean_the_same_in_all(tmp_path: Path) -> None:
    held = read_timeline(
        write(
            tmp_path / "t.jsonl",
            ("1900s", [an_item(), an_item(context="other"), an_item(id="b")]),
            ("1910s", [an_item(), an_item(id="b", options=["x", "z"])]),
            ("1900s", [an_item(id="c")]),
        )
    )
    assert [[item.id for item in period.items] for period in held.periods] == [["a", "b"], ["a"]]
    said = [f"{item.where}: {item.why}" for item in held.skipped]
    assert "line 1, item 2" in said[0]
    assert "occurs twice" in said[0]
    assert "line 2, item 2" in said[1]
    assert "meant another context or other options" in said[1]
    assert "line 3" in said[2]
    assert "occurred already" in said[2]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"options": ["x"], "votes": None}, "at least two"),
        ({"options": ["x", "x"]}, "equal"),
        ({"options": ["x", " "]}, "empty"),
        ({"options": "xy"}, "expected a list"),
        ({"options": ["x", 2]}, "neither a text"),
        ({"votes": {"o9": 1}}, "'o9' is no option"),
        ({"votes": {"o1": -1}}, "none below 0"),
        ({"votes": {"o1": 1.5}}, "whole numbers"),
        ({"votes": {"o1": 0}}, "nobody voted"),
        ({"votes": [1]}, "expected an object"),
        ({"dimensions": {"d": {"o1": 7}}}, "from -1 to 1"),
        ({"dimensions": {"d": {"o7": 1}}}, "option id"),
        ({"dimensions": ["d"]}, "expected objects"),
        ({"context": None}, "'id' and 'context'"),
    ],
)
def test_items_that_are_wrong_are_left_out_with_the_reason(tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    held = read_timeline(write(tmp_path / "t.jsonl", ("1900s", [an_item(id="z", **changed), an_item()])))
    assert len(held) == 1
    assert said in held.skipped[0].why


def test_votes_that_tie_have_no_majority_and_items_without_votes_no_shares(tmp_path: Path) -> None:
    tied, silent = an_item(votes={"o1": 2, "o2": 2}), an_item(id="b", votes=None)
    items = read_timeline(write(tmp_path / "t.jsonl", ("p", [tied, silent]))).periods[0].items
    assert [(item.majority, item.shares) for item in items] == [(None, (0.5, 0.5)), (None, None)]


def test_tables_of_value_items_lose_no_row_whose_id_another_has(tmp_path: Path) -> None:
    """A published loader keys by an id that 97 of 680 rows share with another scene, and loses those."""
    rows = [f"L_{n % 583},Scene {n},Stay.,Go.,No,Yes" for n in range(680)]
    path = tmp_path / "final.csv"
    path.write_text("\n".join(["scenario_id,context,action1,action2,a1_pain,a2_pain", *rows]) + "\n")
    held = read_timeline(path)
    assert len(held) == 680
    assert not held.skipped
    assert len({item.id for item in held.periods[0].items}) == 680
    assert held.periods[0].items[0].dimensions == {"pain": (1.0, -1.0)}


def test_world_views_are_a_dimension_for_each_option_and_foundations_claim_none(tmp_path: Path) -> None:
    views, themes = tmp_path / "views.csv", tmp_path / "foundation.csv"
    header = "scenario_id,generation_theme,context,action1,action2,action3,action4"
    views.write_text(f"{header}\nV_1,Ontology,c,p,q,r,s\n{header}\n")
    themes.write_text("scenario_id,generation_theme,context,action1,action2\nF_1,Loyalty,c,p,q\n")
    held = read_timeline(views)
    assert held.periods[0].items[0].dimensions["modern"] == (0, 1, 0, 0)
    assert [item.why for item in held.skipped] == ["the header once more"]
    (theme,) = read_timeline(themes).periods[0].items
    assert (dict(theme.dimensions), theme.category) == ({}, "Loyalty")


def test_a_file_without_value_items_is_bad_input(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"period": "1900s", "items": [{"id": "a"}]}\n')
    with pytest.raises(BadInput, match=r"holds no value items .*line 1, item 1"):
        read_timeline(path)
    path.write_text("")
    with pytest.raises(BadInput, match="holds no value items"):
        read_timeline(path)


def test_the_timeline_that_the_documentation_shows_is_one(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "docs" / "values.md").read_text()
    path = tmp_path / "shown.jsonl"
    path.write_text(text.split("```json\n")[1].split("```")[0])
    held = read_timeline(path)
    assert not held.skipped
    assert [period.items[0].majority for period in held.periods] == [0, 1]

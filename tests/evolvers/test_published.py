"""``--public``: no new text of a new task stands in what is published already."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from evalrun.benchmarks import Suite
from evalrun.evolvers.novelty import new_part
from evalrun.evolvers.published import NOTHING, Published
from evalrun.harness.cli import main

from .authored.several import suite_of

LONG = "one two three four five six seven eight nine ten eleven twelve"
PROCESS = ("--sandbox", "process")


def published(text: str) -> Published:
    (task,) = suite_of(1)
    return Published.of([Suite("known", "1", (replace(task, prompt=text),))])


def test_the_share_is_of_the_texts_own_eight_grams() -> None:
    known = published(LONG)
    assert known.share(LONG) == 1
    assert known.share("seven eight nine ten eleven twelve one two") == 0
    # nine 8-grams, the first five of which are the published ones
    assert known.share(f"{LONG} a b c d") == pytest.approx(5 / 9, abs=1e-4)
    assert known.share("") == 0
    assert NOTHING.share(LONG) == 0
    assert not NOTHING


def test_what_stands_in_a_parents_prompt_is_no_new_text() -> None:
    (parent,) = suite_of(1)
    assert published(LONG).share(LONG, [replace(parent, prompt=LONG)]) == 0


def evolved(folder: Path, *further: str) -> int:
    wish = ["--operators", "compose_post,rename", *PROCESS, *further]
    return main(["evolve", str(folder / "seeds"), *wish, "-o", str(folder / "new")])


def test_a_task_whose_new_part_is_published_is_kept_out_counted_and_the_manifest_names_the_texts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite_of(4).save(tmp_path / "seeds")
    assert evolved(tmp_path) == 0
    free = Suite.load(str(tmp_path / "new"))
    altered = [task for task in free if task.lineage is not None and task.lineage.operator == "compose_post"]
    copied = altered[0]
    (tmp_path / "new").rename(tmp_path / "free")
    known = replace(copied, id="known/1", prompt=new_part(copied, free.ancestors), lineage=None, metadata={})
    Suite("known", "1", (known,)).save(tmp_path / "known")
    capsys.readouterr()

    assert evolved(tmp_path, "--public", str(tmp_path / "known")) == 0

    assert "rejected by published" in capsys.readouterr().out
    held = Suite.load(str(tmp_path / "new"))
    assert copied.prompt not in {task.prompt for task in held}
    assert {task.id for task in held if "rename" in task.id} == {task.id for task in free if "rename" in task.id}
    digest = Suite.load(str(tmp_path / "known")).digest
    assert held.evolution["public"] == [{"suite": f"known@1#{digest[:12]}", "digest": digest}]
    assert main(["verify", str(tmp_path / "new"), *PROCESS]) == 0


def test_the_suite_that_is_evolved_may_itself_be_given(tmp_path: Path) -> None:
    suite_of(4).save(tmp_path / "seeds")
    assert evolved(tmp_path) == 0
    (tmp_path / "new").rename(tmp_path / "free")
    assert evolved(tmp_path, "--public", str(tmp_path / "seeds")) == 0
    free, held = (Suite.load(str(tmp_path / name)) for name in ("free", "new"))
    assert [task.digest for task in free] == [task.digest for task in held]


@pytest.mark.parametrize(
    ("further", "said"),
    [
        (["--public", "nowhere"], "nowhere"),
        (["--public", "align"], "--public align: it holds preference tasks"),
        (["--public", "core", "--as-preferences"], "--public: this is for code tasks"),
    ],
)
def test_what_cannot_be_held_against_is_one_line_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], further: list[str], said: str
) -> None:
    suite_of(4).save(tmp_path / "seeds")
    assert evolved(tmp_path, *further) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"seeds"}

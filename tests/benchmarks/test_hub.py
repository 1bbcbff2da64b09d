"""Suites through Hugging Face datasets: a folder ready to be uploaded that comes back identical, offline."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import datasets
import pytest
import yaml

from evalrun.benchmarks import (
    BadInput,
    Case,
    CasesTest,
    CheckTest,
    CodeTask,
    Lineage,
    StdioCase,
    StdioTest,
    Suite,
)
from evalrun.benchmarks.formats.card import canary
from evalrun.benchmarks.formats.hub import load_hub, save_hub

PARENT = CodeTask(
    id="h/0",
    prompt="def f(x):\n",
    entry_point="f",
    reference="def f(x):\n    return x\n",
    tests=(CasesTest((Case((float("nan"), {1, 2}, "\ud800", {"b": 1, "a": 2}), 10**30),)),),
    metadata={"source_id": "h0"},
)
CHILD = replace(
    PARENT,
    id="e/0",
    tags=("evolved", "easy"),
    time_limit_s=2.5,
    tests=(CheckTest("def check(c): pass\n", "import math\n"), *PARENT.tests),
    lineage=Lineage("h/0", ("h/0",), (PARENT.digest,), "rename", "1", {"seed": 3}, 3, 1),
    metadata={},
)
PROGRAM = CodeTask("e/1", "Print x. ≥", None, "print(input())", (StdioTest((StdioCase("1\n", "1\n"),)),), "instruct")


@pytest.fixture
def suite() -> Suite:
    return Suite(
        name="evolved",
        version="2.0",
        tasks=(CHILD, PROGRAM),
        description="Two tasks: one evolved.",
        license="MIT",
        source="https://example.org/tasks",
        ancestors=(PARENT,),
        certificates={"e/0": {"proof": ["alpha"], "n": 1}},
    )


def test_a_hub_folder_comes_back_identical(suite: Suite, tmp_path: Path) -> None:
    save_hub(suite, tmp_path / "out [1]*")
    back = Suite.load(tmp_path / "out [1]*")
    assert [task.to_json() for task in back] == [task.to_json() for task in suite]
    assert [task.to_json() for task in back.ancestors] == [PARENT.to_json()]
    assert back.certificates == suite.certificates
    assert back.ref == suite.ref
    assert (back.description, back.license, back.source) == (suite.description, suite.license, suite.source)


def test_the_parquet_file_alone_has_the_same_tasks(suite: Suite, tmp_path: Path) -> None:
    save_hub(suite, tmp_path / "out")
    assert Suite.load(tmp_path / "out" / "data" / "test.parquet").digest == suite.digest


def test_the_card_says_what_a_hub_asks_for(suite: Suite, tmp_path: Path) -> None:
    save_hub(suite, tmp_path)
    _, front, body = (tmp_path / "README.md").read_text().split("---\n", 2)
    card = yaml.safe_load(front)
    assert card["license"] == "mit"
    assert card["size_categories"] == ["n<1K"]
    assert card["task_categories"] == ["text-generation"]
    assert [config["config_name"] for config in card["configs"]] == ["default", "ancestors"]
    for config in card["configs"]:
        assert all((tmp_path / file["path"]).is_file() for file in config["data_files"])
    assert "rename 1 (1 tasks)" in body
    assert "Seeds: 3" in body
    assert canary(suite) in body
    assert canary(suite) != canary(suite.subset(suite.tasks[:1]))
    assert "## Limitations" in body


def test_datasets_itself_loads_the_folder_with_the_stated_columns(suite: Suite, tmp_path: Path) -> None:
    save_hub(suite, tmp_path / "out")
    found = datasets.load_dataset(str(tmp_path / "out"), "default", split="test", cache_dir=str(tmp_path / "cache"))
    assert found["task_id"][:] == ["e/0", "e/1"]
    assert found["entry_point"][:] == ["f", None]
    assert found.features["time_limit_s"] == datasets.Value("float64")
    assert all(found.features[name] == datasets.Value("string") for name in ("tests", "lineage", "metadata", "digest"))
    assert json.loads(found["lineage"][0])["operator"] == "rename"
    older = datasets.load_dataset(str(tmp_path / "out"), "ancestors", split="train", cache_dir=str(tmp_path / "cache"))
    assert older["task_id"][:] == ["h/0"]


def test_a_plain_suite_s_columns_have_the_same_types(tmp_path: Path) -> None:
    save_hub(Suite("one", "1", (PROGRAM,)), tmp_path / "out")
    found = datasets.load_dataset("parquet", data_files=str(tmp_path / "out/data/*"), cache_dir=str(tmp_path / "cache"))
    assert found["train"].features["lineage"] == datasets.Value("string")
    # The releases of datasets spell a list of strings in three ways; Arrow has one.
    assert str(found["train"].features.arrow_schema.field("tags").type.value_type) == "string"
    assert "license: unknown" in (tmp_path / "out" / "README.md").read_text()


def rewrite(path: Path, **columns: object) -> None:
    rows = [{**row, **columns} for row in datasets.Dataset.from_parquet(str(path), cache_dir=str(path.parent / "c"))]
    datasets.Dataset.from_list(rows).to_parquet(str(path))


def test_a_changed_row_is_refused_by_its_digest(suite: Suite, tmp_path: Path) -> None:
    save_hub(suite, tmp_path)
    rewrite(tmp_path / "data" / "test.parquet", reference="def f(x): return 0")
    with pytest.raises(BadInput, match="row 1: task e/0 does not match its digest"):
        Suite.load(tmp_path)


def test_what_a_suite_requires_is_told_by_its_card(suite: Suite, tmp_path: Path) -> None:
    save_hub(replace(suite, requires=("numpy",)), tmp_path / "out")
    assert Suite.load(tmp_path / "out").requires == ("numpy",)


def test_a_folder_with_a_row_left_out_is_refused_by_its_card(suite: Suite, tmp_path: Path) -> None:
    save_hub(suite, tmp_path / "whole")
    save_hub(suite.subset(suite.tasks[:1]), tmp_path / "part")
    (tmp_path / "part" / "README.md").write_bytes((tmp_path / "whole" / "README.md").read_bytes())
    with pytest.raises(BadInput, match="do not match the digest in the card"):
        Suite.load(tmp_path / "part")


@pytest.mark.parametrize("column", ["tests", "lineage", "metadata"])
def test_a_column_that_is_no_json_is_named(column: str, suite: Suite, tmp_path: Path) -> None:
    save_hub(suite, tmp_path)
    rewrite(tmp_path / "data" / "test.parquet", **{column: "{"})
    with pytest.raises(BadInput, match=f"row 1: the column '{column}' must hold JSON text"):
        Suite.load(tmp_path)


def test_a_card_cannot_point_outside_its_folder(suite: Suite, tmp_path: Path) -> None:
    save_hub(suite, tmp_path / "other")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "README.md").write_text(
        "---\nconfigs:\n- config_name: default\n  data_files: ../other/data/test.parquet\n---\n"
    )
    (folder / "test.parquet").symlink_to(tmp_path / "other" / "data" / "test.parquet")
    with pytest.raises(BadInput, match=r"neither suite\.json nor data files"):
        Suite.load(folder)


def test_rows_of_a_foreign_format_in_parquet_are_read_by_their_fields(shared_data: Path, tmp_path: Path) -> None:
    source = Suite.load(shared_data / "humaneval" / "HumanEval.jsonl.gz")
    rows = datasets.load_dataset(
        "json",
        data_files=str(shared_data / "humaneval/HumanEval.jsonl.gz"),
        split="train",
        cache_dir=str(tmp_path / "cache"),
    )
    (tmp_path / "set").mkdir()
    rows.to_parquet(str(tmp_path / "set" / "test-00000-of-00001.parquet"))
    found = Suite.load(tmp_path / "set")
    assert found.digest == source.digest
    assert found.name == "set"


def test_published_humaneval_goes_through_a_hub_folder_unchanged(shared_data: Path, tmp_path: Path) -> None:
    suite = Suite.load(shared_data / "humaneval" / "HumanEval.jsonl.gz")
    save_hub(suite, tmp_path / "out")
    assert Suite.load(tmp_path / "out").ref == suite.ref


def test_an_existing_folder_is_not_overwritten(suite: Suite, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(BadInput, match="not an empty folder"):
        save_hub(suite, tmp_path)
    with pytest.raises(BadInput, match="not an empty folder"):
        save_hub(suite, tmp_path / "mine.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_text_that_parquet_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="lone surrogate"):
        save_hub(Suite("s", "1", (replace(PARENT, prompt="\ud800"),)), tmp_path / "out")


def test_damaged_parquet_and_damaged_cards_give_one_clear_line(suite: Suite, tmp_path: Path) -> None:
    (tmp_path / "bad.parquet").write_bytes(b"PAR1" + b"\x00" * 40)
    with pytest.raises(BadInput, match=r"bad\.parquet: cannot be read as parquet") as caught:
        Suite.load(tmp_path / "bad.parquet")
    assert "\n" not in str(caught.value)
    save_hub(suite, tmp_path / "out")
    (tmp_path / "out" / "README.md").write_text("---\na: [\n---\n")
    with pytest.raises(BadInput, match="the card cannot be read") as caught:
        Suite.load(tmp_path / "out")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("ref", ["humaneval", "../x/y", "a/b/c", "", "a/../b"])
def test_a_hub_name_that_is_none_is_refused(ref: str) -> None:
    with pytest.raises(BadInput, match="expected hf:owner/dataset"):
        load_hub(ref)


# Retries wait for nothing here, so that an outage is told at once.
SHOW = """
import sys, time
time.sleep = lambda seconds: None
from evalrun.harness.cli import main
sys.exit(main(["suites", "show", "hf:nope/nope:test"]))
"""


def show(endpoint: str, cache: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """`evalrun suites show` of a dataset of the hub at an address, in a process of its own."""
    unset = ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE")
    environment = {k: v for k, v in os.environ.items() if k not in unset and "proxy" not in k.lower()}
    environment |= {"HF_ENDPOINT": endpoint, "HF_HOME": str(cache), **variables}
    return subprocess.run(
        [sys.executable, "-c", SHOW], env=environment, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.fixture
def hub() -> Iterator[Callable[[int], str]]:
    """A hub that answers everything with one status."""
    with ExitStack() as stack:

        def serve(status: int) -> str:
            class Answer(BaseHTTPRequestHandler):
                def do_GET(self) -> None:
                    self.send_response(status)
                    if status == 404:
                        self.send_header("X-Error-Code", "RepoNotFound")
                    self.send_header("Content-Length", "0")
                    self.end_headers()

                do_HEAD = do_POST = do_GET

                def log_message(self, format: str, *args: object) -> None:
                    pass

            server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Answer))
            threading.Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_port}"

        yield serve


def test_an_unreachable_hub_is_one_line_and_no_fault_of_the_user(tmp_path: Path) -> None:
    done = show("http://127.0.0.1:9", tmp_path)
    assert done.returncode == 5
    assert done.stderr.startswith("evalrun: error: hf:nope/nope: the hub cannot be reached")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_a_hub_that_fails_is_one_line_and_no_fault_of_the_user(hub: Callable[[int], str], tmp_path: Path) -> None:
    done = show(hub(503), tmp_path)
    assert done.returncode == 5
    assert done.stderr.startswith("evalrun: error: hf:nope/nope: the hub cannot be reached")
    assert done.stderr.count("\n") == 1


def test_a_dataset_that_the_hub_does_not_have_is_one_line_and_exit_code_2(
    hub: Callable[[int], str], tmp_path: Path
) -> None:
    done = show(hub(404), tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("evalrun: error: hf:nope/nope: the hub has no such dataset")
    assert done.stderr.count("\n") == 1


def test_offline_mode_finds_only_what_was_downloaded_and_says_so_in_one_line(tmp_path: Path) -> None:
    done = show("http://127.0.0.1:9", tmp_path, HF_HUB_OFFLINE="1")
    assert done.returncode == 5
    assert done.stderr.startswith("evalrun: error: hf:nope/nope: the hub cannot be reached")
    assert done.stderr.count("\n") == 1

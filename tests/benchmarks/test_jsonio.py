"""JSON on disk: digests, whole files or none, lines that survive a kill."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.benchmarks import BadInput
from evalrun.benchmarks.jsonio import (
    JsonlAppender,
    canonical_json,
    digest,
    read_json,
    read_jsonl,
    require_writable,
    text_digest,
    write_atomic,
    write_json,
    write_jsonl,
)

objects = st.dictionaries(
    st.text(max_size=4),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**60), 2**60)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(alphabet=st.characters(codec=None, exclude_categories=[]), max_size=6),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=6,
    ),
    max_size=3,
)


def test_canonical_json_is_one_text_for_equal_values() -> None:
    assert canonical_json({"b": [1, None], "a": "é\ud800"}) == '{"a":"\\u00e9\\ud800","b":[1,null]}'
    assert digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1})
    assert digest([]) == hashlib.sha256(b"[]").hexdigest()
    assert text_digest("é") == hashlib.sha256("é".encode()).hexdigest()
    assert len(text_digest("\ud800")) == 64
    with pytest.raises(ValueError, match="JSON"):
        canonical_json(float("nan"))


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz"])
def test_rows_come_back_as_they_were_written(name: str, tmp_path: Path) -> None:
    path = tmp_path / name

    @given(st.lists(objects, max_size=5))
    def check(rows: list[dict[str, Any]]) -> None:
        write_jsonl(path, rows)
        assert list(read_jsonl(path)) == rows

    check()
    assert list(tmp_path.iterdir()) == [path]


def test_a_gzipped_file_has_the_same_bytes_every_time_and_is_recognised_by_them(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "a.gz", [{"x": 1}])
    write_jsonl(tmp_path / "b.gz", [{"x": 1}])
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()
    (tmp_path / "plain-name.jsonl").write_bytes((tmp_path / "a.gz").read_bytes())
    assert list(read_jsonl(tmp_path / "plain-name.jsonl")) == [{"x": 1}]


def test_a_failed_write_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    write_json(path, {"old": True})
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, {"new": float("inf")})
    with pytest.raises(TypeError):
        write_atomic(path, 5)  # type: ignore[arg-type]
    assert read_json(path) == {"old": True}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("tail", [b'{"a": 3', b'{"a": 3}garbage', b"\x00\x00", b'"text"', b"\xff\xfe"])
def test_a_torn_last_line_is_left_out_only_when_that_is_allowed(tail: bytes, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(b'{"a": 1}\n\n{"a": 2}\n' + tail)
    assert list(read_jsonl(path, torn_tail=True)) == [{"a": 1}, {"a": 2}]
    with pytest.raises(BadInput, match=r"run\.jsonl:4: not a JSON object"):
        list(read_jsonl(path))


def test_a_broken_last_line_that_has_its_end_is_no_torn_tail(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(b'{"a": 1}\n{"a"\n')
    with pytest.raises(BadInput, match=r"run\.jsonl:2"):
        list(read_jsonl(path, torn_tail=True))


def test_a_broken_line_in_the_middle_is_an_error_even_where_a_torn_tail_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(b'{"a": 1}\n{"a"\n{"a": 2}\n')
    with pytest.raises(BadInput, match=r"run\.jsonl:2"):
        list(read_jsonl(path, torn_tail=True))


@pytest.mark.parametrize("torn", [b"", b'{"a": 2', b'{"a": "' + b"x" * 200_000])
def test_an_appender_cuts_off_a_torn_tail_and_goes_on(torn: bytes, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(b'{"a": 1}\n' + torn)
    with JsonlAppender(path) as appender:
        appender.append({"a": 3})
        assert list(read_jsonl(path)) == [{"a": 1}, {"a": 3}]  # on disk before it is closed
        appender.append_all([{"a": 4}, {"a": 5}])
    assert [row["a"] for row in read_jsonl(path)] == [1, 3, 4, 5]


def test_an_appender_on_a_file_that_is_one_torn_line_starts_it_anew(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(b'{"a"')
    with JsonlAppender(path) as appender:
        appender.append({"a": 1})
    assert path.read_bytes() == b'{"a":1}\n'


def test_damaged_and_missing_files_give_one_clear_line(tmp_path: Path) -> None:
    whole = gzip.compress(b'{"a": 1}\n' * 1000)
    (tmp_path / "cut.gz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "bad.gz").write_bytes(whole[:20] + b"\x00\x01\x02" + whole[23:])
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "latin.json").write_bytes(b'"\xe9"')
    (tmp_path / "deep.json").write_text("[" * 200_000)
    for name in ("cut.gz", "bad.gz"):
        with pytest.raises(BadInput, match="damaged gzip file") as caught:
            list(read_jsonl(tmp_path / name))
        assert "\n" not in str(caught.value)
    for name in ("bad.json", "latin.json", "deep.json"):
        with pytest.raises(BadInput, match="not valid JSON"):
            read_json(tmp_path / name)
    for read in (read_json, lambda path: list(read_jsonl(path))):
        with pytest.raises(BadInput, match="cannot be read"):
            read(tmp_path / "absent")
        with pytest.raises(BadInput, match="cannot be read"):
            read(tmp_path)


@given(objects)
def test_canonical_json_is_read_back_and_ascii(value: dict[str, Any]) -> None:
    text = canonical_json(value)
    assert json.loads(text) == value
    assert text.isascii()


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        require_writable(pipe)
        write_atomic(pipe, "text")
        assert os.read(reader, 10) == b"text"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_stream_of_this_process_is_written_to_where_it_stands(tmp_path: Path) -> None:
    behind = tmp_path / "behind"
    with behind.open("w+b", buffering=0) as stream:
        stream.write(b"before,")
        link = tmp_path / "link"  # as /dev/stdout is one
        link.symlink_to(f"/proc/self/fd/{stream.fileno()}")
        require_writable(link)
        write_atomic(link, "written,")
        stream.write(b"after")
    assert behind.read_bytes() == b"before,written,after"
    assert link.is_symlink()


def test_a_link_to_a_file_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    link = tmp_path / "link"
    link.symlink_to("real")
    write_atomic(link, "new")
    assert link.is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_a_link_that_leads_in_a_circle_is_replaced(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("link")
    require_writable(link)
    write_atomic(link, "text")
    assert link.read_text() == "text"

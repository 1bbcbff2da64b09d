"""What comes back from a sandbox is foreign data: whatever it is, reading it raises nothing that is not documented."""

from __future__ import annotations

import json
import marshal
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.benchmarks import Comparator, matches, plain
from evalrun.harness.sandbox import CallsJob, CheckJob, Limits, Outcome, ProgramJob, unmarshal, wire, worker

JOBS = (
    CallsJob("s", "f", ((1,), (2,))),
    CallsJob("s", "f", ((1,), (2,)), large=100),
    CheckJob("s", "f", "p"),
    ProgramJob("s"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=3) | st.sampled_from(sorted(plain.DECODERS)), inner, max_size=4)
    ),
    max_leaves=12,
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.complex_numbers() | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=4)
        | st.sets(st.integers() | st.text(), max_size=4)
        | st.frozensets(st.floats(allow_nan=False), max_size=4)
    ),
    max_leaves=12,
)
ROWS = st.one_of(
    st.just(b"L"),
    st.builds(lambda kind, data: kind + data, st.sampled_from([b"F", b"m", b"d", b"p", b"x", b"v", b"?"]), st.binary()),
    JSON.map(lambda value: b"p" + json.dumps(value).encode()),
    VALUES.map(lambda value: b"m" + marshal.dumps(value, 2)),
    st.sampled_from([b"v\0pass\0\0", b"v" + b"n" * 32 + b"\0pass\0\0", b"xMemoryError\0", b"d" + bytes(32)]),
)
FRAMES = st.lists(ROWS, max_size=4).flatmap(
    lambda rows: st.sampled_from([rows, [b"L", *rows]]).map(lambda all_: b"".join(map(wire.frame, all_)))
)
REPORTS = st.builds(
    wire.Report,
    number=st.just(1),
    killed=st.sampled_from(["", "wall", "cpu", "judged", "ended", "output"]),
    exit=st.none() | st.integers(),
    signal=st.none() | st.integers(),
    wall_s=st.floats(0, 10),
    cpu_s=st.floats(0, 10),
    rss_kb=st.integers(0, 10**9),
    unexplained=st.booleans(),
    oom=st.booleans(),
    clean=st.booleans(),
    fault=st.just(""),
    output_over=st.booleans(),
    results_over=st.booleans(),
)
GOOD = wire.Report(1, "", 0, None, 0.1, 0.1, 1000, False, False, True, "", False, False)
LOADED = wire.frame(b"L")


@given(st.binary())
def test_frames_of_any_bytes_are_whole_and_in_order(data: bytes) -> None:
    found = list(wire.frames(data))
    assert data.startswith(b"".join(wire.frame(item) for item in found))


@given(st.lists(st.binary()), st.binary(max_size=3))
def test_frames_survive_and_a_torn_last_one_is_left_out(parts: list[bytes], torn: bytes) -> None:
    assert list(wire.frames(b"".join(map(wire.frame, parts)) + torn)) == parts


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_a_report_of_any_bytes_is_read_or_refused(data: bytes) -> None:
    found = wire.report(data)
    assert found is None or isinstance(found, wire.Report)


@given(
    st.sampled_from(JOBS),
    st.none() | st.just("n" * 32),
    REPORTS,
    st.binary() | FRAMES,
    st.binary(),
    st.binary() | FRAMES,
)
def test_an_outcome_of_any_bytes_is_an_outcome(
    job: CallsJob | CheckJob | ProgramJob,
    nonce: str | None,
    report: wire.Report,
    results: bytes,
    output: bytes,
    verdict: bytes,
) -> None:
    found = wire.outcome(job, nonce, report, [results, output, verdict])
    assert isinstance(found, Outcome)
    assert found.status in ("ok", "error", "timeout", "oom")
    assert len(found.detail) <= 700
    for call in found.calls:
        matches(call.value, 1, Comparator())
        matches(call.value, 1.5, Comparator(types="python", rtol=0.1, order="set"))
        assert call.digest is None or len(call.digest) == 64


def test_only_the_judges_own_row_and_a_right_end_make_a_pass() -> None:
    job = CheckJob("s", "f", "p")
    passed = wire.frame(b"v\0pass\0\0")
    assert wire.outcome(job, None, GOOD, [LOADED, b"", passed]).judged == "pass"
    assert wire.outcome(job, None, GOOD, [b"", b"", passed]).judged is None
    assert wire.outcome(job, None, GOOD, [LOADED + passed, passed, b""]).judged is None
    failed = wire.frame(b"FNameError\0no f")
    assert wire.outcome(job, None, GOOD, [failed, b"", passed]).judged is None
    late = replace(GOOD, killed="wall", exit=None, signal=9, wall_s=9.0)
    assert wire.outcome(job, None, late, [LOADED, b"", passed]).judged is None
    guessed = wire.frame(b"vwrong\0pass\0\0")
    assert wire.outcome(job, "right", GOOD, [LOADED + guessed, b"", passed]).judged is None
    known = wire.frame(b"vright\0pass\0\0")
    assert wire.outcome(job, "right", GOOD, [LOADED + known, b"", b""]).judged == "pass"


@given(REPORTS, st.lists(st.none() | VALUES, min_size=2, max_size=2), FRAMES, st.booleans())
def test_knowing_what_is_right_spares_reading_and_changes_nothing(
    report: wire.Report, values: list[object], others: bytes, exactly: bool
) -> None:
    right = wire.all_right([wire.row_of(value, 100) for value in values])
    assert right is not None
    written = right.written if exactly else others
    for large in (None, 100):
        job = CallsJob("s", "f", ((1,), (2,)), large=large)
        plainly = wire.outcome(job, None, report, (written, b"", b""))
        knowing = wire.outcome(replace(job, right=right), None, report, (written, b"", b""))
        assert knowing == plainly
        assert isinstance(knowing.calls, wire.CallRows)
        assert (knowing.calls.rows is right.rows) is (written == right.written)


def test_where_one_right_value_has_no_bytes_of_its_own_no_comparison_of_bytes_decides() -> None:
    assert wire.all_right([wire.row_of(1, None), wire.row_of(Fraction(1, 2), None)]) is None


def test_what_is_right_is_never_sent() -> None:
    right = wire.all_right([wire.row_of("the expected value", None)])
    job = CallsJob("s", "f", ((1,),), packed=wire.pack_calls([(1,)]), right=right)
    assert wire.request(job, 1) == wire.request(replace(job, right=None), 1)
    assert b"expected" not in wire.request(job, 1)


def test_a_death_is_for_memory_only_where_the_kernel_says_so() -> None:
    killed = replace(GOOD, exit=None, signal=9)
    assert wire.outcome(JOBS[0], None, killed, [LOADED, b"", b""]).status == "error"
    assert wire.outcome(JOBS[0], None, replace(killed, oom=True), [LOADED, b"", b""]).status == "oom"


def test_results_nested_deeper_than_the_reader_can_go_are_no_result() -> None:
    for depth in (300, 900, 990, 1000, 100_000):
        deep = b"[" * depth + b"]" * depth
        nested = b"[\x01\x00\x00\x00" * depth + b"N"
        rows = LOADED + wire.frame(b"p" + deep) + wire.frame(b"m" + nested)
        found = wire.outcome(JOBS[0], None, GOOD, [rows, b"", b""])
        assert [call.raised for call in found.calls] == ["unplain", "unplain"]


@given(VALUES)
def test_marshalled_values_are_read_as_marshal_itself_would(value: object) -> None:
    data = marshal.dumps(value, 2)
    assert repr(unmarshal.loads(data)) == repr(marshal.loads(data))
    assert wire.row_of(value, None) == b"m" + data
    with pytest.raises(plain.PlainError):
        unmarshal.loads(data + b"N")
    for cut in range(0, len(data), 1 + len(data) // 20):
        with pytest.raises(plain.PlainError):
            unmarshal.loads(data[:cut])


@given(st.binary())
def test_bytes_that_no_marshal_wrote_are_refused(data: bytes) -> None:
    try:
        unmarshal.loads(data)
    except plain.PlainError:
        return
    marshal.loads(data)


def test_large_marshalled_integers_are_read_in_time() -> None:
    value = 7**400_000
    started = time.process_time()
    assert unmarshal.loads(marshal.dumps(-value, 2)) == -value
    assert time.process_time() - started < 5


class Whole(int):
    """An integer that is not exactly one."""


@pytest.mark.parametrize(
    "value",
    [bytearray(b"x"), Whole(3), [Whole(3)], {"a": Whole(1)}, {Whole(1): 2}, Fraction(1, 2), memoryview(b"x"), ...],
)
def test_what_marshal_would_take_for_something_else_is_not_marshalled(value: object) -> None:
    assert wire.row_of(value, None) is None


@pytest.mark.parametrize(
    "data",
    [
        {"$set": [{"$int": hex((2**61 - 1) * n)} for n in range(20_000)]},
        {"$dict": [[{"$int": hex((2**61 - 1) * n)}, 0] for n in range(20_000)]},
        {"$fraction": [{"$int": hex(3**6_000_000)}, {"$int": hex(5**4_000_000)}]},
        {"$decimal": "sNaN"},
        {"$datetime": "2020-01-01T00:00:00+00:00"},
    ],
    ids=["set", "dict", "fraction", "decimal", "datetime"],
)
def test_values_that_cost_more_than_their_size_are_refused_at_once(data: object) -> None:
    started = time.process_time()
    with pytest.raises(plain.PlainError):
        plain.decode(data)
    assert time.process_time() - started < 5


def colliding(fillers: int, attackers: int) -> list[int]:
    """Integers with hashes of their own, the last of which each visit thousands of places before one that is free."""
    size = 1 << (3 * fillers).bit_length() - 1
    keys, at = [], 12345 % size
    for _ in range(size // 3 + 2):
        keys.append(at)
        at = (5 * at + 1) % size
    # A key whose walk joins the chain near its beginning follows it to its end.
    place = {key: number for number, key in enumerate(keys)}
    taken = set(keys)
    for key in range(size, 1 << 40):
        step, left = key % size, key
        while step in taken and left:
            left >>= 5
            step = (5 * step + left + 1) % size
        if not left and place.get(step, size) < len(keys) // 3:
            keys.append(key)
            attackers -= 1
            if attackers == 0:
                break
    return keys


def test_keys_that_collide_without_sharing_a_hash_are_refused_at_once() -> None:
    data = marshal.dumps(dict.fromkeys(colliding(100_000, 3_000)), 2)
    started = time.process_time()
    with pytest.raises(plain.PlainError, match="places of a table"):
        unmarshal.loads(data)
    assert time.process_time() - started < 5


def test_honest_sets_fractions_and_dicts_still_cross() -> None:
    for value in ({Fraction(n, 7) for n in range(3000)}, {n * 0.5: n for n in range(3000)}, set(range(-3000, 3000))):
        assert plain.decode(plain.encode(value)) == value


def test_a_header_holds_no_foreign_data() -> None:
    job = CheckJob("SOURCE", "entry", "PROGRAM", "PRELUDE", ["VALUE"], Limits())
    header, candidate, judge = wire.frames(wire.request(job, 1))
    assert not any(word in header for word in (b"SOURCE", b"PROGRAM", b"PRELUDE", b"VALUE", b"entry"))
    assert b"SOURCE" in candidate
    assert not any(word in candidate for word in (b"PROGRAM", b"PRELUDE", b"VALUE"))
    assert b"SOURCE" not in judge


def test_every_file_of_the_guest_and_its_codec_is_sent_into_the_sandbox() -> None:
    beside = {"__init__", "supervisor", "testfile"}  # sent first, and as the program of a test file's job
    guest = {path.stem for path in Path(worker.__file__).parent.joinpath("guest").glob("*.py")} - beside
    assert set(worker._sources()) == guest | {"plain", "plain_arrays"}

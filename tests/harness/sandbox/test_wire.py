"""What comes back from a sandbox is foreign data: whatever it is, reading it raises nothing that is not documented."""

from __future__ import annotations

import json
import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.benchmarks import Comparator, matches, plain
from evalrun.harness.sandbox import CallsJob, CheckJob, Limits, Outcome, ProgramJob, wire

JOBS = (
    CallsJob("s", "f", ((1,), (2,))),
    CallsJob("s", "f", ((1,), (2,)), digests=True),
    CheckJob("s", "f", "p"),
    ProgramJob("s"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=3)
            | st.sampled_from(["value", "raised", "message", "verdict", "loaded", "finished", "digest", "nonce"])
            | st.sampled_from(sorted(plain._DECODERS)),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
FRAMES = st.lists(JSON | st.just({"loaded": True}), max_size=4).map(
    lambda rows: b"".join(wire.frame(json.dumps(row).encode()) for row in rows)
)
REPORTS = st.builds(
    wire.Report,
    killed=st.sampled_from(["", "wall", "grace", "output"]),
    exit=st.none() | st.integers(),
    signal=st.none() | st.integers(),
    wall_s=st.floats(0, 10),
    cpu_s=st.floats(0, 10),
    rss_kb=st.integers(0, 10**9),
    clean=st.booleans(),
    fault=st.just(""),
    output_over=st.booleans(),
    results_over=st.booleans(),
)


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
        assert call.digest is None or (isinstance(job, CallsJob) and job.digests)


def test_only_the_judges_own_frame_and_a_right_end_make_a_pass() -> None:
    good = wire.Report("", 0, None, 0.1, 0.1, 1000, True, "", False, False)
    job = CheckJob("s", "f", "p")
    passed = wire.frame(b'{"verdict":"pass"}')
    assert wire.outcome(job, None, good, [b"", b"", passed]).judged == "pass"
    assert wire.outcome(job, None, good, [passed, passed, b""]).judged is None
    late = wire.Report("wall", None, 9, 9.0, 0.1, 1000, True, "", False, False)
    assert wire.outcome(job, None, late, [b"", b"", passed]).judged is None
    assert (
        wire.outcome(job, "right", good, [wire.frame(b'{"verdict":"pass","nonce":"wrong"}'), b"", passed]).judged
        is None
    )


def test_results_nested_deeper_than_the_reader_can_go_are_no_result() -> None:
    good = wire.Report("", 0, None, 0.1, 0.1, 1000, True, "", False, False)
    for depth in (150, 300, 900, 990, 1000, 100_000):
        deep = b"[" * depth + b"]" * depth
        frames = (
            wire.frame(b'{"loaded":true}')
            + wire.frame(b'{"value":' + deep + b"}")
            + wire.frame(b'{"raised":' + deep + b"}")
        )
        found = wire.outcome(JOBS[0], None, good, [frames, b"", b""])
        assert [call.raised is None for call in found.calls][1:] == [False]


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


def test_honest_sets_fractions_and_dicts_still_cross() -> None:
    for value in ({Fraction(n, 7) for n in range(3000)}, {n * 0.5: n for n in range(3000)}, set(range(-3000, 3000))):
        assert plain.decode(plain.encode(value)) == value


def test_a_header_holds_no_foreign_data() -> None:
    job = CheckJob("SOURCE", "entry", "PROGRAM", "PRELUDE", ["VALUE"], Limits())
    header, candidate, judge = wire.frames(wire.request(job))
    assert not any(word in header for word in (b"SOURCE", b"PROGRAM", b"PRELUDE", b"VALUE", b"entry"))
    assert b"SOURCE" in candidate
    assert not any(word in candidate for word in (b"PROGRAM", b"PRELUDE", b"VALUE"))
    assert b"SOURCE" not in judge

"""The response cache: what is kept, for whom, and what happens to the file."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.benchmarks import BadInput, InfraError
from evalrun.benchmarks.jsonio import canonical_json
from evalrun.harness.cli import main
from evalrun.harness.endpoint.api import EndpointDown, EndpointRefused, Reply, Response
from evalrun.harness.endpoint.cache import (
    CachedEndpoint,
    ResponseCache,
    cache_key,
    response_from_json,
    response_to_json,
)
from evalrun.harness.endpoint.cachefile import FILE_NAME
from evalrun.harness.endpoint.cachestats import cache_stats
from evalrun.harness.endpoint.client import OpenAIEndpoint
from evalrun.harness.endpoint.retry import RetryPolicy

URL = "http://host/v1"
BODY = {"model": "m", "messages": [{"role": "user", "content": "hello"}], "temperature": 0.8}


class Counting:
    """A real endpoint in memory: answers with how often it was asked, or raises what it is told to."""

    def __init__(self, *failures: Exception, replies: tuple[Reply, ...] | None = None, delay_s: float = 0.0) -> None:
        self.asked = 0
        self.open = False
        self.failures = list(failures)
        self.replies = replies
        self.delay_s = delay_s

    async def ask(self, body: Mapping[str, Any], *, epoch: int | None = None) -> Response:
        self.asked += 1
        number = self.asked
        await asyncio.sleep(self.delay_s)
        if self.failures:
            raise self.failures.pop(0)
        return Response(self.replies or (Reply(f"reply {number}", "stop"),), 3, 5, latency_s=0.25, attempts=2)

    async def __aenter__(self) -> Counting:
        self.open = True
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.open = False


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / FILE_NAME


@contextlib.contextmanager
def cached(path: Path, inner: Any, *, form: str = "chat", url: str = URL) -> Iterator[CachedEndpoint]:
    with ResponseCache(path) as cache:
        yield CachedEndpoint(inner, cache, form, url)


def ask(endpoint: CachedEndpoint, body: Mapping[str, Any] = BODY, epoch: int | None = 0) -> Response:
    return asyncio.run(endpoint.ask(body, epoch=epoch))


def test_a_second_run_gets_the_response_of_the_first_word_for_word(path: Path) -> None:
    odd = Reply("lone \ud800 surrogate, NUL \x00, ü", "length", reasoning="hm")
    with cached(path, Counting(replies=(odd, Reply("", "stop")))) as endpoint:
        first = ask(endpoint)
    inner = Counting()
    with cached(path, inner) as endpoint:
        second = ask(endpoint)
    assert inner.asked == 0
    assert not first.cached
    assert second == replace(first, cached=True)
    assert second.replies[0] == odd


def test_every_epoch_of_a_request_has_a_reply_of_its_own(path: Path) -> None:
    inner = Counting()
    with cached(path, inner) as endpoint:
        texts = [ask(endpoint, epoch=epoch).replies[0].text for epoch in range(5)]
        again = [ask(endpoint, epoch=epoch).replies[0].text for epoch in range(5)]
    assert len(set(texts)) == 5
    assert again == texts
    assert inner.asked == 5


def test_a_caller_who_tells_no_epoch_is_never_answered_from_the_cache(path: Path) -> None:
    inner = Counting()
    with cached(path, inner) as endpoint:
        texts = [ask(endpoint, epoch=None).replies[0].text for _ in range(3)]
    assert texts == ["reply 1", "reply 2", "reply 3"]
    assert cache_stats(path) == []


@pytest.mark.parametrize("failure", [EndpointDown("down"), EndpointRefused("no such model")])
def test_failures_are_never_stored(path: Path, failure: Exception) -> None:
    inner = Counting(failure)
    with cached(path, inner) as endpoint:
        with pytest.raises(type(failure)):
            ask(endpoint)
        assert ask(endpoint).replies[0].text == "reply 2"
    assert [row.entries for row in cache_stats(path)] == [1]


def test_an_outage_of_a_real_server_is_not_stored_and_the_next_run_asks_again(path: Path, scripts: Any) -> None:
    down = scripts.serve([scripts.Step(status=500), scripts.Step(body=b"{"), scripts.good("fine")])

    async def ask_once() -> Response:
        inner = OpenAIEndpoint(down.base_url, "chat", retry=RetryPolicy(max_retries=1, base_s=0.0))
        with ResponseCache(path) as cache:
            async with CachedEndpoint(inner, cache, "chat", down.base_url) as endpoint:
                return await endpoint.ask(BODY, epoch=0)

    with pytest.raises(EndpointDown):
        asyncio.run(ask_once())
    assert cache_stats(path) == []
    assert asyncio.run(ask_once()).replies[0].text == "fine"
    assert asyncio.run(ask_once()).cached
    assert len(down.bodies) == 3


@pytest.mark.parametrize(
    ("replies", "kept"),
    [
        ((Reply("", None),), False),
        ((Reply("half", "abort"),), False),
        ((Reply("fine", "stop"), Reply("", "error")), False),
        ((Reply("", "length"),), True),
        ((Reply("", "content_filter"),), True),
        ((Reply("", None, reasoning="thought, and no more"),), True),
    ],
)
def test_what_is_less_than_an_answer_is_handed_on_and_not_stored(
    path: Path, replies: tuple[Reply, ...], kept: bool
) -> None:
    inner = Counting(replies=replies)
    with cached(path, inner) as endpoint:
        assert ask(endpoint).replies == replies
        assert ask(endpoint).replies == replies
    assert inner.asked == (1 if kept else 2)


JSON_BODIES = st.dictionaries(
    st.text(max_size=4),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=4),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=5,
    ),
    max_size=4,
)  # fmt: skip
REQUESTS = st.tuples(
    st.sampled_from([URL, "http://host/v2", "http://hos"]), st.sampled_from(["chat", "completions"]), JSON_BODIES,
    st.integers(0, 3),
)  # fmt: skip


@given(REQUESTS, REQUESTS)
def test_two_keys_are_equal_exactly_where_the_requests_are(left: Any, right: Any) -> None:
    same = canonical_json(list(left)) == canonical_json(list(right))
    assert (cache_key(*left) == cache_key(*right)) is same


@given(REQUESTS, st.data())
def test_a_change_of_any_one_field_changes_the_key(request_: Any, data: st.DataObject) -> None:
    url, form, body, epoch = request_
    key = cache_key(url, form, body, epoch)
    assert cache_key(url, form, dict(reversed(body.items())), epoch) == key
    assert cache_key(url + "/", form, body, epoch) != key
    assert cache_key(url, form + "s", body, epoch) != key
    assert cache_key(url, form, body, epoch + 1) != key
    assert cache_key(url, form, {**body, "a new field": 1}, epoch) != key
    if body:
        name = data.draw(st.sampled_from(sorted(body)))
        assert cache_key(url, form, {**body, name: [body[name]]}, epoch) != key
        assert cache_key(url, form, {other: body[other] for other in body if other != name}, epoch) != key


def test_no_field_of_a_response_is_lost_on_its_way_through_the_file() -> None:
    full = Response((Reply("t", "stop", "r"),), 1, 2, 3, "name", 0.5, 4, False, 5, 6)
    assert all(getattr(full, each.name) != each.default for each in fields(Response) if each.name != "cached")
    assert response_from_json(json.loads(canonical_json(response_to_json(full)))) == replace(full, cached=True)


def test_a_field_of_a_later_version_is_left_out_and_not_an_error() -> None:
    row = {**response_to_json(Response((Reply("t"),))), "of_the_future": 1}
    assert response_from_json(row).replies == (Reply("t"),)


def test_who_asks_the_same_at_the_same_time_pays_once(path: Path) -> None:
    inner = Counting(delay_s=0.05)

    async def together(endpoint: CachedEndpoint) -> list[Response]:
        return list(await asyncio.gather(*(endpoint.ask(BODY, epoch=0) for _ in range(8))))

    with cached(path, inner) as endpoint:
        found = asyncio.run(together(endpoint))
    assert inner.asked == 1
    assert {response.replies[0].text for response in found} == {"reply 1"}
    assert sorted(response.cached for response in found) == [False] + [True] * 7


def test_when_the_first_who_asks_fails_the_next_one_asks_itself(path: Path) -> None:
    inner = Counting(EndpointDown("down"), delay_s=0.02)

    async def together(endpoint: CachedEndpoint) -> list[Response | BaseException]:
        return list(await asyncio.gather(*(endpoint.ask(BODY, epoch=0) for _ in range(3)), return_exceptions=True))

    with cached(path, inner) as endpoint:
        failed, *rest = asyncio.run(together(endpoint))
    assert isinstance(failed, EndpointDown)
    assert [response.replies[0].text for response in rest if isinstance(response, Response)] == ["reply 2"] * 2
    assert inner.asked == 2


def test_a_reply_that_came_is_stored_even_where_its_asker_is_cancelled_meanwhile(path: Path) -> None:
    with ResponseCache(path) as cache:
        endpoint = CachedEndpoint(Counting(), cache, "chat", URL)

        async def cancelled() -> None:
            blocker = sqlite3.connect(path, isolation_level=None)
            blocker.execute("BEGIN IMMEDIATE")  # the writer waits for this one
            task = asyncio.ensure_future(endpoint.ask(BODY, epoch=0))
            await asyncio.sleep(0.3)
            assert not task.done(), "handed on before it was on disk"
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            blocker.execute("ROLLBACK")
            blocker.close()

        asyncio.run(cancelled())
    assert [row.entries for row in cache_stats(path)] == [1]


HAMMER = """
import asyncio, sys
from pathlib import Path
from evalrun.harness.endpoint.api import Reply, Response
from evalrun.harness.endpoint.cache import CachedEndpoint, ResponseCache

class Inner:
    async def ask(self, body, *, epoch=None):
        await asyncio.sleep(0)
        return Response((Reply(body["prompt"] * 20, "stop"),), 1, 1)

async def worker(endpoint, name, numbers):
    for n in numbers:
        await endpoint.ask({"model": name, "prompt": f"{name} {n} "}, epoch=n % 3)
        print(name, n, flush=True)

async def work(name, count):
    with ResponseCache(Path(sys.argv[1])) as cache:
        endpoint = CachedEndpoint(Inner(), cache, "completions", "http://host/v1")
        numbers = iter(range(count))
        await asyncio.gather(*(worker(endpoint, name, numbers) for _ in range(16)))

asyncio.run(work(sys.argv[2], int(sys.argv[3])))
"""


def hammer(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HAMMER, str(path), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def kept(path: Path, name: str, number: int) -> bool:
    body = {"model": name, "prompt": f"{name} {number} "}
    with cached(path, Counting(), form="completions") as endpoint:
        found = asyncio.run(endpoint.ask(body, epoch=number % 3))
    return found.cached and found.replies[0].text == body["prompt"] * 20


def test_processes_that_write_at_the_same_time_lose_nothing(path: Path) -> None:
    processes = [hammer(path, name, 300) for name in ("a", "b", "c")]
    for process in processes:
        _, err = process.communicate(timeout=120)
        assert (process.returncode, err) == (0, "")
    assert {row.origin.model: row.entries for row in cache_stats(path)} == {"a": 300, "b": 300, "c": 300}
    assert all(kept(path, name, number) for name in "abc" for number in (0, 150, 299))


@pytest.mark.parametrize("after", [1, 40, 200])
def test_what_was_handed_on_before_a_kill_is_there_afterwards(path: Path, after: int) -> None:
    process = hammer(path, "k", 100_000)
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(after)]
    os.kill(process.pid, signal.SIGKILL)
    rest, _ = process.communicate(timeout=60)
    lines = [line for line in "".join([*said, rest]).splitlines(keepends=True) if line.endswith("\n")]
    numbers = [int(line.split()[1]) for line in lines]
    assert len(numbers) >= after
    inner = Counting()
    with cached(path, inner, form="completions") as endpoint:

        async def all_of_them() -> None:
            for number in numbers:
                body = {"model": "k", "prompt": f"k {number} "}
                found = await endpoint.ask(body, epoch=number % 3)
                assert found.replies[0].text == body["prompt"] * 20

        asyncio.run(all_of_them())
    assert inner.asked == 0


ASKING = """
import asyncio, sys
from pathlib import Path
from evalrun.harness.endpoint.api import Reply, Response
from evalrun.harness.endpoint.cache import CachedEndpoint, ResponseCache

class Inner:
    async def ask(self, body, *, epoch=None):
        print("paid", epoch, flush=True)
        await asyncio.sleep(float(sys.argv[2]))
        return Response((Reply("x", "stop"),), 1, 1)

async def work():
    with ResponseCache(Path(sys.argv[1])) as cache:
        endpoint = CachedEndpoint(Inner(), cache, "chat", "http://host/v1")
        await asyncio.gather(*(endpoint.ask({"model": "m"}, epoch=n) for n in range(20)))

asyncio.run(work())
"""


def asking(path: Path, delay_s: float, said: Path) -> subprocess.Popen[bytes]:
    """A process that asks, and adds a line to a file for each reply that it pays for; it is asking on return."""
    command = [sys.executable, "-c", ASKING, str(path), str(delay_s)]
    with said.open("ab") as stream:
        process = subprocess.Popen(command, stdout=stream)
    while b"paid" not in said.read_bytes():
        assert process.poll() is None
        time.sleep(0.01)
    return process


def test_processes_that_ask_the_same_at_the_same_time_pay_once(path: Path, tmp_path: Path) -> None:
    said = tmp_path / "said"
    processes = [asking(path, 1.0, said) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]
    assert sorted(said.read_text().splitlines()) == sorted(f"paid {n}" for n in range(20))


def test_a_killed_process_leaves_no_claim_that_others_wait_for(path: Path, tmp_path: Path) -> None:
    process = asking(path, 600.0, tmp_path / "said")
    inner = Counting()
    with cached(path, inner) as endpoint:

        async def wait_for_the_claim() -> None:
            waiting = asyncio.ensure_future(endpoint.ask({"model": "m"}, epoch=0))
            await asyncio.sleep(0.2)
            assert inner.asked == 0
            os.kill(process.pid, signal.SIGKILL)
            await asyncio.wait_for(waiting, 10)

        asyncio.run(wait_for_the_claim())
    process.wait()
    assert inner.asked == 1


def test_who_is_told_to_stop_waits_for_no_other_process(path: Path, tmp_path: Path) -> None:
    process = asking(path, 600.0, tmp_path / "said")
    inner = Counting(EndpointDown("interrupted"))
    try:
        with cached(path, inner) as endpoint:

            async def stopped() -> None:
                waiting = asyncio.ensure_future(endpoint.ask({"model": "m"}, epoch=0))
                await asyncio.sleep(0.1)
                endpoint.stop()
                with pytest.raises(EndpointDown):
                    await asyncio.wait_for(waiting, 10)

            asyncio.run(stopped())
    finally:
        process.kill()
        process.wait()


def fill(path: Path, count: int = 50) -> None:
    inner = Counting(replies=(Reply("x" * 2_000, "stop"),))
    with cached(path, inner) as endpoint:

        async def fill_all() -> None:
            for epoch in range(count):
                await endpoint.ask(BODY, epoch=epoch)

        asyncio.run(fill_all())


@pytest.mark.parametrize("damage", ["no database", "head", "middle", "cut", "tables gone"])
def test_a_damaged_file_is_moved_aside_with_a_warning_and_never_believed(
    path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    fill(path)
    data = bytearray(path.read_bytes())
    if damage == "no database":
        path.write_bytes(b"this is no database at all" * 100)
    elif damage == "head":
        path.write_bytes(os.urandom(4_096) + data[4_096:])
    elif damage == "middle":
        path.write_bytes(data[:4_096] + b"\xff" * (len(data) - 4_096))
    elif damage == "cut":
        path.write_bytes(data[: len(data) // 3])
    else:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("DROP TABLE responses")
    inner = Counting()
    with cached(path, inner) as endpoint:
        texts = [ask(endpoint, epoch=epoch).replies[0].text for epoch in range(50)]
        assert [ask(endpoint, epoch=epoch).cached for epoch in range(50)] == [True] * 50
    assert inner.asked == len([text for text in texts if text != "x" * 2_000]) > 0
    assert len(list(path.parent.glob("*.damaged-*[0-9]"))) == 1
    assert "is damaged" in caplog.text


def test_a_flipped_bit_within_a_reply_is_noticed_and_the_reply_asked_for_again(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fill(path, 1)
    data = bytearray(path.read_bytes())
    data[data.index(b"x" * 100) + 50] ^= 1
    path.write_bytes(data)
    with cached(path, Counting()) as endpoint:
        assert ask(endpoint).replies[0].text == "reply 1"
        assert ask(endpoint).cached
    assert "damaged entry" in caplog.text


def test_when_another_process_moves_the_file_aside_what_comes_next_goes_into_the_new_one(path: Path) -> None:
    with cached(path, Counting()) as endpoint:
        ask(endpoint, epoch=0)
        for part in list(path.parent.glob(f"{path.name}*")):
            part.rename(part.with_name("old-" + part.name))
        ask(endpoint, epoch=1)
    with cached(path, Counting()) as endpoint:
        assert ask(endpoint, epoch=1).cached
        assert not ask(endpoint, epoch=0).cached


def test_another_programs_database_is_refused_and_left_as_it_is(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    before = path.read_bytes()
    with pytest.raises(BadInput, match="another program's database"):
        ResponseCache(path)
    assert path.read_bytes() == before


def test_a_cache_of_a_later_schema_is_refused_and_left_as_it_is(path: Path) -> None:
    fill(path, 1)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version=2")
    with pytest.raises(BadInput, match="schema 2, this evalrun reads 1"):
        ResponseCache(path)


def test_where_no_write_ahead_log_is_possible_the_cache_works_with_another_journal(path: Path) -> None:
    with ResponseCache(path, vfs="unix-dotfile") as cache:
        endpoint = CachedEndpoint(Counting(), cache, "chat", URL)
        assert [ask(endpoint, epoch=epoch).cached for epoch in (0, 1, 0)] == [False, False, True]
        with contextlib.closing(sqlite3.connect(path.as_uri() + "?vfs=unix-dotfile", uri=True)) as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert not path.with_name(path.name + "-wal").exists()


def test_a_place_that_cannot_hold_the_file_is_an_outage_with_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InfraError, match="without --cache"):
        ResponseCache(tmp_path / "file" / FILE_NAME)


def test_a_reply_is_handed_on_where_the_disk_takes_no_more(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with cached(path, Counting()) as endpoint:
        ask(endpoint, epoch=0)
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute(
                "CREATE TRIGGER full BEFORE INSERT ON responses BEGIN SELECT raise(ABORT, 'disk full'); END"
            )
        assert ask(endpoint, epoch=1).replies[0].text == "reply 2"
        assert ask(endpoint, epoch=0).cached
    assert caplog.text.count("cannot be written") == 1


def test_the_event_loop_goes_on_while_the_file_is_locked(path: Path) -> None:
    with ResponseCache(path) as cache:
        endpoint = CachedEndpoint(Counting(), cache, "chat", URL)

        async def watch() -> float:
            blocker = sqlite3.connect(path, isolation_level=None)
            blocker.execute("BEGIN IMMEDIATE")
            task = asyncio.ensure_future(endpoint.ask(BODY, epoch=0))
            longest, last = 0.0, time.monotonic()
            for _ in range(40):
                await asyncio.sleep(0.01)
                longest, last = max(longest, time.monotonic() - last), time.monotonic()
            assert not task.done()
            blocker.execute("ROLLBACK")
            blocker.close()
            await task
            return longest

        assert asyncio.run(watch()) < 0.3


def test_the_inner_endpoint_is_opened_and_closed_with_the_outer(path: Path) -> None:
    inner = Counting()

    async def use(endpoint: CachedEndpoint) -> None:
        async with endpoint:
            assert inner.open

    with cached(path, inner) as endpoint:
        asyncio.run(use(endpoint))
    assert not inner.open


def test_the_key_of_the_endpoint_is_nowhere_in_the_file(path: Path, scripts: Any) -> None:
    server = scripts.serve([scripts.good("fine")])

    async def ask_with_key() -> None:
        inner = OpenAIEndpoint(server.base_url, "chat", key="sk-very-secret")
        with ResponseCache(path) as cache:
            async with CachedEndpoint(inner, cache, "chat", server.base_url) as endpoint:
                await endpoint.ask(BODY, epoch=0)

    asyncio.run(ask_with_key())
    assert server.headers[0]["authorization"] == "Bearer sk-very-secret"
    assert all(b"sk-very" not in part.read_bytes() for part in path.parent.iterdir())


def cache_verb(path: Path, *args: str) -> int:
    return main(["cache", *args, "--cache-dir", str(path.parent)])


def test_stats_tell_entries_and_hits_by_model(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cache_verb(path, "stats") == 0
    assert "no response cache" in capsys.readouterr().out
    assert not path.exists()
    fill(path, 3)
    with cached(path, Counting()) as endpoint:
        for epoch in (0, 1, 1, 2):
            ask(endpoint, epoch=epoch)
        ask(endpoint, {**BODY, "model": "other\x1b[2J"})
    assert cache_verb(path, "stats") == 0
    out = capsys.readouterr().out
    assert "4 entries" in out
    assert f"m at {URL} (chat): 3 entries, 6 kB, 4 hits" in out
    assert f"other\\x1b[2J at {URL} (chat): 1 entries" in out


def test_clear_removes_what_was_asked_for_and_nothing_else(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(path, 40)
    with cached(path, Counting()) as endpoint:
        ask(endpoint, {**BODY, "model": "other"})
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE responses SET created = created - 864000 WHERE rowid <= 10")
    size = path.stat().st_size
    assert cache_verb(path, "clear", "--older-than", "11", "--yes") == 0
    assert cache_verb(path, "clear", "--model", "nobody", "--yes") == 0
    assert [row.entries for row in cache_stats(path)] == [40, 1]
    assert cache_verb(path, "clear", "--model", "m", "--older-than", "9", "--yes") == 0
    assert [row.entries for row in cache_stats(path)] == [30, 1]
    assert cache_verb(path, "clear", "--model", "m", "--yes") == 0
    assert [(row.origin.model, row.entries) for row in cache_stats(path)] == [("other", 1)]
    assert path.stat().st_size < size
    path.with_name(path.name + ".damaged-1").write_text("old")
    assert cache_verb(path, "clear", "--yes") == 0
    assert cache_stats(path) == []
    assert not list(path.parent.glob("*.damaged-*"))
    assert "removed 1 entries" in capsys.readouterr().out


def test_clear_asks_first(path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    fill(path, 2)
    with open(os.devnull) as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        assert cache_verb(path, "clear") == 2
    assert "2 entries would be removed; add --yes" in capsys.readouterr().err
    assert [row.entries for row in cache_stats(path)] == [2]


def test_clearing_while_a_run_uses_the_cache_disturbs_neither(path: Path) -> None:
    with cached(path, Counting()) as endpoint:
        ask(endpoint, epoch=0)
        assert cache_verb(path, "clear", "--yes") == 0
        assert not ask(endpoint, epoch=0).cached
        assert ask(endpoint, epoch=0).cached


def test_the_default_place_is_the_cache_folder_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EVALRUN_CACHE_DIR", str(tmp_path / "named"))
    assert main(["cache", "stats"]) == 0
    assert str(tmp_path / "named" / FILE_NAME) in capsys.readouterr().out

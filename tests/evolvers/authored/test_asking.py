"""The panel is asked over HTTP: no reply is paid for twice, none is lost, and the budget is never exceeded."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from evalrun.benchmarks import BadInput, InfraError
from evalrun.benchmarks.jsonio import digest, text_digest
from evalrun.evolvers.authored.asking import AskSettings, ModelAsker, ReplyMissing, Sampling, sent_seed
from evalrun.evolvers.authored.budget import Limits, Purse
from evalrun.evolvers.authored.calls import Answer, OutOfBudget, Panel
from evalrun.evolvers.authored.panel import member, panel_of
from evalrun.evolvers.authored.protocol import Rendered
from evalrun.evolvers.authored.store import ReplyStore, entries
from evalrun.harness.endpoint.api import EndpointDown, EndpointRefused, RequestRefused
from evalrun.harness.runs.budget import Prices

from .answering import Answering, Body, Said, answering, question

QUICK = AskSettings(retries=0, connections=4)
PROMPT = Rendered("solve", "1-abc", "You solve tasks.", "Add one.")


def echo(body: Body) -> Said:
    """A text that differs by what was asked, and by the seed."""
    return Said(f"<think>hm</think>{question(body)} {body.get('seed')}")


@pytest.fixture
def server() -> Iterator[Answering]:
    with answering(echo) as found:
        yield found


def panel_at(server: Answering) -> Panel:
    return panel_of(member("alpha-1", server.base_url), [member("beta-7b", server.base_url)])


@contextlib.contextmanager
def asking(
    panel: Panel,
    path: Path,
    limits: Limits | None = None,
    *,
    replay: bool = False,
    settings: AskSettings = QUICK,
    prices: dict[str, Prices] | None = None,
) -> Iterator[ModelAsker]:
    purse = Purse(limits or Limits(), prices)
    with (
        ReplyStore(path) as store,
        ModelAsker(panel, store, purse, settings, replay=replay) as asker,
    ):
        yield asker


async def solve(asker: ModelAsker, count: int = 5, seed: int = 7, text: str = "Add one.") -> list[Answer]:
    """Blind solutions of one prompt."""
    prompt = replace(PROMPT, text=text)
    solver = asker.panel.solvers[0]
    return list(
        await asyncio.gather(*(asker.ask("solver", solver, "solve", prompt, seed=seed, epoch=e) for e in range(count)))
    )


def test_a_call_names_model_prompt_sampling_and_the_digests_of_request_and_reply(
    server: Answering, tmp_path: Path
) -> None:
    with asking(panel_at(server), tmp_path / "replies") as asker:
        [answer] = asker.run(solve(asker, 1))

    body = server.bodies[0]
    assert body == {
        "model": "beta-7b",
        "messages": [{"role": "system", "content": "You solve tasks."}, {"role": "user", "content": "Add one."}],
        "max_tokens": 8192,
        "temperature": 0.8,
        "seed": sent_seed(7, 0),
    }
    assert answer.text == f"Add one. {body['seed']}"
    assert (answer.call.role, answer.call.purpose, answer.call.model) == ("solver", "solve", "beta-7b")
    assert (answer.call.family, answer.call.template, answer.call.template_version) == ("beta", "solve", "1-abc")
    assert (answer.call.temperature, answer.call.seed, answer.call.epoch) == (0.8, body["seed"], 0)
    assert answer.call.request_digest == digest(body)
    assert answer.call.reply_digest == text_digest(answer.text)
    assert not answer.cached


def test_five_solutions_are_five_replies_and_are_asked_for_at_the_same_time(tmp_path: Path) -> None:
    with answering(lambda body: replace(echo(body), wait_s=0.1)) as server:
        with asking(panel_at(server), tmp_path / "replies") as asker:
            answers = asker.run(solve(asker, 12))

        assert len({answer.text for answer in answers}) == 12
        assert 2 <= server.most_at_once <= QUICK.connections


def test_a_stored_reply_is_never_paid_for_again(server: Answering, tmp_path: Path) -> None:
    for cached in (False, True):
        with asking(panel_at(server), tmp_path / "replies") as asker:
            answers = asker.run(solve(asker))
            assert [answer.cached for answer in answers] == [cached] * 5
            assert asker.purse.bill.calls == 5
            assert asker.purse.bill.paid_calls == (0 if cached else 5)

    assert len(server.bodies) == 5


def test_the_same_request_asked_twice_at_once_is_sent_once(tmp_path: Path) -> None:
    async def twice(asker: ModelAsker) -> list[list[Answer]]:
        return list(await asyncio.gather(solve(asker), solve(asker)))

    with answering(lambda body: replace(echo(body), wait_s=0.05)) as server:
        with asking(panel_at(server), tmp_path / "replies") as asker:
            first, second = asker.run(twice(asker))
            assert asker.purse.bill.calls == 5

        assert [answer.text for answer in first] == [answer.text for answer in second]
        assert len(server.bodies) == 5


def test_another_seed_is_another_reply_even_where_servers_take_no_seed(server: Answering, tmp_path: Path) -> None:
    with asking(panel_at(server), tmp_path / "replies", settings=replace(QUICK, send_seed=False)) as asker:
        answers = [*asker.run(solve(asker, 1, seed=1)), *asker.run(solve(asker, 1, seed=2))]

    assert len(server.bodies) == 2
    assert "seed" not in server.bodies[0]
    assert [answer.call.seed for answer in answers] == [None, None]


def test_a_replay_asks_nobody_and_gives_the_same_wherever_the_endpoint_was(server: Answering, tmp_path: Path) -> None:
    with asking(panel_at(server), tmp_path / "replies") as asker:
        first = asker.run(solve(asker))
    elsewhere = replace(server, base_url="http://127.0.0.1:9/v1")

    with asking(panel_at(elsewhere), tmp_path / "replies", replay=True) as asker:
        second = asker.run(solve(asker))

    assert [(one.text, one.call) for one in first] == [(one.text, one.call) for one in second]


def test_a_replay_that_lacks_a_reply_says_which_in_one_line(server: Answering, tmp_path: Path) -> None:
    with asking(panel_at(server), tmp_path / "replies") as asker:
        asker.run(solve(asker))

    said = r"holds no reply to this request \(solve, beta-7b, prompt solve 1-abc\)"
    with (
        asking(panel_at(server), tmp_path / "replies", replay=True) as asker,
        pytest.raises(ReplyMissing, match=said) as caught,
    ):
        asker.run(solve(asker, 6))

    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    assert len(server.bodies) == 5


def test_a_file_of_another_kind_is_no_store_and_is_left_alone(server: Answering, tmp_path: Path) -> None:
    import sqlite3

    path = tmp_path / "other.sqlite3"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE mine (x)")
        connection.commit()
    before = path.read_bytes()

    with pytest.raises(BadInput, match="no store of replies"), asking(panel_at(server), path):
        pass
    assert path.read_bytes() == before


def test_a_file_of_notes_named_as_the_store_is_refused_in_one_line_and_stays_where_it_is(
    server: Answering, tmp_path: Path
) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("what I want to remember\n", encoding="utf-8")

    with pytest.raises(BadInput, match="left as it is") as caught, asking(panel_at(server), path):
        pass
    with pytest.raises(BadInput, match="left as it is"):
        list(entries(path))
    assert "\n" not in str(caught.value)
    assert path.read_text(encoding="utf-8") == "what I want to remember\n"
    assert not list(tmp_path.glob("*damaged*"))


def test_a_damaged_store_is_not_paid_for_anew(server: Answering, tmp_path: Path) -> None:
    path = tmp_path / "replies"
    with asking(panel_at(server), path) as asker:
        asker.run(solve(asker))
    damaged = bytearray(path.read_bytes())
    damaged[100:] = b"\xff" * (len(damaged) - 100)
    path.write_bytes(damaged)
    asked = len(server.bodies)

    with pytest.raises((BadInput, InfraError)), asking(panel_at(server), path) as asker:
        asker.run(solve(asker))
    assert len(server.bodies) == asked
    assert path.read_bytes() == damaged


def test_a_refused_request_is_refused_again_without_asking(tmp_path: Path) -> None:
    def refuse(body: Body) -> Said:
        return Said("the context is too long", status=400) if question(body) == "long" else echo(body)

    with answering(refuse) as server:
        for replay in (False, False, True):
            with asking(panel_at(server), tmp_path / "replies", replay=replay) as asker:
                asker.run(solve(asker, 1))
                with pytest.raises(RequestRefused, match="too long"):
                    asker.run(solve(asker, 1, text="long"))
                assert asker.purse.bill.calls == 2

        assert len(server.bodies) == 2


def test_an_outage_is_no_reply_and_is_asked_again_next_time(tmp_path: Path) -> None:
    down = [True]
    with answering(lambda body: Said("busy", status=503) if down[0] else echo(body)) as server:
        with asking(panel_at(server), tmp_path / "replies") as asker, pytest.raises(EndpointDown):
            asker.run(solve(asker, 1))
        down[0] = False
        with asking(panel_at(server), tmp_path / "replies") as asker:
            [answer] = asker.run(solve(asker, 1))

    assert answer.text.startswith("Add one.")


def test_what_is_in_flight_when_another_request_fails_still_reaches_the_store(tmp_path: Path) -> None:
    def mixed(body: Body) -> Said:
        return Said("no such model", status=404) if body["model"] == "alpha-1" else replace(echo(body), wait_s=0.3)

    async def both(asker: ModelAsker) -> None:
        author = asker.ask("author", asker.panel.author, "evolve", PROMPT, seed=1)
        await asyncio.gather(solve(asker, 3), author)

    with answering(mixed) as server:
        with asking(panel_at(server), tmp_path / "replies") as asker, pytest.raises(EndpointRefused):
            asker.run(both(asker))

        assert sum(body["model"] == "beta-7b" for body in server.bodies) == 3
    assert len(list(entries(tmp_path / "replies"))) == 3


def test_a_budget_of_calls_is_held_to_the_call_and_a_replay_ends_there_too(server: Answering, tmp_path: Path) -> None:
    for replay in (False, False, True):
        with asking(panel_at(server), tmp_path / "replies", Limits(calls=7), replay=replay) as asker:
            first = asker.run(solve(asker))
            with pytest.raises(OutOfBudget, match="7 of 7 calls"):
                asker.run(solve(asker, 5, seed=8))
        assert len(first) == 5
        assert len(server.bodies) == 7


def test_a_larger_budget_goes_on_from_the_store(server: Answering, tmp_path: Path) -> None:
    with asking(panel_at(server), tmp_path / "replies", Limits(calls=3)) as asker, pytest.raises(OutOfBudget):
        asker.run(solve(asker))
    with asking(panel_at(server), tmp_path / "replies", Limits(calls=5)) as asker:
        assert len(asker.run(solve(asker))) == 5

    assert len(server.bodies) == 5
    with asking(panel_at(server), tmp_path / "replies", replay=True) as asker, pytest.raises(ReplyMissing):
        asker.run(solve(asker, 6))


@pytest.mark.parametrize(("limits", "prices"), [(Limits(tokens=2_000), None), (Limits(money=0.05), 20.0)])
def test_tokens_and_money_are_never_exceeded(tmp_path: Path, limits: Limits, prices: float | None) -> None:
    known = {} if prices is None else {name: Prices(prices, prices) for name in ("alpha-1", "beta-7b")}
    settings = replace(QUICK, sampling={"solver": Sampling(0.8, 150)})

    async def many(asker: ModelAsker) -> None:
        for round_ in range(100):
            await solve(asker, 8, seed=round_)

    with answering(lambda body: replace(echo(body), input_tokens=40, output_tokens=100)) as server:
        with asking(panel_at(server), tmp_path / "replies", limits, settings=settings, prices=known) as asker:
            with pytest.raises(OutOfBudget):
                asker.run(many(asker))
            bill = asker.purse.bill

        assert bill.paid_calls == len(server.bodies) == len(list(entries(tmp_path / "replies")))
    if limits.tokens is not None:
        assert bill.tokens == bill.calls * 140
        assert 0.7 * limits.tokens < bill.tokens <= limits.tokens
    if limits.money is not None:
        assert bill.money == pytest.approx(bill.calls * 140 * 20 / 1e6)
        assert 0.7 * limits.money < bill.money <= limits.money


def test_minutes_end_the_asking(server: Answering, tmp_path: Path) -> None:
    now = [0.0]
    purse = Purse(Limits(minutes=2), clock=lambda: now[0])
    with ReplyStore(tmp_path / "replies") as store, ModelAsker(panel_at(server), store, purse, QUICK) as asker:
        asker.run(solve(asker))
        now[0] = 121.0
        with pytest.raises(OutOfBudget, match=r"2\.0 of 2 minutes"):
            asker.run(solve(asker, 1, seed=9))


def test_money_needs_prices_of_every_member(server: Answering, tmp_path: Path) -> None:
    prices = {"alpha-1": Prices(1, 1)}
    with (
        pytest.raises(BadInput, match="prices of beta-7b"),
        asking(panel_at(server), tmp_path / "replies", Limits(money=1), prices=prices),
    ):
        pass


def test_tokens_are_estimated_where_the_server_does_not_count_them(tmp_path: Path) -> None:
    with answering(lambda body: replace(Said("x" * 400), counts=False)) as server:
        for _ in range(2):
            with asking(panel_at(server), tmp_path / "replies") as asker:
                asker.run(solve(asker, 1))
                assert (asker.purse.bill.input_tokens, asker.purse.bill.output_tokens) == (6, 100)


def test_a_key_goes_to_the_server_it_was_given_for_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALRUN_API_KEY", "key-of-the-author")
    monkeypatch.setenv("OTHER_KEY", "key-of-the-judge")
    with answering(echo) as one, answering(echo) as two, answering(echo) as three:
        panel = panel_of(
            member("alpha", one.base_url), [member("beta", two.base_url)], [member("gamma", three.base_url)]
        )

        async def all_of_them(asker: ModelAsker) -> None:
            await asker.ask("author", panel.author, "evolve", PROMPT, seed=1)
            await asker.ask("solver", panel.solvers[0], "solve", PROMPT, seed=1)
            await asker.ask("judge", panel.judges[0], "judge", PROMPT, seed=1)

        settings = replace(QUICK, key_variables={three.base_url: "OTHER_KEY"})
        with asking(panel, tmp_path / "replies", settings=settings) as asker:
            asker.run(all_of_them(asker))

        assert one.keys == ["Bearer key-of-the-author"]
        assert two.keys == [None]
        assert three.keys == ["Bearer key-of-the-judge"]
    assert all(b"key-of" not in path.read_bytes() for path in tmp_path.iterdir())


def test_two_models_of_one_name_at_two_servers_are_two_members(tmp_path: Path) -> None:
    with answering(lambda body: Said("one")) as one, answering(lambda body: Said("two")) as two:
        panel = panel_of(member("alpha", one.base_url), [member("beta", one.base_url), member("beta", two.base_url)])

        async def ask_both(asker: ModelAsker) -> list[str]:
            asks = [asker.ask("solver", each, "solve", PROMPT, seed=1) for each in panel.solvers]
            return [answer.text for answer in await asyncio.gather(*asks)]

        for replay in (False, True):
            with asking(panel, tmp_path / "replies", replay=replay) as asker:
                assert asker.run(ask_both(asker)) == ["one", "two"]


def test_a_store_that_cannot_be_written_is_an_outage_and_no_reply_is_handed_on(
    server: Answering, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from evalrun.harness.endpoint import cachestore

    with asking(panel_at(server), tmp_path / "replies") as asker:

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(cachestore, "_write_all", full)
        with pytest.raises(InfraError, match="No space left"):
            asker.run(solve(asker, 1))
        monkeypatch.undo()


def test_ctrl_c_waits_for_what_is_in_flight_and_keeps_it(tmp_path: Path) -> None:
    began = threading.Event()

    def slow(body: Body) -> Said:
        began.set()
        return replace(echo(body), wait_s=0.5)

    def press() -> None:
        began.wait(10)
        time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGINT)

    with answering(slow) as server:
        with asking(panel_at(server), tmp_path / "replies") as asker:
            threading.Thread(target=press).start()
            with pytest.raises(KeyboardInterrupt):
                asker.run(solve(asker, 12))

        sent = len(server.bodies)
        assert 1 <= sent <= QUICK.connections
        assert len(list(entries(tmp_path / "replies"))) == sent
        with asking(panel_at(server), tmp_path / "replies") as asker:
            assert len(asker.run(solve(asker, 12))) == 12
        assert len(server.bodies) == 12


KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from evalrun.evolvers.authored.asking import AskSettings, ModelAsker
from evalrun.evolvers.authored.budget import Limits, Purse
from evalrun.evolvers.authored.panel import member, panel_of
from evalrun.evolvers.authored.protocol import Rendered
from evalrun.evolvers.authored.store import ReplyStore
author = member("alpha", sys.argv[1])
with ReplyStore(Path(sys.argv[2])) as store:
    with ModelAsker(panel_of(author), store, Purse(Limits()), AskSettings(connections=1)) as asker:
        async def work():
            for number in range(60):
                answer = await asker.ask("author", author, "evolve", Rendered("t", "1", "", f"ask {number}"), seed=1)
                print(answer.text, flush=True)
        asker.run(work())
"""


def test_whatever_was_handed_on_before_a_kill_is_in_the_store(tmp_path: Path, checkout: Path) -> None:
    with answering(lambda body: replace(echo(body), wait_s=0.005)) as server:
        for _ in range(3):
            program = [sys.executable, "-c", KILLED, server.base_url, str(tmp_path / "replies"), str(checkout)]
            with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
                assert process.stdout is not None
                seen = [process.stdout.readline() for _ in range(len(server.bodies) + 8)]
                process.send_signal(signal.SIGKILL)
            time.sleep(0.1)
            known = {kept.response.replies[0].text for kept in entries(tmp_path / "replies")}
            assert {line.strip() for line in seen} <= known

        asked = [question(body) for body in server.bodies]
        # one request at a time: what was in flight at a kill is all that may be asked for again
        assert len(asked) - len(set(asked)) <= 3


def test_a_second_ctrl_c_waits_for_nothing(tmp_path: Path) -> None:
    def press() -> None:
        for _ in range(2):
            time.sleep(0.3)
            os.kill(os.getpid(), signal.SIGINT)

    with answering(lambda body: replace(echo(body), wait_s=3.0)) as server:
        with asking(panel_at(server), tmp_path / "replies") as asker:
            threading.Thread(target=press).start()
            began = time.monotonic()
            with pytest.raises(KeyboardInterrupt):
                asker.run(solve(asker, 3))
            assert time.monotonic() - began < 2.5

        assert list(entries(tmp_path / "replies")) == []


@pytest.mark.parametrize(
    "row",
    [
        "[]",
        "{}",
        '{"asked": {}, "response": {}}',
        '{"asked": {"role": [], "purpose": "", "model": "", "template": "", "template_version": "", "chars": "x"}, '
        '"response": {"replies": [{"text": "a"}], "input_tokens": 1, "output_tokens": 1}}',
        '{"asked": {"role": "", "purpose": "", "model": "", "template": "", "template_version": "", "chars": 1}, '
        '"response": {"replies": [{"text": "a"}], "input_tokens": "1", "output_tokens": 1}}',
        '{"asked": {"role": "", "purpose": "", "model": "", "template": "", "template_version": "", "chars": 1}, '
        '"response": {"replies": [], "input_tokens": 1, "output_tokens": 1}}',
    ],
)
def test_an_entry_of_another_shape_is_asked_for_again(server: Answering, tmp_path: Path, row: str) -> None:
    import sqlite3

    from evalrun.harness.endpoint.cachestore import _check_sum

    path = tmp_path / "replies"
    with asking(panel_at(server), path) as asker:
        asker.run(solve(asker, 1))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        [(key,)] = connection.execute("SELECT key FROM responses").fetchall()
        value = row.encode()
        connection.execute("UPDATE responses SET value = ?, check_sum = ?", (value, _check_sum(key, value)))
        connection.commit()

    with asking(panel_at(server), path) as asker:
        [answer] = asker.run(solve(asker, 1))

    assert answer.text.startswith("Add one.")
    assert len(server.bodies) == 2

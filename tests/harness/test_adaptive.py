"""How many requests go out at a time: halved once per round trip by an overload, and back one by one."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.harness.endpoint.adaptive import AdaptiveLimit, PauseTooLong
from evalrun.harness.endpoint.clocks import Clocks
from evalrun.harness.endpoint.stopping import Interrupted, Stopping


class Time:
    """A clock that only sleeping, or the test, moves on."""

    def __init__(self) -> None:
        self.now = 100.0

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)

    @property
    def clocks(self) -> Clocks:
        return Clocks(sleep=self.sleep, monotonic=lambda: self.now)


def test_it_starts_where_the_user_wants_it() -> None:
    assert AdaptiveLimit(256).limit == 256
    with pytest.raises(ValueError, match="0 requests"):
        AdaptiveLimit(0)


def test_all_the_complaints_of_one_round_trip_halve_it_once() -> None:
    time = Time()
    gate = AdaptiveLimit(64, clocks=time.clocks)
    sent = time.now
    time.now += 1.0
    for _ in range(64):
        gate.overloaded(sent)
    assert gate.limit == 32
    gate.overloaded(time.now + 0.1)  # sent under the new limit, and still too much
    assert gate.limit == 16


def test_it_never_falls_below_one() -> None:
    time = Time()
    gate = AdaptiveLimit(3, clocks=time.clocks)
    for _ in range(10):
        time.now += 1.0
        gate.overloaded(time.now)
    assert gate.limit == 1


def test_a_round_of_answers_makes_room_for_one_more_up_to_the_bound() -> None:
    gate = AdaptiveLimit(64, clocks=Time().clocks)
    gate.overloaded(1000.0)
    for _ in range(33):
        gate.answered()
    assert gate.limit == 33
    for _ in range(5000):
        gate.answered()
    assert gate.limit == 64


def test_without_adaptation_it_stays_and_still_pauses() -> None:
    time = Time()
    gate = AdaptiveLimit(8, adaptive=False, clocks=time.clocks)
    gate.overloaded(time.now)
    gate.pause(5.0)
    assert (gate.limit, gate.pause_s()) == (8, 5.0)


def test_places_are_given_in_the_order_of_asking_and_fewer_after_a_cut() -> None:
    async def scenario() -> None:
        gate = AdaptiveLimit(2, clocks=Time().clocks)
        entered: list[int] = []

        async def one(number: int) -> None:
            await gate.enter()
            entered.append(number)

        tasks = [asyncio.ensure_future(one(number)) for number in range(5)]
        await asyncio.sleep(0.01)
        assert (entered, gate.out) == ([0, 1], 2)
        gate.overloaded(1000.0)
        gate.leave()
        await asyncio.sleep(0.01)
        assert entered == [0, 1]  # one is out, and one may be
        gate.leave()
        await asyncio.sleep(0.01)
        assert entered == [0, 1, 2]
        gate.answered()  # 1 -> 2
        await asyncio.sleep(0.01)
        assert entered == [0, 1, 2, 3]
        tasks[4].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(scenario())


def test_a_pause_holds_all_and_its_prolonging_too() -> None:
    time = Time()

    async def scenario() -> None:
        gate = AdaptiveLimit(4, clocks=time.clocks)
        gate.pause(10.0)
        gate.pause(3.0)  # a shorter one does not end it
        await gate.enter()
        assert time.now == 110.0
        gate.pause(60.0)
        with pytest.raises(PauseTooLong, match="60 s"):
            await gate.enter(longest_pause_s=59.0)
        assert gate.out == 1

    asyncio.run(scenario())


def test_who_waits_for_a_place_learns_of_a_pause_that_is_too_long() -> None:
    async def scenario() -> None:
        gate = AdaptiveLimit(1, clocks=Time().clocks)
        await gate.enter()
        waiting = asyncio.ensure_future(gate.enter(longest_pause_s=100.0))
        await asyncio.sleep(0.01)
        gate.pause(86_400.0)
        gate.leave()
        with pytest.raises(PauseTooLong):
            await waiting
        assert gate.out == 0

    asyncio.run(scenario())


@given(st.lists(st.sampled_from(["enter", "leave", "cancel", "answered", "overloaded", "step"]), max_size=60))
def test_whatever_happens_no_place_is_lost_and_no_bound_passed(events: list[str]) -> None:
    async def scenario() -> None:
        time = Time()
        gate = AdaptiveLimit(3, clocks=time.clocks)
        waiting: list[asyncio.Task[None]] = []
        inside = 0
        for event in events:
            time.now += 1.0
            if event == "enter":
                waiting.append(asyncio.ensure_future(gate.enter()))
            elif event == "leave" and inside:
                inside -= 1
                gate.leave()
            elif event == "cancel" and waiting:
                waiting[0].cancel()
            elif event == "answered":
                gate.answered()
            elif event == "overloaded":
                gate.overloaded(time.now)
            elif event == "step":
                for _ in range(3):
                    await asyncio.sleep(0)
            inside += sum(task.done() and not task.cancelled() for task in waiting)
            waiting = [task for task in waiting if not task.done()]
            assert gate.out <= 3
        while inside or waiting:  # everyone gets in, and out
            for _ in range(5):
                await asyncio.sleep(0)
            inside += sum(task.done() and not task.cancelled() for task in waiting)
            waiting = [task for task in waiting if not task.done()]
            assert inside or not waiting
            if inside:
                inside -= 1
                gate.leave()
        assert gate.out == 0

    asyncio.run(scenario())


def test_whoever_waits_for_a_place_stops_waiting_when_nothing_is_to_be_sent_any_more() -> None:
    async def scenario() -> None:
        stopping = Stopping()
        gate = AdaptiveLimit(1, stopping=stopping)
        await gate.enter()
        waiting = asyncio.ensure_future(gate.enter())
        await asyncio.sleep(0)
        stopping.now()
        with pytest.raises(Interrupted):
            await waiting
        assert gate.out == 1

    asyncio.run(scenario())

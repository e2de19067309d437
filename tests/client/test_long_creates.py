"""A gateway whose creates last as long as their tasks, and that says no late: how many are at risk, and who waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from nanobanana_async import NetworkError, Rate, ScriptedTransport
from nanobanana_async.events import Event, GateClosed
from nanobanana_async.transport import json_reply
from nanobanana_async.values import WireReply, WireRequest
from tests.scripted_images import IN_THE_ANSWER, ScriptedImages, error, made

TWENTY = Rate(20, per=10)
LOST = NetworkError("no answer came in time")


class Slow(ScriptedImages):
    """Answers the create number n with what `says(n)` is, after `seconds`, whatever that is."""

    def __init__(self, says: Callable[[int], WireReply | NetworkError], seconds: float) -> None:
        super().__init__(seconds=seconds)
        self.closings: list[float] = []
        self._says = says
        self.transport = ScriptedTransport(self._late)

    async def _late(self, request: WireRequest) -> WireReply:
        self.requests.append(request)
        self.sent_at.append(asyncio.get_running_loop().time())
        said = self._says(len(self.requests))
        self.on_the_wire += 1
        self.most_on_the_wire = max(self.most_on_the_wire, self.on_the_wire)
        await asyncio.sleep(self.seconds)
        self.on_the_wire -= 1
        if isinstance(said, NetworkError):
            raise said
        return said

    def heard(self, event: Event) -> None:
        if isinstance(event, GateClosed):
            self.closings.append(event.seconds)


def busy(*, after: str | None = None) -> WireReply:
    headers = {} if after is None else {"retry_after": after}
    return error(429, "Upstream rate limit", "rate_limit", **headers)


async def test_late_refusals_of_one_burst_close_the_gate_for_as_long_as_they_say() -> None:
    """Ten are refused after 2.5 s, one after the other, and each says one second: none of them waits for ten."""
    gateway = Slow(lambda number: busy(after="1") if number <= 10 else made(IN_THE_ANSWER), 2.5)

    async with gateway.client(on_event=gateway.heard) as client:
        outcomes = await client.generate_all([f"banana {number}" for number in range(10)])

    assert {outcome.state for outcome in outcomes} == {"succeeded"}
    assert len(gateway.requests) == 20
    assert max(gateway.closings) <= 1.0
    assert len(gateway.closings) <= 3
    assert gateway.sent_at[10] - gateway.sent_at[9] <= 4.0
    assert gateway.sent_at[-1] - gateway.sent_at[0] <= 10.0


async def test_what_was_refused_late_teaches_no_rate() -> None:
    """Nobody was let in: the limit is the one that was given."""
    gateway = Slow(lambda number: busy() if number <= 5 else made(IN_THE_ANSWER), 2.5)

    async with gateway.client(in_flight=5) as client:
        await client.generate_all([f"banana {number}" for number in range(5)])
        statistics = client.statistics()

    assert statistics.learned == ""
    assert statistics.rate == TWENTY


async def test_an_outage_that_is_told_late_is_waited_out_ever_longer_and_not_for_ever() -> None:
    """As one that is told at once: the run stops after 15 minutes, and few creates were refused by then."""
    gateway = Slow(lambda _: busy(), 2.5)

    async with gateway.client() as client:
        outcomes = await client.generate_all([f"banana {number}" for number in range(60)])

    assert {outcome.state for outcome in outcomes} == {"skipped"}
    assert len(gateway.requests) <= 600


@pytest.mark.parametrize("rate", [TWENTY, Rate(1, per=10)])
async def test_a_relay_that_cuts_every_create_gets_one_window_of_them(rate: Rate) -> None:
    """Each is paid for and lost: the first answer stops the run, and until then no more are at risk."""
    gateway = Slow(lambda _: json_reply({"message": "Endpoint request timed out"}, 504), 180.0)

    async with gateway.client(rate=rate) as client:
        outcomes = await client.generate_all([f"banana {number}" for number in range(60)])

    assert len(gateway.requests) == rate.limit
    assert [outcome.state for outcome in outcomes].count("skipped") == 60 - rate.limit


async def test_a_batch_whose_first_answers_are_lost_goes_on() -> None:
    """One follows for each, and the first that is answered lets all others go."""
    gateway = Slow(lambda number: LOST if number <= 30 else made(IN_THE_ANSWER), 60.0)

    async with gateway.client(rate=TWENTY) as client:
        outcomes = await client.generate_all([f"banana {number}" for number in range(100)])

    assert [outcome.state for outcome in outcomes].count("succeeded") == 70
    assert gateway.sent_at[20] - gateway.sent_at[0] >= 60.0
    assert gateway.most_on_the_wire > 20

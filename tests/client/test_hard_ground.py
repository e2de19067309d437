"""What a hostile reviewer found: users' code that raises, closes that are cut short, gateways that make no sense."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import attrs
import pytest

from nanobanana_async import (
    BusyError,
    ConfigurationError,
    Kie,
    NanoBanana,
    NanoBananaEdit,
    Rate,
    StillRunningError,
    Task,
    UsageError,
)
from nanobanana_async.errors import BadImageError
from nanobanana_async.events import Event, TaskDetached
from nanobanana_async.testing import VirtualTimeLoop
from nanobanana_async.values import Expected, WireReply, WireRequest
from tests.scripted_kie import ScriptedKie, record, said, until


async def test_a_caller_told_that_nothing_was_sent_is_told_the_truth() -> None:
    """A loop that lags past the end of his patience and into the next window must not send after all."""
    kie = ScriptedKie()
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)

    async with kie.client(rate=Rate(1, per=0.05)) as client:
        await client.generate("first")
        caller = asyncio.ensure_future(client.generate("second", timeout=0.02))
        await until(lambda: client.statistics().queued)
        loop.advance(0.1)  # as a loop that was blocked sees it
        with pytest.raises(BusyError):
            await caller

    assert kie.prompts == ["first"]


async def test_a_key_refused_by_looks_stops_the_creates_as_well() -> None:
    """Twice, with no answer in between: whoever can't be asked must not be paid any longer."""
    kie = ScriptedKie()
    kie.looks = [said(401, "Unauthorized")] * 1000

    async with kie.client(in_flight=3) as client:
        outcomes = await client.generate_all(f"b {n}" for n in range(100))

    assert {outcome.state for outcome in outcomes} == {"pending", "skipped"}
    assert sum(outcome.charged == "yes" for outcome in outcomes) == len(kie.accepted) < 10


async def test_one_refused_look_is_asked_again() -> None:
    """A passing 401 ends nothing."""
    kie = ScriptedKie()
    kie.looks = [said(401, "Unauthorized")]

    async with kie.client() as client:
        outcomes = await client.generate_all(f"b {n}" for n in range(10))

    assert {outcome.state for outcome in outcomes} == {"succeeded"}


T = TypeVar("T")


@attrs.frozen
class Odd:
    """A request of a user's own, with a fault in one place."""

    fault: str
    model: str = "google/nano-banana"
    dialect: str = "jobs"
    credits: float | None = None

    @property
    def images(self) -> Sequence[str]:
        return self._or_raise("images", ())

    @property
    def expected(self) -> Expected:
        return self._or_raise("expected", Expected(0, 1))

    def fields(self) -> dict[str, Any]:
        return {}

    def vendor_input(self, image_urls: Sequence[str]) -> dict[str, Any]:
        return self._or_raise("vendor_input", {"prompt": "x"})

    def _or_raise(self, place: str, value: T) -> T:
        if self.fault == place:
            raise KeyError(place)
        return value

    def __repr__(self) -> str:
        raise RuntimeError("not even that")


@pytest.mark.parametrize("fault", ["images", "expected", "vendor_input"])
async def test_a_request_that_raises_is_that_items_failure(fault: str) -> None:
    """Before anything is sent, and disturbing nobody else."""
    kie = ScriptedKie()

    async with kie.client() as client:
        outcomes = await asyncio.wait_for(client.generate_all([Odd(fault), NanoBanana("a")]), 60)

    assert [outcome.state for outcome in outcomes] == ["failed", "succeeded"]
    assert (outcomes[0].charged, type(outcomes[0].error)) == ("no", UsageError)
    assert kie.prompts == ["a"]


async def test_a_refused_request_leaves_nobody_waiting() -> None:
    """Neither a waiter nor its time limit."""
    kie = ScriptedKie()

    async with kie.client() as client:
        with pytest.raises(KeyError):
            await client.generate(Odd("expected"))
        awaited = client.statistics().awaited

    assert awaited == 0


def cancelled(_: WireRequest) -> WireReply:
    """What a transport does whose own inner task was cancelled."""
    raise asyncio.CancelledError


async def test_a_create_whose_transport_is_cancelled_is_unknown_and_stops_nobody() -> None:
    """The worker dies; the row does not, and the next one has its turn."""
    kie = ScriptedKie()
    kie.creates = [said(200, data={"taskId": "first"}), cancelled]

    async with kie.client() as client:
        outcomes = await asyncio.wait_for(client.generate_all(["a", "b", "c"]), 60)
        statistics = client.statistics()

    assert sorted(outcome.state for outcome in outcomes) == ["succeeded", "succeeded", "unknown"]
    assert (statistics.creating, statistics.looking) == (0, 0)


async def test_a_look_whose_transport_is_cancelled_is_made_again() -> None:
    """It is paid for."""
    kie = ScriptedKie()
    kie.looks = [cancelled]

    async with kie.client() as client:
        result = await asyncio.wait_for(client.generate("a"), 60)

    assert result.task_id == "task0"


async def test_an_upload_whose_transport_breaks_fails_its_item() -> None:
    """Also where it raises what no transport should."""
    kie = ScriptedKie()  # it answers no upload: a KeyError

    async with kie.client() as client:
        outcomes = await asyncio.wait_for(client.generate_all([NanoBananaEdit("a", images=[PNG])]), 60)

    assert isinstance(outcomes[0].error, UsageError | BadImageError)
    assert not kie.prompts


PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


async def test_two_creates_with_one_task_id_are_both_told() -> None:
    """At the end of the client too."""
    kie = ScriptedKie()
    kie.state = "generating"
    kie.creates = [said(200, data={"taskId": "same"})] * 2

    async with kie.client() as client:
        callers = [asyncio.ensure_future(client.generate(f"b {n}")) for n in range(2)]
        await until(lambda: client.statistics().in_flight == 2 and kie.polls["same"] > 3)
    ends = await asyncio.wait_for(asyncio.gather(*callers, return_exceptions=True), 60)

    assert [type(end) for end in ends] == [StillRunningError] * 2


@pytest.mark.parametrize("wait", ["1000000000", "901"])
async def test_a_gateway_that_shuts_for_longer_than_the_deadline_stops_the_run(wait: str) -> None:
    """Nobody sits out 31 years; the rest is skipped, uncharged."""
    kie = ScriptedKie()
    kie.creates = [said(429, "too high", retry_after=wait)]

    async with kie.client() as client:
        outcomes = await asyncio.wait_for(client.generate_all(["a", "b"]), 60)

    assert [outcome.state for outcome in outcomes] == ["skipped", "skipped"]
    assert all(isinstance(outcome.error, BusyError) for outcome in outcomes)


async def test_refusals_without_end_take_a_quarter_of_an_hour_and_not_one_for_each_item() -> None:
    """Counted from the first refusal since the last acceptance, whatever time a task has."""
    kie = ScriptedKie()
    kie.creates = [said(429, "too high", retry_after="0.01")] * 10_000

    async with kie.client(deadline=0.3) as client:
        outcomes = await asyncio.wait_for(client.generate_all(f"b {n}" for n in range(50)), 1000)

    assert {outcome.state for outcome in outcomes} == {"skipped"}
    assert len(kie.prompts) < 300


async def test_a_balance_is_not_slept_for() -> None:
    """A long Retry-After is told at once."""
    kie = ScriptedKie()
    kie.others["/api/v1/chat/credit"] = said(429, "slow", retry_after="3600")

    async with kie.client() as client:
        with pytest.raises(BusyError):
            await asyncio.wait_for(client.balance(), 60)


async def test_patience_beyond_the_clients_deadline_counts() -> None:
    """`generate(timeout=…)` follows its task for as long as the caller waits."""
    kie = ScriptedKie()
    kie.looks = [said(200, data=record("task0", "waiting"))] * 30

    async with kie.client(deadline=0.01) as client:
        result = await client.generate("a", timeout=60)

    assert result.task_id == "task0"


async def test_a_wait_that_is_refused_follows_nothing() -> None:
    """A wrong time-out, a dialect that isn't spoken."""
    kie = ScriptedKie()

    async with kie.client() as client:
        with pytest.raises(ConfigurationError):
            await client.wait("task9", timeout=-1)
        with pytest.raises(ConfigurationError):
            await client.wait("task9", dialect="images")
        in_flight = client.statistics().in_flight

    assert in_flight == 0
    assert not kie.transport.requests


async def test_a_missing_record_older_than_the_vendor_keeps_them_is_given_up_at_once() -> None:
    """PROTOCOL §1.8: 14 days. For a task handed in here, no clock of the gateway's can say so."""
    kie = ScriptedKie()
    kie.looks = [said(422, "recordInfo is null")] * 2

    async with kie.client() as client:
        with pytest.raises(StillRunningError, match="no record"):
            await client.wait(Task("task0", created_at=datetime(2020, 1, 1, tzinfo=UTC)))
        kie.looks = [
            said(200, data=record("task0", "waiting", createTime=1_600_000_000_000)),
            said(422, "recordInfo is null"),
        ]
        result = await client.generate("a")

    assert result.urls


async def test_a_result_in_the_moment_of_the_cancellation_is_told() -> None:
    """The caller never sees it; the event stream does."""
    kie = ScriptedKie()
    events: list[Event] = []

    def cancel_at_success(event: Event) -> None:
        events.append(event)
        if type(event).__name__ == "TaskSucceeded":
            asyncio.get_running_loop().call_soon(caller.cancel)

    async with kie.client(on_event=cancel_at_success) as client:
        caller = asyncio.ensure_future(client.generate("a"))
        with pytest.raises(asyncio.CancelledError):
            await caller

    assert [event.task.id for event in events if isinstance(event, TaskDetached) and event.task] == ["task0"]


def test_a_gateway_of_the_users_own_keeps_its_kind() -> None:
    """What it overrides holds after the start as well."""

    @attrs.frozen
    class Mine(Kie):
        default_model = "nano-banana-pro"

    resolved = Mine("k").resolved({})

    assert isinstance(resolved, Mine)
    assert resolved.request("a", {}).model == "nano-banana-pro"

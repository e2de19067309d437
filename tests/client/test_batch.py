"""Many images: outcomes as they come, the same window for all, and nothing lost on the way out."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from nanobanana_async import (
    BusyError,
    ClientClosedError,
    Failed,
    InvalidRequestError,
    Item,
    NanoBanana,
    NanoBananaPro,
    NetworkError,
    Outcome,
    Pending,
    Polling,
    Rate,
    ScriptedTransport,
    Skipped,
    Succeeded,
    Unknown,
    UsageError,
)
from nanobanana_async.events import Event, OutcomeReached, RunStopped
from tests.scripted_kie import FAST, ScriptedKie, record, said, until


def states(outcomes: list[Outcome]) -> list[str]:
    return [outcome.state for outcome in outcomes]


async def test_every_item_has_one_outcome_with_its_own_data() -> None:
    """Key and data come back as they were given."""
    kie = ScriptedKie()
    items = [Item(NanoBanana(f"banana {n}"), key=f"k{n}", data={"n": n}) for n in range(30)]

    async with kie.client() as client, client.batch(items) as batch:
        outcomes = [outcome async for outcome in batch]

    assert Counter(outcome.item.key for outcome in outcomes) == Counter(f"k{n}" for n in range(30))
    assert all(outcome.item.data == {"n": int(str(outcome.item.key)[1:])} for outcome in outcomes)
    assert {outcome.charged for outcome in outcomes} == {"yes"}


async def test_ordered_outcomes_come_in_input_order() -> None:
    """Also where the first is the last to be finished."""
    kie = ScriptedKie()
    kie.looks = [said(200, data=record("task0", "waiting"))] * 5

    async with kie.client() as client, client.batch((f"banana {n}" for n in range(20)), ordered=True) as batch:
        outcomes = [outcome.index async for outcome in batch]

    assert outcomes == list(range(20))


async def test_an_async_iterable_is_a_source() -> None:
    """Items may come from a database cursor or a queue."""
    kie = ScriptedKie()

    async def source() -> AsyncIterator[str]:
        for n in range(5):
            await asyncio.sleep(0)
            yield f"banana {n}"

    async with kie.client() as client:
        outcomes = await client.generate_all(source())

    assert states(outcomes) == ["succeeded"] * 5


async def test_generate_all_never_raises_for_an_item() -> None:
    """Each wrong item is a failure of its own, in its place; nothing of it is sent."""
    kie = ScriptedKie()
    items: list[Any] = ["a cat", 42, "", Item("x" * 5001), NanoBananaPro("a dog")]

    async with kie.client() as client:
        outcomes = await client.generate_all(items, aspect_ratio="16:9")

    assert states(outcomes) == ["succeeded", "failed", "failed", "failed", "succeeded"]
    assert all(isinstance(outcome.error, InvalidRequestError) for outcome in outcomes[1:4])
    assert kie.prompts == ["a cat", "a dog"]


async def test_an_items_failure_disturbs_no_other() -> None:
    """Refused, lost, failed: each in its own outcome, with what it says of the money."""
    kie = ScriptedKie()
    kie.creates = [said(200, data={"taskId": "probe"}), said(422, "Your prompt was flagged"), NetworkError("reset")]

    async with kie.client() as client:
        outcomes = await client.generate_all([f"banana {n}" for n in range(6)])

    kinds = {Succeeded: "yes", Failed: "no", Unknown: "unknown"}
    assert states(outcomes) == ["succeeded", "failed", "unknown", "succeeded", "succeeded", "succeeded"]
    assert all(outcome.charged == kinds[type(outcome)] for outcome in outcomes)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(said(402, "Credits insufficient : x"), "credits"), (said(401, "no"), "key"), (said(505, "off"), "service")],
)
async def test_what_stops_a_run_skips_the_rest_and_finishes_what_is_in_flight(answer: Any, reason: str) -> None:
    """In flight is paid for and finishes; the rest is skipped, uncharged, and said once as an event."""
    kie = ScriptedKie()
    kie.creates = [said(200, data={"taskId": "first"}), answer]
    events: list[Event] = []

    async with kie.client(rate=Rate(2, per=3600), on_event=events.append) as client:
        outcomes = await client.generate_all(f"banana {n}" for n in range(500))

    assert states(outcomes) == ["succeeded"] + ["skipped"] * 499
    assert {outcome.reason for outcome in outcomes if isinstance(outcome, Skipped)} == {reason}
    assert {outcome.charged for outcome in outcomes[1:]} == {"no"}
    assert len(kie.prompts) == 2
    assert sum(isinstance(event, RunStopped) for event in events) == 1


async def test_a_mistyped_base_url_costs_one_request() -> None:
    """The first request goes alone; what answers it is not the gateway, and that is said at once."""
    transport = ScriptedTransport(lambda _: said(200, status=404))
    kie = ScriptedKie()

    async with kie.client(transport=transport) as client:
        outcomes = await client.generate_all(f"banana {n}" for n in range(50))

    assert len(transport.requests) == 1
    assert states(outcomes) == ["skipped"] * 50


async def test_no_more_are_in_flight_than_the_window_allows() -> None:
    """A slot is held from create to the end of the task."""
    kie = ScriptedKie()
    kie.state = "generating"

    async with kie.client(in_flight=7) as client, client.batch(f"banana {n}" for n in range(50)) as batch:
        await until(lambda: len(kie.accepted) == 7 and sum(kie.polls.values()) > 100)
        in_flight = len(kie.accepted)
        kie.state = "success"
        outcomes = [outcome async for outcome in batch]

    assert in_flight == 7
    assert len(outcomes) == 50


async def test_creates_leave_a_quarter_of_the_connections_to_looks() -> None:
    """However many creates hang on the wire."""
    kie = ScriptedKie()

    async with kie.client() as client:
        await client.generate("probe")
        kie.answering.clear()
        async with client.batch(f"banana {n}" for n in range(200)) as batch:
            await until(lambda: kie.on_the_wire == 48)
            kie.answering.set()
            outcomes = [outcome async for outcome in batch]

    assert kie.most_on_the_wire == 48
    assert len(outcomes) == 200


async def test_a_slow_consumer_slows_the_source() -> None:
    """The source is pulled only as far as the window: memory holds what is in flight."""
    kie = ScriptedKie()
    pulled = itertools.count()

    async with kie.client(in_flight=10) as client, client.batch(f"banana {n}" for n in pulled) as batch:
        taken = [await anext(batch) for _ in range(100)]
        ahead = next(pulled)

    assert len(taken) == 100
    assert ahead <= 100 + 10 + 64


async def test_what_the_source_raises_comes_out_after_all_else() -> None:
    """What was pulled before is finished and handed out first."""
    kie = ScriptedKie()

    def source() -> Iterator[str]:
        yield from ("one", "two")
        raise ZeroDivisionError("in the user's generator")

    outcomes = []
    async with kie.client() as client:
        with pytest.raises(ZeroDivisionError):
            async with client.batch(source()) as batch:
                async for outcome in batch:
                    outcomes.append(outcome)

    assert states(outcomes) == ["succeeded", "succeeded"]


@pytest.mark.parametrize("source", ["a banana", 42, None])
async def test_a_source_that_is_none_is_named(source: Any) -> None:
    """A single prompt is no batch: most likely the brackets were forgotten."""
    kie = ScriptedKie()

    async with kie.client() as client:
        with pytest.raises(UsageError, match="iterable"):
            await client.generate_all(source)


async def test_leaving_early_takes_back_what_was_not_sent_and_keeps_what_was_paid() -> None:
    """`uncollected` names every task that is paid for and that nobody has taken."""
    kie = ScriptedKie()
    kie.state = "generating"

    async with kie.client(in_flight=5) as client:
        async with client.batch(f"banana {n}" for n in range(100)) as batch:
            await until(lambda: len(kie.accepted) == 5)
        paid = batch.uncollected
        assert client.statistics().queued == 0
        kie.state = "success"
        await until(lambda: client.statistics().in_flight == 0)

    assert sorted(outcome.task_id or "" for outcome in paid) == sorted(kie.accepted)
    assert all(isinstance(outcome, Pending) and outcome.charged == "yes" for outcome in paid)
    assert {outcome.state for outcome in batch.uncollected} == {"succeeded"}
    assert len(kie.accepted) == 5


async def test_an_error_in_the_body_leaves_no_slot_taken() -> None:
    """The error comes out; creates on the wire are read to their end."""
    kie = ScriptedKie()

    async with kie.client() as client:
        with pytest.raises(ZeroDivisionError):
            async with client.batch(f"banana {n}" for n in range(100)) as batch:
                async for _ in batch:
                    raise ZeroDivisionError
        await until(lambda: client.statistics().in_flight == 0)
        statistics = client.statistics()

    assert (statistics.queued, statistics.creating, statistics.awaited) == (0, 0, 0)


async def test_a_task_that_is_late_is_pending_with_its_id() -> None:
    """The deadline of the client ends the waiting, not the task."""
    kie = ScriptedKie()
    kie.state = "generating"

    async with kie.client(deadline=0.02) as client:
        (outcome,) = await client.generate_all(["a banana"])

    assert isinstance(outcome, Pending)
    assert (outcome.task.id, outcome.reason, outcome.charged) == ("task0", "deadline", "yes")


async def test_a_record_that_never_comes_is_pending_and_said_so() -> None:
    """It is paid for, so it is never called failed."""
    kie = ScriptedKie()
    kie.looks = [said(422, "recordInfo is null")] * 10_000

    async with kie.client(deadline=0.05) as client:
        (outcome,) = await client.generate_all(["a banana"])

    assert isinstance(outcome, Pending)
    assert outcome.reason == "record_missing"


async def test_the_report_adds_up() -> None:
    """Counts by state, and the credits that the records name."""
    kie = ScriptedKie()
    kie.creates = [said(200, data={"taskId": "probe"}), said(422, "Your prompt was flagged")]

    async with kie.client() as client, client.batch(f"banana {n}" for n in range(10)) as batch:
        async for _ in batch:
            pass
        report = batch.report()

    assert (report.succeeded, report.failed, report.total, report.credits) == (9, 1, 10, 36.0)
    assert not report.ok
    assert str(report).startswith("9 of 10 succeeded, 1 failed | 36 credits (0.18 USD)")


async def test_a_batch_and_a_single_call_share_one_window() -> None:
    """A web request beside a batch obeys the account's limit too."""
    kie = ScriptedKie()

    async with kie.client(rate=Rate(5, per=3600)) as client, client.batch(f"b {n}" for n in range(5)) as batch:
        outcomes = [outcome async for outcome in batch]
        with pytest.raises(BusyError):
            await client.generate("one more", timeout=0.02)

    assert len(outcomes) == len(kie.prompts) == 5


async def test_events_tell_each_outcome_and_a_listener_that_raises_harms_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What `on_event` raises is logged and goes no further."""
    kie = ScriptedKie()
    heard: list[Event] = []

    def listener(event: Event) -> None:
        heard.append(event)
        raise ZeroDivisionError

    async with kie.client(on_event=listener) as client:
        outcomes = await client.generate_all(["a", "b"])

    assert sum(isinstance(event, OutcomeReached) for event in heard) == len(outcomes) == 2
    assert "on_event raised for OutcomeReached" in caplog.text


async def test_a_batch_runs_once_and_only_inside_its_context() -> None:
    """Used before, after or twice, it says so."""
    kie = ScriptedKie()

    async with kie.client() as client:
        batch = client.batch(["a"])
        with pytest.raises(ClientClosedError, match="isn't running"):
            await anext(batch)
        async with batch:
            assert [outcome.state async for outcome in batch] == ["succeeded"]
        with pytest.raises(ClientClosedError, match="isn't running"):
            await anext(batch)
        with pytest.raises(ClientClosedError, match="once"):
            await batch.__aenter__()


async def test_a_batch_can_be_read_in_a_log() -> None:
    """Its repr says what it is doing."""
    kie = ScriptedKie()
    kie.state = "generating"

    async with kie.client(in_flight=2, polling=FAST) as client, client.batch(f"b {n}" for n in range(5)) as batch:
        await until(lambda: len(kie.accepted) == 2)
        shown = repr(batch), repr(client)

    assert shown[0] == "<Batch [2 running, 3 queued, 0 taken]>"
    assert shown[1].startswith("<Client [2 running, 3 queued | 10000/1")


async def test_ten_thousand_items_keep_memory_flat() -> None:
    """The client holds nothing of an item once its outcome is taken."""
    kie = ScriptedKie()
    policies = {"in_flight": 50, "polling": Polling(first=0.0, interval=0.001, shortest=0.0, per_second=1e6)}

    async with kie.client(**policies) as client, client.batch(f"b {n}" for n in range(10_000)) as batch:
        kie.transport.requests = _Forgetful()
        count = 0
        async for _ in batch:
            count += 1
            assert len(batch._rows) <= 50 + 64

    assert count == 10_000


class _Forgetful(list[Any]):
    """A list that keeps nothing: the scripted transport would remember every request."""

    def append(self, _: Any) -> None:
        pass

"""What a batch came to, and where its time went: which limit held it back, and what an image took on its way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from nanobanana_async import Client, Failed, KieRequest, Polling, Request
from nanobanana_async.emulator import EmulatorOptions, Limit
from nanobanana_async.tasks import Report
from nanobanana_async.testing import Emulator, Latency
from tests.scripted_kie import ScriptedKie, record, said

MS = 1_700_000_000_000
TEN_SECONDS = {"createTime": MS, "completeTime": MS + 10_000}


async def report_of(client: Client, items: int, *, think: float = 0.0, save_to: Path | None = None) -> Report:
    async with client, client.batch((f"banana {n}" for n in range(items)), save_to=save_to) as batch:
        async for _ in batch:
            await asyncio.sleep(think)
        return batch.report()


async def report_of_kie(kie: ScriptedKie) -> Report:
    async with kie.client() as client, client.batch(["a banana"]) as batch:
        async for _ in batch:
            pass
        return batch.report()


async def test_a_batch_at_its_rate_says_that_the_rate_held_it_back() -> None:
    """Two hundred at 20 in 10 s are sent in 90 s, and nearly all of that is waiting for the window."""
    report = await report_of(Emulator(latency=Latency(least=0.05)).client(), 200)

    assert report.held["rate"] == pytest.approx(90, abs=5)
    assert report.allowed_per_minute is not None
    assert report.allowed_per_minute == pytest.approx(60 * 200 / (90 + 30))  # none is made in less than half a minute
    assert 0 < report.images_per_minute <= report.allowed_per_minute
    assert "of 100 allowed" in str(report)
    assert "held back by: rate 9" in report.where_the_time_went


async def test_a_batch_with_few_slots_says_that_they_held_it_back() -> None:
    """Not the rate, but tasks that have to end first."""
    emulator = Emulator(EmulatorOptions(limit=Limit(1000, per=1)))

    report = await report_of(emulator.client(in_flight=5), 25)

    assert report.held["in_flight"] > 0.9 * sum(report.held.values())
    assert report.generation is not None
    assert report.allowed_per_minute is not None
    assert report.allowed_per_minute == pytest.approx(60 * 5 / report.generation)
    assert 0.8 * report.allowed_per_minute < report.images_per_minute <= report.allowed_per_minute


async def test_refusals_are_told_as_what_they_are() -> None:
    """A gate that was closed for a minute is a minute in the report."""
    emulator = Emulator(faults=["too-many,retry-after=60,nth=5"])

    report = await report_of(emulator.client(), 20)

    assert report.held["refusals"] == pytest.approx(60, abs=2)


async def test_what_an_image_takes_is_told_stage_by_stage(tmp_path: Path) -> None:
    """Made in so long by the record's own times, noticed within seconds, saved, and taken at once."""
    emulator = Emulator()

    report = await report_of(emulator.client(), 5, save_to=tmp_path)
    plans = [task.plan for task in emulator.world.tasks]

    assert report.generation == pytest.approx(sum(plan.last.at - plan.created_at for plan in plans) / 5, abs=0.01)
    assert report.poll_delay is not None
    assert 0 <= report.poll_delay < 10
    assert report.saving is not None
    assert report.consumer == pytest.approx(0, abs=0.01)


async def test_a_slow_consumer_is_told_that_it_is_he() -> None:
    """Outcomes lay ready while he was busy with others."""
    emulator = Emulator(EmulatorOptions(limit=Limit(1000, per=1)))

    report = await report_of(emulator.client(), 30, think=10)

    assert report.consumer is not None
    assert report.consumer > 60


async def test_a_batch_of_nothing_has_no_times() -> None:
    """And says so."""
    report = await report_of(Emulator().client(), 0)

    assert (report.generation, report.poll_delay, report.saving, report.consumer) == (None, None, None, None)
    assert report.where_the_time_went == "of 0 s held back by: nothing; nothing to send: 0 s | an image: none"


async def test_a_burst_is_held_against_what_a_burst_may_be() -> None:
    """Twenty at once are within the limits, and are not three times what is allowed."""
    report = await report_of(Emulator(speed=20).client(), 20)

    assert report.images_per_minute > 120
    assert report.allowed_per_minute is not None
    assert report.images_per_minute <= report.allowed_per_minute


async def test_before_it_begins_no_time_has_passed() -> None:
    """However long the client is at work already."""
    async with Emulator().client() as client:
        await client.generate("a banana")
        report = client.batch(["another"]).report()

    assert (report.seconds, report.total, dict(report.held)) == (0.0, 0, {})
    assert str(report) == "0 of 0 succeeded | 0 credits (0.00 USD) | 0 s, 0 images/min"


async def test_its_times_stand_at_its_end() -> None:
    """What the client does after it is none of its own."""
    async with Emulator().client() as client:
        async with client.batch(f"banana {n}" for n in range(30)) as batch:
            async for _ in batch:
                pass
            last = batch.report()
            await client.generate_all(f"other {n}" for n in range(100))
        later = batch.report()

    assert later == last
    assert sum(later.held.values()) <= later.seconds


async def test_the_parts_of_the_time_add_up() -> None:
    """Those of the batch to its seconds, those of an image to what it took from its acceptance to its consumer."""
    kie = ScriptedKie()
    kie.looks = [said(200, data=record("task0", "success", **TEN_SECONDS))]

    async with kie.client(polling=Polling(first=15)) as client, client.batch(["a banana"]) as batch:
        began = asyncio.get_running_loop().time()
        async for _ in batch:
            took = asyncio.get_running_loop().time() - began
        report = batch.report()

    assert report.generation == 10
    assert report.poll_delay == pytest.approx(took - 10, abs=0.01)
    assert report.where_the_time_went == (
        f"of {took:.0f} s held back by: nothing; nothing to send: {took:.0f} s | "
        f"an image: made in 10.0 s, noticed in {took - 10:.1f} s, taken in 0.0 s; {took:.1f} s in all"
    )


@pytest.mark.parametrize("clock", [lambda: 0.0, lambda: 4e9])
async def test_a_clock_that_is_wrong_makes_no_delay(clock: Callable[[], float]) -> None:
    """No time of a record is held against one of ours."""
    report = await report_of(Emulator().client(clock=clock), 5)

    assert report.poll_delay is not None
    assert 0 <= report.poll_delay < 10


@pytest.mark.parametrize(
    "times", [{"createTime": MS + 3000, "completeTime": MS}, {"createTime": MS, "completeTime": MS + 3_600_000}]
)
async def test_a_record_whose_times_can_not_be_is_left_out(times: dict[str, int]) -> None:
    """Completed before it was created, or made for an hour in a minute."""
    kie = ScriptedKie()
    kie.looks = [said(200, data=record("task0", "success", **times))]

    report = await report_of_kie(kie)

    assert (report.succeeded, report.generation, report.poll_delay) == (1, None, None)


async def test_what_a_batch_leaves_behind_is_counted() -> None:
    """It is no success of the batch, and what it costs stands in its credits: about, and exactly once that is known."""
    emulator = Emulator()

    async with emulator.client() as client:
        async with client.batch([f"banana {n}" for n in range(10)]) as batch:
            async for _ in batch:
                break
        left = batch.report()
        await asyncio.sleep(600)
        later = batch.report()

    assert (left.succeeded, left.uncollected, left.total, left.ok) == (1, len(batch.uncollected), 10, False)
    assert left.credits + left.about == 40
    assert f"1 of 10 succeeded, 9 uncollected | {left.bill} | " in str(left)
    assert (later.succeeded, later.uncollected, later.credits, later.about) == (1, 9, 40, 0)


async def test_what_was_left_and_costs_nothing_is_counted_as_what_it_is() -> None:
    """Failed, or never sent."""
    emulator = Emulator(EmulatorOptions(limit=Limit(5, per=100)), faults=["fail,kind=policy,nth=2"])

    async with emulator.client() as client:
        async with client.batch([f"banana {n}" for n in range(7)]) as batch:
            await asyncio.sleep(1)
        left = batch.report()
        await asyncio.sleep(600)
        later = batch.report()

    assert (left.uncollected, left.skipped, left.total) == (5, 2, 7)
    assert (later.uncollected, later.failed, later.skipped, later.total) == (4, 1, 2, 7)
    assert later.credits == emulator.ledger.paid == 16


async def test_outcomes_that_nobody_took_are_uncollected() -> None:
    """They lay ready, and the loop was left at the first."""
    emulator = Emulator(EmulatorOptions(limit=Limit(1000, per=1)))

    async with emulator.client() as client, client.batch([f"banana {n}" for n in range(5)]) as batch:
        async for _ in batch:
            await asyncio.sleep(600)
            break
        ready = batch.report()
    left = batch.report()

    assert (ready.succeeded, ready.uncollected) == (5, 0)
    assert (left.succeeded, left.uncollected, left.credits) == (1, 4, 20)


async def test_a_source_that_was_not_read_to_its_end_is_told() -> None:
    """All that was sent has succeeded, and yet it is not all."""
    async with Emulator().client(in_flight=1) as client:
        async with client.batch(f"banana {n}" for n in range(10_000)) as batch:
            async for _ in batch:
                break
        report = batch.report()

    assert not report.ok
    assert report.stopped_by == "it was left before all items were read from the source"


async def test_prices_that_no_record_names_are_told_as_about() -> None:
    """Old records have no credits; what was charged is what the documents say."""
    emulator = Emulator(EmulatorOptions(record_shape="old"))

    report = await report_of(emulator.client(), 20)

    assert (report.credits, report.unpriced, report.about, report.unknown_price) == (0, 20, 80, 0)
    assert emulator.ledger.paid == 80
    assert "| about 80 credits (0.40 USD) |" in str(report)


async def test_what_is_pending_is_paid_for() -> None:
    """At about its documented price; where there is none, that is told."""
    emulator = Emulator(faults=["stuck"])
    items: list[str | Request] = ["a banana", KieRequest("google/nano-banana", input={"prompt": "another"})]

    async with emulator.client(deadline=100) as client, client.batch(items) as batch:
        states = [outcome.state async for outcome in batch]
        report = batch.report()

    assert states == ["pending", "pending"]
    assert (report.credits, report.about, report.unpriced, report.unknown_price) == (0, 4, 2, 1)
    assert "about 4 credits (0.02 USD), and 1 of unknown price" in str(report)


@pytest.mark.parametrize("end", [{"state": "fail", "failCode": "400", "failMsg": "flagged"}, {"resultJson": ""}])
async def test_a_failure_that_cost_something_is_added(end: dict[str, str]) -> None:
    """A task that failed and was charged all the same, or succeeded without a picture: as its record says."""
    kie = ScriptedKie()
    kie.looks = [said(200, data=record("task0", "success", creditsConsumed=9.0) | end)] * 3

    async with kie.client() as client, client.batch(["a banana"]) as batch:
        (outcome,) = [outcome async for outcome in batch]
        report = batch.report()

    assert isinstance(outcome, Failed)
    assert (outcome.charged, outcome.credits, outcome.error.credits) == ("yes", 9.0, 9.0)
    assert (report.credits, report.unpriced) == (9.0, 0)


async def test_creates_that_were_sent_again_are_told() -> None:
    """How many may be paid for twice stands in the line."""
    emulator = Emulator(faults=["closed,times=2"])

    async with emulator.client(on_unknown="resend") as client, client.batch(["a banana", "b"], budget=100) as batch:
        async for _ in batch:
            pass
        report = batch.report()

    assert report.possible_duplicates == 2
    assert "2 of 2 succeeded, 2 perhaps paid twice | 8 credits" in str(report)


async def test_a_resend_that_the_budget_does_not_reach_for_is_left_unknown() -> None:
    """Sent once, and never more than the budget, whatever the gateway has charged."""
    emulator = Emulator(faults=["closed,probability=0.6"], seed=3)

    async with emulator.client(on_unknown="resend") as client:
        outcomes = await client.generate_all([f"banana {n}" for n in range(50)], budget=80)

    assert emulator.ledger.paid <= 80
    assert "unknown" in {outcome.state for outcome in outcomes}

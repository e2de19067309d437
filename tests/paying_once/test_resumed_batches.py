"""A batch that is run again: what is done is handed out, what runs is followed, and the rest alone is sent."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from nanobanana_async import (
    Failed,
    Rate,
)
from nanobanana_async.events import Event, ItemQueued, OutcomeReached
from tests.paying_once.answers import LOST, REFUSED
from tests.paying_once.conftest import Shelf
from tests.paying_once.lives import PatientKie, assert_idle, doomed
from tests.paying_once.runs_of import KEYED, run, states
from tests.scripted_kie import said, until


async def test_what_is_done_is_handed_out_again(shelf: Shelf) -> None:
    """With item, place, key, data and the very same result; nothing is sent, and nothing spent."""
    kie = PatientKie()
    async with kie.client(journal=shelf()) as client:
        first, paid = await run(client)

    async with kie.client(journal=shelf()) as client:
        again, report = await run(client)
        assert_idle(client)

    assert again == first
    assert [(outcome.index, outcome.item.key, outcome.item.data) for outcome in again] == [
        (0, "a", {"row": "a"}),
        (1, "b", {"row": "b"}),
        (2, "c", {"row": "c"}),
    ]
    assert (paid.credits, report.credits) == (12, 0)
    assert report.succeeded == report.total == 3
    assert len(kie.prompts) == 3


async def test_what_was_accepted_before_a_kill_is_followed(shelf: Shelf) -> None:
    """Nothing is sent for it, and the run that only waited for it has spent nothing."""
    kie, journal = PatientKie(), shelf()
    kie.state = "generating"
    async with doomed(kie, journal) as client, client.batch(KEYED):
        await until(lambda: client.statistics().in_flight == 3 and not client.statistics().creating)
        await asyncio.sleep(1)
        journal.abandon()

    kie.state = "success"
    events: list[Event] = []
    async with kie.client(journal=shelf(), on_event=events.append) as client:
        outcomes, report = await run(client)
        assert_idle(client)

    assert states(outcomes) == "succeeded succeeded succeeded"
    assert [outcome.task_id for outcome in outcomes] == kie.accepted
    assert len(kie.prompts) == 3
    assert report.credits == 0
    assert not [event for event in events if isinstance(event, ItemQueued)]
    assert len([event for event in events if isinstance(event, OutcomeReached)]) == 3


async def test_what_was_left_in_order_is_followed(shelf: Shelf) -> None:
    """A client that was closed leaves its tasks pending, and the next run takes them up."""
    kie = PatientKie()
    kie.state = "generating"
    async with kie.client(journal=shelf()) as client, client.batch(KEYED):
        await until(lambda: len(kie.accepted) == 3)

    kie.state = "success"
    async with kie.client(journal=shelf()) as client:
        outcomes, _ = await run(client)

    assert states(outcomes) == "succeeded succeeded succeeded"
    assert len(kie.prompts) == 3


async def test_what_ran_out_of_time_is_followed(shelf: Shelf) -> None:
    """Pending is no end: the next run waits again."""
    kie = PatientKie()
    kie.state = "generating"
    async with kie.client(journal=shelf(), deadline=30) as client:
        first, _ = await run(client)

    kie.state = "success"
    async with kie.client(journal=shelf()) as client:
        again, _ = await run(client)

    assert (states(first), states(again)) == ("pending pending pending", "succeeded succeeded succeeded")
    assert len(kie.prompts) == 3


async def test_what_was_skipped_is_sent(shelf: Shelf) -> None:
    """The account had no credits; now it has."""
    kie = PatientKie()
    kie.creates.append(said(402, "Insufficient credits"))
    async with kie.client(journal=shelf(), rate=Rate(1, per=10)) as client:
        first, _ = await run(client)

    async with kie.client(journal=shelf()) as client:
        again, _ = await run(client)

    assert states(first) == "skipped skipped skipped"
    assert states(again) == "succeeded succeeded succeeded"


async def test_what_is_unknown_is_held_or_sent_again_as_told(shelf: Shelf) -> None:
    """Sent again it is one possible duplicate, in the report and in the statistics."""
    kie = PatientKie()
    kie.creates.append(LOST)
    async with kie.client(journal=shelf()) as client:
        first, _ = await run(client)
    async with kie.client(journal=shelf()) as client:
        held, _ = await run(client)

    async with kie.client(journal=shelf(), on_unknown="resend") as client:
        resent, report = await run(client)
        await asyncio.sleep(300)
        assert_idle(client, possible_duplicates=1)

    assert states(first) == states(held) == "unknown succeeded succeeded"
    assert states(resent) == "succeeded succeeded succeeded"
    assert report.possible_duplicates == 1
    assert len(kie.prompts) == 4


@pytest.mark.parametrize(("again", "expected"), [("none", 0), ("transient", 1), ("all", 2)])
async def test_failures_are_sent_again_as_told(shelf: Shelf, again: Any, expected: int) -> None:
    """None, those that may pass and cost nothing, or all of them."""
    kie = PatientKie()
    kie.creates += [REFUSED, *[said(422, "high demand (E003)")] * 20]
    async with kie.client(journal=shelf()) as client:
        first, _ = await run(client, KEYED[:2])
    kie.creates.clear()
    sent = len(kie.prompts)

    async with kie.client(journal=shelf()) as client:
        await run(client, KEYED[:2], retry_failed=again)

    assert states(first) == "failed failed"
    assert len(kie.prompts) - sent == expected


async def test_a_failure_that_may_have_cost_something_is_not_transient(shelf: Shelf) -> None:
    """An answer was lost, and what was sent in its place has failed: who knows what was paid."""
    kie = PatientKie()
    kie.creates += [LOST, *[said(422, "high demand (E003)")] * 20]
    async with kie.client(journal=shelf(), on_unknown="resend") as client:
        (first,), _ = await run(client, KEYED[:1])
    kie.creates.clear()
    sent = len(kie.prompts)

    async with kie.client(journal=shelf()) as client:
        (again,), _ = await run(client, KEYED[:1])

    assert isinstance(first, Failed)
    assert first.error.retryable
    assert first.charged == again.charged == "unknown"
    assert len(kie.prompts) == sent


async def test_a_failure_that_is_to_be_sent_again_and_never_was_stays_one(shelf: Shelf) -> None:
    """Told to retry, the run was out of its budget: nothing is forgotten."""
    kie = PatientKie()
    kie.creates.append(REFUSED)
    async with kie.client(journal=shelf()) as client:
        await run(client, KEYED[:1])
        short, _ = await run(client, KEYED[:1], retry_failed="all", budget=1)

        after, _ = await run(client, KEYED[:1], retry_failed="none")

    assert (states(short), states(after)) == ("skipped", "failed")

"""A task that failed for a passing reason of the vendor's costs nothing, and is made again; others never are."""

from __future__ import annotations

import pytest

from nanobanana_async import Item, NanoBanana
from nanobanana_async.emulator import EmulatorOptions
from nanobanana_async.events import Event, TaskFailed
from nanobanana_async.testing import Emulator


async def test_a_failed_task_is_made_again_once_and_said_to_be() -> None:
    """The first failure is an event with `again`; the item succeeds, and its key and data are its own."""
    events: list[Event] = []
    emulator = Emulator(faults=["fail,kind=internal,prompt=unlucky,times=1"])

    async with emulator.client(on_event=events.append) as client:
        [outcome] = await client.generate_all([Item(NanoBanana("unlucky"), key="k", data=7)])
    failures = [event for event in events if isinstance(event, TaskFailed)]

    assert (outcome.state, outcome.item.key, outcome.item.data) == ("succeeded", "k", 7)
    assert [failure.again for failure in failures] == [True]
    assert outcome.task_id != failures[0].task.id


async def test_a_task_that_fails_again_is_a_failure() -> None:
    """Two tasks, no third; nothing is charged."""
    emulator = Emulator(faults=["fail,kind=internal,prompt=unlucky"])

    async with emulator.client() as client:
        unlucky, lucky = await client.generate_all(["unlucky", "lucky"])
        balance = await client.balance()

    assert (unlucky.state, unlucky.charged, lucky.state) == ("failed", "no", "succeeded")
    assert len(emulator.ledger.accepted) == 3
    assert balance == 10_000 - 4


async def test_a_single_call_is_told_at_once() -> None:
    """Who awaits one picture decides himself."""
    emulator = Emulator(faults=["fail,kind=internal"])

    async with emulator.client() as client:
        with pytest.raises(Exception, match="Internal Error"):
            await client.generate("a banana")

    assert len(emulator.ledger.accepted) == 1


async def test_nothing_is_made_again_in_a_run_that_was_stopped() -> None:
    """The credits are gone: what fails now has failed."""
    emulator = Emulator(EmulatorOptions(credits=40), faults=["fail,kind=internal,probability=0.5"])

    async with emulator.client() as client:
        outcomes = await client.generate_all(f"banana {n}" for n in range(60))
    refused_at = next(create.at for create in emulator.ledger.creates if create.code == 402)

    assert {outcome.state for outcome in outcomes} == {"succeeded", "failed", "skipped"}
    assert not [create for create in emulator.ledger.creates if create.at > refused_at + 1]


async def test_a_service_that_fails_everything_is_not_asked_twice_for_everything() -> None:
    """Repeats are earned; here nothing is, beyond what each acceptance brings."""
    emulator = Emulator(faults=["server-error"])

    async with emulator.client() as client:
        outcomes = await client.generate_all(f"banana {n}" for n in range(300))

    assert {outcome.state for outcome in outcomes} == {"failed"}
    assert len(emulator.ledger.creates) == 300 + 60

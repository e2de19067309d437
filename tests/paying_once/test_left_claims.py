"""Who leaves while his claim is on its way to a slow disk: nothing is sent for him, and the claim is given back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from nanobanana_async import Client, Item
from nanobanana_async.journal import MemoryJournal
from nanobanana_async.lifecycle import AttemptState, ItemState
from tests.paying_once.lives import PatientKie, assert_idle, opened
from tests.paying_once.slow_disk import SLOW, SlowJournal


async def timed_out(client: Client, key: str | None) -> None:
    """His time is up."""
    with pytest.raises(Exception, match="within 1 s"):
        await client.generate("a banana", key=key, timeout=1)


async def cancelled(client: Client, key: str | None) -> None:
    """His own task is cancelled."""
    asking = asyncio.ensure_future(client.generate("a banana", key=key))
    await asyncio.sleep(SLOW + 1)
    asking.cancel()
    await asyncio.wait([asking])


async def left_batch(client: Client, key: str | None) -> None:
    """He leaves the batch that it is of."""
    async with client.batch([Item("a banana", key=key)], name="left"):
        await asyncio.sleep(1)


Leave = Callable[[Client, str | None], Awaitable[None]]
LEAVE = pytest.mark.parametrize("leave", [timed_out, cancelled, left_batch])


async def left(journal: MemoryJournal) -> list[tuple[ItemState, list[AttemptState]]]:
    """What stands in the journal: the states of all keys, and of the attempts for each."""
    async with opened(journal):
        entries = [entry async for entry in journal.entries()]
        return [(one.state, [made.state for made in await journal.attempts(one.scope, one.key)]) for one in entries]


@LEAVE
@pytest.mark.parametrize("key", ["k", None])
async def test_nothing_is_sent_for_who_has_left(leave: Leave, key: str | None) -> None:
    """The claim is granted when nobody wants it any more."""
    kie, journal = PatientKie(), SlowJournal()

    async with kie.client(journal=journal) as client:
        await leave(client, key)
        await asyncio.sleep(60)
        assert_idle(client)

    assert not kie.prompts
    assert await left(journal) == [(ItemState.NEW, [AttemptState.NOT_SENT])]


@pytest.mark.parametrize("leave", [timed_out, cancelled])
async def test_who_comes_while_it_is_given_up_is_served(leave: Leave) -> None:
    """One more asks for the key before the claim is granted: it is his."""
    kie, journal = PatientKie(), SlowJournal()

    async with kie.client(journal=journal) as client:
        await leave(client, "k")
        result = await client.generate("a banana", key="k")
        await asyncio.sleep(60)
        assert_idle(client)

    assert result.task_id == "task0"
    assert kie.prompts == ["a banana"]
    assert await left(journal) == [(ItemState.SUCCEEDED, [AttemptState.ACCEPTED])]


@LEAVE
async def test_who_comes_after_it_was_given_up_is_served(leave: Leave) -> None:
    """It is new again, and is sent with an attempt of its own."""
    kie, journal = PatientKie(), SlowJournal()
    name: dict[str, Any] = {"name": "left"} if leave is left_batch else {"name": "default"}

    async with kie.client(journal=journal) as client:
        await leave(client, "k")
        await asyncio.sleep(60)
        if leave is left_batch:
            async with client.batch([Item("a banana", key="k")], **name) as batch:
                task_ids = [outcome.task_id async for outcome in batch]
        else:
            task_ids = [(await client.generate("a banana", key="k")).task_id]

    assert task_ids == ["task0"]
    assert await left(journal) == [(ItemState.SUCCEEDED, [AttemptState.NOT_SENT, AttemptState.ACCEPTED])]

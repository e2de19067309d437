"""What was left, and by whom: one's own is told to oneself, what the living are at is left to them, the rest to all."""

from __future__ import annotations

import asyncio

import pytest

from nanobanana_async import Client, StillRunningError
from tests.paying_once.asking import generate
from tests.paying_once.conftest import Shelf
from tests.paying_once.lives import PatientKie, assert_idle, killed_on_the_wire


async def told(client: Client) -> list[tuple[str | None, str]]:
    """All that is pending: keys and states."""
    return [(outcome.item.key, outcome.state) async for outcome in client.pending()]


async def given_up(client: Client) -> None:
    """The task of the key, of which nobody has seen the end in time."""
    with pytest.raises(StillRunningError):
        await generate(client)
    await asyncio.sleep(300)
    assert_idle(client)


async def test_what_a_client_has_given_up_it_may_take_up_again(shelf: Shelf) -> None:
    """Its deadline was over; asked what is left, it looks once more, and has the picture."""
    kie = PatientKie()
    kie.state = "generating"

    async with kie.client(journal=shelf(), deadline=60) as client:
        await given_up(client)
        kie.state = "success"
        first, again = await told(client), await told(client)

    assert first == [("k", "succeeded")]
    assert again == []
    assert len(kie.prompts) == 1


async def test_what_a_living_client_has_given_up_is_left_to_it(shelf: Shelf) -> None:
    """Another one is told of it once that is closed."""
    kie = PatientKie()
    kie.state = "generating"

    async with kie.client(journal=shelf()) as other:
        async with kie.client(journal=shelf(), deadline=60) as client:
            await given_up(client)
            kie.state = "success"
            while_it_lives = await told(other)
        after = await told(other)

    assert while_it_lives == []
    assert after == [("k", "succeeded")]


async def test_an_answer_that_died_with_its_process_is_told_to_all(shelf: Shelf) -> None:
    """Whoever was first to find it so: it is none of theirs."""
    kie = PatientKie()
    await killed_on_the_wire(kie, shelf())

    async with kie.client(journal=shelf()) as one, kie.client(journal=shelf()) as other:
        found = [await told(client) for client in (one, other, one)]

    assert found == [[("k", "unknown")]] * 3

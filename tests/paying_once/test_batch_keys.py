"""The keys of a batch, and its name: what stands for what, and who may be at it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from nanobanana_async import (
    BatchBusyError,
    ConfigurationError,
    Item,
    KeyConflictError,
    UsageError,
)
from nanobanana_async.lifecycle import AttemptState
from tests.paying_once.conftest import Shelf
from tests.paying_once.lives import PatientKie, attempts_of
from tests.paying_once.runs_of import KEYED, run, states


@pytest.mark.parametrize(("on_change", "state", "sent"), [("hold", "skipped", 1), ("keep", "succeeded", 1)])
async def test_a_changed_request_is_held_or_kept(shelf: Shelf, on_change: Any, state: str, sent: int) -> None:
    """Nothing is sent for it; held, it is named."""
    kie = PatientKie()
    async with kie.client(journal=shelf()) as client:
        await run(client, [Item("a banana", key="k")])

        (outcome,), _ = await run(client, [Item("two bananas", key="k")], on_change=on_change)

    assert outcome.state == state
    assert len(kie.prompts) == sent
    if state == "skipped":
        assert isinstance(outcome.error, KeyConflictError)
        assert "'k' was used for another request: google/nano-banana, 'a banana'" in outcome.error.message


async def test_a_changed_request_is_made_anew_where_that_is_asked_for(shelf: Shelf) -> None:
    """Once: the run after that finds it done. The first picture stays in the books."""
    kie = PatientKie()
    async with kie.client(journal=shelf()) as client:
        await run(client, [Item("a banana", key="k")])

    for _ in range(2):
        async with kie.client(journal=shelf()) as client:
            (outcome,), _ = await run(client, [Item("two bananas", key="k")], on_change="regenerate")

    assert outcome.task_id == "task1"
    assert kie.prompts == ["a banana", "two bananas"]
    assert await attempts_of(shelf(), "k", scope="default") == [AttemptState.ACCEPTED] * 2


async def test_lines_may_be_inserted_and_reordered(shelf: Shelf) -> None:
    """Keys are made of requests, and equal ones are counted from the start of each pass."""
    kie = PatientKie()
    async with kie.client(journal=shelf()) as client:
        await run(client, ["one", "two", "one"])

    async with kie.client(journal=shelf()) as client:
        outcomes, _ = await run(client, ["new", "two", "one", "one", "one"])

    assert states(outcomes) == "succeeded " * 4 + "succeeded"
    assert sorted(kie.prompts) == ["new", "one", "one", "one", "two"]


async def test_a_key_of_the_users_comes_once_in_a_pass(shelf: Shelf) -> None:
    """The second is an error of that item, and nothing is sent for it."""
    kie = PatientKie()

    async with kie.client(journal=shelf()) as client:
        outcomes, _ = await run(client, [Item("one", key="k"), Item("one", key="k")])

    assert states(outcomes) == "succeeded failed"
    assert isinstance(outcomes[1].error, UsageError)
    assert kie.prompts == ["one"]


async def test_batches_of_other_names_know_nothing_of_each_other(shelf: Shelf) -> None:
    """A name scopes its keys; the single calls have a scope of their own."""
    kie = PatientKie()

    async with kie.client(journal=shelf()) as client:
        await run(client, KEYED[:1], name="one")
        await run(client, KEYED[:1], name="other")
        await client.generate("banana a", key="a")

    assert len(kie.accepted) == 3


@pytest.mark.parametrize("name", ["", " ", None, 3])
async def test_a_name_is_a_text(name: Any) -> None:
    """A blank one would be the scope of the single calls."""
    async with PatientKie().client() as client:
        with pytest.raises(ConfigurationError, match="name"):
            client.batch(["a banana"], name=name)


async def test_two_batches_of_one_name_are_refused(shelf: Shelf) -> None:
    """In one client or in two; the first is not disturbed, and once it is over the name is free."""
    kie = PatientKie()

    async with kie.client(journal=shelf()) as client, kie.client(journal=shelf()) as other:
        async with client.batch(KEYED, name="bananas") as batch:
            for rival in (client, other):
                with pytest.raises(BatchBusyError, match="'bananas'"):
                    await run(rival, name="bananas")
            first = [outcome async for outcome in batch]
        again, _ = await run(other, name="bananas")

    assert len(first) == len(again) == 3
    assert len(kie.prompts) == 3


async def test_a_batch_that_is_left_after_its_client_was_closed_leaves_in_peace(shelf: Shelf) -> None:
    """The journal is closed by then, and holds the name no more."""
    kie = PatientKie()

    async with kie.client(journal=shelf()) as client, client.batch(KEYED, name="bananas"):
        await client.aclose(grace=0)
    async with kie.client(journal=shelf()) as client:
        outcomes, _ = await run(client, name="bananas")

    assert len(outcomes) == 3


async def test_several_lists_may_be_made_at_once(shelf: Shelf) -> None:
    """Each under a name of its own; under one name the second is refused, and the first not disturbed."""
    kie = PatientKie()

    async with kie.client(journal=shelf()) as client:
        made = await asyncio.gather(*(client.generate_all(["a cat", "a dog"], name=name) for name in ("one", "other")))
        again = await asyncio.gather(
            *(client.generate_all(["a bird"], name="one") for _ in range(2)), return_exceptions=True
        )

    assert [states(outcomes) for outcomes in made] == ["succeeded succeeded"] * 2
    assert sorted(type(one) is BatchBusyError for one in again) == [False, True]
    assert len(kie.prompts) == 5

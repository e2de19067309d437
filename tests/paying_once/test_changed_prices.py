"""A price that has changed between two runs: each task counts in the budget at the price that it was sent at."""

from __future__ import annotations

import asyncio

import pytest

from nanobanana_async import Client, Item, KieRequest, Outcome
from tests.paying_once.conftest import Shelf
from tests.paying_once.fates import FatefulKie
from tests.paying_once.lives import AnyJournal
from tests.paying_once.runs_of import run, states
from tests.scripted_kie import until

OLD, NEW = 4.0, 8.0


def items(price: float, keys: str) -> list[Item]:
    """An item a key, each of that price."""
    return [Item(KieRequest("m", input={"prompt": key}, credits=price), key=key) for key in keys]


async def left_under_way(kie: FatefulKie, journal: AnyJournal, keys: str) -> None:
    """An earlier run, killed when all its tasks were accepted at the old price."""
    kie.state = "generating"
    async with kie.client(journal=journal) as client, client.batch(items(OLD, keys), budget=100):
        await until(lambda: len(kie.accepted) == len(keys) and not client.statistics().creating)
        await asyncio.sleep(1)
        journal.abandon()
    for task_id in kie.accepted:
        kie.succeed(task_id, creditsConsumed=OLD)


async def with_budget(client: Client, keys: str, budget: float) -> list[Outcome]:
    """What becomes of these keys at the new price."""
    outcomes, _ = await run(client, items(NEW, keys), budget=budget)
    return outcomes


@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        (16.0, "succeeded succeeded succeeded skipped"),
        (23.9, "succeeded succeeded succeeded skipped"),
        (24.0, "succeeded succeeded succeeded succeeded"),
        (15.9, "succeeded succeeded skipped skipped"),
        (8.0, "succeeded succeeded skipped skipped"),
    ],
)
async def test_what_was_sent_at_the_old_price_leaves_no_more_than_that(
    shelf: Shelf, budget: float, expected: str
) -> None:
    """Two were sent at four credits, and two more cost eight each: the budget is not gone over."""
    kie = FatefulKie()
    await left_under_way(kie, shelf(), "ab")
    for number in (2, 3):
        kie.succeed(f"task{number}", creditsConsumed=NEW)

    async with kie.client(journal=shelf()) as client:
        outcomes = await with_budget(client, "abcd", budget)

    assert states(outcomes) == expected
    assert sum(outcome.credits or 0.0 for outcome in outcomes) <= budget


async def test_what_fails_gives_back_what_it_was_sent_at(shelf: Shelf) -> None:
    """Four credits each, though it would cost eight today: two that fail leave room for one more."""
    kie = FatefulKie()
    await left_under_way(kie, shelf(), "ab")
    for task_id in ("task0", "task1"):
        kie.fates[task_id] = {"state": "fail", "failCode": "400", "failMsg": "flagged by the content policy"}
    for number in (2, 3):
        kie.succeed(f"task{number}", creditsConsumed=NEW)

    async with kie.client(journal=shelf()) as client:
        outcomes = await with_budget(client, "abcd", 8.0)

    assert states(outcomes) == "failed failed succeeded skipped"
    assert len(kie.accepted) == 3


async def test_an_adopted_task_is_made_again_within_the_budget(shelf: Shelf) -> None:
    """Sent at four credits, made again at eight: a budget of eight is not gone over."""
    kie = FatefulKie()
    await left_under_way(kie, shelf(), "ab")
    for task_id in ("task0", "task1"):
        kie.fail(task_id)
    for number in (2, 3):
        kie.succeed(f"task{number}", creditsConsumed=NEW)

    async with kie.client(journal=shelf()) as client:
        outcomes = await with_budget(client, "ab", 8.0)

    assert sum(outcome.credits or 0.0 for outcome in outcomes) <= 8.0

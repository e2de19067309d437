"""Killed, a run is carried on by the next, whatever the gateway speaks: nothing is paid for twice, and nothing lost."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from nanobanana_async.journal import Change, _memory
from nanobanana_async.journal._rules import LeftSending
from nanobanana_async.lifecycle import ItemState
from tests.paying_once.conftest import Shelf
from tests.paying_once.crashes import states
from tests.paying_once.crashes_at_sellers import killed_at, points_at
from tests.paying_once.sellers import AT_ONCE, BY_NAME, EVERY, WITH_IDS, Seller, assert_honest, counted

WEATHER: dict[str, tuple[str, ...]] = {
    "fair": (),
    "foul": tuple(f"{name},probability=0.2" for name in ("too-many", "closed", "fail", "server-error")),
}
ANY_WEATHER = pytest.mark.parametrize("faults", WEATHER.values(), ids=WEATHER)


@pytest.fixture
def _quiet() -> Iterator[None]:
    """Hundreds of deaths say a lot."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


# --- a full window of them, by the clock ---------------------------------------------------------------------------


@EVERY
@pytest.mark.parametrize("after", [0.1, 0.3, 4.0, 12.0])
async def test_a_killed_batch_is_carried_on(seller: Seller, shelf: Shelf, tmp_path: Path, after: float) -> None:
    """With its creates on the wire, its tasks in flight, its pictures on their way: and then run twice more."""
    emulator, journal, items = seller.emulator(), shelf(), seller.items(8)
    async with seller.client(emulator, journal=journal) as client, client.batch(items, save_to=tmp_path):
        await asyncio.sleep(after)
        journal.abandon()
    sent = len(emulator.ledger.creates)

    runs = []
    for _ in range(2):
        async with seller.client(emulator, journal=shelf()) as client:
            runs.append(await client.generate_all(items, save_to=tmp_path))

    outcomes, again = runs
    assert set(counted(outcomes)) <= {"succeeded", "unknown"}
    assert [outcome.state for outcome in again] == [outcome.state for outcome in outcomes]
    assert len(emulator.ledger.creates) == 8
    assert_honest(emulator, outcomes)
    assert counted(outcomes)["unknown"] <= min(sent, 8)
    for outcome in outcomes:
        assert len(outcome.files) == (outcome.state == "succeeded")
        assert all(is_whole(file) for file in outcome.files)


def is_whole(file: Path) -> bool:
    """Whether the picture can be read to its end."""
    with Image.open(io.BytesIO(file.read_bytes())) as image:
        image.load()
    return True


@WITH_IDS
async def test_what_has_an_id_is_not_lost(seller: Seller, shelf: Shelf) -> None:
    """Once the creates are answered a kill costs nothing: every task is followed."""
    emulator, journal, items = seller.emulator(), shelf(), seller.items(5)
    async with seller.client(emulator, journal=journal) as client, client.batch(items):
        await asyncio.sleep(3)
        assert len(emulator.ledger.accepted) == 5
        journal.abandon()

    async with seller.client(emulator, journal=shelf()) as client:
        left = [outcome async for outcome in client.pending()]
        outcomes = await client.generate_all(items)

    assert counted(left) == counted(outcomes) == {"succeeded": 5}
    assert {outcome.task_id for outcome in outcomes} == {create.task_id for create in emulator.ledger.accepted}
    assert_honest(emulator, outcomes)


@AT_ONCE
async def test_what_is_answered_at_once_is_lost_on_the_wire_alone(seller: Seller, shelf: Shelf) -> None:
    """What came before the kill is there; what was under way is unknown, and told in the budget as spent."""
    emulator, journal, items = seller.emulator(), shelf(), seller.items(5)
    async with seller.client(emulator, journal=journal) as client, client.batch(items) as batch:
        async for _ in batch:
            if batch.report().succeeded == 2:
                break
        journal.abandon()

    async with seller.client(emulator, journal=shelf()) as client:
        outcomes = await client.generate_all([*items, *seller.items(3, like="pear")], budget=5 * seller.price)

    states = counted(outcomes)
    assert states["succeeded"] >= 2
    assert states["succeeded"] + states["unknown"] == 5
    assert states["skipped"] == 3
    assert len(emulator.ledger.creates) == 5
    assert_honest(emulator, outcomes)


async def test_two_dialects_in_one_batch_are_each_followed_in_their_own(shelf: Shelf) -> None:
    """A task knows in which it was made, also after a kill."""
    new, old = BY_NAME["jobs"], BY_NAME["generate"]
    emulator, journal, items = new.emulator(), shelf(), [*new.items(2), *old.items(2, like="pear")]
    async with new.client(emulator, journal=journal) as client, client.batch(items):
        await asyncio.sleep(3)
        journal.abandon()

    async with new.client(emulator, journal=shelf()) as client:
        outcomes = await client.generate_all(items)

    assert counted(outcomes) == {"succeeded": 4}
    assert sorted(create.dialect for create in emulator.ledger.creates) == ["generate", "generate", "jobs", "jobs"]
    assert_honest(emulator, outcomes)


async def test_tasks_are_followed_by_who_would_rather_be_answered_at_once(shelf: Shelf) -> None:
    """The mode says how creates are sent; what was accepted in the other one is waited for."""
    first, then = BY_NAME["images-async"], BY_NAME["images"]
    emulator, journal, items = first.emulator(), shelf(), first.items(4)
    async with first.client(emulator, journal=journal) as client, client.batch(items):
        await asyncio.sleep(2)
        journal.abandon()

    async with then.client(emulator, journal=shelf()) as client:
        outcomes = await client.generate_all(items)

    assert counted(outcomes) == {"succeeded": 4}
    assert len(emulator.ledger.creates) == 4
    assert_honest(emulator, outcomes)


@EVERY
async def test_a_close_in_order_leaves_nothing_unknown(seller: Seller, shelf: Shelf) -> None:
    """It waits for the answers on the wire, as long as those may last; what runs is followed by the next."""
    emulator, items = seller.emulator(), seller.items(8)
    async with seller.client(emulator, journal=shelf()) as client, client.batch(items):
        await asyncio.sleep(1)
        await client.aclose(grace=200)

    async with seller.client(emulator, journal=shelf()) as client:
        outcomes = await client.generate_all(items)

    assert counted(outcomes) == {"succeeded": 8}
    assert len(emulator.ledger.creates) == 8
    assert_honest(emulator, outcomes)


# --- at every point -------------------------------------------------------------------------------------------------


@EVERY
@ANY_WEATHER
@pytest.mark.usefixtures("_quiet")
def test_killed_at_any_point_it_pays_once_and_loses_nothing(seller: Seller, faults: tuple[str, ...]) -> None:
    """Before and after each step on the wire and in the journal; where pictures are drawn for it, at every third."""
    points = range(1, points_at(seller, faults=faults) + 1, 3 if seller.name == "images-b64" else 1)

    shops = [killed_at(seller, [point], faults=faults) for point in points]

    assert max(shop.runs for shop in shops) == 2
    assert states(shops)["succeeded"] > 0
    assert states(shops)["unknown"] > 0


@pytest.mark.every_crash
@EVERY
@ANY_WEATHER
@pytest.mark.usefixtures("_quiet")
def test_killed_at_every_point(seller: Seller, faults: tuple[str, ...]) -> None:
    """Of many seeds."""
    for seed in range(20):
        for point in range(1, points_at(seller, faults=faults, seed=seed) + 1):
            killed_at(seller, [point], faults=faults, seed=seed)


@AT_ONCE
@pytest.mark.usefixtures("_quiet")
def test_killed_at_any_point_it_still_has_the_pictures_that_it_told_of(seller: Seller) -> None:
    """Also where the only one there was came in the answer."""
    for point in range(1, points_at(seller) + 1, 4):
        shop = killed_at(seller, [point])
        sent = len(shop.emulator.ledger.creates)

        pictures = shop.pictures()

        assert len(set(pictures)) == sum(outcome.ok for outcome in shop.told)
        assert len(shop.emulator.ledger.creates) == sent


# --- the proof of the proof: each of these mistakes is found --------------------------------------------------------


@EVERY
@pytest.mark.usefixtures("_quiet", "_hopeful")
def test_who_takes_silence_for_a_refusal_is_found(seller: Seller) -> None:
    """A lost answer is repeated as an error of the gateway's own would be."""
    with pytest.raises(AssertionError, match="paid for twice"):
        for seed in range(4):
            killed_at(seller, (), seed=seed, faults=("closed,probability=0.5",))


@AT_ONCE
@pytest.mark.usefixtures("_quiet")
def test_who_sends_again_what_the_dead_had_sent_is_found(seller: Seller, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was on the wire is taken for new on the next start."""

    def forgetful(left: LeftSending, *, at: float) -> Change:
        return Change(scope=left.scope, key=left.key, generation=left.generation, at=at, to=ItemState.NEW)

    monkeypatch.setattr(_memory, "answer_lost", forgetful)
    with pytest.raises(AssertionError, match="paid for twice"):
        for point in range(1, points_at(seller) + 1, 2):
            killed_at(seller, [point])


# --- files ----------------------------------------------------------------------------------------------------------


@EVERY
@pytest.mark.usefixtures("_quiet")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a loop torn down leaves them behind
def test_killed_while_it_saves_it_leaves_whole_files(seller: Seller, tmp_path: Path) -> None:
    """One for each item, though a second name may be left where the kill came right after the first was in place."""
    points = points_at(seller, folder=tmp_path / "alone")
    for point in range(1, points + 1, 5):
        folder = tmp_path / str(point)

        shop = killed_at(seller, [point], folder=folder)

        files = [file for outcome in shop.told for file in outcome.files]
        assert len(files) == sum(outcome.ok for outcome in shop.told)
        assert all(is_whole(file) for file in files)

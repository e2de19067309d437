"""One contract for every gateway: whatever it speaks, and whenever it answers, a client of it is used in one way."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest
from PIL import Image

from nanobanana_async import Skipped, Succeeded, TaskState
from tests.paying_once.conftest import Shelf
from tests.paying_once.lives import assert_idle
from tests.paying_once.sellers import EVERY, WITH_IDS, Seller, assert_honest, counted


def size_of(content: bytes) -> tuple[int, int]:
    """Of the picture, all of which is read."""
    image = Image.open(io.BytesIO(content))
    image.load()
    return image.size


# --- one -----------------------------------------------------------------------------------------------------------


@EVERY
async def test_a_picture_is_made_read_and_saved(seller: Seller, tmp_path: Path) -> None:
    """And paid for once."""
    emulator = seller.emulator()

    async with seller.client(emulator) as client:
        result = await client.generate(seller.order("a banana"))
        picture = await client.read(result)
        [path] = await client.save(result, tmp_path / f"banana.{picture.media_type.partition('/')[2]}")
        assert_idle(client)

    assert size_of(picture.content) == (picture.width, picture.height)
    assert picture.width == picture.height
    assert path.read_bytes() == picture.content
    assert emulator.ledger.paid == seller.price
    assert result.credits in (None, seller.price)


@EVERY
async def test_a_picture_is_made_from_a_local_one(seller: Seller) -> None:
    """It is uploaded, or goes with the create; and what comes has its ratio."""
    emulator = seller.emulator()

    async with seller.client(emulator) as client:
        picture = await client.read(await client.generate(seller.edit("at dusk")))
    [task] = emulator.world.tasks

    assert len(task.order.images) == 1
    assert picture.width is not None
    assert picture.height is not None
    is_like_it = picture.width / picture.height == pytest.approx(60 / 40, rel=0.03)
    assert is_like_it or seller.name == "generate"  # which knows no ratios


@EVERY
async def test_what_was_submitted_is_waited_for(seller: Seller) -> None:
    """By the task itself, whether or not that is done already."""
    emulator = seller.emulator()

    async with seller.client(emulator) as client:
        task = await client.submit(seller.order("a banana"))
        seen = await client.status(task)
        result = await client.wait(task)
        assert (await client.read(result)).content

    assert task.state in ((TaskState.SUCCESS,) if seller.answers_at_once else (TaskState.WAITING, TaskState.GENERATING))
    assert (seen.id, seen.dialect) == (task.id, task.dialect)
    assert (result.task_id or "") == task.id
    assert len(emulator.ledger.creates) == 1


@WITH_IDS
async def test_an_id_is_enough_for_another_client(seller: Seller) -> None:
    """With the word for the dialect, where that is not the gateway's usual one."""
    emulator = seller.emulator()
    async with seller.client(emulator) as client:
        task = await client.submit(seller.order("a banana"))

    async with seller.client(emulator) as client:
        result = await client.wait(task.id, dialect=task.dialect)

    assert result.task_id == task.id
    assert len(emulator.ledger.creates) == 1


@EVERY
async def test_a_call_that_is_given_up_leaves_its_create_alone(seller: Seller) -> None:
    """It is read to its end by somebody else; it was sent once."""
    emulator = seller.emulator()

    async with seller.client(emulator) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await client.generate(seller.order("a banana"))
        await asyncio.sleep(600)
        assert_idle(client)

    assert len(emulator.ledger.creates) == 1
    assert not emulator.ledger.hung_up


# --- many ----------------------------------------------------------------------------------------------------------


@EVERY
async def test_a_batch_is_saved_whole(seller: Seller, tmp_path: Path) -> None:
    """At the limit and not over it; each file is one picture, and no two of them are of one item."""
    emulator = seller.emulator()

    async with seller.client(emulator) as client:
        async with client.batch(seller.items(12), save_to=tmp_path, ordered=True) as batch:
            outcomes = [outcome async for outcome in batch]
        report = batch.report()
        assert_idle(client)

    files = [file for outcome in outcomes for file in outcome.files]
    assert [outcome.item.key for outcome in outcomes] == [f"b{number}" for number in range(12)]
    assert counted(outcomes) == {"succeeded": 12}
    assert len({file.name for file in files}) == len({file.read_bytes() for file in files}) == 12
    assert len({size_of(file.read_bytes()) for file in files}) == 1
    assert sorted(tmp_path.iterdir()) == sorted(files)
    assert report.credits + report.about == 12 * seller.price
    assert emulator.ledger.paid == 12 * seller.price
    assert_honest(emulator, outcomes)


@EVERY
async def test_a_batch_that_is_run_again_sends_nothing(seller: Seller, shelf: Shelf, tmp_path: Path) -> None:
    """What was made is handed out, and a picture that is no longer in its place comes there again."""
    emulator = seller.emulator()
    runs, folders = [], []
    for _ in range(3):
        client = seller.client(emulator, journal=shelf())
        async with client, client.batch(seller.items(5), save_to=tmp_path, ordered=True) as batch:
            runs.append([outcome async for outcome in batch])
        folders.append(contents(tmp_path))
        next(tmp_path.glob("b3.*")).unlink()

    assert [counted(run) for run in runs] == [{"succeeded": 5}] * 3
    assert [outcome.result for run in runs[1:] for outcome in run] == [outcome.result for outcome in runs[0]] * 2
    assert len(folders[0]) == 5
    assert folders[0] == folders[1] == folders[2]
    assert len(emulator.ledger.creates) == 5


def contents(folder: Path) -> dict[str, bytes]:
    """What is in a folder."""
    return {file.name: file.read_bytes() for file in folder.iterdir() if not file.name.startswith("run.db")}


@EVERY
async def test_a_key_is_one_picture(seller: Seller, shelf: Shelf) -> None:
    """Asked for twice at once, later, and by another client."""
    emulator = seller.emulator()

    async with seller.client(emulator, journal=shelf()) as client:
        both = await asyncio.gather(*(client.generate(seller.order("a banana"), key="k") for _ in range(2)))
        later = await client.generate(seller.order("a banana"), key="k")
        content = (await client.read(later)).content
    async with seller.client(emulator, journal=shelf()) as client:
        found = await client.lookup("k")
        again = await client.read(await client.generate(seller.order("a banana"), key="k"))

    assert both[0] == both[1] == later
    assert isinstance(found, Succeeded)
    assert again.content == content
    assert len(emulator.ledger.creates) == 1


@EVERY
async def test_a_budget_is_kept(seller: Seller, shelf: Shelf) -> None:
    """By the price that the model, or the user, has named; over all the runs of a journal."""
    emulator = seller.emulator()
    items = seller.items(8)

    async with seller.client(emulator, journal=shelf()) as client:
        first = await client.generate_all(items[:6], budget=4 * seller.price + 1)
    async with seller.client(emulator, journal=shelf()) as client:
        again = await client.generate_all(items, budget=5 * seller.price)

    assert counted(first) == {"succeeded": 4, "skipped": 2}
    assert counted(again) == {"succeeded": 5, "skipped": 3}
    assert {outcome.reason for outcome in again if isinstance(outcome, Skipped)} == {"budget"}
    assert emulator.ledger.paid == 5 * seller.price
    assert_honest(emulator, again)


@EVERY
async def test_a_plan_knows_what_a_batch_will_cost(seller: Seller) -> None:
    """Before anything is sent."""
    emulator = seller.emulator()

    plan = seller.client(emulator).plan(seller.items(10))

    assert (plan.count, plan.price.credits) == (10, 10 * seller.price)
    assert not emulator.ledger.creates

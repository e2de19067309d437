"""A picture that comes into its place in the instant in which everything is ended: it is there, and it is known."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nanobanana_async import Item, OpenAIGeneration
from nanobanana_async.journal import SQLiteJournal, read_journal
from nanobanana_async.storage import SavedImage, Target, save_image
from tests.scripted_images import PICTURE, ScriptedImages


async def pieces() -> AsyncIterator[bytes]:
    yield PICTURE


async def test_a_picture_in_its_place_is_told_of_though_its_caller_is_cancelled(tmp_path: Path) -> None:
    """The cancellation comes in the thread that has just moved it there."""
    loop, told = asyncio.get_running_loop(), list[SavedImage]()

    def placed(image: SavedImage) -> None:
        told.append(image)
        asyncio.run_coroutine_threadsafe(cancelled(), loop).result(10)

    async def cancelled() -> None:
        saving.cancel()

    saving = asyncio.ensure_future(save_image(pieces(), Target.in_folder(tmp_path, "cat"), placed=placed))
    with pytest.raises(asyncio.CancelledError):
        await saving

    assert [image.path for image in told] == list(tmp_path.iterdir())


async def test_what_is_in_the_folder_is_in_the_journal(tmp_path: Path) -> None:
    """A close without grace ends all saving; a second run would else put the same picture beside the first."""
    folder, gateway = tmp_path / "out", ScriptedImages()
    items = [Item(OpenAIGeneration(f"a {number}"), key=f"k{number}") for number in range(6)]

    journal = SQLiteJournal(tmp_path / "run.db")
    async with gateway.client(journal=journal) as client, client.batch(items, save_to=folder):
        async with asyncio.timeout(30):
            while not list(folder.glob("*.png")):  # noqa: ASYNC110  a step of the loop at a time: it is moved in a thread
                await asyncio.sleep(0)
        await client.aclose(grace=0)

    known = [file for entry in read_journal(tmp_path / "run.db", "default").entries for file in entry.files]
    assert sorted(known) == sorted(map(str, folder.glob("*.png")))

"""A gateway that answers at once, and a journal: the picture is in a file before the journal says that it is made."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from nanobanana_async import ResultExpiredError, StorageError, Succeeded, Unknown
from nanobanana_async.journal import MemoryJournal, SQLiteJournal
from tests.paying_once.conftest import Shelf
from tests.scripted_images import IN_THE_ANSWER, PICTURE, ScriptedImages
from tests.scripted_kie import until


async def test_what_was_made_is_given_again_by_a_later_run(shelf: Shelf) -> None:
    """With its picture, and nothing is sent."""
    gateway = ScriptedImages()

    async with gateway.client(journal=shelf()) as client:
        first = await client.read(await client.generate("a banana", key="k"))
    async with gateway.client(journal=shelf()) as client:
        again = await client.read(await client.generate("a banana", key="k"))
        found = await client.lookup("k")

    assert first.content == again.content == PICTURE
    assert isinstance(found, Succeeded)
    assert found.result.raw["usage"] == {"total_tokens": 3}
    assert len(gateway.requests) == 1


async def test_the_content_is_in_a_file_and_not_in_the_journal(tmp_path: Path) -> None:
    """The journal has its digest; both can be moved together."""
    gateway = ScriptedImages()
    home = tmp_path / "home"
    async with gateway.client(journal=home / "run.db") as client:
        await client.generate("a banana", key="k")
    (kept,) = (home / "run.db.pictures").iterdir()
    in_the_journal = b"".join(file.read_bytes() for file in home.glob("run.db*") if file.is_file())
    moved = home.rename(tmp_path / "moved")

    async with gateway.client(journal=moved / "run.db") as client:
        picture = await client.read(await client.generate("a banana", key="k"))

    assert picture.content == PICTURE
    assert kept.stem.encode() in in_the_journal
    assert IN_THE_ANSWER["b64_json"].encode() not in in_the_journal
    assert len(gateway.requests) == 1


async def test_saved_it_takes_its_room_once(tmp_path: Path) -> None:
    """The picture of a batch is the journal's under another name."""
    gateway = ScriptedImages()

    async with gateway.client(journal=tmp_path / "run.db") as client:
        (outcome,) = await client.generate_all(["a banana"], save_to=tmp_path / "out")

    (kept,) = (tmp_path / "run.db.pictures").iterdir()
    assert kept.samefile(outcome.files[0])


async def test_a_picture_that_the_journal_no_longer_has_is_told_as_expired(tmp_path: Path) -> None:
    """It is paid for, and never made again by itself."""
    gateway = ScriptedImages()
    async with gateway.client(journal=tmp_path / "run.db") as client:
        await client.generate("a banana", key="k")
    (kept,) = (tmp_path / "run.db.pictures").iterdir()
    kept.unlink()

    async with gateway.client(journal=tmp_path / "run.db") as client:
        result = await client.generate("a banana", key="k")
        with pytest.raises(ResultExpiredError) as caught:
            await client.read(result)

    assert caught.value.charged == "yes"
    assert len(gateway.requests) == 1


class FullDisk(MemoryJournal):
    """Has no room for a picture."""

    async def keep(self, content: bytes, *, sha256: str, suffix: str) -> str:
        raise StorageError(f"no room for {len(content)} bytes of {sha256}{suffix}", charged="yes")


async def test_a_full_disk_loses_no_picture_and_stops_the_rest() -> None:
    """What is in memory is handed over; no more is sent."""
    gateway = ScriptedImages(seconds=1.0)

    async with gateway.client(journal=FullDisk(), in_flight=1) as client:
        outcomes = await client.generate_all(["a", "b", "c"])
        picture = await client.read(outcomes[0].result) if isinstance(outcomes[0], Succeeded) else None

    assert picture is not None
    assert picture.content == PICTURE
    assert [outcome.state for outcome in outcomes] == ["succeeded", "skipped", "skipped"]
    assert len(gateway.requests) == 1


@pytest.mark.parametrize("after", [0.5, 5.0])
async def test_a_kill_with_a_create_on_the_wire_leaves_it_unknown(tmp_path: Path, after: float) -> None:
    """No id leads to its picture: only a person can tell. It is not sent again."""
    gateway, journal = ScriptedImages(seconds=30.0), SQLiteJournal(tmp_path / "run.db", inline=True)
    async with gateway.client(journal=journal) as dead:
        asking = asyncio.ensure_future(dead.generate("a banana", key="k"))
        await until(lambda: gateway.requests)
        await asyncio.sleep(after)
        journal.abandon()
        async with gateway.client(journal=SQLiteJournal(tmp_path / "run.db", inline=True)) as client:
            found = await client.lookup("k")
            left = [outcome async for outcome in client.pending()]
        asking.cancel()

    assert isinstance(found, Unknown)
    assert [type(outcome) for outcome in left] == [Unknown]
    assert len(gateway.requests) == 1

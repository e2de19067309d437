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
from tests.storage.pictures import make_png

PICTURE_OF_ANOTHER = make_png(3, 4)


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


async def test_a_saved_file_is_its_owners(tmp_path: Path) -> None:
    """To edit it in place changes nothing of what its key stands for, nor of an equal picture that is paid for."""
    gateway = ScriptedImages()

    async with gateway.client(journal=tmp_path / "run.db") as client:
        first = await client.generate("a banana", key="k")
        (file,) = await client.save(first, tmp_path / "a.png")
        with file.open("r+b") as theirs:
            theirs.write(b"edited")
        again = await client.read(await client.generate("a banana", key="k"))
        (other,) = await client.save(await client.generate("the same", key="l"), tmp_path / "b.png")

    assert again.content == other.read_bytes() == PICTURE
    assert file.read_bytes() != PICTURE
    assert len(gateway.requests) == 2


@pytest.mark.parametrize("when", ["before the result is told", "after"])
@pytest.mark.parametrize("does", ["read", "save"])
async def test_a_kept_picture_that_was_edited_is_told_as_gone(tmp_path: Path, when: str, does: str) -> None:
    """Never is something else handed out under its digest; the remedy is one that holds here."""
    gateway = ScriptedImages()
    async with gateway.client(journal=tmp_path / "run.db") as client:
        result = await client.generate("a banana", key="k")
        (kept,) = (tmp_path / "run.db.pictures").iterdir()
        kept.write_bytes(PICTURE_OF_ANOTHER)
        if when != "after":
            result = await client.generate("a banana", key="k")
        with pytest.raises(ResultExpiredError, match="is gone, or holds something else now") as caught:
            await (client.read(result) if does == "read" else client.save(result, tmp_path / "out.png"))
        kept.write_bytes(PICTURE)
        put_back = await client.read(await client.generate("a banana", key="k"))

    assert caught.value.charged == "yes"
    assert "Put a copy of the picture back, as " in caught.value.remedy
    assert not (tmp_path / "out.png").exists()
    assert put_back.content == PICTURE
    assert len(gateway.requests) == 1


async def test_a_kept_picture_that_can_not_be_read_is_told_as_the_disk_tells_it(tmp_path: Path) -> None:
    """It may be there all the same."""
    gateway = ScriptedImages()

    async with gateway.client(journal=tmp_path / "run.db") as client:
        result = await client.generate("a banana", key="k")
        (kept,) = (tmp_path / "run.db.pictures").iterdir()
        kept.unlink()
        kept.mkdir()
        with pytest.raises(StorageError, match=r"can't read .*Is a directory") as caught:
            await client.read(result)

    assert caught.value.charged == "yes"


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

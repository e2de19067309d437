"""Pictures beside a journal's file: on the disk before they are spoken of, and for their owner alone."""

from __future__ import annotations

import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nanobanana_async.errors import StorageError
from nanobanana_async.journal import MemoryJournal, SQLiteJournal
from tests.journal.conftest import GATEWAY
from tests.journal.contract.test_pictures import DIGEST, PICTURE
from tests.journal.processes import told_by


@pytest.fixture(params=[True, False], ids=["inline", "threaded"])
async def journal(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SQLiteJournal]:
    """An open one."""
    one = SQLiteJournal(tmp_path / "a run.db", inline=request.param)
    await one.open(GATEWAY)
    yield one
    await one.aclose()


async def test_pictures_are_files_beside_the_journal(journal: SQLiteJournal, tmp_path: Path) -> None:
    """Named by digest and kind, in a folder that nobody else may look into; nothing half written stays."""
    folder = tmp_path / "a run.db.pictures"
    before = folder.exists()

    url = await journal.keep(PICTURE, sha256=DIGEST, suffix=".png")

    assert not before
    assert url == (folder / f"{DIGEST}.png").as_uri()
    assert [path.name for path in folder.iterdir()] == [f"{DIGEST}.png"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_a_picture_that_is_there_is_left_alone(journal: SQLiteJournal, tmp_path: Path) -> None:
    """One that is not as long as it should be is written anew; one that was removed is not found."""
    await journal.keep(PICTURE, sha256=DIGEST, suffix=".png")
    file = tmp_path / "a run.db.pictures" / f"{DIGEST}.png"
    first = file.stat()
    await journal.keep(PICTURE, sha256=DIGEST, suffix=".png")
    second = file.stat()
    file.write_bytes(PICTURE[:100])
    await journal.keep(PICTURE, sha256=DIGEST, suffix=".png")
    mended = file.read_bytes()
    file.unlink()

    assert (first.st_ino, first.st_mtime_ns) == (second.st_ino, second.st_mtime_ns)
    assert mended == PICTURE
    assert await journal.kept(DIGEST) is None


async def test_a_picture_that_was_edited_is_gone(journal: SQLiteJournal, tmp_path: Path) -> None:
    """Of the same length or not: its name says what it is to be. The same picture, kept again, is there again."""
    url = await journal.keep(PICTURE, sha256=DIGEST, suffix=".png")
    file = tmp_path / "a run.db.pictures" / f"{DIGEST}.png"
    file.write_bytes(b"edited" + PICTURE[6:])
    edited = await journal.kept(DIGEST)
    again = await journal.keep(PICTURE, sha256=DIGEST, suffix=".png")

    assert edited is None
    assert again == url == await journal.kept(DIGEST)
    assert file.read_bytes() == PICTURE


@pytest.mark.skipif(sys.platform == "win32", reason="there it is a right that few have")
async def test_a_file_that_shares_its_content_keeps_what_it_was_edited_to(
    journal: SQLiteJournal, tmp_path: Path
) -> None:
    """A link to a kept picture is somebody's file: what is written anew is written beside it."""
    await journal.keep(PICTURE, sha256=DIGEST, suffix=".png")
    file, theirs = tmp_path / "a run.db.pictures" / f"{DIGEST}.png", tmp_path / "theirs.png"
    theirs.hardlink_to(file)
    theirs.write_bytes(b"edited")
    await journal.keep(PICTURE, sha256=DIGEST, suffix=".png")

    assert theirs.read_bytes() == b"edited"
    assert file.read_bytes() == PICTURE


async def test_a_picture_is_found_without_looking_at_the_others(
    journal: SQLiteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of ten thousand that are asked for one by one, each would else take as long as all of them are many."""

    def counted(folder: Path, pattern: str) -> list[Path]:
        raise AssertionError(f"{folder} was searched for {pattern}")

    url = await journal.keep(PICTURE, sha256=DIGEST, suffix=".png")
    monkeypatch.setattr(Path, "glob", counted)

    assert await journal.kept(DIGEST) == url


async def test_links_to_a_journal_lead_to_the_same_pictures(journal: SQLiteJournal, tmp_path: Path) -> None:
    """They are beside the file itself."""
    url = await journal.keep(PICTURE, sha256=DIGEST, suffix=".png")
    (tmp_path / "link.db").symlink_to(tmp_path / "a run.db")
    other = SQLiteJournal(tmp_path / "link.db")
    await other.open(GATEWAY)
    found = await other.kept(DIGEST)
    await other.aclose()

    assert found == url


async def test_where_there_can_be_no_folder_it_is_said(journal: SQLiteJournal, tmp_path: Path) -> None:
    """With the place, what to do, and that it is paid for."""
    (tmp_path / "a run.db.pictures").write_text("a file")

    with pytest.raises(StorageError, match=r"can't be kept at .*a run\.db\.pictures") as caught:
        await journal.keep(PICTURE, sha256=DIGEST, suffix=".png")

    assert caught.value.charged == "yes"
    assert "save the result" in caught.value.remedy
    assert await journal.kept(DIGEST) is None


FULL = """
    import hashlib
    from pathlib import Path
    picture = b"x" * 200_000
    digest = hashlib.sha256(picture).hexdigest()
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    one = SQLiteJournal(path)
    await one.open(GATEWAY)
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, most))
    try:
        await one.keep(picture, sha256=digest, suffix=".png")
    except StorageError as error:
        tell(type(error).__name__, error.charged)
    folder = Path(f"{path}.pictures")
    tell([file.name for file in folder.iterdir()], await one.kept(digest))
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    await one.keep(picture, sha256=digest, suffix=".png")
    tell([file.stat().st_size for file in folder.iterdir()], await one.kept(digest) is not None)
    await one.aclose()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
def test_a_full_disk_keeps_nothing_by_halves(tmp_path: Path) -> None:
    """It is said that it is paid for and in memory only; nothing is left of it, and with room it is kept."""
    said = told_by(tmp_path / "run.db", FULL)

    assert said == [["StorageError", "yes"], [[], None], [[200_000], True]]


async def test_in_memory_the_kind_of_a_picture_is_told_by_its_suffix() -> None:
    """What is not known is some bytes."""
    journal = MemoryJournal()
    await journal.open(GATEWAY)
    urls = [await journal.keep(b"abc", sha256=suffix, suffix=suffix) for suffix in (".png", ".jpg", ".odd")]

    assert [url.partition(";")[0] for url in urls] == [
        "data:image/png",
        "data:image/jpeg",
        "data:application/octet-stream",
    ]

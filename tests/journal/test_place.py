"""Where a journal may be, and what is said where it can't."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.journal import SQLiteJournal, _place
from nanobanana_async.journal._place import file_system_of
from tests.journal.conftest import GATEWAY
from tests.journal.steps import intent

MOUNTS = r"""
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 27 0:27 / /home rw,relatime shared:5 - nfs4 server:/home rw
31 30 0:28 / /home/ann/my\040disk rw - ext4 /dev/vdb rw
32 27 0:29 / /mnt rw - ext4 /dev/vdc rw
33 27 0:30 / /mnt rw - cifs //server/share rw
a line of no meaning
"""


async def refused(path: str | Path) -> ConfigurationError:
    """The error of opening a journal there."""
    with pytest.raises(ConfigurationError) as caught:
        await SQLiteJournal(path).open(GATEWAY)
    return caught.value


async def test_a_journal_is_its_owners_alone(tmp_path: Path) -> None:
    """The file, its log, its index and its locks can't be read by others; missing folders are made."""
    path = tmp_path / "new" / "folder" / "run.db"
    journal = SQLiteJournal(path)
    await journal.open(GATEWAY)
    await journal.hold("b")
    await journal.claim(intent())
    modes = {place.name: stat.S_IMODE(place.stat().st_mode) for place in path.parent.rglob("*")}
    await journal.aclose()

    assert modes.pop("run.db.locks") == 0o700
    assert set(modes) > {"run.db", "run.db-wal", "run.db-shm"}
    assert len(modes) == 5
    assert set(modes.values()) == {0o600}


async def test_nothing_is_left_of_a_run_that_has_ended(tmp_path: Path) -> None:
    """Beside the journal there is an empty folder, and nothing else."""
    journal = SQLiteJournal(tmp_path / "run.db")
    await journal.open(GATEWAY)
    await journal.hold("b")
    await journal.claim(intent())
    await journal.aclose()

    assert sorted(place.name for place in tmp_path.rglob("*")) == ["run.db", "run.db.locks"]


async def test_a_home_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``~`` is the user's home; one that there isn't is named."""
    monkeypatch.setenv("HOME", str(tmp_path))
    journal = SQLiteJournal("~/run.db")
    await journal.open(GATEWAY)
    await journal.aclose()

    assert (tmp_path / "run.db").is_file()
    assert "~nobody-of-that-name" in str(await refused("~nobody-of-that-name/run.db"))


@pytest.mark.parametrize("path", ["", ":memory:"])
async def test_memory_has_a_journal_of_its_own(path: str) -> None:
    """What SQLite takes for memory is refused, and the other one named."""
    assert "MemoryJournal" in (await refused(path)).remedy


async def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """A folder, a device, a path through a file, a name that can't be."""
    (tmp_path / "file").touch()

    assert "is a folder" in str(await refused(tmp_path))
    assert "is a device" in str(await refused("/dev/null"))
    assert "is a file, not a folder" in str(await refused(tmp_path / "file" / "run.db"))
    assert "null" in str(await refused("a\0b"))
    assert "too long" in str(await refused(tmp_path / ("x" * 300)))


async def test_no_journal_on_a_network_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused before anything is written; where nobody tells what is mounted, nothing is refused."""
    mounts = tmp_path / "mounts"
    mounts.write_text(f"27 1 254:0 / {tmp_path} rw - nfs4 server:/home rw\n", encoding="utf-8")
    monkeypatch.setattr(_place, "MOUNTS", mounts)
    error = await refused(tmp_path / "run.db")
    mounts.unlink()
    journal = SQLiteJournal(tmp_path / "run.db")

    assert "network disk (nfs4)" in str(error)
    assert "--journal PATH" in error.remedy
    await journal.open(GATEWAY)
    await journal.aclose()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/etc/run.db", "ext4"),
        ("/home/ann/run.db", "nfs4"),
        ("/homes/ann/run.db", "ext4"),
        ("/home/ann/my disk/run.db", "ext4"),
        ("/mnt/run.db", "cifs"),
    ],
)
def test_the_nearest_mount_tells_the_kind(path: str, kind: str) -> None:
    """Where two are at one place, the later one hides the earlier; blanks are written as codes."""
    assert file_system_of(Path(path), MOUNTS) == kind


def test_where_nothing_is_mounted_nothing_is_known() -> None:
    """No line, no kind."""
    assert file_system_of(Path("/a"), "") is None

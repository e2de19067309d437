"""A folder is proved to take files before anything is paid."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from nanobanana_async.errors import ConfigurationError, StorageError
from nanobanana_async.storage import ensure_writable, takes_no_more
from nanobanana_async.storage._disk import disk_errors


async def test_a_missing_folder_is_made_and_left_empty(tmp_path: Path) -> None:
    """The folder is there afterwards, with its parents, and nothing of the trial is left in it."""
    folder = await ensure_writable(str(tmp_path / "new" / "out"))

    assert folder == tmp_path / "new" / "out"
    assert list(folder.iterdir()) == []
    assert await ensure_writable(folder) == folder


async def test_home_is_expanded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder under `~` is the one that a shell would mean."""
    monkeypatch.setenv("HOME", str(tmp_path))

    assert await ensure_writable("~/out") == tmp_path / "out"


async def test_a_folder_that_cannot_be_is_named_with_the_reason(tmp_path: Path) -> None:
    """A file where a folder should be is said with its path, the system's words and a remedy; nothing is charged."""
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(ConfigurationError, match=r"/file/out' can't be written to: Not a directory \(ENOT") as error:
        await ensure_writable(tmp_path / "file" / "out")
    assert error.value.charged == "no"
    assert "choose another folder" in error.value.remedy
    with pytest.raises(ConfigurationError, match=r"File exists \(EEXIST\)"):
        await ensure_writable(tmp_path / "file")
    with pytest.raises(ConfigurationError, match=r"File name too long \(ENAMETOOLONG\)"):
        await ensure_writable(tmp_path / ("x" * 300))
    with pytest.raises(ConfigurationError, match="embedded null"):
        await ensure_writable(f"{tmp_path}/a\0b")


async def test_a_folder_of_the_system_is_no_place_for_pictures() -> None:
    """A folder that exists and takes no files is found out by trying."""
    if not Path("/proc/self").exists():
        pytest.skip("no /proc here")

    with pytest.raises(ConfigurationError, match="the folder '/proc' can't be written to"):
        await ensure_writable("/proc")


def refused(trouble: OSError | ValueError) -> StorageError:
    """What is told where the system says that a file can't be written."""
    with pytest.raises(StorageError) as caught, disk_errors("write it"):
        raise trouble
    return caught.value


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG])
async def test_a_disk_that_takes_no_more_is_told_by_what_the_system_says(tmp_path: Path, number: int) -> None:
    """A file that is small enough for what room there is proves nothing."""
    assert await takes_no_more(tmp_path, refused(OSError(number, "no")))


@pytest.mark.parametrize(
    "trouble",
    [OSError(errno.ENAMETOOLONG, "no"), OSError(errno.EISDIR, "no"), ValueError("embedded null byte")],
)
async def test_a_name_that_can_not_be_stands_in_nobodys_way(tmp_path: Path, trouble: OSError | ValueError) -> None:
    """Whether or not its folder is there."""
    assert not await takes_no_more(tmp_path, refused(trouble))
    assert not await takes_no_more(tmp_path / "gone", refused(trouble))


async def test_a_device_in_the_place_of_a_file_stands_in_nobodys_way(tmp_path: Path) -> None:
    """Nothing was asked of the disk."""
    assert not await takes_no_more(tmp_path, StorageError("a device or a pipe"))


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR, errno.EMFILE])
async def test_what_may_be_about_the_folder_is_found_out_by_writing(tmp_path: Path, number: int) -> None:
    """One that takes files goes on; one that is gone, or a file by now, does not, and is not made anew."""
    error = refused(OSError(number, "no"))
    (tmp_path / "file").touch()

    assert not await takes_no_more(tmp_path, error)
    assert await takes_no_more(tmp_path / "gone", error)
    assert await takes_no_more(tmp_path / "file", error)
    assert await takes_no_more(tmp_path / "file" / "below", error)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


async def test_a_folder_that_takes_no_files_takes_no_more() -> None:
    """Though it is there."""
    if not Path("/proc/self").exists():
        pytest.skip("no /proc here")

    assert await takes_no_more(Path("/proc"), refused(FileNotFoundError(errno.ENOENT, "no")))

"""A folder is proved to take files before anything is paid."""

from __future__ import annotations

from pathlib import Path

import pytest

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.storage import ensure_writable


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

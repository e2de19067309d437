"""A folder that is moved or removed while a picture comes in: it is not made anew in its place."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nanobanana_async.errors import StorageError
from nanobanana_async.storage import PartFile, Target, save_image
from tests.storage.pictures import make_png


def test_a_folder_that_was_missing_is_made(tmp_path: Path) -> None:
    """With those that it lies in."""
    part = PartFile(tmp_path / "a" / "b" / "c", "x")
    part.write(b"1")
    part.sync()
    part.replace(tmp_path / "a" / "b" / "c" / "x")

    assert (tmp_path / "a" / "b" / "c" / "x").read_bytes() == b"1"


@pytest.mark.parametrize("inner", ["out", "out/model/large"])
def test_a_folder_that_is_gone_is_not_made_anew(tmp_path: Path, inner: str) -> None:
    """Nor those in it, which were not there yet."""
    (tmp_path / "out").mkdir()
    part = PartFile(tmp_path / inner, "x")
    (tmp_path / "out").rename(tmp_path / "elsewhere")

    with pytest.raises(StorageError, match=r"No such file or directory \(ENOENT\)"):
        part.write(b"1")
    part.discard()

    assert [path.name for path in tmp_path.iterdir()] == ["elsewhere"]


async def test_a_picture_whose_folder_goes_while_it_comes_in_is_not_saved(tmp_path: Path) -> None:
    """That is said, and nothing is left behind."""
    (tmp_path / "out").mkdir()

    async def chunks() -> AsyncIterator[bytes]:
        shutil.rmtree(tmp_path / "out")
        yield make_png()

    with pytest.raises(StorageError, match=r"out: No such file"):
        await save_image(chunks(), Target.in_folder(tmp_path / "out", "k0"))

    assert not list(tmp_path.iterdir())

"""A picture in a file becomes another file, which is its owner's; only as what it is known to be."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from nanobanana_async.errors import StorageError
from nanobanana_async.storage import Target, save_copy
from tests.storage.pictures import Picture, make_png


async def test_the_copy_is_a_file_of_its_own(tmp_path: Path, picture: Picture) -> None:
    """Named by what it is; to edit it in place changes nothing of the first."""
    content, media_type, _ = picture
    kept = tmp_path / "kept"
    kept.write_bytes(content)

    target = Target.in_folder(tmp_path / "out", "a")
    saved = await save_copy(kept, target, sha256=hashlib.sha256(content).hexdigest())
    same = saved.path.read_bytes()
    with saved.path.open("r+b") as file:
        file.write(b"edited")

    assert same == content == kept.read_bytes()
    assert saved.image.media_type == media_type
    assert saved.path.suffix == f".{saved.image.extension}"


async def test_what_has_changed_is_not_handed_out(tmp_path: Path) -> None:
    """It is as good as gone, and nothing is left of it; where nobody knows what it was, it is taken."""
    kept, target = tmp_path / "kept", Target.in_folder(tmp_path / "out", "a")
    kept.write_bytes(make_png(4, 4))
    digest = hashlib.sha256(make_png(5, 5)).hexdigest()

    with pytest.raises(FileNotFoundError, match="holds something else now"):
        await save_copy(kept, target, sha256=digest)
    left = list((tmp_path / "out").iterdir())
    saved = await save_copy(kept, target, sha256=None)

    assert left == []
    assert saved.path.read_bytes() == make_png(4, 4)


async def test_a_file_that_is_there_is_never_touched_where_it_was_asked_for(tmp_path: Path) -> None:
    """The copy comes beside it."""
    kept, target = tmp_path / "kept", Target.in_folder(tmp_path, "a")
    kept.write_bytes(make_png(4, 4))
    (tmp_path / "a.png").write_bytes(b"another's")

    saved = await save_copy(kept, target, sha256=None, if_exists="beside")

    assert saved.path.name == "a~2.png"
    assert (tmp_path / "a.png").read_bytes() == b"another's"


async def test_what_can_not_be_copied_is_said(tmp_path: Path) -> None:
    """Missing, a folder, no picture: each by its own error, and nothing is left."""
    target = Target.in_folder(tmp_path / "out", "a")
    (tmp_path / "page").write_bytes(b"<html>busy</html>")

    with pytest.raises(FileNotFoundError):
        await save_copy(tmp_path / "none", target, sha256=None)
    with pytest.raises(StorageError, match=r"can't read .*Is a directory \(EISDIR\)"):
        await save_copy(tmp_path, target, sha256=None)
    with pytest.raises(StorageError, match="is an HTML page"):
        await save_copy(tmp_path / "page", target, sha256=None)

    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())

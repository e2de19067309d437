"""A file becomes two, by the system or without it, and neither ever changes with the other."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nanobanana_async.storage._cloning import BY_THE_SYSTEM, Copy, clone

CONTENT = bytes(range(256)) * 20_000


def unable(_source: int, _into: int, _most: int) -> int:
    """A system that has no such call for these two files."""
    raise OSError(95, "Operation not supported")


def stopping(source: int, into: int, _most: int) -> int:
    """One that does a part of it, and fails then."""
    if os.fstat(into).st_size > 1000:
        raise OSError(18, "Invalid cross-device link")
    return os.write(into, os.read(source, 2000))


def silent(_source: int, _into: int, _most: int) -> int:
    """One that says that it is at the end, and is not."""
    return 0


@pytest.mark.parametrize("by_the_system", [BY_THE_SYSTEM, None, unable, stopping, silent])
def test_all_of_it_is_appended_once(tmp_path: Path, by_the_system: Copy | None) -> None:
    """However the system does it, and where it doesn't; what was there before stays."""
    (tmp_path / "source").write_bytes(CONTENT)

    with (tmp_path / "source").open("rb", buffering=0) as source, (tmp_path / "copy").open("x+b") as copy:
        copy.write(b"before")
        clone(source, copy, by_the_system)
        copy.write(b"after")

    assert (tmp_path / "copy").read_bytes() == b"before" + CONTENT + b"after"


def test_what_one_is_changed_to_the_other_never_becomes(tmp_path: Path) -> None:
    """They are two files, wherever their blocks are."""
    (tmp_path / "source").write_bytes(CONTENT)
    with (tmp_path / "source").open("rb", buffering=0) as source, (tmp_path / "copy").open("x+b") as copy:
        clone(source, copy)

    with (tmp_path / "copy").open("r+b") as copy:
        copy.write(b"edited")

    assert (tmp_path / "source").read_bytes() == CONTENT
    assert not (tmp_path / "source").samefile(tmp_path / "copy")

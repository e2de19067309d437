"""Pictures that are wanted in another folder as well: they are here, so nobody has to be asked for them."""

from __future__ import annotations

import filecmp
from collections.abc import Iterable
from pathlib import Path

from nanobanana_async.storage._part import PartFile


def copies_in(folder: Path, files: Iterable[Path]) -> tuple[Path, ...]:
    """A copy of each of `files` in `folder`, under its name; beside what has that name and is another. It blocks.

    Raises:
        OSError, StorageError: one of them can't be read, or written.
    """
    return tuple(_copy(file, folder) for file in files)


def _copy(file: Path, folder: Path) -> Path:
    place = folder / file.name
    if place.is_file() and filecmp.cmp(file, place, shallow=False):
        return place
    part = PartFile(folder, file.name)
    try:
        with file.open("rb", buffering=0) as source:
            part.copy(source)
        part.sync()
        return part.put_beside(place)
    finally:
        part.discard()

"""A file on its way: hidden beside its target until it is whole, then in the target's place in one step.

Everything here blocks, and one thread at a time may use it. Until `replace` or `put_beside` returns, the target is what
it was; after `discard` nothing of the part is left. Folders that were missing at first are made; one that was there and
is gone has been moved or removed by somebody, and is never made anew in its place.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import suppress
from io import BufferedRandom, FileIO
from itertools import count
from pathlib import Path

from nanobanana_async.errors import StorageError
from nanobanana_async.storage._cloning import clone
from nanobanana_async.storage._disk import disk_errors

_VISIBLE_CHARACTERS = 32  # of the target's name; at four bytes each the part's own name stays under 255 bytes


class PartFile:
    """A temporary file in `folder`, named after `name` so that a human can tell what it was to become."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._missing = tuple(_missing(folder))
        self._path = folder / f".{name[:_VISIBLE_CHARACTERS]}.{secrets.token_hex(8)}.part"
        self._file: BufferedRandom | None = None

    def write(self, data: bytes) -> None:
        """Appends `data`; the first time, makes the folder and the file. Raises: StorageError."""
        with disk_errors(f"write into {self._folder}"):
            file = self.opened()
            file.write(data)
            file.flush()  # so that no later step meets the trouble of this one

    def copy(self, source: FileIO) -> None:
        """Appends all of `source`, so that it takes its room once where the disk can do that. Raises: StorageError."""
        with disk_errors(f"write into {self._folder}"):
            clone(source, self.opened())

    def opened(self) -> BufferedRandom:
        """The file, open for writing and reading. Raises: OSError."""
        if self._file is None:
            for folder in reversed(self._missing):
                folder.mkdir(exist_ok=True)
            # "x" never follows a link or opens what is there already, and leaves the file's mode to the umask
            self._file = self._path.open("x+b")
        return self._file

    def sync(self) -> None:
        """Puts the content on the disk itself, and closes the file. Raises: StorageError."""
        with disk_errors(f"write into {self._folder}"):
            file = self.opened()
            os.fsync(file.fileno())
            file.close()

    def replace(self, target: Path) -> Path:
        """Puts the file in the place of `target`, a file or a link that was there included. Raises: StorageError."""
        with disk_errors(f"write {target}"):
            refuse_device(target)
            self._path.replace(target)
        _sync_folder(self._folder)
        return target

    def put_beside(self, target: Path) -> Path:
        """Puts the file at `target`, or where that exists at ``name~2.png``, ``name~3.png`` … Raises: StorageError."""
        with disk_errors(f"write {target}"):
            place = next(place for place in _places(target) if self._take(place))
        _sync_folder(self._folder)
        return place

    def discard(self) -> None:
        """Removes what is left of the file; after `replace` or `put_beside` there is nothing to do."""
        with suppress(OSError):  # closing a file on a full disk fails once more, and closes it all the same
            if self._file is not None:
                self._file.close()
        if self._file is not None:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

    def _take(self, place: Path) -> bool:
        """Whether the file has got the free name `place`: a hard link is refused where anything has that name."""
        try:
            place.hardlink_to(self._path)
        except FileExistsError:
            return False
        except OSError:  # no hard links on this disk (FAT, some shares); a true trouble comes again
            return self._take_reserved(place)
        self._path.unlink()
        return True

    def _take_reserved(self, place: Path) -> bool:
        """The same without links: an empty file holds the name until the rename."""
        try:
            place.open("xb").close()
        except FileExistsError:
            return False
        try:
            self._path.replace(place)
        except OSError:
            place.unlink(missing_ok=True)
            raise
        return True


def refuse_device(path: Path) -> None:
    """Raises: StorageError when `path` is a device, a pipe or a socket: a rename would put a file in its place."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode) or stat.S_ISDIR(mode)):
        raise StorageError(f"{str(path)!r} is a device or a pipe, not a file", remedy="Name a file, or a folder.")


def _missing(folder: Path) -> Iterator[Path]:
    """The folders that have to be made for `folder` to be there, the innermost first."""
    with suppress(OSError):  # what can't be told now is said when it is used
        if folder.is_dir():
            return
    yield folder  # also where there is a file in its place, which is said when it is to be made
    for path in folder.parents:
        if os.path.lexists(path):
            return
        yield path


def _places(target: Path) -> Iterator[Path]:
    yield target
    yield from (target.with_name(f"{target.stem}~{number}{target.suffix}") for number in count(2))


def _sync_folder(folder: Path) -> None:
    """Makes a rename last through a power cut, where the system lets a folder be synced (Windows doesn't)."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

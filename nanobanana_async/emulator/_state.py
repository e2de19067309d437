"""What outlives the process: an append-only file of JSON lines, one per thing that happened.

Theory of operation

1. A line is handed to the operating system before the answer that depends on it leaves, so what a client was told
   survives `kill -9` (not a power cut: this is a double, and nothing is synced).
2. A line cut short by a kill was never answered for; on opening it is cut off, so that the next one starts
   clean.
3. A line that could not be written, as on a full disk, never happened: what there is of it is cut off at once, or at
   the latest before the next one. Nothing waits in a buffer to be written after all.
4. The file is made by the first write. Reading it back in order gives the same world.
5. The folder belongs to one emulator from the reading to the closing. One that was closed and writes again takes it
   anew, unless somebody else has written there in between.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Any

from attrs import define, field

from nanobanana_async.emulator._state_lock import StateFileError, StateLock


@define
class StateLog:
    """The file `emulator.jsonl` in a folder; with no folder it forgets everything."""

    _folder: Path | None
    _lock: StateLock = field(init=False, repr=False)
    _file: FileIO | None = field(default=None, init=False, repr=False)
    _size: int = field(default=0, init=False, repr=False)
    """Of the whole lines in the file, in bytes, when it was last read or written."""
    _is_torn: bool = field(default=False, init=False, repr=False)
    """Whether a part of a line may stand behind them."""

    def __attrs_post_init__(self) -> None:
        self._lock = StateLock(self._folder or Path())

    def replay(self) -> Iterator[dict[str, Any]]:
        """Every line written so far, oldest first. From here on the folder is this emulator's.

        Raises:
            StateFileError: Another emulator has the folder, or a whole line cannot be read.
        """
        path = self._path()
        if path is None:
            return
        self._lock.acquire()
        if not path.exists():
            return
        self._size = _cut_to_whole_lines(path)
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                yield _parsed(line, path, number)

    @property
    def keeps(self) -> bool:
        """Whether anything is kept at all; if not, nobody has to make lines for it."""
        return self._folder is not None

    def append(self, kind: str, what: dict[str, object]) -> None:
        """Hand one line to the operating system.

        Raises:
            StateFileError: The folder was let go of, and another emulator has taken it.
            OSError: It can't be written, and nothing of it is kept.
        """
        path = self._path()
        if path is None:
            return
        line = json.dumps({"kind": kind, **what}, separators=(",", ":")).encode() + b"\n"
        if self._file is None:
            self._file = self._opened(path)
        self._mend(self._file)
        self._is_torn = True
        try:
            _write(self._file, line)
        except OSError:
            with suppress(OSError):  # the first error says more; it is mended before the next line
                self._mend(self._file)
            raise
        self._size += len(line)
        self._is_torn = False

    def close(self) -> None:
        """Let go of the file and the folder, whatever the disk says; a later append takes both again."""
        file, self._file = self._file, None
        try:
            if file is not None:
                with file, suppress(OSError):  # what is left over is cut off when the file is opened again
                    self._mend(file)
        finally:
            self._lock.release()

    def _mend(self, file: FileIO) -> None:
        if self._is_torn:
            file.truncate(self._size)
            self._is_torn = False

    def _opened(self, path: Path) -> FileIO:
        self._lock.acquire()
        file = FileIO(path, "a")
        if file.tell() != self._size:
            file.close()
            self.close()
            raise StateFileError(f"another emulator has written to {path} in between. Start this one again.")
        return file

    def _path(self) -> Path | None:
        return self._folder / "emulator.jsonl" if self._folder else None


def _write(file: FileIO, line: bytes) -> None:
    """All of it: a disk may take a part."""
    left = memoryview(line)
    while left:
        left = left[file.write(left) :]


def _cut_to_whole_lines(path: Path) -> int:
    """The size in bytes that is left."""
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        with path.open("rb+") as file:
            file.truncate(whole)
    return whole


def _parsed(line: bytes, path: Path, number: int) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except ValueError as error:
        raise StateFileError(
            f"{path}, line {number}, is not a line of the emulator's state. "
            "Move the folder away, or start with another state_dir."
        ) from error
    return dict(said)

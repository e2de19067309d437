"""What outlives the process: an append-only file of JSON lines, one per thing that happened.

Theory of operation

1. A line is written and flushed before the answer that depends on it leaves, so what a client was told
   survives `kill -9` (not a power cut: this is a double, and nothing is synced).
2. A line cut short by a kill was never answered for; on opening it is cut off, so that the next one starts
   clean.
3. The file is made by the first write. Reading it back in order gives the same world.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from attrs import define, field


class StateFileError(Exception):
    """The state folder holds something that this emulator did not write."""


@define
class StateLog:
    """The file `emulator.jsonl` in a folder; with no folder it forgets everything."""

    _folder: Path | None
    _file: BinaryIO | None = field(default=None, init=False, repr=False)

    def replay(self) -> Iterator[dict[str, Any]]:
        """Every line written so far, oldest first.

        Raises:
            StateFileError: A whole line cannot be read.
        """
        path = self._path()
        if path is None or not path.exists():
            return
        _cut_to_whole_lines(path)
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                yield _parsed(line, path, number)

    def append(self, kind: str, what: dict[str, object]) -> None:
        """Write one line and hand it to the operating system."""
        path = self._path()
        if path is None:
            return
        if self._file is None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("ab")
        self._file.write(json.dumps({"kind": kind, **what}, separators=(",", ":")).encode() + b"\n")
        self._file.flush()

    def close(self) -> None:
        """Let go of the file; a later append opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _path(self) -> Path | None:
        return self._folder / "emulator.jsonl" if self._folder else None


def _cut_to_whole_lines(path: Path) -> None:
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        with path.open("rb+") as file:
            file.truncate(whole)


def _parsed(line: bytes, path: Path, number: int) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except ValueError as error:
        raise StateFileError(
            f"{path}, line {number}, is not a line of the emulator's state. "
            "Move the folder away, or start with another state_dir."
        ) from error
    return dict(said)

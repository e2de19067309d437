"""The content of a file in another file: two files that know nothing of each other.

What one is changed to, the other never becomes; under a hard link it would. Linux copies within the kernel, and on a
file system that shares blocks until one of the two is written to (Btrfs, XFS, bcachefs) the copy takes no room.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from io import FileIO
from typing import BinaryIO, Final

_AT_A_TIME = 1 << 30
_BLOCK = 1024 * 1024

Copy = Callable[[int, int, int], int]
"""Copies from a descriptor to another, at most so many bytes: how many it did."""

BY_THE_SYSTEM: Final[Copy | None] = getattr(os, "copy_file_range", None)
"""Linux has it."""


def clone(source: FileIO, into: BinaryIO, by_the_system: Copy | None = BY_THE_SYSTEM) -> None:
    """Append all of `source` to `into`. It blocks. Raises: OSError."""
    into.flush()
    begin = into.seek(0, os.SEEK_END)
    if by_the_system is not None and _is_cloned(source, into, by_the_system):
        into.seek(0, os.SEEK_END)
        return
    source.seek(0)
    into.seek(begin)
    into.truncate()
    shutil.copyfileobj(source, into, _BLOCK)
    into.flush()


def _is_cloned(source: FileIO, into: BinaryIO, copy: Copy) -> bool:
    """Whether the system has copied all of it. It does so for files of one disk, and not for those of every kind."""
    copied = 0
    try:
        while done := copy(source.fileno(), into.fileno(), _AT_A_TIME):
            copied += done
    except OSError:  # a true trouble comes again
        return False
    return copied == os.fstat(source.fileno()).st_size

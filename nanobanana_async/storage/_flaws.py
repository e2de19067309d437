"""What the three walkers share: how they say that a file isn't whole, and how they read without running off its end."""

from __future__ import annotations

from typing import BinaryIO


class FlawError(Exception):
    """Why a file is no whole picture: the end of a sentence that begins with what it is. It never leaves `inspect`."""


def read_exactly(file: BinaryIO, count: int, *, part: str) -> bytes:
    """The next `count` bytes. `part` names what is being read, for the error. Raises: FlawError."""
    data = file.read(count)
    if len(data) < count:
        raise cut_off(file.tell(), part)
    return data


def skip(file: BinaryIO, count: int, size: int, *, part: str) -> None:
    """Moves `count` bytes on in a file of `size` bytes. Raises: FlawError if that leads past its end."""
    if file.tell() + count > size:
        raise cut_off(size, part)
    file.seek(count, 1)


def cut_off(size: int, part: str) -> FlawError:
    """The flaw of a file that ends after `size` bytes, in the middle of `part`."""
    return FlawError(f"cut off after {size} bytes, in {part}")

"""What the three walkers share: how they say that a file isn't whole, and how they read without running off its end."""

from __future__ import annotations

from typing import BinaryIO

from nanobanana_async.errors import StorageError

_AGAIN = "Fetch it again: it stays paid for, and a download that broke off is cured by another."
_BY_HAND = "Fetch it by hand, if one of that size is expected: it stays paid for."


class FlawError(Exception):
    """Why a file is no whole picture: the end of a sentence that begins with what it is. It never leaves `inspect`."""


class TooLargeError(FlawError):
    """It is larger than any picture that is taken, and would be so again."""


def unusable(message: str, *, is_too_large: bool = False) -> StorageError:
    """The error of what came and is no whole picture. Fetched again it may be, unless it is too large."""
    error = StorageError(message, retryable=not is_too_large, remedy=_BY_HAND if is_too_large else _AGAIN)
    error.is_of_the_picture = True
    return error


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

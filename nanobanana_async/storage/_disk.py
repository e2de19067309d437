"""What the operating system says when a file can't be written or read, as errors with a remedy."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from nanobanana_async.errors import StorageError

_TAKES_NO_MORE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG})
_OF_ONE_NAME = frozenset({errno.ENAMETOOLONG, errno.EISDIR, errno.EINVAL, errno.EILSEQ})

_REMEDIES: dict[int, str] = {
    errno.ENOSPC: "Free some space on the disk",
    errno.EDQUOT: "Free some space, or have the quota raised",
    errno.EFBIG: "Raise the limit on the size of files",
    errno.EACCES: "Get the right to write there, or choose another folder",
    errno.EPERM: "Get the right to write there, or choose another folder",
    errno.EROFS: "The disk is read-only: choose another folder",
    errno.ENAMETOOLONG: "Choose a shorter name",
    errno.ENOTDIR: "A part of the path is a file where a folder should be: choose another folder",
    errno.EEXIST: "A part of the path is a file where a folder should be: choose another folder",
    errno.EISDIR: "There is a folder of that name: choose another name",
    errno.EMFILE: "Raise the limit on open files",
}


@contextmanager
def disk_errors(action: str) -> Iterator[None]:
    """Turns an OSError inside the block into a StorageError that says ``can't <action>: <the system's words>``.

    So too a ValueError, which is what Python says of a path with a NUL or half a character in it.
    """
    try:
        yield
    except (OSError, ValueError) as error:
        remedy = f"{disk_remedy(error)}, then save the picture again: it stays paid for."
        raise StorageError(f"can't {action}: {disk_words(error)}", remedy=remedy) from error


def disk_words(error: OSError | ValueError) -> str:
    """The system's words for an error and its symbol, such as ``No space left on device (ENOSPC)``."""
    if isinstance(error, ValueError):
        return str(error)
    symbol = errno.errorcode.get(error.errno or 0)
    words = error.strerror or str(error) or type(error).__name__
    return f"{words} ({symbol})" if symbol else words


def disk_remedy(error: OSError | ValueError) -> str:
    """What the user may do about an error, as a clause without a full stop."""
    if isinstance(error, ValueError):
        return "Choose another name"
    return _REMEDIES.get(error.errno or 0, "Make room or choose another folder")


def meets(error: BaseException | None) -> Literal["all", "one", "some"]:
    """How many files meet `error`, which kept one from being written: all of that disk, that one, or nobody knows."""
    number = error.errno if isinstance(error, OSError) else None
    if number in _TAKES_NO_MORE:
        return "all"
    return "one" if number in _OF_ONE_NAME or not isinstance(error, OSError) else "some"

"""The right to an output folder: one run at a time, whichever journal it goes by, and only for as long as it is there.

A folder may be renamed, removed or replaced under a run. Nothing is put in its place then: who renamed it finds what is
paid for where it is by now, and another run may be at work under the old name.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

import attrs

from nanobanana_async.errors import BatchBusyError, ConfigurationError, StorageError
from nanobanana_async.journal import LockFile, leads_to, taken_in_time

LOCK: Final = ".run.lock"
_KNOWS_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)


@attrs.define(eq=False)
class FolderHold:
    """The lock on `folder`, an absolute path, from `taken` to `let_go`."""

    folder: Path
    _lock: LockFile
    _opened: int | None = None
    """A descriptor of the folder: for as long as it is open, the system gives its number to no other."""

    @classmethod
    async def taken(cls, folder: Path) -> FolderHold:
        """The right to `folder`, which is there. A holder that is about to die is waited for.

        On a disk that knows no locks it is given to whoever asks: the lock on the journal is another one.

        Raises:
            BatchBusyError: another run is at work in it.
            ConfigurationError: its lock can't be opened.
        """
        lock = _lock_of(folder)
        try:
            is_ours = await taken_in_time(lock.take)
        except OSError as error:
            if error.errno not in _KNOWS_NO_LOCKS:
                raise _no_lock(lock.path, error) from error
            is_ours = True
        if not is_ours:
            raise BatchBusyError(
                f"another run is at work in the folder {str(folder.absolute())!r} (process "
                f"{lock.holder or 'unknown'}); nothing was sent",
                remedy="Wait for it to end; for another set use another folder.",
            )
        hold = cls(folder.absolute(), lock)
        with suppress(OSError):  # Windows opens no folders: there only a folder that is gone is noticed
            hold._opened = os.open(folder, os.O_RDONLY)
        return hold

    @property
    def is_there(self) -> bool:
        """Whether the folder is still found under its name."""
        try:
            return self.folder.is_dir() if self._opened is None else leads_to(self.folder, os.fstat(self._opened))
        except OSError:
            return False

    def refuse_if_gone(self) -> None:
        """Raises: StorageError, where the folder is not what it was when the run began."""
        if not self.is_there:
            raise StorageError(
                f"the folder {str(self.folder)!r} was moved, removed or replaced while a run was at work in it",
                remedy="Where it was moved, run the same command with its new place as -o: it goes on there.",
                retryable=False,
            )

    def let_go(self) -> None:
        """Let the next run in. Safe to call twice."""
        opened, self._opened = self._opened, None
        if opened is not None:
            os.close(opened)
        self._lock.let_go()


def at_work_in(folder: Path) -> str | None:
    """Which process is at work in `folder`, None where none is, or nobody can tell. It blocks; nothing is taken."""
    return _lock_of(folder).holder or None


def _lock_of(folder: Path) -> LockFile:
    return LockFile(folder / LOCK, text=str(os.getpid()))


def _no_lock(path: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"the lock of the folder, {str(path)!r}, can't be taken: {error.strerror}; nothing was sent",
        remedy="Get the right to read and write it; where no run is at work there it can be removed.",
    )

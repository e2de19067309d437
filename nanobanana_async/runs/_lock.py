"""One run at a time in a folder: a lock of the operating system, which a process that dies lets go of.

The file stays: removing it would let two runs hold two files of one name.
"""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import attrs

from nanobanana_async.errors import ConfigurationError

NAME = ".lock"
_HELD = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK)


@attrs.define
class FolderLock:
    """The right to run in `folder`. Blocks for a moment at most."""

    folder: Path
    _descriptor: int | None = attrs.field(default=None, init=False)

    def acquire(self) -> None:
        """Take it.

        Raises:
            ConfigurationError: another run has it, or the disk knows no locks.
        """
        try:
            self._descriptor = os.open(self.folder / NAME, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise self._unlockable(error) from error
        try:
            _lock(self._descriptor)
        except OSError as error:
            refusal = self._taken() if error.errno in _HELD else self._unlockable(error)
            self.release()
            raise refusal from None
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, str(os.getpid()).encode())

    def release(self) -> None:
        """Let go of it. Safe to call twice, and where it was never taken."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _taken(self) -> ConfigurationError:
        assert self._descriptor is not None
        said = os.read(self._descriptor, 20).decode(errors="replace")
        holder = f" (process {said})" if said.isdecimal() else ""
        return ConfigurationError(
            f"another run is at work in the folder {str(self.folder)!r}{holder}; nothing was sent",
            remedy="Wait for it to end, or choose another folder.",
        )

    def _unlockable(self, error: OSError) -> ConfigurationError:
        return ConfigurationError(
            f"the folder {str(self.folder)!r} can't be locked: {error.strerror}; nothing was sent",
            remedy="Choose a folder on a disk of this machine.",
        )


if sys.platform == "win32":  # pragma: no cover  best effort, and not where our tests run
    import msvcrt

    def _lock(descriptor: int) -> None:
        # Far beyond the content: on Windows a locked byte can't be read.
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

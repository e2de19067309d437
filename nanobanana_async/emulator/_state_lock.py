"""One emulator at a time on a state folder: a lock of the operating system, which a process that dies lets go of.

Two of them would hand out the same ids and write over each other's story. The lock file stays: removing it would let
two emulators hold two files of one name.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path

from attrs import define, field

NAME = ".lock"
_HELD = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK)


class StateFileError(Exception):
    """The state folder is not this emulator's: another one holds it, or it holds what no emulator wrote."""


@define
class StateLock:
    """The right to write in a folder. Blocks for a moment at most."""

    folder: Path
    _descriptor: int | None = field(default=None, init=False)

    def acquire(self) -> None:
        """Make the folder and take it; taking it twice does nothing.

        Raises:
            StateFileError: Another emulator has it, or its disk knows no locks.
            OSError: The folder can't be made.
        """
        if self._descriptor is not None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(self.folder / NAME, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(self._descriptor)
        except OSError as error:
            refusal = self._refusal(self._descriptor, error)
            self.release()
            raise refusal from None
        with suppress(OSError):  # on a full disk the lock holds all the same, and only its holder's number is missing
            os.ftruncate(self._descriptor, 0)
            os.write(self._descriptor, str(os.getpid()).encode())

    def release(self) -> None:
        """Let go of it. Safe to call twice, and where it was never taken."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _refusal(self, descriptor: int, error: OSError) -> StateFileError:
        folder = str(self.folder)
        if error.errno not in _HELD:
            return StateFileError(f"the state folder {folder!r} can't be locked: {error.strerror}. Use another disk.")
        said = os.read(descriptor, 20).decode(errors="replace")
        holder = f" (process {said})" if said.isdecimal() else ""
        return StateFileError(
            f"another emulator is at work on the state folder {folder!r}{holder}. "
            "Stop it, or start with another state_dir."
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

"""Locks of the operating system on small files: who holds one is at work, and a process that dies lets go of it.

Theory of operation
===================
1. The lock is on the open file, not on its name: the kernel takes it back when the last descriptor of that opening is
   closed, so at the latest when the process is gone, however it went. A process that is merely stopped keeps it.
2. Two openings exclude each other also within one process: two clients there are two holders.
3. A file may be removed by its holder alone, while he holds it. So somebody may have opened a file, and get its lock
   only once it has no name any more, while another makes a new file of that name. Hence whoever has got a lock looks
   whether the name still leads to what he has locked, and begins again if it doesn't.
4. To look whether a lock is held is to take it for a moment, shared: two who look don't disturb each other. Who wants
   it for himself at that very moment has to try twice.
5. A child made by `fork` (multiprocessing has that method) would share the opening, and hold the lock for as long as
   it lives, longer perhaps than its parent. It closes its copies before it does anything else. A program that the
   child runs in its own place (`exec`) inherits none: Python opens files so.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from pathlib import Path

import attrs

from nanobanana_async.journal._identity import leads_to

_open_here: set[int] = set()
_forking = threading.Lock()  # held while a descriptor is opened or closed, and while the process forks


@attrs.define(eq=False)
class LockFile:
    """A lock that excludes all others. What it holds is told by `text`, for people, as long as the disk has room."""

    path: Path
    text: str = attrs.field(default="", kw_only=True)
    _descriptor: int | None = attrs.field(default=None, init=False)

    def take(self) -> bool:
        """Whether the lock is ours now; never waits. To take it again changes nothing. Raises: OSError."""
        while self._descriptor is None:
            descriptor = _open(self.path, os.O_RDWR | os.O_CREAT)
            if not _lock(descriptor):
                _close(descriptor)
                return False
            if leads_to(self.path, os.fstat(descriptor)):
                self._descriptor = descriptor
                self._sign(descriptor)
            else:
                _close(descriptor)
        return True

    @property
    def holder(self) -> str | None:
        """What its holder has written into it; None where nobody holds it. Nothing is taken, and no file made."""
        return text_in(self.path) if is_held(self.path) else None

    def let_go(self) -> None:
        """Remove the file and let go of the lock. Safe to call twice, and where it was never taken."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            with suppress(OSError):  # Windows removes nothing that is open
                self.path.unlink()
            _close(descriptor)

    def abandon(self) -> None:
        """Let go of the lock as a process does that dies: the file stays."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            _close(descriptor)

    def _sign(self, descriptor: int) -> None:
        with suppress(OSError):  # a full disk: the lock holds without a word in it
            os.ftruncate(descriptor, 0)
            os.write(descriptor, self.text.encode())


def is_held(path: Path) -> bool:
    """Whether somebody holds the lock on this file, or may hold it; False where there is no such file."""
    try:
        descriptor = _open(path, os.O_RDWR)
    except OSError as error:
        return not isinstance(error, FileNotFoundError)
    try:
        return not _lock(descriptor, shared=True)
    finally:
        _close(descriptor)


def bury(path: Path) -> bool:
    """Whether nobody holds the lock on this file; then it is removed."""
    try:
        descriptor = _open(path, os.O_RDWR)
    except OSError as error:
        return isinstance(error, FileNotFoundError)
    try:
        if not _lock(descriptor):
            return False
        if leads_to(path, os.fstat(descriptor)):
            with suppress(OSError):
                path.unlink()
        return True
    finally:
        _close(descriptor)


def text_in(path: Path) -> str:
    """What the holder has written into his file; empty where there is nothing to read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _open(path: Path, flags: int) -> int:
    with _forking:
        descriptor = os.open(path, flags, 0o600)
        _open_here.add(descriptor)
        return descriptor


def _close(descriptor: int) -> None:
    with _forking:
        if descriptor in _open_here:  # else it was closed by a fork, and the number may be another file's by now
            _open_here.discard(descriptor)
            os.close(descriptor)


def _close_inherited() -> None:  # pragma: no cover  in a child, where nobody measures
    for descriptor in _open_here:
        os.close(descriptor)
    _open_here.clear()
    _forking.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_forking.acquire, after_in_parent=_forking.release, after_in_child=_close_inherited)


if sys.platform == "win32":  # pragma: no cover  best effort, and not where our tests run
    import msvcrt

    def _lock(descriptor: int, *, shared: bool = False) -> bool:  # noqa: ARG001  Windows knows none that are shared
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)  # far beyond the text: a locked byte can't be read there
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _lock(descriptor: int, *, shared: bool = False) -> bool:
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

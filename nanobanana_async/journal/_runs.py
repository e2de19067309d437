"""Who is at work on a journal: a lock file for each run, beside the journal, and one for each batch that is held."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from pathlib import Path

import attrs

from nanobanana_async.journal._holding import batch_busy, taken_in_time
from nanobanana_async.journal._locks import LockFile, bury, is_held, text_in

_ONE_LOOK = 0.002
"""Seconds: longer than it takes somebody to look whether a lock is held."""


@attrs.define(eq=False)
class Runs:
    """The runs of the journal whose lock files are in `folder`; `own` is the name of this one."""

    folder: Path
    own: str = attrs.field(factory=lambda: secrets.token_hex(8), init=False)
    _lock: LockFile = attrs.field(init=False)
    _held: dict[str, LockFile] = attrs.field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self._lock = LockFile(self._file_of(self.own), text=str(os.getpid()))

    def begin(self) -> None:
        """Take the lock of this run; nobody else knows its name. Raises: OSError."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        while not self._lock.take():  # who removes files of dead runs has it, between our opening and our locking
            time.sleep(_ONE_LOOK)

    def end(self) -> None:
        """Let go of all that this run holds. Safe to call twice."""
        for lock in (*self._held.values(), self._lock):
            lock.let_go()
        self._held.clear()

    def abandon(self) -> None:
        """Let go of it all as a process does that dies."""
        for lock in (*self._held.values(), self._lock):
            lock.abandon()
        self._held.clear()

    def is_alive(self, run: str) -> bool:
        """Whether a run is still at work."""
        return run == self.own or is_held(self._file_of(run))

    def bury(self, run: str) -> bool:
        """Whether a run is no more; then nothing is left of its lock."""
        path = self._file_of(run)
        if run == self.own:
            return False
        if bury(path):
            return True
        time.sleep(_ONE_LOOK)  # somebody may have been looking
        return bury(path)

    def bury_all(self) -> list[str]:
        """The runs that left a lock file and are no more; their files are removed."""
        names = [path.stem.removeprefix("run-") for path in self.folder.glob("run-*.lock")]
        return [run for run in names if run != self.own and bury(self._file_of(run))]

    async def hold(self, scope: str) -> None:
        """Take the lock on the name of a batch. Raises: BatchBusyError, OSError."""
        lock = self._held.get(scope) or LockFile(self._file_of_batch(scope), text=str(os.getpid()))
        if not await taken_in_time(lock.take):
            raise batch_busy(scope, f"process {text_in(lock.path) or 'unknown'}")
        self._held[scope] = lock

    def let_go(self, scope: str) -> None:
        """Let go of the lock on a name. Safe to call twice."""
        lock = self._held.pop(scope, None)
        if lock is not None:
            lock.let_go()

    def _file_of(self, run: str) -> Path:
        return self.folder / f"run-{run}.lock"

    def _file_of_batch(self, scope: str) -> Path:
        digest = hashlib.sha256(scope.encode("utf-8", "surrogatepass")).hexdigest()
        return self.folder / f"batch-{digest[:16]}.lock"

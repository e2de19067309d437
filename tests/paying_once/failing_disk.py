"""A journal whose disk fails when a test says so, and keeps in memory what it could not write, as a journal must."""

from __future__ import annotations

from nanobanana_async import StorageError
from nanobanana_async.journal import Change, Claimed, Entry, Intent, MemoryJournal


class FailingJournal(MemoryJournal):
    """While `is_full`, nothing can be written; while `is_gone`, nothing can be read either."""

    def __init__(self) -> None:
        super().__init__()
        self.is_full = False
        self.is_gone = False
        self.fails_to_open = False
        self.fails_to_close = False
        self.unwritten: list[Change] = []

    async def open(self, gateway: str, **more: object) -> None:
        if self.fails_to_open:
            raise disk_error("it can't be opened")
        await super().open(gateway, **more)  # type: ignore[arg-type]  # handed through

    async def aclose(self) -> None:
        await super().aclose()
        if self.fails_to_close:
            raise disk_error("steps are not in the journal")

    async def find(self, scope: str, key: str) -> Entry | None:
        if self.is_gone:
            raise disk_error("the disk failed")
        return await super().find(scope, key)

    async def claim(self, intent: Intent) -> Entry | Claimed:
        if self.is_full or self.is_gone:
            raise disk_error("the disk is full")
        await self._write_kept()
        return await super().claim(intent)

    async def record(self, change: Change) -> bool:
        if self.is_full or self.is_gone:
            self.unwritten.append(change)
            raise disk_error("the disk is full")
        await self._write_kept()
        return await super().record(change)

    async def _write_kept(self) -> None:
        unwritten, self.unwritten = self.unwritten, []
        for change in unwritten:
            await super().record(change)


def disk_error(words: str) -> StorageError:
    return StorageError(f"the journal: {words}", charged="yes", remedy="Free some space.")

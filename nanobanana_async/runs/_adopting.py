"""What is paid for already: tasks of an earlier run are waited for, and missing pictures fetched. Nothing is sent."""

from __future__ import annotations

from pathlib import Path

import attrs

from nanobanana_async.client import Client
from nanobanana_async.errors import KeyRefusedError, NanoBananaError, StillRunningError, UsageError
from nanobanana_async.outcomes import Failed, Outcome, Pending, Succeeded
from nanobanana_async.runs._record import Record
from nanobanana_async.runs._rows import Row
from nanobanana_async.storage import Target
from nanobanana_async.values import Item, Result, Task


@attrs.frozen
class Adoption:
    """A row whose task is paid for: what is known of it, and where its pictures go (None: nowhere)."""

    row: Row
    record: Record
    place: Path | Target | None

    @property
    def item(self) -> Item:
        """The item of the row."""
        return self.row.item

    async def outcome(self, client: Client) -> Outcome:
        """What becomes of it. Never raises for the task."""
        try:
            result = await self._result(client)
        except NanoBananaError as error:
            return self._without_result(error)
        if self.place is None:
            return Succeeded(item=self.item, result=result)
        try:
            files = await client.save(result, self.place)
        except NanoBananaError as error:
            return Succeeded(item=self.item, result=result, file_error=error)
        return Succeeded(item=self.item, result=result, files=tuple(files))

    async def _result(self, client: Client) -> Result:
        if self.record.task_id is None:  # a gateway that answers at once has no task to ask for
            return self.record.result
        return await client.wait(self._task(self.record.task_id))

    def _task(self, task_id: str) -> Task:
        request = self.row.request
        return Task(task_id, model=request.model, dialect=request.dialect, created_at=self.record.created_at)

    def _without_result(self, error: NanoBananaError) -> Outcome:
        if self.record.state == "succeeded":
            return Succeeded(item=self.item, result=self.record.result, file_error=error)
        assert self.record.task_id is not None
        if isinstance(error, StillRunningError | KeyRefusedError | UsageError):
            return Pending(item=self.item, task=self._task(self.record.task_id), error=error)
        return Failed(item=self.item, error=error)


def place_of(record: Record, folder: Path, stem: str) -> Path | Target:
    """Where the pictures of `record` go: where they were before, to the letter, else under a name of ours."""
    return folder / record.files[0] if record.files else Target.in_folder(folder, stem)

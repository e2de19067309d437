"""Links to pictures of earlier runs, asked for anew where the gateway is at another address each time.

A journal keeps the answer that named a picture, and its link is of the address of then. To ask for the record of a task
is free. Elsewhere nothing is asked: a link holds for as long as the picture, and is renewed where it is refused.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator

import anyio

from nanobanana_async.client import Client
from nanobanana_async.errors import NanoBananaError
from nanobanana_async.journal import Change, Entry
from nanobanana_async.runs._run_journal import RunJournal

_AT_ONCE = 12
"""Questions on the wire at the same time."""


async def renew_links(client: Client, journal: RunJournal, keys: Collection[str]) -> None:
    """Ask for the records of the tasks that `keys` follow, and keep what they say. What is not told stays.

    Raises:
        StorageError: the disk is full or broken.
    """
    waiting = iter(keys)
    async with anyio.create_task_group() as group:
        for _ in range(min(_AT_ONCE, len(keys))):
            group.start_soon(_renew_each, client, journal, waiting)


async def _renew_each(client: Client, journal: RunJournal, waiting: Iterator[str]) -> None:
    for key in waiting:
        entry = await journal.find(journal.place.scope, key)
        if entry is not None and entry.task_id is not None:
            await _renew(client, journal, entry, entry.task_id)


async def _renew(client: Client, journal: RunJournal, entry: Entry, task_id: str) -> None:
    try:
        task = await client.status(task_id)
    except NanoBananaError:
        return
    answer = json.dumps({"code": 200, "msg": "success", "data": dict(task.raw)})
    change = Change(scope=entry.scope, key=entry.key, generation=entry.generation, at=time.time(), raw=answer)
    await journal.record(change)

"""Questions to the gateway that cost nothing: asked again, a few times, when no answer comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import anyio

from nanobanana_async.errors import InvalidRequestError, NanoBananaError, NetworkError
from nanobanana_async.pacing import is_worth_repeating, look_failure
from nanobanana_async.tasks._desk import Desk
from nanobanana_async.values import Look, Looked, Refused, Task, WireReply, WireRequest

TRIES = 3
LONGEST_WAIT = 30.0
"""Seconds: who asks for a balance doesn't want to sleep out a longer Retry-After."""

T = TypeVar("T")


async def ask(desk: Desk, request: WireRequest, read: Callable[[WireReply], T | Refused]) -> T:
    """What `read` makes of the answer to `request`.

    Raises:
        NanoBananaError: as the last answer says; NetworkError where none came.
    """
    failures = 0
    while True:
        error: NanoBananaError
        retry_after: float | None = None
        try:
            said = read(await desk.transport.send(request))
            if not isinstance(said, Refused):
                desk.board.throttle.gate.answered()
                return said
            error, retry_after = look_failure(said.problem), said.problem.retry_after
        except NetworkError as failure:
            error = failure
        failures += 1
        too_long = retry_after is not None and retry_after > LONGEST_WAIT
        if failures >= TRIES or too_long or not is_worth_repeating(error):
            raise error
        await anyio.sleep(retry_after or desk.settings.backoff.delay(failures, desk.random()))


async def ask_status(desk: Desk, task: Task) -> Task:
    """What the gateway says of `task` now.

    Raises:
        InvalidRequestError: the gateway has no record of it.
        NanoBananaError: as for `ask`.
    """
    dialect = desk.dialect(task.dialect)

    def read(reply: WireReply) -> Look:
        return dialect.read_record(task.id, reply)

    said = await ask(desk, dialect.ask(task.id), read)
    if isinstance(said, Looked):
        return said.task
    raise InvalidRequestError(
        f"the gateway has no record of task {task.id!r}",
        charged="unknown",
        task_id=task.id,
        remedy="Check the id and the key; right after a create, ask again for up to 90 s.",
    )

"""A task of Kie's older endpoint that is asked for as one of the present: where it is, is said.

Its id is all that a caller has, and tells nothing for sure: so the task is not looked for in both places, but whoever
is told that it is not there, or waits in vain for one that looks like such a task, is told of the other.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from nanobanana_async.errors import InvalidRequestError, NanoBananaError, StillRunningError
from nanobanana_async.gateways import Gateway, Kie
from nanobanana_async.values import Task

_LOOKS_OLDER = "nano_banana_task_"
"""What ids of the older endpoint begin with (PROTOCOL §2)."""
_REMEDY = (
    'A task of the older endpoint is asked for with dialect="generate", or on the command line with --dialect generate.'
)


@contextlib.contextmanager
def naming_the_older_endpoint(gateway: Gateway, task: Task | str, dialect: str | None) -> Iterator[None]:
    """Errors about `task`, of which only the id was given and no `dialect`, say where else it may be."""
    try:
        yield
    except (InvalidRequestError, StillRunningError) as error:
        if dialect is None and isinstance(task, str) and isinstance(gateway, Kie) and _may_be_older(task, error):
            error.remedy = f"{error.remedy} {_REMEDY}"
        raise


def _may_be_older(task_id: str, error: NanoBananaError) -> bool:
    """Whether the gateway has no record of it, as far as the error tells, or its id looks like one of those."""
    was_never_seen = error.charged == "unknown" and error.task_id is not None
    return was_never_seen or task_id.strip().startswith(_LOOKS_OLDER)

"""Whether a task can be that of a lost create: what the gateway says of it, against what was asked for.

A wrong one would end up as the picture of another row, and the row's own, which may be paid for, be forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nanobanana_async.dialects import prompt_in_record
from nanobanana_async.errors import UsageError
from nanobanana_async.journal import Contents, Entry
from nanobanana_async.values import Task

_SHOWN = 80
_ANOTHER = "Look for another one in the vendor's log."


def refuse_other_tasks(found: Mapping[str, tuple[Entry, Task]]) -> None:
    """Raises: UsageError, where a task is of another model, or of another prompt, as far as its record tells."""
    for key, (entry, task) in found.items():
        if task.model is not None and entry.model and task.model != entry.model:
            raise _refusal(key, task, f"it is of {task.model!r}, not of {entry.model!r}")
        told, asked = prompt_in_record(task.raw), entry.request.get("prompt")
        if told is not None and isinstance(asked, str) and _plain(told) != _plain(asked):
            raise _refusal(key, task, f"its prompt is {told[:_SHOWN]!r}, not {asked[:_SHOWN]!r}")


def refuse_known_tasks(adopt: Mapping[str, Task], contents: Iterable[Contents]) -> None:
    """Raises: UsageError, where a task is known to be that of another key, or is given to two."""
    owners: dict[str, str] = {}
    for known in contents:
        owners |= {entry.task_id: entry.key for entry in known.entries if entry.task_id is not None}
        owners |= {attempt.task_id: "an earlier create" for attempt in known.others if attempt.task_id is not None}
    for key, task in adopt.items():
        owner = owners.setdefault(task.id, key)
        if owner != key:
            raise _refusal(key, task, f"it is that of {owner!r}")


def _plain(prompt: str) -> str:
    """Without what differs for no reason: spaces and ends of lines, on their way through several hands."""
    return " ".join(prompt.split())


def _refusal(key: str, task: Task, why: str) -> UsageError:
    return UsageError(f"the task {task.id!r} can't be that of {key!r}: {why}; nothing was changed", remedy=_ANOTHER)

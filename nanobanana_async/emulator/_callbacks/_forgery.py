"""Callbacks that the gateway never sent: a success nobody had, for a task that is somebody's or nobody's.

What an attacker could send who knows the address and, at best, a task's id. Where callbacks are signed, a forgery is
signed too, with another key.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from nanobanana_async.emulator._callbacks._delivery import Delivery
from nanobanana_async.emulator._callbacks._words import forged, id_name, message
from nanobanana_async.emulator._tasks import Task

WRONG_KEY = "not the key of the settings"


def forgery(task: Task, said: Mapping[str, object], url: str, now: float) -> Delivery:
    """A callback that says of this task, whose record it has, that it succeeded, and where its picture is."""
    body = message(forged(task.order.dialect, said, now))
    signs = task.order.dialect != "images"
    return Delivery(str(said[id_name(said)]), url, body, now, kind="forged", fault="callback-forged", signs=signs)


def unknown_id(task_id: str) -> str:
    """An id that looks like one, and is nobody's."""
    return sha256(f"forged:{task_id}".encode()).hexdigest()[:32]

"""What happened, frozen and in the past tense: one stream that progress bars, logs, metrics and tests listen to.

`on_event` is called with each of these, synchronously, on the client's loop; what it raises is logged and goes no
further. `at` is the time it happened, in seconds since the epoch. Events carry no key and no picture.
"""

from __future__ import annotations

from pathlib import Path

import attrs

from nanobanana_async.errors import NanoBananaError
from nanobanana_async.outcomes import Outcome
from nanobanana_async.values import Item, Result, Task


@attrs.frozen(kw_only=True)
class ItemQueued:
    """An item has entered the client and waits for its turn."""

    at: float
    item: Item


@attrs.frozen(kw_only=True)
class ImageUploaded:
    """An input image is where the vendor can fetch it. `size` is in bytes."""

    at: float
    url: str
    size: int


@attrs.frozen(kw_only=True)
class CreateSent:
    """A create is about to leave: the `attempt`-th for this item, from 1. What follows may cost money."""

    at: float
    item: Item
    attempt: int


@attrs.frozen(kw_only=True)
class CreateRefused:
    """A create was refused or never arrived; nothing was charged. `again` tells whether it will be repeated."""

    at: float
    item: Item
    error: NanoBananaError
    again: bool


@attrs.frozen(kw_only=True)
class CreateLost:
    """The answer to a create was lost: perhaps charged, perhaps not."""

    at: float
    item: Item
    error: NanoBananaError


@attrs.frozen(kw_only=True)
class TaskAccepted:
    """The gateway has taken a create: from now on it is paid for."""

    at: float
    item: Item
    task: Task


@attrs.frozen(kw_only=True)
class TaskLooked:
    """A task was looked at; `looks` counts the looks so far."""

    at: float
    item: Item
    task: Task
    looks: int


@attrs.frozen(kw_only=True)
class LookFailed:
    """A look at a task gave no answer. The task goes on; it will be looked at again."""

    at: float
    item: Item
    task: Task
    error: NanoBananaError


@attrs.frozen(kw_only=True)
class TaskSucceeded:
    """A task has its result. `delay` is the time from its completion, by the record, until we knew, in seconds."""

    at: float
    item: Item
    result: Result
    looks: int
    delay: float | None


@attrs.frozen(kw_only=True)
class TaskFailed:
    """A task ended without a result. `again`: it was not charged, and another is made for the same item."""

    at: float
    item: Item
    task: Task
    error: NanoBananaError
    again: bool = False


@attrs.frozen(kw_only=True)
class TaskDetached:
    """Nobody waits for this item any more; what is paid for goes on, under `task` (None: its create is on the wire)."""

    at: float
    item: Item
    task: Task | None


@attrs.frozen(kw_only=True)
class GateClosed:
    """Submissions have stopped for everybody, for `seconds`."""

    at: float
    seconds: float
    error: NanoBananaError


@attrs.frozen(kw_only=True)
class RunStopped:
    """Submissions have stopped for good, of a batch or of all: no request would succeed, or no picture be kept."""

    at: float
    error: NanoBananaError


@attrs.frozen(kw_only=True)
class FilesSaved:
    """The pictures of a result are on disk, whole."""

    at: float
    item: Item
    files: tuple[Path, ...]


@attrs.frozen(kw_only=True)
class SaveFailed:
    """The pictures of a result could not be saved; they stay paid for."""

    at: float
    item: Item
    error: NanoBananaError


@attrs.frozen(kw_only=True)
class OutcomeReached:
    """A batch knows what became of an item."""

    at: float
    outcome: Outcome


Event = (
    ItemQueued
    | ImageUploaded
    | CreateSent
    | CreateRefused
    | CreateLost
    | TaskAccepted
    | TaskLooked
    | LookFailed
    | TaskSucceeded
    | TaskFailed
    | TaskDetached
    | GateClosed
    | RunStopped
    | FilesSaved
    | SaveFailed
    | OutcomeReached
)

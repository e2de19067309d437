"""What became of an item: a closed union of frozen outcomes, to be matched.

::

    Succeeded    the result is there (and its files, where saving was asked for)
    Failed       refused or failed; `error.charged` says whether it cost anything
    Pending      accepted and paid for, not finished when the run ended: its task can be waited for later
    Unknown      the answer to the create was lost: perhaps charged, perhaps not; never sent again by itself
    Skipped      never sent

All share `state` (the manifest's word), `ok`, `item`, `result`, `error`, `charged`, `credits` and `files`.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

import attrs

from nanobanana_async.errors import NanoBananaError, UnknownOutcomeError
from nanobanana_async.values import Charged, Item, Result, Task

SkipReason = Literal["budget", "credits", "key", "service", "storage", "changed", "stopped"]
PendingReason = Literal["deadline", "stopped", "record_missing", "key", "service"]


@attrs.frozen(kw_only=True)
class _Outcome:
    """What all outcomes share, with the values of those that have none of their own."""

    state: ClassVar[str]
    ok: ClassVar[bool] = False

    item: Item
    index: int = 0
    """The item's place in the input, from 0."""

    @property
    def result(self) -> Result | None:
        return None

    @property
    def charged(self) -> Charged:
        return "no"

    @property
    def credits(self) -> float | None:
        return None

    @property
    def files(self) -> tuple[Path, ...]:
        return ()

    @property
    def task_id(self) -> str | None:
        return None


@attrs.frozen(kw_only=True)
class Succeeded(_Outcome):
    """The image was made. `file_error` is there when it could not be saved: it is paid for all the same."""

    state: ClassVar[str] = "succeeded"
    ok: ClassVar[bool] = True

    result: Result
    files: tuple[Path, ...] = ()
    file_error: NanoBananaError | None = None

    @property
    def error(self) -> NanoBananaError | None:
        """What went wrong while saving, if anything did."""
        return self.file_error

    @property
    def charged(self) -> Charged:
        """``"yes"``, unless the record says that nothing was consumed."""
        return "no" if self.result.credits == 0 else "yes"

    @property
    def credits(self) -> float | None:
        """What the record says was consumed; None where it says nothing."""
        return self.result.credits

    @property
    def task_id(self) -> str | None:
        """The task's id; None at a gateway that answers at once."""
        return self.result.task_id


@attrs.frozen(kw_only=True)
class Failed(_Outcome):
    """The request was refused, or its task failed. `error` says why and what may be done."""

    state: ClassVar[str] = "failed"

    error: NanoBananaError

    @property
    def charged(self) -> Charged:
        """As the error says."""
        return self.error.charged

    @property
    def credits(self) -> float | None:
        """What the record of the task that failed says was consumed; None where it says nothing, or there is none."""
        return self.error.credits

    @property
    def task_id(self) -> str | None:
        """The id of the task that failed, where one was accepted."""
        return self.error.task_id


@attrs.frozen(kw_only=True)
class Pending(_Outcome):
    """Accepted and paid for, not finished. `client.wait(task)` carries on."""

    state: ClassVar[str] = "pending"

    task: Task
    reason: PendingReason = "deadline"
    error: NanoBananaError | None = None

    @property
    def charged(self) -> Charged:
        """``"yes"``: credits are taken at acceptance and given back on failure (PROTOCOL §1.3)."""
        return "yes"

    @property
    def task_id(self) -> str | None:
        """The task's id."""
        return self.task.id


@attrs.frozen(kw_only=True)
class Unknown(_Outcome):
    """The answer to the create was lost: it may be charged, it may not."""

    state: ClassVar[str] = "unknown"

    error: UnknownOutcomeError

    @property
    def charged(self) -> Charged:
        """Always ``"unknown"``."""
        return "unknown"

    @property
    def task_id(self) -> str | None:
        """The id of a task that may be its own: an answer that said no has named it."""
        return self.error.task_id


@attrs.frozen(kw_only=True)
class Skipped(_Outcome):
    """Never sent, and never charged. `reason` says what stopped it; `error` is what stopped the run, if one did."""

    state: ClassVar[str] = "skipped"

    reason: SkipReason
    error: NanoBananaError | None = None


Outcome = Succeeded | Failed | Pending | Unknown | Skipped

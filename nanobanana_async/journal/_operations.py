"""What is asked of a journal's file, and what came of it: what goes to the thread that writes, and comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

from nanobanana_async.journal._entries import Change
from nanobanana_async.journal._items import record
from nanobanana_async.journal._runs import Runs

if TYPE_CHECKING:
    import sqlite3

Work = Callable[["sqlite3.Connection", Runs], Any]


@attrs.frozen(eq=False)
class Operation:
    """One thing to do within a transaction. `writes` is False where it only reads.

    `change` is there for a step: what it tells has happened already, and must not be forgotten.
    """

    work: Work
    writes: bool = True
    change: Change | None = None


def step(change: Change) -> Operation:
    """The operation that takes a step."""
    return Operation(lambda connection, runs: record(connection, runs, change), change=change)


@attrs.frozen(eq=False)
class Outcome:
    """What an operation has returned, or the error that it has raised."""

    value: Any = None
    error: Exception | None = None

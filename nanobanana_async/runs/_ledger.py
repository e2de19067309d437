"""What is known of each key of a folder while a run goes on, so that at any moment the manifest can be written.

Theory of operation
===================
1. It begins with what the manifest said. A row that was never sent is `skipped` until more is known.
2. An event says where a create stands: sent (it may be paid for: unknown), accepted (paid for: pending), refused
   (nothing is paid: what was known before holds again). That stands until there is an outcome.
3. An outcome replaces all of it. What comes after the last outcome was taken, from a batch that is closed, counts too.
4. So however a run ends, what was paid for is in the records, by its task id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import attrs

from nanobanana_async.errors import KeyRefusedError, NanoBananaError, UnknownOutcomeError
from nanobanana_async.events import (
    CreateLost,
    CreateRefused,
    CreateSent,
    Event,
    LookFailed,
    RunStopped,
    TaskAccepted,
    TaskFailed,
)
from nanobanana_async.outcomes import Failed, Outcome, Pending, Skipped, Unknown
from nanobanana_async.runs._plan import Fate
from nanobanana_async.runs._record import Record, public_fields, record_of
from nanobanana_async.runs._rows import Row, Rows
from nanobanana_async.values import Item

ON_THE_WIRE = UnknownOutcomeError("the run ended while the create was on the wire")


@attrs.define
class Ledger:
    """The records of a folder, old and new."""

    rows: Rows
    folder: Path
    records: dict[str, Record]
    fates: Mapping[str, Fate]
    stopped_by: NanoBananaError | None = attrs.field(default=None, init=False)
    _open: dict[str, Outcome] = attrs.field(factory=dict, init=False)
    _accepted: dict[str, datetime] = attrs.field(factory=dict, init=False)
    _ended: dict[str, datetime] = attrs.field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        for row in self.rows.rows:
            self._begin(row, self.fates[row.key])

    def _begin(self, row: Row, fate: Fate) -> None:
        known = self.records.get(row.key)
        if known is None:
            self._note(Skipped(item=row.item, reason="stopped"))
        elif fate not in (Fate.CHANGED, Fate.SEND):  # the same request: its paths and the user's data may be new
            request = public_fields(row.request, self.rows.folder)
            self.records[row.key] = attrs.evolve(known, request=request, data=row.item.data)

    def hear(self, event: Event) -> None:
        """Note what an event says of the create of a row."""
        match event:
            case CreateSent(item=item) | CreateLost(item=item):
                self._open[_key(item)] = Unknown(item=item, error=ON_THE_WIRE)
            case TaskAccepted(item=item, task=task, at=at):
                self._open[_key(item)] = Pending(item=item, task=task, reason="stopped")
                self._accepted[_key(item)] = datetime.fromtimestamp(at, UTC)
            case TaskFailed(item=item, at=at):
                self._ended[_key(item)] = datetime.fromtimestamp(at, UTC)
            case CreateRefused(item=item):
                self._open.pop(_key(item), None)
            case RunStopped(error=error) | LookFailed(error=KeyRefusedError() as error):
                self.stopped_by = self.stopped_by or error
            case _:
                pass

    def settle(self, outcome: Outcome) -> None:
        """Note what became of a row. Another request under its key leaves what is known of the key as it is."""
        self._open.pop(_key(outcome.item), None)
        if isinstance(outcome, Skipped) and outcome.reason == "budget":
            self.stopped_by = self.stopped_by or outcome.error
        if not (isinstance(outcome, Skipped) and outcome.reason == "changed"):
            self._note(outcome)

    def _note(self, outcome: Outcome) -> None:
        key = _key(outcome.item)
        self.records[key] = record_of(
            outcome,
            folder=self.folder,
            source=self.rows.folder,
            accepted_at=self._accepted.get(key),
            ended_at=self._ended.get(key) if isinstance(outcome, Failed) else None,
        )

    def in_order(self) -> Iterator[Record]:
        """Every record: those of the file in its order, then those whose keys are in the file no more."""
        for outcome in tuple(self._open.values()):
            self.settle(outcome)
        order = dict.fromkeys((*self.rows.keys, *(row.key for row in self.rows.rows), *self.records))
        return (self.records[key] for key in order if key in self.records)

    def states(self) -> Counter[str]:
        """How many rows of the file are in each state."""
        return Counter(
            "skipped" if self.fates[row.key] is Fate.CHANGED else self.records[row.key].state for row in self.rows.rows
        )


def _key(item: Item) -> str:
    assert item.key is not None
    return item.key

"""What a batch's folder holds: by its journal, and by its manifest where the journal says nothing.

Pictures are looked for, too: one that was deleted is not there, whatever the journal says. Where none was ever saved,
and nothing went wrong with that, the batch had ``--no-download``, and none is missed.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import attrs

from nanobanana_async.runs import Costs, Record, at_work_in, costs_of, known_records

MANIFEST = "manifest.jsonl"
_NOT_SAVED = "not saved"
_NOT_THERE = "not there"
_UNFINISHED = ("pending", "sending", "unknown", "failed", _NOT_SAVED, _NOT_THERE)


@attrs.frozen(kw_only=True)
class FolderStatus:
    """The counts by state, what all of it has cost, and the rows that are not done.

    `unsaved` of those that succeeded have no picture, and the pictures of `missing` are gone; `is_wanting` where there
    should be any. `at_work` is the process that is at work, None where none is.
    """

    folder: Path
    states: Counter[str]
    costs: Costs
    unfinished: tuple[dict[str, Any], ...]
    unsaved: int = 0
    missing: int = 0
    is_wanting: bool = False
    at_work: str | None = None

    @property
    def total(self) -> int:
        """How many items are known."""
        return self.states.total()

    @property
    def ok(self) -> bool:
        """Whether all of them succeeded, and are there."""
        return self.states["succeeded"] == self.total and not self.is_wanting

    def row(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "folder": str(self.folder),
            "total": self.total,
            "states": dict(self.states),
            "unsaved": self.unsaved,
            "missing": self.missing,
            **self.costs.row(),
            "unfinished": list(self.unfinished),
            "at_work": self.at_work,
        }

    def __str__(self) -> str:
        """For people, on one line."""
        counts = ", ".join(f"{count} {state}" for state, count in self.states.most_common()) or "nothing"
        without = self.unsaved + self.missing
        counts += f", {without} of them without a picture there" if without else ""
        items = "1 item" if self.total == 1 else f"{self.total} items"
        at_work = f" | a run is at work there (process {self.at_work})" if self.at_work is not None else ""
        return f"{self.folder}: {items}: {counts} | {self.costs}{at_work}"


def folder_status(folder: Path, journal: Path | None = None) -> FolderStatus:
    """What is known of `folder`. Nothing is written.

    Raises:
        ConfigurationError: nothing is, or it can't be read.
    """
    found = known_records(folder, journal)
    records = found.records.values()
    are_saved = bool(found.gone) or any(record.files for record in records)
    states = {record.key: _state(record, is_gone=record.key in found.gone, are_saved=are_saved) for record in records}
    unfinished = [_row(record, states[record.key]) for record in records if states[record.key] in _UNFINISHED]
    return FolderStatus(
        folder=folder,
        states=Counter(record.state for record in records),
        costs=costs_of([*records, *found.others]),
        unfinished=tuple(unfinished),
        unsaved=sum(
            record.state == "succeeded" and not record.files and record.key not in found.gone for record in records
        ),
        missing=len(found.gone),
        is_wanting=any(state in (_NOT_SAVED, _NOT_THERE) for state in states.values()),
        at_work=at_work_in(folder),
    )


def _state(record: Record, *, is_gone: bool, are_saved: bool) -> str:
    """The state of `record`, or what there is to say of its pictures; `are_saved` where those of others were."""
    if is_gone:
        return _NOT_THERE
    is_wanting = record.state == "succeeded" and not record.files and (are_saved or record.error is not None)
    return _NOT_SAVED if is_wanting else record.state


def _row(record: Record, state: str) -> dict[str, Any]:
    why = record.error["message"] if record.error is not None else None
    return {"key": record.key, "state": state, "task_id": record.task_id, "why": why}

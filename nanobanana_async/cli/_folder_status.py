"""What a batch's folder holds: by its journal, and by its manifest where the journal says nothing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import attrs

from nanobanana_async.runs import Costs, at_work_in, costs_of, known_records

MANIFEST = "manifest.jsonl"
_OPEN_STATES = ("pending", "sending", "unknown")


@attrs.frozen(kw_only=True)
class FolderStatus:
    """The counts by state, what all of it has cost, and the rows that may be paid for and are not done.

    `unsaved` of those that succeeded have no picture there. `at_work` is the process that is at work, None where none
    is.
    """

    folder: Path
    states: Counter[str]
    costs: Costs
    unfinished: tuple[dict[str, Any], ...]
    unsaved: int = 0
    at_work: str | None = None

    @property
    def total(self) -> int:
        """How many items are known."""
        return self.states.total()

    @property
    def ok(self) -> bool:
        """Whether all of them succeeded."""
        return self.states["succeeded"] == self.total

    def row(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "folder": str(self.folder),
            "total": self.total,
            "states": dict(self.states),
            "unsaved": self.unsaved,
            **self.costs.row(),
            "unfinished": list(self.unfinished),
            "at_work": self.at_work,
        }

    def __str__(self) -> str:
        """For people, on one line."""
        counts = ", ".join(f"{count} {state}" for state, count in self.states.most_common()) or "nothing"
        counts += f", {self.unsaved} of them without a picture there" if self.unsaved else ""
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
    unfinished = [
        {"key": record.key, "state": record.state, "task_id": record.task_id}
        for record in records
        if record.state in _OPEN_STATES
    ]
    return FolderStatus(
        folder=folder,
        states=Counter(record.state for record in records),
        costs=costs_of([*records, *found.others]),
        unfinished=tuple(unfinished),
        unsaved=sum(record.state == "succeeded" and not record.files for record in records),
        at_work=at_work_in(folder),
    )

"""What a batch's folder holds, counted from its manifest."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.pricing import total

MANIFEST = "manifest.jsonl"
_OPEN_STATES = ("pending", "unknown")


@attrs.frozen(kw_only=True)
class FolderStatus:
    """The counts by state, the credits that the records name, and the rows that may be paid for and are not done."""

    folder: Path
    states: Counter[str]
    credits: float
    unfinished: tuple[dict[str, Any], ...]

    @property
    def total(self) -> int:
        """How many items the manifest has."""
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
            "credits": self.credits,
            "unfinished": list(self.unfinished),
        }

    def __str__(self) -> str:
        """For people, on one line."""
        counts = ", ".join(f"{count} {state}" for state, count in self.states.most_common()) or "nothing"
        price = str(total([self.credits])) + (" and what the pending ones cost" if self.states["pending"] else "")
        return f"{self.folder}: {self.total} items: {counts} | {price}"


def folder_status(folder: Path) -> FolderStatus:
    """What stands in the manifest of `folder`.

    Raises:
        ConfigurationError: there is none, or it can't be read.
    """
    states: Counter[str] = Counter()
    credits, unfinished = 0.0, []
    for row in _rows(folder / MANIFEST):
        states[row.get("state", "unreadable")] += 1
        credits += row.get("credits") or 0.0
        if row.get("state") in _OPEN_STATES:
            unfinished.append({name: row.get(name) for name in ("key", "state", "task_id")})
    return FolderStatus(folder=folder, states=states, credits=credits, unfinished=tuple(unfinished))


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open(encoding="utf-8") as lines:
            yield from map(_row, lines)
    except FileNotFoundError as error:
        raise ConfigurationError(f"{path.parent} has no {MANIFEST}", remedy="Name the -o of a batch.") from error
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"can't read {path}: {error}", remedy="Restore the file; the batch goes by it, too."
        ) from error


def _row(line: str) -> dict[str, Any]:
    row = json.loads(line)
    if not isinstance(row, dict):
        raise ValueError(f"{line[:40]!r} is no object")  # noqa: TRY004  the caller catches what json raises, too
    return row

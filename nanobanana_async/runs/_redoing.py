"""Keys that are made anew on purpose: each once for each time that it is asked for, however often a run is cut short.

What is asked for is noted in the folder, with the generation that is to be replaced, until all of it is replaced. So
the same command, run again after a kill, makes only those anew that were not yet; and run again after its end, all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import attrs

from nanobanana_async.journal import Entry
from nanobanana_async.lifecycle import ItemState
from nanobanana_async.runs._record import Record


@attrs.frozen
class Redoing:
    """What is to be made anew: by its key, the generation that is to be replaced."""

    asked: Mapping[str, int] = attrs.field(factory=dict)

    @classmethod
    def of(
        cls,
        keys: Collection[str],
        noted: Mapping[str, int],
        entries: Mapping[str, Entry],
        records: Mapping[str, Record],
    ) -> Redoing:
        """Those of `keys` that something stands under; for those that are `noted`, what was asked for before."""
        return cls(
            {
                key: noted.get(key, entries[key].generation)
                for key in sorted(keys)
                if key in entries and (key in noted or _can_be_replaced(entries[key], records[key]))
            }
        )

    def left(self, entries: Mapping[str, Entry]) -> frozenset[str]:
        """The keys under which there still stands what is to be replaced."""
        return frozenset(
            key for key, generation in self.asked.items() if key in entries and entries[key].generation <= generation
        )


def _can_be_replaced(entry: Entry, record: Record) -> bool:
    """Whether there is anything that could be: what is on its way is the one that was asked for."""
    is_on_its_way = record.state == "pending" and not record.is_missing
    return entry.state is not ItemState.NEW and not is_on_its_way

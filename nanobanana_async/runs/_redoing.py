"""Keys that are made anew on purpose: each once for each time that it is asked for, however often a run is cut short.

What is asked for is noted in the folder, with the generation that is to be replaced, until a run that asks for it has
come to its end, with all of it replaced, and each there or failed for good. So the same command, run again after a kill
or a signal, makes only those anew that were not sent yet, whatever ran in between; and run again after its end, all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import attrs

from nanobanana_async.journal import Entry
from nanobanana_async.lifecycle import ItemState
from nanobanana_async.runs._record import Record


@attrs.frozen
class Redoing:
    """What is to be made anew: by its key, the generation that is to be replaced.

    `asked` is what this command asks for, `others` what was noted for earlier ones, and is to stay so.
    """

    asked: Mapping[str, int] = attrs.field(factory=dict)
    others: Mapping[str, int] = attrs.field(factory=dict)

    @classmethod
    def of(
        cls,
        keys: Collection[str],
        noted: Mapping[str, int],
        entries: Mapping[str, Entry],
        records: Mapping[str, Record],
    ) -> Redoing:
        """Those of `keys` that something stands under; for those that are `noted`, what was asked for before.

        A note of what the journal has not come to yet is of another journal, which is lost: it says nothing. Nor does
        one of what was given up since: whoever asks for that once more is told that it is made.
        """
        noted = {key: number for key, number in noted.items() if key in entries and _holds(number, entries[key])}
        asked = {
            key: noted.get(key, entries[key].generation)
            for key in sorted(keys)
            if key in entries and (key in noted or _can_be_replaced(entries[key], records[key]))
        }
        return cls(asked, {key: number for key, number in noted.items() if key not in asked})

    @property
    def to_note(self) -> Mapping[str, int] | None:
        """What the folder is to tell of it before anything is sent; None, where nothing is asked for: what it told."""
        return {**self.others, **self.asked} if self.asked else None

    def left(self, entries: Mapping[str, Entry]) -> frozenset[str]:
        """The keys under which there still stands what is to be replaced."""
        return frozenset(
            key for key, generation in self.asked.items() if key in entries and entries[key].generation <= generation
        )


def _holds(number: int, entry: Entry) -> bool:
    """Whether a note that generation `number` is to be replaced still says something of `entry`."""
    is_given_up = entry.state is ItemState.DROPPED and entry.generation > number
    return number <= entry.generation and not is_given_up


def _can_be_replaced(entry: Entry, record: Record) -> bool:
    """Whether there is anything that could be: what is on its way is the one that was asked for."""
    is_on_its_way = record.state == "pending" and not record.is_missing
    return entry.state is not ItemState.NEW and not is_on_its_way

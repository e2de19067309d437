"""The rows of the manifest, made anew from the journal: the whole set, those that were never sent included."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import attrs

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.journal import Contents, Entry, read_journal
from nanobanana_async.outcomes import Outcome, Skipped
from nanobanana_async.runs._journal_place import JournalPlace, journal_place
from nanobanana_async.runs._known import others_of, record_of_entry, records_of
from nanobanana_async.runs._manifest import JSONL, read_manifest
from nanobanana_async.runs._record import Record, record_of
from nanobanana_async.runs._survey import Survey

logger = logging.getLogger("nanobanana_async")


@attrs.frozen
class Rebuilt:
    """Every record by key: those of the file in its order, then those whose keys are in the file no more.

    `others` are creates that no key follows any more: for sums. `contents` are those of the journal. `gone` are the
    keys whose pictures were saved, and are not all there any more.
    """

    records: Mapping[str, Record] = attrs.field(factory=dict)
    others: tuple[Record, ...] = ()
    contents: Contents = attrs.field(factory=Contents)
    gone: frozenset[str] = frozenset()

    @property
    def entries(self) -> dict[str, Entry]:
        """What the journal knows, by key."""
        return {entry.key: entry for entry in self.contents.entries}


def rebuilt(survey: Survey, journal: JournalPlace, outcomes: Mapping[str, Outcome]) -> Rebuilt:
    """What the journal knows now, and `outcomes` of this run. It blocks.

    These say why, and they are there even where a disk that failed has kept them out of the journal; when it was, the
    journal tells. But what is paid for is told in the place of what came to nothing.
    """
    records, others = dict(survey.records), survey.others
    contents = Contents(entries=tuple(survey.entries.values()))
    try:
        contents = read_journal(journal.path, journal.scope)
        records |= records_of(contents, survey.rows, survey.folder)
        others = others_of(contents)
    except ConfigurationError as error:  # a disk that has failed: what this run knows is told all the same
        logger.warning("%s: %s", error, error.remedy)
    stands = set(survey.unchanged({entry.key: entry for entry in contents.entries}))
    for row in survey.rows.rows:
        known, outcome = records.get(row.key), outcomes.get(row.key)
        if known is not None and _is_more(known, outcome, stands=row.key in stands):
            continue
        records[row.key] = _told(outcome or Skipped(item=row.item, reason="stopped"), known, survey)
    order = dict.fromkeys((*survey.rows.keys, *(row.key for row in survey.rows.rows), *records))
    told = {key: _as_it_is(records[key], survey.folder) for key in order if key in records}
    return Rebuilt(told, others, contents)


def _is_more(known: Record, outcome: Outcome | None, *, stands: bool) -> bool:
    """Whether what is `known` of a key tells more than what this run has to say of it.

    Where all that it sent for the key came to nothing, what was there before `stands`, if that is, or may be, paid for.
    """
    if stands and known.may_be_paid:
        return True
    return known.state != "skipped" and (outcome is None or isinstance(outcome, Skipped))


def _told(outcome: Outcome, known: Record | None, survey: Survey) -> Record:
    """What an outcome tells; where the gateway has not said when that was, as the journal has it."""
    return record_of(
        outcome,
        folder=survey.folder,
        source=survey.rows.folder,
        accepted_at=known.created_at if known is not None else None,
        ended_at=known.completed_at if known is not None else None,
    )


def known_records(folder: Path, journal: Path | None = None) -> Rebuilt:
    """What is known of `folder`, by its journal; what that doesn't know of, by the manifest. It blocks.

    Raises:
        ConfigurationError: there is neither, or what there is can't be read.
    """
    place = journal_place(folder, journal)
    if not place.path.exists() and not (folder / JSONL).exists():
        raise ConfigurationError(
            f"{str(folder)!r} has neither {place.path.name} nor {JSONL}", remedy="Name the -o of a batch."
        )
    contents = read_journal(place.path, place.scope)
    told = {
        entry.key: record_of_entry(entry, folder, was_lost_before=entry.key in contents.perhaps)
        for entry in contents.entries
    }
    try:
        records = read_manifest(folder)
    except ConfigurationError:
        if not told:
            raise
        records = {}
    saved = {**records, **told}
    both = {key: _as_it_is(record, folder) for key, record in saved.items()}
    gone = frozenset(key for key, record in both.items() if record.files != saved[key].files)
    return Rebuilt(both, others_of(contents), gone=gone)


def _as_it_is(record: Record, folder: Path) -> Record:
    """The record with those of its files that are there; where all are, with nothing that once went wrong with them."""
    if record.state != "succeeded" or not record.files:
        return record
    there = tuple(file for file in record.files if (folder / file).is_file())
    return attrs.evolve(record, files=there, error=None if there == record.files else record.error)

"""The rows of the manifest, made anew from the journal: the whole set, those that were never sent included."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import attrs

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.journal import read_journal
from nanobanana_async.outcomes import Outcome, Skipped
from nanobanana_async.runs._known import others_of, record_of_entry, records_of
from nanobanana_async.runs._manifest import JSONL, read_manifest
from nanobanana_async.runs._record import Record, record_of
from nanobanana_async.runs._run_journal import SCOPE, journal_of
from nanobanana_async.runs._survey import Survey

logger = logging.getLogger("nanobanana_async")


@attrs.frozen
class Rebuilt:
    """Every record by key: those of the file in its order, then those whose keys are in the file no more.

    `others` are creates that no key follows any more: for sums.
    """

    records: Mapping[str, Record] = attrs.field(factory=dict)
    others: tuple[Record, ...] = ()


def rebuilt(survey: Survey, journal: Path, outcomes: Mapping[str, Outcome]) -> Rebuilt:
    """What the journal knows now, and `outcomes` of this run. It blocks.

    These say why, and they are there even where a disk that failed has kept them out of the journal; when it was, the
    journal tells.
    """
    records, others = dict(survey.records), survey.others
    try:
        contents = read_journal(journal, SCOPE)
        records |= records_of(contents, survey.rows, survey.folder)
        others = others_of(contents)
    except ConfigurationError as error:  # a disk that has failed: what this run knows is told all the same
        logger.warning("%s: %s", error, error.remedy)
    for row in survey.rows.rows:
        known, outcome = records.get(row.key), outcomes.get(row.key)
        if known is None or known.state == "skipped":
            outcome = outcome or Skipped(item=row.item, reason="stopped")
        if outcome is not None and not (
            isinstance(outcome, Skipped) and known is not None and known.state != "skipped"
        ):
            records[row.key] = _told(outcome, known, survey)
    order = dict.fromkeys((*survey.rows.keys, *(row.key for row in survey.rows.rows), *records))
    return Rebuilt({key: records[key] for key in order if key in records}, others)


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
    place = journal_of(folder, journal)
    if not place.exists() and not (folder / JSONL).exists():
        raise ConfigurationError(
            f"{str(folder)!r} has neither {place.name} nor {JSONL}", remedy="Name the -o of a batch."
        )
    contents = read_journal(place, SCOPE)
    told = {entry.key: record_of_entry(entry, folder) for entry in contents.entries}
    try:
        records = read_manifest(folder)
    except ConfigurationError:
        if not told:
            raise
        records = {}
    return Rebuilt({**records, **told}, others_of(contents))

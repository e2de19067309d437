"""What a run leaves without a picture: what the same command would do for it the next time, and what it wouldn't."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs

from nanobanana_async.journal import Contents
from nanobanana_async.lifecycle import ItemState
from nanobanana_async.outcomes import Failed, Outcome
from nanobanana_async.runs._fates import Fate, Rules
from nanobanana_async.runs._record import Record
from nanobanana_async.runs._survey import Survey, fates_of

Keys = tuple[str, ...]


@attrs.frozen(kw_only=True)
class Leftovers:
    """Keys of the file, in its order.

    Of those that failed, the same command sends `retried` again. It would send `passing` again with another
    `retry_failed`; `for_good` only if their lines are changed; and `given_up` not even then, because they may be paid
    for, nor `paid_in_vain`, because they are. Of the unknown it sends `resent` again; `lost_before` were to be sent
    again, and were not. `kept` were to be made anew, and that failed at no cost: what was there before stands; of
    these, `passing_anew` failed in passing. `changed` are held back, as their keys stand for another request, and
    `redone` were made anew by their names, all that were asked for, and are here or never will be: the same command
    would make them anew once more.
    """

    retried: Keys = ()
    passing: Keys = ()
    for_good: Keys = ()
    given_up: Keys = ()
    paid_in_vain: Keys = ()
    resent: Keys = ()
    lost_before: Keys = ()
    kept: Keys = ()
    passing_anew: Keys = ()
    changed: Keys = ()
    redone: Keys = ()


def leftovers(
    survey: Survey,
    records: Mapping[str, Record],
    contents: Contents,
    rules: Rules,
    *,
    folder: Path | None,
    outcomes: Mapping[str, Outcome],
) -> Leftovers:
    """What is left, by the `records` and the journal's `contents` of now, and the `outcomes` of this run. It blocks.

    `folder` is where the pictures are looked for, None where they are not wanted.
    """
    fates = fates_of(survey.rows, contents, attrs.evolve(rules, redo=frozenset()), folder=folder)
    dropped = {entry.key for entry in contents.entries if entry.state is ItemState.DROPPED}
    keys = [row.key for row in survey.rows.rows if survey.fates[row.key] is not Fate.CHANGED]
    failed = [key for key in keys if records[key].state == "failed"]
    again = {key for key in keys if fates[key] in (Fate.RETRY, Fate.SEND)}
    stays = [key for key in failed if key not in again]
    lost = [key for key in stays if key in dropped or records[key].charged != "no"]
    passing = [key for key in stays if records[key].is_retryable and key not in lost]
    entries = {entry.key: entry for entry in contents.entries}
    unsent = survey.unchanged(entries)
    kept = [key for key in survey.not_renewed(entries) if isinstance(outcomes.get(key), Failed)]
    anew = survey.redoing.left(entries)
    is_all_there = all(key not in anew and _is_settled(fates[key], records[key]) for key in survey.redoing.asked)
    return Leftovers(
        retried=tuple(key for key in failed if key in again),
        passing=tuple(passing),
        for_good=tuple(key for key in stays if key not in passing and key not in lost),
        given_up=tuple(key for key in lost if records[key].charged != "yes"),
        paid_in_vain=tuple(key for key in lost if records[key].charged == "yes"),
        resent=tuple(key for key in keys if key in again and records[key].state == "unknown" and key not in unsent),
        lost_before=tuple(key for key in keys if records[key].state == "skipped" and records[key].may_be_paid),
        kept=tuple(kept),
        passing_anew=tuple(key for key in kept if _may_pass(outcomes[key])),
        changed=tuple(row.key for row in survey.changed()),
        redone=tuple(survey.redoing.asked) if is_all_there else (),
    )


def _is_settled(fate: Fate, record: Record) -> bool:
    """Whether nothing more comes of a key by itself: its picture is here, or will never be."""
    is_lost = record.is_expired or record.is_missing
    return fate in (Fate.DONE, Fate.FAILED, Fate.CHANGED) or is_lost


def _may_pass(outcome: Outcome) -> bool:
    return outcome.error is not None and outcome.error.retryable

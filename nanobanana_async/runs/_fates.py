"""What is to be done for a row, decided from what the journal knows of its key."""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping
from pathlib import Path

import attrs

from nanobanana_async.journal import Entry
from nanobanana_async.lifecycle import ItemState
from nanobanana_async.models import public_fields
from nanobanana_async.runs._record import Record
from nanobanana_async.runs._rows import Row
from nanobanana_async.runs._taking_over import TAKEN_OVER
from nanobanana_async.settings import one_of
from nanobanana_async.tasks import MOST_RESENT, OnChange, OnUnknown, RetryFailed
from nanobanana_async.values import JSON


@attrs.frozen(kw_only=True)
class Rules:
    """What is done with keys that are known already. `redo` are those to be made anew, on purpose, in this run.

    Raises:
        ConfigurationError: one of them is no word of these.
    """

    on_change: OnChange = attrs.field(default="hold", validator=one_of("hold", "regenerate", "keep"))
    retry_failed: RetryFailed = attrs.field(default="transient", validator=one_of("none", "transient", "all"))
    on_unknown: OnUnknown = attrs.field(default="hold", validator=one_of("hold", "resend"))
    redo: frozenset[str] = frozenset()


class Fate(enum.Enum):
    """What is to be done for a row."""

    SEND = "send"
    """It was never sent, or never taken."""
    RETRY = "retry"
    """It failed, or its answer was lost, and it is sent again."""
    RENEW = "renew"
    """There is something under its key, and it is made anew all the same."""
    DONE = "done"
    """It has succeeded, and its files are there."""
    FETCH = "fetch"
    """It has succeeded, and a file is missing."""
    ADOPT = "adopt"
    """Its task was accepted, and is paid for."""
    FAILED = "failed"
    """It failed, and is not sent again."""
    UNKNOWN = "unknown"
    """It may be paid for, and is not sent again."""
    CHANGED = "changed"
    """Its key was paid for, or may have been, with another request."""


TO_SEND = (Fate.SEND, Fate.RETRY, Fate.RENEW)
TO_DO = (*TO_SEND, Fate.FETCH, Fate.ADOPT)


def fate_of(
    row: Row, entry: Entry, record: Record, rules: Rules, *, differs: bool, complete: bool, lost: int = 1
) -> Fate:
    """What is to be done for `row`, of whose key the journal has `entry`: in the words of a manifest, `record`.

    `differs` tells whether the row asks for something else than was asked for, `complete` whether all files of a
    success are there, `lost` how many of its answers were lost: to send such a create again has an end. A key that was
    never paid for is free for another request: a prompt that was refused can be worded anew.
    """
    if entry.state is ItemState.NEW:
        return Fate.SEND
    if row.key in rules.redo:
        return Fate.RENEW
    if differs and not record.may_be_paid:
        return Fate.RENEW
    if differs and rules.on_change != "keep":
        return Fate.CHANGED if rules.on_change == "hold" else Fate.RENEW
    match record.state:
        case "succeeded":
            return Fate.DONE if complete else Fate.FETCH
        case "pending" | "sending":  # the latter by a run that is at work, which only a plan comes to see
            return Fate.ADOPT
        case "unknown":
            return Fate.RETRY if rules.on_unknown == "resend" and lost <= MOST_RESENT else Fate.UNKNOWN
        case _:
            costs_nothing = record.is_retryable and record.charged == "no"
            may_pass = rules.retry_failed == "all" or (rules.retry_failed == "transient" and costs_nothing)
            return Fate.RETRY if may_pass and entry.state is ItemState.FAILED else Fate.FAILED


def differs(row: Row, entry: Entry, record: Record, source: Path) -> bool:
    """Whether `row` asks for something else than `entry`, or than a manifest told of it, which knows no images."""
    if entry.fingerprint != TAKEN_OVER:
        return entry.fingerprint != row.fingerprint
    asked = (row.request.model, _comparable(public_fields(row.request, source)))
    return row.has_own_key and asked != (record.model, _comparable(record.request))


def _comparable(fields: Mapping[str, JSON]) -> JSON:
    """As it comes back from JSON; the price is no part of what is asked for, nor is how it is handed over."""
    asked = {name: value for name, value in fields.items() if name not in ("credits", "response_format")}
    return json.loads(json.dumps(asked))

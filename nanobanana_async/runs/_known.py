"""What a journal knows of each key, in the words of a manifest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import attrs

from nanobanana_async.errors import UnknownOutcomeError
from nanobanana_async.gateways import Kie, OpenAIImages
from nanobanana_async.journal import Attempt, Contents, Entry
from nanobanana_async.lifecycle import LOST, AttemptState, ItemState
from nanobanana_async.models import public_fields, written_image
from nanobanana_async.runs._fates import differs
from nanobanana_async.runs._record import NOT_SENT, SENT_AGAIN, Record, error_row
from nanobanana_async.runs._rows import Rows
from nanobanana_async.runs._run_journal import inside
from nanobanana_async.values import JSON, Charged, Result

_STATES: Final[Mapping[ItemState, str]] = {
    ItemState.NEW: "skipped",
    ItemState.SENDING: "unknown",  # of a run that was killed; see `_state`
    ItemState.ACCEPTED: "pending",
    ItemState.SUCCEEDED: "succeeded",
    ItemState.SAVED: "succeeded",
    ItemState.FAILED: "failed",
    ItemState.PENDING: "pending",
    ItemState.UNKNOWN: "unknown",
    ItemState.DROPPED: "failed",
}

SENDING: Final = "sending"
"""The state of what a run is sending right now. It is told to who looks meanwhile; no manifest has it."""

_LOST = UnknownOutcomeError("the run ended while the create was on the wire")
_DROPPED = UnknownOutcomeError(
    "its answer was lost, and it was given up", remedy="To make it, and perhaps to pay twice: --redo KEY."
)
_PAID = (AttemptState.ACCEPTED, AttemptState.ANSWERED)
_PERHAPS = (AttemptState.SENDING, *LOST)


def record_of_entry(entry: Entry, folder: Path, source: Path | None = None, *, was_lost_before: bool = False) -> Record:
    """What `entry` tells, for the manifest of `folder`. Paths of input images are written relative to `source`.

    `was_lost_before`: another create was sent for it, which has had no answer and may be charged.
    """
    result = _result(entry)
    state = _state(entry)
    since = entry.created_at or (entry.accepted_at if entry.task_id else None)
    until = entry.completed_at or (entry.updated_at if state == "failed" and entry.task_id else None)
    return Record(
        key=entry.key,
        state=state,
        model=entry.model or None,
        request=_priced(_request(entry, source), entry),
        data=entry.data,
        task_id=entry.task_id,
        urls=result.urls if result is not None else (),
        files=tuple(inside(file, folder.absolute()) for file in entry.files) if entry.state is ItemState.SAVED else (),
        credits=entry.credits,
        charged=_charged(entry, state, was_lost_before=was_lost_before),
        error=_error(entry, was_lost_before=was_lost_before),
        created_at=(result.created_at if result else None) or _time(since),
        completed_at=(result.completed_at if result else None) or _time(until),
    )


def _state(entry: Entry) -> str:
    return SENDING if entry.state is ItemState.SENDING and entry.is_owned else _STATES[entry.state]


def records_of(contents: Contents, rows: Rows, folder: Path) -> dict[str, Record]:
    """A record for each key that a journal knows; of the `rows` that still ask for the same, as they ask for it now."""
    asked = {row.key: row for row in rows.rows}
    records = {}
    for entry in contents.entries:
        record = record_of_entry(entry, folder, rows.folder, was_lost_before=entry.key in contents.perhaps)
        row = asked.get(entry.key)
        if row is not None and not differs(row, entry, record, rows.folder):
            fields = _priced(public_fields(row.request, rows.folder), entry)
            record = attrs.evolve(record, request=fields, data=row.item.data)
        records[entry.key] = record
    return records


def others_of(contents: Contents) -> tuple[Record, ...]:
    """The creates that no key follows any more and that were, or may be, paid for: for sums, not for a manifest.

    Where a key's own record says that it may be paid for only because of a lost one, that one is not counted again.
    """
    lost = {entry.key: contents.perhaps[entry.key][0] for entry in contents.entries if entry.key in contents.perhaps}
    told = {lost[entry.key] for entry in contents.entries if entry.key in lost and _stands_for_the_lost(entry)}
    return tuple(
        _record_of_attempt(attempt)
        for attempt in contents.others
        if attempt.state in (*_PAID, *_PERHAPS) and attempt.token not in told
    )


def _record_of_attempt(attempt: Attempt) -> Record:
    is_perhaps = attempt.state in _PERHAPS and attempt.charged != "yes"
    charged: Charged = attempt.charged or ("unknown" if is_perhaps else "yes")
    request: dict[str, JSON] = {"credits": attempt.price} if attempt.price is not None else {}
    return Record(key=attempt.token, state="failed", request=request, credits=attempt.credits, charged=charged)


def _request(entry: Entry, source: Path | None) -> Mapping[str, JSON]:
    images = entry.request.get("images")
    if not isinstance(images, list) or source is None:
        return entry.request
    return {**entry.request, "images": [written_image(str(image), source) for image in images]}


def _priced(request: Mapping[str, JSON], entry: Entry) -> Mapping[str, JSON]:
    """`request` with its price, where no document tells it: a model's name means another price at each reseller."""
    return request if entry.dialect == "jobs" else {**request, "credits": entry.price}


def _result(entry: Entry) -> Result | None:
    """The result as the gateway told it; None where it has told none."""
    dialect = _DIALECTS.get(entry.dialect)
    if entry.raw is None or dialect is None:
        return None
    return dialect.read_kept(entry.task_id, entry.model, entry.raw)


_KIE = Kie("no-key-to-read")
_IMAGES = OpenAIImages("https://no.address.to.read", "no-key-to-read")
_DIALECTS: Final = {name: _KIE.dialect(name) for name in ("jobs", "generate")} | {"images": _IMAGES.dialect("images")}


def _charged(entry: Entry, state: str, *, was_lost_before: bool) -> Charged:
    return "unknown" if was_lost_before and _stands_for_the_lost(entry) else _charged_at_last(entry, state)


def _stands_for_the_lost(entry: Entry) -> bool:
    """Whether nothing was charged for the attempt that it follows, so that an earlier one, if lost, is all there is."""
    state = _state(entry)
    return state in ("failed", "skipped") and _charged_at_last(entry, state) == "no"


def _charged_at_last(entry: Entry, state: str) -> Charged:
    """Whether the attempt that it follows was charged."""
    match state:
        case "succeeded":
            return "no" if entry.credits == 0 else "yes"
        case "pending":
            return "yes"
        case "unknown" | "sending":
            return "unknown"
        case "failed":
            return "unknown" if entry.state is ItemState.DROPPED else entry.charged or "no"
        case _:
            return "no"


def _error(entry: Entry, *, was_lost_before: bool) -> Mapping[str, JSON] | None:
    match entry.state:
        case ItemState.NEW:
            return SENT_AGAIN if was_lost_before else NOT_SENT
        case ItemState.DROPPED:
            return error_row(_DROPPED)
        case ItemState.SENDING if entry.is_owned:
            return None
        case ItemState.SENDING | ItemState.UNKNOWN if entry.error is None:
            return error_row(_LOST)
        case ItemState.ACCEPTED | ItemState.SUCCEEDED | ItemState.SAVED if _is_of_a_lost_answer(entry):
            return None  # that was found after all
        case _:
            return None if entry.error is None else _told(entry.error)


def _is_of_a_lost_answer(entry: Entry) -> bool:
    return entry.error is not None and entry.error.get("reason") == UnknownOutcomeError.reason


def _told(error: Mapping[str, Any]) -> Mapping[str, JSON]:
    columns = {"reason": None, "message": "", "remedy": "", "retryable": False}
    return {name: error.get(name, default) for name, default in columns.items()}


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)

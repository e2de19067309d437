"""A line of a manifest: what is known of one key, and how it is written down."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs

from nanobanana_async.errors import NanoBananaError
from nanobanana_async.models import is_data_url, known_models, public_fields
from nanobanana_async.outcomes import Outcome, Pending, Skipped
from nanobanana_async.pricing import cost_of
from nanobanana_async.settings import FROM_ZERO
from nanobanana_async.values import JSON, Charged, Item, Request

_LONGEST_HEAD = 60
"""Characters of a data URL before its data: its media type."""

_NO_RECORD = "the gateway has no record of it"
"""What the error of such a task says; its reason is that of any task that is still to come."""


@attrs.frozen(kw_only=True)
class Record:
    """What is known of one key. The fields are the columns of a manifest, in their order."""

    key: str
    state: str
    model: str | None = None
    request: Mapping[str, JSON] = attrs.field(factory=dict)
    data: JSON = None
    task_id: str | None = None
    urls: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    credits: float | None = None
    charged: Charged = "no"
    error: Mapping[str, JSON] | None = None
    created_at: datetime | None = None
    completed_at: datetime | None = None

    @property
    def may_be_paid(self) -> bool:
        """Whether anything was, or may have been, paid for under this key."""
        return self.charged != "no" or self.state in ("succeeded", "pending", "unknown")

    @property
    def price(self) -> float | None:
        """The documented price of what was asked for, in credits; None where there is none."""
        said = self.request.get("credits")
        if "credits" in self.request or "input" in self.request:
            return said if FROM_ZERO.fits(said) else None
        info = next((info for info in known_models("jobs") if info.id == self.model), None)
        resolution = self.request.get("resolution")
        if info is None or (resolution is not None and resolution not in info.resolutions):
            return None
        return info.price(resolution)

    @property
    def is_expired(self) -> bool:
        """Whether it was made, and its pictures can't be had any more."""
        return self.state == "succeeded" and not self.files and bool(self.error and self.error["reason"] == "expired")

    @property
    def is_missing(self) -> bool:
        """Whether its task was accepted, and the gateway knows nothing of it any more."""
        return self.state == "pending" and bool(self.error and _NO_RECORD in str(self.error.get("message")))

    @property
    def is_retryable(self) -> bool:
        """Whether it failed, or was skipped, in a way that the same request may pass at no risk of paying twice."""
        return self.state == "skipped" or bool(self.error and self.error.get("retryable"))

    def row(self) -> dict[str, Any]:
        """The columns as plain JSON, in their order."""
        plain = {field.name: getattr(self, field.name) for field in attrs.fields(Record)}
        lists = {"urls": list(self.urls), "files": list(self.files)}
        times = {"created_at": _written_time(self.created_at), "completed_at": _written_time(self.completed_at)}
        return {**plain, **lists, **times}


def record_of(
    outcome: Outcome,
    *,
    folder: Path | None = None,
    source: Path | None = None,
    accepted_at: datetime | None = None,
    ended_at: datetime | None = None,
) -> Record:
    """What `outcome` tells, for the manifest of `folder`. Paths of input images are written relative to `source`.

    `accepted_at` and `ended_at` are when its task was accepted and was over by our clock, where the gateway has not
    told.
    """
    item, result = outcome.item, outcome.result
    request = None if isinstance(item.request, str) else item.request
    task = outcome.task if isinstance(outcome, Pending) else None
    said = result.created_at if result else task.created_at if task else None
    return Record(
        key=item.key or outcome.task_id or "-",
        state=outcome.state,
        model=request.model if request else result.model if result else None,
        request=_priced(request, source, outcome) if request else _prompt_alone(item),
        data=item.data,
        task_id=outcome.task_id,
        urls=tuple(map(_written_url, result.urls)) if result else (),
        files=tuple(_written_path(path, folder) for path in outcome.files),
        credits=outcome.credits,
        charged=outcome.charged,
        error=_written_error(outcome),
        created_at=said or accepted_at,
        completed_at=(result.completed_at if result else None) or ended_at,
    )


def manifest_row(outcome: Outcome, *, folder: Path | None = None) -> dict[str, Any]:
    """`outcome` with the columns of a manifest, as plain JSON. Files are relative to `folder`, where one is given."""
    return record_of(outcome, folder=folder).row()


def _prompt_alone(item: Item) -> dict[str, JSON]:
    """What was asked for where it was a prompt, or nothing that is known."""
    return {"prompt": item.request} if isinstance(item.request, str) and item.request else {}


def error_row(error: NanoBananaError) -> dict[str, JSON]:
    """An error as it stands in a manifest."""
    said = {"reason": error.reason, "message": error.message, "remedy": error.remedy}
    return {**said, "retryable": error.retryable}


def _written_error(outcome: Outcome) -> Mapping[str, JSON] | None:
    if isinstance(outcome, Skipped) and outcome.reason == "changed":
        return _CHANGED
    if outcome.error is not None:
        return error_row(outcome.error)
    return {**NOT_SENT, "reason": outcome.reason} if isinstance(outcome, Skipped) else None


NOT_SENT: Mapping[str, JSON] = {
    "reason": "stopped",
    "message": "it was not sent",
    "remedy": "Run the same again: nothing was paid.",
    "retryable": True,
}
SENT_AGAIN: Mapping[str, JSON] = {
    "reason": "stopped",
    "message": "its answer was lost, and it is to be sent again; it was not yet",
    "remedy": "Run the same again: it is sent, and perhaps paid for twice.",
    "retryable": True,
}
_CHANGED: Mapping[str, JSON] = {
    "reason": "changed",
    "message": "this key was used for another request before; not sent",
    "remedy": "Give it a key of its own; or say --on-change regenerate to make it anew, keep for what there is.",
    "retryable": True,
}


def _priced(request: Request, source: Path | None, outcome: Outcome) -> dict[str, JSON]:
    """The fields of `request`, with what it costs where no document tells it: a model's name means another price there.

    A gateway that makes several pictures of it, and has a price for each, is paid for each.
    """
    fields = public_fields(request, source)
    return fields if request.dialect == "jobs" else {**fields, "credits": cost_of(request, outcome)}


def _written_url(url: str) -> str:
    """`url`; of a picture that came in the answer only what it is, for it is saved, or in the journal."""
    if not is_data_url(url):
        return url
    head = url.partition(",")[0]
    return f"{head[:_LONGEST_HEAD]},… ({len(url)} characters)"


def _written_path(path: Path, folder: Path | None) -> str:
    """`path` from `folder`, where it lies in it, however either was written."""
    if folder is None:
        return str(path)
    whole, root = path.absolute(), folder.absolute()
    return whole.relative_to(root).as_posix() if whole.is_relative_to(root) else str(path)


def _written_time(time: datetime | None) -> str | None:
    """ISO 8601 in UTC."""
    if time is None:
        return None
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""A create that was answered with the result itself: the row is over.

Its pictures are where they last by then. An answer in which none can be read is told in short, and named where it is
kept whole: it is paid for.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import attrs

from nanobanana_async.errors import NetworkError, NoResultError
from nanobanana_async.events import TaskSucceeded
from nanobanana_async.lifecycle import AttemptState, ItemState
from nanobanana_async.outcomes import Succeeded
from nanobanana_async.tasks._desk import Desk
from nanobanana_async.tasks._kept_answers import in_short, naming_the_file
from nanobanana_async.tasks._rows import Row
from nanobanana_async.values import Problem, Result, Submitted, WireReply

_LONGEST_KEPT = 64 * 1024
"""Characters of one that go into a journal."""


def read_now(read: Callable[[WireReply], Submitted], reply: WireReply) -> Submitted | NetworkError:
    """What `reply` to a create says. A fault in a dialect leaves the outcome open: unknown."""
    try:
        return read(reply)
    except Exception as error:  # noqa: BLE001  a dialect of the user's may raise anything; it was answered
        return broken(error)


def broken(error: Exception) -> NetworkError:
    """`error` of a transport, or of a dialect, as what it is to a create that may have arrived."""
    lost = NetworkError(f"the transport broke under a create: {type(error).__name__}: {error}")
    lost.__cause__ = error
    return lost


def answered(desk: Desk, row: Row, result: Result, *, took: float) -> None:
    """The gateway has answered the create of `row`, after `took` seconds, with `result`, which is paid for."""
    assert row.request is not None
    result = attrs.evolve(result, model=result.model or row.request.model)
    row.accepted_at = desk.now() - took
    desk.quota.earn()
    if not result.urls:
        _without_a_picture(desk, row, result)
        return
    desk.durations[row.kind].add(took)
    desk.note(
        row,
        ItemState.SUCCEEDED,
        AttemptState.ANSWERED,
        raw=json.dumps(result.raw),
        credits=result.credits,
        charged="no" if result.credits == 0 else "yes",
        created_at=result.created_at.timestamp() if result.created_at is not None else None,
    )
    row.move(ItemState.SUCCEEDED)
    desk.announce(TaskSucceeded(at=desk.wall(), item=row.item, result=result, looks=0, delay=0.0))
    desk.settle(row, Succeeded(item=row.item, index=row.index, result=result))


def _without_a_picture(desk: Desk, row: Row, result: Result) -> None:
    """What was paid for may stand in the answer all the same: it is told, and kept."""
    keep_unread(desk, row, json.dumps(result.raw))
    shown = in_short(desk, result)
    error = NoResultError(
        f"{desk.gateway.address!r} answered a create and names no image that can be read: {shown}",
        charged="yes",
        credits=result.credits,
        remedy="It is paid for: look in the answer for what was made, or ask the gateway's support.",
        problem=Problem(200, None, shown, enveloped=True),
    )
    desk.fail(row, naming_the_file(row, error), AttemptState.ANSWERED)


def keep_unread(desk: Desk, row: Row, raw: str) -> None:
    """Write down an answer, as JSON, that says that a picture was made and in which none can be read."""
    if desk.keeper is None or row.place is None:
        return
    kept = raw if len(raw) <= _LONGEST_KEPT else json.dumps({"cut": raw[: _LONGEST_KEPT // 2]})
    desk.keeper.note(row.place, None, raw=kept)

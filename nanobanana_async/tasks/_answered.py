"""A create that was answered with the result itself: its pictures are put where they last, and the row is over.

What came in the answer exists nowhere else: no task's id leads to it, and no link. So with a journal its content is in
a file, and that on the disk, before the journal says that the row has succeeded. A disk that fails loses nothing of
what is in memory: the result is handed over all the same, and no more is sent.

An answer in which no picture can be read may have one all the same, in a form that nobody here knows. It is paid for,
so it is written down as it came, and told in short.
"""

from __future__ import annotations

import asyncio
import json

import attrs

from nanobanana_async.dialects import snippet
from nanobanana_async.errors import NoResultError, StorageError
from nanobanana_async.events import TaskSucceeded
from nanobanana_async.lifecycle import AttemptState, ItemState
from nanobanana_async.outcomes import Succeeded
from nanobanana_async.tasks._desk import Desk
from nanobanana_async.tasks._keeper import Keeper, nothing_charged
from nanobanana_async.tasks._rows import Row
from nanobanana_async.tasks._unfetched import content_of, is_content
from nanobanana_async.values import Problem, Result

_LONGEST_KEPT = 64 * 1024
"""Characters of one that go into a journal."""


async def kept(desk: Desk, result: Result) -> Result:
    """`result`, with what came in the answer in the journal's files, where there is a journal."""
    if desk.keeper is None or not any(map(is_content, result.urls)):
        return result
    try:
        return attrs.evolve(result, urls=tuple([await _kept(desk, desk.keeper, url) for url in result.urls]))
    except StorageError as error:
        desk.stop(nothing_charged(error), "storage")
    except Exception as error:  # noqa: BLE001  a journal of the user's may raise anything; the picture is in memory
        desk.stop(StorageError(f"the journal could not keep a picture: {error!r}", charged="no"), "storage")
    return result


async def _kept(desk: Desk, keeper: Keeper, url: str) -> str:
    if not is_content(url):
        return url
    picture = await desk.heavy.in_a_thread(content_of, url)
    # Who is cut short here goes on with what he has; the file is finished all the same.
    return await asyncio.shield(keeper.journal.keep(picture.content, sha256=picture.sha256, suffix=picture.suffix))


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
    shown = _in_short(desk, result)
    where = " The journal has the answer as it came." if desk.keeper is not None else ""
    error = NoResultError(
        f"{desk.gateway.address!r} answered a create and names no image that can be read: {shown}",
        charged="yes",
        credits=result.credits,
        remedy=f"It is paid for: look in the answer for what was made, or ask the gateway's support.{where}",
        problem=Problem(200, None, shown, enveloped=True),
    )
    desk.fail(row, error, AttemptState.ANSWERED)


def keep_unread(desk: Desk, row: Row, raw: str) -> None:
    """Write down an answer, as JSON, that says that a picture was made and in which none can be read."""
    if desk.keeper is None or row.place is None:
        return
    kept = raw if len(raw) <= _LONGEST_KEPT else json.dumps({"cut": raw[: _LONGEST_KEPT // 2]})
    desk.keeper.note(row.place, None, raw=kept)


def _in_short(desk: Desk, result: Result) -> str:
    """The answer in one line, without the key."""
    said = json.dumps(result.raw, ensure_ascii=False).encode(errors="replace")
    return snippet(said, getattr(desk.gateway, "api_key", None) or "")

"""What of an answer goes into a journal's files: its pictures, and the whole of one in which none could be read.

What came in the answer to a create exists nowhere else: no task's id leads to it, and no link. So with a journal its
content is in a file, and that on the disk, before the journal says what became of the row. A disk that fails loses
nothing of what is in memory: it is handed over all the same, and no more is sent.

An answer in which no picture can be read may have one all the same, in a form that nobody here knows. It is paid for,
so it goes into a file as it came, byte for byte, and what is told of it names the file.
"""

from __future__ import annotations

import asyncio
import copy
import hashlib
import json
from collections.abc import Awaitable, Mapping
from typing import Any, TypeVar

import attrs

from nanobanana_async.dialects import snippet
from nanobanana_async.errors import NoResultError, StorageError, UnknownOutcomeError
from nanobanana_async.tasks._desk import Desk
from nanobanana_async.tasks._heavy import MUCH
from nanobanana_async.tasks._keeper import Keeper, nothing_charged
from nanobanana_async.tasks._rows import Row
from nanobanana_async.tasks._unfetched import content_of, file_of, is_content, is_file
from nanobanana_async.values import Answered, Problem, Refused, Request, Result, Submitted, WireReply

_LONGEST_SHOWN = 4096
"""Bytes of one that a message may show whole."""
_OF_AN_ANSWER = ".answer"

T = TypeVar("T")
Told = TypeVar("Told", NoResultError, UnknownOutcomeError)


def given_with(request: Request | None) -> Mapping[str, Any]:
    """What a dialect is told besides an answer: the images of its request. What comes back of them is no picture."""
    given = frozenset(image.strip() for image in (request.images if request else ()) if isinstance(image, str))
    return {"given": given} if given else {}


async def kept(desk: Desk, result: Result) -> Result:
    """`result`, with what came in the answer in the journal's files, where there is a journal."""
    if desk.keeper is None or not any(map(is_content, result.urls)):
        return result
    urls = await _or_stop(desk, "a picture", _all_kept(desk, desk.keeper, result.urls))
    return result if urls is None else attrs.evolve(result, urls=urls)


async def kept_unread(desk: Desk, answer: Submitted, reply: WireReply) -> str | None:
    """Where the journal has `reply` now, as it came; None where nothing was kept.

    It is where a success has neither a picture nor a task in it that could be read, nor clearly is a refusal, and where
    what is told of it does not show it whole.
    """
    shown = _shown(desk, answer)
    if desk.keeper is None or shown is None or not 200 <= reply.status < 300 or _is_all(shown, reply.body):
        return None
    return await _or_stop(desk, "an answer", _whole(desk, desk.keeper, reply.body))


async def _or_stop(desk: Desk, what: str, keeping: Awaitable[T]) -> T | None:
    """None where `what` can't be kept: no more is sent then, and what is in memory is handed over."""
    try:
        return await keeping
    except StorageError as error:
        desk.stop(nothing_charged(error), "storage")
    except Exception as error:  # noqa: BLE001  a journal of the user's may raise anything; it is in memory
        desk.stop(StorageError(f"the journal could not keep {what}: {error!r}", charged="no"), "storage")
    return None


async def _all_kept(desk: Desk, keeper: Keeper, urls: tuple[str, ...]) -> tuple[str, ...]:
    return tuple([await _kept(desk, keeper, url) for url in urls])


async def _kept(desk: Desk, keeper: Keeper, url: str) -> str:
    if not is_content(url):
        return url
    picture = await desk.heavy.in_a_thread(content_of, url)
    # Who is cut short here goes on with what he has; the file is finished all the same.
    return await asyncio.shield(keeper.journal.keep(picture.content, sha256=picture.sha256, suffix=picture.suffix))


async def _whole(desk: Desk, keeper: Keeper, body: bytes) -> str:
    digest = (await desk.heavy.in_a_thread_if(len(body) > MUCH, hashlib.sha256, body)).hexdigest()
    url = await asyncio.shield(keeper.journal.keep(body, sha256=digest, suffix=_OF_AN_ANSWER))
    return f"sha256:{digest}" if is_content(url) else url


def _shown(desk: Desk, answer: Submitted) -> str | None:
    """What is told of an answer that nobody could read; None of one that is clear."""
    match answer:
        case Answered(result) if not result.urls:
            return in_short(desk, result)
        case Refused(problem) if problem.task_id is None and _is_unclear(problem):
            return problem.text
        case _:
            return None


def _is_unclear(problem: Problem) -> bool:
    return not problem.enveloped or problem.code in (None, 0, 200)


def _is_all(shown: str, body: bytes) -> bool:
    """Whether `shown` has at its end all that `body` says, but for blanks."""
    if len(body) > _LONGEST_SHOWN:
        return False
    try:
        return "".join(shown.split()).endswith("".join(body.decode().split()))
    except UnicodeDecodeError:
        return False


def naming_the_file(row: Row, error: Told) -> Told:
    """`error`, with where the answer is that it tells of, if that was kept."""
    if row.unread is None:
        return error
    named = copy.copy(error)
    place = str(file_of(row.unread)) if is_file(row.unread) else f"the journal, as {row.unread}"
    named.answer = row.unread
    named.args = (f"{error.message} (all of it: {place})",)
    named.remedy = f"The whole answer is in {place}: look there for what was made. {error.remedy}"
    return named


def in_short(desk: Desk, result: Result) -> str:
    """The answer in one line, without the key."""
    said = json.dumps(result.raw, ensure_ascii=False).encode(errors="replace")
    return snippet(said, getattr(desk.gateway, "api_key", None) or "")

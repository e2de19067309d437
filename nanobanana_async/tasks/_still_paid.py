"""What is told of a picture that is made and paid for, and could not be had: what helps, and where it is meanwhile.

Nobody may be led to make it again, which costs again, as long as there is another way. And no remedy names what there
is not: no task's id where there is no task, no link where the picture came in the answer.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from nanobanana_async.errors import NanoBananaError, ResultExpiredError, ServiceError, StorageError
from nanobanana_async.storage import disk_remedy
from nanobanana_async.tasks._unfetched import file_of, is_content, is_file, needs_no_fetching
from nanobanana_async.values import Result

LONGEST_LINK: Final = 2000
"""Characters of a link that a remedy shows: signed ones are long, and one that is cut opens nothing."""

_NOT_FETCHED = "The image is made, but could not be fetched. It can be fetched again; do not order it anew."
_IN_MEMORY = (
    "The picture is in memory alone now, in `result.urls`: client.save(result, another_place), before the client is "
    "closed, keeps it. It stays paid for."
)


def still_paid(error: NanoBananaError, result: Result, url: str) -> NanoBananaError:
    """`error`, which kept the picture at `url` from being had, as it is told of `result`."""
    error.task_id = result.task_id
    error.charged = "yes"
    if isinstance(error, StorageError):
        error.remedy = _of_what_came(result, url, error) if error.is_of_the_picture else _of_disk(result, url, error)
        return error
    if error.retryable:
        error.remedy = f"It stays paid for: {_again(result, url)}"
    error.public_message = _NOT_FETCHED
    return error


def refused(result: Result, url: str, status: int) -> ServiceError:
    """The file host wants a key that is none of ours, or a browser, or the link is too old; there is no fresh one."""
    error = ServiceError(
        f"the file host refuses {url[:200]!r} with {status}, and the gateway gives no fresh link to it",
        charged="yes",
        task_id=result.task_id,
        remedy="Try the link by hand first, in a browser: what opens there is the picture, and it is paid for. A link "
        f"that has opened before may be too old. {url[:LONGEST_LINK]}",
    )
    error.public_message = _NOT_FETCHED
    return error


def expired(result: Result, url: str, why: str, *, remedy: str | None = None) -> ResultExpiredError:
    """It is gone."""
    message = f"the image at {url[:200]!r} can't be had any more: {why}"
    return ResultExpiredError(message, task_id=result.task_id, remedy=remedy)


def put_back(place: Path | None) -> str:
    """What to do where a picture is gone that only the journal had, in the file at `place`, where it is known."""
    where = f"as {str(place)!r}" if place is not None else "where it was"
    return (
        f"It was in that file alone. Put a copy of the picture back, {where}, if you have one, such as the file that "
        "was saved of it; else make it again, which is paid for again."
    )


def cut_off(result: Result) -> StorageError:
    """The client was closed under the saving of it."""
    return StorageError(
        "the client was closed before the picture was saved",
        task_id=result.task_id,
        remedy="Give its result to `save` of another client: it stays paid for.",
    )


def _of_disk(result: Result, url: str, error: StorageError) -> str:
    """What to do where the picture could not be written, or not be read where the journal keeps it."""
    cause = error.__cause__
    if is_file(url) or not isinstance(cause, OSError | ValueError):
        return error.remedy
    if is_content(url):
        return f"{disk_remedy(cause)}. {_IN_MEMORY}"
    return f"{disk_remedy(cause)}. It stays paid for: {_again(result, url)}"


def _of_what_came(result: Result, url: str, error: StorageError) -> str:
    """What to do where what came is no picture."""
    if needs_no_fetching(url):
        place = str(file_of(url)) if is_file(url) else "`result.urls`"
        return f"It came so in the answer: look at it in {place}, or ask the gateway's support. It is paid for."
    if not error.retryable:
        return f"It stays paid for: fetch it by hand, if one of that size is expected. {url[:LONGEST_LINK]}"
    return f"A download that broke off is cured by another, and it stays paid for: {_again(result, url)}"


def _again(result: Result, url: str) -> str:
    if result.task_id is not None:
        return "fetch the result again by its task id."
    return f"fetch the result again, from {url[:LONGEST_LINK]}"  # nothing after it that might be taken for a part

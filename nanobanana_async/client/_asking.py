"""From what a user hands in to the values the work is done with; what is wrong is named before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping

from nanobanana_async.errors import ConfigurationError, InvalidRequestError
from nanobanana_async.gateways import Gateway
from nanobanana_async.settings import FROM_ZERO, Kind
from nanobanana_async.tasks import RetryFailed
from nanobanana_async.values import JSON, Request, Task

A_WAIT = Kind(
    f"{FROM_ZERO.takes} (0: only if it can be sent now), or None to wait for as long as `timeout` allows",
    FROM_ZERO.or_none().fits,
)

_NO_ID = (
    "A gateway that answers at once gives no ids: pass the Task that `submit` gave, which has its result, or use "
    'OpenAIImages(…, mode="async").'
)


def request_of(asked: Request | str, fields: Mapping[str, JSON], *, gateway: Gateway, model: str | None) -> Request:
    """The request for a prompt with fields, or the request that was given.

    Raises:
        InvalidRequestError: a field is wrong, or stands beside a request; or it is neither a prompt nor a request.
    """
    given = {name: value for name, value in fields.items() if value is not None}
    if isinstance(asked, str):
        images = given.pop("images", ())
        if model is not None:
            given.setdefault("model", model)
        return gateway.request(asked, given, images=images)
    if not isinstance(asked, Request):
        raise InvalidRequestError(f"{asked!r} is neither a prompt nor a request")
    if given:
        raise InvalidRequestError(
            f"{', '.join(sorted(given))} can't be given beside a request", remedy="Give them to the request."
        )
    return gateway.priced(asked)


def task_of(task: Task | str, dialect: str) -> Task:
    """The task of that id. Raises: InvalidRequestError."""
    if isinstance(task, Task) and (task.id or task.result is not None):
        return task
    if not isinstance(task, str) or not task.strip():
        raise InvalidRequestError(f"{task!r} is no task id", remedy=_NO_ID)
    return Task(task.strip(), dialect=dialect)


def no_journal(what: str) -> ConfigurationError:
    """The error for what only a journal can keep."""
    return ConfigurationError(what, remedy='Give the client one: Client(journal="/var/lib/app/run.db").')


def failed_to_retry(said: RetryFailed | bool) -> RetryFailed:  # noqa: FBT001  a user's word, passed on
    """Which failures a single call sends again: yes means all of them, no none."""
    return ("all" if said else "none") if isinstance(said, bool) else said


def checked_wait(queue_timeout: float | None) -> float | None:
    """`queue_timeout` as given. Raises: ConfigurationError, where it is no time."""
    A_WAIT.check(queue_timeout=queue_timeout)
    return queue_timeout

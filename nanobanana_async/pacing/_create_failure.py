"""From the failure of a create to what comes next: the table of DESIGN §4 as one pure function.

A create costs money and carries no idempotency key, so the question is never "may this be retried" but "is there proof
that it was not taken". Without proof it is `HoldUnknown`: never repeated by itself.

Read in this order: what never arrived; who says that he has heard nothing from who makes the pictures; what the gateway
itself says (the text first, then the code); what anybody in front of it says; and everything else is unknown.
"""

from __future__ import annotations

import re
from typing import Literal

import attrs

from nanobanana_async.errors import (
    BadImageError,
    BusyError,
    ConfigurationError,
    DeclinedError,
    InvalidRequestError,
    KeyCappedError,
    KeyRefusedError,
    MaintenanceError,
    NanoBananaError,
    NetworkError,
    OutOfCreditsError,
    PolicyError,
    RequestError,
    ServiceError,
    UnknownOutcomeError,
)
from nanobanana_async.outcomes import SkipReason
from nanobanana_async.pacing._words import Meaning, is_about_content, meaning_of
from nanobanana_async.values import Problem

OnServerError = Literal["repeat", "hold"]
"""What to do when the gateway says that a create failed for a reason of its own: documented as not charged."""

MOST_NOT_SENT = 10
"""How often an item is tried that never arrives, before it fails. With the gate's backoff: about a minute."""
MOST_NOT_SENT_AT_FIRST = 4
"""The same while the gateway has never answered: more likely a wrong address than a passing fault. Some seconds."""
MOST_UNAVAILABLE = 5
"""How often 455 and "high demand" are repeated for one item."""
MOST_SERVER_ERRORS = 3
"""How many attempts an item has where the gateway reports errors of its own: the first and two more."""
SHORTEST_TIME_OUT = 55.0
"""Seconds: a gateway that answers with the picture, and reports an error of its own as late as this, may itself have
given up on who makes it, whatever it says and in whatever language. Such limits are a minute and more (PROTOCOL §3)."""
LONGEST_FETCH = 10.0
"""Seconds within which such a gateway says that it could not fetch a picture that was sent: that comes first."""


@attrs.frozen
class Attempts:
    """What has happened to an item before this failure: counts of earlier failures of each kind."""

    not_sent: int = 0
    unavailable: int = 0
    server_errors: int = 0


@attrs.frozen
class Repeat:
    """Try this item again after a backoff; `counts_as` is the field of `Attempts` that grows."""

    error: NanoBananaError
    counts_as: Literal["unavailable", "server_errors"]
    retry_after: float | None = None


@attrs.frozen
class RepeatForAll:
    """Close the gate for everybody, then try this item again, at the head of the queue."""

    error: NanoBananaError
    retry_after: float | None = None
    counts_as: Literal["not_sent", "unavailable"] | None = None


@attrs.frozen
class FailItem:
    """This item is refused for good."""

    error: NanoBananaError


@attrs.frozen
class StopRun:
    """No request will succeed: stop, skip the rest for `reason`; `item` says what becomes of this one."""

    error: NanoBananaError
    reason: SkipReason
    item: Literal["skipped", "failed", "unknown"] = "skipped"


@attrs.frozen
class HoldUnknown:
    """Nobody knows whether it was taken: hold it."""

    error: UnknownOutcomeError


NextStep = Repeat | RepeatForAll | FailItem | StopRun | HoldUnknown


def after_create_failure(
    failure: Problem | NetworkError,
    *,
    url: str,
    attempts: Attempts,
    has_answered: bool,
    on_server_error: OnServerError = "repeat",
    took: float = 0.0,
    has_images: bool = True,
) -> NextStep:
    """What comes next after `failure` of a create that was sent to `url`.

    `has_answered` tells whether this gateway has ever answered in its own envelope. `took` is for how many seconds the
    picture was waited for, where that was to be the answer; 0 where it would have been a task. `has_images` tells
    whether pictures were sent with it.
    """
    if isinstance(failure, NetworkError):
        return _after_network_error(failure, url, attempts, has_answered=has_answered)
    if failure.is_cut:
        return _after_a_cut(failure, url, has_answered=has_answered)
    if failure.enveloped:
        if _may_be_of_a_result(failure, took=took, has_images=has_images):
            return HoldUnknown(_unknown(f"a picture may have been made, and was lost: {failure.text}", failure))
        return _after_own_word(failure, url, attempts, on_server_error)
    return _after_foreign_answer(failure, url, has_answered=has_answered)


def _after_network_error(error: NetworkError, url: str, attempts: Attempts, *, has_answered: bool) -> NextStep:
    if error.sent != "no":
        return HoldUnknown(_unknown(f"no answer came to a create: {error.message}"))
    if error.permanent:
        return StopRun(ConfigurationError(f"{url!r} can't be reached: {error.message}"), "service")
    if attempts.not_sent + 1 < (MOST_NOT_SENT if has_answered else MOST_NOT_SENT_AT_FIRST):
        return RepeatForAll(error, counts_as="not_sent")
    return FailItem(error) if has_answered else StopRun(error, "service")


_IF_CUT = 'A relay that cuts long answers may offer tasks: OpenAIImages(…, mode="async") waits for no answer.'


def _after_a_cut(problem: Problem, url: str, *, has_answered: bool) -> NextStep:
    """Somebody in between has heard nothing from who makes the pictures: one may be made, whatever the status is.

    Where that is the first that is heard from there, the next would be cut as well, and each may be paid for.
    """
    what = f"status {problem.status}: {problem.text}"
    if has_answered or problem.task_id is not None:
        lost = _unknown(f"a relay has heard nothing of a create, {what}", problem)
        lost.remedy = f"{lost.remedy} {_IF_CUT}"
        return HoldUnknown(lost)
    error = ConfigurationError(
        f"{url!r} has answered its first create by no more than that a relay has heard nothing ({what})",
        charged="unknown",
        remedy=f"{_IF_CUT} Else check the base URL.",
        problem=problem,
    )
    return StopRun(error, "service", item="unknown")


def _after_own_word(problem: Problem, url: str, attempts: Attempts, on_server_error: OnServerError) -> NextStep:
    """The gateway's own envelope: what it says of the request, then of the account, then of itself."""
    if problem.task_id is not None:  # it says no, and names a task that it has made all the same
        return HoldUnknown(_unknown(f"a create was refused ({problem.text}) with a task in the answer", problem))
    by_text = _by_text(problem, attempts)
    if by_text is not None:
        return by_text
    by_code = _of_openai(problem) or _by_code(problem, url, attempts)
    if by_code is not None:
        return by_code
    if _code(problem) == 200:
        return HoldUnknown(_unknown("the gateway said yes to a create and named no task", problem))
    return _after_server_error(problem, attempts, on_server_error)


def _may_be_of_a_result(problem: Problem, *, took: float, has_images: bool) -> bool:
    """Whether a gateway that uses HTTP's statuses fails for a reason that may be one of the picture that it has made.

    Words about a picture are about one that was sent, if there was one, and if it is said at once.
    """
    if problem.status < 500 or problem.task_id is not None:
        return False
    meaning = meaning_of(problem.text)
    if meaning is Meaning.IMAGE:
        return took > LONGEST_FETCH or not has_images
    return took > SHORTEST_TIME_OUT and meaning in (None, Meaning.INTERNAL) and problem.status not in _CLEAR_CODES


_REFUSED_FOR_ITS_TEXT: dict[Meaning, type[RequestError]] = {
    Meaning.POLICY: PolicyError,
    Meaning.DECLINED: DeclinedError,
    Meaning.IMAGE: BadImageError,
    Meaning.PARAMETER: InvalidRequestError,
}
_STOPS: dict[int | str | None, tuple[type[NanoBananaError], SkipReason]] = {
    401: (KeyRefusedError, "key"),
    402: (OutOfCreditsError, "credits"),
    433: (KeyCappedError, "key"),
}
SEE_OTHER = 303
"""The one redirect that says that what was asked for was done: its outcome is elsewhere."""
_CLEAR_CODES = frozenset({401, 402, 404, 405, 429, 433, 455, 505})
"""Codes that mean one thing: words such as "exceeds the limit" or "fair use policy" in their text change nothing."""


_OF_THE_REQUEST = (frozenset(range(400, 500)) | {501}) - _CLEAR_CODES - {403, 408}
"""HTTP statuses by which a request is refused for what it is, once and for all."""
_NO_SUCH_PLACE = (
    "Correct the base URL; of a gateway in OpenAI's style it is what stands before /images/generations, and /v1 is put "
    "behind it where it has no version. Or it is of the other kind: OpenAIImages(base_url, …) speaks to those, Kie(…) "
    "does not; on the command line --gateway openai-images or --gateway kie."
)
_NO_MODEL = re.compile(
    r"model_not_found|\bmodel\b.{0,80}\bnot (exist|found|supported|available)|\b(no such|unknown|invalid) model\b",
    re.IGNORECASE,
)
"""That the model is unknown there: one item's mistake, where others name another model."""


def _by_text(problem: Problem, attempts: Attempts) -> NextStep | None:
    code = _code(problem)
    meaning = meaning_of(problem.text)
    if code == 200 or meaning is None:
        return None
    if meaning is Meaning.CREDITS:
        return StopRun(OutOfCreditsError(problem.text, problem=problem), "credits")
    if meaning in _REFUSED_FOR_ITS_TEXT and code not in _CLEAR_CODES:
        return FailItem(_REFUSED_FOR_ITS_TEXT[meaning](problem.text, problem=problem))
    if meaning is Meaning.BUSY and code not in _CLEAR_CODES:
        return _while_unavailable(BusyError(problem.text, problem=problem), problem, attempts, for_all=False)
    return None


def _by_code(problem: Problem, url: str, attempts: Attempts) -> NextStep | None:
    """The codes that mean one thing, whoever says them: on the status or in the envelope."""
    match _code(problem):
        case 429:
            return RepeatForAll(BusyError(problem.text, problem=problem), retry_after=problem.retry_after)
        case 455:
            return _while_unavailable(MaintenanceError(problem.text, problem=problem), problem, attempts, for_all=True)
        case 401 | 402 | 433 as code:
            error, reason = _STOPS[code]
            return StopRun(error(problem.text, problem=problem), reason)
        case 505:
            text = f"the gateway has disabled this: {problem.text}"
            return StopRun(ServiceError(text, problem=problem, retryable=False), "service")
        case 404 | 405 as code:
            text = f"{url!r} answers {code} to a create: {problem.text}"
            return StopRun(ConfigurationError(text, problem=problem, remedy=_NO_SUCH_PLACE), "service")
        case 400 | 413 | 422:
            return FailItem(InvalidRequestError(problem.text, problem=problem))
        case _:
            return None


def _of_openai(problem: Problem) -> NextStep | None:
    """What is said by words and statuses that OpenAI-style gateways use, and Kie does not (PROTOCOL §3)."""
    match _code(problem):
        case 403 if is_about_content(problem.text):
            return FailItem(PolicyError(problem.text, problem=problem))
        case 403:
            return StopRun(KeyRefusedError(problem.text, problem=problem), "key")
        case 404 if _NO_MODEL.search(problem.text):
            return FailItem(InvalidRequestError(problem.text, problem=problem))
        case int(code) if code == problem.status and code in _OF_THE_REQUEST:
            return FailItem(InvalidRequestError(problem.text, problem=problem))
        case None:
            lost = f"the gateway said yes to a create by its status, and no in its words: {problem.text}"
            return HoldUnknown(_unknown(lost, problem))
        case _:
            return None


def _while_unavailable(
    error: BusyError | MaintenanceError, problem: Problem, attempts: Attempts, *, for_all: bool
) -> NextStep:
    if attempts.unavailable + 1 >= MOST_UNAVAILABLE:
        return FailItem(error)
    if for_all or problem.retry_after is not None:
        return RepeatForAll(error, retry_after=problem.retry_after, counts_as="unavailable")
    return Repeat(error, counts_as="unavailable")


def _after_server_error(problem: Problem, attempts: Attempts, on_server_error: OnServerError) -> NextStep:
    text = f"the gateway reports an error of its own ({problem.code}): {problem.text}"
    if on_server_error == "hold":
        return HoldUnknown(_unknown(text, problem))
    error = ServiceError(text, problem=problem)
    if attempts.server_errors + 1 < MOST_SERVER_ERRORS:
        return Repeat(error, counts_as="server_errors", retry_after=problem.retry_after)
    return FailItem(error)


def _after_foreign_answer(problem: Problem, url: str, *, has_answered: bool) -> NextStep:
    """An answer that is not in the gateway's envelope: somebody in front of it, or not the gateway at all."""
    by_status = None if problem.status in (400, 422) else _by_code(problem, url, Attempts())
    if by_status is not None:
        return by_status
    redirected = 300 <= problem.status < 400 and problem.status != SEE_OTHER
    what = f"status {problem.status}: {problem.text}" if not redirected else f"a redirect to {problem.location!r}"
    if not has_answered:
        error = ConfigurationError(
            f"{url!r} does not answer like the gateway ({what})",
            charged="no" if redirected else "unknown",
            remedy="Check the base URL: this is its first answer, and not in the gateway's form.",
            problem=problem,
        )
        return StopRun(error, "service", item="failed" if redirected else "unknown")
    if redirected:
        return FailItem(ServiceError(f"a create was answered by {what}", problem=problem, retryable=False))
    return HoldUnknown(_unknown(f"a create was answered by something else than the gateway, {what}", problem))


def _code(problem: Problem) -> int | str | None:
    """The code in the envelope; the status where there is none, or where it is clear and the code is not."""
    if not problem.enveloped or (problem.code in (200, 500) and problem.status in _CLEAR_CODES):
        return problem.status
    return problem.code


def _unknown(message: str, problem: Problem | None = None) -> UnknownOutcomeError:
    task_id = problem.task_id if problem is not None else None
    lost = UnknownOutcomeError(message, problem=problem, task_id=task_id)
    if problem is not None and problem.request_id is not None:
        lost.remedy = f"{lost.remedy} There the request is called {problem.request_id!r}."
    return lost

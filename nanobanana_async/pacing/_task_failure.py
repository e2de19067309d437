"""What it means when a task fails, and when a look at one does."""

from __future__ import annotations

from collections.abc import Mapping

from nanobanana_async.errors import (
    BadImageError,
    BusyError,
    DeclinedError,
    InvalidRequestError,
    KeyRefusedError,
    MaintenanceError,
    NanoBananaError,
    NetworkError,
    PolicyError,
    ServiceError,
    TaskFailedError,
)
from nanobanana_async.pacing._words import Meaning, meaning_of
from nanobanana_async.values import Charged, Problem

_FAILED_FOR: Mapping[Meaning | None, type[NanoBananaError]] = {
    Meaning.POLICY: PolicyError,
    Meaning.DECLINED: DeclinedError,
    Meaning.IMAGE: BadImageError,
    Meaning.PARAMETER: InvalidRequestError,
}


def task_failure(
    task_id: str, *, code: str | None, message: str | None, credits: float | None = None
) -> NanoBananaError:
    """The error for a task that ended as failed (PROTOCOL §1.9); `credits` is what its record says was consumed.

    A failed task is documented as not charged; a record that says otherwise is believed.
    """
    charged: Charged = "yes" if credits else "no"
    text = f"task {task_id} failed: {message or 'no reason given'}" + (f" (code {code})" if code else "")
    meaning = meaning_of(message) or meaning_of((code or "").replace("_", " ")) or meaning_of(code)
    kind = _FAILED_FOR.get(meaning, TaskFailedError)
    return kind(text, task_id=task_id, charged=charged, credits=credits)


def look_failure(problem: Problem) -> NanoBananaError:
    """The error for a question (a look, a balance, an upload) that got no usable answer. Questions may be repeated."""
    code = problem.code if problem.enveloped and problem.code != 200 else problem.status
    match code:
        case 401:
            return KeyRefusedError(problem.text, problem=problem)
        case 429:
            return BusyError(problem.text, problem=problem)
        case 455:
            return MaintenanceError(problem.text, problem=problem)
        case 400 | 404 | 422 if problem.enveloped:
            return InvalidRequestError(problem.text, problem=problem)
        case _:
            return ServiceError(f"no usable answer (status {problem.status}): {problem.text}", problem=problem)


def may_be_made_again(error: NanoBananaError) -> bool:
    """Whether a task that failed with `error` may succeed as a new one: the vendor's own trouble, and not charged.

    A failure for the content, or for a picture that can't be had, comes again each time.
    """
    return isinstance(error, TaskFailedError) and error.charged == "no"


def is_worth_repeating(error: NanoBananaError) -> bool:
    """Whether a question that failed with `error` may be answered when it is asked again."""
    return isinstance(error, NetworkError | ServiceError) and not getattr(error, "permanent", False)

"""What the end of a task means, and what a failed question does."""

from __future__ import annotations

import pytest

from nanobanana_async import errors
from nanobanana_async.pacing import is_worth_repeating, look_failure, may_be_made_again, task_failure
from nanobanana_async.values import Problem


@pytest.mark.parametrize(
    ("code", "message", "error"),
    [
        ("500", "Internal Error, Please try again later.", errors.TaskFailedError),
        ("500", "Internal server error in moderation service", errors.TaskFailedError),
        ("400", "Image fetch failed. Check access settings or use our File Upload API instead.", errors.BadImageError),
        ("400", "Your request was flagged by our system as violating content policies", errors.PolicyError),
        ("SENSITIVE_WORD_ERROR", None, errors.PolicyError),
        ("PUBLIC_ERROR_UNSAFE_GENERATION", "", errors.PolicyError),
        ("422", "Gemini could not generate an image with the given prompt.", errors.DeclinedError),
        ("500", "prompt is required", errors.InvalidRequestError),
        (None, None, errors.TaskFailedError),
    ],
)
def test_a_failed_task_is_told_by_its_words(
    code: str | None, message: str | None, error: type[errors.NanoBananaError]
) -> None:
    """PROTOCOL §1.9; the task's id is named, and nothing was charged."""
    failure = task_failure("t1", code=code, message=message)

    assert type(failure) is error
    assert failure.task_id == "t1"
    assert failure.charged == "no"
    assert failure.retryable is (error is errors.TaskFailedError)


def test_a_record_that_says_credits_were_consumed_is_believed() -> None:
    """The documents say that failures are free; where the record says otherwise, so do we."""
    assert task_failure("t1", code="500", message="x", credits=4.0).charged == "yes"
    assert task_failure("t1", code="500", message="x", credits=0.0).charged == "no"


@pytest.mark.parametrize(
    ("problem", "error"),
    [
        (Problem(200, 401, "no", enveloped=True), errors.KeyRefusedError),
        (Problem(401, None, "no", enveloped=False), errors.KeyRefusedError),
        (Problem(200, 429, "slow", enveloped=True), errors.BusyError),
        (Problem(200, 455, "later", enveloped=True), errors.MaintenanceError),
        (Problem(200, 422, "url is wrong", enveloped=True), errors.InvalidRequestError),
        (Problem(502, None, "<html>", enveloped=False), errors.ServiceError),
        (Problem(200, 500, "oops", enveloped=True), errors.ServiceError),
    ],
)
def test_a_failed_question_has_an_error_of_its_kind(problem: Problem, error: type[errors.NanoBananaError]) -> None:
    """Questions cost nothing, and may be asked again where that may help."""
    failure = look_failure(problem)

    assert type(failure) is error
    assert failure.charged == "no"
    assert is_worth_repeating(failure) is isinstance(failure, errors.ServiceError)


def test_a_question_that_can_never_arrive_is_not_repeated() -> None:
    """A wrong certificate stays wrong."""
    assert is_worth_repeating(errors.NetworkError("reset"))
    assert not is_worth_repeating(errors.NetworkError("certificate", sent="no", permanent=True))


@pytest.mark.parametrize(
    ("code", "message", "credits", "again"),
    [
        ("500", "Internal Error, Please try again later.", 0.0, True),
        ("501", None, None, True),
        ("500", "Internal Error, Please try again later.", 4.0, False),
        ("400", "Your prompt was flagged by Website as violating content policies.", None, False),
        ("400", "Image fetch failed. Check access settings or use our File Upload API instead.", None, False),
        ("500", "Gemini could not generate an image with the given prompt.", None, False),
    ],
)
def test_only_a_passing_failure_that_cost_nothing_is_made_again(
    code: str, message: str | None, credits: float | None, again: bool
) -> None:
    """What was charged, or would fail again, is not."""
    error = task_failure("t1", code=code, message=message, credits=credits)

    assert may_be_made_again(error) is again

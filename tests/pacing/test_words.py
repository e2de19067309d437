"""What messages mean: the vendor's of PROTOCOL §1.3 and §1.9, and those of OpenAI-style gateways (§3)."""

from __future__ import annotations

import pytest

from nanobanana_async import errors
from nanobanana_async.pacing import (
    Attempts,
    FailItem,
    HoldUnknown,
    NextStep,
    RepeatForAll,
    StopRun,
    after_create_failure,
    task_failure,
)
from nanobanana_async.values import Problem

NO_MONEY, REFUSED, DECLINED = errors.OutOfCreditsError, errors.PolicyError, errors.DeclinedError
PICTURE, BUSY, FIELD = errors.BadImageError, errors.BusyError, errors.InvalidRequestError
THEIRS = errors.ServiceError
"""What the words don't tell, under a code that tells nothing either: an error of the gateway's own."""


def after(status: int, text: str) -> NextStep:
    problem = Problem(status, status, text, enveloped=True)
    return after_create_failure(problem, url="https://relay.example", attempts=Attempts(), has_answered=True)


def told(text: str) -> type[errors.NanoBananaError]:
    """The error of a create that was refused in these words, under a code that says nothing."""
    step = after(500, text)
    assert not isinstance(step, HoldUnknown)
    return type(step.error)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("Credits insufficient : your balance isn't enough", NO_MONEY),
        ("taskId parameter is required", FIELD),
        ("aspect_ratio is required", FIELD),
        ("image_size is not within the range of allowed options", FIELD),
        ("Internal error, please check the parameters", FIELD),
        ("The model name you specified is not supported. Please verify", FIELD),
        ("Service is currently unavailable due to high demand. Please try again later. (E003)", BUSY),
        ("Your call frequency is too high. Please try again later.", BUSY),
        ("Internal Error, Please try again later.", THEIRS),
        ("Internal server error in moderation service", THEIRS),
        ("Image fetch failed. Check access settings or use our File Upload API instead.", PICTURE),
        ("Your prompt was flagged by Website as violating content policies.", REFUSED),
        ("SENSITIVE_WORD_ERROR", REFUSED),
        ("PUBLIC_ERROR_UNSAFE_GENERATION", REFUSED),
        ("PROHIBITED_CONTENT", REFUSED),
        ("Gemini could not generate an image with the given prompt. Please try again", DECLINED),
        ("You do not have access permissions", THEIRS),
        ("Unauthorized – Authentication failed", THEIRS),
        ("recordInfo is null", THEIRS),
        ("url is wrong", THEIRS),
        ("Missing required parameter: uploadPath", THEIRS),
        ("", THEIRS),
    ],
)
def test_the_vendors_messages_are_told_by_their_words(text: str, error: type[errors.NanoBananaError]) -> None:
    """Whatever code they come under."""
    assert told(text) is error


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (
            "You exceeded your current quota, please check your plan and billing details. (insufficient_quota)",
            NO_MONEY,
        ),
        ("no message (insufficient_user_quota)", NO_MONEY),
        ("Billing hard limit has been reached (invalid_request_error, billing_hard_limit_reached)", NO_MONEY),
        (
            "Your request was rejected as a result of our safety system. (image_generation_user_error)",
            REFUSED,
        ),
        ("no (image_generation_user_error, moderation_blocked)", REFUSED),
        ("no (invalid_request_error, content_policy_violation)", REFUSED),
        ("Invalid image file or mode for image 1, please check your image file.", PICTURE),
        ("no (invalid_request_error, invalid_image)", PICTURE),
        ("no (invalid_request_error, invalid_image_format)", PICTURE),
        ("no (invalid_base64_image)", PICTURE),
        ("The image data you provided could not be decoded", PICTURE),
        ("could not decode the second image", PICTURE),
        ("You uploaded an unsupported image. Please make sure your image is valid.", PICTURE),
        ("Failed to download image from https://a/b.png", PICTURE),
        ("The model `x` does not exist (invalid_request_error, model_not_found)", THEIRS),
        ("Rate limit reached for requests (requests, rate_limit_exceeded)", THEIRS),
        ("The server had an error while processing your request. (server_error)", THEIRS),
        ("Incorrect API key provided: ***. (invalid_request_error, invalid_api_key)", THEIRS),
        ("no (invalid_image_size)", THEIRS),
        ("Unsupported image size", THEIRS),
        ("The JSON body could not be decoded", THEIRS),
    ],
)
def test_openais_messages_are_told_by_their_words(text: str, error: type[errors.NanoBananaError]) -> None:
    """Those for people, or those for programs behind them; what is wrong with a size is not wrong with a picture."""
    assert told(text) is error


@pytest.mark.parametrize(
    ("status", "text", "step", "error"),
    [
        (429, "You exceeded your current quota (insufficient_quota)", StopRun, errors.OutOfCreditsError),
        (403, "quota (insufficient_user_quota)", StopRun, errors.OutOfCreditsError),
        (429, "Rate limit reached (requests, rate_limit_exceeded)", RepeatForAll, errors.BusyError),
        (400, "no (image_generation_user_error, moderation_blocked)", FailItem, errors.PolicyError),
        (400, "Invalid image file (invalid_request_error)", FailItem, errors.BadImageError),
        (400, "Unknown parameter: 'x' (invalid_request_error)", FailItem, errors.InvalidRequestError),
    ],
)
def test_a_create_that_openais_words_refuse_goes_where_it_should(
    status: int, text: str, step: type, error: type[errors.NanoBananaError]
) -> None:
    """A 429 for want of money stops the run: to wait would not help."""
    found = after(status, text)

    assert type(found) is step
    assert isinstance(found, StopRun | FailItem | RepeatForAll)
    assert type(found.error) is error


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("moderation_blocked", errors.PolicyError),
        ("content_policy_violation", errors.PolicyError),
        ("invalid_image", errors.BadImageError),
        ("server_error", errors.TaskFailedError),
    ],
)
def test_a_task_that_failed_is_told_by_openais_codes(code: str, error: type[errors.NanoBananaError]) -> None:
    """Where the record has no message."""
    assert type(task_failure("t1", code=code, message=None)) is error


@pytest.mark.parametrize(
    "text",
    [
        "Your request was blocked by our moderation system",
        "This prompt has been blocked",
        "Rejected by the safety filter",
        "not allowed by our usage policies",
    ],
)
def test_what_is_forbidden_for_its_content_is_refused_alone(text: str) -> None:
    """A 403 stops everything, but not where it is about one prompt."""
    step = after(403, text)

    assert isinstance(step, FailItem)
    assert type(step.error) is errors.PolicyError


@pytest.mark.parametrize(
    "text",
    [
        "Forbidden",
        "Your account is blocked",
        "This API key was blocked by policy",
        "Access denied by an organization policy",
        "Requests from your country are blocked",
        "blocked",
    ],
)
def test_what_is_forbidden_to_who_asks_stops_the_run(text: str) -> None:
    """Every other would be refused as well."""
    step = after(403, text)

    assert isinstance(step, StopRun)
    assert type(step.error) is errors.KeyRefusedError

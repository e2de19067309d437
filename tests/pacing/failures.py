"""Failures of creates, and what comes next after them."""

from __future__ import annotations

from nanobanana_async import errors
from nanobanana_async.pacing import Attempts, NextStep, OnServerError, after_create_failure
from nanobanana_async.values import Problem

URL = "https://api.kie.ai"


def after(
    failure: Problem | errors.NetworkError,
    *,
    attempts: Attempts = Attempts(),  # noqa: B008  frozen: one value serves all
    has_answered: bool = True,
    on_server_error: OnServerError = "repeat",
    took: float = 0.0,
    has_images: bool = True,
) -> NextStep:
    return after_create_failure(
        failure,
        url=URL,
        attempts=attempts,
        has_answered=has_answered,
        on_server_error=on_server_error,
        took=took,
        has_images=has_images,
    )


def own(code: int, text: str = "something", *, status: int = 200, retry_after: float | None = None) -> Problem:
    return Problem(status, code, text, enveloped=True, retry_after=retry_after)


def foreign(status: int, text: str = "Bad Gateway", *, location: str | None = None) -> Problem:
    return Problem(status, None, text, enveloped=False, location=location)

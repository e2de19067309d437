"""DESIGN §4's table, row by row: from the failure of a create to what comes next."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanobanana_async import errors
from nanobanana_async.pacing import (
    Attempts,
    FailItem,
    HoldUnknown,
    NextStep,
    Repeat,
    RepeatForAll,
    StopRun,
)
from nanobanana_async.values import Problem
from tests.pacing.failures import URL, after, foreign, own

# --- what never arrived -------------------------------------------------------------------------------------------


def test_what_never_left_is_repeated_behind_the_gate() -> None:
    """Positive proof that nothing was sent: nothing can be paid twice."""
    step = after(errors.NetworkError("refused", sent="no"))

    assert isinstance(step, RepeatForAll)
    assert step.counts_as == "not_sent"


def test_what_never_leaves_fails_after_ten_attempts() -> None:
    """On a gateway that has answered before, the item fails, uncharged."""
    step = after(errors.NetworkError("refused", sent="no"), attempts=Attempts(not_sent=9))

    assert isinstance(step, FailItem)
    assert step.error.charged == "no"


def test_what_never_reaches_a_gateway_that_never_answered_stops_the_run() -> None:
    """A host that refuses every connection from the start is said once, not for each item."""
    step = after(errors.NetworkError("refused", sent="no"), attempts=Attempts(not_sent=3), has_answered=False)

    assert isinstance(step, StopRun)
    assert step.item == "skipped"


def test_a_wrong_certificate_or_name_stops_the_run_at_once() -> None:
    """It never will arrive; the URL is named."""
    step = after(errors.NetworkError("certificate verify failed", sent="no", permanent=True))

    assert isinstance(step, StopRun)
    assert isinstance(step.error, errors.ConfigurationError)
    assert URL in step.error.message


# --- what the gateway says ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("problem", [own(429), own(429, status=429), foreign(429), own(200, status=429)])
def test_429_in_either_form_closes_the_gate_for_all(problem: Problem) -> None:
    """The request was refused and not queued; it may be repeated for ever."""
    step = after(problem, attempts=Attempts(99, 99, 99))

    assert isinstance(step, RepeatForAll)
    assert isinstance(step.error, errors.BusyError)
    assert step.counts_as is None


def test_retry_after_is_handed_on() -> None:
    """In seconds, to the gate."""
    step = after(own(429, retry_after=12.0))

    assert isinstance(step, RepeatForAll)
    assert step.retry_after == 12.0


@pytest.mark.parametrize(
    ("problem", "error"),
    [
        (own(455, "maintenance"), errors.MaintenanceError),
        (own(422, "Service is currently unavailable due to high demand. (E003)"), errors.BusyError),
    ],
)
def test_maintenance_and_high_demand_are_repeated_a_few_times(
    problem: Problem, error: type[errors.NanoBananaError]
) -> None:
    """Refused, so it may be repeated; five attempts, and the item fails uncharged."""
    first = after(problem)
    last = after(problem, attempts=Attempts(unavailable=4))

    assert isinstance(first, Repeat | RepeatForAll)
    assert first.counts_as == "unavailable"
    assert isinstance(last, FailItem)
    assert isinstance(last.error, error)
    assert last.error.charged == "no"
    assert last.error.retryable


@pytest.mark.parametrize("code", [400, 422, 500])
@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("aspect_ratio is required", errors.InvalidRequestError),
        ("resolution is not within the range of allowed options", errors.InvalidRequestError),
        ("Internal error, please check the parameters", errors.InvalidRequestError),
        ("The model name you specified is not supported. Please verify", errors.InvalidRequestError),
        ("Your prompt was flagged as violating content policies", errors.PolicyError),
        ("PROHIBITED_CONTENT", errors.PolicyError),
        ("Image fetch failed. Check access settings or use our File Upload API instead.", errors.BadImageError),
        ("Gemini could not generate an image with the given prompt. Please try again", errors.DeclinedError),
    ],
)
def test_the_text_is_read_before_the_code(code: int, text: str, error: type[errors.NanoBananaError]) -> None:
    """Parameter and policy texts come under any code, and fail the item for good."""
    step = after(own(code, text))

    assert isinstance(step, FailItem)
    assert type(step.error) is error
    assert not step.error.retryable


@pytest.mark.parametrize(
    ("problem", "step"),
    [
        (own(429, "violating our fair use policy"), RepeatForAll),
        (own(401, "Your key was flagged"), StopRun),
        (own(500, "Internal Error", status=429), RepeatForAll),
        (own(500, "Internal Error", status=401), StopRun),
    ],
)
def test_what_is_clear_goes_before_words_and_codes_that_are_not(problem: Problem, step: type[NextStep]) -> None:
    """The limit and the key are nobody's prompt, and a code of 500 says nothing."""
    assert isinstance(after(problem), step)


@pytest.mark.parametrize("code", [500, 422, 429, 402])
def test_a_no_that_names_a_task_is_unknown(code: int) -> None:
    """The task may be there, and paid for: its id is in the error, and nothing is sent again."""
    step = after(Problem(200, code, "something", enveloped=True, task_id="task7"))

    assert isinstance(step, HoldUnknown)
    assert step.error.task_id == "task7"


def test_an_error_of_the_gateways_own_may_ask_for_time() -> None:
    """A Retry-After of a 500 is handed on to the one item that it was said to."""
    step = after(own(500, "Internal Error", retry_after=60.0))

    assert isinstance(step, Repeat)
    assert step.retry_after == 60.0


def test_413_fails_the_item_in_any_form() -> None:
    """A body that is too large is refused, by the gateway or by a proxy."""
    assert isinstance(after(own(413)), FailItem)
    assert isinstance(after(foreign(413, "Request Entity Too Large")), FailItem)


@pytest.mark.parametrize(
    ("problem", "error", "reason"),
    [
        (own(401, "You do not have access permissions"), errors.KeyRefusedError, "key"),
        (own(401, "Authentication is required"), errors.KeyRefusedError, "key"),
        (foreign(401, "Unauthorized"), errors.KeyRefusedError, "key"),
        (own(403, "this key may not use images", status=403), errors.KeyRefusedError, "key"),
        (own(402, "Credits insufficient : top up"), errors.OutOfCreditsError, "credits"),
        (own(500, "Credits insufficient : top up"), errors.OutOfCreditsError, "credits"),
        (foreign(402, "Payment Required"), errors.OutOfCreditsError, "credits"),
        (own(433, "exceeds the limit of this key"), errors.KeyCappedError, "key"),
        (own(505, "disabled"), errors.ServiceError, "service"),
        (own(404, "Not Found"), errors.ConfigurationError, "service"),
        (foreign(404, "Not Found"), errors.ConfigurationError, "service"),
        (foreign(405, "Method Not Allowed"), errors.ConfigurationError, "service"),
    ],
)
def test_what_holds_for_all_stops_the_run(problem: Problem, error: type[errors.NanoBananaError], reason: str) -> None:
    """Refused for good and for everybody: this item is skipped with the rest, uncharged."""
    for has_answered in (True, False):
        step = after(problem, has_answered=has_answered)

        assert isinstance(step, StopRun)
        assert type(step.error) is error
        assert step.reason == reason
        assert step.item == "skipped"


@pytest.mark.parametrize("code", [500, 501, 503, 550, 999])
def test_the_gateways_own_errors_are_repeated_twice(code: int) -> None:
    """Documented as "the request failed": the first attempt and two more."""
    first, second, third = (after(own(code, "Server exception"), attempts=Attempts(server_errors=n)) for n in range(3))

    assert isinstance(first, Repeat)
    assert isinstance(second, Repeat)
    assert isinstance(third, FailItem)
    assert third.error.charged == "no"


def test_the_gateways_own_errors_are_held_where_the_user_says_so() -> None:
    """`on_server_error="hold"` trusts no error to be free."""
    step = after(own(500, "Server exception"), on_server_error="hold")

    assert isinstance(step, HoldUnknown)


@pytest.mark.parametrize("status", [200, 500, 502])
def test_a_yes_without_a_task_is_unknown(status: int) -> None:
    """Code 200 with no id: something may have been accepted."""
    assert isinstance(after(own(200, "success", status=status)), HoldUnknown)


# --- what others say ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("problem", [foreign(200, "<html>"), foreign(502), foreign(403), foreign(400), foreign(422)])
def test_a_foreign_answer_before_any_of_the_gateways_stops_the_run(problem: Problem) -> None:
    """Probably a mistyped base URL: it is named, and the one item that was sent is unknown."""
    step = after(problem, has_answered=False)

    assert isinstance(step, StopRun)
    assert isinstance(step.error, errors.ConfigurationError)
    assert URL in step.error.message
    assert step.item == "unknown"
    assert step.error.charged == "unknown"


@pytest.mark.parametrize("problem", [foreign(200, "<html>"), foreign(502), foreign(503), foreign(522), foreign(403)])
def test_a_foreign_answer_later_is_unknown(problem: Problem) -> None:
    """A proxy's page says nothing of what the gateway behind it did."""
    assert isinstance(after(problem), HoldUnknown)


def test_a_redirect_is_not_followed() -> None:
    """At first it stops the run, since the URL is wrong; later it fails the item. Never is it unknown."""
    redirect = foreign(307, "", location="https://elsewhere.example/")

    first, later = after(redirect, has_answered=False), after(redirect)

    assert isinstance(first, StopRun)
    assert first.item == "failed"
    assert isinstance(later, FailItem)


def test_silence_is_unknown_even_at_first() -> None:
    """A lost answer is not a refusal."""
    for has_answered in (True, False):
        step = after(errors.NetworkError("no answer in time"), has_answered=has_answered)

        assert isinstance(step, HoldUnknown)
        assert step.error.charged == "unknown"


# --- what must hold for all ---------------------------------------------------------------------------------------

PROBLEMS = st.builds(
    Problem,
    status=st.sampled_from([200, 201, 204, 301, 307, 400, 401, 403, 404, 413, 422, 429, 500, 502, 503, 504, 522]),
    code=st.none() | st.integers(100, 600),
    text=st.text(max_size=30) | st.sampled_from(["is required", "flagged", "high demand", "<html>502</html>"]),
    enveloped=st.just(False),
)


@given(problem=PROBLEMS, has_answered=st.booleans())
def test_nothing_foreign_is_ever_sent_again_but_a_429(problem: Problem, *, has_answered: bool) -> None:
    """Whatever stands between us and the gateway says, only a 429 proves that nothing was queued."""
    step = after(problem, has_answered=has_answered)

    if isinstance(step, Repeat | RepeatForAll):
        assert problem.status in (429, 455)


def test_every_item_comes_to_an_end() -> None:
    """Whatever the gateway answers, other than 429, there is an attempt after which nothing is repeated."""
    spent = Attempts(not_sent=99, unavailable=99, server_errors=99)

    for code, text in itertools.product(range(100, 600), ("", "high demand", "internal error")):
        if code != 429:
            assert not isinstance(after(own(code, text), attempts=spent), Repeat | RepeatForAll)

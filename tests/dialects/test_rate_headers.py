"""How long nobody is let in any more, by the headers of an answer."""

from __future__ import annotations

import pytest

from nanobanana_async.dialects._rate_headers import until_reset

DATE = "Sun, 07 Dec 2025 10:00:00 GMT"
NOW = 1_765_101_600


def told(reset: str | None, *, left: str = "0", **others: str) -> dict[str, str]:
    headers = {"x-ratelimit-remaining": left, **{name.replace("_", "-"): value for name, value in others.items()}}
    return headers if reset is None else {**headers, "x-ratelimit-reset": reset}


@pytest.mark.parametrize(("reset", "seconds"), [("12", 12.0), ("1s", 1.0), ("6m0s", 360.0), (" 250ms ", 0.25)])
def test_the_short_names_are_read_as_the_long_ones(reset: str, seconds: float) -> None:
    """Not every gateway tells requests from tokens."""
    assert until_reset(told(reset)) == seconds
    assert until_reset(told(reset, left="1")) is None


def test_what_is_said_of_requests_goes_first() -> None:
    """The other may be about tokens."""
    left = {"x-ratelimit-remaining-requests": "3", "x-ratelimit-reset-requests": "5s"}

    assert until_reset({**told("60"), **left}) is None
    assert until_reset({**told("60", left="9"), **left, "x-ratelimit-remaining-requests": "0"}) == 5.0


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        (str(NOW + 90), 90.0),
        (f"{NOW + 90}.5", 90.5),
        (f"{NOW + 90}000", 90.0),
        (f"{NOW + 90}250", 90.25),
        (f"{NOW + 90}000.0", 90.0),
        (str(NOW), 0.0),
        (str(NOW - 1), None),
        (f"{NOW - 1}000", None),
        (str(NOW + 86_400), 86_400.0),
        (str(NOW + 86_401), None),
        ("9" * 13, None),
        (str(NOW + 90) + "00", None),
    ],
)
def test_a_reset_may_be_a_date_in_seconds_or_milliseconds(reset: str, seconds: float | None) -> None:
    """It counts from the answer's own date; what has passed, or is further than a day, says nothing."""
    assert until_reset(told(reset, date=DATE)) == seconds


@pytest.mark.parametrize("date", [None, "yesterday"])
def test_a_date_says_nothing_where_the_answer_has_none_of_its_own(date: str | None) -> None:
    """Our clock is not the gateway's."""
    assert until_reset(told(str(NOW + 90), **({"date": date} if date else {}))) is None


@pytest.mark.parametrize("reset", ["86401", "25h", "999999999"])
def test_no_reset_is_further_than_a_day(reset: str) -> None:
    """It is more likely that its unit is another."""
    assert until_reset(told(reset)) is None
    assert until_reset(told("86400")) == 86_400.0


@pytest.mark.parametrize("reset", [None, "soon", str(NOW - 5)])
def test_where_there_is_no_reset_to_be_read_retry_after_counts(reset: str | None) -> None:
    """Also in an answer that is no refusal: nothing is left, and it says for how long."""
    assert until_reset(told(reset, retry_after="7", date=DATE)) == 7.0
    assert until_reset(told(reset, retry_after="90000", date=DATE)) is None
    assert until_reset(told(reset, left="2", retry_after="7", date=DATE)) is None


def test_a_reset_that_can_be_read_goes_before_retry_after() -> None:
    """It says more exactly when the limit is reset."""
    assert until_reset(told("3", retry_after="7")) == 3.0


def test_a_retry_after_alone_asks_for_no_pause() -> None:
    """Where something is left, or nobody says how much, nothing is against the next request."""
    assert until_reset({"retry-after": "7"}) is None

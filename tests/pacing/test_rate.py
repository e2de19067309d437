"""The rate window: what it lets through, and what a vendor who counts in any way would have seen."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.pacing import Rate, RateWindow


def test_a_place_is_free_again_only_after_the_answer_has_aged() -> None:
    """A create holds its place while it is under way and for `per` seconds after its answer."""
    window = RateWindow(Rate(1, per=10))

    window.sent()
    under_way = window.room(0.0), window.opens_at(0.0)
    window.counted(3.0)

    assert under_way == (0, None)
    assert window.room(12.9) == 0
    assert window.opens_at(3.0) == 13.0
    assert window.room(13.0) == 1
    assert window.opens_at(13.0) == 13.0


def test_what_was_not_counted_gives_its_place_back_at_once() -> None:
    """A refused create was not queued, so it takes nothing from the window."""
    window = RateWindow(Rate(1, per=10))

    window.sent()
    window.not_counted()

    assert window.room(0.0) == 1


@pytest.mark.parametrize("limit", [0, -1, 2.5, 20.0, "20/10", True, None, float("nan")])
def test_a_rate_lets_a_whole_number_through(limit: Any) -> None:
    """At least one: half a request in a window is one too many."""
    with pytest.raises(ConfigurationError, match=r"limit=.* takes a whole number from 1"):
        Rate(limit, per=10)


@pytest.mark.parametrize("per", [0, -1, float("nan"), float("inf"), "10", True, None])
def test_a_rates_window_is_a_time(per: Any) -> None:
    """Above zero; one that never ends would let nothing through after its first."""
    with pytest.raises(ConfigurationError, match=r"per=.* takes a finite number above 0"):
        Rate(20, per=per)


def test_a_rate_reads_as_it_is_written() -> None:
    """`str` gives what the command line takes."""
    assert str(Rate(20, per=10)) == "20/10"


@given(
    jitters=st.lists(st.tuples(st.floats(0, 0.5), st.floats(0, 0.5)), min_size=30, max_size=120),
    limit=st.integers(1, 7),
)
def test_no_window_of_the_vendors_ever_holds_too_many(jitters: list[tuple[float, float]], limit: int) -> None:
    """Whatever the delays on the wire, no sliding window at the server sees more than the limit."""
    per = 2.0
    window = RateWindow(Rate(limit, per=per))
    arrivals: list[float] = []
    answers: list[float] = []  # of creates under way, soonest last
    now = 0.0
    for there, back in jitters:
        while not window.room(now):
            opens_at = window.opens_at(now)
            now = min(opens_at, answers[-1]) if opens_at is not None and answers else opens_at or answers[-1]
            while answers and answers[-1] <= now:
                window.counted(answers.pop())
        window.sent()
        arrivals.append(now + there)
        answers.append(now + there + back)
        answers.sort(reverse=True)

    arrivals.sort()
    assert all(later - sooner >= per - 1e-9 for sooner, later in zip(arrivals, arrivals[limit:], strict=False))


@given(st.integers(1, 20), st.lists(st.floats(0, 9.9), max_size=40), st.integers(0, 60))
def test_the_wait_that_is_foretold_is_the_wait_that_comes(limit: int, answers: list[float], ahead: int) -> None:
    """If everything is answered at once, the create with so many before it leaves after exactly that long."""
    window = RateWindow(Rate(limit, per=10))
    for answered in sorted(answers)[:limit]:
        window.sent()
        window.counted(answered)
    now = 10.0

    foretold = window.wait_for(now, ahead=ahead)
    left = -1
    while left < ahead:
        if window.room(now):
            window.sent()
            window.counted(now)
            left += 1
        else:
            opens_at = window.opens_at(now)
            assert opens_at is not None
            now = opens_at

    assert now - 10.0 == pytest.approx(foretold)


def test_a_create_under_way_is_expected_to_be_answered_at_once() -> None:
    """It frees its place a window from now, as far as anybody knows."""
    window = RateWindow(Rate(1, per=10))
    window.sent()

    assert window.wait_for(100.0, ahead=0) == 10.0
    assert window.wait_for(100.0, ahead=2) == 30.0


def test_what_an_earlier_run_has_sent_counts() -> None:
    """Two were answered in the last ten seconds, before this run began: there is room for one of three."""
    window = RateWindow(Rate(3, per=10.0))
    window.restore([95.0, 92.0])

    assert window.room(100.0) == 1
    assert window.room(102.0) == 2
    assert window.room(105.0) == 3

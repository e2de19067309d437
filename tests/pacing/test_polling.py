"""When a task is looked at, and how many looks an account makes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanobanana_async.pacing import PollBudget, Polling
from nanobanana_async.pacing._polling import LOOK_COSTS
from nanobanana_async.values import Expected

EXPECTED = Expected(first=10.0, usual=20.0)
MIDDLE = 0.5  # the jitter that changes nothing


def test_the_first_look_comes_when_a_result_can_be_there() -> None:
    """The documented time decides, unless the user names another."""
    assert Polling().first_look(EXPECTED, MIDDLE) == pytest.approx(10.0)
    assert Polling(first=3.0).first_look(EXPECTED, MIDDLE) == pytest.approx(3.0)
    assert Polling().first_look(EXPECTED.at_speed(20), MIDDLE) == pytest.approx(0.5)


def test_a_task_that_takes_minutes_is_not_looked_at_before_it_can_be_done() -> None:
    """The bound on intervals is none on the first look."""
    assert Polling().first_look(Expected(first=130.0, usual=200.0), MIDDLE) == 130.0


def test_the_interval_grows_with_the_root_of_what_is_left() -> None:
    """Where a task takes four times as long, twice the interval costs least."""
    short, long = Expected(first=10.0, usual=30.0), Expected(first=40.0, usual=120.0)
    polling = Polling()

    assert polling.next_look(10.0, short, MIDDLE) == pytest.approx(2.0, abs=0.1)
    assert polling.next_look(40.0, long, MIDDLE) == pytest.approx(2 * polling.next_look(10.0, short, MIDDLE))


@given(st.floats(min_value=0.5, max_value=300.0), st.floats(min_value=0.2, max_value=5.0))
def test_no_other_interval_costs_less(left: float, factor: float) -> None:
    """Looks a task and the delay until its end is known, added up at their price, for tasks without a memory."""
    polling = Polling(shortest=0.0)
    best = polling.next_look(0.0, Expected(first=0.0, usual=left), MIDDLE)

    assert cost(best, left) <= cost(best * factor, left) * 1.03


def cost(interval: float, left: float) -> float:
    """In seconds of delay, of looks this far apart at tasks of which 1 / `left` are done each second."""
    looks = 1 / -math.expm1(-interval / left)
    return LOOK_COSTS * looks + looks * interval - left


def test_where_all_take_the_same_time_looks_come_as_often_as_they_may() -> None:
    """Nothing is left once the first look is due."""
    assert Polling().next_look(20.0, Expected(first=20.0, usual=20.0), MIDDLE) == pytest.approx(0.4)


@pytest.mark.parametrize("interval", [None, 2.0])
def test_a_task_that_is_very_late_is_looked_at_ever_more_seldom(interval: float | None) -> None:
    """After three times the usual time the interval grows with the root of the age; an hour costs few hundred looks."""
    polling = Polling(interval=interval)

    assert polling.next_look(59.0, EXPECTED, MIDDLE) <= 2.0
    assert polling.next_look(100.0, EXPECTED, MIDDLE) == pytest.approx(4.7, abs=0.1)
    assert polling.next_look(900.0, EXPECTED, MIDDLE) == pytest.approx(14.1, abs=0.1)
    assert polling.next_look(1e5, EXPECTED, MIDDLE) == pytest.approx(20.0)


def test_an_interval_of_the_users_is_kept() -> None:
    """And it is divided by the speed, as the documented times are."""
    assert Polling(interval=3.0).next_look(1.0, EXPECTED, MIDDLE) == pytest.approx(3.0)
    assert Polling(interval=3.0, speed=2.0).next_look(1.0, EXPECTED, MIDDLE) == pytest.approx(1.5)


@pytest.mark.parametrize("random", [0.0, 0.25, 0.999])
def test_every_wait_is_within_its_bounds(random: float) -> None:
    """Between 0.4 and 20 s, off by at most 5 %."""
    polling = Polling(first=0.0, interval=0.001)

    for wait in (polling.first_look(EXPECTED, random), polling.next_look(1.0, EXPECTED, random)):
        assert 0.38 <= wait <= 0.42
    assert polling.after_failure(50, random) <= 21.0


def test_looks_without_an_answer_come_ever_later() -> None:
    """Each failure in a row doubles the wait."""
    waits = [Polling().after_failure(failures, MIDDLE) for failures in (1, 2, 3, 4, 5)]

    assert waits == pytest.approx([2.0, 4.0, 8.0, 16.0, 20.0])


def test_a_missing_record_is_asked_for_every_two_seconds_at_first() -> None:
    """PROTOCOL §1.2: it comes right after a successful create; then slowly, to the deadline."""
    polling = Polling()

    assert polling.while_missing(89.0, MIDDLE) == pytest.approx(2.0)
    assert polling.while_missing(91.0, MIDDLE) == pytest.approx(20.0)


def test_looks_are_spaced_over_the_second() -> None:
    """The budget lets a small burst through and then keeps the pace."""
    budget = PollBudget(10.0)
    left = []
    now = 100.0
    for _ in range(12):
        now = budget.opens_at(now)
        budget.spend(now)
        left.append(now)

    assert left[-1] - left[0] == pytest.approx(1.0, abs=0.11)


def test_a_refused_look_halves_the_pace_and_answers_win_it_back() -> None:
    """A 429 to a look is for all looks; Retry-After is kept to."""
    budget = PollBudget(20.0)

    budget.refused(0.0, retry_after=5.0)
    opens_at = budget.opens_at(0.0)
    budget.spend(5.0)
    slow = budget.opens_at(5.0) - 5.0
    for _ in range(200):
        budget.answered()
    budget.spend(100.0)
    budget.spend(100.0)
    budget.spend(100.0)

    assert opens_at == 5.0
    assert slow == pytest.approx(0.1)
    assert budget.opens_at(100.0) - 100.0 == pytest.approx(0.05, abs=0.001)


def test_no_look_waits_longer_than_a_minute_for_its_pace() -> None:
    """Tasks have deadlines: a Retry-After of an hour is not sat out."""
    budget = PollBudget(20.0)

    budget.refused(10.0, retry_after=3600.0)

    assert budget.opens_at(10.0) == 70.0


def test_without_retry_after_a_refused_look_waits_a_second() -> None:
    """No 429 is answered by asking at once."""
    budget = PollBudget(20.0)

    budget.refused(10.0, retry_after=None)

    assert budget.opens_at(10.0) == 11.0

"""When a task is looked at, and how many looks an account makes."""

from __future__ import annotations

import pytest

from nanobanana_async.pacing import PollBudget, Polling
from nanobanana_async.values import Expected

EXPECTED = Expected(first=10.0, usual=20.0)
MIDDLE = 0.5  # the jitter that changes nothing


def test_the_first_look_comes_when_a_result_can_be_there() -> None:
    """The documented time decides, unless the user names another."""
    assert Polling().first_look(EXPECTED, MIDDLE) == pytest.approx(10.0)
    assert Polling(first=3.0).first_look(EXPECTED, MIDDLE) == pytest.approx(3.0)
    assert Polling(speed=20).first_look(EXPECTED, MIDDLE) == pytest.approx(0.5)


def test_looks_keep_their_interval_until_a_task_is_very_late() -> None:
    """After three times the usual time the interval grows with the age, up to 20 s."""
    polling = Polling(interval=2.0)

    assert polling.next_look(59.0, EXPECTED, MIDDLE) == pytest.approx(2.0)
    assert polling.next_look(100.0, EXPECTED, MIDDLE) == pytest.approx(10.0)
    assert polling.next_look(1000.0, EXPECTED, MIDDLE) == pytest.approx(20.0)


@pytest.mark.parametrize("random", [0.0, 0.25, 0.999])
def test_every_wait_is_within_its_bounds(random: float) -> None:
    """Between 0.4 and 20 s, off by at most 5 %."""
    polling = Polling(first=0.0, interval=0.001)

    for wait in (polling.first_look(EXPECTED, random), polling.next_look(1.0, EXPECTED, random)):
        assert 0.38 <= wait <= 0.42
    assert polling.after_failure(50, random) <= 21.0


def test_looks_without_an_answer_come_ever_later() -> None:
    """Each failure in a row doubles the wait."""
    waits = [Polling(interval=2.0).after_failure(failures, MIDDLE) for failures in (1, 2, 3, 4, 5)]

    assert waits == pytest.approx([2.0, 4.0, 8.0, 16.0, 20.0])


def test_a_missing_record_is_asked_for_at_the_interval_for_90_seconds() -> None:
    """PROTOCOL §1.2: it comes right after a successful create; then slowly, to the deadline."""
    polling = Polling(interval=2.0)

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

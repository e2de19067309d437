"""Repeats are earned by what passes."""

from __future__ import annotations

from nanobanana_async.pacing import RetryQuota


def test_a_service_that_lets_nothing_pass_is_asked_a_bounded_number_of_times() -> None:
    """As many repeats as there were, and then none."""
    quota = RetryQuota(most=5)

    assert [quota.take() for _ in range(7)] == [True] * 5 + [False] * 2


def test_a_busy_service_that_refuses_every_third_is_served() -> None:
    """What passes earns what is repeated."""
    quota = RetryQuota(most=5)

    for _ in range(1000):
        quota.earn()
        quota.earn()
        assert quota.take()


def test_what_is_earned_is_not_piled_up() -> None:
    """An hour of fine weather is no licence for a storm."""
    quota = RetryQuota(most=5)

    for _ in range(100):
        quota.earn()

    assert quota.left == 5

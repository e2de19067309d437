"""When a result can be there, learned from those that are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanobanana_async.pacing import Durations, Polling
from nanobanana_async.values import Expected

DOCUMENTED = Expected(first=30.0, usual=45.0)


def seen(*seconds: float) -> Durations:
    durations = Durations()
    for each in seconds:
        durations.add(each)
    return durations


@pytest.mark.parametrize("seconds", [(), (9.0,), (9.0, 8.0, 9.0, 8.0)])
def test_a_few_tasks_teach_nothing(seconds: tuple[float, ...]) -> None:
    """Four may be chance; the documents go first."""
    assert seen(*seconds).first_look() is None


def test_the_first_look_is_when_one_in_twenty_is_done() -> None:
    """Of a hundred tasks of 1 to 100 s, the sixth."""
    assert seen(*(float(n) for n in range(100, 0, -1))).first_look() == 6.0


def test_the_newest_are_believed() -> None:
    """A gateway that has become slower is waited for."""
    assert seen(*[10.0] * 200, *[50.0] * 200).first_look() == 50.0


@pytest.mark.parametrize("nonsense", [0.0, -5.0, float("nan")])
def test_what_is_no_duration_is_left_out(nonsense: float) -> None:
    """A record without its times, or a clock that ran back."""
    assert seen(*[nonsense] * 20).first_look() is None


@given(st.lists(st.floats(min_value=0.1, max_value=2000), min_size=5, max_size=300))
def test_hardly_any_task_waits_for_the_first_look(seconds: list[float]) -> None:
    """At most one in twenty of those remembered is done before."""
    first = seen(*seconds).first_look()
    remembered = seconds[-200:]

    assert first is not None
    assert sum(each < first for each in remembered) <= len(remembered) / 20


def test_what_was_seen_goes_before_what_is_documented() -> None:
    """And what the user says goes before both."""
    polling, fixed = Polling(), Polling(first=3.0)

    assert polling.first_look(DOCUMENTED, 0.5) == 30.0
    assert polling.first_look(DOCUMENTED, 0.5, learned=12.0) == 12.0
    assert fixed.first_look(DOCUMENTED, 0.5, learned=12.0) == 3.0


def test_a_task_that_takes_minutes_is_not_looked_at_before_it_can_be_done() -> None:
    """The bound on intervals is none on the first look."""
    assert Polling().first_look(DOCUMENTED, 0.5, learned=130.0) == 130.0


def test_the_first_look_is_asked_often_and_learned_seldom() -> None:
    """Asked twice it is the same; one more task may change it."""
    durations = seen(*[20.0] * 10)
    first = (durations.first_look(), durations.first_look())
    durations.add(4.0)

    assert first == (20.0, 20.0)
    assert durations.first_look() == 4.0

"""When a result can be there, learned from those that are."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanobanana_async.pacing import Durations
from nanobanana_async.values import Expected


def seen(seconds: Sequence[float]) -> Durations:
    durations = Durations()
    for each in seconds:
        durations.add(each)
    return durations


def first_of(*seconds: float) -> float:
    expected = seen(seconds).expected()
    assert expected is not None
    return expected.first


@pytest.mark.parametrize("seconds", [(), (9.0,), (9.0, 8.0, 9.0, 8.0)])
def test_a_few_tasks_teach_nothing(seconds: tuple[float, ...]) -> None:
    """Four may be chance; the documents go first."""
    assert seen(seconds).expected() is None


def test_a_result_can_be_there_when_one_in_twenty_is_done() -> None:
    """Of a hundred tasks of 1 to 100 s, the sixth; and the usual time is their mean."""
    assert seen([float(n) for n in range(100, 0, -1)]).expected() == Expected(first=6.0, usual=50.5)


def test_the_newest_are_believed() -> None:
    """A gateway that has become slower is waited for."""
    assert seen([10.0] * 200 + [50.0] * 200).expected() == Expected(first=50.0, usual=50.0)


@pytest.mark.parametrize("nonsense", [0.0, -5.0, float("nan")])
def test_what_is_no_duration_is_left_out(nonsense: float) -> None:
    """A record without its times, or a clock that ran back."""
    assert seen([nonsense] * 20).expected() is None


@given(st.lists(st.floats(min_value=0.1, max_value=2000), min_size=5, max_size=300))
def test_hardly_any_task_waits_for_the_first_look(seconds: list[float]) -> None:
    """At most one in twenty of those remembered is done before."""
    first = first_of(*seconds)
    remembered = seconds[-200:]

    assert sum(each < first for each in remembered) <= len(remembered) / 20


def test_it_is_asked_often_and_learned_seldom() -> None:
    """Asked twice it is the same; one more task may change it."""
    durations = seen([20.0] * 10)
    asked = (durations.expected(), durations.expected())
    durations.add(4.0)

    assert asked[0] is asked[1]
    assert durations.expected() == Expected(first=4.0, usual=204 / 11)

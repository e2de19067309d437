"""Ways of counting, each against a definition that nobody would use, but anybody can read."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanobanana_async.emulator import (
    Bucket,
    EmulatorOptions,
    FixedWindow,
    ForetellingWindow,
    Limit,
    SlidingWindow,
    Window,
    World,
    account_name,
)
from tests.emulator.customer import Clock, Customer

START = 1_789_000_000.0
KINDS = [SlidingWindow, FixedWindow, Bucket]
# Eighths of a second, and powers of two for the limits: exact in a float, so that edges are edges on both sides.
PAUSES = st.lists(st.integers(0, 40).map(lambda eighths: eighths / 8), min_size=1, max_size=60)
LIMITS = st.builds(lambda count, per: Limit(count, per=per), st.integers(1, 6), st.sampled_from([0.5, 1.0, 2.0, 4.0]))
STARTS = st.integers(0, 64).map(lambda eighths: 1_789_000_000 + eighths / 8)

Story = Sequence[tuple[float, bool]]
"""What has come so far: when, and whether it was let in."""


def times_from(start: float, pauses: Sequence[float]) -> list[float]:
    times = [start]
    for pause in pauses:
        times.append(times[-1] + pause)
    return times


def told(window: Window, times: Sequence[float]) -> list[bool]:
    return [window.admit(time) for time in times]


def by_definition(times: Sequence[float], admits: Callable[[Story, float], bool]) -> list[bool]:
    story: list[tuple[float, bool]] = []
    for time in times:
        story.append((time, admits(story, time)))
    return [admitted for _, admitted in story]


@given(LIMITS, STARTS, PAUSES, st.booleans())
def test_a_sliding_window_looks_back(limit: Limit, start: float, pauses: list[float], count_refused: bool) -> None:
    """Within the last `per` seconds, fewer than `count` were let in; or came at all, where refusals count."""
    times = times_from(start, pauses)

    def admits(story: Story, now: float) -> bool:
        counted = [time for time, admitted in story if admitted or count_refused]
        return sum(time > now - limit.per for time in counted) < limit.count

    assert told(SlidingWindow(limit, count_refused=count_refused), times) == by_definition(times, admits)


@given(LIMITS, STARTS, PAUSES, st.booleans(), st.sampled_from([0.0, 0.25, 3.0]))
def test_a_fixed_window_begins_anew(
    limit: Limit, start: float, pauses: list[float], count_refused: bool, phase: float
) -> None:
    """In this stretch of the clock, fewer than `count` were let in; and where refusals count, the last is long ago."""
    times = times_from(start, pauses)

    def stretch(time: float) -> int:
        return math.floor((Fraction(time) - Fraction(phase)) / Fraction(limit.per))

    def admits(story: Story, now: float) -> bool:
        here = sum(admitted and stretch(time) == stretch(now) for time, admitted in story)
        refused = [time for time, admitted in story if not admitted]
        is_shut = count_refused and any(now < time + limit.per for time in refused)
        return here < limit.count and not is_shut

    window = FixedWindow(limit, phase=phase, count_refused=count_refused)
    assert told(window, times) == by_definition(times, admits)


@given(LIMITS, STARTS, PAUSES, st.booleans())
def test_a_bucket_fills_evenly(limit: Limit, start: float, pauses: list[float], count_refused: bool) -> None:
    """There is a whole token, counted in exact fractions from the full bucket on."""
    times = times_from(start, pauses)

    def admits(story: Story, now: float) -> bool:
        tokens, before = Fraction(limit.count), Fraction(times[0])
        for time, admitted in story:
            tokens = filled(tokens, Fraction(time) - before) - (1 if admitted else 0)
            tokens, before = Fraction(0) if count_refused and not admitted else tokens, Fraction(time)
        return filled(tokens, Fraction(now) - before) >= 1

    def filled(tokens: Fraction, seconds: Fraction) -> Fraction:
        return min(tokens + seconds * limit.count / Fraction(limit.per), Fraction(limit.count))

    assert told(Bucket(limit, count_refused=count_refused), times) == by_definition(times, admits)


@pytest.mark.parametrize("kind", KINDS)
@given(limit=LIMITS, start=STARTS, pauses=PAUSES)
def test_counting_refusals_never_lets_more_in(
    kind: Callable[..., Window], limit: Limit, start: float, pauses: list[float]
) -> None:
    """Up to the first refusal both are alike; in the end the harsher one has let in no more."""
    times = times_from(start, pauses)
    usual, harsh = told(kind(limit), times), told(kind(limit, count_refused=True), times)
    first = usual.index(False) + 1 if False in usual else len(usual)

    assert harsh[:first] == usual[:first]
    assert sum(harsh) <= sum(usual)


@pytest.mark.parametrize("kind", KINDS)
def test_who_keeps_knocking_is_never_let_in_where_refusals_count(kind: Callable[..., Window]) -> None:
    """After half a minute at ten a second, the usual kinds have let hundreds in, the harsher ones only the first."""
    times = [1_789_000_000 + number / 10 for number in range(300)]
    limit = Limit(20, per=10)

    assert sum(told(kind(limit, count_refused=True), times)) <= 24  # a bucket fills while it empties
    assert sum(told(kind(limit), times)) >= 60


@pytest.mark.parametrize(
    ("window", "admitted"),
    [(SlidingWindow, 20), (FixedWindow, 40), (Bucket, 20)],
)
def test_a_fixed_window_lets_twice_the_limit_through_at_its_edge(
    window: Callable[[Limit], Window], admitted: int
) -> None:
    """Twenty just before the edge and twenty just after it: what was let in is not the limit."""
    counting = window(Limit(20, per=10.0))
    edge = 1_789_000_000.0

    assert sum(told(counting, [edge - 0.01] * 20 + [edge] * 20)) == admitted


def test_a_fixed_window_that_counts_refusals_opens_after_so_long() -> None:
    """`per` seconds after the last refusal to the moment, and not before."""
    window = FixedWindow(Limit(1, per=10.0), count_refused=True)

    assert told(window, [100.0, 103.0, 112.0, 122.0]) == [True, False, False, True]


@pytest.mark.parametrize("count_refused", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_clock_that_goes_back_harms_no_window(kind: Callable[..., Window], count_refused: bool) -> None:
    """What is asked for at an earlier time is counted as well, or let in; nothing breaks."""
    counting = kind(Limit(2, per=10.0), count_refused=count_refused)

    assert told(counting, [100.0, 50.0, 100.0])[0]
    assert told(counting, [200.0, 300.0]) == [True, True]


@pytest.mark.parametrize("kind", KINDS)
def test_an_emulator_counts_as_it_is_told(clock: Clock, kind: Callable[..., Window]) -> None:
    """By any of them, and by any of them made harsher."""
    window = partial(kind, count_refused=True)
    customer = Customer(World(EmulatorOptions(window=window, limit=Limit(2, per=4.0)), clock=clock))
    codes = []
    for _ in range(12):
        codes.append(customer.create()["code"])
        clock.move(0.5)

    assert codes[:3] == [200, 200, 429] or kind is Bucket
    assert codes[-4:] == [429] * 4


def test_a_limit_can_be_lowered_while_it_runs(clock: Clock) -> None:
    """For all accounts from now on; what was let in before counts as well."""
    world = World(clock=clock)
    one, other = Customer(world, "one"), Customer(world, "other")
    before = [one.create()["code"] for _ in range(8)]
    world.limit_to(Limit(10, per=10.0))
    after = [one.create()["code"] for _ in range(3)]
    new = [other.create()["code"] for _ in range(11)]

    assert before == [200] * 8
    assert after == [200, 200, 429]
    assert new == [200] * 10 + [429]
    assert [account.limit for account in world.accounts] == [Limit(10, per=10.0)] * 2


def test_under_a_lowered_limit_room_comes_back_when_the_newest_leave(clock: Clock) -> None:
    """Twenty were let in, one a quarter of a second; of the five that still count the oldest is the sixteenth."""
    world = World(clock=clock)
    customer = Customer(world)
    for _ in range(20):
        customer.created()
        clock.move(0.25)
    world.limit_to(Limit(5, per=10.0))
    clock.move(10 - 5 + 15 * 0.25 - 0.01)
    before = customer.create()["code"]
    clock.move(0.02)

    assert (before, customer.create()["code"]) == (429, 200)


def test_a_limit_can_be_raised_while_it_runs(clock: Clock) -> None:
    """There is more room at once."""
    world = World(clock=clock)
    customer = Customer(world)
    for _ in range(21):
        customer.create()
    world.limit_to(Limit(200, per=10.0))

    assert [customer.create()["code"] for _ in range(181)] == [200] * 180 + [429]


def test_a_limit_can_be_for_one_account(clock: Clock) -> None:
    """The others stay as they are, and so do those to come."""
    world = World(clock=clock)
    one, other = Customer(world, "one"), Customer(world, "other")
    one.create()
    (account,) = world.accounts
    world.limit_to(Limit(9, per=10.0), window=Bucket, account=account.name)
    world.limit_to(Limit(2, per=10.0), account=account.name)

    assert [one.create()["code"] for _ in range(2)] == [200, 429]
    assert [other.create()["code"] for _ in range(20)] == [200] * 20
    clock.move(5)
    assert [one.create()["code"], other.create()["code"]] == [200, 429]


def test_a_limit_can_be_for_an_account_to_come(clock: Clock) -> None:
    """Its name is known from its key."""
    world = World(clock=clock)
    world.limit_to(Limit(1, per=10.0), account=account_name("one"))

    assert [Customer(world, "one").create()["code"] for _ in range(2)] == [200, 429]


def test_another_way_of_counting_stays(clock: Clock) -> None:
    """A later change of the limit keeps the window that was chosen before."""
    world = World(clock=clock)
    customer = Customer(world)
    world.limit_to(Limit(2, per=10.0), window=Bucket)
    world.limit_to(Limit(4, per=10.0))
    codes = [customer.create()["code"] for _ in range(5)]
    clock.move(2.5)

    assert codes == [200] * 4 + [429]
    assert [customer.create()["code"] for _ in range(2)] == [200, 429]


@pytest.mark.parametrize("window", KINDS)
@pytest.mark.parametrize("gap", [0.0, 0.4])
def test_a_window_knows_when_it_opens(window: Callable[[Limit], ForetellingWindow], gap: float) -> None:
    """Not a moment before, and then it does; an open one is open now."""
    counting = window(Limit(3, per=10))
    fresh = counting.opens_in(START)
    admitted = told(counting, times_from(START, [gap] * 3))
    now = START + 3 * gap
    wait = counting.opens_in(now)

    assert fresh == 0
    assert admitted == [True, True, True, False]
    assert 0 < wait <= 10
    assert not counting.admit(now + wait - 0.01)
    assert counting.opens_in(now + wait) == pytest.approx(0, abs=1e-6)
    assert counting.admit(now + wait + 1e-6)


def test_a_window_that_was_knocked_at_opens_later() -> None:
    """Where refusals count."""
    counting = FixedWindow(Limit(1, per=10), count_refused=True)
    counting.admit(START)
    counting.admit(START + 1)

    assert counting.opens_in(START + 1) == 10
    assert counting.opens_in(START + 12) == 0

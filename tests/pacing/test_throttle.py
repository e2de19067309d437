"""What may leave, and what a refusal teaches: single decisions, and then a whole account with a network in between."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from random import Random

import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from nanobanana_async.emulator import Bucket, FixedWindow, Limit, SlidingWindow, Window
from nanobanana_async.pacing import CreateEnd, Rate, Throttle

PER = 10.0


def open_throttle(limit: int = 20, in_flight: int = 300) -> Throttle:
    """One whose gateway has answered."""
    throttle = Throttle(Rate(limit, per=PER), in_flight)
    throttle.gate.passed()
    return throttle


def accept(throttle: Throttle, now: float, count: int, *, running: int = 0) -> None:
    """`count` creates leave and are accepted, all at `now`."""
    for number in range(count):
        throttle.sent()
        throttle.over(now, "accepted", running=running + number + 1, wanted=True)


def refuse(throttle: Throttle, now: float, *, retry_after: float | None = None, is_about_rate: bool = True) -> None:
    throttle.sent()
    throttle.over(now, "refused", running=0, wanted=True)
    throttle.refused(now, began=now, retry_after=retry_after, is_about_rate=is_about_rate)


def judged(throttle: Throttle, now: float, *, running: int = 0, random: float = 1.0) -> float:
    assert throttle.is_to_be_judged(now, under_way=0)
    return throttle.judge(now, running=running, random=random)


def test_what_was_not_refused_counts_in_the_window() -> None:
    """Its answer is minutes away, and its place in the window is free again after one."""
    throttle = open_throttle(limit=2)
    for number in range(2):
        throttle.sent()
        throttle.over(1.0, "not_refused", running=number + 1, wanted=True)

    assert not throttle.has_room(10.9, under_way=0, in_flight=2)
    assert throttle.has_room(11.0, under_way=0, in_flight=2)


def test_a_refusal_stops_everybody_until_it_is_judged() -> None:
    """Nothing leaves while creates of the same burst are unanswered, and no longer than five seconds."""
    throttle = open_throttle()
    accept(throttle, 0.0, 10)
    throttle.sent()
    refuse(throttle, 0.1)

    assert not throttle.has_room(0.1, under_way=1, in_flight=11)
    assert not throttle.is_to_be_judged(0.2, under_way=1)
    assert throttle.opens_at(0.2, in_flight=11) == 5.1
    assert throttle.is_to_be_judged(5.1, under_way=1)


def test_as_much_as_was_ever_accepted_is_the_rate() -> None:
    """Ten were let in and the eleventh was not: ten it is, and the gate opens by one at once."""
    throttle = open_throttle()
    accept(throttle, 0.0, 10)
    refuse(throttle, 0.1)

    seconds = judged(throttle, 0.1, running=10)

    assert seconds == 0.0
    assert throttle.window.limit == 10
    assert throttle.opens_at(0.1, in_flight=10) == 10.0
    assert throttle.has_room(10.0, under_way=0, in_flight=10)
    assert not throttle.has_room(10.0, under_way=1, in_flight=11)


def test_as_many_as_ever_ran_is_what_may_run() -> None:
    """The rate was not used up; fifty tasks were running, twice, and no more than that were let in."""
    throttle = open_throttle()
    for burst in range(3):
        accept(throttle, burst * 20.0, 16, running=16 * burst)
    accept(throttle, 60.0, 2, running=48)
    refuse(throttle, 60.1)
    first = (judged(throttle, 60.1, running=50), throttle.in_flight_cap)
    accept(throttle, 60.7, 1, running=49)
    refuse(throttle, 60.8)

    seconds = judged(throttle, 60.8, running=50)

    assert first == (0.5, 300)
    assert seconds == 0.0
    assert (throttle.in_flight_cap, throttle.window.limit) == (50, 20)
    assert not throttle.has_room(80.0, under_way=0, in_flight=50)
    assert throttle.opens_at(80.0, in_flight=50) is None


def test_one_refusal_may_be_a_whim() -> None:
    """It says nothing where more than that was let through before, and is let through again."""
    throttle = open_throttle()
    accept(throttle, 0.0, 20, running=0)
    for start in range(20, 500, 20):
        accept(throttle, start, 12, running=40)
        refuse(throttle, start + 0.1)
        judged(throttle, start + 0.1, running=52)
        accept(throttle, start + 1.0, 8, running=52)

    assert (throttle.in_flight_cap, throttle.window.limit) == (300, 20)


def test_what_no_limit_explains_is_waited_out() -> None:
    """Nothing is learned from an outage, or from somebody else on the account."""
    throttle = open_throttle()
    accept(throttle, 0.0, 20, running=0)
    accept(throttle, 30.0, 2, running=0)
    refuse(throttle, 30.1)

    seconds = judged(throttle, 30.1, running=2)

    assert seconds == 0.5
    assert (throttle.in_flight_cap, throttle.window.limit) == (300, 20)


def test_a_gateway_that_is_away_teaches_no_limit() -> None:
    """Maintenance, or no connection: a backoff for everybody, whatever was accepted before."""
    throttle = open_throttle()
    accept(throttle, 0.0, 10)
    refuse(throttle, 0.1, is_about_rate=False)

    seconds = judged(throttle, 0.1, running=10)

    assert seconds == 0.5
    assert throttle.window.limit == 20


def test_retry_after_is_counted_from_the_refusal() -> None:
    """However long the rest of the burst takes to be answered, and the longest that anybody was told."""
    throttle = open_throttle()
    accept(throttle, 0.0, 10)
    refuse(throttle, 0.0, retry_after=7.0)
    refuse(throttle, 1.0, retry_after=2.0)

    assert judged(throttle, 3.0, running=10) == pytest.approx(4.0)


def test_one_that_is_refused_within_its_limit_shows_that_refusals_count() -> None:
    """From then on a whole window passes in silence after each."""
    throttle = open_throttle()
    accept(throttle, 0.0, 10)
    refuse(throttle, 0.1)
    judged(throttle, 0.1, running=10)
    refuse(throttle, 10.1)

    seconds = judged(throttle, 10.1, running=0, random=0.0)

    assert seconds == pytest.approx(PER)


def test_a_refusal_that_too_few_came_before_shows_that_refusals_do_not_count() -> None:
    """Three were accepted since the silence, of ten that may be: what was refused before is not held against it."""
    throttle = open_throttle()
    accept(throttle, 0.0, 10)
    for moment in (0.1, 10.1):
        refuse(throttle, moment)
        judged(throttle, moment, running=0, random=0.0)
    accept(throttle, 30.0, 3)
    refuse(throttle, 30.1)

    assert judged(throttle, 30.1, running=0, random=0.0) < 1.0


def test_a_learned_limit_grows_back_after_clean_windows() -> None:
    """By one where 5 % are less, once a window that was used up has passed without a refusal."""
    throttle = open_throttle()
    accept(throttle, 0.0, 10)
    refuse(throttle, 0.1)
    judged(throttle, 0.1, running=10)
    seen = [throttle.window.limit]
    for window in range(1, 6):
        accept(throttle, window * 10.2, throttle.window.limit)
        seen.append(throttle.window.limit)

    assert seen == [10, 11, 12, 13, 14, 15]


def test_each_try_to_grow_that_is_refused_makes_the_next_one_later() -> None:
    """One window at first, then two, then four."""
    throttle = open_throttle()
    accept(throttle, 0.0, 10)
    refuse(throttle, 0.1)
    judged(throttle, 0.1, running=10)
    tries = []
    for window in range(1, 12):
        now = window * 10.2
        accept(throttle, now, 10)
        if throttle.window.limit > 10:
            tries.append(window)
            refuse(throttle, now)
            judged(throttle, now, running=10)

    assert tries == [1, 3, 7]


def test_how_many_may_run_grows_back_as_well() -> None:
    """Where it is the tasks that are running which hold creates back."""
    throttle = open_throttle()
    for burst in range(3):
        accept(throttle, burst * 20.0, 16, running=16 * burst)
    accept(throttle, 60.0, 2, running=48)
    for moment in (60.1, 60.8):
        refuse(throttle, moment)
        judged(throttle, moment, running=50)

    accept(throttle, 80.0, 1, running=49)

    assert throttle.in_flight_cap == 52


def test_a_limit_that_was_not_used_up_is_not_raised() -> None:
    """Whoever sends little learns nothing of how much he may."""
    throttle = open_throttle()
    accept(throttle, 0.0, 10)
    refuse(throttle, 0.1)
    judged(throttle, 0.1, running=10)

    for window in range(1, 6):
        accept(throttle, window * 11.0, 4)

    assert throttle.window.limit == 10


def test_the_wait_is_that_of_the_tightest_limit() -> None:
    """The gate, the rate, or the tasks that have to end first."""
    free, closed, full = open_throttle(), open_throttle(), open_throttle(in_flight=10)
    closed.gate.close(0.0, retry_after=40.0, is_explained=False, random=0.0)

    assert free.expected_wait(0.0, ahead=5, for_a_slot=0.0) == 0.0
    assert closed.expected_wait(0.0, ahead=0, for_a_slot=0.0) == 40.0
    assert (full.slots_short(ahead=0, in_flight=10), full.slots_short(ahead=3, in_flight=4)) == (1, 0)
    assert full.expected_wait(0.0, ahead=0, for_a_slot=3.0) == 3.0


def test_what_holds_a_create_back_has_a_name() -> None:
    """For whoever wants to know which limit he is at."""
    used_up, full, refused, closed = (open_throttle(limit=1, in_flight=5) for _ in range(4))
    untried = Throttle(Rate(1, per=10), in_flight=5)
    accept(used_up, 0.0, 1)
    refuse(refused, 0.0)
    closed.gate.close(0.0, retry_after=9.0, is_explained=False, random=0.0)

    assert used_up.held_by(1.0, under_way=0, in_flight=1) == "rate"
    assert full.held_by(1.0, under_way=0, in_flight=5) == "in_flight"
    assert untried.held_by(1.0, under_way=1, in_flight=1) == "first_answer"
    assert refused.held_by(1.0, under_way=1, in_flight=1) == "refusals"
    assert closed.held_by(1.0, under_way=0, in_flight=0) == "refusals"


def test_a_rate_that_was_learned_has_a_name_of_its_own() -> None:
    """Who gave 20 in 10 s and is held to 10 can give that the next time."""
    throttle = open_throttle(limit=20)
    before = (throttle.kept_rate, throttle.learned)
    throttle.window.limit = 10
    accept(throttle, 0.0, 10)

    assert before == (throttle.rate, "")
    assert throttle.kept_rate == Rate(10, per=throttle.rate.per)
    assert throttle.held_by(1.0, under_way=0, in_flight=1) == "learned_rate"


def test_it_shows_the_limit_that_is_kept_and_the_time_it_is_closed() -> None:
    """A learned limit beside the one that was given; how long a refusal still holds."""
    throttle = open_throttle()
    before = (str(throttle), throttle.cooldown(0.0))
    accept(throttle, 0.0, 10)
    refuse(throttle, 0.0, retry_after=30.0)
    waiting = throttle.cooldown(1.0)
    judged(throttle, 1.0, running=10)

    assert before == ("20/10", 0.0)
    assert waiting == 4.0
    assert (str(throttle), throttle.cooldown(10.0)) == ("10/10 of 20/10", 20.0)


@define
class Account:
    """A gateway at the far end of a network with jitter, and a client that does what the throttle says."""

    throttle: Throttle
    window: Window
    random: Random
    sent: int = 0
    refused: int = 0
    accepted: list[float] = field(factory=list)
    began: dict[int, float] = field(factory=dict)
    under_way: list[tuple[float, int, str]] = field(factory=list)
    arriving: list[tuple[float, int]] = field(factory=list)

    def delay(self) -> float:
        return 0.04 + self.random.expovariate(1 / 0.2)

    def run(self, arrivals: list[float]) -> None:
        """Everything that arrives is sent until it is accepted."""
        now, waiting, pending = 0.0, 0, deque(sorted(arrivals))
        while pending or waiting or self.arriving or self.under_way:
            while pending and pending[0] <= now:
                pending.popleft()
                waiting += 1
            waiting += self._answers(now, wanted=waiting > 0)
            on_the_wire = len(self.arriving) + len(self.under_way)
            if self.throttle.is_to_be_judged(now, under_way=on_the_wire):
                self.throttle.judge(now, running=0, random=self.random.random())
            while waiting and self.throttle.has_room(now, under_way=on_the_wire, in_flight=0):
                self.throttle.sent()
                self.sent += 1
                self.began[self.sent] = now
                waiting -= 1
                on_the_wire += 1
                heapq.heappush(self.arriving, (now + self.delay(), self.sent))
            self._arrivals_before(self._next(now, pending, waiting=waiting))
            now = self._next(now, pending, waiting=waiting)

    def _next(self, now: float, pending: deque[float], *, waiting: int) -> float:
        opens_at = self.throttle.opens_at(now, in_flight=0) if waiting else None
        times = [pending[0] if pending else None, opens_at]
        times += [self.under_way[0][0] if self.under_way else None, self.arriving[0][0] if self.arriving else None]
        return min((time for time in times if time is not None), default=now)

    def _arrivals_before(self, until: float) -> None:
        while self.arriving and self.arriving[0][0] <= until:
            at, number = heapq.heappop(self.arriving)
            is_in = self.window.admit(at)
            self.refused += not is_in
            if is_in:
                self.accepted.append(at)
            heapq.heappush(self.under_way, (at + self.delay(), number, "accepted" if is_in else "refused"))

    def _answers(self, now: float, *, wanted: bool) -> int:
        back = 0
        while self.under_way and self.under_way[0][0] <= now:
            _, number, said = heapq.heappop(self.under_way)
            end: CreateEnd = "accepted" if said == "accepted" else "refused"
            self.throttle.over(now, end, running=0, wanted=wanted)
            began = self.began.pop(number)
            if said == "refused":
                self.throttle.refused(now, began=began, retry_after=None, is_about_rate=True)
                back += 1
        return back


KINDS: list[Callable[[Limit], Window]] = [SlidingWindow, FixedWindow, Bucket]
ARRIVALS = st.lists(st.floats(min_value=0, max_value=120), min_size=1, max_size=150)


@pytest.mark.parametrize("kind", KINDS)
@given(arrivals=ARRIVALS, seed=st.integers(0, 10_000), limit=st.integers(1, 25))
def test_an_account_is_never_driven_over_its_limit(
    kind: Callable[[Limit], Window], arrivals: list[float], seed: int, limit: int
) -> None:
    """Whenever requests come, however the network dawdles, however the vendor counts: not one refusal."""
    account = Account(Throttle(Rate(limit, per=PER), 10_000), kind(Limit(limit, per=PER)), Random(seed))

    account.run(arrivals)

    assert account.refused == 0
    assert len(account.accepted) == len(arrivals)


@pytest.mark.parametrize("kind", KINDS)
@given(seed=st.integers(0, 10_000), limit=st.integers(4, 19))
def test_a_lower_limit_than_was_told_is_found_with_few_refusals(
    kind: Callable[[Limit], Window], seed: int, limit: int
) -> None:
    """One burst teaches it: everything comes through, and what was refused is a burst and a few tries to grow."""
    account = Account(Throttle(Rate(20, per=PER), 10_000), kind(Limit(limit, per=PER)), Random(seed))

    account.run([0.0] * 150)

    assert len(account.accepted) == 150
    assert account.refused <= 50  # each of the tasks would be refused many times without a gate


def test_a_gate_that_opens_by_one_makes_the_next_wait_for_an_answer() -> None:
    """Until the gateway has ever answered, and after a refusal; not while it is closed."""
    unanswered, closed, free = Throttle(Rate(20, per=PER), 300), open_throttle(), open_throttle()
    closed.gate.close(0.0, retry_after=40.0, is_explained=False, random=0.0)

    assert unanswered.is_narrow(0.0, under_way=1)
    assert not unanswered.is_narrow(0.0, under_way=0)
    assert not closed.is_narrow(10.0, under_way=0)
    assert closed.is_narrow(50.0, under_way=1)
    assert not free.is_narrow(0.0, under_way=40)

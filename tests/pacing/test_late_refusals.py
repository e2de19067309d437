"""Refusals that come late: of creates that were taken to be let in, after the gate was closed for others."""

from __future__ import annotations

import pytest

from nanobanana_async.pacing import Rate, Throttle
from nanobanana_async.pacing._lesson import Lesson, Most

PER = 10.0


def open_throttle(limit: int = 20) -> Throttle:
    """One whose gateway has answered."""
    throttle = Throttle(Rate(limit, per=PER), 300)
    throttle.gate.passed()
    return throttle


def let_in(throttle: Throttle, count: int, *, began: float = 0.0) -> None:
    """`count` creates begin then and are not refused for a second."""
    for number in range(count):
        throttle.sent()
        throttle.over(began + 1.0, "not_refused", running=number + 1, wanted=True)


def refuse_late(throttle: Throttle, now: float, *, began: float = 0.0, retry_after: float | None = None) -> None:
    """One of those is refused after all."""
    throttle.turned_out("refused", let_in_at=began + 1.0)
    throttle.refused(now, began=began, retry_after=retry_after, is_about_rate=True)


def judged(throttle: Throttle, now: float, *, running: int = 0, random: float = 1.0) -> float:
    assert throttle.is_to_be_judged(now, under_way=0)
    return throttle.judge(now, running=running, random=random)


def closed_late(count: int, *, retry_after: float | None = None) -> Throttle:
    """One that let in `count` creates, of which one was refused after 2.5 s: it was closed for that."""
    throttle = open_throttle()
    let_in(throttle, count)
    refuse_late(throttle, 2.5, retry_after=retry_after)
    judged(throttle, 2.5)
    return throttle


def test_a_burst_of_late_refusals_is_one_refusal() -> None:
    """The gate was closed for them already: nothing more is learned, and no backoff comes on top."""
    throttle = open_throttle()
    let_in(throttle, 5)
    refuse_late(throttle, 2.5, retry_after=1.0)
    first = judged(throttle, 2.5)

    for _ in range(4):
        refuse_late(throttle, 2.6, retry_after=1.0)

    assert first == 1.0
    assert throttle.gate.failures == 1
    assert not throttle.is_to_be_judged(2.6, under_way=0)
    assert throttle.opens_at(2.6, in_flight=0) == 3.6


def test_the_word_of_a_late_refusal_holds_and_is_told() -> None:
    """It says when to come back, counted from its answer; and for how long nothing is sent is said once more."""
    throttle = closed_late(3, retry_after=1.0)

    refuse_late(throttle, 3.0, retry_after=30.0)
    refuse_late(throttle, 3.1, retry_after=30.0)

    assert judged(throttle, 3.1) == pytest.approx(30.0)
    assert not throttle.is_to_be_judged(3.1, under_way=0)
    assert throttle.cooldown(3.1) == pytest.approx(30.0)
    assert throttle.gate.failures == 1


def test_a_late_refusal_that_says_nothing_does_not_close_the_gate() -> None:
    """It was closed for it, and has opened since."""
    throttle = closed_late(2)

    refuse_late(throttle, 8.0)

    assert throttle.has_room(8.0, under_way=0, in_flight=0)


def test_a_gate_that_is_put_off_after_others_were_let_in_has_not_been_closed_all_the_time() -> None:
    """How long nobody is let in counts from then."""
    throttle = closed_late(2)
    throttle.trusted(4.0)

    refuse_late(throttle, 90.0, retry_after=20.0)

    assert judged(throttle, 90.0) == 20.0
    assert throttle.gate.refused_since == 90.0


def test_who_is_refused_that_began_after_the_gate_was_closed_closes_it_again() -> None:
    """That is another refusal; and the failures in a row count."""
    throttle = closed_late(1)
    let_in(throttle, 1, began=4.0)

    refuse_late(throttle, 6.5, began=4.0)

    assert judged(throttle, 6.5) == 1.0
    assert throttle.gate.failures == 2


def test_what_is_refused_after_all_takes_no_place_in_the_window() -> None:
    """Nor does what never arrived; what may have been counted does."""
    throttle = open_throttle(limit=3)
    let_in(throttle, 3)
    before = throttle.window.room(2.0)

    throttle.turned_out("refused", let_in_at=1.0)
    throttle.turned_out("not_counted", let_in_at=1.0)
    throttle.turned_out("counted", let_in_at=1.0)

    assert (before, throttle.window.room(2.0)) == (0, 2)


def test_what_has_left_the_window_can_not_be_taken_out_of_it() -> None:
    """Its place is free again already; those of others are theirs."""
    throttle = open_throttle(limit=3)
    let_in(throttle, 2)
    let_in(throttle, 1, began=8.0)
    before = throttle.window.room(12.0)

    throttle.turned_out("refused", let_in_at=1.0)

    assert (before, throttle.window.room(12.0)) == (2, 2)


def test_the_rate_that_is_learned_is_that_of_those_who_were_let_in_indeed() -> None:
    """Fifteen seemed to be, of which five were refused: it is ten."""
    throttle = open_throttle()
    let_in(throttle, 15)
    refuse_late(throttle, 2.5)
    judged(throttle, 2.5, running=14)
    at_first = throttle.window.limit

    for _ in range(4):
        refuse_late(throttle, 2.6)

    assert (at_first, throttle.window.limit) == (14, 10)


def test_where_nobody_was_let_in_it_was_not_the_rate() -> None:
    """The limit is what it was, and the next refusal is no sign that refusals count."""
    throttle = open_throttle()
    let_in(throttle, 5)
    for number in range(5):
        refuse_late(throttle, 2.5 + number / 10)
        if throttle.is_to_be_judged(2.5, under_way=0):
            judged(throttle, 2.5, running=4)
    learned = throttle.learned
    let_in(throttle, 1, began=3.0)
    refuse_late(throttle, 5.5, began=3.0)

    assert learned == ""
    assert judged(throttle, 5.5, random=0.1) == pytest.approx(0.1)


def test_what_runs_is_not_counted_where_it_was_refused() -> None:
    """Fifty ran at most, and ten of them did not: forty is as many as ever, and the second time it is the limit."""
    throttle = open_throttle(limit=100)
    let_in(throttle, 50)
    refuse_late(throttle, 20.0)
    judged(throttle, 20.0, running=49)
    for _ in range(19):
        refuse_late(throttle, 20.0)

    for began in (30.0, 40.0):
        let_in(throttle, 1, began=began)
        refuse_late(throttle, began + 2.5, began=began)
        judged(throttle, began + 2.5, running=25)

    assert throttle.in_flight_cap == 25


def test_a_lesson_that_another_has_followed_is_taken_back_alone() -> None:
    """What explains the refusals since, the tasks that run, holds."""
    throttle = open_throttle(limit=100)
    let_in(throttle, 30)
    refuse_late(throttle, 2.5)
    judged(throttle, 2.5, running=29)
    for began in (30.0, 40.0, 50.0):
        let_in(throttle, 1, began=began)
        refuse_late(throttle, began + 2.5, began=began)
        judged(throttle, began + 2.5, running=29)
    for _ in range(29):
        refuse_late(throttle, 60.0)
    let_in(throttle, 1, began=70.0)
    refuse_late(throttle, 72.5, began=70.0)

    assert (throttle.window.limit, throttle.in_flight_cap) == (100, 29)
    assert judged(throttle, 72.5, running=1, random=0.0) == 0.0


def test_only_who_began_after_the_gate_was_closed_opens_it_wider() -> None:
    """The others were on the wire before: that they are still says nothing of what is let in now."""
    throttle = open_throttle()
    let_in(throttle, 3)
    refuse_late(throttle, 2.5)
    judged(throttle, 2.5, random=0.0)

    throttle.trusted(0.0)
    throttle.lasted(0.0)
    narrow = throttle.gate.room(9.0, under_way=0)
    throttle.trusted(3.0)

    assert (narrow, throttle.gate.room(9.0, under_way=0)) == (1, 2)
    assert throttle.gate.failures == 0


def test_to_last_for_a_while_is_believed_once() -> None:
    """Where refusals have come later than that, and come again, more is needed before others follow."""
    throttle = open_throttle()
    let_in(throttle, 1)
    refuse_late(throttle, 2.5)
    judged(throttle, 2.5, random=0.0)
    throttle.lasted(3.0)
    once = throttle.gate.room(3.0, under_way=0)
    let_in(throttle, 1, began=3.0)
    refuse_late(throttle, 5.5, began=3.0)
    judged(throttle, 5.5, random=0.0)

    throttle.lasted(6.0)

    assert (once, throttle.gate.room(6.0, under_way=0)) == (2, 1)


def test_a_gate_that_is_put_off_before_any_answer_is_held_by_refusals() -> None:
    """And not by the first answer, which is not what is waited for."""
    throttle = Throttle(Rate(20, per=PER), 300)
    let_in(throttle, 2)
    refuse_late(throttle, 2.5)
    judged(throttle, 2.5, random=0.0)
    throttle.trusted(3.0)

    refuse_late(throttle, 4.0, retry_after=9.0)

    assert throttle.held_by(5.0, under_way=0, in_flight=0) == "refusals"


def test_a_lesson_is_lost_where_more_was_accepted_before() -> None:
    """Three of the seven that it was learned from are left, and eight there were once."""
    lesson = Lesson(Most(7, at=20.0), Most(8, at=5.0), limit=9)
    before = lesson.rate

    for stamp in (12.0, 13.0, 5.0):
        lesson.take_back(stamp, PER)

    assert before == 7
    assert (lesson.accepted.count, lesson.most.count) == (5, 7)
    assert lesson.rate is None

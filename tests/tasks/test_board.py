"""Who is next, decided without a loop, a clock or a wire."""

from __future__ import annotations

from nanobanana_async import Item, NanoBanana, Rate
from nanobanana_async.lifecycle import ItemState
from nanobanana_async.pacing import PollBudget, Throttle
from nanobanana_async.tasks._board import MOST_CARRIED, Board, Job
from nanobanana_async.tasks._rows import Row


def board(*, rate: int = 1000, in_flight: int = 1000, connections: int = 8, polls: float = 1e6) -> Board:
    made = Board(Throttle(Rate(rate, per=10), in_flight), PollBudget(polls), connections)
    made.throttle.gate.passed()
    return made


def new(prompt: str = "a") -> Row:
    return Row(Item(prompt), NanoBanana(prompt))


def waiting() -> Row:
    return Row(Item("a"), NanoBanana("a"), state=ItemState.ACCEPTED)


def queue(on: Board, count: int) -> None:
    for _ in range(count):
        on.queue.append(new())


def claimed(from_board: Board, now: float = 0.0) -> list[Job]:
    jobs = []
    while (job := from_board.claim(now)) is not None:
        jobs.append(job)
    return jobs


def test_creates_go_first_but_never_take_the_last_quarter() -> None:
    """Six of eight connections for creates; the rest is for looks."""
    b = board()
    queue(b, 20)
    b.looks.extend(waiting() for _ in range(20))

    jobs = claimed(b)

    assert [job.is_create for job in jobs] == [True] * 6 + [False] * 2
    assert (b.creating, b.looking, b.in_flight) == (6, 2, 6)


def test_looks_may_use_every_connection() -> None:
    """Where nothing is to be created."""
    b = board()
    b.looks.extend(waiting() for _ in range(20))

    assert len(claimed(b)) == 8


def test_the_rate_window_and_the_in_flight_window_hold_creates_back() -> None:
    """Each by itself; and it is known what would let them go."""
    narrow = board(rate=2)
    queue(narrow, 5)
    few = board(in_flight=3)
    queue(few, 5)

    jobs = claimed(narrow)
    assert (len(jobs), len(claimed(few))) == (2, 3)
    assert (narrow.wakes_at(0.0), few.wakes_at(0.0)) == (None, None)
    job = jobs[0]
    narrow.create_over(job, 1.0, "counted")
    narrow.create_over(job, 9.0, "counted")
    assert narrow.wakes_at(1.0) == 11.0
    assert narrow.creating == 1


def test_a_closed_gate_is_waited_for() -> None:
    """For exactly as long as it is closed."""
    b = board()
    b.queue.append(new())
    b.throttle.gate.close(5.0, retry_after=7.0, is_explained=False, random=0.0)

    assert b.claim(11.9) is None
    assert b.wakes_at(5.0) == 12.0
    assert b.claim(12.0) is not None


def test_looks_wait_for_their_budget() -> None:
    """And the board knows until when."""
    b = board(polls=2.0)
    b.looks.extend(waiting() for _ in range(3))

    now = 100.0
    first = claimed(b, now)
    opens_at = b.wakes_at(now)

    assert len(first) == 1
    assert opens_at is not None
    assert now < opens_at <= now + 0.5
    assert len(claimed(b, opens_at)) == 1


def test_what_is_due_goes_where_it_is_handed_out() -> None:
    """A look to the looks, a repeated create to where its turn is; what is over frees its slot."""
    b = board()
    later, again, gone = waiting(), new("again"), waiting()
    b.take_slot(gone)
    gone.over = True
    b.queue.append(again)
    assert b.queue.pop() is again
    b.queue.append(new("behind"))
    for row in (later, again, gone):
        b.waiting.set(row, 5.0)

    b.wake(4.0)
    before = len(b.queue), len(b.looks), b.in_flight
    b.wake(5.0)

    assert before == (1, 0, 1)
    assert [row.item.request for row in b.queue.take_all()] == ["again", "behind"]
    assert list(b.looks) == [later]
    assert b.in_flight == 0


def test_a_look_that_is_over_is_passed_by() -> None:
    """It may have ended while it waited for its turn."""
    b = board()
    row = waiting()
    row.over = True
    b.looks.append(row)

    assert claimed(b) == []
    assert not b.looks


def test_a_look_that_never_gets_its_turn_is_given_up() -> None:
    """Looks may be held up for longer than a task has time: it is told so, a while after its deadline."""
    b = board(polls=0.001)
    first, second = waiting(), waiting()
    first.deadline = second.deadline = 50.0
    for row in (first, second):
        b.waiting.set(row, 10.0)

    assert b.wake(10.0) == []
    assert [job.row for job in claimed(b, 10.0)] == [first]
    assert b.wakes_at(10.0) == 70.0
    assert b.wake(70.0) == [second]


def test_the_wait_for_a_turn_counts_the_answers_that_it_takes() -> None:
    """Six of eight connections are for creates, and all six wait for their answers, which take 3 s."""
    b = board()
    queue(b, 7)
    jobs = claimed(b)
    b.create_over(jobs[0], 3.0, "counted")
    claimed(b, 3.0)

    assert b.expected_wait(3.0, ahead=0, for_a_slot=0.0) == 3.0
    assert b.expected_wait(3.0, ahead=6, for_a_slot=0.0) == 6.0
    assert b.expected_wait(3.0, ahead=0, for_a_slot=9.0) == 9.0


def test_what_is_new_can_be_taken_out() -> None:
    """From the queue and from among those that wait to be tried again; tasks in flight stay."""
    b = board()
    queued, again, task = new("queued"), new("again"), waiting()
    b.queue.append(queued)
    b.waiting.set(again, 5.0)
    b.waiting.set(task, 5.0)

    taken = b.take_queued()

    assert taken == [queued, again]
    assert not b.queue
    assert list(b.waiting.things()) == [task]


def test_closing_lets_looks_through_and_no_creates() -> None:
    """What is paid for is followed to the last."""
    b = board()
    b.queue.append(new())
    b.looks.append(waiting())
    b.sends_creates = False

    assert [job.is_create for job in claimed(b)] == [False]


def carrying(weight: int) -> Row:
    return Row(Item("a"), NanoBanana("a"), weight=weight)


def test_pictures_on_the_wire_are_bounded_and_hold_up_nobody_else() -> None:
    """Creates that carry none go on; and it is said what the others wait for, until an answer makes room."""
    b, most = board(), MOST_CARRIED
    for weight in (most // 2, most // 2, 10, 0):
        b.queue.append(carrying(weight))

    jobs = claimed(b)
    waits_for, sent = b.held_by(0.0), [job.row.weight for job in jobs]
    b.create_over(jobs[0], 1.0, "counted")
    b.create_over(jobs[0], 1.0, "counted")
    carried = b.carried
    then = claimed(b)

    assert sent == [most // 2, most // 2, 0]
    assert (waits_for, b.wakes_at(0.0), b.held_by(1.0)) == ("pictures", None, None)
    assert carried == most // 2
    assert [job.row.weight for job in then] == [10]


def test_one_create_may_carry_what_it_likes() -> None:
    """A single one that is over the bound would wait for ever else; but nothing that carries goes beside it."""
    b = board()
    for weight in (MOST_CARRIED * 3, 1):
        b.queue.append(carrying(weight))

    jobs = claimed(b)
    b.create_over(jobs[0], 1.0, "accepted")

    assert [job.row.weight for job in jobs] == [MOST_CARRIED * 3]
    assert [job.row.weight for job in claimed(b)] == [1]


def test_what_is_let_in_carries_its_pictures_until_it_is_answered() -> None:
    """At a gateway that answers at once the body is held for as long as the task lasts."""
    b, long = board(), carrying(MOST_CARRIED)
    long.is_long = True
    b.queue.append(long)
    (job,) = claimed(b)
    b.wake(5.0)
    let_in_at, carried = job.let_in_at, b.carried
    b.create_over(job, 60.0, "accepted")

    assert (let_in_at, carried, b.carried) == (5.0, MOST_CARRIED, 0)


def cold(*, rate: int = 4) -> Board:
    """One whose gateway was never heard; creates last as long as their tasks."""
    made = Board(Throttle(Rate(rate, per=10), 1000), PollBudget(1e6), 64)
    for _ in range(20):
        row = new()
        row.is_long = True
        made.queue.append(row)
    return made


def until(b: Board, end: float) -> list[Job]:
    """What leaves until then, looked at twice a second."""
    jobs = []
    for half_seconds in range(int(end * 2) + 1):
        b.wake(half_seconds / 2)
        jobs += claimed(b, half_seconds / 2)
    return jobs


def test_a_gateway_that_was_never_heard_gets_one_window_of_long_creates() -> None:
    """It is said that the first answer holds the rest, and how long that took so far; then all goes on."""
    b = cold()
    jobs = until(b, 60.0)
    held_by, wait = b.held_by(60.0), b.expected_wait(60.0, ahead=0, for_a_slot=0.0)
    b.throttle.gate.answered()

    assert (len(jobs), b.on_the_wire, held_by, wait) == (4, 4, "first_answer", 60.0)
    assert len(claimed(b, 61.0)) == 4


def test_where_first_answers_are_lost_others_follow() -> None:
    """One for each: it never stands still, and never are more at risk."""
    b = cold(rate=1)
    (first,) = until(b, 30.0)

    b.create_over(first, 40.0, "counted")
    (second,) = claimed(b, 50.0)
    b.create_over(second, 50.5, "counted")

    assert (b.on_the_wire, b.held_by(51.0)) == (0, "rate")
    assert len(claimed(b, 60.5)) == 1


def test_other_limits_are_named_before_the_first_answer() -> None:
    """Where the tasks in flight hold the queue, more answers would not help."""
    b = cold()
    b.throttle.in_flight_cap = 4
    until(b, 60.0)

    assert b.held_by(60.0) == "in_flight"


def refused_after_four_seconds() -> Board:
    """A board whose first create was let in, and refused after all."""
    b = cold()
    b.throttle.gate.answered()
    first, *_ = until(b, 2.0)
    b.create_over(first, 4.0, "refused")
    b.throttle.refused(4.0, began=first.began, retry_after=None, is_about_rate=True)
    b.throttle.judge(4.0, running=b.running, random=0.0)
    return b


def test_a_late_refusal_makes_the_gate_wait_for_longer_ones() -> None:
    """It took 4 s: what comes after is trusted once it has lasted for 5, and opens the gate wider then."""
    b = refused_after_four_seconds()
    b.throttle.window.limit = 1000
    b.wake(20.0)
    (probe,) = claimed(b, 20.0)

    b.wake(21.0)
    lasted = (probe.let_in_at, b.throttle.gate.failures, b.wakes_at(21.0))
    b.wake(25.0)

    assert lasted == (21.0, 1, 25.0)
    assert b.throttle.gate.failures == 0


def test_an_answer_is_trusted_at_once() -> None:
    """Whatever refusals take: a picture was made."""
    b = refused_after_four_seconds()
    b.wake(20.0)
    (probe,) = claimed(b, 20.0)[:1]
    b.wake(21.0)

    b.create_over(probe, 21.5, "accepted")

    assert b.throttle.gate.failures == 0

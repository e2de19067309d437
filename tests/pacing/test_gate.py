"""The gate: closed for everybody by one refusal, opened by one, two, four."""

from __future__ import annotations

from nanobanana_async.pacing import Backoff, Gate


def open_gate() -> Gate:
    gate = Gate()
    gate.passed()
    return gate


def test_the_first_request_goes_alone() -> None:
    """Until the gateway has answered, one request is on the wire."""
    gate = Gate()

    assert gate.room(0.0, under_way=0) == 1
    assert gate.room(0.0, under_way=1) == 0


def test_an_answer_of_any_kind_ends_the_probe() -> None:
    """A gateway that speaks, if only to refuse an item, is there: everybody may go."""
    gate = Gate()

    gate.answered()

    assert gate.room(0.0, under_way=40) > 0


def test_a_refusal_closes_it_for_the_time_the_gateway_names() -> None:
    """Retry-After wins over the backoff."""
    gate = open_gate()

    seconds = gate.close(100.0, retry_after=7.0, is_explained=False, random=0.5)

    assert seconds == 7.0
    assert gate.room(106.9, under_way=0) == 0
    assert gate.room(107.0, under_way=0) == 1


def test_without_retry_after_it_backs_off_twice_as_long_each_time() -> None:
    """0.5 s at first, doubling up to 10 s."""
    gate = open_gate()
    closed = []
    now = 0.0
    for _ in range(7):
        closed.append(gate.close(now, retry_after=0.0, is_explained=False, random=1.0))
        now = gate.opens_at + 1

    assert closed == [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


def test_a_refusal_that_is_explained_costs_no_wait_the_first_time() -> None:
    """The limit that explains it is kept; a second refusal all the same backs off."""
    gate = open_gate()

    first = gate.close(0.0, retry_after=0.0, is_explained=True, random=1.0)
    second = gate.close(5.0, retry_after=0.0, is_explained=True, random=1.0)

    assert (first, second) == (0.0, 1.0)


def test_a_gateway_that_says_at_once_again_and_again_is_not_taken_at_its_word() -> None:
    """Retry-After: 0 is a backoff; a second refusal in a row waits for the longer of the two."""
    gate = open_gate()

    first = gate.close(0.0, retry_after=0.0, is_explained=False, random=1.0)
    second = gate.close(5.0, retry_after=0.001, is_explained=False, random=1.0)
    third = gate.close(10.0, retry_after=30.0, is_explained=False, random=1.0)

    assert (first, second, third) == (0.5, 1.0, 30.0)
    assert gate.refused_since == 0.0
    gate.passed()
    gate.close(60.0, retry_after=0.0, is_explained=False, random=1.0)
    assert gate.refused_since == 60.0


def test_it_opens_by_one_two_four() -> None:
    """Each acceptance after a closure doubles how many may be under way."""
    gate = open_gate()
    gate.close(0.0, retry_after=1.0, is_explained=False, random=0.0)

    widths = []
    for _ in range(4):
        widths.append(gate.room(5.0, under_way=0))
        gate.passed()

    assert widths == [1, 2, 4, 8]


def test_an_answer_that_is_no_acceptance_does_not_open_it_wider() -> None:
    """After a refusal only an acceptance shows that more may follow."""
    gate = open_gate()
    gate.close(0.0, retry_after=1.0, is_explained=False, random=0.0)

    gate.answered()

    assert gate.room(5.0, under_way=0) == 1


def test_backoff_is_spread_by_chance_from_nothing_to_the_ceiling() -> None:
    """Full jitter: those who failed together do not come back together."""
    backoff = Backoff(base=1.0, cap=8.0)

    assert backoff.delay(2, 0.0) == 0.0
    assert backoff.delay(2, 0.5) == 2.0
    assert backoff.delay(10_000, 1.0) == 8.0


def test_who_was_not_refused_widens_it() -> None:
    """A create that lasts as long as its task tells nothing for minutes; but it was let in."""
    gate = Gate()

    gate.not_refused()

    assert gate.room(0.0, under_way=0) == 2
    assert not gate.has_answered


def test_a_pause_closes_it_and_is_no_refusal() -> None:
    """The gateway has said that nothing is left of its limit: all wait, and then all may go."""
    gate = open_gate()

    gate.pause(30.0)
    gate.pause(20.0)

    assert gate.room(29.9, under_way=0) == 0
    assert gate.room(30.0, under_way=0) > 1
    assert gate.failures == 0

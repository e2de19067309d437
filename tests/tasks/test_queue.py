"""Whose turn it is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nanobanana_async import Item, NanoBanana
from nanobanana_async.tasks._queue import FEW, Queue
from nanobanana_async.tasks._rows import Row


def new(prompt: str = "a") -> Row:
    return Row(Item(prompt), NanoBanana(prompt))


def filled(count: int) -> tuple[Queue, list[Row]]:
    queue, rows = Queue(), [new(str(number)) for number in range(count)]
    for row in rows:
        queue.append(row)
    return queue, rows


def test_first_come_first_served() -> None:
    """In the order in which they came, and then there is none."""
    queue, rows = filled(3)

    assert queue.take_all() == rows
    assert queue.pop() is None
    assert len(queue) == 0


def test_those_that_come_back_keep_their_turns() -> None:
    """However they come back: a burst of refusals turns nobody's order round."""
    queue, rows = filled(6)
    out = [queue.pop() for _ in range(4)]
    assert out == rows[:4]
    for row in (rows[3], rows[0], rows[2]):
        queue.put_back(row)

    assert queue.take_all() == [rows[0], rows[2], rows[3], rows[4], rows[5]]


@given(st.lists(st.integers(0, 9), max_size=12))
def test_what_is_withdrawn_is_passed_by_and_not_counted(places: list[int]) -> None:
    """Also where it is withdrawn twice."""
    queue, rows = filled(10)
    for place in places:
        queue.withdraw(rows[place])

    left = [row for number, row in enumerate(rows) if number not in places]
    assert len(queue) == len(left)
    assert queue.take_all() == left


def test_callers_who_give_up_fill_no_memory() -> None:
    """Behind one that waits, a thousand come and go."""
    queue, _ = filled(1)
    for _ in range(1000):
        row = new()
        queue.append(row)
        queue.withdraw(row)

    assert len(queue._light) <= 2 + FEW
    assert len(queue) == 1


def test_who_carries_more_than_there_is_room_for_is_passed_by() -> None:
    """By all who carry little, and by none who carries much: these keep their order, also if the next would fit."""
    queue, light = Queue(), [new(), new()]
    heavy = [Row(Item("a"), NanoBanana("a"), weight=weight) for weight in (70, 20)]
    for row in (light[0], heavy[0], light[1], heavy[1]):
        queue.append(row)

    passed = [queue.pop(room=50) for _ in range(3)]
    then = [queue.pop(room=70) for _ in range(3)]

    assert passed == [*light, None]
    assert then == [*heavy, None]


def test_rows_that_carry_much_have_their_turn_among_the_others() -> None:
    """Where there is room for them; also those that come back, and where all are taken out."""
    queue = Queue()
    rows = [Row(Item("a"), NanoBanana("a"), weight=number % 2) for number in range(6)]
    for row in rows:
        queue.append(row)
    out = [queue.pop() for _ in range(4)]
    for row in (rows[1], rows[2]):
        queue.put_back(row)
    queue.withdraw(rows[5])

    assert out == rows[:4]
    assert queue.next(room=0) is rows[2]
    assert len(queue) == 3
    assert queue.take_all() == [rows[1], rows[2], rows[4]]

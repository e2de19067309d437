"""One heap for everything that waits."""

from __future__ import annotations

import attrs
from hypothesis import given
from hypothesis import strategies as st

from nanobanana_async.tasks._timetable import Timetable


@attrs.define(eq=False)
class Thing:
    name: int
    ticket: int = 0


def test_things_come_out_in_the_order_they_become_due() -> None:
    """Those due at one moment come out in the order they were put in."""
    table: Timetable[Thing] = Timetable()
    things = [Thing(n) for n in range(4)]

    for thing, when in zip(things, (3.0, 1.0, 2.0, 1.0), strict=True):
        table.set(thing, when)

    assert [thing.name for thing in table.due(2.5)] == [1, 3, 2]
    assert table.next() == 3.0
    assert len(table) == 1


def test_a_thing_stands_in_it_once() -> None:
    """Set anew, it is due at the new time and not at the old; struck out, not at all."""
    table: Timetable[Thing] = Timetable()
    moved, struck = Thing(1), Thing(2)

    table.set(moved, 1.0)
    table.set(moved, 5.0)
    table.set(struck, 2.0)
    table.strike(struck)
    table.strike(struck)

    assert list(table.due(4.0)) == []
    assert [thing.name for thing in table.things()] == [1]
    assert list(table.due(5.0)) == [moved]
    assert table.next() is None


@given(st.lists(st.tuples(st.integers(0, 30), st.floats(0, 100), st.booleans()), max_size=400))
def test_it_agrees_with_a_plain_list(moves: list[tuple[int, float, bool]]) -> None:
    """Whatever is set and struck, what is due is what a dictionary would say; dead entries don't pile up."""
    table: Timetable[Thing] = Timetable()
    things = [Thing(n) for n in range(31)]
    plain: dict[int, float] = {}
    for name, when, is_set in moves:
        if is_set:
            table.set(things[name], when)
            plain[name] = when
        else:
            table.strike(things[name])
            plain.pop(name, None)

    assert len(table) == len(plain)
    assert len(table._heap) <= 2 * len(plain) + 130
    assert table.next() == min(plain.values(), default=None)
    assert sorted(thing.name for thing in table.due(50.0)) == sorted(n for n, when in plain.items() if when <= 50.0)

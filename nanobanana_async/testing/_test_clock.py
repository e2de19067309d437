"""Which clock a test of a user's has, and what keeps it from having the one it asks for.

A test that asks for virtual time and silently gets another clock would take its minutes, or hang. So whatever can't be
had is an error before the test begins, with the reason and a way out.
"""

from __future__ import annotations

import inspect

import pytest
from pytest_asyncio import is_async_test

SERVER = "nanobanana_server"
CLIENT = "nanobanana_client"
EMULATOR = "nanobanana_emulator"

_CONTRADICTION = "virtual_time and wall_clock contradict each other: leave one of them out."
_SERVER = (
    f"virtual_time can't be had with {SERVER}: its answers come through a real socket, and virtual time would jump "
    f"over the wait for them. Take {EMULATOR}, which needs no socket, or mark the test wall_clock."
)
_SYNC = (
    "virtual_time is for tests that run on an event loop, and this one is no `async def`: make it one, or take the "
    "marker off."
)
_NOT_ASYNCIO = (
    "{what} can't be had here: pytest-asyncio doesn't run this test, or not all of it. Mark it @pytest.mark.asyncio in "
    'the place of @pytest.mark.anyio or the like, or set asyncio_mode = "auto". To stay with another plugin take '
    f"{SERVER}, or {EMULATOR} and mark the test wall_clock; and make the client in the test."
)

_TWO_LOOPS = (
    f"{CLIENT} is started on the event loop of the {{fixtures}}, and this test runs on that of the {{test}}. Leave "
    f"loop_scope out, or take {EMULATOR} and make the client in the test: async with {EMULATOR}.client() as client"
)


def is_virtual(item: pytest.Item) -> bool:
    """Whether a test runs on virtual time, if it runs on a loop of pytest-asyncio's."""
    fixtures = _fixtures(item)
    virtual, wall = _depth(item, "virtual_time"), _depth(item, "wall_clock")
    if wall > virtual or SERVER in fixtures:
        return False
    return virtual > 0 or bool(fixtures & {CLIENT, EMULATOR})


def objection(item: pytest.Item) -> str | None:
    """What keeps a test from having the clock that it asks for, and what to do; None where nothing does."""
    virtual, wall = _depth(item, "virtual_time"), _depth(item, "wall_clock")
    if virtual and virtual == wall:
        return _CONTRADICTION
    if virtual > wall and SERVER in _fixtures(item):
        return _SERVER
    if not _is_async(item):
        return _SYNC if virtual == len(item.listchain()) else None
    what = _out_of_reach(item)
    return _two_loops(item) if what is None else _NOT_ASYNCIO.format(what=what)


def _two_loops(item: pytest.Item) -> str | None:
    """The loop on which the client would be made, where that isn't the one of the test."""
    if CLIENT not in _fixtures(item):
        return None
    marker = item.get_closest_marker("asyncio")
    asked = marker.kwargs.get("loop_scope") if marker else None
    test = asked or item.config.getini("asyncio_default_test_loop_scope") or "function"
    fixtures = item.config.getini("asyncio_default_fixture_loop_scope")
    if fixtures not in ("class", "module", "package", "session"):
        fixtures = "function"  # as the fixture's own scope
    return None if fixtures == test else _TWO_LOOPS.format(fixtures=fixtures, test=test)


def _out_of_reach(item: pytest.Item) -> str | None:
    """What an async test asks for that only pytest-asyncio can give, where that doesn't run it."""
    fixtures = _fixtures(item)
    # anyio's plugin takes the async fixtures of a test for itself, also where pytest-asyncio runs the test.
    if CLIENT in fixtures and (not is_async_test(item) or "anyio_backend" in fixtures):
        return CLIENT
    if is_async_test(item) or not is_virtual(item):
        return None
    return f"{EMULATOR} on virtual time" if EMULATOR in fixtures else "virtual_time"


def _fixtures(item: pytest.Item) -> frozenset[str]:
    return frozenset(getattr(item, "fixturenames", ()))


def _is_async(item: pytest.Item) -> bool:
    test = getattr(item, "obj", None)
    inner = getattr(getattr(test, "hypothesis", None), "inner_test", test)
    return is_async_test(item) or inspect.iscoroutinefunction(inner) or inspect.isasyncgenfunction(inner)


def _depth(item: pytest.Item, name: str) -> int:
    """How near to the test its marker of this name stands: 0 where there is none, and most for one of its own."""
    nodes = [node for node, _ in item.iter_markers_with_node(name)]
    return item.listchain().index(nodes[0]) + 1 if nodes else 0

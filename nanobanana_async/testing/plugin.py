"""A pytest plugin: fixtures for the emulator, and virtual time for the tests that can have it.

Nothing of it is loaded unless a test suite asks, in its top ``conftest.py``::

    pytest_plugins = ["nanobanana_async.testing.plugin"]

It stands on pytest-asyncio. A test that takes `nanobanana_emulator` or `nanobanana_client` runs on virtual time:
nothing in it waits for real. Marked ``@pytest.mark.wall_clock``, or with `nanobanana_server`, which has a real port, it
runs on the wall clock; any other asyncio test may ask for virtual time with ``@pytest.mark.virtual_time``. A test that
can't have the clock it asks for is an error before it begins.
``@pytest.mark.nanobanana(seed=7, credits=100, faults=["closed,nth=3"])`` says how the gateway of a test behaves.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

import pytest

try:
    import pytest_asyncio
except ImportError as error:
    raise ImportError(
        f'nanobanana_async.testing.plugin needs {error.name!r}: pip install "nanobanana-async[testing]"',
        name=error.name,
    ) from error

from nanobanana_async.client import Client
from nanobanana_async.emulator import EmulatorServer, OptionError, World
from nanobanana_async.testing._emulator import Emulator, client_of
from nanobanana_async.testing._test_clock import EMULATOR, SERVER, is_virtual, objection
from nanobanana_async.testing._test_marker import made, marked, options_of
from nanobanana_async.testing._virtual_time import VirtualTimeLoop

SERVER_SPEED = 20.0
"""How much faster than life a server on the wall clock generates, unless a test says otherwise."""

LoopFactories = Mapping[str, Callable[[], asyncio.AbstractEventLoop]]


class _OrdinaryTime:
    """The loop of every test that neither virtual time nor a plugin of the user's is for: the usual one."""

    @pytest.hookimpl(trylast=True, optionalhook=True)  # with `-p no:asyncio` nobody asks
    def pytest_asyncio_loop_factories(self) -> LoopFactories:
        return {"asyncio": asyncio.new_event_loop}


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known."""
    for marker in (
        "virtual_time: run this test on an event loop whose time passes only when everything waits.",
        "wall_clock: run this test on the wall clock, though it takes an emulator in process.",
        "nanobanana(seed, speed, credits, faults, latency, …): how the emulated gateway of this test behaves.",
    ):
        config.addinivalue_line("markers", marker)
    config.pluginmanager.register(_OrdinaryTime(), "nanobanana_async.testing.ordinary_time")


@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_asyncio_loop_factories(item: pytest.Item) -> LoopFactories | None:
    """Virtual time for the tests that can have it."""
    return {"virtual_time": VirtualTimeLoop} if is_virtual(item) else None


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Say so where a test can't have the clock that it asks for."""
    complaint = objection(item)
    if complaint is not None:
        pytest.fail(f"{item.nodeid}: {complaint}", pytrace=False)


@pytest.fixture
def nanobanana_emulator(request: pytest.FixtureRequest) -> Emulator:
    """A gateway in this process: `.client()`, `.ledger`, `.faults`."""
    return made(request, _emulator, marked(request))


@pytest.fixture
def nanobanana_server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmulatorServer]:
    """A gateway on a port of its own: `.base_url`, `.world.ledger`, `.world.faults`.

    ``KIE_BASE_URL`` and ``KIE_API_KEY`` lead to it while the test runs, so that a `Client()` made deep inside an
    application comes here.
    """
    world = made(request, _world, {"speed": SERVER_SPEED, **marked(request)})
    with EmulatorServer(world) as server:
        monkeypatch.setenv("KIE_BASE_URL", server.base_url)
        monkeypatch.setenv("KIE_API_KEY", "test")
        yield server


@pytest_asyncio.fixture
async def nanobanana_client(request: pytest.FixtureRequest) -> AsyncIterator[Client]:
    """A started client: of `nanobanana_server` where the test takes that, else of `nanobanana_emulator`."""
    if SERVER in request.fixturenames:
        server: EmulatorServer = request.getfixturevalue(SERVER)
        client = client_of(server.world.options, base_url=server.base_url)
    else:
        client = request.getfixturevalue(EMULATOR).client()
    async with client:
        yield client


def _emulator(asked: Mapping[str, Any]) -> Emulator:
    return Emulator(options_of(asked), faults=asked.get("faults"), latency=asked.get("latency"))


def _world(asked: Mapping[str, Any]) -> World:
    if asked.get("latency") is not None:
        raise OptionError("latency", repr(asked["latency"]), f"for {EMULATOR} only; a server's messages really travel")
    return World(options_of(asked), faults=asked.get("faults"))

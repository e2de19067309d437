"""A pytest plugin: fixtures for the emulator, and virtual time for the tests that can have it.

Nothing of it is loaded unless a test suite asks, in its top ``conftest.py``::

    pytest_plugins = ["nanobanana_async.testing.plugin"]

It stands on pytest-asyncio. A test that takes `nanobanana_emulator` or `nanobanana_client` runs on virtual time:
nothing in it waits for real. Marked ``@pytest.mark.wall_clock``, or with `nanobanana_server`, which has a real port, it
runs on the wall clock; any other asyncio test may ask for virtual time with ``@pytest.mark.virtual_time``.
``@pytest.mark.nanobanana(seed=7, credits=100, faults=["closed,nth=3"])`` says how the gateway of a test behaves.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

import pytest
import pytest_asyncio
from attrs import fields

from nanobanana_async.client import Client
from nanobanana_async.emulator import EmulatorOptions, EmulatorServer, Faults, World
from nanobanana_async.testing._emulator import Emulator, client_of
from nanobanana_async.testing._latency import Latency
from nanobanana_async.testing._virtual_time import VirtualTimeLoop

SERVER_SPEED = 20.0
"""How much faster than life a server on the wall clock generates, unless a test says otherwise."""

_IN_PROCESS = {"nanobanana_emulator", "nanobanana_client"}

LoopFactories = Mapping[str, Callable[[], asyncio.AbstractEventLoop]]


class _OrdinaryTime:
    """The loop of every test that neither virtual time nor a plugin of the user's is for: the usual one."""

    @pytest.hookimpl(trylast=True)
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


@pytest.hookimpl(tryfirst=True)
def pytest_asyncio_loop_factories(item: pytest.Item) -> LoopFactories | None:
    """Virtual time for the tests that can have it."""
    return {"virtual_time": VirtualTimeLoop} if _is_virtual(item) else None


def _is_virtual(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    if item.get_closest_marker("wall_clock") or "nanobanana_server" in fixtures:
        return False
    return item.get_closest_marker("virtual_time") is not None or bool(fixtures & _IN_PROCESS)


@pytest.fixture
def nanobanana_emulator(request: pytest.FixtureRequest) -> Emulator:
    """A gateway in this process: `.client()`, `.ledger`, `.faults`."""
    asked = _asked_for(request)
    return Emulator(_options(request, asked), faults=asked.get("faults", ()), latency=asked.get("latency", Latency()))


@pytest.fixture
def nanobanana_server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmulatorServer]:
    """A gateway on a port of its own: `.base_url`, `.world.ledger`, `.world.faults`.

    ``KIE_BASE_URL`` and ``KIE_API_KEY`` lead to it while the test runs, so that a `Client()` made deep inside an
    application comes here.
    """
    asked = {"speed": SERVER_SPEED, **_asked_for(request)}
    options = _options(request, asked)
    with EmulatorServer(World(options, faults=Faults(asked.get("faults", ()), seed=options.seed))) as server:
        monkeypatch.setenv("KIE_BASE_URL", server.base_url)
        monkeypatch.setenv("KIE_API_KEY", "test")
        yield server


@pytest_asyncio.fixture
async def nanobanana_client(request: pytest.FixtureRequest) -> AsyncIterator[Client]:
    """A started client: of `nanobanana_server` where the test takes that, else of `nanobanana_emulator`."""
    if "nanobanana_server" in request.fixturenames:
        server: EmulatorServer = request.getfixturevalue("nanobanana_server")
        client = client_of(server.world.options, base_url=server.base_url)
    else:
        client = request.getfixturevalue("nanobanana_emulator").client()
    async with client:
        yield client


def _asked_for(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What the markers of a test say, the nearest first."""
    asked: dict[str, Any] = {}
    for marker in request.node.iter_markers("nanobanana"):
        if marker.args:
            raise pytest.UsageError(f"{request.node.nodeid}: mark.nanobanana takes keywords only, not {marker.args!r}")
        asked = {**marker.kwargs, **asked}
    return asked


def _options(request: pytest.FixtureRequest, asked: dict[str, Any]) -> EmulatorOptions:
    chosen = {name: value for name, value in asked.items() if name not in ("faults", "latency")}
    try:
        return EmulatorOptions(**chosen)
    except (TypeError, ValueError) as error:
        names = ", ".join(["faults", "latency", *(field.name for field in fields(EmulatorOptions))])
        raise pytest.UsageError(f"{request.node.nodeid}: mark.nanobanana: {error}; it takes {names}") from error

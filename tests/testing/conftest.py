"""What several of these tests stand on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nanobanana_async.emulator import EmulatorServer, World
from tests.testing.ways import OPTIONS, Way


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """An empty suite that has asked for the plugin."""
    pytester.makeconftest('pytest_plugins = ["nanobanana_async.testing.plugin"]')
    pytester.makepyprojecttoml(
        """
        [tool.pytest.ini_options]
        asyncio_mode = "auto"
        asyncio_default_fixture_loop_scope = "function"
        filterwarnings = ["error"]
        addopts = "--strict-markers -p no:cacheprovider"
        """
    )
    return pytester


@pytest.fixture(scope="module")
def ways() -> Iterator[tuple[Way, Way]]:
    """Two worlds alike, one in this process and one behind a socket; both are asked the same things, in one order."""
    with EmulatorServer(World(OPTIONS)) as server:
        yield Way(World(OPTIONS), "http://emulator.localhost"), Way(server.world, server.base_url)

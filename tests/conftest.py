"""What holds for every test, and what the whole run is held to."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping

import pytest
from hypothesis import HealthCheck, settings

from nanobanana_async.testing import VirtualTimeLoop

pytest_plugins = ["nanobanana_async.testing.plugin", "pytester"]

# No test may depend on how fast a machine is.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

COVERED = 95.0
"""Branch coverage of the whole, in percent; the pure floors are held to 100 by tests/house/test_coverage.py."""


LEFT_OUT = "not every_crash"
"""The marker expression of a whole run, as pyproject.toml has it."""


def pytest_xdist_auto_num_workers() -> int:
    """Two for each processor: many tests wait for processes and sockets, and none depends on how fast it is."""
    return 2 * (os.cpu_count() or 1)


ON_THE_WALL_CLOCK = {
    "cli": "processes and servers of their own",
    "contract": "threads that write files",
    "emulator": "real sockets",
    "house": "processes",
    "interop": "servers that others wrote, and real sockets",
    "journal": "threads that write files, and processes",
    "runs": "real sockets",
    "storage": "threads that write files",
    "transport": "real sockets",
}
"""The folders whose tests can't have virtual time, and why. In the others a marker says so, test by test."""


@pytest.hookimpl(tryfirst=True)
def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Virtual time, unless a folder, a marker or a real port asks for the wall clock."""
    folder = item.path.parent.name
    needs_the_wall = folder in ON_THE_WALL_CLOCK or item.get_closest_marker("wall_clock") is not None
    if needs_the_wall or "nanobanana_server" in getattr(item, "fixturenames", ()):
        return {"wall_clock": asyncio.new_event_loop}
    return {"virtual_time": VirtualTimeLoop}


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Hold a whole run to its coverage; a run of some tests is held to nothing."""
    plugin = config.pluginmanager.getplugin("_cov")
    is_whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not (
        config.option.keyword
        or config.option.markexpr not in ("", LEFT_OUT)
        or getattr(config.option, "lf", False)
        or config.option.collectonly
    )
    if plugin is not None and is_whole:
        # pytest-cov reads the options that it was loaded with, which are not those of `config`.
        plugin.options.cov_fail_under = COVERED

"""What several of these tests stand on."""

from __future__ import annotations

import pytest


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

"""What holds for every test, and what the whole run is held to."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

# No test may depend on how fast a machine is.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

COVERED = 95.0
"""Branch coverage of the whole, in percent; the pure floors are held to 100 by tests/house/test_coverage.py."""


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Hold a whole run to its coverage; a run of some tests is held to nothing."""
    plugin = config.pluginmanager.getplugin("_cov")
    is_whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not (
        config.option.keyword or config.option.markexpr or config.option.lf or config.option.collectonly
    )
    if plugin is not None and is_whole:
        # pytest-cov reads the options that it was loaded with, which are not those of `config`.
        plugin.options.cov_fail_under = COVERED

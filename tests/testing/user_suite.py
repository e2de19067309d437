"""A test suite of a user's, in a folder of its own."""

from __future__ import annotations

import pytest

HEAD = """
    import asyncio, os
    import pytest
    from nanobanana_async import Client
    from nanobanana_async.testing import VirtualTimeLoop

    def is_virtual():
        return isinstance(asyncio.get_running_loop(), VirtualTimeLoop)
"""


def run(suite: pytest.Pytester, tests: str, **outcomes: int) -> pytest.RunResult:
    suite.makepyfile(HEAD + tests)
    result = suite.runpytest_inprocess("-q")
    result.assert_outcomes(**outcomes)
    return result

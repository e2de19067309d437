"""The plugin beside other ways to run tests: loops that several tests share, and no pytest-asyncio at all."""

from __future__ import annotations

import pytest

from tests.testing.user_suite import run

SHARED = """
[tool.pytest.ini_options]
asyncio_mode = "auto"
asyncio_default_test_loop_scope = "session"
asyncio_default_fixture_loop_scope = "session"
"""


@pytest.mark.parametrize("scope", ["class", "module", "session"])
def test_a_client_on_another_loop_than_the_test_is_told(suite: pytest.Pytester, scope: str) -> None:
    """Before the test begins, with the name of the fixture and two ways out; the emulator can be had there."""
    result = run(
        suite,
        f"""
    @pytest.mark.asyncio(loop_scope="{scope}")
    class TestShared:
        async def test_client(self, nanobanana_client):
            pass

        async def test_emulator(self, nanobanana_emulator):
            assert is_virtual()
            async with nanobanana_emulator.client() as client:
                await client.generate("a banana")
""",
        passed=1,
        errors=1,
    )

    result.stdout.fnmatch_lines(
        [f"*test_client*: nanobanana_client is started on the event loop of the function*on that of the {scope}*"]
    )
    assert "async with nanobanana_emulator.client() as client" in result.stdout.str()


def test_where_all_share_one_loop_the_client_is_on_it_too(suite: pytest.Pytester) -> None:
    """Tests and fixtures of one session, by the settings of pytest-asyncio."""
    suite.makepyprojecttoml(SHARED)

    run(
        suite,
        """
    async def test_one(nanobanana_client):
        await nanobanana_client.generate("a banana")

    async def test_two():
        assert not is_virtual()

    async def test_three(nanobanana_client):
        await nanobanana_client.generate("a banana")
""",
        passed=3,
    )


def test_without_pytest_asyncio_the_rest_goes_on(suite: pytest.Pytester) -> None:
    """Switched off for a run, it asks nobody for loops; a server needs none."""
    suite.makepyprojecttoml("[tool.pytest.ini_options]\nfilterwarnings = ['error']\n")
    suite.makepyfile("def test_one(nanobanana_server):\n    assert nanobanana_server.base_url\n")

    result = suite.runpytest_subprocess("-q", "-p", "no:asyncio", "-p", "no:cacheprovider")

    result.assert_outcomes(passed=1)

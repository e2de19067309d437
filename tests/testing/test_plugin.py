"""The pytest plugin, in suites of its own: what a user's tests get, and what they don't."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.testing.user_suite import run


def test_the_client_is_of_the_emulator_in_process_and_on_virtual_time(suite: pytest.Pytester) -> None:
    """Created, waited for, asked about: no port, and no real second."""
    run(
        suite,
        """
    async def test_one(nanobanana_client, nanobanana_emulator):
        assert is_virtual()
        result = await nanobanana_client.generate("a banana")
        assert [create.task_id for create in nanobanana_emulator.ledger.accepted] == [result.task_id]
        assert (result.completed_at - result.created_at).total_seconds() > 5
""",
        passed=1,
    )


def test_each_test_has_an_emulator_of_its_own(suite: pytest.Pytester) -> None:
    """With the same seed, and so the same ids; nothing of one test is seen by the next."""
    run(
        suite,
        """
    seen = []

    @pytest.mark.parametrize("n", range(3))
    async def test_one(nanobanana_client, nanobanana_emulator, n):
        seen.append((await nanobanana_client.generate("a banana")).task_id)
        assert len(nanobanana_emulator.ledger.accepted) == 1
        assert len(set(seen)) == 1
""",
        passed=3,
    )


def test_a_server_has_a_port_and_the_environment_leads_to_it(suite: pytest.Pytester) -> None:
    """A client made deep inside an application comes to it, on the wall clock."""
    run(
        suite,
        """
    @pytest.mark.nanobanana(speed=1000)
    async def test_one(nanobanana_server, nanobanana_client):
        assert not is_virtual()
        async with Client() as client:
            assert await client.balance() == await nanobanana_client.balance() == 10_000
        assert os.environ["KIE_BASE_URL"] == nanobanana_server.base_url

    def test_two():
        assert "KIE_BASE_URL" not in os.environ
""",
        passed=2,
    )


def test_a_marker_says_how_the_gateway_behaves(suite: pytest.Pytester) -> None:
    """The nearest marker goes first, word by word."""
    run(
        suite,
        """
    pytestmark = pytest.mark.nanobanana(credits=8, seed=3)

    @pytest.mark.nanobanana(credits=50, faults=["server-error,nth=1"])
    async def test_one(nanobanana_client, nanobanana_emulator):
        await nanobanana_client.generate("a banana")
        assert await nanobanana_client.balance() == 46
        assert [create.code for create in nanobanana_emulator.ledger.creates] == [500, 200]
        assert nanobanana_emulator.options.seed == 3

    @pytest.mark.nanobanana(faults=["closed"])
    async def test_two(nanobanana_server, nanobanana_client):
        with pytest.raises(Exception, match="closed|disconnected"):
            await nanobanana_client.generate("a banana")
        assert len(nanobanana_server.world.ledger.accepted) == 1
""",
        passed=2,
    )


def test_the_clock_is_chosen_by_fixture_and_marker(suite: pytest.Pytester) -> None:
    """Tests that take nothing of ours are left on the usual loop."""
    run(
        suite,
        """
    async def test_usual():
        assert not is_virtual()

    @pytest.mark.virtual_time
    async def test_asked_for():
        assert is_virtual()

    @pytest.mark.wall_clock
    @pytest.mark.nanobanana(speed=1000)
    async def test_on_the_wall(nanobanana_client):
        assert not is_virtual()
        await nanobanana_client.balance()

    def test_no_loop_at_all(nanobanana_emulator):
        assert not nanobanana_emulator.ledger.accepted
""",
        passed=4,
    )


def test_loops_that_the_user_chooses_stay_the_users(suite: pytest.Pytester) -> None:
    """A hook in a conftest of theirs holds for every test that virtual time is not for."""
    suite.makeconftest(
        """
        import asyncio
        pytest_plugins = ["nanobanana_async.testing.plugin"]

        class TheirLoop(asyncio.SelectorEventLoop):
            pass

        def pytest_asyncio_loop_factories(config, item):
            return {"theirs": TheirLoop}
        """
    )
    run(
        suite,
        """
    async def test_theirs():
        assert type(asyncio.get_running_loop()).__name__ == "TheirLoop"

    async def test_ours(nanobanana_client):
        assert is_virtual()
""",
        passed=2,
    )


def test_strict_mode_works_too(suite: pytest.Pytester) -> None:
    """Where pytest-asyncio asks for a marker on each test."""
    suite.makepyprojecttoml(
        """
        [tool.pytest.ini_options]
        asyncio_mode = "strict"
        asyncio_default_fixture_loop_scope = "function"
        """
    )
    run(
        suite,
        """
    @pytest.mark.asyncio
    async def test_one(nanobanana_client):
        assert is_virtual()
        assert (await nanobanana_client.generate("a banana")).image
""",
        passed=1,
    )


def test_nothing_is_loaded_unless_asked_for() -> None:
    """Installing the package changes no test suite, and `testing` itself loads no pytest."""
    script = (
        "import sys, importlib.metadata as m\n"
        "assert not [e for e in m.entry_points(group='pytest11') if 'nanobanana' in e.value]\n"
        "import nanobanana_async.testing\n"
        "assert not [name for name in sys.modules if name.split('.')[0] in ('pytest', '_pytest', 'pytest_asyncio')]\n"
    )

    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)

"""What the plugin can't give: told before the test begins, in a line, with the test's name and a way out."""

from __future__ import annotations

import pytest

from tests.testing.user_suite import run

STRICT = """
[tool.pytest.ini_options]
asyncio_mode = "strict"
asyncio_default_fixture_loop_scope = "function"
"""


def complaint_about(suite: pytest.Pytester, test: str) -> str:
    """What is said of the one test `test_one` in place of running it: all of it."""
    suite.makepyfile(f"import pytest\nfrom nanobanana_async.testing import Latency\n\n{test}")
    result = suite.runpytest_inprocess("-q")
    result.assert_outcomes(errors=1)
    lines = result.stdout.lines
    begin, end = (
        next(n for n, line in enumerate(lines) if word in line) for word in ("ERROR at setup", "summary info")
    )
    [said] = lines[begin + 1 : end]
    assert said.partition(": ")[0].partition("[")[0].endswith(".py::test_one")
    return said


@pytest.mark.parametrize(
    ("marker", "words"),
    [
        ("credit=5", "mark.nanobanana takes no 'credit'; did you mean 'credits'? It takes faults, latency, seed,"),
        ("zzz=5", "mark.nanobanana takes no 'zzz'. It takes faults, latency, seed,"),
        ("'fast'", "mark.nanobanana takes keywords only, such as seed=1, and not 'fast'"),
        ("speed=0", "speed=0 is not allowed: a number above 0"),
        ("limit='20 in 10'", "limit='20 in 10' is not allowed: a Limit, or a text such as '20/10'"),
        ("window='slidng'", "window='slidng' is not allowed: sliding, fixed, bucket,"),
        ("latency=0.1", "latency=0.1 is not allowed: a Latency, as in Latency("),
        ("faults=['x']", "'x' is no fault; `nanobanana emulator --faults` lists them all"),
        ("faults=[5]", "5 is no fault: give text, such as 'too-many,nth=3', or a Fault"),
        ("faults=5", "faults=5 is not allowed: one fault or a list"),
    ],
)
@pytest.mark.parametrize("fixture", ["nanobanana_emulator", "nanobanana_server"])
def test_a_marker_that_means_nothing_is_told(suite: pytest.Pytester, marker: str, words: str, fixture: str) -> None:
    """The word, its value, and what there is; no class of ours, and no traceback."""
    said = complaint_about(suite, f"@pytest.mark.nanobanana({marker})\nasync def test_one({fixture}):\n    pass\n")

    if fixture == "nanobanana_server" and marker.startswith("latency"):
        words = "latency=0.1 is not allowed: for nanobanana_emulator only"
    assert words in said
    assert "EmulatorOptions" not in said


@pytest.mark.parametrize(
    ("test", "words"),
    [
        (
            "@pytest.mark.virtual_time\n@pytest.mark.wall_clock\nasync def test_one(): pass",
            "virtual_time and wall_clock contradict each other: leave one of them out",
        ),
        (
            "@pytest.mark.virtual_time\nasync def test_one(nanobanana_server): pass",
            "virtual_time can't be had with nanobanana_server: its answers come through a real socket",
        ),
        (
            "@pytest.mark.virtual_time\ndef test_one(): pass",
            "this one is no `async def`: make it one, or take the marker off",
        ),
    ],
)
def test_a_clock_that_can_not_be_had_is_told(suite: pytest.Pytester, test: str, words: str) -> None:
    """Two clocks at once, virtual time with a real socket, virtual time without a loop."""
    assert words in complaint_about(suite, test)


@pytest.mark.parametrize(
    ("test", "words"),
    [
        ("async def test_one(nanobanana_client): pass", "nanobanana_client can't be had here"),
        ("async def test_one(nanobanana_emulator): pass", "nanobanana_emulator on virtual time can't be had here"),
        ("@pytest.mark.virtual_time\nasync def test_one(): pass", "virtual_time can't be had here"),
        ("@pytest.mark.wall_clock\nasync def test_one(nanobanana_client): pass", "nanobanana_client can't be had here"),
        ("async def test_one(nanobanana_server, nanobanana_client): pass", "nanobanana_client can't be had here"),
    ],
)
@pytest.mark.parametrize("mark", ["", "pytestmark = pytest.mark.anyio\n"], ids=["unmarked", "anyio"])
def test_what_pytest_asyncio_does_not_run_is_told(suite: pytest.Pytester, test: str, words: str, mark: str) -> None:
    """Virtual time, asked for or brought by a fixture, and a client on another loop: each with the remedy."""
    suite.makepyprojecttoml(STRICT)

    said = complaint_about(suite, mark + test)

    assert words in said
    assert "pytest-asyncio doesn't run this test" in said
    assert "Mark it @pytest.mark.asyncio" in said


def test_a_client_that_anyio_would_start_on_its_own_loop_is_told(suite: pytest.Pytester) -> None:
    """In auto mode pytest-asyncio runs the test, and anyio takes its fixtures all the same."""
    said = complaint_about(suite, "@pytest.mark.anyio\nasync def test_one(nanobanana_client): pass")

    assert "nanobanana_client can't be had here" in said


def test_what_can_be_had_is_given(suite: pytest.Pytester) -> None:
    """Sync tests beside a marker of the module, the nearest of two markers, anyio with an emulator in real time."""
    run(
        suite,
        """
    pytestmark = pytest.mark.virtual_time

    def test_sync(nanobanana_emulator):
        assert not nanobanana_emulator.ledger.accepted

    async def test_virtual():
        assert is_virtual()

    @pytest.mark.wall_clock
    async def test_real(nanobanana_server):
        assert not is_virtual()

    @pytest.mark.wall_clock
    @pytest.mark.anyio
    async def test_anyio(nanobanana_emulator):
        async with nanobanana_emulator.client() as client:
            assert await client.balance() == 10_000

    @pytest.mark.wall_clock
    class TestClass:
        @pytest.mark.virtual_time
        async def test_nearest(self):
            assert is_virtual()
""",
        passed=5,
    )


@pytest.mark.parametrize("faults", ["None", "'Too_Many'", "['too-many', 'closed']"])
def test_a_marker_takes_faults_in_any_form(suite: pytest.Pytester, faults: str) -> None:
    """None, one, or several; and the words of options that have a short form."""
    run(
        suite,
        f"""
    @pytest.mark.nanobanana(faults={faults}, latency=None, limit="3/7", window="bucket")
    async def test_one(nanobanana_emulator):
        assert len(nanobanana_emulator.faults) == {{"None": 0, "'Too_Many'": 1}}.get({faults!r}, 2)
        assert (nanobanana_emulator.options.limit.count, nanobanana_emulator.options.limit.per) == (3, 7)
""",
        passed=1,
    )

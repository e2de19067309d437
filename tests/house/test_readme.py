"""What the README shows works: its Python runs against the emulator, its commands exist, its defaults are true."""

from __future__ import annotations

import inspect
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nanobanana_async import Client, Kie, OpenAIImages
from nanobanana_async.emulator import EmulatorOptions, EmulatorServer, Limit, World

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
CONSOLE = "\n".join(re.findall(r"^```console\n(.*?)^```", README, re.DOTALL | re.MULTILINE))

RUN_WITH_AWAIT = """
import ast, asyncio, inspect, sys
code = compile(sys.stdin.read(), "README.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
running = eval(code, {"__name__": "__main__"})
if inspect.isawaitable(running):
    async def main():
        await running
    asyncio.run(main())
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[subprocess.CompletedProcess[str]]]:
    """Every block, each in a process and a folder of its own, all at once: they mostly wait."""
    with EmulatorServer(World(EmulatorOptions(speed=50, seed=1, limit=Limit(1000, per=1)))) as server:
        kie = {"KIE_BASE_URL": server.base_url, "KIE_API_KEY": "any"}
        reseller = {"NANOBANANA_IMAGES_BASE_URL": f"{server.base_url}/v1", "NANOBANANA_IMAGES_API_KEY": "any"}
        environ = {**os.environ, **kie, **reseller}
        folders = [tmp_path_factory.mktemp("readme") for _ in PYTHON]  # here: the factory is not for threads

        def run(block: str, folder: Path) -> subprocess.CompletedProcess[str]:
            command = [sys.executable, "-W", "error", *(_as_test(block, folder) or ["-c", RUN_WITH_AWAIT])]
            return subprocess.run(
                command, input=block, cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=300
            )

        with ThreadPoolExecutor(len(PYTHON)) as pool:
            yield list(pool.map(run, PYTHON, folders))


def _as_test(block: str, folder: Path) -> list[str]:
    """What runs a block that is a test of a user's, in a suite that is set up as its first lines say."""
    if "def test_" not in block:
        return []
    asked = re.findall(r"pytest_plugins = .*\]", block)
    (folder / "conftest.py").write_text("\n".join(asked))
    (folder / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n")
    (folder / "test_readme.py").write_text(block)
    return ["-m", "pytest", "-q", "-p", "no:cacheprovider"]


@pytest.mark.parametrize("number", range(len(PYTHON)))
def test_a_block_of_python_runs(number: int, ran: list[subprocess.CompletedProcess[str]]) -> None:
    """Against an emulator, with warnings as errors."""
    assert ran[number].returncode == 0, PYTHON[number] + ran[number].stderr


def test_the_blocks_print_what_the_page_says(ran: list[subprocess.CompletedProcess[str]]) -> None:
    """The batch saves its files, and its report adds up."""
    output = "\n".join(run.stdout for run in ran)

    assert "sku-2 is in pictures/sku-2." in output
    assert "3 of 3 succeeded | 24 credits (0.12 USD)" in output
    assert "2 images | 16 credits (0.08 USD)" in output


def test_a_block_that_is_a_test_is_run_as_one(ran: list[subprocess.CompletedProcess[str]]) -> None:
    """The bot's test is a user's, of 15 lines at most, and it passes because it was run."""
    [number] = [number for number, block in enumerate(PYTHON) if "def test_" in block]
    lines = [line for line in PYTHON[number].splitlines() if line.strip() and not line.startswith("#")]

    assert "1 passed" in ran[number].stdout
    assert len(lines) <= 15


def test_the_first_example_stands_near_the_top() -> None:
    """Nobody scrolls."""
    assert README[: README.index("```python")].count("\n") < 30


def test_every_command_and_option_exists() -> None:
    """As the command line's own help has it."""
    lines = [line for line in CONSOLE.splitlines() if re.search(r"(^|[ /])nanobanana [a-z]", line)]
    for line in lines:
        words = shlex.split(re.split(r"(?:^|[ /])nanobanana ", line, maxsplit=1)[1].split("|")[0].split("&")[0])
        help_text = _help(words[0])
        assert not [word for word in words[1:] if word.startswith("--") and word not in help_text], line
    assert len(lines) > 8


def _help(command: str) -> str:
    run = subprocess.run(
        [sys.executable, "-m", "nanobanana_async", command, "--help"],
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"},
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout


def test_the_table_of_defaults_is_true() -> None:
    """Each row of it is a parameter of the client, or of the gateway that it names, with its value."""
    parameters = inspect.signature(Client).parameters
    rows = dict(re.findall(r"^\| `(\w+)` \| `?([^|`]+)`? \|", README.split("## Defaults")[1], re.MULTILINE))

    assert rows["rate"] == "Rate(20, per=10)"
    assert str(parameters["rate"].default) == "20/10"
    assert rows["in_flight"].strip() == str(parameters["in_flight"].default)
    assert rows["answer_within"].strip() == f"{OpenAIImages().answer_within:g} s"
    assert rows["deadline"].strip() == f"{parameters['deadline'].default} s"
    for default in (Kie.default_model, Kie.default_edit_model, OpenAIImages.default_model):
        assert f"`{default}`" in README.split("\n| `model` |")[1].split("\n")[0]
    for name in ("on_unknown", "on_server_error"):
        assert rows[name] == f'"{parameters[name].default}"'
    polling = parameters["polling"].default
    assert rows["polling"] == f"Polling(per_second={polling.per_second})"

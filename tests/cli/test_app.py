"""The command as such: its help, its version, its start."""

from __future__ import annotations

import subprocess
import sys

import pytest

import nanobanana_async
from nanobanana_async.cli import main
from tests.cli.shell import nanobanana, run_to_end

COMMANDS = ("generate", "edit", "batch", "download", "status", "unknown", "balance", "models", "emulator", "demo")


def test_help_names_every_command_and_the_exit_codes() -> None:
    """With examples, on stdout."""
    said = nanobanana("--help")

    assert said.code == 0
    assert all(f"  {command} " in said.out for command in COMMANDS)
    assert 'nanobanana generate "a banana in orbit" -o banana.png' in said.out
    assert "130 interrupted" in said.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_nothing_cut_off(command: str) -> None:
    """Whole sentences, also in the list of commands."""
    said = nanobanana(command, "-h")

    assert said.code == 0
    assert "Usage: " in said.out
    assert "..." not in nanobanana("--help").out.partition("Commands:")[2]


def test_as_a_module_it_is_the_same_command() -> None:
    """`python -m nanobanana_async`, in a process of its own or not."""
    for start in (run_to_end, nanobanana):
        said = start("--version")

        assert (said.code, said.out) == (0, f"nanobanana {nanobanana_async.__version__}\n")


def test_the_entry_point_leaves_with_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """What ``sys.argv`` names is run."""
    monkeypatch.setattr(sys, "argv", ["nanobanana", "balance"])
    with pytest.raises(SystemExit) as left:
        main()

    assert left.value.code == 2
    assert "KIE_API_KEY" in capfd.readouterr().err


@pytest.mark.parametrize(("missing", "expected"), [("typer", SystemExit), ("attrs", ModuleNotFoundError)])
def test_only_its_own_extra_is_missed_in_words(
    missing: str, expected: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever else is missing is a broken installation, and keeps its traceback."""
    monkeypatch.setitem(sys.modules, missing, None)
    for name in [name for name in sys.modules if name.startswith("nanobanana_async.cli._")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(expected):
        main()


@pytest.mark.parametrize("arguments", [["generat"], ["generate"], ["generate", "x", "--colour", "red"], []])
def test_wrong_usage_is_exit_code_2(arguments: list[str]) -> None:
    """Whatever is wrong."""
    assert nanobanana(*arguments).code == 2


@pytest.mark.parametrize("rate", ["20", "x/10", "20/x", "0/10", "20/0", "20/nan", "20/inf", "-1/10", "/", "1.5/10"])
def test_a_rate_that_is_none_is_refused(rate: str) -> None:
    """With the form that it should have."""
    said = nanobanana("demo", f"--rate={rate}")

    assert said.code == 2
    assert "write 20/10" in said.err


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "soon"])
def test_a_time_is_a_number_above_zero(seconds: str) -> None:
    """Anything else is refused."""
    said = nanobanana("generate", "a cat", f"--timeout={seconds}")

    assert said.code == 2
    assert "is no number above 0" in said.err


LOADED = """
import sys
from nanobanana_async.cli import main
try:
    main()
except SystemExit:
    heavy = ("httpx", "httpcore", "rich", "cattrs", "starlette", "uvicorn", "PIL")
    print([name for name in heavy if name in sys.modules])
"""


def test_help_loads_nothing_heavy() -> None:
    """It is there at once."""
    run = subprocess.run([sys.executable, "-c", LOADED, "--help"], capture_output=True, text=True, check=True)

    assert run.stdout.splitlines()[-1] == "[]"


class _CutShort:
    """A module whose loading is cut short by Ctrl-C."""

    def __getattr__(self, name: str) -> object:
        raise KeyboardInterrupt


def test_ctrl_c_while_it_starts_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exit code is that of an interruption."""
    monkeypatch.setitem(sys.modules, "nanobanana_async.cli._app", _CutShort())

    with pytest.raises(SystemExit) as left:
        main()

    assert left.value.code == 130

"""Where requests go: the vendor, another base URL, or an emulator for this one command."""

from __future__ import annotations

import subprocess
import sys

import pytest

from nanobanana_async import Kie
from nanobanana_async.cli._connection import Where, connected, vendor
from nanobanana_async.emulator import EmulatorServer
from tests.cli.shell import nanobanana


def test_without_a_key_one_sentence_says_which_variable() -> None:
    """Exit code 2, and a way on without a key."""
    said = nanobanana("balance")

    assert said.code == 2
    assert said.out == ""
    assert said.err.splitlines() == [
        "error: no API key: set the environment variable KIE_API_KEY",
        "  Or give a file that sets it as --env-file; to try things without a key, add --emulator.",
    ]


def test_a_base_url_of_the_user_is_obeyed(gateway: EmulatorServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--base-url` wins over the environment."""
    monkeypatch.setenv("KIE_BASE_URL", "http://127.0.0.1:1")

    assert nanobanana("balance", "--base-url", gateway.base_url).code == 0


def test_what_is_no_url_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 2, before anything is sent."""
    monkeypatch.setenv("KIE_API_KEY", "k")
    said = nanobanana("balance", "--base-url", "https://api.example.com?x=1")

    assert said.code == 2
    assert "'https://api.example.com…' is not a base URL" in said.err


@pytest.mark.parametrize("gateway_name", ["kie", "openai-images"])
def test_a_key_in_the_place_of_the_url_is_not_printed(gateway_name: str) -> None:
    """Terminals are recorded, and so are the logs of whoever runs it."""
    said = nanobanana("generate", "a", "-o", "a.png", "--gateway", gateway_name, "--base-url", "sk-live-51c0ffee")

    assert said.code == 2
    assert "base_url is no URL (not shown: it may be a key)" in said.err
    assert "51c0ffee" not in said.err + said.out


def test_the_emulator_gets_pictures_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """An upload URL in the environment does not send them to the vendor."""
    monkeypatch.setenv("KIE_API_KEY", "real")
    monkeypatch.setenv("KIE_UPLOAD_URL", "https://vendor.example")
    with connected(Where(emulator=True, speed=50)) as connection:
        assert isinstance(connection.gateway, Kie)
        assert connection.gateway.upload_url == connection.gateway.base_url
        assert connection.gateway.api_key == "emulator"
        assert connection.polling.speed == 50


def test_the_vendor_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a key and nothing else."""
    monkeypatch.setenv("KIE_API_KEY", "k")

    assert vendor(Where()) == Kie("k").resolved({})


@pytest.mark.parametrize(
    "options",
    [["--emulator", "--base-url", "http://127.0.0.1:1"], ["--seed", "3"]],
)
def test_options_that_contradict_each_other_are_refused(options: list[str]) -> None:
    """Exit code 2 instead of a guess."""
    assert nanobanana("generate", "a cat", *options).code == 2


MISSING = """
import sys
sys.modules[sys.argv.pop(1)] = None
sys.argv[0] = "nanobanana"
from nanobanana_async.cli import main
main()
"""


@pytest.mark.parametrize(
    ("module", "arguments", "words"),
    [
        ("typer", ["balance"], 'error: the command line needs an extra: pip install "nanobanana-async[cli]"\n'),
        ("PIL", ["balance", "--emulator"], 'pip install "nanobanana-async[emulator]"'),
        ("uvicorn", ["emulator"], 'pip install "nanobanana-async[emulator]"'),
    ],
)
def test_a_missing_extra_is_one_sentence(module: str, arguments: list[str], words: str) -> None:
    """It says what to install; exit code 2."""
    command = [sys.executable, "-c", MISSING, module, *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=False)

    assert run.returncode == 2
    assert words in run.stderr
    assert "Traceback" not in run.stderr

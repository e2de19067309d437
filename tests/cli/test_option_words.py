"""Remedies at a shell name options, and no calls."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import nanobanana_async
from nanobanana_async import Kie, OpenAIImages
from nanobanana_async.cli._option_words import PHRASES, in_options
from nanobanana_async.cli._terminal import remedy_of
from nanobanana_async.emulator import EmulatorOptions, EmulatorServer
from nanobanana_async.errors import ConfigurationError
from tests.cli.shell import nanobanana

URL = "https://api.example.com/v1"
CALLS = re.compile(r"OpenAIImages|Kie\(|api_key|mode=|first argument")


@pytest.mark.parametrize("phrase", PHRASES)
def test_each_phrase_is_one_that_errors_have(phrase: str) -> None:
    """One that is worded anew would be said in the words of Python again."""
    sources = [path for path in Path(nanobanana_async.__file__).parent.rglob("*.py") if path.name != "_option_words.py"]
    joined = [re.sub(r'"\n\s*f?"', "", path.read_text("utf-8")).replace("\\'", "'") for path in sources]

    assert any(phrase in text for text in joined)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: OpenAIImages().resolved({}),
        lambda: OpenAIImages(URL).resolved({}),
        lambda: OpenAIImages("sk-swapped", URL),
        lambda: OpenAIImages("https://me:secret@api.example.com"),
        lambda: Kie("k", base_url="sk-swapped"),
    ],
)
def test_a_wrong_gateway_is_put_right_by_options(wrong: Callable[[], object]) -> None:
    """Or by the environment."""
    with pytest.raises(ConfigurationError) as caught:
        wrong()

    assert CALLS.search(remedy_of(caught.value)) is None
    assert "--" in remedy_of(caught.value)


@pytest.mark.parametrize("options", [EmulatorOptions(speed=100, cut_after=1)])
def test_a_relay_that_cuts_answers_leads_to_the_gateway_of_tasks(reseller: EmulatorServer, tmp_path: Path) -> None:
    """By its name here."""
    said = nanobanana("generate", "a cat", "-o", tmp_path / "cat.png", "--gateway", "openai-images")

    assert said.code == 1
    assert "may offer tasks: --gateway openai-images-async waits for no answer" in said.err


def test_what_stands_in_no_phrase_is_said_as_it_is() -> None:
    """It was meant for both."""
    assert in_options("Look into the vendor's log.") == "Look into the vendor's log."


def test_the_gateways_own_errors_are_held_where_none_is_trusted(gateway: EmulatorServer, tmp_path: Path) -> None:
    """By default they are repeated, for they are documented as free."""
    gateway.world.faults.add("server-error,times=1")
    rows = tmp_path / "rows.txt"
    rows.write_text("a cat\n")
    there = ("batch", rows, "--speed", 1000)
    held = nanobanana(*there, "-o", tmp_path / "held", "--on-server-error", "hold")
    gateway.world.faults.add("server-error,times=1")
    repeated = nanobanana(*there, "-o", tmp_path / "repeated")

    assert (held.code, repeated.code) == (1, 0), held.err + repeated.err
    assert "unknown" in held.err
    assert nanobanana(*there, "-o", tmp_path / "no", "--on-server-error", "x").code == 2

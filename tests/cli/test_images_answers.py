"""`emulator --images`: the forms of an OpenAI-style API."""

from __future__ import annotations

import json
import os
import signal
import urllib.error
import urllib.request

import pytest
import typer

from nanobanana_async.cli._images_answers import parse_images
from nanobanana_async.emulator import EmulatorOptions
from tests.cli.shell import nanobanana, spawned


def test_each_word_is_an_option_of_the_emulator() -> None:
    """Several with a comma between them; blanks count for nothing."""
    said = "item=both,b64=prefixed, url=data,task=data,errors = text,models=any,cut-after=60"
    options = parse_images(said)

    assert EmulatorOptions(**options) == EmulatorOptions(
        images_item="both",
        images_b64="prefixed",
        images_url="data",
        images_task="data",
        images_errors="text",
        images_models="any",
        cut_after=60.0,
    )
    assert parse_images(options) is options


@pytest.mark.parametrize("word", ["b64", "item", "url", "task", "errors", "models", "cut-after"])
def test_every_word_is_in_the_help(word: str) -> None:
    """Nobody has to read the source for them."""
    assert f"{word}=" in nanobanana("emulator", "--help").out


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("forms=text", "'forms' is none of item, b64, url, task, errors, models, cut-after."),
        ("errors=html", "errors='html' is none of object, text, message, msg."),
        ("b64", "b64='' is none of plain, prefixed."),
        ("cut-after=soon", "cut-after='soon' is no number of seconds above 0."),
        ("cut-after=inf", "cut-after='inf' is no number of seconds above 0."),
    ],
)
def test_what_it_does_not_know_is_named(said: str, words: str) -> None:
    """With all that it knows."""
    with pytest.raises(typer.BadParameter) as caught:
        parse_images(said)

    assert str(caught.value) == words


def test_it_answers_so() -> None:
    """An error there has the form that was asked for; where a client finds that API is said."""
    with spawned("emulator", "--port", "0", "--images", "errors=msg") as process:
        assert process.stdout is not None
        base_url = process.stdout.readline().strip()
        request = urllib.request.Request(f"{base_url}/v1/images/generations", b"{}", {"Authorization": "Bearer k"})
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=10)
        with caught.value as answer:
            body = json.load(answer)
        os.kill(process.pid, signal.SIGTERM)
        _, err = process.communicate(timeout=20)

    assert isinstance(body["msg"], str)
    assert f"export NANOBANANA_IMAGES_BASE_URL={base_url}/v1 NANOBANANA_IMAGES_API_KEY=any" in err

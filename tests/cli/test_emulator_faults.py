"""`emulator`: what goes wrong on purpose, and how it counts, told on the command line."""

from __future__ import annotations

import json
import signal
import urllib.request
from typing import Any

import pytest

from nanobanana_async.emulator import FAULT_CONDITIONS, FAULT_KINDS, FAULTS
from tests.cli.shell import nanobanana, spawned
from tests.cli.test_emulator import served
from tests.evidence import PATIENCE

CREATE = {"model": "nano-banana-2", "input": {"prompt": "a banana"}}


def asked(url: str, body: object = None) -> dict[str, Any]:
    """The JSON of one request."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Authorization": "Bearer k"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return dict(json.load(answer))


def test_everything_that_can_go_wrong_is_listed() -> None:
    """Every fault with its line and its parameters, every condition, every kind; then it leaves."""
    said = nanobanana("emulator", "--faults")

    assert (said.code, said.err) == (0, "")
    words = set(said.out.replace("=", " ").replace("[", " ").replace("]", " ").split())
    assert {*FAULTS, *FAULT_CONDITIONS} <= words
    assert {each.name for spec in FAULTS.values() for each in spec.parameters} <= words
    assert all(spec.says in said.out for spec in FAULTS.values())
    assert said.out.count("at which operations: any (default creates)") == 2
    assert said.out.count("at which operations: any but file (default creates)") == 2
    assert all(f"{kind}: {says}" in said.out for kind, says in FAULT_KINDS.items())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            ["--fault", "too-mny"],
            "'too-mny' is no fault; did you mean 'too-many'?\n  See what there is with: nanobanana emulator --faults\n",
        ),
        (["--fault", "zzz"], "'zzz' is no fault; `nanobanana emulator --faults` lists them all\n"),
        (["--fault", "closed", "--fault", "closed,nth=x"], "nth='x' is not allowed: whole numbers, 1 or more"),
        (["--window", "round"], "round"),
        (["--record-shape", "odd"], "odd"),
    ],
)
def test_what_cannot_be_understood_is_exit_code_2(options: list[str], words: str) -> None:
    """And says why."""
    said = nanobanana("emulator", "--port", 0, *options)

    assert said.code == 2
    assert words in said.err


@pytest.mark.parametrize("window", ["sliding", "fixed", "bucket"])
def test_it_starts_with_faults_and_any_way_of_counting(window: str) -> None:
    """Several faults, and refusals that count."""
    said = served("--fault", "too-many,probability=0.5", "--fault", "closed", "--window", window, "--count-refused")

    assert (said.code, said.err.splitlines()[-1]) == (0, "the emulator has stopped")


def test_it_goes_wrong_as_it_is_told() -> None:
    """The fault strikes, the window is counted and the record is shaped as the options say."""
    options = ["--rate", "1/100000", "--window", "bucket", "--record-shape", "old", "--fault", "maintenance,on=credit"]
    with spawned("emulator", "--port", 0, *options) as process:
        assert process.stdout is not None
        base_url = process.stdout.readline().strip()
        created = asked(f"{base_url}/api/v1/jobs/createTask", CREATE)
        refused = asked(f"{base_url}/api/v1/jobs/createTask", CREATE)
        record = asked(f"{base_url}/api/v1/jobs/recordInfo?taskId={created['data']['taskId']}")
        balance = asked(f"{base_url}/api/v1/chat/credit")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)

    assert (created["code"], refused["code"], balance["code"]) == (200, 429, 455)
    assert "updateTime" in record["data"]
    assert "response" not in record["data"]

"""An emulator to talk to, and an environment in which nothing of the developer's own is set."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from nanobanana_async.emulator import EmulatorOptions, EmulatorServer, Limit, World

QUICK = EmulatorOptions(speed=1000, limit=Limit(1000, per=1), allow_remote=True)


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    images = ("NANOBANANA_IMAGES_API_KEY", "NANOBANANA_IMAGES_BASE_URL")
    for name in ("KIE_API_KEY", "KIE_BASE_URL", "KIE_UPLOAD_URL", *images, "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture
def options() -> EmulatorOptions:
    """How the gateway behaves; a test that wants another one overrides this by parametrising it."""
    return QUICK


@pytest.fixture
def gateway(options: EmulatorOptions, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmulatorServer]:
    """A gateway that the environment points at, with a key."""
    with EmulatorServer(World(options)) as server:
        monkeypatch.setenv("KIE_BASE_URL", server.base_url)
        monkeypatch.setenv("KIE_API_KEY", "k")
        yield server


@pytest.fixture
def reseller(gateway: EmulatorServer, monkeypatch: pytest.MonkeyPatch) -> EmulatorServer:
    """An emulator that is known by the variables of an OpenAI-style gateway alone."""
    for name in ("KIE_API_KEY", "KIE_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NANOBANANA_IMAGES_BASE_URL", f"{gateway.base_url}/v1")
    monkeypatch.setenv("NANOBANANA_IMAGES_API_KEY", "any")
    return gateway


@pytest.fixture(scope="session", autouse=True)
def _hangups_are_heard() -> Iterator[None]:
    """Where the whole run is told to ignore them, as under nohup, each command would be as well."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)

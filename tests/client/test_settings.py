"""Settings of a client that can't be used are refused on construction, before a word that is misspelt costs money."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import httpx
import pytest

from nanobanana_async import Client, ConfigurationError, HttpxTransport, Kie, Polling, ScriptedTransport
from nanobanana_async.errors import NetworkError
from nanobanana_async.journal import MemoryJournal
from nanobanana_async.testing import Emulator
from tests.scripted_kie import ScriptedKie, said

NAN, INF = float("nan"), float("inf")


class Slow:
    async def __call__(self, event: object) -> None: ...


async def later(*_: object) -> None: ...


UNUSABLE: dict[str, list[Any]] = {
    "on_unknown": ["Hold", "hold ", "sometimes", "repeat", None, False, 5],
    "on_server_error": ["Hold", "resend", "", None, True],
    "rate": ["20/10", 20, None, (20, 10)],
    "in_flight": [0, -1, 0.5, 3.0, "3", True, None, NAN, INF],
    "polling": [None, 2.0, "2", Polling],
    "deadline": [0, -1, "900", None, NAN, INF, True],
    "model": [5, "", " ", Kie],
    "on_event": [5, "print", later, Slow(), functools.partial(later, 1)],
    "seed": ["1", 1.5, True, NAN],
    "clock": [None, 5, later],
    "journal": [5, True, b"run.db", MemoryJournal],
    "transport": [5, "http", HttpxTransport, httpx.HTTPTransport()],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in UNUSABLE.items() for value in values])
def test_a_setting_that_can_not_be_used_is_named(name: str, value: Any) -> None:
    """With its value and what it takes, on construction."""
    with pytest.raises(ConfigurationError) as caught:
        Client(Kie("k"), **{name: value})

    assert caught.value.message.startswith(f"{name}={value!r}"[:60])
    assert name in caught.value.remedy


@pytest.mark.parametrize("word", ["Hold", "hold ", "never", None, False])
async def test_a_misspelt_hold_never_resends(word: Any) -> None:
    """The answer to a create is lost twice: whatever stands there, it was sent once, or not at all."""
    kie = ScriptedKie()
    kie.creates = [said(200, data={"taskId": "first"}), NetworkError("reset"), NetworkError("reset")]

    with pytest.raises(ConfigurationError, match="on_unknown"):
        async with kie.client(on_unknown=word) as client:
            await client.generate_all(["first", "second"])

    assert len(kie.prompts) <= 1


def test_a_client_of_httpx_is_told_how_to_come_in() -> None:
    """It has the methods of a transport, and would lose every create."""
    with pytest.raises(ConfigurationError, match="httpx") as caught:
        Client(Kie("k"), transport=httpx.AsyncClient())  # type: ignore[arg-type]  # on purpose

    assert "HttpxTransport(async_client)" in caught.value.remedy


@pytest.mark.parametrize("gateway", ["sk-secret-key", b"sk-secret-key", Kie, 5, object()])
def test_what_is_no_gateway_is_refused_and_not_shown(gateway: Any) -> None:
    """Who gives a text there gives the key."""
    with pytest.raises(ConfigurationError, match="no gateway") as caught:
        Client(gateway)

    assert "secret" not in f"{caught.value.message}{caught.value.remedy}"
    assert "api_key" in caught.value.remedy


@pytest.mark.parametrize("key", [b"sk-secret-key", 5, ["sk-secret-key"]])
def test_a_key_that_is_no_text_is_refused_and_not_shown(key: Any) -> None:
    """On construction."""
    with pytest.raises(ConfigurationError, match="api_key") as caught:
        Client(api_key=key)

    assert "secret" not in caught.value.message


@pytest.mark.parametrize("url", [5, b"http://127.0.0.1", Path("/tmp")])
def test_a_base_url_is_a_text(url: Any) -> None:
    """What was given is named by its type: it may be the key."""
    with pytest.raises(ConfigurationError, match=r"base_url is a \w+, and no text"):
        Client(base_url=url)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("first", -1),
        ("first", "2"),
        ("first", NAN),
        ("interval", 0),
        ("interval", True),
        ("shortest", None),
        ("shortest", INF),
        ("longest", 0),
        ("longest", "20"),
        ("per_second", 0),
        ("per_second", NAN),
        ("speed", "2"),
        ("speed", INF),
    ],
)
def test_a_policy_of_looks_is_made_of_times(field: str, value: Any) -> None:
    """Finite numbers, each within its range."""
    with pytest.raises(ConfigurationError, match=rf"{field}=.* can't be used"):
        Polling(**{field: value})


@pytest.mark.parametrize("queue_timeout", [-1, NAN, INF, "1", True])
@pytest.mark.parametrize("call", ["generate", "submit"])
async def test_a_wait_in_the_queue_is_a_time(call: str, queue_timeout: Any) -> None:
    """Nothing is sent for one that is none."""
    emulator = Emulator()

    async with emulator.client() as client:
        with pytest.raises(ConfigurationError, match="queue_timeout="):
            await getattr(client, call)("a banana", queue_timeout=queue_timeout)

    assert not emulator.ledger.creates


@pytest.mark.parametrize("timeout", [0, -1, NAN, INF, "1", True])
async def test_a_time_to_wait_is_a_time(timeout: Any) -> None:
    """None is the client's own deadline, and the only thing beside numbers."""
    emulator = Emulator()

    async with emulator.client() as client:
        with pytest.raises(ConfigurationError, match="timeout="):
            await client.generate("a banana", timeout=timeout)
        with pytest.raises(ConfigurationError, match="timeout="):
            await client.wait("a-task", timeout=timeout)

    assert not emulator.ledger.creates


@pytest.mark.parametrize("budget", [-5, NAN, INF, "10", "2.5usd", True])
async def test_a_budget_is_a_number_of_credits(budget: Any) -> None:
    """Dollars are for the command line; there is no budget without an end."""
    async with Emulator().client() as client:
        with pytest.raises(ConfigurationError, match="budget="):
            client.batch(["a"], budget=budget)


@pytest.mark.parametrize("place", [5, later, b"out", ["out"]])
async def test_a_place_for_pictures_is_a_path_or_gives_one(place: Any) -> None:
    """What would fail at each picture, once it is paid for, is refused before."""
    async with Emulator().client() as client:
        with pytest.raises(ConfigurationError, match="save_to="):
            client.batch(["a"], save_to=place)


@pytest.mark.parametrize("grace", [-1, NAN, INF, None, "10"])
async def test_a_grace_that_is_none_leaves_the_client_as_it_is(grace: Any) -> None:
    """Open: it can be closed with another."""
    client = await Client(Kie("k"), transport=ScriptedTransport()).start()

    with pytest.raises(ConfigurationError, match="grace="):
        await client.aclose(grace=grace)

    assert client.statistics().queued == 0
    await client.aclose()


@pytest.mark.parametrize(
    "rules",
    [
        {"on_change": "Hold"},
        {"on_change": None},
        {"on_change": "redo"},
        {"retry_failed": "None"},
        {"retry_failed": True},
        {"retry_failed": "never"},
    ],
)
async def test_a_misspelt_rule_for_keys_is_refused(rules: dict[str, Any]) -> None:
    """It says whether something is paid for anew."""
    async with Emulator().client(journal=MemoryJournal()) as client:
        with pytest.raises(ConfigurationError, match=rf"{next(iter(rules))}=.* can't be used"):
            client.batch(["a"], **rules)


@pytest.mark.parametrize("retry_failed", ["some", "False", 0, None])
async def test_a_single_call_says_yes_or_no(retry_failed: Any) -> None:
    """Or one of three words; any other would mean yes, whatever it says."""
    emulator = Emulator()

    async with emulator.client(journal=MemoryJournal()) as client:
        with pytest.raises(ConfigurationError, match="retry_failed="):
            await client.generate("a banana", key="a", retry_failed=retry_failed)

    assert not emulator.ledger.creates

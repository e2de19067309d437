"""Who may look at an emulator: those who ask for it by a name of its own."""

from __future__ import annotations

from collections.abc import Collection

import httpx
import pytest

from nanobanana_async.emulator import EmulatorOptions, EmulatorServer, World, create_app
from tests.emulator.customer import Clock

HTML = {"Accept": "text/html"}
GUARDED = [("GET", "/ledger"), ("GET", "/faults"), ("POST", "/faults"), ("DELETE", "/faults")]


async def asked(
    world: World, host: str, *, hosts: Collection[str] | None = (), guarded: list[tuple[str, str]] = GUARDED
) -> list[int]:
    """The statuses of what is guarded, and of the page, for somebody who calls the emulator `host`."""
    app = create_app(world, threads=False, hosts=hosts)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as client:
        headers = {"Host": host}
        answers = [
            await client.request(method, path, headers=headers, data={"fault": "silent"} if method == "POST" else None)
            for method, path in guarded
        ]
        page = await client.get("/", headers={**headers, **HTML})
    return [answer.status_code for answer in (*answers, page)]


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:8765", "127.8.8.8", "localhost:1", "LOCALHOST", "localhost.", "[::1]:5", "a.localhost"],
)
async def test_names_of_loopback_are_its_own(world: World, host: str) -> None:
    """By name and by number, with and without a port."""
    assert await asked(world, host) == [200] * 5


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8765", "localhost.evil.example", "10.0.0.1", "127.0.0.1.evil.example"],
)
async def test_another_name_is_turned_away(world: World, host: str) -> None:
    """A page elsewhere may have its own name lead here; then the browser takes both for one place."""
    world.faults.add("maintenance,nth=9")

    assert await asked(world, host) == [403] * 5
    assert [str(fault) for fault in world.faults] == ["maintenance,nth=9"]


async def test_what_is_no_name_at_all_is_turned_away(world: World) -> None:
    """Whichever guard it meets first."""
    world.faults.add("maintenance,nth=9")

    assert set(await asked(world, "[::1")) <= {400, 403}
    assert [str(fault) for fault in world.faults] == ["maintenance,nth=9"]


async def test_the_refusal_is_in_the_envelope_and_says_what_to_do(world: World) -> None:
    """The name, and three ways out."""
    app = create_app(world, threads=False)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://evil.example") as client:
        said = (await client.get("/ledger")).json()
        lines = await client.get("/")
        served = await client.get("/api/v1/chat/credit", headers={"Authorization": "Bearer k"})

    assert (said["code"], said["data"]) == (403, None)
    assert "'evil.example' is no name of this emulator: ask 127.0.0.1 or localhost" in said["msg"]
    assert "--expose (expose=True)" in said["msg"]
    assert lines.status_code == 200
    assert served.json()["code"] == 200


async def test_the_public_url_and_names_that_are_told_are_its_own(clock: Clock) -> None:
    """The address of the links, what it was made with, or any name at all."""
    public = World(EmulatorOptions(public_url="https://Pictures.test:8765"), clock=clock)
    plain = World(clock=clock)

    assert await asked(public, "pictures.test") == [200] * 5
    assert await asked(plain, "pictures.test") == [403] * 5
    assert await asked(plain, "pictures.test:1", hosts=["Pictures.test"]) == [200] * 5
    assert await asked(plain, "anything.example", hosts=None) == [200] * 5


@pytest.mark.parametrize(("expose", "status"), [(False, 403), (True, 200)])
def test_a_server_that_is_exposed_takes_any_name(expose: bool, status: int) -> None:
    """It is meant to be reached by others, under whatever name they have for it."""
    with EmulatorServer(expose=expose) as server:
        answer = httpx.get(f"{server.base_url}/ledger", headers={"Host": "build-box.example"})

    assert answer.status_code == status

"""The client against the emulator, over real HTTP: two programs that share nothing but the protocol."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from nanobanana_async import Client, Kie, NanoBanana2, NanoBanana2Lite, NanoBananaEdit, NanoBananaPro, Polling, Rate
from nanobanana_async.emulator import EmulatorOptions, EmulatorServer, Limit, World

SPEED = 500.0
QUICK = Polling(speed=SPEED, shortest=0.01, per_second=1000)


@contextmanager
def emulator(**options: Any) -> Iterator[EmulatorServer]:
    with EmulatorServer(World(EmulatorOptions(speed=SPEED, seed=1, **options))) as server:
        yield server


def client(server: EmulatorServer, rate: Rate, **policies: Any) -> Client:
    return Client(Kie("k", base_url=server.base_url), rate=rate, polling=QUICK, **policies)


async def test_an_account_is_run_at_its_limit_and_never_over_it() -> None:
    """Several windows of creates over real sockets: not one refusal, nothing charged twice."""
    with emulator(limit=Limit(10, per=0.5)) as server:
        async with client(server, Rate(10, per=0.5)) as c:
            outcomes = await c.generate_all(f"banana {n}" for n in range(45))
        ledger = server.world.ledger

    assert all(outcome.ok for outcome in outcomes)
    assert ledger.over_limit == 0
    assert not ledger.charged_twice()
    assert len(ledger.accepted) == 45


async def test_an_account_with_half_the_limit_is_served_all_the_same() -> None:
    """Refusals are waited out; nothing is charged twice and nothing is lost."""
    with emulator(limit=Limit(5, per=0.5)) as server:
        async with client(server, Rate(10, per=0.5)) as c:
            outcomes = await c.generate_all(f"banana {n}" for n in range(25))
        ledger = server.world.ledger

    assert all(outcome.ok for outcome in outcomes)
    assert ledger.over_limit > 0
    assert not ledger.charged_twice()
    assert len(ledger.accepted) == 25


async def test_pictures_come_in_the_ratio_and_kind_that_was_asked_for(tmp_path: Path) -> None:
    """Made, fetched without the key, checked and saved; edits see the picture that was uploaded."""
    source = tmp_path / "source.png"
    Image.new("RGB", (64, 32), "gold").save(source)
    requests = [
        NanoBanana2("wide", aspect_ratio="16:9", output_format="png"),
        NanoBanana2Lite("tall", aspect_ratio="9:16"),
        NanoBananaPro("square", images=[source], output_format="jpg"),
        NanoBananaEdit("edit", images=[source], output_format="jpeg"),
    ]

    with emulator() as server:
        async with client(server, Rate(100, per=1)) as c:
            outcomes = await c.generate_all(requests, save_to=tmp_path / "out")
        keys_at_files = list(server.world.ledger.keys_at_files)

    assert [outcome.files[0].suffix for outcome in (outcomes[0], *outcomes[2:])] == [
        ".png",
        ".jpg",
        ".jpg",
    ]
    sizes = []
    for outcome in outcomes:
        with Image.open(outcome.files[0]) as picture:
            sizes.append(picture.size)
    assert sizes[0][0] > sizes[0][1]
    assert sizes[1][0] < sizes[1][1]
    assert sizes[2][0] == sizes[2][1]
    assert not keys_at_files


async def test_running_out_of_credits_stops_the_run_and_finishes_what_is_paid() -> None:
    """Exactly what the account can pay for is made."""
    with emulator(credits=12.0, limit=Limit(1000, per=1)) as server:
        async with client(server, Rate(1000, per=1)) as c:
            outcomes = await c.generate_all(f"banana {n}" for n in range(20))
            balance = await c.balance()

    assert sum(outcome.ok for outcome in outcomes) == 3
    assert {outcome.state for outcome in outcomes} == {"succeeded", "skipped"}
    assert balance == 0.0


async def test_failed_tasks_are_told_apart_and_cost_nothing() -> None:
    """Policy, a prompt the model won't draw, a fault of the vendor's: each with its reason."""
    prompts = ["a [fail:policy]", "b [fail:decline]", "c [fail:internal]", "d"]

    with emulator() as server:
        async with client(server, Rate(100, per=1)) as c:
            outcomes = await c.generate_all(prompts)
            balance = await c.balance()

    assert [outcome.error.reason if outcome.error else None for outcome in outcomes] == [
        "policy",
        "declined",
        "service",
        None,
    ]
    assert {outcome.charged for outcome in outcomes[:3]} == {"no"}
    assert balance == 10_000.0 - 4.0

"""The client against the emulator: two programs that share nothing but the protocol.

The first tests speak real HTTP, on the wall clock; the others meet the emulator in process, on virtual time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from nanobanana_async import Client, Kie, NanoBanana2, NanoBanana2Lite, NanoBananaEdit, NanoBananaPro, Polling, Rate
from nanobanana_async.emulator import EmulatorOptions, EmulatorServer, Limit
from nanobanana_async.testing import Emulator, Latency

SPEED = 500.0
QUICK = Polling(speed=SPEED, shortest=0.01, per_second=1000)
UNHURRIED = Limit(1000, per=1)


def client(server: EmulatorServer, rate: Rate, **policies: Any) -> Client:
    return Client(Kie("k", base_url=server.base_url), rate=rate, polling=QUICK, **policies)


@pytest.mark.nanobanana(speed=SPEED, seed=1, limit=Limit(10, per=0.5))
async def test_an_account_is_run_at_its_limit_over_real_sockets(nanobanana_server: EmulatorServer) -> None:
    """Several windows of creates: not one refusal, nothing charged twice."""
    async with client(nanobanana_server, Rate(10, per=0.5)) as c:
        outcomes = await c.generate_all(f"banana {n}" for n in range(45))
    ledger = nanobanana_server.world.ledger

    assert all(outcome.ok for outcome in outcomes)
    assert ledger.over_limit == 0
    assert not ledger.charged_twice()
    assert len(ledger.accepted) == 45


@pytest.mark.nanobanana(speed=SPEED, seed=1, limit=UNHURRIED)
async def test_pictures_come_in_the_ratio_and_kind_that_was_asked_for(
    nanobanana_server: EmulatorServer, tmp_path: Path
) -> None:
    """Made, fetched without the key, checked and saved; edits see the picture that was uploaded."""
    source = tmp_path / "source.png"
    Image.new("RGB", (64, 32), "gold").save(source)
    requests = [
        NanoBanana2("wide", aspect_ratio="16:9", output_format="png"),
        NanoBanana2Lite("tall", aspect_ratio="9:16"),
        NanoBananaPro("square", images=[source], output_format="jpg"),
        NanoBananaEdit("edit", images=[source], output_format="jpeg"),
    ]

    async with client(nanobanana_server, Rate(100, per=1)) as c:
        outcomes = await c.generate_all(requests, save_to=tmp_path / "out")
    sizes = []
    for outcome in outcomes:
        with Image.open(outcome.files[0]) as picture:
            sizes.append(picture.size)

    assert [outcome.files[0].suffix for outcome in (outcomes[0], *outcomes[2:])] == [".png", ".jpg", ".jpg"]
    assert sizes[0][0] > sizes[0][1]
    assert sizes[1][0] < sizes[1][1]
    assert sizes[2][0] == sizes[2][1]
    assert not nanobanana_server.world.ledger.keys_at_files


async def test_an_account_is_run_at_its_limit_and_never_over_it() -> None:
    """Hundreds of creates over minutes, on a network with jitter: not one refusal, and the pace of the limit."""
    emulator = Emulator(latency=Latency(least=0.04, jitter=0.03))

    async with emulator.client() as c:
        outcomes = await c.generate_all(f"banana {n}" for n in range(300))
    ledger = emulator.ledger
    took = ledger.accepted[-1].at - ledger.accepted[0].at

    assert all(outcome.ok for outcome in outcomes)
    assert ledger.over_limit == 0
    assert not ledger.charged_twice()
    assert took < 140 * 1.05


async def test_an_account_with_half_the_limit_is_served_all_the_same() -> None:
    """Refusals are waited out; nothing is charged twice and nothing is lost."""
    emulator = Emulator(EmulatorOptions(limit=Limit(10, per=10)))

    async with emulator.client(rate=Rate(20, per=10)) as c:
        outcomes = await c.generate_all(f"banana {n}" for n in range(50))
    ledger = emulator.ledger

    assert all(outcome.ok for outcome in outcomes)
    assert ledger.over_limit > 0
    assert not ledger.charged_twice()
    assert len(ledger.accepted) == 50


async def test_running_out_of_credits_stops_the_run_and_finishes_what_is_paid() -> None:
    """Exactly what the account can pay for is made."""
    emulator = Emulator(EmulatorOptions(credits=12.0))

    async with emulator.client() as c:
        outcomes = await c.generate_all(f"banana {n}" for n in range(20))
        balance = await c.balance()

    assert sum(outcome.ok for outcome in outcomes) == 3
    assert {outcome.state for outcome in outcomes} == {"succeeded", "skipped"}
    assert balance == 0.0


async def test_failed_tasks_are_told_apart_and_cost_nothing() -> None:
    """Policy, a prompt the model won't draw, a fault of the vendor's: each with its reason."""
    emulator = Emulator()

    async with emulator.client() as c:
        outcomes = await c.generate_all(["a [fail:policy]", "b [fail:decline]", "c [fail:internal]", "d"])
        balance = await c.balance()

    assert [outcome.error.reason if outcome.error else None for outcome in outcomes] == [
        "policy",
        "declined",
        "service",
        None,
    ]
    assert {outcome.charged for outcome in outcomes[:3]} == {"no"}
    assert balance == 10_000.0 - 4.0

"""The emulator as a test holds it: a client that fits, faults while it runs, callbacks without a network."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest

from nanobanana_async import Rate
from nanobanana_async.emulator import Answer, Call, Delivery, EmulatorOptions, Fault, Faults, Limit, Reply
from nanobanana_async.testing import Emulator, Latency, emulated_client
from nanobanana_async.values import WireRequest


async def test_a_client_fits_its_emulator() -> None:
    """The limit that it keeps is the one that is counted, the waits are as fast as the tasks."""
    emulator = Emulator(EmulatorOptions(limit=Limit(3, per=7), speed=50))

    async with emulator.client() as client:
        outcomes = await client.generate_all(f"banana {n}" for n in range(9))
        shown = repr(client)

    assert "3/7" in shown
    assert all(outcome.ok for outcome in outcomes)
    assert emulator.ledger.over_limit == 0


async def test_policies_go_before_what_would_fit() -> None:
    """Whoever wants a client that asks too much has one."""
    emulator = Emulator(EmulatorOptions(limit=Limit(3, per=7)))

    async with emulator.client(rate=Rate(50, per=1)) as client:
        outcomes = await client.generate_all(f"banana {n}" for n in range(9))

    assert all(outcome.ok for outcome in outcomes)
    assert emulator.ledger.over_limit > 0


async def test_an_emulated_client_needs_nothing() -> None:
    """No key, no port: a result, its picture, and the same task for the same seed."""
    async with emulated_client(seed=4) as first, emulated_client(seed=4) as second, emulated_client(seed=5) as other:
        results = [await client.generate("a banana") for client in (first, second, other)]
        picture = await first.read(results[0])

    assert results[0].task_id == results[1].task_id != results[2].task_id
    assert picture.media_type == "image/png"


def test_seed_and_speed_are_short_ways_to_options() -> None:
    """They go before the options given beside them, and leave the others alone."""
    options = EmulatorOptions(seed=1, speed=2, credits=3)

    emulator = Emulator(options, seed=0, speed=40)

    assert emulator.options == EmulatorOptions(seed=0, speed=40, credits=3)
    assert Emulator(options).options == options
    assert Emulator(seed=5).options == EmulatorOptions(seed=5)


@pytest.mark.parametrize(
    ("make", "given", "words"),
    [
        (
            Emulator,
            {"options": ["silent"]},
            r"options=\['silent'\] is not allowed: an EmulatorOptions; seed, speed, faults",
        ),
        (Emulator, {"seed": "x"}, "seed='x' is not allowed: a whole number"),
        (Emulator, {"latency": 3}, "latency=3 is not allowed: a Latency, as in Latency"),
        (Emulator, {"faults": ["x"]}, "'x' is no fault"),
        (Latency, {"least": -1}, "least=-1 is not allowed: seconds, 0 or more"),
        (Latency, {"jitter": float("nan")}, "jitter=nan is not allowed: seconds, 0 or more"),
        (Latency, {"least": "1"}, "least='1' is not allowed: seconds, 0 or more"),
        (emulated_client, {"credits": -1}, "credits=-1 is not allowed: a number, 0 or more"),
    ],
)
def test_what_makes_no_sense_is_told(make: Callable[..., object], given: dict[str, object], words: str) -> None:
    """The thing, its value, and what it may be."""
    with pytest.raises(ValueError, match=words):
        make(**given)


def test_faults_are_taken_in_any_form() -> None:
    """One, several, none, or an engine of one's own, which is used as it is."""

    class Mine(Faults):
        """Whoever overrides a moment has it called."""

        def on_answer(self, call: Call, reply: Reply, now: float) -> Reply:
            return Answer({"code": 455, "msg": "mine", "data": None})

    engine = Mine()
    fault = Fault.parse("maintenance,on=credit")
    emulators = [Emulator(faults=faults) for faults in (str(fault), fault, [fault], None, engine)]
    codes = [each.world.serve(Call("credit", authorization="Bearer k")).code for each in emulators]

    assert codes == [455, 455, 455, 200, 455]
    assert emulators[-1].faults is engine


async def test_an_emulated_client_has_what_it_is_given() -> None:
    """Its credits, and messages that take the time they are told to."""
    async with emulated_client(credits=7, latency=Latency(least=3)) as client:
        began = asyncio.get_running_loop().time()
        balance = await client.balance()
        took = asyncio.get_running_loop().time() - began

    assert (balance, round(took)) == (7, 6)


async def test_faults_come_and_go_while_it_runs() -> None:
    """Added, counted, cleared."""
    emulator = Emulator()

    async with emulator.client() as client:
        fault = emulator.faults.add("server-error,times=2")
        await client.generate("a banana")
        emulator.faults.clear()
        await client.generate("another banana")

    assert [create.code for create in emulator.ledger.creates] == [500, 500, 200, 200]
    assert list(emulator.faults) == []
    assert str(fault) == "server-error,times=2"


async def with_callbacks(emulator: Emulator, statuses: list[int | None], *, wait: float) -> list[Delivery]:
    """The callbacks of one task, answered with `statuses` and then with 200."""
    seen: list[Delivery] = []

    async def receive(delivery: Delivery) -> int | None:
        seen.append(delivery)
        return statuses.pop(0) if statuses else 200

    body = {"model": "nano-banana-2", "input": {"prompt": "a"}, "callBackUrl": "http://127.0.0.1:9/?nb_attempt=t1"}
    async with emulator.callbacks_to(receive), emulator.client() as client:
        await client.balance()
        send = emulator.transport().send
        await send(create_request(emulator, body))
        await asyncio.sleep(wait)
    return seen


def create_request(emulator: Emulator, body: object) -> WireRequest:
    return WireRequest(
        "POST", f"{emulator.base_url}/api/v1/jobs/createTask", body=json.dumps(body).encode(), bearer="test"
    )


async def test_callbacks_are_handed_over_when_they_fall_due() -> None:
    """Once, with the record, at the moment the task ends; and the ledger has the attempt's token."""
    emulator = Emulator()

    [delivery] = await with_callbacks(emulator, [], wait=600)

    said = json.loads(delivery.body)
    assert (said["code"], said["data"]["state"]) == (200, "success")
    assert emulator.ledger.accepted[0].attempt == "t1"
    assert [callback.status for callback in emulator.ledger.callbacks] == [200]


async def test_a_callback_that_nobody_takes_is_repeated() -> None:
    """Three times more, and then no more."""
    emulator = Emulator()

    seen = await with_callbacks(emulator, [None, 500, 404, None, None], wait=3600)

    assert [delivery.attempt for delivery in seen] == [1, 2, 3, 4]


async def test_what_a_receiver_raises_comes_out() -> None:
    """A broken receiver is the test's own fault, and is told."""
    emulator = Emulator()

    async def broken(_: Delivery) -> int:
        raise ZeroDivisionError

    body = {"model": "nano-banana-2", "input": {"prompt": "a"}, "callBackUrl": "http://127.0.0.1:9/"}
    with pytest.raises(ExceptionGroup):
        async with emulator.callbacks_to(broken):
            await emulator.transport().send(create_request(emulator, body))
            await asyncio.sleep(600)

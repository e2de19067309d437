"""A look at a task that goes wrong: it may be repeated always, and never fails the task."""

from __future__ import annotations

import pytest

from nanobanana_async import NetworkError
from nanobanana_async.errors import KeyRefusedError, NanoBananaError
from nanobanana_async.testing import Emulator
from tests.testing.faults.contract import Case, cases, holds, meet


@cases(
    Case("too-many,on=recordInfo,times=3"),
    Case("too-many,on=recordInfo,times=2,form=status,retry-after=30"),
    Case("maintenance,on=recordInfo,times=3"),
    Case("server-error,on=recordInfo,times=3"),
    Case("server-error,kind=credits,on=recordInfo,times=3"),
    Case("server-error,kind=policy,on=recordInfo,times=3"),
    Case("high-demand,on=recordInfo,times=3"),
    Case("no-credits,on=recordInfo,times=3"),
    Case("redirect,on=recordInfo,times=3"),
    Case("unauthorized,on=recordInfo,times=1"),
    Case("silent,on=recordInfo,times=3"),
    Case("closed,on=recordInfo,times=3"),
    Case("reset,on=recordInfo,times=3"),
    Case("bad-gateway,on=recordInfo,times=3"),
    Case("html,on=recordInfo,times=3"),
    Case("cut,on=recordInfo,times=3"),
    Case("cut-json,on=recordInfo,times=3"),
    Case("null-data,on=recordInfo,times=3"),
    Case("drip,on=recordInfo,times=3"),
    Case("huge,on=recordInfo,times=3"),
    Case("gzip-bomb,on=recordInfo,times=3"),
)
async def test_a_look_that_fails_is_made_again(case: Case) -> None:
    """The task is finished all the same, once and paid for once."""
    await holds(case)


@cases(
    Case("unauthorized,on=recordInfo", "pending", "key"),
    Case("server-error,on=recordInfo", "pending", "service"),
    Case("closed,on=recordInfo", "pending", "service"),
    Case("html,on=recordInfo", "pending", "service"),
    Case("too-many,on=recordInfo", "pending", "service"),
)
async def test_a_task_that_can_never_be_looked_at_stays_pending(case: Case) -> None:
    """It is paid for, and its id is told for later."""
    met = await holds(case)

    assert met.outcome.error is not None
    assert met.outcome.error.task_id == met.creates[0].task_id


@pytest.mark.parametrize("fault", ["too-many,on=recordInfo,probability=0.5", "closed,on=recordInfo,probability=0.5"])
async def test_half_of_all_looks_may_fail(fault: str) -> None:
    """A hundred tasks come through: each paid once, none lost."""
    emulator = Emulator(faults=[fault])

    async with emulator.client() as client:
        outcomes = await client.generate_all(f"banana {n}" for n in range(100))

    assert all(outcome.ok for outcome in outcomes)
    assert len(emulator.ledger.accepted) == 100


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("unauthorized,on=credit", KeyRefusedError),
        ("closed,on=credit", NetworkError),
        ("silent,on=credit", NetworkError),
        ("html,on=credit", NanoBananaError),
        ("null-data,on=credit", NanoBananaError),
        ("server-error,on=credit", NanoBananaError),
    ],
)
async def test_a_balance_that_does_not_come_is_an_error_of_its_kind(fault: str, error: type[NanoBananaError]) -> None:
    """Never a number; nothing is charged for asking; and the next question is answered."""
    emulator = Emulator()
    async with emulator.client() as client:
        emulator.faults.add(fault)
        with pytest.raises(error) as caught:
            await client.balance()
        emulator.faults.clear()
        after = await client.balance()

    assert caught.value.charged in (None, "no")
    assert after == 10_000.0


async def test_a_balance_in_whole_numbers_is_a_float_all_the_same() -> None:
    """As in the vendor's documents."""
    emulator = Emulator(faults=["balance-int"])

    async with emulator.client() as client:
        balance = await client.balance()

    assert isinstance(balance, float)
    assert balance == 10_000.0


async def test_looks_at_a_stuck_task_are_few() -> None:
    """A quarter of an hour of waiting is not a look every two seconds."""
    met = await meet(Case("stuck"))
    task_id = met.creates[0].task_id

    assert task_id is not None
    assert met.ledger.polls[task_id] < 150

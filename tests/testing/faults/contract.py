"""What a fault of the gateway has to become at the client: one line a case, and the run that proves it.

A case says what the emulator commits and what the client must say of it (DESIGN §4's table). The run asks both sides:
the outcome, and the emulator's ledger, which knows what was taken and what was charged.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import field, frozen

from nanobanana_async import Client, Item, Outcome
from nanobanana_async.emulator import CreateSeen, EmulatorOptions, Ledger
from nanobanana_async.testing import Emulator

WITNESS = "the first task, with which the gateway has shown that it is one"
PROMPT = "a banana"
PRICE = 4.0
NO = "no"
LOST = ("unknown", "unknown", "unknown")
"""State, reason and charge of what nobody can know."""


@frozen
class Case:
    """A fault, as text, and what one create that meets it must come to."""

    fault: str
    state: str = "succeeded"
    reason: str | None = None
    """Of the error; of the skip, where it is skipped; of the wait, where it is pending."""
    charged: str = "yes"
    creates: int = 1
    """How often it was sent."""
    policies: dict[str, Any] = field(factory=dict, kw_only=True)


def cases(*several: Case) -> pytest.MarkDecorator:
    """The cases as parameters of a test."""
    return pytest.mark.parametrize("case", several, ids=_id)


def _id(case: Case) -> str:
    return "-".join([case.fault, *(f"{name}={value}" for name, value in case.policies.items())])


@frozen
class Met:
    """What came of a case on both sides."""

    outcome: Outcome
    creates: list[CreateSeen]
    ledger: Ledger
    paid: float
    """Credits that left the account for this item, and did not come back."""


@contextmanager
def committing(fault: str, emulator: Emulator) -> Iterator[None]:
    """For as long as the `with`, the gateway commits the fault, and it must have had occasion to."""
    committed = emulator.faults.add(fault)
    yield
    struck = emulator.faults.struck(committed)
    emulator.faults.clear()
    assert struck > 0, f"{fault} was never committed"


async def meet(case: Case, *, save_to: Path | None = None) -> Met:
    """One task that meets the fault of `case`, after another that did not."""
    emulator = Emulator(EmulatorOptions(seed=1))
    async with emulator.client(**case.policies) as client:
        await client.generate(WITNESS)
        before, seen = await client.balance(), len(emulator.ledger.creates)
        with committing(case.fault, emulator):
            [outcome] = await client.generate_all([Item(PROMPT, key="k")], save_to=save_to)
        paid = before - await client.balance()

    return Met(outcome, list(emulator.ledger.creates)[seen:], emulator.ledger, paid)


async def holds(case: Case) -> Met:
    """Meet the fault, and assert what the case says, and that nobody was lied to about money."""
    met = await meet(case)
    outcome = met.outcome

    assert (outcome.state, reason_of(outcome)) == (case.state, case.reason)
    assert outcome.charged == case.charged
    assert len(met.creates) == case.creates
    assert_honest(met)
    return met


def assert_honest(met: Met) -> None:
    """Nothing is paid twice, and what is said to be charged is, and what is said not to be isn't."""
    assert not met.ledger.charged_twice()
    if met.outcome.charged != "unknown":
        assert met.paid == (PRICE if met.outcome.charged == "yes" else 0.0)


def reason_of(outcome: Outcome) -> str | None:
    """Why it isn't what it might have been."""
    if outcome.state in ("skipped", "pending"):
        return str(outcome.reason)  # type: ignore[union-attr]  # both have one
    return outcome.error.reason if outcome.error is not None else None


async def generates(client: Client) -> str:
    """The id of one more task, with no fault in its way."""
    task_id = (await client.generate("one more")).task_id
    assert task_id is not None
    return task_id

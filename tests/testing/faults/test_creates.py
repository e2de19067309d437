"""A create that is refused, or whose answer does not come: what the gateway does, and what the client says of it."""

from __future__ import annotations

import asyncio

import pytest

from nanobanana_async.emulator import EmulatorOptions
from nanobanana_async.errors import NanoBananaError
from nanobanana_async.testing import Emulator
from tests.testing.faults.contract import LOST, NO, Case, cases, holds


@cases(
    Case("too-many,times=3", creates=4),
    Case("too-many,times=3,form=status", creates=4),
    Case("too-many,times=3,form=bare", creates=4),
    Case("too-many,times=1,retry-after=soon", creates=2),
    Case("maintenance,times=2", creates=3),
    Case("maintenance", "failed", "maintenance", NO, creates=5),
    Case("high-demand,times=2", creates=3),
    Case("high-demand", "failed", "busy", NO, creates=5),
    Case("server-error,times=2", creates=3),
    Case("server-error", "failed", "service", NO, creates=3),
    Case("server-error,kind=moderation,times=1", creates=2),
    Case("answer,code=418,times=1", creates=2),
    Case("answer,code=418", "failed", "service", NO, creates=3),
)
async def test_a_refusal_that_may_pass_is_repeated(case: Case) -> None:
    """It was not queued: sent again, within bounds, it costs nothing more."""
    await holds(case)


@cases(
    Case("server-error", "unknown", "unknown", "unknown", policies={"on_server_error": "hold"}),
    Case("answer,code=418", "unknown", "unknown", "unknown", policies={"on_server_error": "hold"}),
)
async def test_who_trusts_no_server_error_is_told_that_nobody_knows(case: Case) -> None:
    """`on_server_error="hold"` repeats nothing."""
    await holds(case)


@cases(
    Case("server-error,kind=parameter", "failed", "invalid", NO),
    Case("server-error,kind=range", "failed", "invalid", NO),
    Case("server-error,kind=check", "failed", "invalid", NO),
    Case("validation", "failed", "invalid", NO),
    Case("invalid", "failed", "invalid", NO),
    Case("answer,code=413,status=413", "failed", "invalid", NO),
    Case("server-error,kind=image", "failed", "bad_image", NO),
    Case("invalid,kind=policy", "failed", "policy", NO),
    Case("server-error,kind=policy", "failed", "policy", NO),
    Case("validation,kind=flagged", "failed", "policy", NO),
    Case("server-error,kind=violating", "failed", "policy", NO),
    Case("server-error,kind=sensitive", "failed", "policy", NO),
    Case("server-error,kind=unsafe", "failed", "policy", NO),
    Case("server-error,kind=sensitive-word", "failed", "policy", NO),
    Case("server-error,kind=prohibited", "failed", "policy", NO),
    Case("server-error,kind=declined", "failed", "declined", NO),
    Case("redirect", "failed", "service", NO),
)
async def test_a_refusal_for_good_fails_the_item(case: Case) -> None:
    """The text is read before the code; it is sent once, and nothing was charged."""
    await holds(case)


@cases(
    Case("unauthorized", "skipped", "key", NO),
    Case("unauthorized,kind=authentication", "skipped", "key", NO),
    Case("unauthorized,form=status", "skipped", "key", NO),
    Case("no-credits", "skipped", "credits", NO),
    Case("no-credits,form=status", "skipped", "credits", NO),
    Case("server-error,kind=credits", "skipped", "credits", NO),
    Case("key-capped", "skipped", "key", NO),
    Case("disabled", "skipped", "service", NO),
    Case("not-found", "skipped", "service", NO),
    Case("not-found,form=bare", "skipped", "service", NO),
    Case("answer,code=405,status=405", "skipped", "service", NO),
)
async def test_a_refusal_of_the_account_stops_the_run(case: Case) -> None:
    """No other request would fare better: nothing more is sent, and nothing is charged."""
    await holds(case)


@cases(
    Case("silent", *LOST),
    Case("closed", *LOST),
    Case("reset", *LOST),
    Case("bad-gateway", *LOST),
    Case("bad-gateway,status=503", *LOST),
    Case("bad-gateway,status=504", *LOST),
    Case("bad-gateway,status=520", *LOST),
    Case("html", *LOST),
    Case("cut", *LOST),
    Case("cut,share=0", *LOST),
    Case("cut-json", *LOST),
    Case("null-data", *LOST),
    Case("drip", *LOST),
    Case("huge", *LOST),
    Case("gzip-bomb", *LOST),
    Case("answer,code=200,text=success", *LOST),
)
async def test_a_lost_answer_is_no_refusal(case: Case) -> None:
    """Sent once, never again by itself, and said to be unknown: it may be paid for."""
    met = await holds(case)

    assert sum(create.task_id is not None for create in met.creates) == (0 if case.fault.startswith("answer") else 1)


@cases(
    Case("silent,charged=no", *LOST),
    Case("closed,charged=no", *LOST),
    Case("reset,charged=no", *LOST),
    Case("bad-gateway,charged=no", *LOST),
    Case("cut-json,charged=no", *LOST),
)
async def test_a_create_that_never_took_effect_looks_the_same_from_outside(case: Case) -> None:
    """Nothing was charged, and nobody can know."""
    met = await holds(case)

    assert met.paid == 0.0


@cases(
    Case("closed,times=1", creates=2, policies={"on_unknown": "resend"}),
    Case("closed", *LOST, creates=3, policies={"on_unknown": "resend"}),
)
async def test_who_would_rather_pay_twice_is_obeyed_and_told(case: Case) -> None:
    """`on_unknown="resend"`: at most twice more; the gateway has then been paid more than once, as was asked for."""
    emulator = Emulator(EmulatorOptions(seed=1))
    async with emulator.client(**case.policies) as client:
        emulator.faults.add(case.fault)
        [outcome] = await client.generate_all(["a banana"])
        duplicates = client.statistics().possible_duplicates

    assert (outcome.state, len(emulator.ledger.accepted)) == (case.state, case.creates)
    assert duplicates == case.creates - 1


@pytest.mark.parametrize("form", ["body", "status", "bare"])
async def test_retry_after_is_waited_out(form: str) -> None:
    """To the second, in whatever form the refusal comes, and by everybody."""
    emulator = Emulator()
    loop = asyncio.get_running_loop()

    async with emulator.client() as client:
        await client.generate("a first banana")
        emulator.faults.add(f"too-many,times=1,retry-after=40,form={form}")
        began = loop.time()
        await asyncio.gather(*(client.submit(f"banana {n}") for n in range(3)))

    assert loop.time() - began >= 40
    assert len(emulator.ledger.accepted) == 4


@pytest.mark.parametrize("fault", ["html", "bad-gateway,charged=no", "redirect"])
async def test_a_gateway_that_was_never_one_stops_the_run(fault: str) -> None:
    """Before its first answer it is more likely a mistyped base URL: one create is sent, and the URL is named."""
    emulator = Emulator(faults=[fault])

    async with emulator.client() as client:
        outcomes = await client.generate_all(f"banana {n}" for n in range(200))
    seen = [outcome for outcome in outcomes if outcome.state != "skipped"]

    assert all(isinstance(outcome.error, NanoBananaError) for outcome in seen)
    assert {outcome.state for outcome in seen} == {"failed" if fault == "redirect" else "unknown"}
    assert any("emulator.localhost" in str(outcome.error) for outcome in outcomes)
    assert len(emulator.ledger.creates) < 25

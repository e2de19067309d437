"""What goes wrong at a gateway is the same thing at the client, whatever is spoken: DESIGN §4's table, for each."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve, frozen

from nanobanana_async import Item, Outcome
from nanobanana_async.emulator import CreateSeen
from tests.paying_once.sellers import AT_ONCE, EVERY, SELLERS, WITH_IDS, Seller, assert_honest, counted, standing
from tests.testing.faults.contract import LOST, NO, PROMPT, WITNESS, Case, cases, committing, reason_of


@frozen
class Met:
    """What came of a case."""

    outcome: Outcome
    creates: list[CreateSeen]
    paid: int
    """How many creates for the item stay paid for."""


async def meet(seller: Seller, case: Case, *, save_to: Path | None = None) -> Met:
    """An item that meets the fault, after another one that did not."""
    emulator = seller.emulator()
    async with seller.client(emulator, **case.policies) as client:
        await client.generate(seller.order(WITNESS))
        seen = len(emulator.ledger.creates)
        with committing(case.fault, emulator):
            [outcome] = await client.generate_all([Item(seller.order(PROMPT), key="k")], save_to=save_to)

    if "resend" not in case.policies.values():
        assert_honest(emulator, [outcome])
    return Met(outcome, list(emulator.ledger.creates)[seen:], len(standing(emulator).get(PROMPT, [])))


async def holds(seller: Seller, case: Case) -> Met:
    """Meet the fault, and assert what the case says."""
    met = await meet(seller, case)

    assert (met.outcome.state, reason_of(met.outcome)) == (case.state, case.reason)
    assert met.outcome.charged == case.charged
    assert len(met.creates) == case.creates
    return met


@EVERY
@cases(
    Case("too-many,times=3", creates=4),
    Case("too-many,times=1,retry-after=30", creates=2),
    Case("maintenance,times=2", creates=3),
    Case("server-error,times=2", creates=3),
    Case("server-error", "failed", "service", NO, creates=3),
)
async def test_a_refusal_that_may_pass_is_repeated(seller: Seller, case: Case) -> None:
    """It was not taken: sent again, within bounds, it costs nothing more."""
    await holds(seller, case)


@EVERY
async def test_maintenance_that_lasts_fails_the_item(seller: Seller) -> None:
    """Under each name that it has: Kie's own code, or HTTP's 503."""
    met = await meet(seller, Case("maintenance"))

    assert met.outcome.state == "failed"
    assert reason_of(met.outcome) in ("maintenance", "service")
    assert met.outcome.charged == "no"
    assert 3 <= len(met.creates) <= 5


@EVERY
@cases(
    Case("unauthorized", "skipped", "key", NO),
    Case("no-credits", "skipped", "credits", NO),
    Case("disabled", "skipped", "service", NO),
    Case("not-found", "skipped", "service", NO),
)
async def test_a_refusal_of_the_account_stops_the_run(seller: Seller, case: Case) -> None:
    """No other request would fare better."""
    if case.fault == "disabled" and seller.mode is not None:
        case = evolve(case, reason="key")  # to HTTP it is a 403
    await holds(seller, case)


@EVERY
@pytest.mark.parametrize("fault", ["unauthorized", "no-credits"])
async def test_who_stops_sends_no_more(seller: Seller, fault: str) -> None:
    """The rest is skipped, and nothing of it is paid for; what runs is finished."""
    emulator = seller.emulator()

    async with seller.client(emulator) as client:
        emulator.faults.add(f"{fault},nth=5")
        outcomes = await client.generate_all(seller.items(30))

    states = counted(outcomes)
    assert states["succeeded"] + states["skipped"] == 30
    assert 1 <= states["succeeded"] < 10
    assert_honest(emulator, outcomes)


@EVERY
@cases(
    Case("silent", *LOST),
    Case("closed", *LOST),
    Case("reset", *LOST),
    Case("bad-gateway", *LOST),
    Case("bad-gateway,status=503", *LOST),
    Case("bad-gateway,status=524", *LOST),
    Case("html", *LOST),
    Case("cut", *LOST),
    Case("cut-json", *LOST),
    Case("null-data", *LOST),
    Case("drip,seconds=30", *LOST),
    Case("gzip-bomb", *LOST),
)
async def test_a_lost_answer_is_no_refusal(seller: Seller, case: Case) -> None:
    """Sent once, never again by itself: it is paid for, and nobody here can know."""
    met = await holds(seller, case)

    assert met.paid == 1


@EVERY
@cases(Case("closed,charged=no", *LOST), Case("bad-gateway,charged=no", *LOST), Case("silent,charged=no", *LOST))
async def test_a_create_that_never_took_effect_looks_the_same(seller: Seller, case: Case) -> None:
    """So it is told in the same way."""
    met = await holds(seller, case)

    assert met.paid == 0


@EVERY
@cases(
    Case("closed,times=1", creates=2, policies={"on_unknown": "resend"}),
    Case("closed", *LOST, creates=3, policies={"on_unknown": "resend"}),
    Case("server-error", *LOST, policies={"on_server_error": "hold"}),
)
async def test_who_would_have_it_otherwise_is_obeyed(seller: Seller, case: Case) -> None:
    """`resend` pays again, at most twice more; `hold` trusts no word of the server."""
    await holds(seller, case)


@EVERY
@cases(
    Case("fail,kind=policy", "failed", "policy", NO),
    Case("fail,kind=image", "failed", "bad_image", NO),
)
async def test_a_picture_that_is_not_made_for_its_words_is_not_tried_again(seller: Seller, case: Case) -> None:
    """Told by a record, or by the answer itself; what was taken for it has come back."""
    met = await holds(seller, case)

    assert met.paid == 0


@EVERY
async def test_a_passing_failure_is_tried_again_in_a_batch(seller: Seller) -> None:
    """The first was given back before the second was taken."""
    await holds(seller, Case("fail,kind=internal,times=1", creates=2))


@EVERY
@cases(Case("fail,kind=internal", "failed", "service", NO))
async def test_a_failure_that_does_not_pass_fails_the_item(seller: Seller, case: Case) -> None:
    """After one more task; or, where the answer is the picture, after as many as for any error of the server."""
    await holds(seller, evolve(case, creates=3 if seller.answers_at_once else 2))


@WITH_IDS
@cases(
    Case("stuck", "pending", "deadline"),
    Case("slow,seconds=2000", "pending", "deadline"),
    Case("slow,seconds=400"),
)
async def test_a_task_that_does_not_end_is_pending(seller: Seller, case: Case) -> None:
    """It is paid for, and its id is there for later."""
    met = await holds(seller, case)

    assert met.outcome.task_id == met.creates[0].task_id


@AT_ONCE
@cases(Case("stuck", *LOST), Case("slow,seconds=400", *LOST), Case("slow,seconds=180"))
async def test_an_answer_that_does_not_come_in_time_is_lost(seller: Seller, case: Case) -> None:
    """200 s; nobody has an id that could be asked about. What takes nearly so long is waited for."""
    met = await holds(seller, case)

    assert met.paid == 1


@pytest.mark.parametrize("seller", [seller for seller in SELLERS if seller.mode], ids=lambda seller: seller.name)
async def test_a_relay_that_cuts_long_connections_cuts_only_answers_that_are_pictures(seller: Seller) -> None:
    """At 184 s, with a page of its own. Who asks for tasks has a short answer, and then his picture."""
    emulator = seller.emulator(cut_after=184)

    async with seller.client(emulator) as client:
        await client.generate(seller.order(WITNESS))
        emulator.faults.add("slow,seconds=190")
        [outcome] = await client.generate_all([seller.order("a banana")])

    assert outcome.state == ("unknown" if seller.answers_at_once else "succeeded")
    assert_honest(emulator, [outcome])


@EVERY
@cases(Case("no-url", "failed", "no_result", "yes"))
async def test_a_success_without_a_picture_is_an_error_of_its_own(seller: Seller, case: Case) -> None:
    """It is paid for, and not made again by itself."""
    await holds(seller, case)


@EVERY
@pytest.mark.parametrize("fault", ["truncated,times=1", "short,times=1", "html-file,times=1", "empty-file,times=1"])
async def test_a_picture_that_did_not_come_whole_is_fetched_again(seller: Seller, tmp_path: Path, fault: str) -> None:
    """Nothing that is not a whole picture is in the folder; and nothing is paid again."""
    if seller.name == "images-b64":
        pytest.skip("its picture comes in the answer")

    met = await meet(seller, Case(fault), save_to=tmp_path)

    assert (met.outcome.state, met.outcome.charged, len(met.creates)) == ("succeeded", "yes", 1)
    assert [file.parent for file in met.outcome.files] == [tmp_path]
    assert sorted(tmp_path.iterdir()) == sorted(met.outcome.files)


@EVERY
@pytest.mark.parametrize("fault", [f"{name},probability=0.2" for name in ("too-many", "server-error", "closed")])
async def test_many_in_foul_weather_are_told_truly(seller: Seller, fault: str) -> None:
    """Each is charged as it is said to be."""
    emulator = seller.emulator()

    async with seller.client(emulator) as client:
        await client.generate(seller.order(WITNESS))
        emulator.faults.add(fault)
        outcomes = await client.generate_all(seller.items(30))

    states = counted(outcomes)
    assert states["succeeded"] >= 15
    assert set(states) <= ({"succeeded", "unknown"} if fault.startswith("closed") else {"succeeded", "failed"})
    assert_honest(emulator, outcomes)

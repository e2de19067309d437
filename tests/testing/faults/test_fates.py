"""What becomes of a task, and how its record says so."""

from __future__ import annotations

import pytest

from nanobanana_async.testing import Emulator
from tests.testing.faults.contract import Case, cases, holds


@cases(
    Case("slow,factor=3"),
    Case("slow,seconds=800"),
    Case("skipped-state"),
    Case("all-states"),
    Case("unknown-state"),
    Case("unknown-state,state=moderating,seconds=200"),
    Case("invisible,seconds=20"),
    Case("invisible,seconds=85"),
    Case("invisible,seconds=85,form=404"),
    Case("invisible,seconds=300"),
    Case("odd-case"),
    Case("plain-param"),
    Case("old-record"),
    Case("new-record"),
    Case("result-dict"),
    Case("result-string"),
    Case("no-url,looks=1"),
    Case("no-url,looks=2"),
)
async def test_a_record_of_any_shape_is_understood(case: Case) -> None:
    """Late, mute, in capitals, in the words of another year: it succeeds, and is paid for once."""
    met = await holds(case)

    assert met.outcome.result is not None
    assert len(met.outcome.result.urls) == 1


@cases(
    Case("stuck,state=waiting", "pending", "deadline"),
    Case("stuck,state=queuing", "pending", "deadline"),
    Case("stuck,state=generating", "pending", "deadline"),
    Case("stuck,state=paused", "pending", "deadline"),
    Case("slow,seconds=2000", "pending", "deadline"),
    Case("invisible,seconds=2000", "pending", "record_missing"),
    Case("invisible,seconds=2000,form=404", "pending", "record_missing"),
)
async def test_a_task_that_does_not_end_in_time_is_pending(case: Case) -> None:
    """It is paid for; its id waits for a later run."""
    met = await holds(case)

    assert met.outcome.error is not None
    assert met.outcome.error.task_id == met.creates[0].task_id


@cases(Case("slow,seconds=2000"), Case("invisible,seconds=2000"))
async def test_what_was_left_pending_is_had_later(case: Case) -> None:
    """The id is enough: an hour later `wait` has its result, and nothing more was paid."""
    emulator = Emulator(faults=[case.fault])
    async with emulator.client() as client:
        [outcome] = await client.generate_all(["a banana"])
        assert outcome.task_id is not None
        result = await client.wait(outcome.task_id, timeout=3600)

    assert outcome.state == "pending"
    assert result.image
    assert len(emulator.ledger.accepted) == 1


@cases(
    Case("fail,kind=internal", "failed", "service", "no"),
    Case("fail,kind=moderation", "failed", "service", "no"),
    Case("fail,kind=image", "failed", "bad_image", "no"),
    Case("fail,kind=policy", "failed", "policy", "no"),
    Case("fail,kind=flagged", "failed", "policy", "no"),
    Case("fail,kind=violating", "failed", "policy", "no"),
    Case("fail,kind=sensitive", "failed", "policy", "no"),
    Case("fail,kind=unsafe", "failed", "policy", "no"),
    Case("fail,kind=sensitive-word", "failed", "policy", "no"),
    Case("fail,kind=prohibited", "failed", "policy", "no"),
    Case("fail,kind=declined", "failed", "declined", "no"),
    Case("fail,code=SENSITIVE_WORD_ERROR,text=no", "failed", "policy", "no"),
    Case("fail,code=999,text=nobody knows why", "failed", "service", "no"),
    Case("record-408", "failed", "service", "no"),
    Case("record-501", "failed", "service", "no"),
)
async def test_a_failed_task_says_why_and_costs_nothing(case: Case) -> None:
    """Each reason of PROTOCOL §1.9 by its own name; what the caller may do follows from it."""
    case = Case(f"{case.fault},times=1", case.state, case.reason, case.charged, policies=case.policies)
    emulator = Emulator(faults=[case.fault])
    async with emulator.client() as client:
        with pytest.raises(Exception, match=r".") as caught:
            await client.generate("a banana")
        balance = await client.balance()

    assert (caught.value.reason, caught.value.charged) == (case.reason, "no")  # type: ignore[attr-defined]  # ours have both
    assert balance == 10_000.0


@cases(
    Case("fail,kind=internal,times=1", creates=2),
    Case("fail,kind=moderation,times=1", creates=2),
    Case("record-408,times=1", creates=2),
    Case("record-501,times=1", creates=2),
    Case("fail,kind=internal", "failed", "service", "no", creates=2),
)
async def test_a_passing_failure_of_the_vendors_is_tried_once_more_in_a_batch(case: Case) -> None:
    """As a new task: the first was not charged."""
    await holds(case)


@cases(
    Case("fail,kind=policy", "failed", "policy", "no"),
    Case("fail,kind=declined", "failed", "declined", "no"),
    Case("fail,kind=image", "failed", "bad_image", "no"),
)
async def test_a_failure_that_would_come_again_is_never_tried_again(case: Case) -> None:
    """One task, no more."""
    await holds(case)


@pytest.mark.parametrize("form", ["null", "empty", "int", "word"])
async def test_a_fail_code_of_any_form_is_read(form: str) -> None:
    """Null, empty, a number, a word: the text says what it was."""
    emulator = Emulator(faults=["fail,kind=policy", f"fail-code,form={form}"])

    async with emulator.client() as client:
        [outcome] = await client.generate_all(["a banana"])

    assert (outcome.state, outcome.error and outcome.error.reason, outcome.charged) == ("failed", "policy", "no")


@cases(Case("no-url", "failed", "no_result", "yes"))
async def test_a_success_without_a_picture_is_an_error_of_its_own(case: Case) -> None:
    """Asked again, twice; it is paid for, and its id goes with the error."""
    met = await holds(case)

    assert met.outcome.error is not None
    assert met.outcome.error.task_id == met.creates[0].task_id

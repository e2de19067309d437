"""The values that are passed on, and what they never show."""

from __future__ import annotations

import pytest

from nanobanana_async import pricing
from nanobanana_async.errors import PolicyError, StillRunningError, StorageError, UnknownOutcomeError
from nanobanana_async.outcomes import Failed, Outcome, Pending, Skipped, Succeeded, Unknown
from nanobanana_async.values import Expected, FilePart, ImageData, Item, Result, Task, TaskState, WireReply, WireRequest

ITEM = Item("a banana")


def test_a_result_has_an_image_when_it_has_one() -> None:
    """More or fewer are an error that says how many."""
    assert Result("t", "m", ("https://x/1.png",)).image == "https://x/1.png"
    with pytest.raises(ValueError, match="2 images"):
        _ = Result("t", "m", ("https://x/1.png", "https://x/2.png")).image


def test_only_success_and_failure_are_final() -> None:
    """Everything else is looked at again."""
    assert {state for state in TaskState if state.is_final} == {TaskState.SUCCESS, TaskState.FAIL}


def test_a_faster_gateway_divides_the_times_to_expect() -> None:
    """At twice the speed half of each; at the usual one nothing is made anew."""
    expected = Expected(first=10.0, usual=30.0)

    assert expected.at_speed(2) == Expected(first=5.0, usual=15.0)
    assert expected.at_speed(1) is expected


def test_reprs_show_sizes_and_no_secrets() -> None:
    """Neither a key nor the bytes of a picture."""
    request = WireRequest(
        "POST", "https://h:1/p?q=1", b"secret", bearer="key", files=(FilePart("file", "a.png", b"secret"),)
    )
    shown = f"{request!r} {WireReply(200, {}, b'secret')!r} {ImageData(b'secret', 'image/png', 1, 1)!r}"

    assert "secret" not in shown
    assert "'key'" not in shown
    assert shown.count("<6 bytes>") == 4
    assert request.origin == "https://h:1"
    assert "None" in repr(WireRequest("GET", "https://h"))


OUTCOMES: list[tuple[Outcome, str, bool, str, str | None]] = [
    (Succeeded(item=ITEM, result=Result("t1", "m", (), 4.0)), "succeeded", True, "yes", "t1"),
    (Succeeded(item=ITEM, result=Result("t1", "m", (), 0.0)), "succeeded", True, "no", "t1"),
    (Failed(item=ITEM, error=PolicyError("x", task_id="t2")), "failed", False, "no", "t2"),
    (Pending(item=ITEM, task=Task("t3"), error=StillRunningError("x")), "pending", False, "yes", "t3"),
    (Unknown(item=ITEM, error=UnknownOutcomeError("x")), "unknown", False, "unknown", None),
    (Skipped(item=ITEM, reason="credits"), "skipped", False, "no", None),
]


@pytest.mark.parametrize(("outcome", "state", "ok", "charged", "task_id"), OUTCOMES)
def test_outcomes_share_their_words(outcome: Outcome, state: str, ok: bool, charged: str, task_id: str | None) -> None:
    """Whatever it is, it can be asked for the same things."""
    assert (outcome.state, outcome.ok, outcome.charged, outcome.task_id) == (state, ok, charged, task_id)
    assert outcome.item is ITEM
    assert outcome.files == ()
    assert (outcome.result is not None) is ok
    assert (outcome.credits is not None) is ok
    assert (outcome.error is not None) is (state in ("failed", "pending", "unknown"))


def test_a_success_that_could_not_be_saved_carries_the_error() -> None:
    """It stays a success, and charged."""
    error = StorageError("disk full")
    outcome = Succeeded(item=ITEM, result=Result("t1", "m", ("u",)), file_error=error)

    assert outcome.ok
    assert outcome.error is error
    assert outcome.charged == "yes"


def test_prices_add_up_and_say_what_they_do_not_know() -> None:
    """A credit is half a cent."""
    price = pricing.total([4.0, None, 18.0])

    assert (price.credits, price.unpriced) == (22.0, 1)
    assert pricing.dollars(200) == price.dollars / 22 * 200 == 1.0
    assert str(price) == "22 credits (0.11 USD) and 1 of unknown price"
    assert str(pricing.total([4.0])) == "4 credits (0.02 USD)"


def test_a_result_shows_no_content() -> None:
    """A picture may stand in a URL: it is megabytes."""
    result = Result("t", "m", ("https://cdn.example/a.png", "data:image/png;base64," + "A" * 1000))

    assert "https://cdn.example/a.png" in repr(result)
    assert "<1022 characters>" in repr(result)
    assert len(repr(result)) < 500

"""Who is let in, what it costs them, and how much they may ask for at a time."""

from __future__ import annotations

import pytest

from nanobanana_async.emulator import Call, EmulatorOptions, Limit, SlidingWindow, World
from tests.emulator.customer import Clock, Customer


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer  ", "Basic abc"])
def test_no_key_is_no_entry(world: World, authorization: str | None) -> None:
    """Without a bearer key the code in the body is 401 and the HTTP status 200."""
    answer = world.serve(Call("credit", authorization=authorization))

    assert (answer.code, answer.status) == (401, 200)


def test_any_key_is_an_account_of_its_own(world: World) -> None:
    """What one key spends another one keeps."""
    one, other = Customer(world, "one"), Customer(world, "other")
    one.created()

    assert (one.balance(), other.balance()) == (9992.0, 10_000.0)
    assert len(world.accounts) == 2
    assert len({account.name for account in world.accounts}) == 2


def test_named_keys_keep_the_others_out(clock: Clock) -> None:
    """With a list of keys, one that is not on it has no access."""
    world = World(EmulatorOptions(keys=["good"]), clock=clock)

    assert Customer(world, "good").ask("credit")["code"] == 200
    refusal = Customer(world, "bad").ask("credit")
    assert (refusal["code"], refusal["msg"]) == (401, "You do not have access permissions")


def test_a_key_shows_nowhere(clock: Clock) -> None:
    """Neither the world nor its ledger holds a key in clear."""
    world = World(EmulatorOptions(keys=["sk-secret"]), clock=clock)
    customer = Customer(world, "sk-secret")
    customer.created()
    world.serve(customer.call("file", subject="results/x.png"))

    said = f"{world!r} {world.options!r} {world.accounts!r} {world.ledger.creates!r} {world.ledger.keys_at_files!r}"
    assert "sk-secret" not in said
    assert "sk-secret" not in repr(customer.call("credit"))


def test_credits_are_taken_at_acceptance_and_given_back_on_failure(customer: Customer, clock: Clock) -> None:
    """A task that fails is free, from the moment of its failure on."""
    customer.created("[fail:internal]")
    taken = customer.balance()
    clock.move(60)

    assert (taken, customer.balance()) == (9992.0, 10_000.0)


def test_too_few_credits_are_a_402_in_the_vendors_words(clock: Clock) -> None:
    """What can't be paid is not accepted, and nothing is taken."""
    customer = Customer(World(EmulatorOptions(credits=20.0), clock=clock))
    customer.created("x", "nano-banana-pro")

    answer = customer.create("x", "nano-banana-pro")

    assert answer["code"] == 402
    assert answer["msg"].startswith("Credits insufficient : ")
    assert customer.balance() == 2.0


def test_the_twenty_first_task_in_ten_seconds_is_refused(customer: Customer, clock: Clock) -> None:
    """Twenty in any ten seconds; the next one gets 429 in the body and is not queued."""
    codes = [customer.create()["code"] for _ in range(21)]
    clock.move(9.99)
    still = customer.create()["code"]
    clock.move(0.02)

    assert codes == [200] * 20 + [429]
    assert still == 429
    assert customer.create()["code"] == 200
    assert customer.world.ledger.over_limit == 2
    assert len(customer.world.tasks) == 21


def test_the_window_slides(customer: Customer, clock: Clock) -> None:
    """Room comes back one by one, as the oldest tasks leave the window."""
    for _ in range(20):
        customer.created()
        clock.move(0.4)
    clock.move(2.3)

    assert [customer.create()["code"] for _ in range(3)] == [200, 429, 429]


def test_accounts_have_windows_of_their_own(world: World) -> None:
    """One account over its limit leaves the others alone."""
    one, other = Customer(world, "one"), Customer(world, "other")
    for _ in range(21):
        one.create()

    assert other.create()["code"] == 200


def test_another_way_of_counting_can_be_put_in(clock: Clock) -> None:
    """The kind of window is an option."""

    class Closed(SlidingWindow):
        def admit(self, now: float) -> bool:
            return False

    world = World(EmulatorOptions(window=Closed, limit=Limit(5, per=1.0)), clock=clock)

    assert Customer(world).create()["code"] == 429


@pytest.mark.parametrize("wrong", [{"speed": 0}, {"credits": -1}, {"record_shape": "odd"}])
def test_options_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    """Speed, credits and the record shape are checked when the options are made."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        EmulatorOptions(**wrong)  # type: ignore[arg-type]  # wrong on purpose

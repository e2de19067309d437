"""When a fault strikes: by count, by chance, by what the call is about, by the clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanobanana_async.emulator import Answer, EmulatorOptions, Limit, Operation, Upload, World
from tests.emulator.customer import Clock, Customer
from tests.emulator.faults.conftest import Afflicted

OPERATIONS: list[Operation] = [
    *("createTask", "recordInfo", "credit", "download-url"),
    *("stream-upload", "base64-upload", "url-upload", "file"),
]


def codes(customer: Customer, count: int, prompt: str = "a banana") -> list[int]:
    return [customer.create(prompt)["code"] for _ in range(count)]


def refused_at(customer: Customer, count: int) -> list[int]:
    """The numbers of the creates that are refused, the first being 1."""
    return [number for number, code in enumerate(codes(customer, count), start=1) if code == 429]


@pytest.mark.parametrize(
    ("script", "struck"),
    [
        ("", [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        (",nth=3", [3]),
        (",nth=3/1/20", [1, 3]),
        (",every=4", [4, 8]),
        (",times=2", [1, 2]),
        (",every=2,times=3", [2, 4, 6]),
        (",nth=2/3/4,every=2", [2, 4]),
        (",nth=2/3/4,times=2", [2, 3]),
        (",probability=1", [1, 2, 3, 4, 5, 6, 7, 8, 9]),
    ],
)
def test_a_script_says_which_calls_are_meant(afflicted: Afflicted, script: str, struck: list[int]) -> None:
    """All conditions must hold; what strikes is counted."""
    customer = afflicted(f"too-many{script}")

    assert refused_at(customer, 9) == struck
    assert customer.world.faults.struck(f"too-many{script}") == len(struck)


def test_counting_begins_when_a_fault_is_added(afflicted: Afflicted) -> None:
    """The third create since then, not since the beginning."""
    customer = afflicted()
    codes(customer, 5)
    customer.world.faults.add("too-many,nth=3")

    assert refused_at(customer, 5) == [3]


def test_only_what_it_applies_to_is_counted(afflicted: Afflicted) -> None:
    """Other prompts, other models, other operations and other times don't make a call the second."""
    customer = afflicted("too-many,nth=2,prompt=^b.nana$,model=nano-banana-2")
    others = [*codes(customer, 3, "an apple"), customer.create("banana", "nano-banana-pro")["code"]]
    customer.balance()

    assert others == [200] * 4
    assert codes(customer, 3, "banana") == [200, 429, 200]


def test_a_poll_is_about_the_prompt_of_its_task(afflicted: Afflicted) -> None:
    """The prompt and the model of the task count, not what the call says."""
    customer = afflicted("too-many,on=recordInfo,prompt=banana,model=nano-banana-2")
    banana, apple = customer.created("a banana"), customer.created("an apple")
    unknown = customer.ask("recordInfo", subject="0" * 32)

    assert customer.ask("recordInfo", subject=banana)["code"] == 429
    assert customer.ask("recordInfo", subject=apple)["code"] == 200
    assert unknown["code"] == 422


@pytest.mark.parametrize("link", [False, True])
def test_a_file_is_about_the_prompt_of_its_task(afflicted: Afflicted, clock: Clock, link: bool) -> None:
    """Also behind a link of 20 minutes; an upload is about none."""
    customer = afflicted("gone,prompt=banana", "too-many,on=download-url,prompt=apple")
    upload = customer.upload(b"x")["downloadUrl"]
    banana, apple = customer.created("a banana"), customer.created("an apple")
    clock.move(30)
    urls = [customer.record(task)["response"]["resultUrls"][0] for task in (banana, apple)]
    asked = [customer.ask("download-url", {"url": url})["code"] for url in [*urls, upload, None]]
    if link:
        customer.world.faults.remove("too-many,on=download-url,prompt=apple")
        urls = [customer.ask("download-url", {"url": url})["data"] for url in urls]

    assert [customer.file(url).status for url in [*urls, upload]] == [404, 200, 200]
    assert asked == [200, 429, 200, 422]


@pytest.mark.parametrize("body", [None, [], {"input": "banana"}, {"model": 3, "input": {"prompt": ["banana"]}}])
def test_what_nobody_can_read_is_about_nothing(afflicted: Afflicted, body: object) -> None:
    """A prompt is looked for where one belongs; without a condition on it, a fault strikes anything."""
    customer = afflicted("maintenance,prompt=banana")
    spared = customer.ask("createTask", body)["code"]
    customer.world.faults.add("too-many")

    assert spared in (400, 422, 500)
    assert customer.ask("createTask", body)["code"] == 429


def test_the_clock_opens_and_closes_a_window(afflicted: Afflicted, clock: Clock) -> None:
    """From `after` on, `lasting` so long, in seconds since the world's first call."""
    customer = afflicted("too-many,after=10,lasting=5")
    seen = []
    for _ in range(20):
        seen.append(customer.create()["code"])
        clock.move(1)

    assert seen == [200] * 10 + [429] * 5 + [200] * 5


def test_without_a_beginning_it_lasts_from_when_it_was_added(afflicted: Afflicted, clock: Clock) -> None:
    """So a fault added while running can be told to last for so long."""
    customer = afflicted("maintenance,lasting=2")
    first = customer.create()["code"]
    clock.move(100)
    customer.world.faults.add("too-many,lasting=5")
    seen = []
    for _ in range(7):
        seen.append(customer.create()["code"])
        clock.move(1)

    assert first == 455
    assert seen == [429] * 5 + [200] * 2


def test_without_an_end_it_goes_on(afflicted: Afflicted, clock: Clock) -> None:
    """`after` alone has no end."""
    customer = afflicted("too-many,after=3")
    before = customer.create()["code"]
    clock.move(1000)

    assert (before, customer.create()["code"]) == (200, 429)


def test_time_begins_with_the_first_call(afflicted: Afflicted, clock: Clock) -> None:
    """Not when the world is made, nor when a fault is added before anybody calls."""
    customer = afflicted("too-many,after=10,lasting=5")
    clock.move(3600)
    customer.world.faults.add("maintenance,lasting=5")
    clock.move(3600)
    seen = []
    for _ in range(16):
        seen.append(customer.create()["code"])
        clock.move(1)

    assert seen == [455] * 5 + [200] * 5 + [429] * 5 + [200]


def test_an_earlier_clock_is_another_clock(clock: Clock) -> None:
    """A world made beside the loop whose time it is to live on begins when it is first asked."""
    customer = Customer(World(EmulatorOptions(limit=Limit(1000)), clock=clock, faults=["too-many,after=10"]))
    clock.move(-1_000_000)
    at_first = customer.create()["code"]
    clock.move(10)

    assert (at_first, customer.create()["code"]) == (200, 429)


def test_a_fault_added_before_the_clock_went_back_is_on(clock: Clock) -> None:
    """What is added while the clock is a later one does not wait for it."""
    world = World(clock=clock)
    clock.move(-1_000_000)
    world.faults.add("too-many,lasting=5")

    assert Customer(world).create()["code"] == 429


def test_chance_is_as_likely_as_it_says(afflicted: Afflicted) -> None:
    """One in five, over two thousand calls."""
    struck = len(refused_at(afflicted("too-many,probability=0.2"), 2000))

    assert 300 < struck < 500


@given(st.integers(0, 2**32), st.floats(0.05, 0.95))
def test_the_same_seed_has_the_same_luck(seed: int, probability: float) -> None:
    """The same calls in the same order meet the same faults, whatever other faults there are."""
    fault = f"too-many,probability={probability!r}"

    def luck(*others: str) -> list[int]:
        options = EmulatorOptions(seed=seed, limit=Limit(1000))
        world = World(options, clock=Clock(), faults=[*others, fault])
        customer = Customer(world)
        return [world.faults.struck(fault) for _ in range(30) if customer.create()]

    alone = luck()
    assert luck() == alone
    assert luck("balance-int", "null-data,probability=0.5", "slow,every=2") == alone


def test_another_seed_has_another_luck(afflicted: Afflicted) -> None:
    """The world's seed is that of its faults, unless they have one of their own."""
    lucks = {str(refused_at(afflicted("too-many,probability=0.5", seed=seed), 60)) for seed in range(5)}

    assert len(lucks) == 5


def test_different_faults_have_different_luck(afflicted: Afflicted) -> None:
    """As likely as each other, and not at the same calls."""
    first = refused_at(afflicted("too-many,probability=0.5"), 60)
    second = refused_at(afflicted("too-many,probability=0.5,retry-after=1"), 60)

    assert first != second


def test_two_faults_alike_have_lucks_of_their_own(afflicted: Afflicted) -> None:
    """Adding the same chance twice makes it likelier, not the same twice."""
    once = refused_at(afflicted("too-many,probability=0.3"), 200)
    twice = refused_at(afflicted("too-many,probability=0.3", "too-many,probability=0.3"), 200)

    assert set(once) < set(twice)
    assert len(twice) > len(once) * 1.3


def asked(customer: Customer, operation: Operation) -> int:
    """The HTTP status of one call of each kind."""
    body: object = Upload(b"x", "images", "x.png") if operation == "stream-upload" else {}
    return customer.world.serve(customer.call(operation, body)).status


@pytest.mark.parametrize("meant", OPERATIONS)
def test_on_names_the_operations(afflicted: Afflicted, meant: Operation) -> None:
    """Those that are named are struck, the others are not."""
    customer = afflicted(f"maintenance,form=status,on={meant}")

    assert [operation for operation in OPERATIONS if asked(customer, operation) == 455] == [meant]


@pytest.mark.parametrize("fault", ["maintenance,form=status", "silent", "bad-gateway", "answer,status=503", "redirect"])
def test_any_means_all_of_them(afflicted: Afflicted, fault: str) -> None:
    """Refusals and faults of the wire can be had everywhere."""
    customer = afflicted(f"{fault},on=any")

    assert all(asked(customer, operation) != 200 for operation in OPERATIONS)
    assert customer.world.faults.struck(f"{fault},on=any") == len(OPERATIONS)


def test_uploads_are_refused_in_their_own_envelope(afflicted: Afflicted) -> None:
    """`success` is false there, and there is no data."""
    customer = afflicted("too-many,on=uploads")

    answer = customer.world.serve(customer.call("base64-upload", {}))

    assert isinstance(answer, Answer)
    assert (answer.payload["success"], answer.payload["code"]) == (False, 429)

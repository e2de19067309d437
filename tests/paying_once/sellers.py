"""Every way in which a picture can be ordered, for tests that hold for all of them: gateways, dialects, and answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import pytest
from attrs import field, frozen

from nanobanana_async import (
    Client,
    Item,
    Kie,
    LegacyNanoBanana,
    NanoBanana2,
    OpenAIEdit,
    OpenAIGeneration,
    OpenAIImages,
    Outcome,
    Polling,
    Rate,
)
from nanobanana_async.emulator import CreateSeen, EmulatorOptions, Limit
from nanobanana_async.models import ResponseFormat
from nanobanana_async.testing import Emulator, Latency
from nanobanana_async.values import Request
from tests.storage.pictures import make_png

PHOTO = make_png(60, 40)
Order: TypeAlias = Callable[[str], Request]


@frozen
class Seller:
    """One of those ways: a gateway, what is asked of it, and how its emulator speaks."""

    name: str
    price: float
    """What a picture costs there, in credits."""
    order: Order
    """A picture of these words."""
    edit: Order
    """The same, from a local picture of 60 to 40."""
    mode: Any = None
    """That of an OpenAI-style gateway; None where it is `Kie`."""
    options: dict[str, Any] = field(factory=dict)

    @property
    def answers_at_once(self) -> bool:
        """Whether nobody is given an id."""
        return bool(self.mode == "sync")

    def gateway(self, base_url: str) -> Kie | OpenAIImages:
        """Its gateway, at an emulator."""
        if self.mode is None:
            return Kie("test", base_url=base_url)
        return OpenAIImages(base_url, "test", price=self.price * 0.005, mode=self.mode)

    def emulator(self, *, limit: Limit | str = "5/10", faults: Iterable[str] = (), **options: Any) -> Emulator:
        """A gateway of its own, in this process; half a second away, and with a window that is soon full."""
        said = EmulatorOptions(seed=1, limit=limit, **self.options, **options)
        return Emulator(said, faults=list(faults), latency=Latency(least=0.2, jitter=0.1))

    def client(self, emulator: Emulator, **policies: Any) -> Client:
        """A client of it."""
        options = emulator.options
        fitting: dict[str, Any] = {
            "transport": emulator.transport(),
            "rate": Rate(options.limit.count, per=options.limit.per),
            "polling": Polling(speed=options.speed),
            "seed": 1,
            "clock": emulator.world.clock,
        }
        return Client(self.gateway(emulator.base_url), **{**fitting, **policies})

    def items(self, count: int, *, like: str = "banana") -> list[Item]:
        """So many pictures to be ordered, each of other words, under keys such as ``b0``."""
        return [Item(self.order(f"{like} {number}"), key=f"{like[0]}{number}") for number in range(count)]


def _of_a_reseller(name: str, mode: str, response_format: ResponseFormat | None, **options: Any) -> Seller:
    said: dict[str, Any] = {"model": "nano-banana-2", "response_format": response_format}
    return Seller(
        name,
        8.0,
        order=lambda prompt: OpenAIGeneration(prompt, **said),
        edit=lambda prompt: OpenAIEdit(prompt, images=[PHOTO], **said),
        mode=mode,
        options=options,
    )


SELLERS = (
    Seller(
        "jobs",
        8.0,
        order=lambda prompt: NanoBanana2(prompt, aspect_ratio="1:1"),
        edit=lambda prompt: NanoBanana2(prompt, images=[PHOTO]),
    ),
    Seller(
        "generate",
        4.0,
        order=lambda prompt: LegacyNanoBanana(prompt, width=96, height=96),
        edit=lambda prompt: LegacyNanoBanana(prompt, model="google/nano-banana-edit", images=[PHOTO]),
        options={"generate_record": "mixed"},
    ),
    _of_a_reseller("images", "sync", "url"),
    _of_a_reseller("images-b64", "sync", "b64_json", images_b64="prefixed"),
    _of_a_reseller("images-async", "async", None, images_task="data"),
)
BY_NAME = {seller.name: seller for seller in SELLERS}
EVERY = pytest.mark.parametrize("seller", SELLERS, ids=lambda seller: seller.name)
WITH_IDS = pytest.mark.parametrize(
    "seller", [seller for seller in SELLERS if not seller.answers_at_once], ids=lambda seller: seller.name
)
AT_ONCE = pytest.mark.parametrize(
    "seller", [seller for seller in SELLERS if seller.answers_at_once], ids=lambda seller: seller.name
)


# --- what holds for whatever was sold -------------------------------------------------------------------------------


def standing(emulator: Emulator) -> dict[str, list[CreateSeen]]:
    """The creates that are paid for and not given back, by the words that were ordered."""
    found: dict[str, list[CreateSeen]] = {}
    for create in emulator.ledger.accepted:
        task = emulator.world.tasks.find(create.task_id or "")
        assert task is not None
        if not create.was_given_back():
            found.setdefault(task.order.prompt, []).append(create)
    return found


def words_of(outcome: Outcome) -> str:
    """What was ordered."""
    prompt: str = getattr(outcome.item.request, "prompt", "")
    return prompt


def assert_honest(emulator: Emulator, outcomes: Iterable[Outcome]) -> None:
    """Nothing was paid for twice, and of each item it is told truly whether it was paid for."""
    paid = standing(emulator)
    assert not {words: creates for words, creates in paid.items() if len(creates) > 1}
    for outcome in outcomes:
        creates = paid.get(words_of(outcome), [])
        assert outcome.charged in ("unknown", "yes" if creates else "no"), outcome
        assert outcome.task_id in (None, *(create.task_id for create in creates)) or not creates, outcome
    assert emulator.ledger.over_limit == 0


def counted(outcomes: Iterable[Outcome]) -> Counter[str]:
    """How many are in each state."""
    return Counter(outcome.state for outcome in outcomes)

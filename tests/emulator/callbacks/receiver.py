"""Somebody who orders with a callback, and takes what is due by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from attrs import define, field

from nanobanana_async.emulator import CallbackSeen, Delivery, World
from tests.emulator.customer import Clock, Customer

RECEIVER = "http://127.0.0.1:9/done"


@define
class Receiver:
    """Orders at a world, moves its clock, and answers its callbacks."""

    world: World
    clock: Clock
    customer: Customer = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.customer = Customer(self.world)

    def ordered(self, prompt: str = "a banana", url: object = RECEIVER) -> str:
        """The id of a task that was accepted."""
        body = {"model": "nano-banana-2", "callBackUrl": url, "input": {"prompt": prompt}}
        answer = self.customer.ask("createTask", body)
        assert answer["code"] == 200, answer
        return str(answer["data"]["taskId"])

    def taken(self) -> list[Delivery]:
        """What is due now, as it goes out now."""
        callbacks = self.world.callbacks
        return [callbacks.sealed(each, self.clock.now) for each in callbacks.take_due(self.clock.now)]

    def wait(self) -> list[Delivery]:
        """Move to the moment at which something is due, and take it."""
        moment = self.world.callbacks.next_at()
        assert moment is not None
        self.clock.now = moment
        return self.taken()

    def answer(self, delivery: Delivery, status: int | None = 200) -> None:
        self.world.callbacks.answered(delivery, status, self.clock.now)

    def all_of_them(self, status: int | None = 200) -> Iterator[Delivery]:
        """Every callback that will ever come, each answered with `status`."""
        while self.world.callbacks.next_at() is not None:
            for delivery in self.wait():
                self.answer(delivery, status)
                yield delivery

    @property
    def seen(self) -> list[CallbackSeen]:
        """What stands in the ledger."""
        return list(self.world.ledger.callbacks)


def said(delivery: Delivery) -> dict[str, Any]:
    """The body of a callback."""
    return dict(json.loads(delivery.body))

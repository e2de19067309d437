"""A single picture, step by step: what each step does at each moment, and what is said once it is over."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from nanobanana_async import BusyError, Client, OpenAIGeneration
from nanobanana_async.cli._picture_stops import PictureStops
from nanobanana_async.cli._terminal import Terminal
from nanobanana_async.events import CreateRefused, CreateSent, TaskAccepted
from nanobanana_async.outcomes import Outcome
from nanobanana_async.values import Item, Task, WireReply, WireRequest
from tests.scripted_images import ScriptedImages, error, made
from tests.scripted_kie import until

REQUEST = OpenAIGeneration("a cat", model="nano-banana-2")
SENT = CreateSent(at=0.0, item=Item(REQUEST), attempt=1)
LINK = {"url": "https://files.example/a.png"}


class Held(ScriptedImages):
    """Answers once it may."""

    def __init__(self, *answers: Any) -> None:
        super().__init__(*answers)
        self.answering = asyncio.Event()

    async def _answer(self, request: WireRequest) -> WireReply:
        reply = await super()._answer(request)
        await self.answering.wait()
        return reply


class Made:
    """A picture that is being made, and what is said meanwhile."""

    def __init__(self) -> None:
        self.screen = io.StringIO()
        self.stops = PictureStops(Terminal(Console(file=self.screen), " --gateway openai-images"), 200.0)
        self.cancelled = 0
        self.steps = self.stops.steps(self._cancel)
        self._work: asyncio.Task[Outcome] | None = None

    @property
    def said(self) -> str:
        return self.screen.getvalue().replace("\n", " ")

    def _cancel(self) -> None:
        self.cancelled += 1
        if self._work is not None:
            self._work.cancel()

    def begun(self, client: Client, place: Path) -> asyncio.Task[Outcome]:
        self._work = asyncio.create_task(self.stops.make(client, REQUEST, place))
        return self._work


def test_before_the_create_leaves_a_signal_ends_it() -> None:
    """Whether it is being made yet or not; and that nothing was sent is said."""
    made_one = Made()
    made_one.steps.leave()
    made_one.stops.say_left()

    assert made_one.cancelled == 1
    assert made_one.said == "nothing was sent "


@pytest.mark.parametrize(
    "end",
    [
        TaskAccepted(at=0.0, item=Item(REQUEST), task=Task("t1")),
        CreateRefused(at=0.0, item=Item(REQUEST), error=BusyError("busy"), again=True),
    ],
)
def test_once_its_answer_is_known_a_signal_ends_it(end: TaskAccepted | CreateRefused) -> None:
    """One that came before, or the one that was waited for."""
    before, after = Made(), Made()
    for event in (SENT, end):
        before.stops.hear(event)
    before.steps.leave()
    after.stops.hear(SENT)
    after.steps.leave()
    waited = after.cancelled
    after.stops.hear(end)

    assert (before.cancelled, waited, after.cancelled) == (1, 0, 1)


def test_a_task_is_said_with_the_command_that_fetches_it() -> None:
    """And nothing else: it is there."""
    made_one = Made()
    for event in (SENT, TaskAccepted(at=0.0, item=Item(REQUEST), task=Task("t1"))):
        made_one.stops.hear(event)
    made_one.stops.say_left()

    assert made_one.said.endswith("task t1 is paid for; fetch it with: nanobanana download t1 --gateway openai-images ")


async def test_what_is_given_up_on_the_wire_may_be_paid_for(tmp_path: Path) -> None:
    """It is said before, and after."""
    gateway, made_one = Held(), Made()
    async with gateway.client(on_event=made_one.stops.hear) as client:
        work = made_one.begun(client, tmp_path / "a.png")
        await until(lambda: gateway.requests)
        made_one.steps.press()
        waiting = made_one.cancelled
        made_one.steps.press()
        with pytest.raises(asyncio.CancelledError):
            await work
    made_one.stops.say_left()

    assert (waiting, made_one.cancelled) == (0, 1)
    assert "waiting for the answer to 1 create: 200 s at the most" in made_one.said
    assert "no longer waiting for the answer to 1 create" in made_one.said
    assert "it may be paid for: look into the gateway's log" in made_one.said


async def test_what_is_refused_costs_nothing_and_is_not_said_to(tmp_path: Path) -> None:
    """It was sent, and it is over."""
    gateway, made_one = ScriptedImages(error(400, "Your prompt was flagged by the content policy")), Made()
    async with gateway.client(on_event=made_one.stops.hear) as client:
        outcome = await made_one.begun(client, tmp_path / "a.png")
    made_one.stops.say_left()

    assert outcome.state == "failed"
    assert made_one.said == ""


async def test_a_picture_that_is_made_is_saved_before_it_ends(tmp_path: Path) -> None:
    """A second Ctrl-C leaves it, and its link is said."""
    gateway, made_one = Held(made(LINK)), Made()
    gateway.answering.set()
    loading = asyncio.Event()

    async def held(_: WireRequest) -> WireReply:
        loading.set()
        await asyncio.Event().wait()
        raise AssertionError

    original = gateway._answer
    gateway.transport = type(gateway.transport)(
        lambda request: (held if request.method == "GET" else original)(request)
    )
    async with gateway.client(on_event=made_one.stops.hear) as client:
        work = made_one.begun(client, tmp_path / "a.png")
        await loading.wait()
        made_one.steps.press()
        saving = made_one.cancelled
        made_one.steps.press()
        with pytest.raises(asyncio.CancelledError):
            await work
    made_one.stops.say_left()

    assert (saving, made_one.cancelled) == (0, 1)
    assert "the picture is made, and is being saved Ctrl-C again leaves it." in made_one.said
    assert made_one.said.endswith("the picture is paid for, and not saved; it is at https://files.example/a.png ")

"""How one picture is made so that a signal loses nothing of it: what is paid for is collected, or it is said.

Theory of operation
===================
1. Until the create leaves, a signal ends it there and then: it never leaves, and costs nothing. What is being read to
   go into it, or uploaded before it, doesn't count.
2. From then on, a signal waits for its answer: a gateway that answers at once gives the picture to nobody else, and
   another gives the id by which it is fetched. What has come is saved.
3. Once a task has its id, or a create was refused, there is nothing to wait for.
4. A second Ctrl-C gives up what is waited for, and then it is said what may be paid for.

When a create leaves is told by events, in the very moment; counts of the client's begin before, with what it carries.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

import attrs

from nanobanana_async.cli._outcomes import collected
from nanobanana_async.cli._stop_words import say_awaited, say_given_up
from nanobanana_async.cli._stopping import TwoSteps
from nanobanana_async.cli._terminal import Terminal
from nanobanana_async.client import Client
from nanobanana_async.errors import ClientClosedError
from nanobanana_async.events import CreateRefused, CreateSent, Event, TaskAccepted
from nanobanana_async.outcomes import Outcome
from nanobanana_async.values import Item, Request, Result


@attrs.define(eq=False)
class PictureStops:
    """Makes one picture, and hears of the steps by which that is stopped.

    `grace` is for how many seconds an answer on the wire is waited for. `is_asked_to_finish` once a signal has come.
    """

    terminal: Terminal
    grace: float
    is_asked_to_finish: bool = attrs.field(default=False, init=False)
    accepted: list[str] = attrs.field(factory=list, init=False)
    _cancel: Callable[[], object] = attrs.field(default=lambda: None, init=False)
    _client: Client | None = attrs.field(default=None, init=False)
    _result: Result | None = attrs.field(default=None, init=False)
    _was_sent: bool = attrs.field(default=False, init=False)
    _is_owed: bool = attrs.field(default=False, init=False)
    """Whether a create has left, and has brought neither a refusal nor a task."""
    _is_lost: bool = attrs.field(default=False, init=False)

    def steps(self, cancel: Callable[[], object]) -> TwoSteps:
        """The steps in which it is stopped, from what cancels all of the work."""
        self._cancel = cancel
        return TwoSteps(cancel, self)

    def hear(self, event: Event) -> None:
        """Something happened. Once it is to finish, a task that is accepted or a create that is refused is its end."""
        if isinstance(event, CreateSent):
            self._was_sent = self._is_owed = True
        if isinstance(event, TaskAccepted | CreateRefused):
            self._is_owed = False
        if isinstance(event, TaskAccepted):
            self.terminal.say(f"accepted as task {event.task.id}", "dim")
            self.accepted.append(event.task.id)
        if self.is_asked_to_finish and isinstance(event, TaskAccepted | CreateRefused):
            self._cancel()

    async def make(self, client: Client, request: Request, place: str | Path) -> Outcome:
        """What became of it; `client` is started, and is closed where it is cut short."""
        self._client = client
        try:
            return await collected(client, Item(request), self._made(client, request), place)
        except asyncio.CancelledError:
            self._is_lost = self._is_owed and self._result is None
            await client.aclose(grace=0)  # what had to be waited for, was
            raise
        finally:
            self._is_lost = self._is_lost or bool(self._on_the_wire)  # its time is up: the close may be cut short yet

    async def _made(self, client: Client, request: Request) -> Result:
        self._result = await client.generate(request)
        return self._result

    def finish(self) -> None:
        """It ends as soon as the answer on the wire is in, and what it brings is saved; else now."""
        self.is_asked_to_finish = True
        if self._result is not None:
            self.terminal.say("the picture is made, and is being saved", "bold")
            self.terminal.say("Ctrl-C again leaves it.")
        elif not self._is_owed:
            self._cancel()
        elif self._on_the_wire:  # else its answer is in, and is being read
            say_awaited(self.terminal, self._on_the_wire, self.grace)

    def give_up(self) -> None:
        """The answer is not waited for."""
        if self._on_the_wire:
            say_given_up(self.terminal, self._on_the_wire)

    def say_left(self) -> None:
        """What is left, and may be paid for: said once it is over."""
        for task_id in self.accepted:
            again = f"nanobanana download {task_id}{self.terminal.options}"
            self.terminal.say(f"task {task_id} is paid for; fetch it with: {again}")
        if self.accepted:
            return
        if self._result is not None:
            links = [url for url in self._result.urls if url.startswith("http")]
            where = f"; it is at {' '.join(links)}" if links else ""
            self.terminal.say(f"the picture is paid for, and not saved{where}")
        elif self._is_lost:
            self.terminal.say(
                "it may be paid for: look into the gateway's log before you ask for it again. "
                "`nanobanana batch` keeps a journal, and so what was on the wire is known later."
            )
        elif not self._was_sent:
            self.terminal.say("nothing was sent")

    @property
    def _on_the_wire(self) -> int:
        if not self._is_owed:
            return 0
        with contextlib.suppress(ClientClosedError):  # a signal while it closes
            return self._client.statistics().creating if self._client is not None else 0
        return 0

"""What is said when a batch is stopped by a signal: what goes on, for how long, and what the next signal costs."""

from __future__ import annotations

import asyncio

import attrs

from nanobanana_async.cli._batch_view import BatchView
from nanobanana_async.cli._stop_words import say_awaited, say_given_up
from nanobanana_async.cli._terminal import Terminal


@attrs.define(eq=False)
class BatchStops:
    """Says each step of stopping, and takes the first: `asked_to_finish` is set then.

    `grace` is for how many seconds the answers on the wire are waited for.
    """

    terminal: Terminal
    view: BatchView
    grace: float
    asked_to_finish: asyncio.Event = attrs.field(factory=asyncio.Event)
    _waited_for: int = attrs.field(default=0, init=False)

    def finish(self) -> None:
        """Nothing more is sent."""
        self.asked_to_finish.set()
        going_on = f"what is paid for is finished and saved: {self.view.in_flight} in flight"
        self.terminal.say(f"nothing more is sent; {going_on}", "bold")
        self.terminal.say("Ctrl-C again leaves them for the next run.")

    def leave(self) -> None:
        """What is in flight is left, once it is known what that is."""
        self._waited_for = self.view.on_the_wire
        if self._waited_for:
            say_awaited(self.terminal, self._waited_for, self.grace)

    def give_up(self) -> None:
        """Nobody will know whether these were taken."""
        if self._waited_for:
            say_given_up(self.terminal, self._waited_for)

"""How a command that is paying for things is stopped: in steps, each of which gives up more, and says so.

1. Finish (the first Ctrl-C): nothing more is sent; what is paid for is finished and saved.
2. Leave (the second; SIGTERM, SIGHUP; a reader of stderr that leaves): what is paid for is left to the next run, once
   the answers to creates on the wire are in. To be told so again changes nothing.
3. Give up (the third Ctrl-C): these answers are not waited for, and what they were about is unknown.

A single picture has nothing that is left to a next run: of these steps it has the first and the last.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import attrs


class Stops(Protocol):
    """Who is told of each step of a batch, before it is taken."""

    def finish(self) -> None:
        """Nothing more is to be sent."""

    def leave(self) -> None:
        """The work is about to be cancelled."""

    def give_up(self) -> None:
        """It is about to be cancelled once more, while it waits for answers."""


class Steps(Protocol):
    """What signals lead to."""

    def press(self) -> None:
        """Ctrl-C: the next step."""

    def leave(self) -> None:
        """SIGTERM or SIGHUP, or nobody reads stderr any more."""


@attrs.define(eq=False)
class Ways:
    """The steps that were taken. `cancel` cancels the work; without `stops` to tell, every step is that."""

    cancel: Callable[[], object]
    stops: Stops | None
    _finishes: bool = attrs.field(default=False, init=False)
    _leaves: bool = attrs.field(default=False, init=False)

    def press(self) -> None:
        """Ctrl-C: the next step."""
        assert self.stops is not None
        if self._leaves:
            self.stops.give_up()
            self.cancel()
        elif self._finishes:
            self.leave()
        else:
            self._finishes = True
            self.stops.finish()

    def leave(self) -> None:
        """The second step, taken once."""
        if self.stops is not None:
            if self._leaves:
                return
            self._leaves = True
            self.stops.leave()
        self.cancel()


class PictureEnds(Protocol):
    """Who is told of each step of a single picture."""

    def finish(self) -> None:
        """It is to end as soon as it is known what is paid for."""

    def give_up(self) -> None:
        """The work is about to be cancelled."""


@attrs.define(eq=False)
class TwoSteps:
    """The steps of a single picture: finish, whatever the signal, then give up, by Ctrl-C alone."""

    cancel: Callable[[], object]
    ends: PictureEnds
    _finishes: bool = attrs.field(default=False, init=False)

    def press(self) -> None:
        """Ctrl-C: the next step."""
        if self._finishes:
            self.ends.give_up()
            self.cancel()
        else:
            self.leave()

    def leave(self) -> None:
        """The first step, taken once."""
        if not self._finishes:
            self._finishes = True
            self.ends.finish()

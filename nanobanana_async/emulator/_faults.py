"""The seam for everything that goes wrong on purpose.

A world consults its `Faults` at three named moments. The base class lets everything pass; a fault engine is
a subclass. It works on values only, so a fault is a pure function from what would have happened to what
happens.
"""

from __future__ import annotations

from random import Random

from nanobanana_async.emulator._calls import Call, Reply
from nanobanana_async.emulator._orders import Order
from nanobanana_async.emulator._plans import Plan


class Faults:
    """Nothing goes wrong. Override a moment to change that."""

    def on_arrival(self, call: Call, now: float) -> Reply | None:
        """Before anything is looked at: an answer in its place, with no effect on the world; None to go on."""

    def on_plan(self, order: Order, plan: Plan, draw: Random) -> Plan:  # noqa: ARG002 - for those who override it
        """A task has been accepted and its fate drawn: the fate that it shall have."""
        return plan

    def on_answer(self, call: Call, reply: Reply, now: float) -> Reply:  # noqa: ARG002 - for those who override it
        """The call has had its effect: what the client gets to see of it."""
        return reply

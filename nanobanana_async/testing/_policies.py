"""The policies of a `Client`, as keywords that a type checker knows: for whoever makes clients of an emulator.

They are those of `Client`, name by name and type by type, without what says which gateway it is. A test holds the two
together.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TypedDict

from nanobanana_async.journal import Journal
from nanobanana_async.pacing import OnServerError, Polling, Rate
from nanobanana_async.tasks import EventListener, OnUnknown
from nanobanana_async.testing._keywords import not_taken
from nanobanana_async.transport import Transport


class UnseededPolicies(TypedDict, total=False):
    """The policies of a client whose seed is the emulator's."""

    model: str | None
    journal: str | os.PathLike[str] | Journal | None
    transport: Transport | None
    rate: Rate
    in_flight: int
    polling: Polling
    deadline: float
    on_unknown: OnUnknown
    on_server_error: OnServerError
    on_event: EventListener | None
    clock: Callable[[], float]


class ClientPolicies(UnseededPolicies, total=False):
    """The policies of a client; see `Client`."""

    seed: int | None


def check_policies(who: str, given: Iterable[str]) -> None:
    """Raises TypeError for a keyword that is no policy, naming the nearest one."""
    for word in given:
        if word not in ClientPolicies.__annotations__:
            raise TypeError(not_taken(who, word, ClientPolicies.__annotations__))

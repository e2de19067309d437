"""The states of an item and of an attempt, and the only transitions there are.

An *item* is what the user asked for; an *attempt* is one create on the wire for it. Every change of state goes through
`moved`, which raises on a pair that is not in the tables: a state that nobody foresaw is a bug, not a case.

::

    new ──> sending ──> accepted ──> succeeded ──> saved
     ^         │            │  │
     └ refused ┤            │  └──> pending ──> accepted (adopted) | succeeded | failed
               ├> failed <──┘
               ├> succeeded (a gateway that answers at once)
               └> unknown ──> accepted (adopted) | new (told to resend) | dropped (told to forget)

From `new` and `dropped` as well a lost answer leads to `accepted`, where a callback names its task after all.
"""

from __future__ import annotations

import enum
from typing import TypeVar


class ItemState(enum.Enum):
    """Where an item stands."""

    NEW = "new"
    SENDING = "sending"
    ACCEPTED = "accepted"
    SUCCEEDED = "succeeded"
    SAVED = "saved"
    FAILED = "failed"
    PENDING = "pending"
    UNKNOWN = "unknown"
    DROPPED = "dropped"


class AttemptState(enum.Enum):
    """Where one create on the wire stands."""

    SENDING = "sending"
    ACCEPTED = "accepted"
    ANSWERED = "answered"
    REFUSED = "refused"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"
    ABANDONED = "abandoned"


ITEM_MOVES: dict[ItemState, frozenset[ItemState]] = {
    # A lost answer may be found whatever was said of it meanwhile: to send it again, or to forget it.
    ItemState.NEW: frozenset({ItemState.SENDING, ItemState.FAILED, ItemState.ACCEPTED}),
    ItemState.SENDING: frozenset(
        {ItemState.ACCEPTED, ItemState.SUCCEEDED, ItemState.NEW, ItemState.FAILED, ItemState.UNKNOWN}
    ),
    ItemState.ACCEPTED: frozenset({ItemState.SUCCEEDED, ItemState.FAILED, ItemState.PENDING}),
    ItemState.SUCCEEDED: frozenset({ItemState.SAVED}),
    ItemState.SAVED: frozenset({ItemState.SUCCEEDED}),
    ItemState.FAILED: frozenset({ItemState.NEW}),
    # Several may wait for one task: who gives it up must not keep another from telling its end.
    ItemState.PENDING: frozenset({ItemState.ACCEPTED, ItemState.SUCCEEDED, ItemState.FAILED}),
    ItemState.UNKNOWN: frozenset({ItemState.ACCEPTED, ItemState.NEW, ItemState.DROPPED}),
    ItemState.DROPPED: frozenset({ItemState.ACCEPTED}),
}

ATTEMPT_MOVES: dict[AttemptState, frozenset[AttemptState]] = {
    AttemptState.SENDING: frozenset(
        {
            AttemptState.ACCEPTED,
            AttemptState.ANSWERED,
            AttemptState.REFUSED,
            AttemptState.NOT_SENT,
            AttemptState.UNKNOWN,
        }
    ),
    AttemptState.UNKNOWN: frozenset({AttemptState.ACCEPTED, AttemptState.ABANDONED}),
    AttemptState.ACCEPTED: frozenset(),
    AttemptState.ANSWERED: frozenset(),
    AttemptState.REFUSED: frozenset(),
    AttemptState.NOT_SENT: frozenset(),
    AttemptState.ABANDONED: frozenset({AttemptState.ACCEPTED}),
}

UNDER_WAY = (ItemState.ACCEPTED, ItemState.PENDING)
"""The items whose task is known, and whose end is not."""

WITHOUT_A_TASK = (ItemState.UNKNOWN, ItemState.NEW, ItemState.DROPPED)
"""What a lost answer leaves of an item: nobody knows; it is to be sent again; it was given up."""

LOST = (AttemptState.UNKNOWN, AttemptState.ABANDONED)
"""The attempts whose answers were lost, and not found."""

State = TypeVar("State", ItemState, AttemptState)


class IllegalMoveError(RuntimeError):
    """A state was to be changed in a way that the tables do not know: a bug of ours, never a user's fault."""


def moved(now: State, to: State) -> State:
    """`to`, when the tables allow it from `now`; IllegalMoveError otherwise."""
    allowed = ITEM_MOVES[now] if isinstance(now, ItemState) else ATTEMPT_MOVES[now]
    if to not in allowed:
        raise IllegalMoveError(f"{type(now).__name__}: no way from {now.value!r} to {to.value!r}")
    return to

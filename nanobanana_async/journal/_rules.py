"""What a journal decides, whatever it is kept in: who may claim, which step is a step, what costs how much.

Plain computation on states and values. What is kept where is for the journals themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import attrs

from nanobanana_async.errors import ConfigurationError, UsageError
from nanobanana_async.journal._entries import Change, Draft, Found, Intent
from nanobanana_async.journal._gateway_names import same_gateway
from nanobanana_async.journal._standing import Spent
from nanobanana_async.lifecycle import UNDER_WAY, WITHOUT_A_TASK, AttemptState, IllegalMoveError, ItemState, moved
from nanobanana_async.values import JSON, Charged

OF_ITEM = ("raw", "error", "files", "created_at", "completed_at")
"""The fields of a `Change` that are noted with the item."""

OF_ATTEMPT = ("task_id", "credits", "charged", "price")
"""The fields of a `Change` that are noted with an attempt: each may cost, whatever becomes of the item."""

ARRIVED = frozenset(AttemptState) - {AttemptState.NOT_SENT}
"""The attempts that the vendor counts, or may count, against the rate of the account: what it refuses for its words is
one as well. A 429 is not, but nothing says here that it was one; a window that is too full for its last ten seconds
costs less than one that is not full enough."""

COUNTED = ARRIVED - {AttemptState.REFUSED}
"""The attempts that the vendor has taken, or may have."""

IN_FLIGHT = (ItemState.SENDING, ItemState.ACCEPTED, ItemState.PENDING, ItemState.UNKNOWN)
"""The items that the vendor is at work on, or may be."""

STAND_BEHIND = (*IN_FLIGHT[1:], ItemState.SUCCEEDED, ItemState.SAVED)
"""What is, or may be, paid for: no generation that failed and cost nothing is put in its place."""

_encode = json.JSONEncoder(separators=(",", ":")).encode  # ASCII: half a character is written as its escape


_OVER = (ItemState.SUCCEEDED, ItemState.SAVED, ItemState.FAILED)


def is_stale(change: Change, item: ItemState, followed: str | None) -> bool:
    """Whether `change` is about another attempt than the item follows by now, and so none of its business.

    An answer that was lost may be found whatever was sent after it, as long as nothing came of that.
    """
    if change.about in (None, followed):
        return False
    return not (item in WITHOUT_A_TASK and change.to is ItemState.ACCEPTED)


def may_claim(intent: Intent, generation: int, item: ItemState, followed: str | None) -> bool:
    """Whether `intent` has the right to send, where that is what stands there."""
    if item is ItemState.NEW:
        return True
    may_follow = item in (ItemState.FAILED, ItemState.UNKNOWN) or (intent.renews and item is not ItemState.SENDING)
    return may_follow and intent.instead_of == Found(generation, item, followed)


def is_step(change: Change, item: ItemState, attempt: AttemptState | None) -> bool:
    """Whether `change` leads on from these states. False: it is done already. Raises: IllegalMoveError."""
    if change.to is item or _is_behind(change, item):
        return False
    if change.to is ItemState.SENDING:
        raise IllegalMoveError(f"only a claim leads to 'sending', and {change.key!r} was to be recorded so")
    if change.to is not None:
        moved(item, change.to)
    if change.attempt is None:
        if item is ItemState.NEW and change.to is ItemState.ACCEPTED:  # it follows none: which one is it?
            raise no_attempt(change, None)
        return True
    token, state = change.attempt
    if attempt is None:
        raise no_attempt(change, token)
    if attempt is not state:
        moved(attempt, state)
    return change.to is not None or attempt is not state


def _is_behind(change: Change, item: ItemState) -> bool:
    """Whether somebody else who follows the same task has seen more of it, and has said so first."""
    if change.about is None:
        return False
    if item is ItemState.SAVED and change.to is ItemState.SUCCEEDED:
        return change.raw is not None  # else its files are gone
    return item in _OVER and change.to in UNDER_WAY


def is_found(change: Change, task_id: str | None) -> bool:
    """Whether `change` says that an answer is lost, and a callback has named its task to somebody else."""
    lost = change.attempt[1] if change.attempt is not None else None
    return task_id is not None and change.to is ItemState.UNKNOWN and lost is AttemptState.UNKNOWN


def found(change: Change) -> Change:
    """What is to be noted in the place of an answer that is lost where its task is known."""
    assert change.attempt is not None
    token, _ = change.attempt
    return attrs.evolve(
        change, to=ItemState.ACCEPTED, attempt=(token, AttemptState.ACCEPTED), charged="yes", error=None
    )


def may_come_to_nothing(change: Change, item: ItemState, generation: int) -> bool:
    """Whether `change` says that a generation has come to nothing, where none of its attempts is, or may be, paid for.

    Then the one before stands again, which may be paid for. Where somebody has said that a lost answer is to be sent
    once more, it is new, and stands.
    """
    if generation == 1:
        return False
    return change.to is ItemState.FAILED or (change.to is ItemState.NEW and item is ItemState.SENDING)


def stands_behind(before: ItemState, change: Change) -> bool:
    """Whether the generation before stands again where this one has come to nothing, by `change`.

    What has failed says more than what was there before it, unless that is paid for, or may be.
    """
    return change.to is ItemState.NEW or before in STAND_BEHIND


def is_taken_up(change: Change, item: ItemState) -> bool:
    """Whether `change` says that its task, which was accepted before, is followed from now on by who says so."""
    return change.about is not None and change.to is ItemState.ACCEPTED and item is ItemState.ACCEPTED


def followed_after(change: Change, token: str | None) -> str | None:
    """The token of the attempt that the item follows after `change`, if it followed `token` before.

    A new item follows none: what is said of it next has nothing to do with what was sent for it earlier.
    """
    if change.to is ItemState.NEW:
        return None
    return token if change.to is None or change.attempt is None else change.token or change.attempt[0]


@attrs.frozen
class LeftSending:
    """An item that is `sending`, and the attempt that it follows: its token, its state, and its task if known."""

    scope: str
    key: str
    generation: int
    token: str
    state: AttemptState
    task_id: str | None


def answer_lost(left: LeftSending, *, at: float) -> Change:
    """The step for what was left `sending` by a run that is no more: nobody will ever hear the answer.

    Where a callback had named its task, that is known all the same.
    """
    change = Change(scope=left.scope, key=left.key, generation=left.generation, at=at, to=ItemState.UNKNOWN)
    if left.state not in (AttemptState.SENDING, AttemptState.UNKNOWN):
        return change  # it was half told, which no step of ours does
    if left.task_id is not None:
        return attrs.evolve(change, to=ItemState.ACCEPTED, attempt=(left.token, AttemptState.ACCEPTED), charged="yes")
    return attrs.evolve(change, attempt=(left.token, AttemptState.UNKNOWN), charged="unknown")


def no_attempt(change: Change, token: str | None) -> IllegalMoveError:
    """The error for a change that names an attempt which isn't there."""
    return IllegalMoveError(f"{change.key!r} has no attempt {token!r} in generation {change.generation}")


def no_item(change: Change) -> IllegalMoveError:
    """The error for a change of what isn't there."""
    return IllegalMoveError(f"nothing stands there for {change.key!r} in generation {change.generation}")


def refuse_other_gateway(recorded: str, gateway: str, *, place: str) -> None:
    """Raises: ConfigurationError where a journal is of another gateway than the client."""
    if not same_gateway(recorded, gateway):
        raise ConfigurationError(
            f"{place} is of the gateway {recorded!r}, and this client speaks to {gateway!r}; nothing was sent",
            remedy="Use the gateway that it was begun with; another one needs a journal, and a folder, of its own.",
        )


@attrs.frozen
class Bill:
    """Attempts that are alike in what they say of money: their states, and the sums of what is said."""

    attempt: AttemptState
    item: ItemState
    is_followed: bool
    charged: Charged | None
    price: float = 0.0
    credits: float | None = None
    count: int = 1
    unpriced: int = 0


def spent_on(bills: Iterable[Bill]) -> Spent:
    """What it all comes to."""
    total = Spent()
    for bill in bills:
        kind = _kind_of(bill)
        if kind is None:
            continue
        knows_credits = kind == "spent" and bill.credits is not None
        credits = bill.credits if knows_credits and bill.credits is not None else bill.price
        unpriced = 0 if knows_credits else bill.unpriced
        total = attrs.evolve(total, unpriced=total.unpriced + unpriced, **{kind: getattr(total, kind) + credits})
    return total


def _kind_of(bill: Bill) -> str | None:
    """The field of `Spent` that a bill counts under, None where nothing was taken."""
    if bill.charged == "no" or bill.attempt not in COUNTED:
        return None
    match bill.attempt:
        case AttemptState.SENDING:
            return "reserved"
        case AttemptState.ACCEPTED | AttemptState.ANSWERED:
            if bill.is_followed and bill.item in UNDER_WAY:
                return "reserved"
            return "possible" if bill.charged == "unknown" else "spent"
        case _:
            return "spent" if bill.charged == "yes" else "possible"


def refuse_unwritable(draft: Draft) -> None:
    """Raises: UsageError where a name in `draft` can't be kept: half a character, of a pair that was cut."""
    for name in (draft.scope, draft.key, draft.fingerprint, draft.model, draft.dialect):
        try:
            name.encode()
        except UnicodeEncodeError:
            raise UsageError(f"{name!r} can't be written as UTF-8", remedy="Give whole characters.") from None


def written(value: JSON, *, of: Draft | Change) -> str:
    """`value` as JSON. Raises: UsageError where it is none."""
    try:
        return _encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(
            f"what is said of the key {of.key!r} can't be written as JSON: {error}",
            remedy="Give `data` as None, bool, int, float, str, list or dict of these.",
        ) from None


def changed_fields(change: Change, names: Iterable[str]) -> dict[str, Any]:
    """Those of the fields `names` that `change` says something of, as they can be written."""
    return {name: _writable(value) for name in names if (value := getattr(change, name)) is not None}


def _writable(value: Any) -> Any:
    """`value`; in a text, half a character of a pair becomes the escape that JSON has for it."""
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "backslashreplace").decode()
    return value

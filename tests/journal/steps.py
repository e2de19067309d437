"""What tests say to a journal: the life of one key in the batch ``"b"``, in as few words as can be."""

from __future__ import annotations

from typing import Any

from nanobanana_async.journal import Change, Claimed, Found, Intent, Journal
from nanobanana_async.lifecycle import AttemptState, ItemState

SCOPE = "b"
PRICE = 4.0

S, A = ItemState, AttemptState

ANSWERS = {
    S.ACCEPTED: A.ACCEPTED,
    S.SUCCEEDED: A.ANSWERED,
    S.NEW: A.REFUSED,
    S.FAILED: A.REFUSED,
    S.UNKNOWN: A.UNKNOWN,
}
"""What becomes of the attempt where an item leaves `sending`."""

WAYS: dict[ItemState, tuple[ItemState, ...]] = {
    S.NEW: (S.NEW,),
    S.SENDING: (),
    S.ACCEPTED: (S.ACCEPTED,),
    S.SUCCEEDED: (S.ACCEPTED, S.SUCCEEDED),
    S.SAVED: (S.ACCEPTED, S.SUCCEEDED, S.SAVED),
    S.FAILED: (S.ACCEPTED, S.FAILED),
    S.PENDING: (S.ACCEPTED, S.PENDING),
    S.UNKNOWN: (S.UNKNOWN,),
    S.DROPPED: (S.UNKNOWN, S.DROPPED),
}
"""How a claimed item gets into each state."""


def intent(key: str = "k", *, token: str | None = None, **more: Any) -> Intent:
    """A create that is about to be sent; the first attempt's token is ``"<key>-1"``."""
    said: dict[str, Any] = {
        "scope": SCOPE,
        "fingerprint": "f1",
        "request": {"prompt": f"a {key}"},
        "data": {"row": 1},
        "model": "google/nano-banana",
        "dialect": "jobs",
        "price": PRICE,
        "at": 100.0,
    }
    return Intent(key=key, token=token or f"{key}-1", **{**said, **more})


def renewing(state: ItemState, key: str = "k", *, generation: int = 2, over: str | None = None, **more: Any) -> Intent:
    """The intent to begin the generation of that number, by who has found the one before in that state.

    `over` is the token that the one before follows; it and the new one are ``"<key>-<generation>"``, if not said.
    """
    seen = Found(generation - 1, state, over or f"{key}-{generation - 1}")
    said: dict[str, Any] = {"renews": True, "instead_of": seen, "fingerprint": "f2", "token": f"{key}-{generation}"}
    return intent(key, **{**said, **more})


def change(key: str = "k", to: ItemState | None = None, **more: Any) -> Change:
    """A step of the first generation."""
    said: dict[str, Any] = {"scope": SCOPE, "generation": 1, "at": 101.0, "to": to}
    return Change(key=key, **{**said, **more})


def answered(key: str = "k", to: ItemState = S.ACCEPTED, *, token: str | None = None, **more: Any) -> Change:
    """The step for the answer to the attempt that is on the wire."""
    return change(key, to, attempt=(token or f"{key}-1", ANSWERS[to]), **more)


async def bring(journal: Journal, key: str, state: ItemState, **more: Any) -> None:
    """A key into a state; `more` is said with each step after the claim."""
    assert isinstance(await journal.claim(intent(key)), Claimed)
    for number, to in enumerate(WAYS[state]):
        step = answered(key, to, **more) if number == 0 else change(key, to, **more)
        assert await journal.record(step)

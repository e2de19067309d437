"""One generation of a key, held in memory: an item with its attempts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import attrs

from nanobanana_async.journal._entries import Attempt, Change, Draft, Entry, Intent
from nanobanana_async.journal._rules import (
    COUNTED,
    OF_ATTEMPT,
    OF_ITEM,
    Bill,
    changed_fields,
    followed_after,
    found,
    is_found,
    is_stale,
    is_step,
    is_taken_up,
    may_come_to_nothing,
    no_attempt,
    stands_behind,
    written,
)
from nanobanana_async.lifecycle import AttemptState, ItemState


@attrs.define(eq=False)
class Row:
    """An item, the attempts that were made for it by their tokens, and the token of the one that it follows.

    What `entry` says of an attempt is filled in when it is shown. `before` is the generation before it; where this one
    `has_come_to_nothing`, that stands again.
    """

    entry: Entry
    attempts: dict[str, Attempt] = attrs.field(factory=dict)
    before: Row | None = None
    has_come_to_nothing: bool = False

    @classmethod
    def of(cls, draft: Draft, run: str) -> Row:
        """The first generation of what is wanted, in the state `new`."""
        return cls(
            Entry(
                scope=draft.scope,
                key=draft.key,
                generation=1,
                state=ItemState.NEW,
                run=run,
                is_owned=False,
                attempts=0,
                entered_at=draft.at,
                updated_at=draft.at,
                **_wanted(draft),
            )
        )

    def renewed(self, run: str, at: float) -> Row:
        """The next generation of the same, in the state `new`."""
        old = self.entry
        entry = attrs.evolve(
            old,
            generation=old.generation + 1,
            state=ItemState.NEW,
            run=run,
            attempts=0,
            entered_at=at,
            updated_at=at,
            token=None,
            **_NOTHING_YET,
        )
        return Row(entry, before=self)

    @property
    def followed(self) -> Attempt | None:
        """The attempt that the item follows."""
        return self.attempts.get(self.entry.token or "")

    def claim(self, intent: Intent, run: str) -> int:
        """Item and a new attempt are `sending`; the attempt's number."""
        self.has_come_to_nothing = False
        number = max(intent.number, self.entry.attempts + 1)
        self.entry = attrs.evolve(
            self.entry,
            state=ItemState.SENDING,
            run=run,
            attempts=number,
            token=intent.token,
            updated_at=intent.at,
            **_NOTHING_YET,
            **_wanted(intent),
        )
        self.attempts[intent.token] = Attempt(
            generation=self.entry.generation,
            number=number,
            token=intent.token,
            state=AttemptState.SENDING,
            run=run,
            price=intent.price,
            sent_at=intent.at,
        )
        return number

    def record(self, change: Change, run: str) -> bool:
        """Take the step; False where it is done already, or is none of the item's business any more.

        Raises: IllegalMoveError, and nothing has changed.
        """
        named = self.attempts.get(change.about or "")
        if named is not None and is_found(change, named.task_id):
            change = found(change)
        sent = named.state if named is not None and change.attempt is not None else None
        if is_stale(change, self.entry.state, self.entry.token):
            alone = change.of_attempt_alone
            if is_step(alone, self.entry.state, sent):
                self._record_attempt(alone, named)
            return False
        is_done = not is_step(change, self.entry.state, sent)
        if is_done and not is_taken_up(change, self.entry.state):
            return False
        if change.token not in (None, change.about, *self.attempts):
            raise no_attempt(change, change.token)
        before = self.entry
        fields = changed_fields(change, OF_ITEM)
        if "error" in fields:
            fields = {**fields, "error": json.loads(written(change.error, of=change))}
        self._record_attempt(change, named)
        state = change.to or self.entry.state
        token = followed_after(change, self.entry.token)
        self.entry = attrs.evolve(self.entry, state=state, run=run, token=token, updated_at=change.at, **fields)
        if may_come_to_nothing(change, before.state, before.generation):
            assert self.before is not None
            costs = any(one.state in COUNTED and one.charged != "no" for one in self.attempts.values())
            self.has_come_to_nothing = stands_behind(self.before.entry.state, change) and not costs
        return not is_done

    def _record_attempt(self, change: Change, named: Attempt | None) -> None:
        attempt = named or (self.followed if change.about is None else None)
        if attempt is None:
            return
        state = attempt.state if change.attempt is None else change.attempt[1]
        answered_at = None if change.attempt is None else change.at
        self.attempts[attempt.token] = attrs.evolve(
            attempt,
            state=state,
            answered_at=answered_at if attempt.answered_at is None else attempt.answered_at,
            **changed_fields(change, OF_ATTEMPT),
        )

    def shown(self, *, is_owned: bool) -> Entry:
        """The entry, with what is known of the attempt that it follows."""
        attempt = self.followed
        if attempt is None:
            return attrs.evolve(self.entry, is_owned=is_owned)
        is_accepted = attempt.state in (AttemptState.ACCEPTED, AttemptState.ANSWERED)
        return attrs.evolve(
            self.entry,
            is_owned=is_owned,
            sent_at=attempt.sent_at,
            accepted_at=attempt.answered_at if is_accepted else None,
            task_id=attempt.task_id,
            credits=attempt.credits,
            charged=attempt.charged,
            price=self.entry.price if attempt.price is None else attempt.price,
        )

    def bills(self) -> Iterator[Bill]:
        """What each attempt says of money."""
        for attempt in self.attempts.values():
            yield Bill(
                attempt.state,
                self.entry.state,
                is_followed=attempt.token == self.entry.token,
                charged=attempt.charged,
                price=attempt.price or 0.0,
                credits=attempt.credits,
                unpriced=int(attempt.price is None),
            )


_NOTHING_YET: dict[str, Any] = {"raw": None, "error": None, "files": (), "created_at": None, "completed_at": None}


def _wanted(draft: Draft) -> dict[str, Any]:
    """What a draft says of the request, cut loose from the caller's own objects."""
    return {
        "fingerprint": draft.fingerprint,
        "request": json.loads(written(draft.request, of=draft)),
        "data": json.loads(written(draft.data, of=draft)),
        "model": draft.model,
        "dialect": draft.dialect,
        "price": draft.price,
    }

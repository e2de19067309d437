"""The journal's side of a batch: its name, the keys of one pass over its source, and what is known of them already."""

from __future__ import annotations

import attrs

from nanobanana_async.errors import UsageError
from nanobanana_async.journal import Pass
from nanobanana_async.lifecycle import ItemState
from nanobanana_async.outcomes import Outcome, Succeeded
from nanobanana_async.pricing import Budget
from nanobanana_async.tasks._desk import Desk
from nanobanana_async.tasks._keeper import Keeper, KeyRules, Place
from nanobanana_async.tasks._placing import place_of
from nanobanana_async.tasks._recalling import recall
from nanobanana_async.tasks._rows import Row
from nanobanana_async.values import Item, Request


@attrs.define(eq=False)
class BatchBook:
    """What a batch called `name` asks of the journal, and tells it."""

    _desk: Desk
    _keeper: Keeper
    _name: str
    _rules: KeyRules
    _pass: Pass | None = attrs.field(default=None, init=False)

    async def open(self, budget: Budget | None) -> None:
        """Take the name for this run, and count what earlier runs have spent of the budget.

        Raises:
            BatchBusyError: a batch of that name is running, here or in another process.
        """
        journal = self._keeper.journal
        await journal.hold(self._name)
        self._pass = await journal.begin_pass(self._name)
        if budget is not None:
            budget.begin_with((await journal.spent(self._name)).total)

    async def close(self) -> None:
        """Let go of the name."""
        if self._pass is not None:
            self._pass.close()
            await self._keeper.journal.let_go(self._name)

    async def place(self, item: Item, request: Request) -> Place:
        """Where `item` stands in the journal.

        Raises:
            UsageError: its key has come before in this pass.
            BadImageError: an image of it can't be read.
        """
        assert self._pass is not None
        place = await place_of(request, scope=self._name, key=item.key, data=item.data)
        if item.key is None:
            place.key = await self._pass.numbered(place.fingerprint)
        elif await self._pass.seen(item.key):
            raise UsageError(f"the key {item.key!r} stands for two items", remedy="Give each item a key of its own.")
        return place

    async def recall(self, row: Row) -> Outcome | None:
        """What became of `row` in an earlier run; None where it is to be sent, or is followed from now on."""
        return await recall(self._desk, self._keeper, row, self._rules)

    def saved(self, place: Place, outcome: Succeeded) -> None:
        """The pictures of an item are safe."""
        if outcome.files and outcome.file_error is None:
            self._keeper.note(place, ItemState.SAVED, files=tuple(str(file.absolute()) for file in outcome.files))

"""The journal's side of a batch: its name, the keys of one pass over its source, and what is known of them already."""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path

import attrs

from nanobanana_async.errors import BatchBusyError, ClientClosedError, StorageError, UsageError
from nanobanana_async.journal import Pass
from nanobanana_async.lifecycle import ItemState
from nanobanana_async.outcomes import Outcome, Succeeded
from nanobanana_async.pricing import Budget
from nanobanana_async.storage import copies_in, run_to_end
from nanobanana_async.tasks._desk import Desk
from nanobanana_async.tasks._keeper import Keeper, KeyRules, Place
from nanobanana_async.tasks._placing import place_of
from nanobanana_async.tasks._recalling import are_there, recall
from nanobanana_async.tasks._rows import Row
from nanobanana_async.values import Item, Request

logger = logging.getLogger("nanobanana_async")


@attrs.define(eq=False)
class BatchBook:
    """What a batch called `name` asks of the journal, and tells it. `folder` is where its pictures go, if known."""

    _desk: Desk
    _keeper: Keeper
    _name: str
    _rules: KeyRules
    _folder: Path | None = None
    _pass: Pass | None = attrs.field(default=None, init=False)

    async def open(self, budget: Budget | None) -> None:
        """Take the name for this run, and count what earlier runs have spent of the budget.

        Raises:
            BatchBusyError: a batch of that name is running, here or in another process.
            StorageError: the journal can't be read.
        """
        names, journal = self._keeper.names, self._keeper.journal
        if self._name in names:
            raise BatchBusyError(f"a batch called {self._name!r} is running in this client; nothing was sent")
        names.add(self._name)
        try:
            await journal.hold(self._name)
            self._pass = await journal.begin_pass(self._name)
            await self._keeper.written()
            if budget is not None:
                budget.begin_with((await journal.spent(self._name)).total)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Let go of the name."""
        if self._pass is not None:
            self._pass.close()
        with suppress(ClientClosedError):  # a journal that is closed has let go of it
            await self._keeper.journal.let_go(self._name)
        self._keeper.names.discard(self._name)

    async def place(self, item: Item, request: Request) -> Place:
        """Where `item` stands in the journal.

        Raises:
            UsageError: its key has come before in this pass.
            BadImageError: an image of it can't be read.
        """
        assert self._pass is not None
        place = await place_of(request, self._keeper, scope=self._name, key=item.key, data=item.data)
        if item.key is None:
            place.key = await self._pass.numbered(place.fingerprint)
        elif await self._pass.seen(item.key):
            raise UsageError(f"the key {item.key!r} stands for two items", remedy="Give each item a key of its own.")
        return place

    async def recall(self, row: Row) -> Outcome | None:
        """What became of `row` in an earlier run; None where it is to be sent, or is followed from now on."""
        row.rules = self._rules
        outcome = await recall(self._desk, self._keeper, row, self._rules)
        if isinstance(outcome, Succeeded) and self._folder is not None and row.place is not None and row.place.files:
            return await self._in(self._folder, row.place, outcome)
        return outcome

    async def _in(self, folder: Path, place: Place, outcome: Succeeded) -> Succeeded:
        """The outcome with its files in `folder`: where they are, where they were moved to, or as copies."""
        names = tuple(folder / Path(file).name for file in place.files)
        if names == outcome.files:
            return outcome
        if not outcome.files:
            files = names if await are_there(names) else ()
        else:
            files = await self._copied(outcome, folder)
        if not files:
            return outcome
        found = attrs.evolve(outcome, files=files)
        self.saved(place, found)
        return found

    async def _copied(self, outcome: Succeeded, folder: Path) -> tuple[Path, ...]:
        """Copies of its files in `folder`; none where that can't be: they are somewhere, and stay there."""
        try:
            return await run_to_end(copies_in, folder, outcome.files)
        except (OSError, StorageError) as error:
            logger.warning("can't copy %s into %s: %s", outcome.files[0], folder, error)
            return ()

    def saved(self, place: Place, outcome: Succeeded) -> None:
        """The pictures of an item are safe."""
        if not outcome.files or outcome.file_error is not None:
            return
        if place.was is ItemState.SAVED and not place.renews:  # where they are no more
            self._keeper.note(place, ItemState.SUCCEEDED)
        self._keeper.note(place, ItemState.SAVED, files=tuple(str(file.absolute()) for file in outcome.files))

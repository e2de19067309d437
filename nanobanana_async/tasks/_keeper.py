"""The keeper of a client's journal: what becomes of rows is written down in order, and only creates wait for it.

Theory of operation
===================
1. An intent is durable before its create is sent (`claim`). That is what never paying twice stands on, and so the one
   thing that is waited for.
2. Everything after it is noted in the order in which it happened, and written as fast as the disk takes it. A crash in
   between loses no more than the last of these steps: an id that had come is then unknown, and is told as such.
3. What is noted of a row is written before it is claimed again.
4. Where the disk fails, what is paid for is still collected. The journal keeps what could not be written and tries
   again with whatever is written next; no more creates are sent, because none could be claimed.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Literal

import attrs

from nanobanana_async.errors import NanoBananaError, StorageError
from nanobanana_async.journal import Change, Claimed, Entry, Intent, Journal
from nanobanana_async.lifecycle import AttemptState, ItemState
from nanobanana_async.settings import one_of
from nanobanana_async.tasks._written_errors import written
from nanobanana_async.values import JSON

logger = logging.getLogger("nanobanana_async")


OnChange = Literal["hold", "regenerate", "keep"]
"""A key that was used for another request: don't send it, make it anew, or give what there is."""
RetryFailed = Literal["none", "transient", "all"]
"""Which failures are sent again: none, those that may pass and cost nothing, or all."""


@attrs.frozen(kw_only=True)
class KeyRules:
    """What is done with a key that is known already.

    Raises:
        ConfigurationError: one of them is no word of these. One that is misspelt must never mean another: it may pay.
    """

    on_change: OnChange = attrs.field(default="hold", validator=one_of("hold", "regenerate", "keep"))
    retry_failed: RetryFailed = attrs.field(default="none", validator=one_of("none", "transient", "all"))


@attrs.define(eq=False)
class Place:
    """Where a row stands in the journal, and what is said of it there. `token` is that of its newest attempt."""

    scope: str
    key: str
    fingerprint: str
    request: Mapping[str, JSON]
    model: str
    dialect: str
    price: float | None
    data: JSON = None
    generation: int = 1
    token: str = ""


@attrs.define(eq=False)
class Keeper:
    """Writes to `journal`. `wall` is the time of day, `random` for tokens, `on_broken` hears of a disk that fails."""

    journal: Journal
    wall: Callable[[], float]
    random: Callable[[], float]
    on_broken: Callable[[StorageError], None] = lambda _: None
    _outbox: deque[Change] = attrs.field(factory=deque, init=False)
    _writing: asyncio.Task[None] | None = attrs.field(default=None, init=False)

    async def claim(self, place: Place) -> Entry | None:
        """The right to send a create, durable: None where it is given, else the entry of who has it.

        Raises:
            StorageError: the intent can't be made durable. Nothing may be sent.
        """
        await self.written()
        place.token = f"{int(self.random() * 2**52):013x}{int(self.random() * 2**52):013x}"
        said = await self.journal.claim(
            Intent(
                scope=place.scope,
                key=place.key,
                fingerprint=place.fingerprint,
                request=place.request,
                data=place.data,
                model=place.model,
                dialect=place.dialect,
                price=place.price,
                at=self.wall(),
                token=place.token,
            )
        )
        if isinstance(said, Claimed):
            place.generation = said.generation
            return None
        return said

    def note(
        self,
        place: Place,
        to: ItemState | None,
        attempt: AttemptState | None = None,
        *,
        error: NanoBananaError | None = None,
        **said: Any,
    ) -> None:
        """Write down what became of an item, and of its attempt, as soon as can be. `said`: the fields of `Change`."""
        self._outbox.append(
            Change(
                scope=place.scope,
                key=place.key,
                generation=place.generation,
                at=self.wall(),
                to=to,
                attempt=(place.token, attempt) if attempt is not None else None,
                error=written(error) if error is not None else None,
                **said,
            )
        )
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().create_task(self._write())

    async def written(self) -> None:
        """Wait until all that was noted is written, or could not be."""
        while self._writing is not None and not self._writing.done():
            await asyncio.wait([self._writing])

    async def aclose(self) -> None:
        """Write what is left, and end the run."""
        await self.written()
        try:
            await self.journal.aclose()
        except StorageError as error:
            logger.error("the journal could not be written to its end: %s", error)  # noqa: TRY400  it says all there is

    async def _write(self) -> None:
        while self._outbox:
            changes = tuple(self._outbox)
            self._outbox.clear()
            # Together, so that they share a commit; in order, because each hands in its step before its first wait.
            done = await asyncio.gather(*map(self.journal.record, changes), return_exceptions=True)
            for change, failure in zip(changes, done, strict=True):
                if isinstance(failure, StorageError):
                    self.on_broken(failure)
                elif isinstance(failure, BaseException):
                    logger.error("the journal refused a step (%r): please report this", change, exc_info=failure)

"""The keeper of a client's journal: what becomes of rows is written down in order, and only creates wait for it.

Theory of operation
===================
1. An intent is durable before its create is sent (`claim`). That is what never paying twice stands on, and so the one
   thing that is waited for.
2. Everything after it is noted in the order in which it happened, and written as fast as the disk takes it. A crash in
   between loses no more than the last of these steps: an id that had come is then unknown, and is told as such.
3. What is noted of a row is written before it is claimed again. A key that is to be sent again, after a failure or a
   lost answer, keeps the state it was found in until it is claimed, which only who has found the newest state may,
   and goes back to it where nothing comes of that. So of several who would send it again one does, and nothing is
   forgotten.
4. A step leaves the outbox in the moment in which the journal has it. Each has a task to carry it there, and whichever
   begins takes the oldest; so who cancels all tasks of a loop loses none, and none overtakes another.
5. Who is cancelled while he claims can't tell whether he has the claim. It is looked up and given back.
6. Where the disk fails, what is paid for is still collected. The journal keeps what could not be written and tries
   again with whatever is written next; `on_broken` hears of it once, and no more creates are sent.
"""

from __future__ import annotations

import asyncio
import copy
import logging
import secrets
from collections import deque
from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal, cast

import attrs

from nanobanana_async.dialects import SHORTEST_SECRET
from nanobanana_async.errors import ClientClosedError, NanoBananaError, StorageError
from nanobanana_async.journal import STAND_BEHIND, Change, Claimed, Entry, Found, Intent, Journal
from nanobanana_async.lifecycle import AttemptState, ItemState
from nanobanana_async.settings import one_of, refused
from nanobanana_async.storage import Digests
from nanobanana_async.tasks._written_errors import written
from nanobanana_async.values import JSON

logger = logging.getLogger("nanobanana_async")


OnChange = Literal["hold", "regenerate", "keep"]
"""A key that was used for another request: don't send it, make it anew, or give what there is."""
RetryFailed = Literal["none", "transient", "all"]
"""Which failures are sent again: none, those that may pass and cost nothing, or all."""


def _keys(given: Collection[str]) -> frozenset[str]:
    if isinstance(given, str) or not isinstance(given, Collection) or not all(isinstance(key, str) for key in given):
        raise refused("redo", given, "keys, such as ['sku-17']")
    return frozenset(given)


@attrs.frozen(kw_only=True)
class KeyRules:
    """What is done with a key that is known already; those of `redo` are made anew, on purpose.

    Raises:
        ConfigurationError: one of them is no word of these. One that is misspelt must never mean another: it may pay.
    """

    on_change: OnChange = attrs.field(default="hold", validator=one_of("hold", "regenerate", "keep"))
    retry_failed: RetryFailed = attrs.field(default="none", validator=one_of("none", "transient", "all"))
    redo: frozenset[str] = attrs.field(default=frozenset(), converter=_keys)


@attrs.define(eq=False)
class Place:
    """Where a row stands in the journal, and what is said of it there.

    `token` is that of its newest attempt, `tokens` are those of all that were made or found by this client, `lost` of
    those whose answer was, each with what was said of that. `files` are the pictures that were saved for it. `found` is
    how it stood there when nobody was sending it, None where it was new, and `error` what was said of it then: it goes
    back to that where a create comes to nothing. With `renews` a new generation begins with its next create.
    """

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
    found: Found | None = None
    files: tuple[str, ...] = ()
    tokens: list[str] = attrs.field(factory=list)
    lost: dict[str, Mapping[str, JSON] | None] = attrs.field(factory=dict)
    error: Mapping[str, JSON] | None = None
    renews: bool = False

    @property
    def was(self) -> ItemState | None:
        """The state in which it was found; None where it was new."""
        return self.found.state if self.found is not None else None

    def comes_to(self, state: ItemState, error: NanoBananaError) -> None:
        """Its newest create is lost, or its task has failed: so the journal has it until it is sent again."""
        if state is ItemState.FAILED and error.charged == "no" and self._came_of_nothing():
            return
        self.found, self.error, self.renews = Found(self.generation, state, self.token), written(error), False
        if state is ItemState.UNKNOWN:
            self.lost[self.token] = self.error

    def _came_of_nothing(self) -> bool:
        """Whether what stood before its generation began stands again: nothing was, or may be, paid for since."""
        return self.renews and not self.lost and self.was in STAND_BEHIND

    def stands_as(self, entry: Entry) -> None:
        """That is what is found in the journal."""
        self.generation, self.token, self.found = entry.generation, entry.token or "", found_in(entry)
        self.error, self.renews = entry.error, False
        self.lost = {self.token: self.error} if entry.state is ItemState.UNKNOWN else {}

    def stands_again(self) -> None:
        """Nothing came of its newest create. Where an earlier answer was lost, nobody may forget that."""
        assert self.found is not None
        if self.lost and not self.renews:
            token, self.error = next(reversed(self.lost.items()))
            self.found = Found(self.generation, ItemState.UNKNOWN, token)


def found_in(entry: Entry) -> Found | None:
    """How `entry` stands; None where it is new."""
    return None if entry.state is ItemState.NEW else Found(entry.generation, entry.state, entry.token)


@attrs.frozen
class _InDoubt:
    """A claim that was cut short: nobody knows whether it was granted. `back` is the step that gives it back."""

    back: Change


@attrs.define(eq=False)
class Keeper:
    """Writes to `journal`. `wall` is the time of day, `on_broken` hears of a disk that fails.

    `names` are those of the batches of this client: the journal's locks tell clients apart, not batches of one.
    `digests` are of the images that keys are made of. `secret` is the API key, which never enters a journal.
    """

    journal: Journal
    wall: Callable[[], float]
    on_broken: Callable[[StorageError], None] = lambda _: None
    secret: str = attrs.field(default="", repr=False)
    names: set[str] = attrs.field(factory=set, init=False)
    digests: Digests = attrs.field(factory=Digests, init=False)
    _outbox: deque[Change | _InDoubt] = attrs.field(factory=deque, init=False)
    _starting: set[asyncio.Task[None]] = attrs.field(factory=set, init=False)
    _writing: dict[asyncio.Task[None], None] = attrs.field(factory=dict, init=False)
    _is_failing: bool = attrs.field(default=False, init=False)
    _is_open: bool = attrs.field(default=False, init=False)

    async def open(self, gateway: str, *, clock: Callable[[], float]) -> None:
        """Begin a run; the errors are those of the journal, which then is not ours to close."""
        await self.journal.open(gateway, clock=clock)
        self._is_open = True

    async def find(self, scope: str, key: str) -> Entry | None:
        """What is known of a key, with all that was noted of it here. Raises: StorageError."""
        await self.written()
        return await self.journal.find(scope, key)

    async def claim(self, place: Place) -> Entry | None:
        """The right to send a create, durable: None where it is given, else the entry of who has it.

        Raises:
            StorageError: the intent can't be made durable. Nothing may be sent.
            UsageError: what is said of it can't be written down.
        """
        await self.written()
        token, place.token = place.token, secrets.token_hex(13)
        try:
            said = await self.journal.claim(self._intent(place))
        except StorageError:
            place.token = token
            raise
        except BaseException:
            self._put(_InDoubt(self._came_to_nothing(place, AttemptState.NOT_SENT)))
            raise
        if isinstance(said, Claimed):
            place.generation = said.generation
            if place.renews:  # what was lost before has no part in what comes now
                place.lost.clear()
            return None
        return said

    def _intent(self, place: Place) -> Intent:
        return Intent(
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
            instead_of=place.found,
            renews=place.renews,
        )

    def note(
        self,
        place: Place,
        to: ItemState | None,
        attempt: AttemptState | None = None,
        *,
        error: NanoBananaError | None = None,
        raw: str | None = None,
        **said: Any,
    ) -> None:
        """Write down what became of an item, and of its attempt, as soon as can be. `said`: the fields of `Change`."""
        told = written(error) if error is not None else None
        self._put(self._change(place, to, attempt, error=told, raw=raw, **said))

    def falls_back(self, place: Place, attempt: AttemptState, token: str, **said: Any) -> None:
        """The newest create ends as `attempt`; the item follows that of `token`, whose answer was lost and is found."""
        change = self._change(place, ItemState.ACCEPTED, attempt, error=None, **said)
        self._put(attrs.evolve(change, token=token))
        place.token = token

    def came_to_nothing(self, place: Place, attempt: AttemptState) -> None:
        """A create was refused, or never left: the item is what it was before, new or not."""
        self._put(self._came_to_nothing(place, attempt))
        if place.found is not None:
            place.generation, place.token = place.found.generation, place.found.token or ""

    def _came_to_nothing(self, place: Place, attempt: AttemptState) -> Change:
        if place.found is None or place.renews:  # where it has begun a generation, the one before stands again
            return self._change(place, ItemState.NEW, attempt, error=None)
        place.stands_again()
        back = self._change(place, place.found.state, attempt, error=place.error)
        return attrs.evolve(back, token=place.found.token)

    def _change(
        self,
        place: Place,
        to: ItemState | None,
        attempt: AttemptState | None,
        *,
        error: Mapping[str, JSON] | None,
        raw: str | None = None,
        **said: Any,
    ) -> Change:
        return Change(
            scope=place.scope,
            key=place.key,
            generation=place.generation,
            at=self.wall(),
            to=to,
            attempt=(place.token, attempt) if attempt is not None else None,
            token=place.token or None,
            raw=self._redacted(raw),
            error={name: self._redacted(value) for name, value in error.items()} if error else None,
            **said,
        )

    def _redacted(self, value: Any) -> Any:
        is_a_secret = len(self.secret) >= SHORTEST_SECRET and isinstance(value, str)
        return value.replace(self.secret, "***") if is_a_secret else value

    async def written(self) -> None:
        """Wait until all that was noted so far is written, or could not be."""
        is_cut_short = True
        while is_cut_short:
            self._carry()
            waiting = tuple(self._writing)
            if waiting:
                await asyncio.wait(waiting)
            is_cut_short = any(task.cancelled() for task in waiting)

    async def aclose(self) -> None:
        """Write what is left, and end the run, where it was begun."""
        if not self._is_open:
            return
        self._is_open = False
        try:
            await self.written()
        finally:
            try:
                await self.journal.aclose()
            except StorageError as error:
                logger.error("the journal could not be written to its end: %s", error)  # noqa: TRY400  it says all there is

    def _put(self, step: Change | _InDoubt) -> None:
        self._outbox.append(step)
        self._carry()

    def _carry(self) -> None:
        """See to it that each step has a task that will take it: the one it had may have been cancelled."""
        while len(self._starting) < len(self._outbox):
            task = asyncio.get_running_loop().create_task(self._write())
            self._starting.add(task)
            self._writing[task] = None
            task.add_done_callback(self._carried)

    def _carried(self, task: asyncio.Task[None]) -> None:
        self._starting.discard(task)
        del self._writing[task]

    async def _write(self) -> None:
        """Write the oldest step. The journal has it before its first wait, so the order is that of the outbox."""
        self._starting.discard(cast("asyncio.Task[None]", asyncio.current_task()))
        step = self._outbox.popleft()
        try:
            if isinstance(step, Change):
                await self.journal.record(step)
            else:
                await self._give_back(step)
            self._is_failing = False
        except StorageError as error:
            if not self._is_failing:
                self._is_failing = True
                self.on_broken(error)
        except ClientClosedError:
            logger.error("too late for the journal, which is closed: %s", _change_in(step).in_short)  # noqa: TRY400  it says all there is
        except Exception:
            logger.exception("the journal refused a step (%s): please report this", _change_in(step).in_short)

    async def _give_back(self, doubt: _InDoubt) -> None:
        """Take back a claim that nobody is there to use, if it was granted: nothing was sent."""
        back = doubt.back
        assert back.attempt is not None
        entry = await self.journal.find(back.scope, back.key)
        if entry is not None and entry.token == back.attempt[0] and entry.state is ItemState.SENDING:
            await self.journal.record(attrs.evolve(back, generation=entry.generation))


def _change_in(step: Change | _InDoubt) -> Change:
    return step if isinstance(step, Change) else step.back


def nothing_charged(error: StorageError) -> StorageError:
    """`error` of the disk, as it is told to those for whom nothing was sent because of it."""
    nothing = copy.copy(error)
    nothing.charged = "no"
    nothing.public_message = "The image could not be ordered. Please try again later."
    return nothing

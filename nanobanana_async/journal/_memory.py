"""A journal in an object: it survives a client, not the process. For tests, simulations, and whoever wants no file."""

from __future__ import annotations

import asyncio
import base64
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection

import attrs

from nanobanana_async.errors import ClientClosedError, StorageError
from nanobanana_async.journal._entries import Attempt, Change, Claimed, Draft, Entry, Intent
from nanobanana_async.journal._holding import batch_busy, refuse_second_opening, taken_in_time
from nanobanana_async.journal._passes import MemoryPass
from nanobanana_async.journal._rows import Row
from nanobanana_async.journal._rules import (
    ARRIVED,
    COUNTED,
    IN_FLIGHT,
    LeftSending,
    answer_lost,
    may_claim,
    no_item,
    refuse_other_gateway,
    refuse_unwritable,
    spent_on,
)
from nanobanana_async.journal._standing import InFlight, Sent, Spent, Standing
from nanobanana_async.lifecycle import ItemState

_KINDS = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}


@attrs.define(eq=False)
class _Store:
    """What outlives a client: the generations of each key in the order in which keys came, and who is at work."""

    rows: dict[tuple[str, str], list[Row]] = attrs.field(factory=dict)
    gateway: str | None = None
    runs: int = 0
    alive: set[str] = attrs.field(factory=set)
    held: dict[str, str] = attrs.field(factory=dict)
    pictures: dict[str, str] = attrs.field(factory=dict)


class MemoryJournal:
    """A `Journal` in memory, and the same thing happens every time.

    Give it to a second client once the first is closed, or dead with its loop: it is all still there. For two clients
    at once, as two processes with one file would be, give the second one `journal.beside()`.
    """

    def __init__(self) -> None:
        self._store = _Store()
        self._run: str | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._clock: Callable[[], float] = time.time

    def __repr__(self) -> str:
        return f"<MemoryJournal [{len(self._store.rows)} keys{'' if self._run else ' | closed'}]>"

    def beside(self) -> MemoryJournal:
        """Another journal with the same content, as another process would have it."""
        other = MemoryJournal()
        other._store = self._store
        return other

    @property
    def broken(self) -> StorageError | None:
        """None: there is no disk."""
        return None

    @property
    def run(self) -> str | None:
        """What this opening is called; see `Journal.run`."""
        return self._run

    # --- a run ------------------------------------------------------------------------------------------------

    async def open(self, gateway: str, *, clock: Callable[[], float] = time.time) -> None:
        """Begin a run; see `Journal.open`."""
        if self._run is not None:
            refuse_second_opening(self._loop)
            self.abandon()
        store = self._store
        taken = (attempt.state in COUNTED for row in self._rows() for attempt in row.attempts.values())
        if store.alive or any(taken):
            refuse_other_gateway(store.gateway or gateway, gateway, place="the journal in memory")
        store.gateway = gateway
        store.runs += 1
        self._run, self._loop, self._clock = f"run-{store.runs}", asyncio.get_running_loop(), clock
        store.alive.add(self._run)
        self._reap()

    async def aclose(self) -> None:
        """End the run; see `Journal.aclose`."""
        self.abandon()

    def abandon(self) -> None:
        """End the run without a word, as a kill does. Safe to call twice."""
        run, self._run = self._run, None
        self._store.alive.discard(run or "")
        for scope in [scope for scope, holder in self._store.held.items() if holder == run]:
            del self._store.held[scope]

    async def reap(self) -> list[Entry]:
        """Make `unknown` what the dead have left `sending`; see `Journal.reap`."""
        return self._reap()

    def _reap(self) -> list[Entry]:
        self._at_work()
        at = self._clock()
        left = [
            row
            for row in self._newest()
            if row.entry.state is ItemState.SENDING and row.entry.run not in self._store.alive
        ]
        for row in left:
            entry, sent = row.entry, row.followed
            assert sent is not None
            left_so = LeftSending(entry.scope, entry.key, entry.generation, sent.token, sent.state, sent.task_id)
            row.record(answer_lost(left_so, at=at), entry.run)
        return [self._shown(row) for row in left]

    def _at_work(self) -> str:
        """This run. Raises: ClientClosedError."""
        if self._run is None:
            raise ClientClosedError("the journal is not open")
        return self._run

    # --- one key ----------------------------------------------------------------------------------------------

    async def find(self, scope: str, key: str) -> Entry | None:
        """What is known of a key; see `Journal.find`."""
        self._at_work()
        rows = self._store.rows.get((scope, key))
        return self._shown(_standing(rows)) if rows else None

    async def enter(self, draft: Draft) -> Entry:
        """What stands there for a key, `new` if nothing did; see `Journal.enter`."""
        return self._shown(self._entered(draft))

    async def claim(self, intent: Intent) -> Entry | Claimed:
        """The right to send, or who has it; see `Journal.claim`."""
        run, row = self._at_work(), self._entered(intent)
        entry = row.entry
        if not may_claim(intent, entry.generation, entry.state, entry.token):
            return self._shown(row)
        if intent.renews and entry.state is not ItemState.NEW:
            row = self._next(row, run, intent)
        number = row.claim(intent, run)
        return Claimed(row.entry.generation, number)

    async def record(self, change: Change) -> bool:
        """Make one step; see `Journal.record`."""
        run, rows = self._at_work(), self._store.rows.get((change.scope, change.key), [])
        if not 0 < change.generation <= len(rows):
            raise no_item(change)
        return rows[change.generation - 1].record(change, run)

    async def keep(self, content: bytes, *, sha256: str, suffix: str) -> str:
        """Keep a picture that came in an answer, as its ``data:`` URL; see `Journal.keep`."""
        self._at_work()
        kind = _KINDS.get(suffix, "application/octet-stream")
        url = f"data:{kind};base64,{base64.b64encode(content).decode()}"
        self._store.pictures[sha256] = url
        return url

    async def kept(self, sha256: str) -> str | None:
        """The ``data:`` URL of a picture that was kept; see `Journal.kept`."""
        self._at_work()
        return self._store.pictures.get(sha256)

    async def attempts(self, scope: str, key: str) -> list[Attempt]:
        """Every attempt for a key; see `Journal.attempts`."""
        self._at_work()
        return [attempt for row in self._store.rows.get((scope, key), []) for attempt in row.attempts.values()]

    async def attempt_of(self, *, token: str | None = None, task_id: str | None = None) -> tuple[Entry, Attempt] | None:
        """The attempt with that token or task; see `Journal.attempt_of`."""
        self._at_work()
        found = [
            (self._shown(_standing(rows)), attempt)
            for rows in self._store.rows.values()
            for row in rows
            for attempt in row.attempts.values()
            if attempt.token == token or (task_id is not None and attempt.task_id == task_id)
        ]
        return max(found, key=lambda one: one[1].sent_at, default=None)

    def _entered(self, draft: Draft) -> Row:
        refuse_unwritable(draft)
        rows = self._store.rows.get((draft.scope, draft.key))
        if rows is None:
            rows = self._store.rows[draft.scope, draft.key] = [Row.of(draft, self._at_work())]
        return _standing(rows)

    def _next(self, row: Row, run: str, intent: Intent) -> Row:
        """The generation after that of `row`, which is there already where it has come to nothing before."""
        rows = self._store.rows[intent.scope, intent.key]
        if row.entry.generation == len(rows):
            rows.append(row.renewed(run, intent.at))
        return rows[row.entry.generation]

    def _shown(self, row: Row) -> Entry:
        return row.shown(is_owned=row.entry.run in self._store.alive)

    # --- many -------------------------------------------------------------------------------------------------

    async def entries(self, scope: str | None = None, states: Collection[ItemState] = ()) -> AsyncIterator[Entry]:
        """The entries in the order in which their keys came; see `Journal.entries`."""
        self._at_work()
        for row in self._newest(scope):
            if not states or row.entry.state in states:
                yield self._shown(row)

    async def counts(self, scope: str) -> Counter[ItemState]:
        """How many entries are in each state; see `Journal.counts`."""
        self._at_work()
        return Counter(row.entry.state for row in self._newest(scope))

    async def standing(self, since: float) -> Standing:
        """What counts against the limits, and what is in flight; see `Journal.standing`."""
        self._at_work()
        rows = self._rows()
        sent = [
            Sent(attempt.sent_at, attempt.answered_at)
            for row in rows
            for attempt in row.attempts.values()
            if attempt.state in ARRIVED and (attempt.answered_at is None or attempt.answered_at >= since)
        ]
        in_flight = [_in_flight(row.shown(is_owned=False)) for row in rows if row.entry.state in IN_FLIGHT]
        return Standing(
            tuple(sorted(sent, key=lambda one: (one.sent_at, one.answered_at or 0.0))),
            tuple(sorted(in_flight, key=lambda one: (one.sent_at, one.scope, one.key))),
        )

    async def spent(self, scope: str) -> Spent:
        """What a scope has cost, and may still cost; see `Journal.spent`."""
        self._at_work()
        return spent_on(bill for row in self._rows(scope) for bill in row.bills())

    def _newest(self, scope: str | None = None) -> list[Row]:
        return [_standing(rows) for (of, _), rows in self._store.rows.items() if scope in (None, of)]

    def _rows(self, scope: str | None = None) -> list[Row]:
        """Those of all generations."""
        return [row for (of, _), rows in self._store.rows.items() if scope in (None, of) for row in rows]

    # --- a batch ----------------------------------------------------------------------------------------------

    async def hold(self, scope: str) -> None:
        """Take the lock on the name of a batch; see `Journal.hold`."""
        run, held = self._at_work(), self._store.held
        if not await taken_in_time(lambda: held.setdefault(scope, run) == run):
            raise batch_busy(scope, f"another client of this process, {held[scope]}")

    async def let_go(self, scope: str) -> None:
        """Let go of the lock on a name; see `Journal.let_go`."""
        if self._store.held.get(scope) == self._at_work():
            del self._store.held[scope]

    async def begin_pass(self, scope: str) -> MemoryPass:  # noqa: ARG002  one pass knows nothing of another
        """A new pass over the source of `scope`; see `Journal.begin_pass`."""
        self._at_work()
        return MemoryPass()


def _standing(rows: list[Row]) -> Row:
    """The generation that stands for its key: the newest one, but where that has come to nothing, the one before."""
    return rows[-2] if rows[-1].has_come_to_nothing else rows[-1]


def _in_flight(entry: Entry) -> InFlight:
    assert entry.sent_at is not None
    return InFlight(
        scope=entry.scope,
        key=entry.key,
        state=entry.state,
        task_id=entry.task_id,
        model=entry.model,
        sent_at=entry.sent_at,
        accepted_at=entry.accepted_at,
    )

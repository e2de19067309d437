"""The seam: what a client asks of a journal, whatever it is kept in.

Theory of operation
===================
1. An intent is durable before its create is sent, and to claim it is conditional: of any number of processes that claim
   a key, one gets it. Who is not told `Claimed` sends nothing.
2. A step (`record`) moves an item and its attempt together, by the tables of `lifecycle` alone, and is durable on
   return. The tables are asked within the transaction that writes, so two processes can't both move the same state.
3. A run is one opening of a journal. While it is open it holds a lock that the operating system takes back when the
   process dies, however it dies. What a run without a lock has left `sending` is unknown: nobody will ever hear the
   answer. Nothing else is changed on behalf of the dead; what they had accepted can be waited for by its id.
4. A step that can't be written down raises, is kept in memory, and is written before anything else that is written
   later; whoever looks through this journal sees it meanwhile. A claim that can't be written down has never been.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection
from typing import Protocol

from nanobanana_async.errors import StorageError
from nanobanana_async.journal._entries import Attempt, Change, Claimed, Draft, Entry, Intent
from nanobanana_async.journal._standing import Spent, Standing
from nanobanana_async.lifecycle import ItemState

HOLD_SECONDS = 5.0
"""How long `hold` waits for a holder that is about to die."""


class Pass(Protocol):
    """The keys of one pass over a source. Counted from its start and never by position; forgotten when it is closed."""

    async def numbered(self, base: str) -> str:
        """The key for one more request whose derived key is `base`: `base` itself, then ``base-2``, ``base-3`` …"""

    async def seen(self, key: str) -> bool:
        """Whether `key` was asked about before in this pass."""

    def close(self) -> None:
        """Forget it all. Safe to call twice."""


class Journal(Protocol):
    """What must survive a crash. One object serves one client at a time.

    A caller that is cancelled leaves its step to be done all the same: who claims must see to it that he is there to
    use the claim, or to take it back.
    """

    @property
    def broken(self) -> StorageError | None:
        """The error of the disk after which nothing more may be claimed, None while there was none."""

    @property
    def run(self) -> str | None:
        """What this opening is called in `Entry.run`; None while it is not open."""

    async def open(self, gateway: str, *, clock: Callable[[], float] = time.time) -> None:
        """Begin a run. `gateway` is the kind and the base URL, or the word ``emulator``; `clock` is the time of day.

        A journal is that gateway's from the first create on that was, or may have been, taken; until then it can be
        another's, once nobody is at work. What dead runs have left is reaped. To open it again, where the loop of the
        last opening is closed, counts that run as dead.

        Raises:
            ConfigurationError: it is the journal of another gateway, or no journal; or it can't be where it is.
            StorageError: the disk is full or broken, or others keep it locked.
            UsageError: it is open already.
        """

    async def aclose(self) -> None:
        """End the run, once everything that was handed in is durable. Safe to call twice.

        Raises:
            StorageError: some steps could not be written down; the log has them.
        """

    async def find(self, scope: str, key: str) -> Entry | None:
        """What is known of a key, in the generation that stands for it; None where nothing is.

        The newest one stands. But where nothing of what was sent for it is, or may be, paid for, and it is new again or
        has failed, the one before does: what is paid for is not put away for what came to nothing.
        """

    async def enter(self, draft: Draft) -> Entry:
        """What stands there for a key, put down as `new` if nothing did. Nothing is claimed.

        Raises:
            StorageError: it can't be written down.
        """

    async def claim(self, intent: Intent) -> Entry | Claimed:
        """The right to send, where nothing stands there or its state is `new`; else the entry that does.

        With the right, item and attempt are `sending` and durable on return.

        Raises:
            StorageError: the intent can't be made durable. Nothing is claimed, nothing may be sent.
        """

    async def record(self, change: Change) -> bool:
        """Make one durable step; False where `change.to` (or, without it, the attempt's state) was reached already.

        Raises:
            IllegalMoveError: the tables know no way there, or the journal knows no such item or attempt.
            StorageError: it can't be written down. It is kept in memory, and written with what can be written next.
        """

    async def keep(self, content: bytes, *, sha256: str, suffix: str) -> str:
        """Keep a picture that came in an answer, under the digest of its content: its URL, ``file:`` or ``data:``.

        It is durable on return. `suffix` is that of a file of its kind, such as ``.png``; an answer that nobody could
        read is kept whole, as ``.answer``.

        Raises:
            StorageError: it can't be written down.
        """

    async def kept(self, sha256: str) -> str | None:
        """The URL of a picture that was kept; None where it is no longer there."""

    def entries(self, scope: str | None = None, states: Collection[ItemState] = ()) -> AsyncIterator[Entry]:
        """The entries of a scope (of all) in some states (in any), in the order in which their keys first came.

        Read page by page, and so not all of one moment.
        """

    async def attempts(self, scope: str, key: str) -> list[Attempt]:
        """Every attempt for a key, of all its generations, in order."""

    async def attempt_of(self, *, token: str | None = None, task_id: str | None = None) -> tuple[Entry, Attempt] | None:
        """The attempt with that token, or that became that task, and the newest entry of its key; None where none is.

        Of several that became one task, it is the one that was sent last.
        """

    async def counts(self, scope: str) -> Counter[ItemState]:
        """How many entries of a scope are in each state."""

    async def standing(self, since: float) -> Standing:
        """What was sent and counts against the limits since then, and what is in flight; of all scopes."""

    async def spent(self, scope: str) -> Spent:
        """What a scope has cost, and may still cost."""

    async def hold(self, scope: str) -> None:
        """Take the lock on the name of a batch for this run. To hold what this run holds already changes nothing.

        Raises:
            BatchBusyError: somebody else still has it after five seconds.
        """

    async def let_go(self, scope: str) -> None:
        """Let go of the lock on a name. Safe to call twice, and where it was never held."""

    async def begin_pass(self, scope: str) -> Pass:
        """A new pass over the source of `scope`."""

    async def reap(self) -> list[Entry]:
        """Make `unknown` what runs that are no more have left `sending`, and tell what was."""

"""What a journal adds to a client: to ask what became of a key, and to have what an earlier run has left."""

from __future__ import annotations

from collections.abc import AsyncIterator

from nanobanana_async.client._asking import no_journal
from nanobanana_async.client._lifetime import ClientLifetime
from nanobanana_async.outcomes import Outcome
from nanobanana_async.tasks import Past
from nanobanana_async.values import Task


class Journalled(ClientLifetime):
    """`lookup` and `pending`."""

    async def lookup(self, key: str, *, name: str = "") -> Task | Outcome | None:
        """What is known of `key`: its task while that runs, its outcome once it is over, None where nothing is.

        A task without an id is one whose create waits for its turn in this client, or is on the wire.

        `name` is the name of the batch that the key belongs to; without one it is that of a single call. The gateway is
        not asked.

        Raises:
            ConfigurationError: the client has no journal.
        """
        return await self._past().lookup(name, key)

    async def pending(self, *, name: str | None = None) -> AsyncIterator[Outcome]:
        """What earlier runs have left, and this one has given up: each task that was accepted, once it is over, and
        each answer that was lost.

        ::

            async for outcome in client.pending():
                print(outcome.item.key, outcome.state)

        `name` is the name of a batch; None takes all of them, and the single calls as well. What another process is at
        work on is left to it. Nothing is sent but looks.

        Raises:
            ConfigurationError: the client has no journal.
        """
        async for outcome in self._past().pending(name, deadline=self._policies.settings.deadline):
            yield outcome

    def _past(self) -> Past:
        running = self._open()
        if running.manager.desk.keeper is None:
            raise no_journal("this client has no journal")
        return Past(running.manager, running.manager.desk.keeper)

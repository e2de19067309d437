"""How `generate` and `edit` make their one picture: check the place, say the price, send, save."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from nanobanana_async.cli._connection import Connection, Where, connected
from nanobanana_async.cli._exits import ExitCode, run
from nanobanana_async.cli._outcomes import collected, deliver
from nanobanana_async.cli._terminal import Terminal, not_warned_of
from nanobanana_async.client import Client
from nanobanana_async.errors import ConfigurationError, StorageError
from nanobanana_async.events import Event, TaskAccepted
from nanobanana_async.gateways import Gateway
from nanobanana_async.models import with_format_default
from nanobanana_async.outcomes import Outcome
from nanobanana_async.pricing import total
from nanobanana_async.storage import ensure_writable, named_format, refuse_device, target_for
from nanobanana_async.values import Item, Request


@attrs.frozen
class Wish:
    """What the user asks for: a prompt, pictures to work from, fields (None is unset), and where it goes."""

    prompt: str
    images: Sequence[str]
    fields: Mapping[str, str | None]
    place: str

    def request(self, gateway: Gateway) -> Request:
        """The request at `gateway`, in the format that the place names where none was asked for.

        Raises:
            InvalidRequestError: it can't be asked for like this.
        """
        request = gateway.request(self.prompt, self.fields, images=self.images)
        named = named_format(self.place)
        return request if named is None else with_format_default(request, named)


def make_one(wish: Wish, where: Where, *, timeout: float, as_json: bool) -> ExitCode:
    """Make the picture and say where it is. `timeout` in seconds. Raises the errors of `Client.generate`."""
    terminal = Terminal()
    with connected(where) as connection:
        request = wish.request(connection.gateway)
        terminal.say(f"{request.model}: {total([request.credits])}")
        accepted: list[str] = []
        try:
            with not_warned_of(lambda: accepted):
                outcome = run(_outcome(request, wish.place, connection, terminal, accepted=accepted, timeout=timeout))
        except KeyboardInterrupt:
            for task_id in accepted:
                terminal.say(f"task {task_id} is paid for; fetch it with: nanobanana download {task_id}")
            raise
    return deliver(outcome, terminal, as_json=as_json)


async def _outcome(
    request: Request, place: str, connection: Connection, terminal: Terminal, *, accepted: list[str], timeout: float
) -> Outcome:
    """What became of it; the id of its task is put into `accepted` as soon as it is known."""
    await ensure_writable(_folder_of(place))

    def hear(event: Event) -> None:
        if isinstance(event, TaskAccepted):
            terminal.say(f"accepted as task {event.task.id}", "dim")
            accepted.append(event.task.id)

    client = Client(connection.gateway, polling=connection.polling, deadline=timeout, on_event=hear)
    async with client:
        with terminal.waiting(f"usually done in {request.expected.usual / connection.polling.speed:.0f} s"):
            return await collected(client, Item(request), client.generate(request), place)


def _folder_of(place: str) -> Path:
    """The folder that the picture goes to. ConfigurationError where no file can have that path."""
    try:
        target = target_for(place, stem="image")
        if not target.made:
            refuse_device(target.folder / target.name)
    except StorageError as error:
        raise ConfigurationError(error.message, remedy=error.remedy) from error
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{place!r} can't be written: {error}", remedy="Choose another -o.") from error
    return target.folder

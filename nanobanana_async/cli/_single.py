"""How `generate` and `edit` make their one picture: check the place, say the price, send, save."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from nanobanana_async.cli._connection import Connection, Where, connected
from nanobanana_async.cli._exits import ExitCode, run
from nanobanana_async.cli._outcomes import deliver
from nanobanana_async.cli._picture_stops import PictureStops
from nanobanana_async.cli._same_gateway import options_of
from nanobanana_async.cli._terminal import Terminal, not_warned_of
from nanobanana_async.client import Client
from nanobanana_async.errors import ConfigurationError, StorageError
from nanobanana_async.gateways import Gateway, OpenAIImages
from nanobanana_async.models import with_format_default
from nanobanana_async.outcomes import Outcome
from nanobanana_async.pricing import total
from nanobanana_async.runs import grace_of
from nanobanana_async.storage import ensure_writable, named_format, refuse_device, target_for
from nanobanana_async.values import Request

_OUTWAITED = 1.0
"""Seconds by which the client outwaits an answer, so that the loss of it is told, not the impatience."""


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
    terminal = Terminal(options=options_of(where))
    with connected(where) as connection:
        request = wish.request(connection.gateway)
        stops = PictureStops(terminal, grace_of(connection.gateway))
        try:
            with not_warned_of(lambda: stops.accepted):
                outcome = run(_outcome(request, wish.place, connection, stops, timeout=timeout), steps=stops.steps)
        except KeyboardInterrupt:
            stops.say_left()
            raise
    code = deliver(outcome, terminal, as_json=as_json)
    return ExitCode.INTERRUPTED if stops.is_asked_to_finish else code


async def _outcome(
    request: Request, place: str, connection: Connection, stops: PictureStops, *, timeout: float
) -> Outcome:
    """What became of it. From the price on, a signal is heard: until then, it ends the program."""
    price = "of unknown price" if request.credits is None else total([request.credits])
    stops.terminal.say(f"{request.model}: {price}")
    await ensure_writable(_folder_of(place))
    gateway, deadline = _in_time(connection.gateway, timeout)
    client = Client(gateway, polling=connection.polling, deadline=deadline, on_event=stops.hear)
    async with client:
        with stops.terminal.waiting(f"usually done in {request.expected.usual / connection.polling.speed:.0f} s"):
            return await stops.make(client, request, place)


def _in_time(gateway: Gateway, timeout: float) -> tuple[Gateway, float]:
    """The gateway, and the client's deadline, by which the picture comes within `timeout` seconds or not at all.

    An answer that is the picture itself is given up by who waits for it: nobody else would get it later.
    """
    if not isinstance(gateway, OpenAIImages) or gateway.mode != "sync":
        return gateway, timeout
    return attrs.evolve(gateway, answer_within=min(gateway.answer_within, timeout)), timeout + _OUTWAITED


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

"""The client: one image at a time, or many; each of its parts stands in a file of its own."""

from __future__ import annotations

from nanobanana_async.client._journalled import Journalled
from nanobanana_async.client._many import ManyImages
from nanobanana_async.client._pictures import Pictures
from nanobanana_async.client._single import SingleImages


class Client(SingleImages, ManyImages, Pictures, Journalled):
    """Makes images through a gateway: one at a time with `generate`, many with `batch`.

    Construction does no I/O and needs no loop and no key. Use it as ``async with Client() as client:``, or call `start`
    and `aclose`. It lives on the loop it was started on.

    Args:
        gateway: where to send requests; None is `Kie`, with the key in ``KIE_API_KEY``.
        api_key: with `base_url`, a short way to a `Kie` gateway.
        base_url: see `api_key`.
        model: the model for plain prompts, in the place of the gateway's default.
        journal: the path of a file that outlives the process, or a `Journal`: what was sent and what was paid for is in
            it, and is never paid for again under the same key. It belongs to one gateway.
        transport: what carries the bytes; None is an `HttpxTransport` of its own, closed with the client.
        rate: at most so many new tasks in any so many seconds; the vendor's limit is 20 in 10 (PROTOCOL §1.4).
        in_flight: at most so many tasks between their create and their result: 2 creates a second times the longest
            usual task.
        polling: when to look at tasks.
        deadline: how long a task may take from its acceptance, in seconds, before it is left as pending.
        on_unknown: what to do when the answer to a create is lost: ``"hold"`` it, or ``"resend"`` at most twice and
            perhaps pay twice.
        on_server_error: what to do when the gateway itself says that a create failed: ``"repeat"`` it at most twice, or
            ``"hold"`` it as unknown.
        on_event: called with each event of `nanobanana_async.events`, synchronously.
        seed: of the jitter in waits; None is another one each time.
        clock: the time of day, in seconds since the epoch; a test on virtual time gives its own.

    Raises:
        ConfigurationError: a setting is out of its range.
    """

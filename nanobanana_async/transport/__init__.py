"""Bytes out, bytes in: the seam between values and the network.

Above it there are only `WireRequest` and `WireReply`; below it, whatever fetches them. `HttpxTransport` is the real
one, on a pool of its own or on the user's `httpx.AsyncClient`; `ScriptedTransport` is the fake that ships, for our
tests and for our users'. A transport raises `NetworkError` for whatever goes wrong on the wire and nothing else, and no
key ever stands in what it says. Importing this package loads no httpx: the first request does.
"""

from nanobanana_async.transport._httpx_transport import HttpxTransport
from nanobanana_async.transport._requests import unsendable, user_agent
from nanobanana_async.transport._scripted import ScriptedTransport, UnscriptedRequestError, json_reply
from nanobanana_async.transport._seam import Transport, TransportStatistics, WireStream, lost_answer

__all__ = [
    "HttpxTransport",
    "ScriptedTransport",
    "Transport",
    "TransportStatistics",
    "UnscriptedRequestError",
    "WireStream",
    "json_reply",
    "lost_answer",
    "unsendable",
    "user_agent",
]

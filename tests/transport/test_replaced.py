"""Whoever replaces a part of httpx or httpcore sees our requests, or stops them, however it is done."""

from __future__ import annotations

import asyncio
import functools
from types import FunctionType
from typing import Any

import httpcore
import httpx
import pytest

from nanobanana_async.errors import NetworkError
from nanobanana_async.transport import HttpxTransport
from nanobanana_async.transport._replaced import IN_HTTPCORE, IN_HTTPX, is_anything_replaced
from tests.transport.loopback import Visit, answering, create, get, reply, serving

METHODS = [
    *((httpx, owner, name) for owner, name in IN_HTTPX),
    *((httpcore, owner, name) for owner, name in IN_HTTPCORE),
]


class Proxy:
    """What wrapt puts in the place of a function: it says of itself whatever the function says."""

    def __init__(self, wrapped: Any) -> None:
        self._wrapped = wrapped

    @property  # type: ignore[misc]  # object has it writable, which nobody needs
    def __class__(self) -> type:
        return FunctionType

    def __getattr__(self, name: str) -> Any:
        return getattr(self._wrapped, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise httpx.ConnectError("mocked")


def replacing(original: Any, how: str) -> Any:
    def replacement(*args: Any, **kwargs: Any) -> Any:
        raise httpx.ConnectError("mocked")

    match how:
        case "a function":
            return replacement
        case "functools.wraps":
            return functools.wraps(original)(replacement)
        case "a package of a like name":
            return FunctionType(replacement.__code__, {"__name__": "httpx_and_more", "httpx": httpx})
        case _:
            return Proxy(original)


def test_nothing_is_replaced_in_a_quiet_process() -> None:
    """With the versions of httpx and httpcore that are installed the fast way is taken."""
    assert not is_anything_replaced()


@pytest.mark.parametrize(("package", "owner", "name"), METHODS)
@pytest.mark.parametrize("how", ["a function", "functools.wraps", "a package of a like name", "a proxy"])
async def test_no_request_leaves_past_a_replaced_method(
    transport: HttpxTransport, monkeypatch: pytest.MonkeyPatch, *, package: Any, owner: str, name: str, how: str
) -> None:
    """Not even on a connection that was warm; and when the method is back, requests leave again."""
    target = getattr(package, owner)
    async with serving(answering()) as server:
        await transport.send(get(server.url()))
        with monkeypatch.context() as patch:
            patch.setattr(target, name, replacing(getattr(target, name), how))
            assert is_anything_replaced()
            with pytest.raises(NetworkError, match="mocked"):
                await transport.send(create(server.url()))
            assert len(server.requests) == 1
        await transport.send(create(server.url()))

        assert len(server.requests) == 2


async def test_a_replaced_class_is_used(transport: HttpxTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    """A subclass in its place, which has the method from it."""

    class Theirs(httpx.AsyncHTTPTransport):
        def __init__(self, **settings: Any) -> None:
            raise httpx.ConnectError("mocked")

    monkeypatch.setattr(httpx, "AsyncHTTPTransport", Theirs)
    async with serving(answering()) as server:
        with pytest.raises(NetworkError, match="mocked"):
            await transport.send(create(server.url()))

        assert not server.requests


async def test_a_connection_that_was_busy_when_something_was_replaced_is_not_kept(
    transport: HttpxTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes back to a pool whose lines are of the other kind by then."""
    answer_now = asyncio.Event()

    async def answers_late(visit: Visit) -> None:
        await visit.request()
        await answer_now.wait()
        await visit.say(reply())
        await visit.until_gone()

    async with serving(answers_late) as server:
        late = asyncio.create_task(transport.send(get(server.url())))
        await server.until(lambda: len(server.requests) == 1)
        monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", replacing(None, "a function"))
        with pytest.raises(NetworkError, match="mocked"):
            await transport.send(get(server.url()))
        answer_now.set()

        assert (await late).status == 200
        await server.until(lambda: server.open == 0)

    assert transport.statistics().idle == 0

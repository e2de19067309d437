"""A gateway in OpenAI's style that answers at once, in a few lines: for tests that say what it answers, and when."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from nanobanana_async import Client, OpenAIImages, ScriptedTransport
from nanobanana_async.transport import json_reply
from nanobanana_async.values import WireReply, WireRequest
from tests.storage.pictures import make_png

URL = "https://reseller.example/v1"
PICTURE = make_png(4, 3)
IN_THE_ANSWER = {"b64_json": base64.b64encode(PICTURE).decode()}

Answer = WireReply | BaseException | Callable[[], WireReply]


def made(*data: dict[str, Any], **headers: str) -> WireReply:
    """The answer of a create that was made."""
    lowered = {name.replace("_", "-"): value for name, value in headers.items()}
    return json_reply({"created": 1_764_000_000, "data": list(data), "usage": {"total_tokens": 3}}, headers=lowered)


def error(status: int, message: str, code: str = "", **headers: str) -> WireReply:
    """A refusal in OpenAI's form."""
    lowered = {name.replace("_", "-"): value for name, value in headers.items()}
    body = {"error": {"message": message, "type": "some_error", "param": None, "code": code or None}}
    return json_reply(body, status, headers=lowered)


class ScriptedImages:
    """Answers every create with a picture after `seconds`, but for the `answers` that are used up first."""

    def __init__(self, *answers: Answer, seconds: float = 0.0) -> None:
        self.answers = list(answers)
        self.seconds = seconds
        self.requests: list[WireRequest] = []
        self.sent_at: list[float] = []
        self.on_the_wire = 0
        self.most_on_the_wire = 0
        self.transport = ScriptedTransport(self._answer)

    async def _answer(self, request: WireRequest) -> WireReply:
        self.requests.append(request)
        self.sent_at.append(asyncio.get_running_loop().time())
        answer = self.answers.pop(0) if self.answers else made(IN_THE_ANSWER)
        self.on_the_wire += 1
        self.most_on_the_wire = max(self.most_on_the_wire, self.on_the_wire)
        try:
            await asyncio.sleep(self.seconds if not isinstance(answer, WireReply) or answer.status < 400 else 0.05)
        finally:
            self.on_the_wire -= 1
        if isinstance(answer, BaseException):
            raise answer
        return answer if isinstance(answer, WireReply) else answer()

    @asynccontextmanager
    async def client(self, price: float | None = 0.04, **policies: Any) -> AsyncIterator[Client]:
        """A client of this gateway."""
        async with Client(OpenAIImages(URL, "key", price), **{"transport": self.transport, **policies}) as client:
            yield client

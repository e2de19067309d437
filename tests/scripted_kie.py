"""A gateway of a few lines behind a `ScriptedTransport`, for tests that need to say what it answers, and when.

Where the real protocol matters, tests use the emulator; here the answers are those that a test chooses.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from nanobanana_async import Client, Kie, Polling, Rate, Result, ScriptedTransport
from nanobanana_async.transport import json_reply
from nanobanana_async.values import WireReply, WireRequest

FAST = Polling(first=0.0, interval=0.005, shortest=0.0, per_second=100_000)
CREATE, RECORD = "/api/v1/jobs/createTask", "/api/v1/jobs/recordInfo"

Answer = WireReply | BaseException | Callable[[WireRequest], WireReply | Awaitable[WireReply]]


def said(code: int, msg: str = "success", data: Any = None, *, status: int = 200, **headers: str) -> WireReply:
    """An answer in the gateway's envelope."""
    lowered = {name.replace("_", "-"): value for name, value in headers.items()}
    return json_reply({"code": code, "msg": msg, "data": data}, status, headers=lowered)


def record(task_id: str, state: str, **more: Any) -> dict[str, Any]:
    """A task's record, as recordInfo has it."""
    now = int(time.time() * 1000)
    url = json.dumps({"resultUrls": [f"https://files.example/{task_id}.png"]})
    success = {"resultJson": url, "completeTime": now, "creditsConsumed": 4.0} if state == "success" else {}
    return {"taskId": task_id, "model": "google/nano-banana", "state": state, "createTime": now, **success, **more}


class ScriptedKie:
    """Accepts every create and lets every task succeed at the first look, but for what the test says.

    `creates` and `looks` are used up first, an answer a request; `hold_creates` keeps creates unanswered until set.
    """

    def __init__(self) -> None:
        self.creates: list[Answer] = []
        self.looks: list[Answer] = []
        self.state = "success"
        self.accepted: list[str] = []
        self.prompts: list[str] = []
        self.polls: Counter[str] = Counter()
        self.answering = asyncio.Event()
        self.answering.set()
        self.on_the_wire = 0
        self.most_on_the_wire = 0
        self.others: dict[str, Answer] = {}
        self.transport = ScriptedTransport(self._answer)

    async def _answer(self, request: WireRequest) -> WireReply:
        path = urlsplit(request.url).path
        if path == CREATE:
            return await self._create(request)
        if path == RECORD:
            return await self._look(request)
        return await _given(self.others[path], request)

    async def _create(self, request: WireRequest) -> WireReply:
        self.prompts.append(json.loads(request.body or b"")["input"].get("prompt", ""))
        self.on_the_wire += 1
        self.most_on_the_wire = max(self.most_on_the_wire, self.on_the_wire)
        try:
            answer = self.creates.pop(0) if self.creates else None
            await self.answering.wait()
            if answer is not None:
                return await _given(answer, request)
            self.accepted.append(f"task{len(self.accepted)}")
            return said(200, data={"taskId": self.accepted[-1]})
        finally:
            self.on_the_wire -= 1

    async def _look(self, request: WireRequest) -> WireReply:
        task_id = parse_qs(urlsplit(request.url).query)["taskId"][0]
        self.polls[task_id] += 1
        if self.looks:
            return await _given(self.looks.pop(0), request)
        return said(200, data=record(task_id, self.state))

    @asynccontextmanager
    async def client(self, **policies: Any) -> AsyncIterator[Client]:
        """A client of this gateway, with looks that follow each other fast."""
        settings = {"polling": FAST, "rate": Rate(10_000, per=1), "transport": self.transport, **policies}
        async with Client(Kie("secret-key-0123456789"), **settings) as client:
            yield client


async def on_the_wire(kie: ScriptedKie) -> tuple[Client, asyncio.Future[Result]]:
    """A client that the test has to close, and a call of it whose create has no answer yet."""
    kie.answering.clear()
    client = await Client(Kie("k"), transport=kie.transport, polling=FAST).start()
    caller = asyncio.ensure_future(client.generate("a banana"))
    await until(lambda: kie.prompts)
    return client, caller


async def until(condition: Callable[[], object]) -> None:
    """Let everything else on the loop, and its clock, go on until `condition` holds; a minute without is a failure."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  a condition over several objects has no event of its own
            await asyncio.sleep(0.001)


async def _given(answer: Answer, request: WireRequest) -> WireReply:
    if isinstance(answer, BaseException):
        raise answer
    if isinstance(answer, WireReply):
        return answer
    reply = answer(request)
    return reply if isinstance(reply, WireReply) else await reply

"""Pictures from a web app, in two ways: waited for in one request, or handed in and fetched later.

pip install fastapi uvicorn && uvicorn examples.web_app:app
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response

from nanobanana_async import Client, NanoBanana2Lite, NanoBananaError, Result, StillRunningError


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """One client for the whole application: one rate limit, however many requests come in.

    With several workers each process has one: divide the account's rate, as in Client(rate=Rate(5, per=10)) for four.
    """
    async with Client() as app.state.images:
        yield


app = FastAPI(lifespan=lifespan)


def client() -> Client:
    """The application's client."""
    images: Client = app.state.images
    return images


async def while_connected(request: Request, work: Coroutine[Any, Any, Result]) -> Result:
    """What `work` brings; cancelled when the user goes away, which FastAPI doesn't do by itself.

    What has not been sent by then never is, and costs nothing. What was accepted is paid for: `on_event` tells its id.
    """
    task = asyncio.create_task(work)
    try:
        while not (await asyncio.wait([task], timeout=1))[0]:
            if await request.is_disconnected():
                raise HTTPException(499, "nobody is there to see it")
        return task.result()
    finally:
        task.cancel()


@app.get("/picture")
async def picture(prompt: str, request: Request) -> Response:
    """The picture itself, within two minutes."""
    try:
        result = await while_connected(request, client().generate(NanoBanana2Lite(prompt), timeout=120))
        image = await client().read(result)
    except NanoBananaError as error:
        raise HTTPException(503 if error.retryable else 422, error.public_message) from error
    return Response(image.content, media_type=image.media_type)


@app.post("/tasks")
async def hand_in(prompt: str) -> dict[str, str]:
    """The id of a task that is paid for from now on: keep it."""
    try:
        return {"task": (await client().submit(NanoBanana2Lite(prompt))).id}
    except NanoBananaError as error:
        raise HTTPException(503 if error.retryable else 422, error.public_message) from error


@app.get("/tasks/{task_id}")
async def fetch(task_id: str) -> dict[str, object]:
    """What has become of a task, after a second of patience."""
    try:
        return {"state": "success", "urls": (await client().wait(task_id, timeout=1)).urls}
    except StillRunningError:
        return {"state": "running"}
    except NanoBananaError as error:
        return {"state": "failed", "reason": error.reason}

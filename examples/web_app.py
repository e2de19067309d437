"""Pictures from a web app, in two ways: waited for in one request, or ordered under a key and fetched later.

It serves the pictures themselves, and never their URLs: those expire, or hold the whole picture, or are paths of this
machine.

pip install fastapi uvicorn && uvicorn examples.web_app:app
"""

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse

from nanobanana_async import Client, NanoBanana2Lite, NanoBananaError, Pending, Result, Succeeded, Task


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """One client for the whole application: one rate limit, however many requests come in.

    With several workers each process has one: divide the account's rate, as in Client(rate=Rate(5, per=10)) for four.
    """
    async with Client(journal=os.environ.get("IMAGES_DB", "images.db")) as app.state.images:
        finishing = asyncio.create_task(finish_what_was_left())
        yield
        finishing.cancel()


async def finish_what_was_left() -> None:
    """Wait for the tasks that an earlier process has left, so that their orders can be fetched."""
    async for outcome in client().pending():
        print(f"order {outcome.item.key} of an earlier process: {outcome.state}")


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


async def served(result: Result) -> Response:
    """The picture of `result`, for a browser."""
    image = await client().read(result)
    return Response(image.content, media_type=image.media_type)


@app.exception_handler(NanoBananaError)
async def told(_: Request, error: NanoBananaError) -> JSONResponse:
    """What users are told of an error: nothing of the inside."""
    return JSONResponse({"detail": error.public_message}, status_code=503 if error.retryable else 422)


@app.get("/picture")
async def picture(prompt: str, request: Request) -> Response:
    """The picture itself, within two minutes (a gateway that answers at once may take 200 s)."""
    return await served(await while_connected(request, client().generate(NanoBanana2Lite(prompt), timeout=120)))


@app.post("/orders/{order}")
async def hand_in(order: str, prompt: str) -> dict[str, str]:
    """Order a picture: however often that is sent, also after a crash, it is made and paid for once.

    A gateway that answers at once takes an order with the finished picture only: there this waits for that, up to
    200 s, and with ``mode="async"`` it doesn't.
    """
    await client().submit(NanoBanana2Lite(prompt), key=order, retry_failed="transient")
    return {"state": "ordered"}


@app.get("/orders/{order}", response_model=None)
async def fetch(order: str) -> Response | dict[str, object]:
    """The picture of an order, or as long as there is none what has become of it."""
    match await client().lookup(order):
        case None:
            raise HTTPException(404, "no such order")
        case Succeeded(result=result):
            return await served(result)
        case Task() | Pending():
            return {"state": "running"}
        case outcome:
            return {"state": outcome.state, "why": outcome.error.public_message if outcome.error else None}

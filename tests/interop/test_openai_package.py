"""The `openai` package against the emulator on a port: whoever has written for OpenAI finds what he knows there."""

from __future__ import annotations

import asyncio
import base64
import io
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from attrs import frozen
from openai import AsyncOpenAI, OpenAI
from PIL import Image

from nanobanana_async.emulator import CreateSeen, EmulatorOptions, EmulatorServer, Faults, Limit, Order, World
from tests.emulator.customer import make_png

KEY = "sk-openai"
PHOTO = make_png(60, 40)
Ask = Callable[[Callable[[Any], Any]], Awaitable[Any]]
"""Asks something of a client of the package, whichever of the two it is."""


@frozen
class Gateway:
    """A gateway for all tests, and what it has seen since this one began."""

    url: str
    faults: Faults
    world: World
    before: int

    @property
    def creates(self) -> list[CreateSeen]:
        return list(self.world.ledger.creates)[self.before :]

    @property
    def paid(self) -> float:
        """Credits that were taken, and not given back."""
        return sum(create.credits for create in self.creates if not create.was_given_back())

    @property
    def ordered(self) -> list[Order]:
        """What it has understood of those that it has taken."""
        tasks = [self.world.tasks.find(create.task_id) for create in self.creates if create.task_id is not None]
        return [task.order for task in tasks if task is not None]


@pytest.fixture(scope="module")
def server() -> Iterator[EmulatorServer]:
    """It lets in one key, and is done with a picture at once."""
    options = EmulatorOptions(seed=1, speed=1e6, keys=frozenset({KEY}), limit=Limit(100_000))
    with EmulatorServer(World(options)) as server:
        yield server


@pytest.fixture
def gateway(server: EmulatorServer) -> Gateway:
    """With nothing wrong with it, so far."""
    world = server.world
    world.faults.clear()
    return Gateway(f"{server.base_url}/v1", world.faults, world, len(world.ledger.creates))


@pytest.fixture(params=["AsyncOpenAI", "OpenAI"])
async def ask(request: pytest.FixtureRequest, gateway: Gateway) -> AsyncIterator[Ask]:
    """Both clients, with no retries of their own."""
    settings: dict[str, Any] = {"base_url": gateway.url, "api_key": KEY, "max_retries": 0}
    if request.param == "AsyncOpenAI":
        async with AsyncOpenAI(**settings) as client:
            yield lambda question: question(client)
    else:
        with OpenAI(**settings) as blocking:
            yield lambda question: asyncio.to_thread(question, blocking)


def size_of(content: bytes) -> tuple[int, int]:
    """Measured on the picture."""
    return Image.open(io.BytesIO(content)).size


def content_of(item: Any) -> bytes:
    """What an item of an answer has of its picture: itself, or where it is."""
    if item.b64_json is not None:
        return base64.b64decode(item.b64_json, validate=True)
    with urllib.request.urlopen(item.url) as reply:
        return bytes(reply.read())


async def sizes(answer: Any) -> list[tuple[int, int]]:
    """Those of all the pictures in an answer."""
    return [size_of(await asyncio.to_thread(content_of, item)) for item in answer.data]


# --- generations ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("response_format", ["url", "b64_json"])
@pytest.mark.parametrize(
    ("size", "ratio"), [("1024x1024", 1.0), ("1536x1024", 1.5), ("1024x1536", 1 / 1.5), ("1792x1024", 1.75)]
)
async def test_a_generation_has_the_ratio_that_was_asked_for(
    ask: Ask, response_format: Any, size: Any, ratio: float
) -> None:
    """In either form of the answer, and only in that one."""
    answer = await ask(
        lambda client: client.images.generate(
            model="nano-banana", prompt="a banana", size=size, response_format=response_format
        )
    )
    [(width, height)] = await sizes(answer)

    assert width / height == pytest.approx(ratio, rel=0.02)
    assert [item.url is None for item in answer.data] == [response_format == "b64_json"]
    assert [item.b64_json is None for item in answer.data] == [response_format == "url"]


async def test_fields_that_the_package_does_not_know_get_through(ask: Ask) -> None:
    """`extra_body` is how its users say what OpenAI has no word for."""
    answer = await ask(
        lambda client: client.images.generate(
            model="nano-banana-2",
            prompt="a banana",
            response_format="b64_json",
            extra_body={"aspect_ratio": "21:9", "image_size": "2K"},
        )
    )
    [(width, height)] = await sizes(answer)

    assert width / height == pytest.approx(21 / 9, rel=0.02)
    assert width * height == pytest.approx(2048 * 2048, rel=0.1)


async def test_several_pictures_are_several(ask: Ask, gateway: Gateway) -> None:
    """Each is charged."""
    answer = await ask(lambda client: client.images.generate(model="nano-banana", prompt="a banana", n=3))

    assert len({item.url for item in answer.data}) == 3
    assert gateway.paid == 3 * 4


async def test_an_answer_says_when_it_was_made_and_what_it_took(ask: Ask, gateway: Gateway) -> None:
    """In the fields in which the package looks for that."""
    answer = await ask(lambda client: client.images.generate(model="nano-banana-2", prompt="a banana"))
    [create] = gateway.creates

    assert abs(answer.created - create.at) < 60
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens
    assert answer.usage.output_tokens > 0
    assert answer.usage.input_tokens_details.image_tokens == 0


async def test_what_is_only_openais_is_left_aside(ask: Ask) -> None:
    """Its own knobs do no harm."""
    answer = await ask(
        lambda client: client.images.generate(
            model="nano-banana",
            prompt="a banana",
            quality="high",
            background="opaque",
            moderation="low",
            output_format="png",
            output_compression=90,
            style="vivid",
            user="somebody",
        )
    )

    assert len(answer.data) == 1


# --- edits ---------------------------------------------------------------------------------------------------------


def in_a_file(folder: Path, name: str = "photo.png", content: bytes = PHOTO) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def opened(folder: Path) -> Any:
    return in_a_file(folder).open("rb")


def in_memory(folder: Path) -> Any:
    return PHOTO


def named(folder: Path) -> Any:
    return ("photo.png", PHOTO, "image/png")


def stream(folder: Path) -> Any:
    return io.BytesIO(PHOTO)


@pytest.mark.parametrize("image", [in_a_file, opened, in_memory, named, stream])
async def test_an_edit_takes_a_picture_in_any_form(
    ask: Ask, gateway: Gateway, tmp_path: Path, image: Callable[[Path], Any]
) -> None:
    """A path, an open file, bytes, bytes with a name, a stream: what comes out has the ratio of what went in."""
    given = image(tmp_path)
    try:
        answer = await ask(
            lambda client: client.images.edit(
                model="nano-banana-2", prompt="at dusk", image=given, response_format="b64_json"
            )
        )
    finally:
        getattr(given, "close", lambda: None)()
    [(width, height)] = await sizes(answer)
    [order] = gateway.ordered

    assert width / height == pytest.approx(60 / 40, rel=0.02)
    assert len(order.images) == 1


async def test_an_edit_takes_several_pictures(ask: Ask, gateway: Gateway, tmp_path: Path) -> None:
    """A list of them, in its order, each in a form of its own."""
    pictures = [in_a_file(tmp_path), make_png(30, 30), ("c.png", make_png(20, 10))]
    said = {"model": "nano-banana", "prompt": "all in one", "size": "1024x1536", "n": 2}
    answer = await ask(lambda client: client.images.edit(image=pictures, **said))
    await ask(lambda client: client.images.edit(image=pictures[::-1], **said))
    order, reverse = gateway.ordered
    first, second = await sizes(answer)

    assert first == second
    assert first[0] / first[1] == pytest.approx(2 / 3, rel=0.02)
    assert len(set(order.images)) == 3
    assert order.images == reverse.images[::-1]
    assert (order.prompt, order.count) == ("all in one", 2)


async def test_an_edit_leaves_aside_what_is_only_openais(ask: Ask, gateway: Gateway) -> None:
    """A mask is no reference image."""
    answer = await ask(
        lambda client: client.images.edit(
            model="nano-banana",
            prompt="größer & ‘besser’",
            image=PHOTO,
            mask=make_png(60, 40),
            input_fidelity="high",
            background="auto",
            extra_body={"aspect_ratio": "1:1"},
        )
    )
    [order] = gateway.ordered
    [(width, height)] = await sizes(answer)

    assert width == height
    assert len(order.images) == 1
    assert order.prompt == "größer & ‘besser’"


# --- models, and tasks ---------------------------------------------------------------------------------------------


async def test_models_can_be_listed_and_looked_up(ask: Ask) -> None:
    """In pages, as the package has it."""
    page = await ask(lambda client: client.models.list())
    one = await ask(lambda client: client.models.retrieve("nano-banana-hd"))

    assert [model.id for model in page.data] == ["nano-banana", "nano-banana-2", "nano-banana-hd"]
    assert (one.id, one.object) == ("nano-banana-hd", "model")
    assert not page.has_next_page()


async def test_a_task_can_be_had_by_the_packages_raw_requests(ask: Ask) -> None:
    """`async=true` brings its id, and its path the answer."""
    said = {"model": "nano-banana", "prompt": "a banana", "aspect_ratio": "16:9"}
    accepted = await ask(
        lambda client: client.post(
            "/images/generations", cast_to=object, body=said, options={"params": {"async": "true"}}
        )
    )
    looked = await ask(lambda client: client.get(f"/images/tasks/{accepted['task_id']}", cast_to=object))

    assert looked["code"] == "success"
    assert (looked["data"]["status"], looked["data"]["progress"]) == ("SUCCESS", "100%")
    assert looked["data"]["data"]["data"][0]["url"].startswith("http://127.0.0.1")


# --- errors --------------------------------------------------------------------------------------------------------

REFUSALS = {
    "unauthorized": (openai.AuthenticationError, 401, "invalid_api_key"),
    "no-credits": (openai.APIStatusError, 402, "insufficient_quota"),
    "disabled": (openai.PermissionDeniedError, 403, "feature_disabled"),
    "not-found": (openai.NotFoundError, 404, None),
    "invalid": (openai.BadRequestError, 400, None),
    "too-many": (openai.RateLimitError, 429, "rate_limit_exceeded"),
    "key-capped": (openai.RateLimitError, 429, "insufficient_quota"),
    "server-error": (openai.InternalServerError, 500, None),
    "maintenance": (openai.InternalServerError, 503, "maintenance"),
    "fail,kind=policy": (openai.BadRequestError, 400, "moderation_blocked"),
    "fail,kind=internal": (openai.InternalServerError, 500, None),
}


@pytest.mark.parametrize("fault", REFUSALS)
async def test_a_refusal_is_of_the_class_that_the_package_has_for_it(ask: Ask, gateway: Gateway, fault: str) -> None:
    """With its message, and the word for it; nothing stays charged."""
    kind, status, code = REFUSALS[fault]
    gateway.faults.add(fault)

    with pytest.raises(kind) as caught:
        await ask(lambda client: client.images.generate(model="nano-banana", prompt="a banana"))

    assert (caught.value.status_code, caught.value.code) == (status, code)
    assert isinstance(caught.value.body, dict)
    assert caught.value.body["message"]
    assert gateway.paid == 0


@pytest.mark.parametrize(
    ("said", "kind", "param", "code"),
    [
        ({"model": "dall-e-3"}, openai.NotFoundError, "model", "model_not_found"),
        ({"prompt": " "}, openai.BadRequestError, "prompt", "missing_required_parameter"),
        ({"size": "large"}, openai.BadRequestError, "size", "invalid_value"),
        ({"n": 11}, openai.BadRequestError, "n", "invalid_value"),
        ({"response_format": "png"}, openai.BadRequestError, "response_format", "invalid_value"),
        ({"extra_body": {"aspect_ratio": "auto"}}, openai.BadRequestError, "aspect_ratio", "invalid_value"),
    ],
)
async def test_a_parameter_that_is_wrong_is_named(
    ask: Ask, said: dict[str, Any], kind: type[openai.APIStatusError], param: str, code: str
) -> None:
    """In `param`, as OpenAI does it."""
    fields = {"model": "nano-banana", "prompt": "a banana", **said}

    with pytest.raises(kind) as caught:
        await ask(lambda client: client.images.generate(**fields))

    assert (caught.value.param, caught.value.code) == (param, code)


async def test_a_picture_that_is_none_is_refused(ask: Ask) -> None:
    """Before anything is charged."""
    with pytest.raises(openai.BadRequestError, match="no PNG, JPEG or WebP"):
        await ask(lambda client: client.images.edit(model="nano-banana", prompt="at dusk", image=b"hello"))


async def test_a_key_that_nobody_knows_is_refused(gateway: Gateway) -> None:
    """As the package expects it of OpenAI."""
    async with AsyncOpenAI(base_url=gateway.url, api_key="sk-other", max_retries=0) as client:
        with pytest.raises(openai.AuthenticationError) as caught:
            await client.models.list()

    assert caught.value.code == "invalid_api_key"


async def test_a_connection_that_breaks_is_an_error_of_connections(ask: Ask, gateway: Gateway) -> None:
    """The picture is made and paid for all the same."""
    gateway.faults.add("closed,times=1")

    with pytest.raises(openai.APIConnectionError):
        await ask(lambda client: client.images.generate(model="nano-banana", prompt="a banana"))

    assert gateway.paid == 4


async def test_the_packages_own_retries_are_answered(gateway: Gateway) -> None:
    """It waits as long as a refusal says, and then is served; what was refused cost nothing."""
    gateway.faults.add("too-many,times=1,retry-after=0.2")

    async with AsyncOpenAI(base_url=gateway.url, api_key=KEY, max_retries=2) as client:
        answer = await client.images.generate(model="nano-banana", prompt="a banana")

    assert answer.data
    assert [create.code for create in gateway.creates] == [429, 200]
    assert gateway.paid == 4

"""Somebody who buys pictures at an OpenAI-style gateway: talks to a world directly, and need not wait."""

from __future__ import annotations

import base64
import io
import json
from typing import Any, Literal

from attrs import define
from PIL import Image

from nanobanana_async.emulator import (
    Answer,
    Call,
    EmulatorOptions,
    FileAnswer,
    Form,
    FormPart,
    Immediate,
    Later,
    Limit,
    Reply,
    World,
)
from tests.emulator.customer import BASE, Clock

MODEL = "nano-banana-2"
HOOK = "http://127.0.0.1:9/hook"


@define
class Buyer:
    """One bearer key at one world, whose clock moves when told."""

    world: World
    clock: Clock
    key: str | None = "key-1"

    def ask(self, operation: Any, **more: Any) -> Reply:
        """What comes of any call."""
        authorization = f"Bearer {self.key}" if self.key is not None else None
        return self.world.serve(Call(operation, authorization=authorization, base_url=BASE, **more))

    def send(
        self,
        body: object,
        *,
        operation: Literal["generations", "edits"] = "generations",
        query: dict[str, str] | None = None,
    ) -> Reply:
        """What comes of a create."""
        return self.ask(operation, body=body, query=query or {})

    def generate(self, prompt: object = "a banana", **said: object) -> Reply:
        return self.send({"model": MODEL, "prompt": prompt, **said})

    def edit(self, *images: bytes | str, **said: str) -> Reply:
        """As a form: files, or texts in fields."""
        fields = {"model": MODEL, "prompt": "a banana", **said}
        parts = [FormPart(name, text.encode()) for name, text in fields.items()]
        return self.send(Form((*parts, *map(_part, images))), operation="edits")

    def begin(self, prompt: str = "a banana", *, webhook: str | None = None, **said: object) -> str:
        """The id of a task that is not waited for."""
        query = {"async": "true", **({"webhook": webhook} if webhook else {})}
        answer = told(self.send({"model": MODEL, "prompt": prompt, **said}, query=query))
        return str(answer["task_id"])

    def look(self, task_id: str) -> dict[str, Any]:
        """What is said of a task."""
        return told(self.ask("images-task", subject=task_id))

    def models(self, subject: str = "") -> dict[str, Any]:
        return told(self.ask("models", subject=subject))

    def balance(self) -> float:
        return float(told(self.ask("credit"))["data"])

    def picture(self, url: str) -> Image.Image:
        """What lies under an address of the file host, or in a data URL."""
        if url.startswith("data:image/png;base64,"):
            return opened(url.partition(",")[2])
        subject = url.removeprefix(f"{BASE}/files/")
        file = self.world.serve(Call("file", subject=subject, base_url=BASE))
        assert isinstance(file, FileAnswer), file
        return Image.open(io.BytesIO(file.produce()))

    def waited(self, reply: Reply) -> dict[str, Any]:
        """What comes in the end, at the time at which it comes."""
        assert isinstance(reply, Later), reply
        self.clock.move(reply.seconds)
        return told(reply.reply)


def buyer(clock: Clock, *faults: str, **options: Any) -> Buyer:
    """Somebody at a world of his own; the limit is out of the way."""
    chosen = EmulatorOptions(**{"limit": Limit(100_000), **options})
    return Buyer(World(chosen, clock=clock, faults=faults), clock)


def told(reply: Reply) -> dict[str, Any]:
    """The JSON in a reply, pictures and all."""
    assert isinstance(reply, Answer | FileAnswer), reply
    return dict(json.loads(reply.content if isinstance(reply, Answer) else reply.produce()))


def refused(reply: Reply) -> tuple[int, dict[str, Any]]:
    """The status and the error of a refusal."""
    answer = reply.reply if isinstance(reply, Later) else reply
    assert isinstance(answer, Answer), answer
    return answer.status, dict(told(answer)["error"])


def in_the_end(reply: Reply) -> Immediate:
    """What an answer that is kept back will be."""
    assert isinstance(reply, Later), reply
    return reply.reply


def opened(base64_text: str) -> Image.Image:
    """A picture in base64."""
    return Image.open(io.BytesIO(base64.b64decode(base64_text, validate=True)))


def _part(image: bytes | str) -> FormPart:
    return FormPart("image", image.encode()) if isinstance(image, str) else FormPart("image", image, "x.png")

"""Somebody who talks to a world directly, with a clock that moves when told."""

from __future__ import annotations

import io
from typing import Any

from attrs import define, field
from PIL import Image

from nanobanana_async.emulator import Answer, Call, FileAnswer, Operation, Reply, Upload, World

BASE = "http://127.0.0.1:8000"


@define
class Clock:
    """Stands still until it is moved."""

    now: float = 1_789_000_000.0

    def __call__(self) -> float:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += seconds


@define
class Customer:
    """One bearer key at one world."""

    world: World
    key: str | None = "key-1"
    base_url: str = field(default=BASE, kw_only=True)

    def ask(self, operation: Operation, body: object = None, subject: str = "") -> dict[str, Any]:
        """The JSON that comes back."""
        answer = self.world.serve(self.call(operation, body, subject))
        assert isinstance(answer, Answer)
        return dict(answer.payload)

    def call(self, operation: Operation, body: object = None, subject: str = "") -> Call:
        authorization = f"Bearer {self.key}" if self.key is not None else None
        return Call(operation, subject=subject, body=body, authorization=authorization, base_url=self.base_url)

    def create(self, prompt: object = "a banana", model: str = "nano-banana-2", **said: object) -> dict[str, Any]:
        return self.ask("createTask", {"model": model, "input": {"prompt": prompt, **said}})

    def created(self, prompt: str = "a banana", model: str = "nano-banana-2", **said: object) -> str:
        """The id of a task that was accepted."""
        answer = self.create(prompt, model, **said)
        assert answer["code"] == 200, answer
        return str(answer["data"]["taskId"])

    def record(self, task_id: str) -> dict[str, Any]:
        return dict(self.ask("recordInfo", subject=task_id)["data"])

    def generate(self, prompt: object = "a banana", **said: object) -> dict[str, Any]:
        """What the older endpoint answers."""
        return self.ask("generate", {"prompt": prompt, **said})

    def generated(self, prompt: object = "a banana", **said: object) -> str:
        """The id of a task of the older endpoint."""
        answer = self.generate(prompt, **said)
        assert answer["code"] == 200, answer
        return str(answer["data"]["taskId"])

    def record_info(self, task_id: str) -> dict[str, Any]:
        """All of what record-info says, envelope and all."""
        return self.ask("record-info", subject=task_id)

    def balance(self) -> float:
        return float(self.ask("credit")["data"])

    def file(self, url: str) -> Reply:
        """What is served under an address of the file host, asked for without a key."""
        prefix = f"{self.base_url}/files/"
        assert url.startswith(prefix)
        return self.world.serve(Call("file", subject=url.removeprefix(prefix), base_url=self.base_url))

    def content(self, url: str) -> bytes:
        answer = self.file(url)
        assert isinstance(answer, FileAnswer)
        return answer.produce()

    def picture(self, url: str) -> Image.Image:
        return Image.open(io.BytesIO(self.content(url)))

    def upload(self, content: bytes, name: str = "x.png", path: str = "images") -> dict[str, Any]:
        answer = self.ask("stream-upload", Upload(content, path, name))
        assert answer["success"], answer
        return dict(answer["data"])


def make_png(width: int = 60, height: int = 40, colour: str = "red") -> bytes:
    """A picture of one colour."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, "PNG")
    return file.getvalue()

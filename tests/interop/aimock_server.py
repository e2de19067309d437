"""aimock (npm: @copilotkit/aimock) as a gateway: what it answers, what goes wrong with it, and what it has seen."""

from __future__ import annotations

import base64
import json
import urllib.request
from pathlib import Path
from typing import Any

from attrs import define

from nanobanana_async import OpenAIImages
from tests.interop.file_host import PICTURE, FileHost
from tests.interop.foreign import AIMOCK, KEY, Server, free_port, start

CONTENT = base64.b64encode(PICTURE).decode()
POLICY = "Your request was rejected as a result of our safety system."


@define(eq=False)
class Aimock:
    """One that is running."""

    server: Server

    @property
    def gateway(self) -> OpenAIImages:
        return OpenAIImages(f"{self.server.url}/v1", KEY, price=0.04)

    @property
    def creates(self) -> list[dict[str, Any]]:
        """What has arrived at the paths for images since `reset`."""
        seen = self._control("GET", "journal")
        return [entry for entry in seen if entry["path"].startswith("/v1/images/")]

    @property
    def prompts(self) -> list[str]:
        """Those of the creates, as it has understood them."""
        return [entry["body"]["messages"][0]["content"] for entry in self.creates]

    @property
    def arrived(self) -> int:
        """How many creates it has read so far, also those that it has yet to answer."""
        return self.server.log.count("Fixture matched")

    def chaos(self, **rates: float) -> None:
        """From now on everything goes wrong in these ways, at these rates."""
        self._control("POST", "chaos", rates)

    def reset(self) -> None:
        """Nothing goes wrong any more, and nothing has been seen."""
        self._control("DELETE", "chaos")
        self._control("POST", "reset/journal")

    def _control(self, method: str, path: str, body: object = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.server.url}/__aimock/{path}", content, headers, method=method)
        with urllib.request.urlopen(request) as reply:
            said = reply.read()
            return json.loads(said) if said else None


def start_aimock(folder: Path, files: FileHost) -> Aimock:
    """One of its own, in `folder`, whose links lead to `files`."""
    fixtures = [_fixture(words, response) for words, response in _responses(files.url)]
    busy = _error(429, "Slow down.", "rate_limit", retryAfter=1)
    fixtures.insert(0, _fixture("busy at first", busy, sequenceIndex=0))
    (folder / "fixtures.json").write_text(json.dumps({"fixtures": fixtures}))
    config = {"llm": {"fixtures": "fixtures.json", "logLevel": "debug"}, "auth": {"apiKeys": [KEY]}}
    (folder / "aimock.json").write_text(json.dumps(config))
    port = free_port()
    server = start([str(AIMOCK.path), "--config", "aimock.json", "--port", str(port)], folder, port)
    server.wait_for("/health")
    return Aimock(server)


def _responses(files: str) -> list[tuple[str, dict[str, Any]]]:
    """What is answered to a prompt with these words in it."""
    link = {"url": f"{files}/picture.png"}
    return [
        ("as a link", {"image": link}),
        ("in the answer", {"image": {"b64Json": CONTENT, "revisedPrompt": "a nicer banana"}}),
        ("twice", {"images": [link, {"b64Json": CONTENT}]}),
        ("busy at first", {"image": link}),
        ("none at all", {"images": []}),
        ("forbidden", _error(400, POLICY, "moderation_blocked")),
        ("too expensive", _error(402, "You exceeded your current quota.", "insufficient_quota")),
    ]


def _fixture(words: str, response: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"match": {"endpoint": "image", "userMessage": words, **more}, "response": response}


def _error(status: int, message: str, code: str, **more: object) -> dict[str, Any]:
    return {"error": {"message": message, "type": "some_error", "code": code}, "status": status, **more}

"""A relay that speaks OpenAI's images API, a picture in the forms in which it comes, and what is read of an answer."""

from __future__ import annotations

import base64
import hashlib
import json

from nanobanana_async.dialects import ImagesDialect
from nanobanana_async.values import JSON, Answered
from tests.dialects.wishes import reply

IMAGES = ImagesDialect("https://relay.example", "sk-0123456789abcdef")
URL = "https://cdn.relay.example/a.png"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(255))
TEXT = base64.b64encode(PNG).decode()
DATA = f"data:image/png;base64,{TEXT}"
DIGEST = f"sha256:{hashlib.sha256(PNG).hexdigest()}"


def urls_of(body: JSON) -> tuple[str, ...]:
    """Of the answer, and of what was kept of it, with the content where its digest stands."""
    said = IMAGES.read_submitted(reply(body))
    assert isinstance(said, Answered)
    kept = IMAGES.read_kept(None, None, json.dumps(said.result.raw))
    assert kept is not None
    assert tuple(DATA if url == DIGEST else url for url in kept.urls) == said.result.urls
    assert TEXT not in json.dumps(said.result.raw)
    return said.result.urls

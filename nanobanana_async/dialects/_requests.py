"""The two ways in which gateways are asked mostly: a GET, and a POST of JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from nanobanana_async.values import JSON, FilePart, WireRequest


def rooted(base_url: str) -> str:
    """`base_url` as paths can be put after it."""
    return base_url.strip().rstrip("/")


def get(url: str, bearer: str) -> WireRequest:
    """A question, which may be repeated always."""
    return WireRequest("GET", url, headers={"accept": "application/json"}, bearer=bearer)


def post_json(
    url: str, bearer: str, body: dict[str, JSON], *, pays: bool = False, deadline: float = 20.0
) -> WireRequest:
    """A POST of `body`; `deadline` is in seconds."""
    headers = {"content-type": "application/json", "accept": "application/json"}
    content = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    return WireRequest("POST", url, body=content, headers=headers, bearer=bearer, pays=pays, deadline=deadline)


def urls_only(images: Sequence[str | FilePart]) -> list[str]:
    """`images`, which are all URLs. Raises: ValueError where the content of a file is among them."""
    if any(not isinstance(image, str) for image in images):
        raise ValueError("this dialect takes images by URL: upload the file first")
    return [str(image) for image in images]

"""Requests of a user's own make, and answers: what the tests of all dialects begin with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from nanobanana_async.values import JSON, Expected, WireReply


@attrs.frozen
class Wish:
    """A request; its images stand under `images_field`, where it has one."""

    model: str = "nano-banana-2"
    dialect: str = "jobs"
    images: Sequence[str] = ()
    credits: float | None = None
    expected: Expected = Expected(5, 15)  # noqa: RUF009  frozen: one value serves all
    images_field: str | None = None
    more: Mapping[str, JSON] = attrs.field(factory=dict)

    def fields(self) -> dict[str, JSON]:
        return {}

    def vendor_input(self, image_urls: Sequence[str]) -> dict[str, JSON]:
        pictures = {self.images_field: list(image_urls)} if self.images_field else {}
        return {"prompt": "à 🍌", **pictures, **self.more}


@attrs.frozen
class WishOf(Wish):
    """A request that names its operation."""

    operation: str = "generations"


def reply(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> WireReply:
    """An answer of JSON, or of bytes as they are."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return WireReply(status, headers or {}, content)

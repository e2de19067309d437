"""What a create asks for, once it is understood: the same values for every dialect."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Literal, TypeAlias

from attrs import field, frozen

Dialect: TypeAlias = Literal["jobs", "generate", "images"]
"""The three of PROTOCOL."""

_REFERENCE = "reference:"


@frozen
class ImageRule:
    """The field for input images, and how many and how big they may be."""

    name: str
    at_least: int
    at_most: int
    max_bytes: int = 30 * 1024 * 1024


@frozen
class Order:
    """What was understood: every field has a value, defaults filled in."""

    model: str
    prompt: str = field(repr=False)
    images: tuple[str, ...]
    """Each an address, or the name of a content that came with the order; see `reference`."""
    aspect_ratio: str
    resolution: str
    output_format: str
    credits: float
    """For all of its pictures."""
    dialect: Dialect = "jobs"
    size: tuple[int, int] | None = None
    """Width and height in pixels, where they were asked for; they go before ratio and resolution."""
    count: int = 1
    """How many pictures."""


@frozen
class Submission:
    """A create that passed the checks: the order, and the body as it was said."""

    order: Order
    input: Mapping[str, object] = field(repr=False)
    """What was said of the picture; in the place of contents their names."""
    seconds: tuple[float, float]
    """How long it usually takes, from and to."""
    image_rule: ImageRule | None = None
    callback_url: str | None = None
    callback_name: str = "callBackUrl"
    """What its parameter is called."""
    contents: tuple[bytes, ...] = field(default=(), repr=False)
    """The input images that came with the order."""

    def fingerprint(self) -> str:
        """Equal for equal dialect, model and input, whatever the callback: two of them charged is one paid twice."""
        order = self.order
        asked = [order.model, self.input] if order.dialect == "jobs" else [order.dialect, order.model, self.input]
        said = json.dumps(asked, sort_keys=True, separators=(",", ":"))
        return sha256(said.encode()).hexdigest()[:32]


def reference(content: bytes) -> str:
    """The name under which an order speaks of a content."""
    return f"{_REFERENCE}{sha256(content).hexdigest()}"


def reference_path(image: str) -> str | None:
    """Where the file host keeps the content of this name; None for an address."""
    return f"references/{image.removeprefix(_REFERENCE)}" if image.startswith(_REFERENCE) else None

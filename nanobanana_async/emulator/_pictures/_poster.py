"""What a picture is made from, and how big it becomes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

from attrs import field, frozen

Size: TypeAlias = tuple[int, int]

_SIDES = {"1K": 1024, "2K": 2048, "4K": 4096}
_STEP = 8


@frozen
class Inset:
    """An input image to be shown: its content, an earlier poster of ours, or neither (then a blank card)."""

    content: Callable[[], bytes] | None = None
    poster: Poster | None = None


@frozen
class Poster:
    """The order for one picture."""

    prompt: str
    model: str
    aspect_ratio: str
    resolution: str
    media_type: str
    seed: str
    insets: tuple[Inset, ...] = field(default=(), repr=False)
    size: Size | None = None
    """In pixels, where ratio and resolution are not to say it."""

    @property
    def side(self) -> int:
        """The side of the square that has as many pixels as the picture."""
        return math.isqrt(self.size[0] * self.size[1]) if self.size else _SIDES[self.resolution]


def size_for(ratio: float, side: int) -> Size:
    """Width and height of this ratio with about `side` squared pixels, both multiples of 8."""
    width = math.sqrt(ratio) * side
    return _to_step(width), _to_step(width / ratio)


def named_ratio(name: str) -> float | None:
    """Width through height of a name such as `16:9`; None for `auto`."""
    if name == "auto":
        return None
    width, _, height = name.partition(":")
    return int(width) / int(height)


def _to_step(length: float) -> int:
    return max(_STEP, round(length / _STEP) * _STEP)

"""Where things go: the hero in the free part of the picture, the text on a card beside or below it.

Wide pictures have the card on the right, the others at the foot. All measures are in pixels of the finished
picture; nothing is drawn here.
"""

from __future__ import annotations

import math

from attrs import frozen

from nanobanana_async.emulator._pictures._lettering import Block, fit
from nanobanana_async.emulator._pictures._poster import Size

_WIDE = 1.45
_SHORT = 24


@frozen
class Box:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        """The point in its middle."""
        return self.x + self.width / 2, self.y + self.height / 2


@frozen
class Layout:
    """The card with its two texts, and the room that is left for the picture proper."""

    card: Box
    padding: float
    prompt: Block
    small: Block
    free: Box

    @property
    def reach(self) -> float:
        """The size of the hero, as the radius of its bow."""
        return min(self.free.width * 0.35, self.free.height * 0.385)


def lay_out(size: Size, prompt: str, small: str) -> Layout:
    """The layout of a picture of this size."""
    width, height = size
    unit = math.sqrt(width * height)
    margin = min(unit * 0.045, width * 0.06, height * 0.06)
    wide = width / height >= _WIDE
    room = _room_beside(width, height, margin) if wide else _room_below(width, height, margin)
    padding = min(unit * 0.04, room.width * 0.09, room.height * 0.12)
    inner = room.width - 2 * padding
    line = _small_print(small, inner, unit)
    gap = line.em * 0.9
    text = fit(
        prompt,
        width=inner,
        height=room.height - 2 * padding - gap - line.height,
        largest=round(unit * (0.1 if len(prompt) <= _SHORT else 0.075)),
        smallest=round(unit * 0.027),
    )
    card_height = text.height + gap + line.height + 2 * padding
    card = Box(room.x, _card_top(room, card_height, centred=wide), room.width, card_height)
    return Layout(card, padding, text, line, _free(card, size, wide=wide))


def _room_beside(width: int, height: int, margin: float) -> Box:
    share = 0.42 if width / height < 3 else 0.6
    breadth = width * share
    return Box(width - margin - breadth, margin, breadth, height - 2 * margin)


def _room_below(width: int, height: int, margin: float) -> Box:
    share = 0.44 if height / width < 3 else 0.5
    tall = height * share
    return Box(margin, height - margin - tall, width - 2 * margin, tall)


def _card_top(room: Box, card_height: float, *, centred: bool) -> float:
    spare = room.height - card_height
    return room.y + (spare / 2 if centred else spare)


def _free(card: Box, size: Size, *, wide: bool) -> Box:
    width, height = size
    return Box(0, 0, card.x, height) if wide else Box(0, 0, width, card.y)


def _small_print(text: str, width: float, unit: float) -> Block:
    em = round(unit * 0.023)
    return fit(text, width=width, height=em * 4, largest=em, smallest=max(9, round(em * 0.7)))

"""Colours that go together: each palette is a mood that one scene is painted in."""

from __future__ import annotations

from typing import TypeAlias

from attrs import frozen

Colour: TypeAlias = tuple[int, int, int]

PAPER: Colour = (255, 251, 241)
INK: Colour = (38, 34, 44)


@frozen
class Palette:
    """A sky from top to bottom, a light, and three accents from near to far."""

    sky: tuple[Colour, Colour]
    light: Colour
    accents: tuple[Colour, Colour, Colour]


def _colour(code: str) -> Colour:
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


def _palette(*codes: str) -> Palette:
    top, bottom, light, near, middle, far = (_colour(code) for code in codes)
    return Palette((top, bottom), light, (near, middle, far))


DAY = (
    _palette("8ed1d8", "fbe9c6", "ff8a5c", "1f6f78", "3a9a98", "7cc3b0"),
    _palette("f7b5a1", "fde8d3", "f2545b", "5b3a6b", "93507e", "d17b88"),
    _palette("b9c7f2", "fbe3ea", "ff9f6e", "34407a", "5f6cb0", "97a4dd"),
    _palette("ffd9a0", "fff3d9", "ef6f4c", "2f5d50", "5c8d6d", "a7bf86"),
    _palette("f4c4d6", "fff0e5", "e8577e", "225d7a", "3f8fa6", "93c6c6"),
    _palette("cfe6c4", "fdf6dc", "f28f3b", "23503f", "4c8055", "93b96f"),
)
NIGHT = (
    _palette("141a3c", "4a3a78", "f9b572", "f26b6b", "7a6fd0", "56b3c9"),
    _palette("0f2b3d", "1f6d74", "ffc15e", "ef767a", "49beaa", "8fd3d8"),
    _palette("2a1238", "8a2f5b", "ffb067", "f45d5d", "c85fa0", "f3a6b8"),
    _palette("12302b", "3d7350", "f7d774", "f2845c", "86c17b", "cfe3a4"),
)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """The first colour with a share of the second in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue

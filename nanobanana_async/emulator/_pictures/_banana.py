"""The banana: a bent spindle with three facets, a stem and a tip, at any size and angle."""

from __future__ import annotations

import math
from typing import TypeAlias

from attrs import frozen
from PIL import ImageDraw

from nanobanana_async.emulator._pictures._palettes import Colour

Point: TypeAlias = tuple[float, float]

_PEEL: Colour = (255, 209, 52)
_LIT: Colour = (255, 228, 116)
_SHADED: Colour = (240, 172, 32)
_BROWN: Colour = (108, 72, 38)
_GREEN: Colour = (163, 168, 60)
_SPAN = math.radians(128)
_STEPS = 48
_FATNESS = 0.2


@frozen
class Banana:
    """Where it hangs and how: centre, length of its bow's radius, and turn in radians."""

    x: float
    y: float
    reach: float
    turn: float

    def draw(self, draw: ImageDraw.ImageDraw) -> None:
        """Paint it."""
        draw.polygon(self._band(-1.0, 1.0), fill=_PEEL)
        draw.polygon(self._band(0.3, 1.0), fill=_SHADED)
        draw.polygon(self._band(-1.0, -0.42), fill=_LIT)
        draw.polygon(self._piece(0.0, 0.045, 1.0), fill=_BROWN)
        draw.polygon(self._piece(0.905, 0.965, 1.0), fill=_GREEN)
        draw.polygon(self._piece(0.955, 1.0, 1.0), fill=_BROWN)

    def shadow(self, draw: ImageDraw.ImageDraw, colour: Colour) -> None:
        """Paint what is behind it: its outline, a little lower, in one colour."""
        lower = Banana(self.x + self.reach * 0.03, self.y + self.reach * 0.07, self.reach, self.turn)
        draw.polygon(lower._band(-1.0, 1.0), fill=colour)

    def _band(self, inner: float, outer: float) -> list[Point]:
        return self._outline(0.0, 1.0, inner, outer)

    def _piece(self, start: float, end: float, breadth: float) -> list[Point]:
        return self._outline(start, end, -breadth, breadth)

    def _outline(self, start: float, end: float, inner: float, outer: float) -> list[Point]:
        steps = [start + (end - start) * step / _STEPS for step in range(_STEPS + 1)]
        there = [self._point(step, outer) for step in steps]
        back = [self._point(step, inner) for step in reversed(steps)]
        return there + back

    def _point(self, along: float, across: float) -> Point:
        """A place on the banana: 0 to 1 along the bow, -1 (hollow side) to 1 (outer side) across it."""
        angle = math.pi / 2 + _SPAN * (0.5 - along)
        radius = self.reach * (1 + across * _thickness(along))
        x, y = radius * math.cos(angle), radius * math.sin(angle) - self.reach * 0.85
        cos, sin = math.cos(self.turn), math.sin(self.turn)
        return self.x + x * cos - y * sin, self.y + x * sin + y * cos


def _thickness(along: float) -> float:
    """Half of the breadth there: full in the middle, a blunt tip at 0, a narrow neck and stem towards 1."""
    body = _FATNESS * math.pow(math.sin(math.pi * (0.03 + 0.93 * along)), 0.62)
    neck = 0.042
    return max(body, neck)

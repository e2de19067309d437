"""Draws text that has been laid out: letters, accents, and code points in their boxes.

Accents are drawn four times too large and reduced, once for each size, so that they are as smooth as the
letters.
"""

from __future__ import annotations

from functools import lru_cache

from attrs import frozen
from PIL import Image, ImageDraw

from nanobanana_async.emulator._pictures._glyphs import (
    ABOVE,
    BELOW,
    CodePoint,
    Letters,
    box_sizes,
    font_at,
)
from nanobanana_async.emulator._pictures._lettering import Block
from nanobanana_async.emulator._pictures._palettes import Colour, mix

_ASCENT = 0.95
_FINER = 4


def draw_block(draw: ImageDraw.ImageDraw, block: Block, at: tuple[float, float], ink: Colour, paper: Colour) -> None:
    """Draw a block with its top left corner at a place, on ground of the colour of `paper`."""
    pen = _Pen(draw, block.em, ink, paper)
    x, y = at
    for number, line in enumerate(block.lines):
        baseline = round(y + number * block.leading + block.em * _ASCENT)
        for placed in line:
            pen.write(placed.piece, x + placed.x, baseline)


@frozen
class _Pen:
    draw: ImageDraw.ImageDraw
    em: int
    ink: Colour
    paper: Colour

    def write(self, piece: Letters | CodePoint, x: float, baseline: int) -> None:
        if isinstance(piece, CodePoint):
            self._box(piece, x, baseline)
            return
        self.draw.text((x, baseline), piece.text, fill=self.ink, font=font_at(self.em), anchor="ls")
        for index, mark in piece.accents:
            self._accent(piece.text, index, mark, x, baseline)

    def _box(self, piece: CodePoint, x: float, baseline: int) -> None:
        sizes = box_sizes(piece, self.em)
        pale, ground = mix(self.ink, self.paper, 0.35), mix(self.ink, self.paper, 0.93)
        font = font_at(sizes.text)
        top = round(baseline + self.em * 0.13 - sizes.height)
        left = round(x)
        edges = (left, top, left + round(sizes.width), top + round(sizes.height))
        self.draw.rounded_rectangle(
            edges, radius=sizes.text * 0.4, fill=ground, outline=pale, width=max(1, self.em // 28)
        )
        middle = left + sizes.width / 2
        for line, text in ((0.34, "U+"), (0.72, piece.number)):
            place = (middle, top + sizes.height * line)
            self.draw.text(place, text, fill=pale, font=font, anchor="mm")

    def _accent(self, text: str, index: int, mark: str, x: float, baseline: int) -> None:
        font = font_at(self.em)
        start = x + font.getlength(text[:index])
        left, top, right, _ = font.getbbox(text[index], anchor="ls")
        if mark in ABOVE and text[index] in "ij":
            top = self._without_dot(start + left, baseline + top, start + right, baseline)
        origin = baseline + (top if mark in ABOVE else 0)
        mask = _accent_mask(mark, self.em)
        corner = (round(start + (left + right) / 2 - mask.width / 2), round(origin - mask.height / 2))
        self.draw.bitmap(corner, mask, self.ink)

    def _without_dot(self, left: float, top: float, right: float, baseline: int) -> float:
        """Wipe the dot of an i or j, which gives way to an accent; the height of the letter without it."""
        height = font_at(self.em).getbbox("x", anchor="ls")[1]
        self.draw.rectangle((left, top, right, baseline + height - 1), fill=self.paper)
        return height


@lru_cache(maxsize=256)
def _accent_mask(mark: str, em: int) -> Image.Image:
    """The accent in a square of one em, its origin in the middle."""
    big = em * _FINER
    mask = Image.new("L", (big, big))
    draw = ImageDraw.Draw(mask)
    breadth = big * 0.075
    for stroke in ABOVE.get(mark) or BELOW[mark]:
        points = [(big * (0.5 + x), big * (0.5 - y)) for x, y in stroke]
        draw.line(points, fill=255, width=round(breadth), joint="curve")
        for x, y in points:
            radius = breadth / 2 if len(points) > 1 else breadth * 0.72
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return mask.reduce(_FINER)

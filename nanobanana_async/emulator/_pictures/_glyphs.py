"""Which characters can be drawn, and how those that can't are shown instead.

Pillow's built-in font knows ASCII and little else, and fonts of the system are out of bounds: the same
prompt has to give the same picture everywhere. So accented letters are put together from a letter and a
drawn accent, dashes and spaces of other kinds become their plain cousins, invisible characters are left
out, and everything else stands as its code point in a small box.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TypeAlias

from attrs import frozen
from PIL import ImageFont

Stroke: TypeAlias = tuple[tuple[float, float], ...]

_ACUTE: Stroke = ((0.09, 0.2), (-0.05, 0.07))
_RING: Stroke = (
    (0, 0.07),
    (0.06, 0.1),
    (0.08, 0.15),
    (0.05, 0.2),
    (0, 0.22),
    (-0.05, 0.2),
    (-0.08, 0.15),
    (-0.06, 0.1),
    (0, 0.07),
)

ABOVE: dict[str, tuple[Stroke, ...]] = {
    "\u0300": (((-0.09, 0.2), (0.05, 0.07)),),
    "\u0301": (_ACUTE,),
    "\u0302": (((-0.13, 0.08), (0, 0.19), (0.13, 0.08)),),
    "\u0303": (((-0.15, 0.09), (-0.08, 0.15), (0.06, 0.1), (0.14, 0.16)),),
    "\u0304": (((-0.13, 0.13), (0.13, 0.13)),),
    "\u0306": (((-0.12, 0.19), (-0.06, 0.1), (0.06, 0.1), (0.12, 0.19)),),
    "\u0307": (((0, 0.13),),),
    "\u0308": (((-0.1, 0.13),), ((0.1, 0.13),)),
    "\u030a": (_RING,),
    "\u030b": (((0.0, 0.2), (-0.1, 0.07)), ((0.16, 0.2), (0.06, 0.07))),
    "\u030c": (((-0.13, 0.2), (0, 0.08), (0.13, 0.2)),),
}
"""Accents over a letter: strokes in ems from the middle of its top, upwards; one point is a dot."""

BELOW: dict[str, tuple[Stroke, ...]] = {
    "\u0323": (((0, -0.12),),),
    "\u0327": (((0.01, 0.0), (0.0, -0.07), (0.07, -0.12), (0.02, -0.18), (-0.07, -0.17)),),
    "\u0328": (((0.1, 0.0), (0.02, -0.09), (0.06, -0.17), (0.14, -0.16)),),
}
"""Accents under a letter: the same from the middle of the baseline."""

_PLAIN = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
    | dict.fromkeys("\t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u3000", " ")
)
_SMALLEST_DIGITS = 11
_INVISIBLE = ("Cf", "Cc")
_VARIATION_SELECTORS = range(0xFE00, 0xFE10)


@frozen
class Letters:
    """A stretch of drawable letters, with the accents to be added: index and mark."""

    text: str
    accents: tuple[tuple[int, str], ...] = ()


@frozen
class CodePoint:
    """A character that the font lacks."""

    number: str
    """In hexadecimal, at least four digits."""


Piece: TypeAlias = Letters | CodePoint


@lru_cache(maxsize=64)
def font_at(size: int) -> ImageFont.FreeTypeFont:
    """Pillow's own font, laid out by Pillow alone, so that machines with and without Raqm agree."""
    font = ImageFont.load_default(size=size)
    assert isinstance(font, ImageFont.FreeTypeFont), "a Pillow without FreeType; the one on PyPI has it"
    return font.font_variant(layout_engine=ImageFont.Layout.BASIC)


def pieces_of(word: str) -> list[Piece]:
    """A word as what can be drawn of it, in reading order; a line may be broken between any two pieces."""
    spelling = _Spelling()
    for character in unicodedata.normalize("NFC", word):
        spelling.add(character)
    return spelling.finished()


def plain(text: str) -> str:
    """The text with dashes and spaces that the font lacks replaced by those that it has."""
    return text.translate(_PLAIN)


class _Spelling:
    """Gathers letters until something else comes."""

    def __init__(self) -> None:
        self._pieces: list[Piece] = []
        self._text = ""
        self._accents: list[tuple[int, str]] = []

    def add(self, character: str) -> None:
        if _is_drawable(character):
            self._text += character
        elif character in ABOVE or character in BELOW:
            self._add_accents(character)
        elif _is_visible(character):
            self._add_foreign(character)

    def finished(self) -> list[Piece]:
        if self._text:
            self._pieces.append(Letters(self._text, tuple(self._accents)))
            self._text, self._accents = "", []
        return self._pieces

    def _add_foreign(self, character: str) -> None:
        spelled_out = unicodedata.normalize("NFD", character)
        base, marks = spelled_out[0], spelled_out[1:]
        if marks and _is_drawable(base) and all(mark in ABOVE or mark in BELOW for mark in marks):
            self._text += base
            self._add_accents(marks)
            return
        self.finished()
        self._pieces.append(CodePoint(f"{ord(character):04X}"))

    def _add_accents(self, marks: str) -> None:
        if self._text:
            self._accents += [(len(self._text) - 1, mark) for mark in marks]


def _is_visible(character: str) -> bool:
    return unicodedata.category(character) not in _INVISIBLE and ord(character) not in _VARIATION_SELECTORS


@lru_cache(maxsize=4096)
def _is_drawable(character: str) -> bool:
    """Whether the font has the character: one that it lacks looks like one that nobody has."""
    return character == " " or _shape(character) != _shape("\uffff")


def _shape(character: str) -> bytes:
    return bytes(font_at(24).getmask(character))


@frozen
class BoxSizes:
    """The measures of the box round a code point, in pixels."""

    text: int
    width: float
    height: float


def box_sizes(piece: CodePoint, em: int) -> BoxSizes:
    """How big the box is beside letters of this size; its digits stay legible beside small ones."""
    text = max(_SMALLEST_DIGITS, round(em * 0.36))
    return BoxSizes(text, font_at(text).getlength(piece.number) + text * 0.7, max(em * 1.0, text * 2.5))


def piece_width(piece: Piece, em: int) -> float:
    """How much of a line a piece takes."""
    if isinstance(piece, CodePoint):
        return box_sizes(piece, em).width
    return font_at(em).getlength(piece.text)

"""Text in a box: broken into lines, as large as it fits, cut off with an ellipsis where it does not.

Works in pixels of the finished picture and decides only; `_pen` draws what was decided.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from attrs import define, evolve, field, frozen

from nanobanana_async.emulator._pictures._glyphs import Letters, Piece, piece_width, pieces_of, plain

_LEADING = 1.28
_SPACE = 0.25
_BESIDE_BOX = 0.1
_MOST_CHARACTERS = 2400
_MOST_BALANCED = 5
_NARROWER = (0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55)
_ELLIPSIS = Letters("\u2026")

Word: TypeAlias = list[Piece]


@frozen
class Placed:
    """A piece and where it starts in its line."""

    x: float
    piece: Piece


Line: TypeAlias = tuple[Placed, ...]


@frozen
class Block:
    """Text that has been laid out: lines of pieces in one size."""

    em: int
    lines: tuple[Line, ...]
    width: float
    """Of the longest line."""
    broken: bool
    """Whether a word had to be taken apart."""

    @property
    def leading(self) -> float:
        """From one line to the next."""
        return self.em * _LEADING

    @property
    def height(self) -> float:
        """Of all lines."""
        return self.leading * len(self.lines)


def fit(text: str, *, width: float, height: float, largest: int, smallest: int) -> Block:
    """The text as large as it fits into the box; at the smallest size it is cut off."""
    paragraphs = _paragraphs(text)
    em = largest
    while em > smallest:
        block = _lay_out(paragraphs, em, width)
        if block.height <= height and not block.broken:
            return _balanced(block, paragraphs, width)
        em = max(smallest, min(em - 1, round(em * 0.9)))
    return _cut_off(_lay_out(paragraphs, smallest, width), width, height)


def _balanced(block: Block, paragraphs: list[list[Word]], width: float) -> Block:
    """The same number of lines, as even as they get: no single word is left on the last one."""
    if len(block.lines) > _MOST_BALANCED:
        return block
    for share in _NARROWER:
        narrower = _lay_out(paragraphs, block.em, width * share)
        if len(narrower.lines) > len(block.lines) or narrower.broken:
            break
        block = narrower
    return block


def _paragraphs(text: str) -> list[list[Word]]:
    lines = plain(text[:_MOST_CHARACTERS].strip()).splitlines() or [""]
    return [[pieces_of(word) for word in line.split()] for line in lines]


def _lay_out(paragraphs: list[list[Word]], em: int, width: float) -> Block:
    setter = _Setter(em, width)
    for words in paragraphs:
        for word in words:
            setter.set_word(word)
        setter.end_line()
    return Block(em, tuple(setter.lines), setter.longest, setter.broken)


@define
class _Setter:
    """Sets words one after the other and turns to a new line where the width ends."""

    em: int
    width: float
    lines: list[Line] = field(factory=list)
    longest: float = 0.0
    broken: bool = False
    _line: list[Placed] = field(factory=list)
    _x: float = 0.0

    def set_word(self, word: Word) -> None:
        if self._line:
            self._x += self.em * _SPACE
        for number, piece in enumerate(word):
            if number and self._line:
                self._x += self.em * _BESIDE_BOX
            self._set_piece(piece)

    def end_line(self) -> None:
        self.lines.append(tuple(self._line))
        self._line, self._x = [], 0.0

    def _set_piece(self, piece: Piece) -> None:
        breadth = piece_width(piece, self.em)
        if self._line and self._x + breadth > self.width:
            self.end_line()
        if breadth > self.width and isinstance(piece, Letters) and len(piece.text) > 1:
            self.broken = True
            for part in _halves(piece):
                self._set_piece(part)
            return
        self._line.append(Placed(self._x, piece))
        self._x += breadth
        self.longest = max(self.longest, self._x)


def _halves(piece: Letters) -> Iterator[Letters]:
    middle = len(piece.text) // 2
    yield Letters(piece.text[:middle], tuple((at, mark) for at, mark in piece.accents if at < middle))
    yield Letters(piece.text[middle:], tuple((at - middle, mark) for at, mark in piece.accents if at >= middle))


def _cut_off(block: Block, width: float, height: float) -> Block:
    room = max(1, int(height / block.leading))
    if len(block.lines) <= room:
        return block
    last = list(block.lines[room - 1])
    while last and _end(last, block.em) + piece_width(_ELLIPSIS, block.em) > width:
        last.pop()
    last.append(Placed(_end(last, block.em), _ELLIPSIS))
    return evolve(block, lines=(*block.lines[: room - 1], tuple(last)))


def _end(line: list[Placed], em: int) -> float:
    return line[-1].x + piece_width(line[-1].piece, em) if line else 0.0

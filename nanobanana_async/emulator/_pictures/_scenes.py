"""What is behind the banana: a few scenes, each drawn from a palette and a seeded source of chance.

Flat shapes only: they are quick to draw, compress well, and stay sharp at every size.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import TypeAlias

from attrs import frozen
from PIL import Image, ImageDraw, ImageOps

from nanobanana_async.emulator._pictures._palettes import DAY, NIGHT, Colour, Palette, mix


@frozen
class Stage:
    """What a scene is drawn on: the surface, the colours, the spot for the hero and the room around it."""

    draw: ImageDraw.ImageDraw
    palette: Palette
    width: int
    height: int
    x: float
    y: float
    reach: float


_WHITE: Colour = (255, 255, 255)

_Box: TypeAlias = tuple[float, float, float, float]
Scene: TypeAlias = Callable[[Stage, Random], None]


def sky(palette: Palette, size: tuple[int, int]) -> Image.Image:
    """A surface with the palette's sky on it."""
    width, height = size
    column = Image.linear_gradient("L").resize((1, height), Image.Resampling.BILINEAR, (0, 0, 1, 256))
    return ImageOps.colorize(column, *palette.sky).resize((width, height), Image.Resampling.NEAREST)


def choose_scene(chance: Random) -> tuple[Palette, Scene]:
    """A scene and a palette that suits it."""
    if chance.random() < 0.35:
        return chance.choice(NIGHT), chance.choice((_orbit, _tiles))
    return chance.choice(DAY), chance.choice((_hills, _rays, _hills, _tiles, _waves))


def _disc(stage: Stage, x: float, y: float, radius: float, colour: Colour) -> None:
    stage.draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _halo(stage: Stage, strength: float = 0.22) -> None:
    """The light behind the hero, in three steps."""
    base = mix(*stage.palette.sky, 0.5)
    for size, share in ((1.75, strength), (1.4, strength * 2), (1.05, 1.0)):
        _disc(stage, stage.x, stage.y, stage.reach * size, mix(base, stage.palette.light, share))


def _hills(stage: Stage, chance: Random) -> None:
    _halo(stage)
    for layer, colour in enumerate(reversed(stage.palette.accents)):
        base = stage.height * (0.52 + 0.15 * layer)
        _ridge(stage, chance, base, stage.height * 0.06, colour)


def _ridge(stage: Stage, chance: Random, base: float, swell: float, colour: Colour) -> None:
    phase, period = chance.uniform(0, 6.3), chance.uniform(0.7, 1.3) * max(stage.height, stage.width / 3)
    steps = range(65)
    line = []
    for step in steps:
        x = stage.width * step / 64
        angle = phase + 2 * math.pi * x / period
        line.append((x, base + swell * (math.sin(angle) + 0.4 * math.sin(2.3 * angle + phase))))
    stage.draw.polygon([*line, (stage.width, stage.height), (0, stage.height)], fill=colour)


def _rays(stage: Stage, chance: Random) -> None:
    count, start = chance.choice((20, 24, 28)), chance.uniform(0, 1)
    far = stage.width + stage.height
    tint = mix(mix(*stage.palette.sky, 0.5), stage.palette.light, 0.35)
    for ray in range(count):
        first = 2 * math.pi * (ray + start) / count
        edges = (first, first + math.pi / count)
        corners = [(stage.x + far * math.cos(edge), stage.y + far * math.sin(edge)) for edge in edges]
        stage.draw.polygon([(stage.x, stage.y), *corners], fill=tint)
    _disc(stage, stage.x, stage.y, stage.reach * 1.4, stage.palette.accents[2])
    _disc(stage, stage.x, stage.y, stage.reach * 1.2, stage.palette.light)


def _waves(stage: Stage, chance: Random) -> None:
    _halo(stage, 0.15)
    radius = stage.reach * chance.uniform(0.4, 0.6)
    top = stage.height * 0.56
    rows = math.ceil((stage.height - top) / (radius * 0.5)) + 2
    for row in range(rows):
        y = top + row * radius * 0.5 + radius
        shift = radius if row % 2 else 0.0
        for column in range(-1, math.ceil(stage.width / (2 * radius)) + 1):
            _scale(stage, column * 2 * radius + shift + radius, y, radius)


def _scale(stage: Stage, x: float, y: float, radius: float) -> None:
    near, middle, far = stage.palette.accents
    paper = mix(stage.palette.sky[1], _WHITE, 0.3)
    for size, colour in (
        (1.0, paper),
        (0.9, near),
        (0.66, paper),
        (0.58, middle),
        (0.36, paper),
        (0.28, far),
    ):
        _disc(stage, x, y, radius * size, colour)


def _orbit(stage: Stage, chance: Random) -> None:
    unit = stage.reach
    for _ in range(90):
        x, y = chance.uniform(0, stage.width), chance.uniform(0, stage.height)
        star = mix(stage.palette.sky[1], _WHITE, chance.uniform(0.3, 0.9))
        _disc(stage, x, y, unit * chance.choice((0.006, 0.009, 0.014)), star)
    base = mix(*stage.palette.sky, 0.45)
    for ring in range(4):
        radius = unit * (1.28 + 0.36 * ring)
        _ring(stage, radius, unit * 0.012, mix(base, _WHITE, 0.4 - 0.06 * ring))
        angle = chance.choice((0.0, math.pi)) + chance.uniform(-0.55, 0.55)
        x, y = stage.x + radius * math.cos(angle), stage.y + radius * math.sin(angle)
        _disc(stage, x, y, unit * chance.uniform(0.08, 0.16), chance.choice(stage.palette.accents))
    for size, share in ((1.08, 0.35), (0.98, 0.85)):
        _disc(stage, stage.x, stage.y, unit * size, mix(base, stage.palette.light, share))


def _ring(stage: Stage, radius: float, breadth: float, colour: Colour) -> None:
    box = (stage.x - radius, stage.y - radius, stage.x + radius, stage.y + radius)
    stage.draw.ellipse(box, outline=colour, width=max(2, round(breadth)))


def _tiles(stage: Stage, chance: Random) -> None:
    side = stage.reach * 0.8
    ground = mix(*stage.palette.sky, 0.5)
    colours = [*stage.palette.accents, mix(ground, stage.palette.light, 0.8), stage.palette.sky[0]]
    for column in range(math.ceil(stage.width / side)):
        for row in range(math.ceil(stage.height / side)):
            back, front = chance.sample(colours, 2)
            box = (column * side, row * side, (column + 1) * side, (row + 1) * side)
            stage.draw.rectangle(box, fill=mix(ground, back, 0.55))
            chance.choice(_SHAPES)(stage.draw, box, mix(ground, front, 0.7), chance)
    _disc(stage, stage.x, stage.y, stage.reach * 1.32, mix(stage.palette.sky[1], _WHITE, 0.5))
    _disc(stage, stage.x, stage.y, stage.reach * 1.18, stage.palette.light)


def _dot(draw: ImageDraw.ImageDraw, box: _Box, colour: Colour, _: Random) -> None:
    left, top, right, bottom = box
    inset = (right - left) * 0.2
    draw.ellipse((left + inset, top + inset, right - inset, bottom - inset), fill=colour)


def _quarter(draw: ImageDraw.ImageDraw, box: _Box, colour: Colour, chance: Random) -> None:
    left, top, right, bottom = box
    side = right - left
    x, y, turn = chance.choice(((left, top, 0), (right, top, 90), (right, bottom, 180), (left, bottom, 270)))
    draw.pieslice((x - side, y - side, x + side, y + side), turn, turn + 90, fill=colour)


def _triangle(draw: ImageDraw.ImageDraw, box: _Box, colour: Colour, _: Random) -> None:
    left, top, right, bottom = box
    draw.polygon([(left, top), (right, top), (left, bottom)], fill=colour)


def _half(draw: ImageDraw.ImageDraw, box: _Box, colour: Colour, chance: Random) -> None:
    left, top, right, bottom = box
    radius = (right - left) / 2
    middle, turn = chance.choice(((top, 0), (bottom, 180)))
    draw.pieslice((left, middle - radius, right, middle + radius), turn, turn + 180, fill=colour)


_SHAPES = (_dot, _quarter, _triangle, _half)

"""From a poster to the bytes of a picture.

The scene is drawn twice as large and reduced, for smooth edges (at 4K the pixels are small enough without);
text and prints are added at the final size. The same poster gives the same bytes on one version of Pillow.
Painting takes memory in proportion to the pixels, so only a few are painted at once.
"""

from __future__ import annotations

import io
import math
from random import Random
from threading import BoundedSemaphore

from PIL import Image, ImageDraw

from nanobanana_async.emulator._pictures._banana import Banana
from nanobanana_async.emulator._pictures._cards import MOST_SHOWN, blank, lay_cards, opened, thumbnail
from nanobanana_async.emulator._pictures._layout import Layout, lay_out
from nanobanana_async.emulator._pictures._palettes import INK, PAPER, mix
from nanobanana_async.emulator._pictures._pen import draw_block
from nanobanana_async.emulator._pictures._poster import Inset, Poster, Size, named_ratio, size_for
from nanobanana_async.emulator._pictures._scenes import Stage, choose_scene, sky

_AT_ONCE = BoundedSemaphore(4)
_FINER_UP_TO = 2048
_SMALL_SIDE = 320
_PRINT_SIDE = 256
_YELLOW = (255, 205, 40)


def paint(poster: Poster) -> bytes:
    """The picture, encoded as the poster's media type says."""
    with _AT_ONCE:
        return _encoded(_painted(poster, poster.size or size_of(poster, poster.side)), poster.media_type)


def paint_small(poster: Poster) -> bytes:
    """The same picture as a small JPEG, for a page that shows many; painted at that size, not reduced to it."""
    with _AT_ONCE:
        return _encoded(_painted(poster, size_of(poster, _SMALL_SIDE)), "image/jpeg")


def size_of(poster: Poster, side: int) -> Size:
    """Width and height by the ratio; `auto` takes that of the first input image, or a square (PROTOCOL §1.5)."""
    ratio = named_ratio(poster.aspect_ratio) or _ratio_of_first(poster.insets)
    return size_for(min(max(ratio, 1 / 8), 8), side)


def _ratio_of_first(insets: tuple[Inset, ...]) -> float:
    first = insets[0] if insets else Inset()
    if first.poster is not None:
        width, height = size_of(first.poster, 1024)
        return width / height
    image = opened(first.content()) if first.content else None
    return image.width / image.height if image else 1.0


def _painted(poster: Poster, size: Size) -> Image.Image:
    layout = lay_out(size, poster.prompt, _small_print(poster))
    chance = Random(f"{poster.seed}:picture")  # noqa: S311 - to be repeated, not to be secret
    picture = _scene(poster, size, layout, chance)
    _lay_prints(picture, poster, layout, chance)
    _write(picture, layout)
    return picture


def _small_print(poster: Poster) -> str:
    said = (poster.model, poster.aspect_ratio, poster.resolution, "emulator")
    return " \u00b7 ".join(said)


def _scene(poster: Poster, size: Size, layout: Layout, chance: Random) -> Image.Image:
    finer = 2 if poster.side <= _FINER_UP_TO else 1
    palette, scene = choose_scene(chance)
    picture = sky(palette, (size[0] * finer, size[1] * finer))
    draw = ImageDraw.Draw(picture)
    x, y = layout.free.middle
    stage = Stage(draw, palette, *picture.size, x * finer, y * finer, layout.reach * finer)
    scene(stage, chance)
    turn = chance.uniform(-0.6, 0.6) + chance.choice((0.0, 0.0, math.pi))
    banana = Banana(stage.x, stage.y, stage.reach, turn)
    banana.shadow(draw, mix(palette.light, INK, 0.3))
    banana.draw(draw)
    _lay_card(draw, layout, finer)
    return picture.reduce(finer) if finer > 1 else picture


def _lay_card(draw: ImageDraw.ImageDraw, layout: Layout, finer: int) -> None:
    card = layout.card
    edges = (card.x, card.y, card.x + card.width, card.y + card.height)
    left, top, right, bottom = (round(edge * finer) for edge in edges)
    draw.rounded_rectangle((left, top, right, bottom), radius=layout.padding * 0.6 * finer, fill=PAPER)


def _lay_prints(picture: Image.Image, poster: Poster, layout: Layout, chance: Random) -> None:
    shown = poster.insets[:MOST_SHOWN]
    if not shown:
        return
    span = min(layout.free.width * 0.9, layout.reach * 3.4)
    step = span / len(shown)
    side = round(min(layout.reach * 1.25, step * 1.1))
    prints = [_print(inset, side) for inset in shown]
    x, y = layout.free.middle
    first = x - step * (len(shown) - 1) / 2
    places = [(round(first + step * number), round(y + layout.reach * 0.12)) for number in range(len(shown))]
    lay_cards(picture, prints, places, chance)


def _print(inset: Inset, side: int) -> Image.Image:
    if inset.poster is not None:
        image = _painted(inset.poster, size_of(inset.poster, _PRINT_SIDE))
        image.thumbnail((side, side))
        return image
    return thumbnail(inset.content(), side) if inset.content else blank(side)


def _write(picture: Image.Image, layout: Layout) -> None:
    draw = ImageDraw.Draw(picture)
    card, padding = layout.card, layout.padding
    left = card.x + padding
    draw_block(draw, layout.prompt, (left, card.y + padding), INK, PAPER)
    foot = card.y + card.height - padding - layout.small.height
    draw_block(draw, layout.small, (left, foot), mix(INK, PAPER, 0.4), PAPER)


def _encoded(picture: Image.Image, media_type: str) -> bytes:
    file = io.BytesIO()
    match media_type:
        case "image/png":
            picture.save(file, "PNG", compress_level=1)
        case "image/webp":
            picture.save(file, "WEBP", quality=88, method=0)
        case _:
            picture.save(file, "JPEG", quality=88)
    return file.getvalue()

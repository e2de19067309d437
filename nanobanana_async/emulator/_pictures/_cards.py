"""Input images on an edit: small prints with a white border, a little turned, a shadow under each.

What can't be read as a picture, or would be too big to open, becomes a blank print. Nothing is fetched.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from random import Random

from PIL import Image, ImageDraw, ImageOps

from nanobanana_async.emulator._pictures._palettes import PAPER, Colour
from nanobanana_async.emulator._pictures._poster import Inset

Painter = Callable[[Inset, int], Image.Image]

_MOST_PIXELS = 80_000_000
_BLANK: Colour = (214, 210, 204)
_CLEAR = 2  # without it a turned card has jagged edges
MOST_SHOWN = 4


def opened(content: bytes) -> Image.Image | None:
    """The image in these bytes, unread as yet; None where there is none or it is too big."""
    try:
        image = Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "WEBP"))
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    return image if image.width * image.height <= _MOST_PIXELS else None


def thumbnail(content: bytes, side: int) -> Image.Image:
    """The picture in these bytes, at most `side` long either way; a blank where it can't be read."""
    image = opened(content)
    if image is None:
        return blank(side)
    try:
        image.draft("RGB", (side, side))
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((side, side))
        return _flattened(upright)
    except (OSError, ValueError, SyntaxError):
        return blank(side)


def blank(side: int) -> Image.Image:
    """What stands in for an image that is not here: a grey field with hills and a sun, as picture frames have it."""
    image = Image.new("RGB", (side, side * 3 // 4), _BLANK)
    draw = ImageDraw.Draw(image)
    paler: Colour = (236, 233, 228)
    draw.ellipse((side * 0.62, side * 0.14, side * 0.78, side * 0.3), fill=paler)
    draw.polygon([(0, side), (side * 0.34, side * 0.3), (side * 0.66, side)], fill=paler)
    draw.polygon([(side * 0.4, side), (side * 0.7, side * 0.44), (side, side)], fill=paler)
    return image


def lay_cards(picture: Image.Image, prints: list[Image.Image], places: list[tuple[int, int]], chance: Random) -> None:
    """Put each print with its middle at its place."""
    for print_, (x, y) in zip(prints, places, strict=True):
        card = _card(print_).rotate(chance.uniform(-7, 7), Image.Resampling.BICUBIC, expand=True)
        left, top = x - card.width // 2, y - card.height // 2
        depth = max(2, card.width // 40)
        picture.paste((0, 0, 0), (left + depth, top + 2 * depth), card.getchannel("A").point(lambda alpha: alpha // 4))
        picture.paste(card, (left, top), card)


def _card(image: Image.Image) -> Image.Image:
    border = max(3, max(image.size) // 22)
    edge = border + _CLEAR
    card = Image.new("RGBA", (image.width + 2 * edge, image.height + 2 * edge), (*PAPER, 0))
    card.paste(PAPER, (_CLEAR, _CLEAR, card.width - _CLEAR, card.height - _CLEAR))
    card.paste(image, (edge, edge))
    return card


def _flattened(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    ground = Image.new("RGBA", image.size, PAPER)
    return Image.alpha_composite(ground, image.convert("RGBA")).convert("RGB")

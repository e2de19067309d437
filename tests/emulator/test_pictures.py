"""The pictures: the same everywhere, legible, and never at the mercy of the prompt."""

from __future__ import annotations

import io
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from nanobanana_async.emulator._pictures import Inset, Poster, paint
from nanobanana_async.emulator._pictures._glyphs import CodePoint, Letters, pieces_of, plain
from nanobanana_async.emulator._pictures._lettering import Block, fit
from nanobanana_async.emulator._pictures._pen import draw_block
from nanobanana_async.emulator._pictures._poster import size_for
from tests.emulator.customer import make_png


def poster(prompt: str = "a banana", **changes: object) -> Poster:
    said: dict[str, object] = {
        "model": "nano-banana-2",
        "aspect_ratio": "1:1",
        "resolution": "1K",
        "media_type": "image/jpeg",
        "seed": "1",
    }
    return Poster(prompt, **(said | changes))  # type: ignore[arg-type]  # one mapping for fields of several types


def opened(order: Poster) -> Image.Image:
    return Image.open(io.BytesIO(paint(order)))


def text_of(block: Block) -> str:
    pieces = [placed.piece for line in block.lines for placed in line]
    return " ".join(piece.text if isinstance(piece, Letters) else f"U+{piece.number}" for piece in pieces)


def test_every_seed_paints_another_picture() -> None:
    """Whatever the seed draws of scenes and colours, a picture comes out, and no two are alike."""
    pictures = {paint(poster(seed=str(seed))) for seed in range(16)}

    assert len(pictures) == 16


@pytest.mark.parametrize(
    "prompt",
    [
        "x",
        "一只戴着宇航员头盔的香蕉漂浮在地球上空",
        "صورة لموزة ترتدي قبعة",
        "👩🏽‍🚀🍌 \ud800 \x00 \u200b",
        "Antidisestablishmentarianism" * 20,
        "line one\nline two\n\nline four",
        "Naïve façade, Việt Nam, Dvořák, Żółć, ǰ, ő, ų",
        "word " * 4000,
        "   ",
    ],
)
@pytest.mark.parametrize("ratio", ["8:1", "1:8"])
def test_any_prompt_can_be_written_on_any_shape(prompt: str, ratio: str) -> None:
    """No prompt and no shape breaks the painter."""
    width, height = (int(part) for part in ratio.split(":"))

    assert opened(poster(prompt, aspect_ratio=ratio)).size == size_for(width / height, 1024)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200), st.floats(60, 800), st.floats(30, 600))
def test_text_stays_inside_its_box(text: str, width: float, height: float) -> None:
    """Letters never stand beyond the width, nor lines below the foot unless there is room for none."""
    block = fit(text, width=width, height=height, largest=60, smallest=14)

    assert block.height <= height or len(block.lines) == 1
    ends = [line[-1].x for line in block.lines if line]
    assert all(end <= width for end in ends)


def test_a_short_text_is_large_and_a_long_one_small() -> None:
    """The size goes by what fits."""
    sizes = [
        fit(text, width=400, height=200, largest=60, smallest=14).em
        for text in ("banana", "banana " * 20, "banana " * 99)
    ]

    assert sizes[0] == 60
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] == 14


def test_too_long_a_text_ends_in_an_ellipsis() -> None:
    """What does not fit at the smallest size is cut off visibly."""
    block = fit("banana " * 300, width=300, height=100, largest=60, smallest=14)

    assert text_of(block).endswith("…")


def test_no_single_word_is_left_on_the_last_line() -> None:
    """A few lines are made even."""
    block = fit("a banana in orbit, studio light", width=900, height=400, largest=76, smallest=27)

    first, last = (line[-1].x for line in block.lines)
    assert last > first / 2


def test_a_character_that_the_font_lacks_is_its_code_point() -> None:
    """Chinese, Arabic and emoji stand as code points, in reading order, with what can be drawn between them."""
    assert pieces_of("屋a🍌") == [CodePoint("5C4B"), Letters("a"), CodePoint("1F34C")]


@pytest.mark.parametrize(
    ("word", "letters", "marks"),
    [
        ("café", "cafe", ((3, "\u0301"),)),
        ("cafe\u0301", "cafe", ((3, "\u0301"),)),
        ("Ångström", "Angstrom", ((0, "\u030a"), (6, "\u0308"))),
        ("naïve", "naive", ((2, "\u0308"),)),
        ("façade", "facade", ((2, "\u0327"),)),
        ("việt", "viet", ((2, "\u0323"), (2, "\u0302"))),
        ("q\u0301", "q", ((0, "\u0301"),)),
    ],
)
def test_accented_letters_are_put_together(word: str, letters: str, marks: tuple[tuple[int, str], ...]) -> None:
    """A letter with an accent is the letter and a drawn accent, however it was spelt."""
    assert pieces_of(word) == [Letters(letters, marks)]


def test_an_accent_takes_the_place_of_a_dot() -> None:
    """The i of naïve has two dots, not three: nothing is drawn that an i without an accent would have there."""
    ink, paper = (0, 0, 0), (255, 255, 255)
    rows = {}
    for word in ("i", "\u012b"):
        picture = Image.new("RGB", (60, 80), paper)
        draw_block(
            ImageDraw.Draw(picture), fit(word, width=60, height=80, largest=50, smallest=50), (10, 0), ink, paper
        )
        dark = [any(picture.getpixel((x, y)) == ink for x in range(60)) for y in range(80)]
        rows[word] = sum(1 for before, after in pairwise(dark) if after and not before)

    assert rows == {"i": 2, "\u012b": 2}


def test_what_can_not_be_seen_is_left_out() -> None:
    """Joiners, selectors and lone accents draw nothing."""
    assert pieces_of("\u200b\ufe0f\u0301") == []


def test_dashes_and_spaces_have_plain_cousins() -> None:
    """What differs only in width is drawn with what the font has."""
    assert plain("a—b\u00a0c") == "a-b c"


@pytest.mark.parametrize("count", [1, 2, 3, 4, 9])
def test_input_images_are_shown(count: int) -> None:
    """One to many prints lie on the picture."""
    insets = tuple(Inset(content=make_png) for _ in range(count))

    assert paint(poster(insets=insets)) != paint(poster())


@pytest.mark.parametrize(
    "content", [b"", b"not a picture", make_png()[:-40], b"RIFF\x00\x00\x00\x00WEBPVP8 ", b"\xff\xd8\xff\xe0broken"]
)
def test_a_broken_upload_becomes_a_blank_print(content: bytes) -> None:
    """What can't be read as a picture is shown blank and counts as square."""
    picture = opened(poster(aspect_ratio="auto", insets=(Inset(content=lambda: content),)))

    assert picture.width >= picture.height


def test_a_picture_too_big_to_open_is_shown_blank() -> None:
    """A small file that claims hundreds of megapixels is not decoded."""
    bomb = make_png(1, 1)
    bomb = bomb[:16] + (9000).to_bytes(4, "big") + (9500).to_bytes(4, "big") + bomb[24:]

    assert opened(poster(insets=(Inset(content=lambda: bomb),))).size == (1024, 1024)


def test_transparent_input_is_laid_on_paper() -> None:
    """A picture with an alpha channel can be shown."""
    file = io.BytesIO()
    Image.new("RGBA", (50, 50), (255, 0, 0, 120)).save(file, "PNG")

    assert opened(poster(insets=(Inset(content=file.getvalue),))).mode == "RGB"


def test_a_picture_of_4k_stays_below_ten_megabytes() -> None:
    """Even the largest PNG is small enough to be uploaded again."""
    assert len(paint(poster(resolution="4K", media_type="image/png"))) < 10 * 1024 * 1024

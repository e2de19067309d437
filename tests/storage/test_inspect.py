"""What is a whole picture, and what only looks like one."""

from __future__ import annotations

import io
import struct
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanobanana_async.errors import StorageError
from nanobanana_async.storage import inspect, sniff
from tests.storage.pictures import (
    PICTURES,
    Picture,
    canvas_chunk,
    jpeg_segment,
    lossless_chunk,
    lossy_chunk,
    make_jpeg,
    make_png,
    make_webp,
    png_chunk,
    webp_chunk,
)

SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEADER = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 3, 8, 2, 0, 0, 0))
END = png_chunk(b"IEND", b"")
FRAME = jpeg_segment(0xC0, struct.pack(">BHHB", 8, 3, 2, 1))
SCAN = jpeg_segment(0xDA, b"\x01\x01\x00\x00\x3f\x00")


def test_a_whole_picture_is_told_with_its_size(picture: Picture) -> None:
    """Media type, extension, pixels and bytes of a whole picture are told by its content."""
    content, media_type, size = picture

    image = inspect(content, expected_length=len(content))

    assert (image.media_type, (image.width, image.height), image.size_bytes) == (media_type, size, len(content))
    assert image.extension == {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}[media_type]


def test_a_picture_cut_off_anywhere_is_never_taken_as_whole(picture: Picture) -> None:
    """No prefix of a picture passes for a picture, whatever the byte that it is cut off at."""
    content, _, _ = picture

    for length in range(len(content)):
        with pytest.raises(StorageError):
            inspect(content[:length])


def test_what_follows_the_end_of_a_picture_is_tolerated(picture: Picture) -> None:
    """Bytes after the end are left alone, as decoders leave them: a paid picture isn't lost over padding."""
    content, media_type, _ = picture

    assert inspect(content + b"\x00\xff padding").media_type == media_type


def test_paths_and_open_files_are_inspected_like_bytes(tmp_path: Path, png: bytes) -> None:
    """The three kinds of source give the same answer, and an open file is read from its start."""
    path = tmp_path / "a.png"
    path.write_bytes(png)
    file = io.BytesIO(png)
    file.seek(5)

    assert inspect(png) == inspect(path) == inspect(file)


def test_a_file_that_is_missing_is_a_storage_error(tmp_path: Path) -> None:
    """A path that can't be read is told with the system's words."""
    with pytest.raises(StorageError, match=r"can't read .*: No such file or directory \(ENOENT\)"):
        inspect(tmp_path / "none.png")


@pytest.mark.parametrize(
    ("content", "label"),
    [
        (b"", "nothing at all (0 bytes)"),
        (b"GIF89a\x01\x00", "a GIF"),
        (b"\x00\x00\x00\x1cftypavif\x00\x00", "an AVIF"),
        (b"\x00\x00\x00\x1cftypheic\x00\x00", "an HEIC"),
        (b"\x00\x00\x00\x1cftypmif1\x00\x00", "an HEIC"),
        (b"\x00\x00\x00\x1cftypisom\x00\x00", "a video"),
        (b"\xff\x0a\x00", "a JPEG XL"),
        (b"II*\x00\x08", "a TIFF"),
        (b"BM\x3a\x00\x00\x00\x00\x00\x00\x00", "a BMP"),
        (b"%PDF-1.7", "a PDF"),
        (b"PK\x03\x04\x14", "a ZIP archive"),
        (b"\x1f\x8b\x08\x00", "a gzip archive"),
        (b"\xef\xbb\xbf\r\n <!DOCTYPE html><title>404", "an HTML page"),
        (b"<html lang=en>", "an HTML page"),
        (b"<svg xmlns=''>", "an SVG"),
        (b"<?xml version='1.0'?><Error>", "an XML document"),
        (b'{"code":404}', "a JSON text"),
        (b"[]", "a JSON text"),
        (b"BMW makes cars", "a text"),
        ("not found, désolé".encode()[:-1], "a text"),
        (b"\x00\x01\x02\x03", "an unknown kind of file (starts 00 01 02 03)"),
        (b"\xfe\xfe", "an unknown kind of file (starts fe fe)"),
    ],
)
def test_what_is_no_picture_is_called_by_its_name(content: bytes, label: str) -> None:
    """The error says what came instead of a picture."""
    with pytest.raises(StorageError) as caught:
        inspect(content, subject="what came")

    assert sniff(content).label == label
    assert not sniff(content).is_usable
    assert caught.value.message.startswith(f"what came is {label}")
    assert caught.value.charged == "yes"
    assert caught.value.retryable


def test_the_first_words_of_a_text_are_told_and_no_more() -> None:
    """A page or a JSON text that came instead is quoted, in one line of at most 80 characters."""
    with pytest.raises(StorageError) as caught:
        inspect(b"\xef\xbb\xbf{ 'code':\n 404 }" + b"x" * 600)

    assert "is a JSON text (\"{ 'code': 404 }xxx" in caught.value.message
    assert len(caught.value.message) < 160


def test_a_text_of_blanks_is_not_quoted() -> None:
    """A file of blank lines has no words to quote."""
    with pytest.raises(StorageError, match="is a text, not a PNG"):
        inspect(b"  \n\n")


def test_a_length_other_than_announced_is_refused(png: bytes) -> None:
    """A file that is shorter or longer than its Content-Length is not the file that was sent."""
    with pytest.raises(StorageError, match=f"is a PNG cut off after {len(png)} of 5678 bytes"):
        inspect(png, expected_length=5678)
    with pytest.raises(StorageError, match=f"is a PNG of {len(png)} bytes where 10 were announced"):
        inspect(png, expected_length=10)


def test_a_picture_that_would_unfold_to_gigabytes_is_refused() -> None:
    """The size once decoded is bounded, however few bytes the file has."""
    assert inspect(make_png(16384, 16384, pixels=b"")).width == 16384
    with pytest.raises(StorageError, match="is a PNG of 65535x65535 pixels, over the limit of 1073741824 bytes"):
        inspect(make_png(65535, 65535, pixels=b""))
    with pytest.raises(StorageError, match="over the limit of 20 bytes"):
        inspect(make_png(2, 3), max_decoded_bytes=20)


def test_a_picture_of_no_area_is_refused() -> None:
    """A width or a height of 0 is no picture."""
    with pytest.raises(StorageError, match="0x3 pixels"):
        inspect(make_png(0, 3, pixels=b""))


@pytest.mark.parametrize(
    ("content", "flaw"),
    [
        (b"\x89PNG\n\x1a\n\x00" + HEADER + END, "damaged signature"),
        (SIGNATURE + END, "doesn't begin with its header"),
        (SIGNATURE + HEADER[:-1] + b"\x00" + END, "wrong checksum in its 'IHDR' chunk"),
        (SIGNATURE + HEADER + END, "without any pixels"),
        (make_png()[:-1] + b"\x00", "wrong checksum in its 'IEND' chunk"),
        (make_png()[:-12] + b"\x00\x00\x00\x0eIEND", "damaged length of its 'IEND' chunk"),
        (SIGNATURE + HEADER + b"\xff\xff\xff\xffIDAT", "cut off after 41 bytes, in its 'IDAT' chunk"),
    ],
)
def test_a_damaged_png_is_refused(content: bytes, flaw: str) -> None:
    """A PNG needs its signature, a header and an end whose checksums are right, and pixels between."""
    with pytest.raises(StorageError, match=f"is a PNG .*{flaw}"):
        inspect(content)


@pytest.mark.parametrize(
    ("content", "flaw"),
    [
        (b"\xff\xd8" + FRAME + b"\xff\xd9", "without any pixels"),
        (b"\xff\xd8" + SCAN + b"pixels\xff\xd9", "without any pixels"),
        (make_jpeg()[:-2] + make_jpeg(), "a second picture where the first one should go on"),
        (b"\xff\xd8\xff\xe0\xff\xff", "cut off after 6 bytes, in a segment"),
    ],
)
def test_a_damaged_jpeg_is_refused(content: bytes, flaw: str) -> None:
    """A JPEG needs a frame and a scan, and no second picture inside the first."""
    with pytest.raises(StorageError, match=f"is a JPEG .*{flaw}"):
        inspect(content)


@pytest.mark.parametrize("offset", range(4090, 4100))
def test_the_end_of_a_jpeg_is_found_wherever_it_lies(offset: int) -> None:
    """The end marker is seen across the border of two blocks that are read; stuffed bytes aren't taken for it."""
    content = make_jpeg(scan=b"\xff\x00" * (offset // 2) + b"p" * (offset % 2))

    assert inspect(content).height == 3
    with pytest.raises(StorageError, match="in its pixels, before its end marker"):
        inspect(content[:-1])


def test_stray_and_fill_bytes_in_a_jpeg_are_forgiven() -> None:
    """What a decoder skips between two segments doesn't cost a picture, and a length of 0 doesn't stop the walk."""
    content = b"\xff\xd8\xff\xfe\x00\x02stray\xff\xff" + FRAME + b"\xff\xfe\x00\x00" + SCAN + b"pixels\xff\xff\xd9"

    assert inspect(content).width == 2


def test_the_first_frame_of_a_jpeg_counts() -> None:
    """A second frame header doesn't change the size."""
    other = jpeg_segment(0xC0, struct.pack(">BHHB", 8, 30, 20, 1))

    assert inspect(b"\xff\xd8" + FRAME + other + SCAN + b"\xff\xd9").width == 2


@pytest.mark.parametrize(
    ("content", "flaw"),
    [
        (make_webp(canvas_chunk()), "without any pixels"),
        (make_webp(), "without any pixels"),
        (make_webp(webp_chunk(b"ANMF", b"frame")), "without any pixels"),
        (make_webp(webp_chunk(b"VP8L", b"\x00\x00\x00\x00\x00")), "a damaged header"),
        (make_webp(webp_chunk(b"VP8 ", bytes(10))), "a damaged header"),
        (make_webp(lossy_chunk()[:-4]), "cut off after 32 bytes, in its 'VP8 ' chunk"),
        (make_webp(webp_chunk(b"VP8 ", b"")), "cut off after 20 bytes, in its header"),
    ],
)
def test_a_damaged_webp_is_refused(content: bytes, flaw: str) -> None:
    """A WebP needs a size and pixels inside its container."""
    with pytest.raises(StorageError, match=f"is a WebP .*{flaw}"):
        inspect(content)


def test_a_webp_may_lack_its_last_padding_byte() -> None:
    """Some encoders leave out the padding after the last chunk, and every decoder opens their files."""
    chunk = lossy_chunk()[:-1]
    content = make_webp(webp_chunk(b"ICCP", b"odd"), lossless_chunk(), chunk)

    assert len(chunk) % 2 == 1
    assert inspect(content).width == 2


@given(st.sampled_from(sorted(PICTURES)), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6))
def test_damage_is_a_storage_error_or_nothing(name: str, damage: list[tuple[int, int]]) -> None:
    """Whatever the bytes, the answer is a picture or a StorageError: no other exception, no endless walk."""
    content = bytearray(PICTURES[name][0])
    for position, value in damage:
        content[position % len(content)] = value

    with suppress(StorageError):
        assert inspect(bytes(content)).size_bytes == len(content)

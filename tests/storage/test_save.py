"""A download becomes a whole file in its place, or nothing at all."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import anyio
import pytest

from nanobanana_async.errors import StorageError
from nanobanana_async.storage import Target, read_image, save_image
from nanobanana_async.storage._disk import disk_errors
from nanobanana_async.storage._part import PartFile
from nanobanana_async.values import ImageData
from tests.storage.pictures import PICTURES, Picture, chunks, make_png


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_a_picture_is_saved_byte_for_byte(tmp_path: Path, picture: Picture) -> None:
    """The file holds what came, the folder holds nothing else, and the answer says what the picture is."""
    content, media_type, size = picture
    target = tmp_path / "new" / "folder" / "a.bin"

    saved = await save_image(chunks(content, 7), target, expected_length=len(content))

    assert saved.path == target
    assert target.read_bytes() == content
    assert (saved.image.media_type, (saved.image.width, saved.image.height)) == (media_type, size)
    assert names(target.parent) == ["a.bin"]


async def test_a_long_picture_is_written_in_blocks(tmp_path: Path, large_png: bytes) -> None:
    """Chunks of any size add up to the same file."""
    for size in (1000, 256 * 1024, len(large_png)):
        saved = await save_image(chunks(large_png, size), tmp_path / "a.png", expected_length=len(large_png))

        assert saved.path.read_bytes() == large_png
    assert names(tmp_path) == ["a.png"]


async def test_a_name_of_ours_follows_what_the_file_is(tmp_path: Path) -> None:
    """The extension comes from the content; a name that the user gave is kept, and the difference told."""
    jpeg = PICTURES["jpeg"][0]

    made = await save_image(chunks(jpeg), Target.in_folder(tmp_path, "by/key"), if_exists="beside")
    named = await save_image(chunks(jpeg), tmp_path / "a.png")

    assert (made.path, made.suffix_differs) == (tmp_path / "by" / "key.jpg", False)
    assert (named.path, named.suffix_differs) == (tmp_path / "a.png", True)


async def test_the_mode_of_a_file_follows_the_umask(tmp_path: Path, png: bytes) -> None:
    """A picture can be read by whom the user's other new files can be read by."""
    before = os.umask(0o027)
    try:
        saved = await save_image(chunks(png), tmp_path / "a.png")
    finally:
        os.umask(before)

    assert stat.S_IMODE(saved.path.stat().st_mode) == 0o640


async def test_a_file_is_replaced_in_one_step(tmp_path: Path, png: bytes) -> None:
    """The new file takes the old one's name; who has the old one open reads it to its end."""
    target = tmp_path / "a.png"
    target.write_bytes(b"old")

    with target.open("rb") as old:
        await save_image(chunks(png), target)

        assert old.read() == b"old"
    assert target.read_bytes() == png


async def test_a_link_is_replaced_and_not_followed(tmp_path: Path, png: bytes) -> None:
    """What a link points to is not touched."""
    (tmp_path / "precious").write_bytes(b"precious")
    (tmp_path / "a.png").symlink_to("precious")

    saved = await save_image(chunks(png), tmp_path / "a.png")

    assert not saved.path.is_symlink()
    assert (tmp_path / "precious").read_bytes() == b"precious"


async def test_a_file_that_exists_can_be_left_alone(tmp_path: Path, png: bytes) -> None:
    """With "beside", whatever has the name keeps it: a file, a dangling link, a folder."""
    (tmp_path / "a.png").write_bytes(b"of another key")
    (tmp_path / "b.png").symlink_to("nowhere")
    (tmp_path / "c.png").mkdir()
    for stem in "abc":
        saved = await save_image(chunks(png), Target.in_folder(tmp_path, stem), if_exists="beside")
        assert saved.path == tmp_path / f"{stem}~2.png"
        assert saved.path.read_bytes() == png

    again = await save_image(chunks(png), tmp_path / "a.png", if_exists="beside")

    assert again.path == tmp_path / "a~3.png"
    assert (tmp_path / "a.png").read_bytes() == b"of another key"
    assert names(tmp_path) == ["a.png", "a~2.png", "a~3.png", "b.png", "b~2.png", "c.png", "c~2.png"]


async def test_of_many_saves_to_one_name_one_wins_whole(tmp_path: Path) -> None:
    """Saves at once to one name leave one whole picture and no remains."""
    pictures = [make_png(pixels=bytes([number]) * 300_000) for number in range(12)]

    await asyncio.gather(*(save_image(chunks(content, 65536), tmp_path / "a.png") for content in pictures))

    assert (tmp_path / "a.png").read_bytes() in pictures
    assert names(tmp_path) == ["a.png"]


async def test_of_many_saves_beside_each_other_none_is_lost(tmp_path: Path) -> None:
    """Saves at once that may not replace each other each get a file of their own."""
    pictures = [make_png(1, number) for number in range(1, 13)]
    target = Target.in_folder(tmp_path, "a")

    saved = await asyncio.gather(*(save_image(chunks(content), target, if_exists="beside") for content in pictures))

    assert len({one.path for one in saved}) == len(pictures)
    assert [one.path.read_bytes() for one in saved] == pictures


async def test_a_disk_without_hard_links_reserves_the_name(
    tmp_path: Path, png: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the system refuses hard links, "beside" leaves files alone all the same."""

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")  # what FAT says to link(2); no such disk is at hand

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    target = Target.in_folder(tmp_path, "a")

    for _ in range(2):
        await save_image(chunks(png), target, if_exists="beside")

    assert names(tmp_path) == ["a.png", "a~2.png"]
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "a~2.png").read_bytes() == png


def test_a_reserved_name_is_given_back(tmp_path: Path) -> None:
    """When the rename fails after the name was reserved, the empty file is taken away."""
    part = PartFile(tmp_path, "a.png")
    part.write(b"content")
    part.sync()
    next(tmp_path.iterdir()).unlink()

    with pytest.raises(StorageError, match=r"can't write .*a.png: No such file"):
        part.put_beside(tmp_path / "a.png")
    assert names(tmp_path) == []


async def test_a_refused_name_leaves_nothing_behind(tmp_path: Path, png: bytes) -> None:
    """A parent that is a file, a name too long, a folder of that name: told with the system's words and a remedy."""
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    wrong = {
        tmp_path / "file" / "a.png": "Not a directory|File exists",
        tmp_path / ("x" * 300): "File name too long",
        tmp_path / "folder": "Is a directory",
        tmp_path / "a\0b": "embedded null",
    }

    for target, words in wrong.items():
        with pytest.raises(StorageError, match=f"can't write .*({words})") as caught:
            await save_image(chunks(png), target)
        assert caught.value.charged == "yes"
        assert caught.value.remedy.endswith(", then save the picture again: it stays paid for.")
    with pytest.raises(StorageError, match="File name too long"):
        await save_image(chunks(png), tmp_path / ("x" * 300), if_exists="beside")
    assert names(tmp_path) == ["file", "folder"]
    assert names(tmp_path / "folder") == []


@pytest.mark.parametrize(
    ("content", "expected_length", "words"),
    [
        (b"", None, "nothing at all"),
        (b"<!doctype html><h1>Not found</h1>", 33, "an HTML page .*Not found"),
        (make_png()[:-1], None, "cut off after"),
        (make_png()[:-1], len(make_png()), f"cut off after {len(make_png()) - 1} of {len(make_png())} bytes"),
        (make_png(40000, 40000, pixels=b""), None, "over the limit"),
    ],
)
async def test_what_is_no_whole_picture_leaves_nothing_behind(
    tmp_path: Path, content: bytes, expected_length: int | None, words: str
) -> None:
    """A page, half a picture or a bomb is refused, in memory as on disk, and what had the name before stays."""
    target = tmp_path / "a.png"
    target.write_bytes(b"before")

    with pytest.raises(StorageError, match=f"the picture for .*a.png is .*{words}") as caught:
        await save_image(chunks(content), target, expected_length=expected_length)
    with pytest.raises(StorageError, match=f"what came is .*{words}"):
        await read_image(chunks(content), expected_length=expected_length)

    assert names(tmp_path) == ["a.png"]
    assert target.read_bytes() == b"before"
    assert caught.value.is_of_the_picture
    assert caught.value.retryable == (words != "over the limit")  # the next would be as large
    assert "task id" not in caught.value.remedy


async def test_a_file_over_the_limit_is_not_read_to_its_end(tmp_path: Path, png: bytes) -> None:
    """An announced length over the limit is refused at once, an unannounced one when it gets there."""
    seen = 0

    async def endless() -> AsyncGenerator[bytes, None]:
        nonlocal seen
        while True:
            seen += 100_000
            yield bytes(100_000)

    with pytest.raises(StorageError, match="has at least 1000001 bytes, over the limit of 1000000"):
        await save_image(endless(), tmp_path / "a.png", expected_length=1_000_001, max_bytes=1_000_000)
    assert seen == 0
    async_chunks = endless()
    with pytest.raises(StorageError, match="has at least 1100000 bytes"):
        await save_image(async_chunks, tmp_path / "a.png", max_bytes=1_000_000)
    await async_chunks.aclose()
    assert seen == 1_100_000
    with pytest.raises(StorageError, match="over the limit of 9") as caught:
        await read_image(chunks(png), max_bytes=9)
    assert not caught.value.retryable
    assert names(tmp_path) == []


async def test_the_error_of_a_download_comes_out_unchanged(tmp_path: Path, large_png: bytes) -> None:
    """What breaks off the stream is the caller's to judge, and nothing of the half file is left."""

    async def broken() -> AsyncIterator[bytes]:
        yield large_png[:500_000]
        raise ConnectionResetError("gone")

    with pytest.raises(ConnectionResetError, match="gone"):
        await save_image(broken(), tmp_path / "a.png")

    assert names(tmp_path) == []


class Stalled:
    """A download that stops in the middle and says so."""

    def __init__(self, content: bytes) -> None:
        self.stalled = asyncio.Event()
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content
        self.stalled.set()
        await asyncio.Event().wait()


async def test_a_cancelled_save_leaves_nothing_behind(tmp_path: Path, large_png: bytes) -> None:
    """Cancelled by asyncio in the middle of a download, the half file is gone before the caller is told."""
    download = Stalled(large_png[:500_000])
    task = asyncio.create_task(save_image(download, tmp_path / "a.png"))
    await download.stalled.wait()
    assert len(names(tmp_path)) == 1

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert names(tmp_path) == []


async def test_a_save_in_a_cancelled_scope_leaves_nothing_behind(tmp_path: Path, large_png: bytes) -> None:
    """The same under anyio."""
    download = Stalled(large_png[:500_000])

    async with anyio.create_task_group() as group:
        group.start_soon(save_image, download, tmp_path / "a.png")
        await download.stalled.wait()
        group.cancel_scope.cancel()

    assert names(tmp_path) == []


@pytest.mark.parametrize("turns", range(0, 60, 3))
async def test_a_save_cancelled_at_any_turn_leaves_all_or_nothing(tmp_path: Path, large_png: bytes, turns: int) -> None:
    """Wherever a save is when it is cancelled, the folder holds the whole file or nothing."""
    task = asyncio.create_task(save_image(chunks(large_png, 100_000), tmp_path / "a.png"))
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])

    assert names(tmp_path) in ([], ["a.png"])
    assert not (tmp_path / "a.png").exists() or (tmp_path / "a.png").read_bytes() == large_png


FULL_DISK = """
import asyncio, resource, sys
from pathlib import Path
from nanobanana_async.errors import StorageError
from nanobanana_async.storage import save_image
from tests.storage.pictures import chunks, make_png

resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
folder, size = Path(sys.argv[1]), int(sys.argv[2])
try:
    asyncio.run(save_image(chunks(make_png(pixels=bytes(size)), 50_000), folder / "a.png"))
except StorageError as error:
    print(error.message, error.remedy, [path.name for path in folder.iterdir()], sep="|")
"""


@pytest.mark.parametrize("size", [900_000, 301_000])
def test_a_disk_that_takes_no_more_leaves_nothing_behind(tmp_path: Path, size: int) -> None:
    """When a write fails in the middle or at the end, the error says so and the half file is gone."""
    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path), str(size)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )

    message, remedy, left = run.stdout.strip().split("|")
    assert message == f"can't write into {tmp_path}: File too large (EFBIG)"
    assert remedy.startswith("Raise the limit on the size of files, then save the picture again")
    assert left == "[]"


def test_a_full_disk_is_told_in_the_systems_words() -> None:
    """The error of a full disk says that it is full and what to do."""
    with (
        pytest.raises(StorageError, match=r"can't write a file: No space left on device \(ENOSPC\)") as caught,
        disk_errors("write a file"),
        Path("/dev/full").open("wb", buffering=0) as full,
    ):
        full.write(b"x")

    assert caught.value.remedy.startswith("Free some space on the disk, then save")
    assert not caught.value.is_of_the_picture


def test_an_error_without_a_number_is_told_all_the_same() -> None:
    """An OSError that carries no errno has words too."""
    with pytest.raises(StorageError, match="can't do it: odd"), disk_errors("do it"):
        raise OSError("odd")
    with pytest.raises(StorageError, match="can't do it: OSError"), disk_errors("do it"):
        raise OSError


async def test_a_picture_is_read_into_memory(picture: Picture) -> None:
    """The bytes of the file with what they are, checked like a file on disk."""
    content, media_type, size = picture

    image = await read_image(chunks(content), expected_length=len(content))

    assert image == ImageData(content, media_type, *size)

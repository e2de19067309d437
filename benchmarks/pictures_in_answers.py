"""What a batch costs whose pictures come in the answers, as base64: CPU time, memory, and a loop that stands still.

    python benchmarks/pictures_in_answers.py     # three minutes; --quick: one run of each

A server in another process speaks OpenAI's images API and answers each create after about four seconds with a picture
of 2 MB of its own, in 2.7 MB of JSON. 200 of them are ordered, 50 at once, and written into a folder. Ours is a batch
with `save_to`, without a journal and with one; beside it `openai` behind a semaphore, which decodes and writes on the
loop, and once more with a thread for that, as a careful user would write it. It checks no picture and syncs no file;
ours does both. Each run is a process of its own; lag is how much later than asked a sleep of 10 ms ends. Medians of
three.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import logging
import os
import random
import resource
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Awaitable, Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from benchmarks.loopback import Gateway, json_reply, serve, server_process
from nanobanana_async import Client, OpenAIImages, Rate

PICTURES, AT_ONCE = 200, 50
SIDE = 832
"""Pixels: without compression, as PNG, two megabytes."""
SECONDS, BEAT, RUNS = 4.0, 0.01, 3


# --- the server -------------------------------------------------------------------------------------------------


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def pictures() -> Iterator[bytes]:
    """One PNG after the other, each with a word of its own in it."""
    size = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    rows = b"".join(b"\0" + random.randbytes(3 * SIDE) for _ in range(SIDE))
    start = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", size) + _chunk(b"IDAT", zlib.compress(rows, 0))
    for number in range(PICTURES):
        yield start + _chunk(b"tEXt", b"Title\0%d" % number) + _chunk(b"IEND", b"")


class Pictures(Gateway):
    """Answers each create after about four seconds, with the next picture."""

    ready: list[bytes] = []  # noqa: RUF012  of the whole process

    def asked(self, _: bytes, /) -> None:
        self.answer_after(SECONDS, self.ready.pop())


async def serve_pictures() -> None:
    for picture in pictures():
        said = {"created": 1780000000, "data": [{"b64_json": base64.b64encode(picture).decode()}]}
        Pictures.ready.append(json_reply(json.dumps(said).encode()))
    await serve(Pictures)


# --- those who order --------------------------------------------------------------------------------------------


async def ours(base: str, folder: Path, *, journal: Path | None = None) -> None:
    gateway, rate = OpenAIImages(base, "any-key"), Rate(100_000, per=1)
    prompts = (f"banana {number}" for number in range(PICTURES))
    async with (
        Client(gateway, rate=rate, in_flight=AT_ONCE, journal=journal) as client,
        client.batch(prompts, save_to=folder) as batch,
    ):
        async for outcome in batch:
            assert outcome.ok, outcome
            assert outcome.files, outcome


async def ours_with_a_journal(base: str, folder: Path) -> None:
    await ours(base, folder, journal=folder.parent / "run.db")


Write = Callable[[Path, str], Awaitable[object]]


async def openai(base: str, folder: Path, *, in_threads: bool = False) -> None:
    AsyncOpenAI = import_module("openai").AsyncOpenAI  # noqa: N806  only who measures it has it
    free = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with free:
            made = await client.images.generate(model="nano-banana-2", prompt=f"banana {number}")
            place, content = folder / f"{number:05}.png", made.data[0].b64_json
            if in_threads:
                await asyncio.to_thread(_decoded, place, content)
            else:
                _decoded(place, content)

    async with AsyncOpenAI(base_url=base, api_key="any-key", max_retries=0) as client:
        await asyncio.gather(*map(one, range(PICTURES)))


def _decoded(place: Path, content: str) -> None:
    place.write_bytes(base64.b64decode(content))


async def openai_in_threads(base: str, folder: Path) -> None:
    await openai(base, folder, in_threads=True)


CONTENDERS = {
    "ours": ours,
    "ours, with a journal": ours_with_a_journal,
    "openai": openai,
    "openai, files in threads": openai_in_threads,
}


# --- measuring --------------------------------------------------------------------------------------------------


async def measured(contender: str, base: str, folder: Path) -> dict[str, float]:
    """CPU seconds, the time by the clock, the most lag in ms, and the most memory in MB beyond that at the start."""
    late: list[float] = []

    async def beat() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(BEAT)
            late.append(time.perf_counter() - began - BEAT)

    beating = asyncio.ensure_future(beat())
    before, cpu, began = _memory(), time.process_time(), time.perf_counter()
    await CONTENDERS[contender](base, folder)
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    beating.cancel()
    late.sort()
    assert sum(file.suffix == ".png" for file in folder.iterdir()) == PICTURES
    return {
        "cpu": 1000 * cpu / PICTURES,
        "seconds": took,
        "p99": 1000 * late[int(0.99 * len(late))],
        "lag": 1000 * late[-1],
        "memory": (_memory() - before) / 1024,
    }


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def in_a_process(contender: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as place, server_process(__file__) as server:
        folder = Path(place) / "out"
        folder.mkdir()
        command = [sys.executable, __file__, "--measure", contender, f"{server}/v1", str(folder)]
        said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env={**os.environ}).stdout
        measures: dict[str, float] = json.loads(said)
        return measures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve_pictures())
        return
    if given.measure:
        logging.disable()
        contender, base, folder = given.measure
        print(json.dumps(asyncio.run(measured(contender, base, Path(folder)))))
        return
    print("| | CPU a picture, ms | lag p99, ms | most lag, ms | most memory, MB | seconds in all |")
    print("|---|---|---|---|---|---|")
    for contender in CONTENDERS:
        if contender.startswith("openai") and find_spec("openai") is None:
            print(f"| {contender} | not installed | | | | |")
            continue
        runs = [in_a_process(contender) for _ in range(1 if given.quick else RUNS)]
        cpu, p99, lag, memory, seconds = (
            statistics.median(run[name] for run in runs) for name in ("cpu", "p99", "lag", "memory", "seconds")
        )
        print(f"| {contender} | {cpu:.1f} | {p99:.1f} | {lag:.0f} | {memory:.0f} | {seconds:.1f} |", flush=True)


if __name__ == "__main__":
    main()

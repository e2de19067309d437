"""A batch whose pictures can't be saved: nothing more is paid for where that is so for all of them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nanobanana_async import Item, Outcome, Polling, Skipped, StorageError, Succeeded
from nanobanana_async.events import Event, RunStopped
from nanobanana_async.values import WireReply, WireRequest
from tests.scripted_images import IN_THE_ANSWER, PICTURE, ScriptedImages, made
from tests.scripted_kie import ScriptedKie

PROMPTS = [f"banana {n}" for n in range(8)]


def replaced(folder: Path, reply: WireReply) -> Callable[[], WireReply]:
    """An answer that comes just after somebody has put a file in the place of `folder`."""

    def answer() -> WireReply:
        if folder.is_dir():
            folder.rmdir()
        folder.touch()
        return reply

    return answer


def states(outcomes: list[Outcome]) -> list[str]:
    return [outcome.state for outcome in outcomes]


async def test_a_folder_that_takes_no_more_ends_the_sending(tmp_path: Path) -> None:
    """What is paid for is handed over, with its picture in memory; the rest says why it was not sent."""
    out = tmp_path / "out"
    gateway = ScriptedImages(replaced(out, made(IN_THE_ANSWER)), seconds=5.0)
    events: list[Event] = []

    async with gateway.client(in_flight=1, on_event=events.append) as client:
        outcomes = await client.generate_all(PROMPTS, save_to=out)
        first = outcomes[0]
        assert isinstance(first, Succeeded)
        picture = await client.read(first.result)
        alone = await client.generate("beside it")

    paid = len(gateway.requests) - 1
    assert states(outcomes) == ["succeeded"] * paid + ["skipped"] * (8 - paid)
    assert paid <= 2  # the next may have left while the first was being saved
    assert (picture.content, first.files) == (PICTURE, ())
    assert isinstance(first.file_error, StorageError)
    assert alone.urls
    told = [outcome for outcome in outcomes if isinstance(outcome, Skipped)]
    assert {outcome.reason for outcome in told} == {"storage"}
    assert {(type(one.error), one.error and one.error.charged) for one in told} == {(StorageError, "no")}
    assert told[0].error is not None
    assert told[0].error.remedy.endswith(", then send what was skipped.")
    assert [type(event) for event in events].count(RunStopped) == 1


async def test_what_is_on_its_way_is_collected_all_the_same(tmp_path: Path) -> None:
    """Several are on the wire when the first can't be saved: each is handed over, and told once."""
    out = tmp_path / "out"
    gateway = ScriptedImages(*[replaced(out, made(IN_THE_ANSWER))] * 3, seconds=5.0)
    events: list[Event] = []

    async with gateway.client(in_flight=3, on_event=events.append) as client:
        outcomes = await client.generate_all(PROMPTS, save_to=out)

    paid = len(gateway.requests)
    assert 3 <= paid <= 6
    assert states(outcomes) == ["succeeded"] * paid + ["skipped"] * (8 - paid)
    assert [type(event) for event in events].count(RunStopped) == 1


async def test_a_picture_that_is_a_link_makes_no_difference(tmp_path: Path) -> None:
    """It could be fetched later, for some days: paying on is not what anybody wants."""
    out = tmp_path / "out"
    kie = ScriptedKie()
    there = replaced(out, WireReply(200, {}, PICTURE))
    kie.others = {f"/task{n}.png": _whatever(there) for n in range(8)}

    async with kie.client(in_flight=1, polling=Polling(first=5.0, interval=5.0)) as client:
        outcomes = await client.generate_all(PROMPTS, save_to=out)

    paid = len(kie.prompts)
    assert paid <= 2
    assert states(outcomes) == ["succeeded"] * paid + ["skipped"] * (8 - paid)
    assert outcomes[0].error is not None
    assert outcomes[0].error.remedy.endswith("fetch the result again by its task id.")


def _whatever(answer: Callable[[], WireReply]) -> Callable[[WireRequest], WireReply]:
    return lambda _: answer()


async def test_the_next_run_pays_for_the_rest_alone(tmp_path: Path) -> None:
    """With a journal, the pictures of the first are put into the new folder."""
    out = tmp_path / "out"
    gateway = ScriptedImages(replaced(out, made(IN_THE_ANSWER)), seconds=5.0)

    for folder in (out, tmp_path / "new"):
        async with gateway.client(in_flight=1, journal=tmp_path / "run.db") as client:
            outcomes = await client.generate_all(PROMPTS, save_to=folder)

    assert states(outcomes) == ["succeeded"] * 8
    assert len(list((tmp_path / "new").iterdir())) == 8
    assert len(gateway.requests) == 8


@pytest.mark.parametrize("name", ["x" * 300, "file/below", "nul\0"])
async def test_a_picture_that_alone_can_not_be_saved_stops_nobody(tmp_path: Path, name: str) -> None:
    """A name that is too long, or is none; a folder that is a file, where a namer has one for each."""
    (tmp_path / "file").touch()
    gateway = ScriptedImages()

    def place(_: Item, index: int) -> Path:
        return tmp_path / (name if index == 0 else f"{index}")

    async with gateway.client(in_flight=1) as client:
        outcomes = await client.generate_all(PROMPTS, save_to=place)

    assert states(outcomes) == ["succeeded"] * 8
    assert [bool(outcome.files) for outcome in outcomes] == [False] + [True] * 7


async def test_a_namer_that_leads_to_no_place_for_pictures_stops_it(tmp_path: Path) -> None:
    """There is a folder, and it takes no files."""
    if not Path("/proc/self").exists():
        pytest.skip("no /proc here")
    gateway = ScriptedImages(seconds=5.0)

    async with gateway.client(in_flight=1) as client:
        outcomes = await client.generate_all(PROMPTS, save_to=lambda _, index: Path("/proc") / f"{index}")

    assert states(outcomes)[2:] == ["skipped"] * 6
    assert len(gateway.requests) <= 2


async def test_a_single_save_that_fails_stops_nobody(tmp_path: Path) -> None:
    """Who names another place is helped; what is queued has nothing to do with it."""
    (tmp_path / "file").touch()
    gateway = ScriptedImages()

    async with gateway.client(in_flight=1) as client, client.batch(PROMPTS, save_to=tmp_path / "out") as batch:
        result = await client.generate("a banana")
        with pytest.raises(StorageError) as caught:
            await client.save(result, tmp_path / "file" / "x.png")
        saved = await client.save(result, tmp_path / "x.png")
        outcomes = [outcome async for outcome in batch]

    assert "task id" not in caught.value.remedy
    assert "`result.urls`: client.save(result, another_place)" in caught.value.remedy
    assert saved == [tmp_path / "x.png"]
    assert all(outcome.files for outcome in outcomes)


async def test_another_batch_goes_on(tmp_path: Path) -> None:
    """It has a folder of its own, or none."""
    out = tmp_path / "out"
    gateway = ScriptedImages(replaced(out, made(IN_THE_ANSWER)), seconds=5.0)

    async with (
        gateway.client(in_flight=2) as client,
        client.batch(PROMPTS, save_to=out) as full,
        client.batch(PROMPTS, save_to=tmp_path / "other") as other,
    ):
        stopped = [outcome async for outcome in full]
        whole = [outcome async for outcome in other]

    assert "skipped" in states(stopped)
    assert all(outcome.files for outcome in whole)


FULL_DISK = """
import asyncio, resource, signal, sys
from pathlib import Path
from tests.scripted_images import ScriptedImages, made
from tests.storage.pictures import make_png
import base64

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
large = {"b64_json": base64.b64encode(make_png(pixels=bytes(400_000))).decode()}

async def main():
    gateway = ScriptedImages(*[made(large)] * 25)
    async with gateway.client(in_flight=2) as client:
        outcomes = await client.generate_all(map(str, range(25)), save_to=Path(sys.argv[1]))
    print(len(gateway.requests), *sorted({outcome.state for outcome in outcomes}), outcomes[-1].reason)

asyncio.run(main())
"""


def test_a_full_disk_is_known_by_the_first_picture(tmp_path: Path) -> None:
    """There is room for a small file still, and none for a picture."""
    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )

    sent, *said = run.stdout.split()
    assert int(sent) < 25
    assert said == ["skipped", "succeeded", "storage"]
    assert list(tmp_path.iterdir()) == []

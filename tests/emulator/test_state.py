"""What a restarted emulator still knows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from nanobanana_async.emulator import EmulatorOptions, StateFileError, World
from tests.emulator.customer import Clock, Customer, make_png

Start = Callable[[], Customer]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def start(folder: Path, clock: Clock) -> Iterator[Start]:
    """Starts an emulator on the folder, again and again; the one before loses the folder, as a kill would have it."""
    with ExitStack() as worlds:

        def started() -> Customer:
            worlds.close()
            return Customer(worlds.enter_context(World(EmulatorOptions(state_dir=folder), clock=clock)))

        yield started


def test_nothing_is_written_before_there_is_something_to_remember(start: Start, folder: Path) -> None:
    """The state file comes into being with the first task or upload; until then there is but the lock."""
    customer = start()
    customer.balance()
    before = [path.name for path in folder.iterdir()]
    customer.created()

    assert before == [".lock"]
    assert (folder / "emulator.jsonl").read_bytes().count(b"\n") == 1


def test_a_restarted_emulator_knows_tasks_balances_and_uploads(start: Start, clock: Clock) -> None:
    """Records, pictures, credits and files are the same after a restart, without a clean stop before it."""
    before = start()
    url = before.upload(make_png())["downloadUrl"]
    done = before.created("香蕉", image_input=[url])
    failing = before.created("[fail:policy]", resolution="4K")

    after = start()

    assert after.balance() == before.balance() == 10_000.0 - 8 - 18
    clock.move(20)
    assert after.balance() == before.balance() == 10_000.0 - 8
    assert after.record(done) == before.record(done)
    assert after.record(failing) == before.record(failing)
    picture = after.record(done)["response"]["resultUrls"][0]
    assert after.content(picture) == before.content(picture)
    assert after.content(url) == make_png()


def test_ids_go_on_after_a_restart(start: Start, clock: Clock) -> None:
    """A restarted emulator does not give an id twice: it continues the story of its seed."""
    together = Customer(World(EmulatorOptions(), clock=clock))
    expected = [together.created() for _ in range(4)]

    ids = [start().created() for _ in range(4)]

    assert ids == expected


def test_a_line_cut_short_is_forgotten(start: Start, folder: Path) -> None:
    """Half a line at the end, as a kill leaves it, is dropped, and the next line starts clean."""
    first = start().created()
    with (folder / "emulator.jsonl").open("ab") as file:
        file.write(b'{"kind":"task","id":"12')

    second = start().created()

    customer = start()
    assert [task.id for task in customer.world.tasks] == [first, second]


def test_a_whole_line_that_makes_no_sense_is_an_error(start: Start, folder: Path) -> None:
    """Somebody else's file is named, with its line, and left alone."""
    folder.mkdir()
    (folder / "emulator.jsonl").write_text('{"kind":"note"}\nhello\n')

    with pytest.raises(StateFileError, match=r"emulator\.jsonl, line 2"):
        start()


def test_a_closed_world_can_be_used_again(start: Start) -> None:
    """Closing lets go of the file; the next task opens it again."""
    customer = start()
    customer.created()
    customer.world.close()
    customer.world.close()
    customer.created()
    customer.world.close()

    assert len(start().world.tasks) == 2


def test_no_key_is_written(start: Start, folder: Path) -> None:
    """The state folder holds names of accounts, not keys."""
    customer = start()
    customer.created()
    customer.upload(make_png())

    assert "key-1" not in (folder / "emulator.jsonl").read_text()


def test_an_upload_taken_out_of_the_folder_is_empty(start: Start, folder: Path) -> None:
    """A file that somebody deleted is served empty rather than as an error of the server."""
    customer = start()
    url = customer.upload(make_png())["downloadUrl"]
    customer.upload(make_png(), "again.png")
    for file in (folder / "uploads").iterdir():
        file.unlink()

    assert customer.content(url) == b""


def test_a_folder_of_an_earlier_version_is_taken(start: Start, folder: Path, clock: Clock) -> None:
    """Its orders knew one dialect, one size and one picture."""
    before = start()
    task_id = before.created()
    before.world.close()
    file = folder / "emulator.jsonl"
    line = json.loads(file.read_bytes())
    for name in ("dialect", "size", "count"):
        del line["order"][name]
    file.write_text(json.dumps(line) + "\n")
    clock.move(20)

    after = start()

    assert after.record(task_id)["state"] == "success"
    assert after.picture(after.record(task_id)["response"]["resultUrls"][0]).size == (1024, 1024)

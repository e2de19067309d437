"""A state folder on a disk that fills up, and has room again: in a process of its own, with a bound on its files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="only POSIX bounds the size of a file")

PATIENCE = 60
PREAMBLE = """
import json, logging, resource, signal, sys
from pathlib import Path
from nanobanana_async.emulator import *

logging.disable()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
folder = Path(sys.argv[1])
options = EmulatorOptions(state_dir=folder, speed=1e6)
said = []

def ask(world, operation, body=None):
    reply = world.serve(Call(operation, body=body, authorization="Bearer k"))
    return reply.payload.get("data") if reply.code == 200 else reply.code

def create(world, prompt, **more):
    return ask(world, "createTask", {"model": "nano-banana-2", "input": {"prompt": prompt}, **more})

def fill(room=100):
    size = (folder / "emulator.jsonl").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + room, resource.RLIM_INFINITY))

def empty():
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
"""


def run(folder: Path, program: str) -> Any:
    """What the program leaves in `said`."""
    whole = f"{PREAMBLE}\n{program}\nprint(json.dumps(said))\n"
    done = subprocess.run(
        [sys.executable, "-c", whole, str(folder)], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_what_cannot_be_kept_is_refused_and_costs_nothing(tmp_path: Path) -> None:
    """An error of the server in its own words, nothing charged, no task; and the ledger knows of it."""
    program = """
with World(options) as world:
    create(world, "one")
    fill()
    said += [create(world, "two"), create(world, "three"), ask(world, "credit"), len(world.tasks)]
    said += [[create.code for create in world.ledger.creates]]
"""
    assert run(tmp_path, program) == [500, 500, 9992.0, 1, [200, 500, 500]]


def test_a_line_that_failed_is_never_written_after_all(tmp_path: Path) -> None:
    """When there is room again no id is given twice, and a restarted emulator has the tasks that were told of."""
    program = """
with World(options) as world:
    ids = [create(world, "one")["taskId"]]
    fill()
    create(world, "two")
    empty()
    ids += [create(world, "three")["taskId"]]
    said += [ids, ask(world, "credit")]
with World(options) as world:
    said += [[task.id for task in world.tasks], ask(world, "credit")]
"""
    ids, left, restored, left_then = run(tmp_path, program)

    assert len(set(ids)) == 2
    assert (restored, left_then) == (ids, left)
    assert (tmp_path / "emulator.jsonl").read_bytes().count(b"\n") == 2


@pytest.mark.parametrize("room", [0, 100])
def test_a_full_disk_does_not_keep_the_folder(tmp_path: Path, room: int) -> None:
    """Closing lets go of it at once, whatever there was to write."""
    program = f"""
world = World(options)
create(world, "one")
fill({room})
create(world, "two")
world.close()
empty()
with World(options) as world:
    said += [len(world.tasks)]
"""
    assert run(tmp_path, program) == [1]


def test_an_upload_that_cannot_be_kept_is_refused(tmp_path: Path) -> None:
    """In the envelope of its host; the next one, with room, is taken."""
    program = """
with World(options) as world:
    create(world, "one")
    upload = {"base64Data": "aGFsbG8=", "uploadPath": "images", "fileName": "x.bin"}
    fill(0)
    reply = world.serve(Call("base64-upload", body=upload, authorization="Bearer k"))
    said += [dict(reply.payload)]
    empty()
    said += [ask(world, "base64-upload", upload)["fileSize"]]
"""
    refused, size = run(tmp_path, program)

    assert refused == {"success": False, "code": 500, "msg": "Internal Error, Please try again later."}
    assert size == 5


def test_callbacks_go_on_while_the_disk_is_full(tmp_path: Path) -> None:
    """What was answered can't be written down: it is sent again after a restart, and nothing breaks here."""
    program = """
clock = [1_789_000_000.0]
with World(options, clock=lambda: clock[0]) as world:
    create(world, "one", callBackUrl="http://127.0.0.1:9/")
    fill(0)
    clock[0] += 60
    for delivery in world.callbacks.take_due(clock[0]):
        world.callbacks.answered(delivery, 200, clock[0])
    said += [world.callbacks.next_at(), len(world.ledger.callbacks)]
empty()
with World(options, clock=lambda: clock[0]) as world:
    said += [len(world.callbacks.take_due(clock[0]))]
"""
    assert run(tmp_path, program) == [None, 1, 1]


def test_a_folder_can_be_taken_on_a_full_disk(tmp_path: Path) -> None:
    """The lock holds without the number of its holder in it."""
    program = """
with World(options) as world:
    create(world, "one")
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
with World(options) as world:
    said += [len(world.tasks)]
    try:
        World(options)
    except StateFileError as error:
        said += ["another emulator is at work" in str(error)]
empty()
"""
    assert run(tmp_path, program) == [1, True]

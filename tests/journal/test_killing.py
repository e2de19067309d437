"""Real processes, killed and stopped: what was said to be durable is there, and only the dead are buried."""

from __future__ import annotations

import os
import random
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest

from nanobanana_async.errors import BatchBusyError
from nanobanana_async.journal import SQLiteJournal
from tests.journal.conftest import GATEWAY
from tests.journal.processes import running, told_by
from tests.journal.steps import SCOPE, A, S

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")

KILLS = 12

CLAIMING = """
    journal = SQLiteJournal(path)
    await journal.open(GATEWAY)
    async def life(key):
        while True:
            key += "x"
            await journal.claim(intent(key))
            tell(key, "sending")
            await journal.record(answered(key, task_id=f"t{key}"))
            tell(key, "accepted")
    await asyncio.gather(*(life(f"{os.getpid()}-{number}-") for number in range(20)))
"""


async def test_whatever_was_said_to_be_durable_is_there(tmp_path: Path) -> None:
    """Killed at any moment: each claim that returned, each step that returned; and the dead are reaped."""
    path, draw = tmp_path / "run.db", random.Random(7)
    said: dict[str, str] = {}
    for _ in range(KILLS):
        with running(path, CLAIMING) as program:
            for _ in range(draw.randrange(1, 200)):
                key, state = program.hear()
                said[key] = state
            program.kill()
            said.update(program.rest())

    journal = SQLiteJournal(path)
    await journal.open(GATEWAY)
    found = {entry.key: entry async for entry in journal.entries(SCOPE)}
    locks = [place.name for place in path.with_name("run.db.locks").iterdir()]
    await journal.aclose()

    assert set(said) <= set(found)
    assert not [key for key, state in said.items() if state == "accepted" and found[key].task_id != f"t{key}"]
    assert {entry.state for entry in found.values()} <= {S.ACCEPTED, S.UNKNOWN}
    assert len(locks) == 1


HOLDING = """
    journal = SQLiteJournal(path)
    await journal.open(GATEWAY)
    await journal.hold("b")
    await journal.claim(intent("k"))
    tell("ready")
    time.sleep(600)
"""


@pytest.mark.usefixtures("_impatient")
async def test_only_the_dead_are_buried(tmp_path: Path) -> None:
    """A process that is stopped keeps what it has; one that is killed is followed at once."""
    journal = SQLiteJournal(tmp_path / "run.db")
    await journal.open(GATEWAY)
    with running(tmp_path / "run.db", HOLDING) as program:
        program.hear()
        program.stop()
        reaped_of_the_stopped = await journal.reap()
        stopped = await journal.find(SCOPE, "k")
        with pytest.raises(BatchBusyError, match=f"process {program.pid}"):
            await journal.hold(SCOPE)
        program.kill()
        killed = await journal.find(SCOPE, "k")
        [reaped] = await journal.reap()
        await journal.hold(SCOPE)
    [attempt] = await journal.attempts(SCOPE, "k")
    await journal.aclose()

    assert reaped_of_the_stopped == []
    assert stopped is not None
    assert (stopped.state, stopped.is_owned) == (S.SENDING, True)
    assert killed is not None
    assert (killed.state, killed.is_owned) == (S.SENDING, False)
    assert (reaped.state, attempt.state) == (S.UNKNOWN, A.UNKNOWN)


RACING = """
    journal = SQLiteJournal(path)
    await journal.open(GATEWAY)
    tell("ready")
    while not os.path.exists(path + ".go"):
        await asyncio.sleep(0.001)
    for number in random.sample(range(150), 150):
        if isinstance(await journal.claim(intent(str(number), token=random.randbytes(8).hex())), Claimed):
            tell(number)
    await journal.aclose()
"""


async def test_of_several_processes_one_wins_each_key(tmp_path: Path) -> None:
    """All begin with a journal that isn't there yet, and one of them is killed on the way."""
    path, said = tmp_path / "run.db", Counter[int]()
    with running(path, RACING) as one, running(path, RACING) as two, running(path, RACING) as three:
        readiness = [program.hear() for program in (one, two, three)]
        path.with_name("run.db.go").touch()
        said.update(three.hear() or ())
        three.kill()
        for program in (one, two, three):
            said.update(number for [number] in program.rest())
        ends = [program.process.wait(60) for program in (one, two)]

    journal = SQLiteJournal(path)
    await journal.open(GATEWAY)
    entries = [entry async for entry in journal.entries(SCOPE)]
    await journal.aclose()

    assert readiness == [["ready"]] * 3
    assert ends == [0, 0]
    assert set(said.values()) == {1}
    assert [entry.attempts for entry in entries] == [1] * 150
    assert 149 <= len(said) <= 150


FORKING = """
    journal = SQLiteJournal(path)
    await journal.open(GATEWAY)
    await journal.hold("b")
    await journal.claim(intent("k"))
    child = os.fork()
    if child:
        tell(child)
    time.sleep(600)
"""


@pytest.mark.usefixtures("_impatient")
async def test_a_child_does_not_keep_the_locks_of_its_parent(tmp_path: Path) -> None:
    """As multiprocessing makes one by fork: when the parent is killed its run is over, though the child lives."""
    journal = SQLiteJournal(tmp_path / "run.db")
    await journal.open(GATEWAY)
    with running(tmp_path / "run.db", FORKING) as program:
        [child] = program.hear()
        try:
            held = await journal.reap()
            program.kill()
            reaped = await journal.reap()
            await journal.hold(SCOPE)
        finally:
            os.kill(child, signal.SIGKILL)
    await journal.aclose()

    assert held == []
    assert [entry.key for entry in reaped] == ["k"]


def test_an_interpreter_ends_though_nobody_closed(tmp_path: Path) -> None:
    """The thread that writes keeps no process alive."""
    program = """
    journal = SQLiteJournal(path)
    await journal.open(GATEWAY)
    await journal.claim(intent("k"))
    tell("done")
"""
    assert told_by(tmp_path / "run.db", program) == [["done"]]

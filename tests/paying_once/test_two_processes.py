"""Two real processes that retry the same failed keys on one journal at the same moment: each key is charged once."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from nanobanana_async.emulator import EmulatorOptions, EmulatorServer, Limit, World

PATIENCE = 60.0
KEYS = 6
PROGRAM = textwrap.dedent("""
    import asyncio, json, sys
    from nanobanana_async import Client, Kie, NanoBananaError, Polling, Rate

    url, journal, again = sys.argv[1:]

    async def made(client, number):
        try:
            return (await client.generate(f"banana {number}", key=f"k{number}", retry_failed=bool(again))).task_id
        except NanoBananaError as error:
            return error.reason

    async def main():
        polling = Polling(speed=100)
        async with Client(Kie("any", base_url=url), journal=journal, polling=polling, rate=Rate(3, per=0.3)) as client:
            print("ready", flush=True)
            sys.stdin.readline()
            print(json.dumps(await asyncio.gather(*(made(client, number) for number in range(KEYS)))))

    asyncio.run(main())
""").replace("KEYS", str(KEYS))


def asking(url: str, journal: Path, again: str) -> subprocess.Popen[str]:
    """A process that is ready to ask for all keys, and does so when it is told to."""
    command = [sys.executable, "-c", PROGRAM, url, str(journal), again]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def told_by(processes: list[subprocess.Popen[str]]) -> list[list[str]]:
    """What each of them is given, started at once. None of them may have had to say that a step was refused."""
    try:
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        said = [process.communicate(timeout=PATIENCE) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait(PATIENCE)
    assert [err for _, err in said if "please report" in err] == []
    return [json.loads(out) for out, _ in said]


@pytest.fixture
def world() -> World:
    """A gateway that refuses the first creates, and from then on takes a while for each answer."""
    faults = [f"server-error,kind=policy,times={KEYS}"]
    return World(EmulatorOptions(speed=100, seed=1, limit=Limit(1000, per=1)), faults=faults)


def test_each_key_is_charged_once(world: World, tmp_path: Path) -> None:
    """Both processes have the same pictures, whoever of them has sent what."""
    with EmulatorServer(world) as server:
        (first,) = told_by([asking(server.base_url, tmp_path / "run.db", "")])
        world.faults.replace(["drip,seconds=0.003,on=createTask"])
        one, other = told_by([asking(server.base_url, tmp_path / "run.db", "yes") for _ in range(2)])

    assert first == ["policy"] * KEYS
    assert one == other
    assert sorted(one) == sorted(str(create.task_id) for create in world.ledger.accepted)
    assert len(set(one)) == KEYS

"""Two processes with one key on one journal: one charge, whichever of them is stopped or killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nanobanana_async.emulator import EmulatorOptions, EmulatorServer, Limit
from tests.cli.shell import LONG
from tests.evidence import until

SLOW = EmulatorOptions(speed=10, limit=Limit(1000, per=1))
PROGRAM = textwrap.dedent("""
    import asyncio, sys
    from nanobanana_async import Client, Polling

    async def main():
        async with Client(journal=sys.argv[1], polling=Polling(speed=10)) as client:
            result = await client.generate("a banana", key="one")
            print(result.task_id)

    asyncio.run(main())
""")


@contextmanager
def asking(journal: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that asks for the one picture."""
    command = [sys.executable, "-c", PROGRAM, str(journal)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()  # one that is stopped would be waited for without an end


@pytest.mark.parametrize("options", [SLOW])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_one_key_is_charged_once(gateway: EmulatorServer, tmp_path: Path, number: signal.Signals) -> None:
    """The other process has the picture; one that goes on later has the same."""
    ledger = gateway.world.ledger
    with asking(tmp_path / "run.db") as first, asking(tmp_path / "run.db") as second:
        until(lambda: bool(ledger.polls), within=LONG)
        first.send_signal(number)
        out, err = second.communicate(timeout=LONG)  # a minute, where the first was stopped while it wrote
        first.send_signal(signal.SIGCONT)
        its, _ = first.communicate(timeout=LONG)

    [create] = ledger.creates
    assert out.strip() == create.task_id, err
    assert its.strip() == ("" if number is signal.SIGKILL and first.returncode else create.task_id)

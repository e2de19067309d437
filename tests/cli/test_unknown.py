"""`unknown`: what may be paid for is listed, and settled by a person."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nanobanana_async.emulator import EmulatorServer
from tests.cli.shell import FAST, Said, nanobanana, spawned
from tests.evidence import until
from tests.runs.files import by_key


@pytest.fixture
def lost(gateway: EmulatorServer, tmp_path: Path) -> Path:
    """A folder with an item whose answer was lost, though it was taken, and one that is done."""
    (tmp_path / "rows.jsonl").write_text('{"prompt": "a cat", "key": "cat"}\n{"prompt": "a dog", "key": "dog"}\n')
    gateway.world.faults.add("closed,nth=1")
    said = again(tmp_path)
    gateway.world.faults.clear()
    assert said.code == 1
    assert (
        f"1 is unknown: it may be paid for, and is not sent again. See: nanobanana unknown {tmp_path}/out" in said.err
    )
    return tmp_path / "out"


def again(folder: Path, *options: object) -> Said:
    return nanobanana("batch", folder / "rows.jsonl", "-o", folder / "out", *FAST, *options)


def orphan(gateway: EmulatorServer, out: Path) -> str:
    """The id of the task that was taken and that nobody was told of."""
    known = {row["task_id"] for row in by_key(out).values()}
    [task_id] = [str(create.task_id) for create in gateway.world.ledger.accepted if create.task_id not in known]
    return task_id


def key_of(out: Path) -> str:
    [key] = [key for key, row in by_key(out).items() if row["state"] == "unknown"]
    return key


def test_what_is_unknown_is_listed_with_what_is_known(gateway: EmulatorServer, lost: Path) -> None:
    """When it was sent, what was asked for, what it costs, why; what can be said of it; no line over 80 columns."""
    key = key_of(lost)
    said, told = nanobanana("unknown", lost), nanobanana("unknown", lost, "--json")
    [row] = told.rows

    assert said.code == told.code == 0
    assert said.out.splitlines()[0].startswith(f"{key}  sent 20")
    assert said.out.splitlines()[0].endswith("UTC  4 credits (0.02 USD)")
    assert said.out.splitlines()[1] == f"  a {key}"
    assert all(word in said.err for word in ("--adopt KEY=TASK_ID", "--resend KEY", "--drop KEY"))
    assert all(len(line) <= 80 for line in said.err.splitlines())
    assert (row["key"], row["state"], row["price"], row["request"]) == (key, "unknown", 4.0, {"prompt": f"a {key}"})


def test_a_task_that_was_found_is_adopted(gateway: EmulatorServer, lost: Path) -> None:
    """The next run fetches it, and pays for nothing."""
    key = key_of(lost)
    settled = nanobanana("unknown", lost, "--adopt", f"{key}={orphan(gateway, lost)}")
    state = by_key(lost)[key]["state"]
    after = again(lost.parent)

    assert settled.code == 0
    assert "nothing is paid" in settled.err
    assert state == "pending"
    assert (after.code, by_key(lost)[key]["state"]) == (0, "succeeded")
    assert len(gateway.world.ledger.creates) == 2
    assert nanobanana("unknown", lost).err == "nothing is unknown\n"


def test_it_can_be_sent_again(gateway: EmulatorServer, lost: Path) -> None:
    """What that may cost is said, and stands in the sum."""
    key = key_of(lost)
    settled = nanobanana("unknown", lost, "--resend", key)
    after = again(lost.parent)

    assert settled.err == (
        f"{key}: the next run sends it again, for 4 credits (0.02 USD); if it was taken, it is paid twice\n"
    )
    assert after.code == 0
    assert "up to 4 credits (0.02 USD) more for 1 unknown" in after.err
    assert len(gateway.world.ledger.creates) == 3


def test_it_can_be_given_up(gateway: EmulatorServer, lost: Path) -> None:
    """It is failed from then on, and may have been charged; made anew it is only where that is said."""
    key = key_of(lost)
    settled = nanobanana("unknown", lost, "--drop", key)
    again(lost.parent, "--retry-failed", "all")
    row = by_key(lost)[key]
    anew = again(lost.parent, "--redo", key)

    assert "4 credits (0.02 USD) are gone" in settled.err
    assert (row["state"], row["charged"]) == ("failed", "unknown")
    assert anew.code == 0
    assert len(gateway.world.ledger.creates) == 3


@pytest.mark.parametrize(
    ("settling", "words"),
    [
        (["--resend", "cow"], "'cow' is not unknown: there is no such key"),
        (["--drop", "{done}"], "is not unknown: it is saved"),
        (["--drop", "{key}", "--resend", "{key}"], "two things are said of the key"),
        (["--adopt", "{key}"], "names no task"),
        (["--adopt", "{key}=1", "--adopt", "{key}=2"], "names two tasks"),
        (["--adopt", "{key}={other}"], "can't be that of"),
        (["--adopt", "{key}=nobodys"], "no record of task 'nobodys'"),
    ],
)
def test_what_can_not_be_said_changes_nothing(
    gateway: EmulatorServer, lost: Path, settling: list[str], words: str
) -> None:
    """The key is named, and why."""
    key = key_of(lost)
    [done] = set(by_key(lost)) - {key}
    before = by_key(lost)
    names = {"key": key, "done": done, "other": before[done]["task_id"]}
    said = nanobanana("unknown", lost, *(option.format(**names) for option in settling))

    assert said.code in (1, 2)
    assert words in said.err
    assert by_key(lost) == before
    assert key_of(lost) == key


def test_a_task_of_another_model_is_refused(gateway: EmulatorServer, lost: Path, tmp_path: Path) -> None:
    """It can't be the one that was lost."""
    key = key_of(lost)
    other = nanobanana("generate", "x", "-m", "nano-banana-2", "-o", tmp_path / "x.jpg", "--json", "--speed", 1000)
    said = nanobanana("unknown", lost, "--adopt", f"{key}={other.rows[0]['task_id']}")

    assert said.code == 2
    assert "it is of 'nano-banana-2', not of 'google/nano-banana'" in said.err


@pytest.mark.parametrize(
    ("place", "words"), [("", "has neither run.db nor manifest.jsonl"), ("x", "no folder or journal")]
)
@pytest.mark.parametrize("settling", [[], ["--drop", "x"]])
def test_where_nothing_was_written_down_nothing_is_said_of_it(
    tmp_path: Path, place: str, words: str, settling: list[str]
) -> None:
    """A folder that is mistyped must not look as if all was well."""
    said = nanobanana("unknown", tmp_path / place, *settling)

    assert said.code == 2
    assert words in said.err


def test_what_was_not_taken_is_sent_at_no_risk(gateway: EmulatorServer, lost: Path) -> None:
    """It is paid for once, and nothing of the first stands in the sum."""
    key = key_of(lost)
    settled = nanobanana("unknown", lost, "--not-taken", key)
    after = again(lost.parent)

    assert settled.err == f"{key}: it was not taken; the next run sends it, for 4 credits (0.02 USD)\n"
    assert after.code == 0
    assert "2 of 2 succeeded | 8 credits (0.04 USD) |" in after.err


def test_a_task_of_another_prompt_is_refused(gateway: EmulatorServer, lost: Path, tmp_path: Path) -> None:
    """Both prompts are named, and nothing is changed."""
    key = key_of(lost)
    other = nanobanana("generate", "a cow", "-o", tmp_path / "x.png", "--json", "--speed", 1000)
    said = nanobanana("unknown", lost, "--adopt", f"{key}={other.rows[0]['task_id']}")

    assert said.code == 2
    assert f"its prompt is 'a cow', not 'a {key}'" in said.err
    assert key_of(lost) == key


def test_a_manifest_alone_tells_as_well(gateway: EmulatorServer, lost: Path) -> None:
    """It is settled once its folder has a journal again."""
    key = key_of(lost)
    (lost / "run.db").unlink()
    listed, settled = nanobanana("unknown", lost), nanobanana("unknown", lost, "--drop", key)
    again(lost.parent)
    after = nanobanana("unknown", lost, "--drop", key)

    assert listed.out.splitlines()[0].startswith(f"{key}  sent ")
    assert settled.code == 2
    assert "has no journal yet" in settled.err
    assert after.code == 0
    assert len(gateway.world.ledger.creates) == 2


PROGRAM = """
import asyncio, sys
from nanobanana_async import Client, NanoBananaError

async def main():
    async with Client(journal=sys.argv[1]) as client:
        for name in ("mine", "yours"):
            async with client.batch(["a cat"], name=name) as batch:
                async for _ in batch: pass
        try:
            await client.generate("a dog", key="order-1")
        except NanoBananaError as error:
            print(error)
asyncio.run(main())
"""


def test_what_a_program_has_lost_is_listed_with_its_batch(gateway: EmulatorServer, tmp_path: Path) -> None:
    """Single calls as well. A key that stands in several is settled by its name."""
    gateway.world.faults.add("closed")
    book = tmp_path / "app.db"
    subprocess.run([sys.executable, "-c", PROGRAM, book], check=True, capture_output=True)
    listed, rows = nanobanana("unknown", book), nanobanana("unknown", book, "--json").rows
    [key] = {row["key"] for row in rows if row["name"] == "mine"}
    several = nanobanana("unknown", book, "--drop", key)
    named = nanobanana("unknown", book, "--drop", key, "--name", "mine")
    single = nanobanana("unknown", book, "--name", "", "--not-taken", "order-1")
    left = nanobanana("unknown", book, "--json").rows

    assert {(row["name"], row["key"]) for row in rows} == {("", "order-1"), ("mine", key), ("yours", key)}
    assert "order-1  (a single call)  sent 20" in listed.out
    assert f"{key}  (batch 'mine')  sent 20" in listed.out
    assert several.code == 2
    assert f"{key!r} is unknown in several batches: 'mine', 'yours'" in several.err
    assert "--name" in several.err
    assert (named.code, single.code) == (0, 0)
    assert "the next call with that key sends it" in single.err
    assert [(row["name"], row["key"]) for row in left] == [("yours", key)]


@pytest.mark.parametrize("name", ["elsewhere", ""])
def test_a_name_that_is_none_has_no_such_key(gateway: EmulatorServer, lost: Path, name: str) -> None:
    """Nothing is changed."""
    key = key_of(lost)
    said = nanobanana("unknown", lost, "--drop", key, "--name", name)

    assert said.code == 2
    assert f"{key!r} is not unknown: there is no such key" in said.err
    assert nanobanana("unknown", lost, "--name", name).out == ""


def test_what_is_being_sent_is_not_lost(gateway: EmulatorServer, tmp_path: Path) -> None:
    """While a run is at work: `status` says so, and so does a plan."""
    gateway.world.faults.add("silent,nth=1")
    (tmp_path / "rows.jsonl").write_text('{"prompt": "a cat", "key": "cat"}\n')
    arguments = ("batch", tmp_path / "rows.jsonl", "-o", tmp_path / "out", *FAST)
    with spawned(*arguments) as process:
        until(lambda: bool(gateway.world.ledger.creates))
        listed = nanobanana("unknown", tmp_path / "out")
        status = nanobanana("status", tmp_path / "out")
        plan = nanobanana(*arguments, "--dry-run")
        process.kill()
        process.communicate()
    after, later = nanobanana("unknown", tmp_path / "out"), nanobanana("status", tmp_path / "out")

    assert (listed.out, listed.err) == ("", "nothing is unknown\n")
    assert "1 item: 1 sending |" in status.out
    assert f"a run is at work there (process {process.pid})" in status.out
    assert "0 of 1 to send, 1 in flight from before" in plan.err
    assert f"a run is at work there (process {process.pid})" in plan.err
    assert after.out.startswith("cat  sent ")
    assert "1 item: 1 unknown |" in later.out
    assert "at work" not in later.out

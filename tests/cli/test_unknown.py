"""`unknown`: what may be paid for is listed, and settled by a person."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nanobanana_async.emulator import EmulatorServer
from tests.cli.shell import Said, nanobanana

FAST = ("--speed", 1000, "--rate", "1000/1")


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


def rows(out: Path) -> dict[str, dict[str, Any]]:
    return {row["key"]: row for row in map(json.loads, (out / "manifest.jsonl").read_text().splitlines())}


def orphan(gateway: EmulatorServer, out: Path) -> str:
    """The id of the task that was taken and that nobody was told of."""
    known = {row["task_id"] for row in rows(out).values()}
    [task_id] = [str(create.task_id) for create in gateway.world.ledger.accepted if create.task_id not in known]
    return task_id


def key_of(out: Path) -> str:
    [key] = [key for key, row in rows(out).items() if row["state"] == "unknown"]
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
    state = rows(lost)[key]["state"]
    after = again(lost.parent)

    assert settled.code == 0
    assert "nothing is paid" in settled.err
    assert state == "pending"
    assert (after.code, rows(lost)[key]["state"]) == (0, "succeeded")
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
    row = rows(lost)[key]
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
    [done] = set(rows(lost)) - {key}
    before = rows(lost)
    names = {"key": key, "done": done, "other": before[done]["task_id"]}
    said = nanobanana("unknown", lost, *(option.format(**names) for option in settling))

    assert said.code in (1, 2)
    assert words in said.err
    assert rows(lost) == before
    assert key_of(lost) == key


def test_a_task_of_another_model_is_refused(gateway: EmulatorServer, lost: Path, tmp_path: Path) -> None:
    """It can't be the one that was lost."""
    key = key_of(lost)
    other = nanobanana("generate", "x", "-m", "nano-banana-2", "-o", tmp_path / "x.jpg", "--json", "--speed", 1000)
    said = nanobanana("unknown", lost, "--adopt", f"{key}={other.rows[0]['task_id']}")

    assert said.code == 2
    assert "it is of 'nano-banana-2', not of 'google/nano-banana'" in said.err


def test_a_folder_without_a_journal_has_nothing_to_settle(tmp_path: Path) -> None:
    """That is said."""
    said = nanobanana("unknown", tmp_path, "--drop", "x")

    assert said.code == 2
    assert "has no journal" in said.err

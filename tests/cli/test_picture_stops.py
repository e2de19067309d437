"""A single picture at a gateway that answers with it, cut off while it is being made."""

from __future__ import annotations

import io
import signal
from pathlib import Path

import pytest

from nanobanana_async.cli._stopping import TwoSteps
from nanobanana_async.emulator import EmulatorOptions, EmulatorServer
from tests.cli.shell import nanobanana, spawned
from tests.cli.streams import Signalling, called
from tests.cli.test_interrupt import in_this_process
from tests.cli.test_stopping import Told
from tests.evidence import PATIENCE, until

QUICK = EmulatorOptions(speed=10)
THERE = ("--gateway", "openai-images")


def test_only_a_second_ctrl_c_gives_up() -> None:
    """A signal that comes twice, as where a session ends, is one; Ctrl-C after it is the second step."""
    told = Told()
    steps = TwoSteps(told.cancel, told)
    steps.leave()
    steps.leave()
    before = list(told.words)
    steps.press()

    assert before == ["finish"]
    assert told.words == ["finish", "give up", "cancel"]


@pytest.mark.parametrize("gateway_options", [(), THERE, ("--gateway", "openai-images-async")])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_before_the_create_leaves_ends_it_at_once(
    gateway: EmulatorServer, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, gateway_options: tuple[str, ...]
) -> None:
    """From the words of the price on, it is heard; nothing is sent then, and that is said."""
    monkeypatch.setenv("NANOBANANA_IMAGES_BASE_URL", f"{gateway.base_url}/v1")
    monkeypatch.setenv("NANOBANANA_IMAGES_API_KEY", "any")
    out, err = io.BytesIO(), Signalling("nano-banana", number)
    code = called("generate", "a cat", "-o", "cat.png", *gateway_options, out=out, err=err)

    assert code == 130
    assert err.taken.decode().splitlines()[1:] == ["nothing was sent", "interrupted"]
    assert not gateway.world.ledger.creates


@pytest.mark.parametrize("options", [QUICK])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_picture_on_the_wire_is_collected(reseller: EmulatorServer, tmp_path: Path, number: signal.Signals) -> None:
    """It is paid for: its answer is awaited, it is saved, and exit code 130 says that it was interrupted."""
    ledger, picture = reseller.world.ledger, tmp_path / "cat.png"
    arguments = ("generate", "a cat", "-o", picture, *THERE)
    said = in_this_process(*arguments, when=lambda: bool(ledger.accepted), number=number)

    assert said.code == 130
    assert said.out == f"{picture}\n"
    assert picture.stat().st_size
    assert "waiting for the answer to 1 create: 200 s at the most" in said.err
    assert len(ledger.accepted) == 1


@pytest.mark.parametrize("options", [QUICK])
def test_a_second_ctrl_c_leaves_it_and_says_what_it_may_cost(reseller: EmulatorServer, tmp_path: Path) -> None:
    """Whoever presses it knows before what it costs, and hears afterwards what can be done."""
    reseller.world.faults.add("stuck")
    with spawned("generate", "a cat", "-o", tmp_path / "cat.png", *THERE) as process:
        assert process.stderr is not None
        until(lambda: bool(reseller.world.ledger.accepted))
        process.send_signal(signal.SIGINT)
        heard = [process.stderr.readline() for _ in range(3)]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)

    assert (process.returncode, out) == (130, "")
    assert heard[2] == "Ctrl-C again gives it up: it may be paid for, and nobody would know.\n"
    assert err.startswith("no longer waiting for the answer to 1 create")
    assert "it may be paid for: look into the gateway's log before you ask for it again" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("options", [QUICK])
def test_a_signal_after_its_time_is_up_says_what_it_may_cost(gateway: EmulatorServer, tmp_path: Path) -> None:
    """The create is on the wire, and nobody waits for its answer any more but the close."""
    gateway.world.faults.add("silent,charged=yes")
    arguments = ("generate", "a cat", "-o", tmp_path / "cat.png", "--timeout", 0.1)
    said = in_this_process(*arguments, when=lambda: bool(gateway.world.ledger.accepted), number=signal.SIGTERM)

    assert said.code == 130
    assert "it may be paid for: look into the gateway's log" in said.err or "Ctrl-C again gives it up" in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize("options", [QUICK])
def test_a_picture_that_is_late_is_given_up_there_and_then(reseller: EmulatorServer, tmp_path: Path) -> None:
    """No other answer leads to it, so nothing is waited for at the close; that it may be paid for is said."""
    reseller.world.faults.add("stuck")
    said = nanobanana("generate", "a cat", "-o", tmp_path / "cat.png", "--timeout", 0.5, "--json", *THERE)

    assert (said.code, said.rows[0]["state"], said.rows[0]["charged"]) == (1, "unknown", "unknown")
    assert "no whole answer within 0.5 s" in said.err
    assert len(reseller.world.ledger.creates) == 1


@pytest.mark.parametrize("options", [QUICK])
def test_what_is_refused_while_it_is_awaited_is_not_sent_again(reseller: EmulatorServer, tmp_path: Path) -> None:
    """Nothing more is sent after a signal, and nothing is owed."""
    reseller.world.faults.add("fail,kind=internal")
    creates = reseller.world.ledger.creates
    arguments = ("generate", "a cat", "-o", tmp_path / "cat.png", *THERE)
    said = in_this_process(*arguments, when=lambda: bool(creates), number=signal.SIGINT)

    assert said.code == 130
    assert len(creates) == 1
    assert "paid for" not in said.err.partition("nobody would know")[2]


@pytest.mark.parametrize("options", [QUICK])
def test_a_task_there_is_fetched_by_a_command_that_leads_there(reseller: EmulatorServer, tmp_path: Path) -> None:
    """The command is said with the gateway's name."""
    reseller.world.faults.add("stuck")
    ledger = reseller.world.ledger
    arguments = ("generate", "a cat", "-o", tmp_path / "cat.png", "--gateway", "openai-images-async")
    said = in_this_process(*arguments, when=lambda: bool(ledger.polls), number=signal.SIGINT)

    assert said.code == 130
    assert f"nanobanana download {ledger.accepted[0].task_id} --gateway openai-images-async\n" in said.err

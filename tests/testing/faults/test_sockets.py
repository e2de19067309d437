"""The same faults over real sockets: what the wire does to an answer, and what our own transport makes of it.

Silence and the slow drip wait for a create's own deadline, a real minute: tests/transport has them, with deadlines of
their own.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from nanobanana_async import Client, Item
from nanobanana_async.emulator import EmulatorServer, Limit
from tests.testing.faults.contract import LOST, Case, cases, reason_of

FAST = pytest.mark.nanobanana(speed=1000, limit=Limit(1000, per=1))


@FAST
@cases(
    Case("closed", *LOST),
    Case("reset", *LOST),
    Case("bad-gateway", *LOST),
    Case("html", *LOST),
    Case("cut", *LOST),
    Case("cut-json", *LOST),
    Case("null-data", *LOST),
    Case("huge", *LOST),
    Case("gzip-bomb", *LOST),
    Case("too-many,form=status,times=1", creates=2),
    Case("too-many,form=bare,times=1", creates=2),
    Case("server-error,times=1", creates=2),
    Case("redirect", "failed", "service", "no"),
    Case("no-credits,form=status", "skipped", "credits", "no"),
)
async def test_a_create_comes_to_the_same_over_a_socket(
    case: Case, nanobanana_server: EmulatorServer, nanobanana_client: Client
) -> None:
    """Accepted, refused or unknown, and charged as the gateway's ledger says."""
    world = nanobanana_server.world
    await nanobanana_client.generate("a first banana")
    world.faults.add(case.fault)

    [outcome] = await nanobanana_client.generate_all(["a banana"])

    assert (outcome.state, reason_of(outcome), outcome.charged) == (case.state, case.reason, case.charged)
    assert len(world.ledger.creates) == 1 + case.creates
    assert not world.ledger.charged_twice()


@FAST
@pytest.mark.parametrize("fault", ["closed", "reset", "bad-gateway", "html", "cut", "cut-json", "huge", "gzip-bomb"])
async def test_a_look_is_made_again_over_a_socket(
    fault: str, nanobanana_server: EmulatorServer, nanobanana_client: Client
) -> None:
    """Whatever became of its answer."""
    nanobanana_server.world.faults.add(f"{fault},on=recordInfo,times=1")

    result = await nanobanana_client.generate("a banana")

    assert result.image
    assert len(nanobanana_server.world.ledger.accepted) == 1


@FAST
@pytest.mark.parametrize("fault", ["truncated", "short", "expired", "empty-file", "html-file", "reset,on=file"])
async def test_a_picture_is_fetched_again_over_a_socket(
    fault: str, nanobanana_server: EmulatorServer, nanobanana_client: Client, tmp_path: Path
) -> None:
    """Until it is whole; half of one is never left behind."""
    nanobanana_server.world.faults.add(f"{fault},times=1")

    [outcome] = await nanobanana_client.generate_all([Item("a banana", key="k")], save_to=tmp_path)
    [path] = outcome.files

    with Image.open(path) as picture:
        picture.load()
    assert list(tmp_path.iterdir()) == [path]


@FAST
async def test_a_picture_is_never_fetched_from_a_neighbour(
    nanobanana_server: EmulatorServer, nanobanana_client: Client, tmp_path: Path
) -> None:
    """A redirect to a private address is refused before anything is sent there."""
    # No TCP goes to a multicast address: were it followed, the system would refuse it, and nothing would leave.
    nanobanana_server.world.faults.add("private-redirect,to=http://224.0.0.1/x.png")

    [outcome] = await nanobanana_client.generate_all(["a banana"], save_to=tmp_path)

    assert "not followed" in str(outcome.file_error)  # type: ignore[union-attr]  # a success has one
    assert not list(tmp_path.iterdir())

"""The measure of benchmarks/paying_once.py: everybody speaks with the server, and it counts what they pay."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import paying_once
from benchmarks.loopback import server_process
from benchmarks.paying_once import CONTENDERS, LOST, Account, run_in_a_process, version_of

pytestmark = pytest.mark.wall_clock

ROOT = Path(__file__).parents[2]
LOST_FOR_GOOD = tuple(fault for fault in LOST if fault != "failed")


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """The address of a server in another process."""
    with server_process(paying_once.__file__) as address:
        yield address


@pytest.mark.parametrize("name", CONTENDERS)
def test_everybody_makes_an_image_where_nothing_goes_wrong(base: str, name: str) -> None:
    """With one create that is paid once: else a figure would tell of the server's faults, not of the client."""
    if version_of(CONTENDERS[name]) is None:
        pytest.skip(f"{CONTENDERS[name].distribution} is not installed")

    made = run_in_a_process(name, base, ("well",))["well"]

    assert (made.posts, made.paid, made.said) == (1, 1, "made")


def test_ours_pays_once_whatever_becomes_of_the_answer(base: str) -> None:
    """And says that it does not know; asked again under the same key it sends nothing."""
    found = run_in_a_process("ours", base, LOST_FOR_GOOD)

    unknown = "UnknownOutcomeError, charged: unknown"
    assert {(one.paid, one.said, one.paid_again, one.said_again) for one in found.values()} == {
        (1, unknown, 1, unknown)
    }
    assert [*found] == [*LOST_FOR_GOOD]


@pytest.mark.parametrize(
    ("name", "paid", "said"),
    [
        ("ours", 3, "ServiceError, charged: no"),
        ("ours, told to hold", 1, "UnknownOutcomeError, charged: unknown"),
    ],
)
def test_an_error_of_the_service_itself_is_repeated_unless_told_otherwise(
    base: str, name: str, paid: int, said: str
) -> None:
    """Documented as free, and so repeated twice, although this server takes the money each time."""
    failed = run_in_a_process(name, base, ("failed",))["failed"]

    assert (failed.paid, failed.said) == (paid, said)
    assert (failed.paid_again, failed.said_again) == (paid, said)


def test_a_refusal_is_counted_and_not_charged(base: str) -> None:
    """Five times 429, then an image, paid once."""
    busy = run_in_a_process("ours", base, ("busy",))["busy"]

    assert (busy.posts, busy.paid, busy.paid_again, busy.said, busy.said_again) == (6, 1, 1, "made", "made")


def test_creates_with_one_idempotency_key_are_charged_once() -> None:
    """Whoever would send one should not look as if he paid twice."""
    account = Account()
    for key in (None, "a", "a", None, "b"):
        account.charge(key)

    assert account.paid == 4


@pytest.mark.parametrize(
    "attempt",
    [
        "socket.create_connection(('127.0.0.2', 9))",
        "socket.getaddrinfo('localhost', 80)",
        "socket.gethostbyname('localhost')",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.2', 9))",
    ],
)
def test_no_other_address_is_reached(attempt: str) -> None:
    """It raises, and it is on the list; tried with addresses of this machine."""
    program = f"""
import socket
from benchmarks.paying_once import only_loopback
tried = only_loopback()
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname())
assert not tried
try:
    {attempt}
except PermissionError:
    print(len(tried))
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    assert done.stdout == "1\n", done.stderr

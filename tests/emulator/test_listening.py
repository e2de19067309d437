"""Where an emulator may listen, and what is said where it can't."""

from __future__ import annotations

import errno
import pickle

import pytest

from nanobanana_async.emulator import CannotListenError, EmulatorServer, ExposedHostError


def test_a_taken_port_is_told_with_the_remedy() -> None:
    """No number of the system's in the message; it stands beside it."""
    with EmulatorServer() as server, pytest.raises(CannotListenError) as raised:
        EmulatorServer(port=server.port).start()

    error = raised.value
    assert error.problem == f"127.0.0.1:{server.port} is already in use"
    assert str(error) == f"{error.problem}; choose another port, or 0 for any free one"
    assert (error.errno, error.is_about_host) == (errno.EADDRINUSE, False)


@pytest.mark.parametrize("host", ["192.0.2.1", f"{'x' * 64}.localhost"])
def test_a_host_that_is_not_here_is_told_with_the_remedy(host: str) -> None:
    """Of another machine, or of none: neither is a matter of the port."""
    with pytest.raises(
        CannotListenError, match=f"cannot listen on {host}:0.*; choose an address of this machine"
    ) as it:
        EmulatorServer(host=host, expose=True).start()

    assert it.value.is_about_host


def test_a_host_that_others_reach_takes_a_second_word() -> None:
    """The error says which."""
    with pytest.raises(ExposedHostError, match=r"'0\.0\.0\.0' is not a loopback address.* say so with expose=True"):
        EmulatorServer(host="0.0.0.0").start()


@pytest.mark.parametrize(
    "error", [CannotListenError(98, "127.0.0.1:1 is already in use", "choose another"), ExposedHostError("0.0.0.0")]
)
def test_an_error_survives_its_way_to_another_process(error: Exception) -> None:
    """Nothing is lost."""
    again = pickle.loads(pickle.dumps(error))

    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))

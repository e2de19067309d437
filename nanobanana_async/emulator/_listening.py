"""The socket that an emulator listens on: loopback unless told twice, and errors that say what to do.

Whoever reaches an emulator can read every prompt sent to it; so a host that others can reach takes a second word.
"""

from __future__ import annotations

import errno
import os
import socket

from nanobanana_async.emulator._places import is_loopback_host

_OTHER_PORT = "choose another port, or 0 for any free one"
_OTHER_HOST = "choose an address of this machine, such as 127.0.0.1"


class CannotListenError(OSError):
    """The address cannot be listened on; the message names it and says what to do.

    Args:
        number: The system's error number.
        problem: What is wrong, with the address.
        remedy: What to do.
    """

    def __init__(self, number: int | None, problem: str, remedy: str) -> None:
        super().__init__(number, f"{problem}; {remedy}")
        self.problem, self.remedy = problem, remedy

    def __str__(self) -> str:
        return f"{self.problem}; {self.remedy}"

    def __reduce__(self) -> tuple[type[CannotListenError], tuple[int | None, str, str]]:
        return type(self), (self.errno, self.problem, self.remedy)

    @property
    def is_about_host(self) -> bool:
        """Whether it is the host that has to be another, and not the port."""
        return self.remedy == _OTHER_HOST


class ExposedHostError(ValueError):
    """A host that other machines can reach, and nobody has said that it may be; the message says how."""

    def __init__(self, host: str) -> None:
        super().__init__(host)
        self.problem = f"{host!r} is not a loopback address: the emulator would be open to the network"

    def __str__(self) -> str:
        return f"{self.problem}. Use 127.0.0.1, or say so with expose=True."


def listen(host: str, port: int, *, expose: bool) -> socket.socket:
    """A socket that listens there.

    Raises:
        ExposedHostError: The host is not loopback, and `expose` is not set.
        CannotListenError: The port is taken, or the host is not of this machine.
    """
    if not is_loopback_host(host) and not expose:
        raise ExposedHostError(host)
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise CannotListenError(errno.EADDRNOTAVAIL, f"cannot listen on {host}:{port}", _OTHER_HOST) from error
    listener = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise _complaint(error, host, port) from error
    return listener


def base_url(host: str, port: int) -> str:
    """An address that a client on this machine can use, also when listening on all of them."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


def _complaint(error: OSError, host: str, port: int) -> CannotListenError:
    if error.errno == errno.EADDRINUSE:
        return CannotListenError(error.errno, f"{host}:{port} is already in use", _OTHER_PORT)
    remedy = _OTHER_HOST if error.errno == errno.EADDRNOTAVAIL else _OTHER_PORT
    return CannotListenError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}", remedy)

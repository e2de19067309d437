"""Testing what uses this package: the gateway in your own process, with every fault it has, on virtual time.

    emulator = Emulator(faults=["too-many,probability=0.3"])
    async with emulator.client() as client:
        ...                                           # your bot, your view, your batch job
    assert not emulator.ledger.charged_twice()

`Emulator` needs no port and no key. On a `VirtualTimeLoop` hours pass in milliseconds, and the same seed gives the same
events in the same order. `nanobanana_async.testing.plugin` brings both to pytest. It needs the extra
``nanobanana-async[testing]``.
"""

from nanobanana_async.testing._emulator import Emulator, emulated_client
from nanobanana_async.testing._in_process import EmulatorTransport
from nanobanana_async.testing._latency import Latency
from nanobanana_async.testing._virtual_time import StalledError, VirtualTimeLoop

__all__ = ["Emulator", "EmulatorTransport", "Latency", "StalledError", "VirtualTimeLoop", "emulated_client"]

"""Testing what uses this package: the gateway in your own process, with every fault it has, on virtual time.

    emulator = Emulator(faults=["too-many,probability=0.3"])
    async with emulator.client() as client:
        ...                                           # your bot, your view, your batch job
    assert not emulator.ledger.charged_twice()

`Emulator` needs no port and no key. On a `VirtualTimeLoop` hours pass in milliseconds, and the same seed gives the same
events in the same order. `nanobanana_async.testing.plugin` brings both to pytest. It needs the extra
``nanobanana-async[testing]``.
"""

try:
    from nanobanana_async.testing._emulator import Emulator, emulated_client
    from nanobanana_async.testing._in_process import EmulatorTransport
    from nanobanana_async.testing._latency import Latency
    from nanobanana_async.testing._policies import ClientPolicies
    from nanobanana_async.testing._virtual_time import StalledError, VirtualTimeLoop
except ImportError as error:
    if "nanobanana-async[" not in str(error):
        raise
    missing = (error.name or "").partition(".")[0]
    raise ImportError(
        f'nanobanana_async.testing needs {missing!r}: pip install "nanobanana-async[testing]"', name=missing
    ) from error

__all__ = [
    "ClientPolicies",
    "Emulator",
    "EmulatorTransport",
    "Latency",
    "StalledError",
    "VirtualTimeLoop",
    "emulated_client",
]

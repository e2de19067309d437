"""The gateways, on your machine: a double of the jobs dialect and the upload host, with no key and no network.

    with EmulatorServer(World(EmulatorOptions(speed=20, seed=1))) as server:
        ...  # any client with server.base_url and any bearer key

It is written from the protocol alone and imports nothing else of this package, so that an error in the
client cannot hide behind the same error here. It sends no request to anybody: addresses that leave this
machine are refused unless told, and never fetched either way.

`World` is the gateway as a plain object: one method, no waiting, no clock but the one handed in.
`create_app` puts HTTP in front of it, `EmulatorServer` and `serve` a socket.
"""

from importlib import import_module

try:
    import_module("python_multipart")  # Starlette needs it for uploads, and notices only when one arrives
    from nanobanana_async.emulator._accounts import Account, Accounts, account_name
    from nanobanana_async.emulator._app import Exchange, create_app
    from nanobanana_async.emulator._calls import Answer, Call, FileAnswer, Operation, Reply, Upload
    from nanobanana_async.emulator._faults import Faults
    from nanobanana_async.emulator._ledger import CreateSeen, KeySeen, Ledger
    from nanobanana_async.emulator._options import EmulatorOptions
    from nanobanana_async.emulator._orders import Order
    from nanobanana_async.emulator._plans import Failure, Plan, Stage
    from nanobanana_async.emulator._server import CannotListenError, EmulatorServer, serve
    from nanobanana_async.emulator._state import StateFileError
    from nanobanana_async.emulator._tasks import Task
    from nanobanana_async.emulator._windows import Limit, SlidingWindow, Window
    from nanobanana_async.emulator._world import World
except ImportError as error:
    if (error.name or "").partition(".")[0] not in (
        "PIL",
        "python_multipart",
        "starlette",
        "uvicorn",
        "anyio",
    ):
        raise
    raise ImportError(
        f'the emulator needs {error.name!r}: pip install "nanobanana-async[emulator]"',
        name=error.name,
    ) from error

__all__ = [
    "Account",
    "Accounts",
    "Answer",
    "Call",
    "CannotListenError",
    "CreateSeen",
    "EmulatorOptions",
    "EmulatorServer",
    "Exchange",
    "Failure",
    "Faults",
    "FileAnswer",
    "KeySeen",
    "Ledger",
    "Limit",
    "Operation",
    "Order",
    "Plan",
    "Reply",
    "SlidingWindow",
    "Stage",
    "StateFileError",
    "Task",
    "Upload",
    "Window",
    "World",
    "account_name",
    "create_app",
    "serve",
]

"""The gateways, on your machine: a double of their three dialects and of the upload host, with no key and no network.

    with EmulatorServer(World(EmulatorOptions(speed=20, seed=1))) as server:
        ...  # any client with server.base_url and any bearer key

It is written from the protocol alone and imports nothing else of this package, so that an error in the
client cannot hide behind the same error here. It sends nothing to anybody but callbacks, and those to this machine
only: addresses that leave it are refused unless told, and neither fetched nor called either way.

All of them speak at one address, with one account for each key: jobs and the older endpoint below ``/api/v1``, the
OpenAI-style images below ``/v1``, where an answer comes when its picture is done.

`World` is the gateway as a plain object: one method, no waiting, no clock but the one handed in.
`create_app` puts HTTP in front of it, `EmulatorServer` and `serve` a socket. `deliver_callbacks` takes its callbacks to
their receivers; a server does so by itself.

Whatever can go wrong does so when told: `World(faults=["too-many,probability=0.2", "silent,nth=3"])`, and
`world.faults.add` while it runs. `FAULTS` lists what there is.
"""

from importlib import import_module

try:
    import_module("python_multipart")  # Starlette needs it for uploads, and notices only when one arrives
    from nanobanana_async.emulator._accounts import Account, Accounts, account_name
    from nanobanana_async.emulator._app import create_app
    from nanobanana_async.emulator._callbacks import Callbacks, Delivery, post_on_loopback
    from nanobanana_async.emulator._calls import (
        Answer,
        Call,
        Cut,
        Drip,
        FileAnswer,
        Flood,
        Form,
        FormPart,
        HangUp,
        Immediate,
        Later,
        Page,
        Reply,
        Silence,
        Upload,
        Whole,
    )
    from nanobanana_async.emulator._courier import Post, deliver_callbacks
    from nanobanana_async.emulator._exchanges import Exchange
    from nanobanana_async.emulator._faults import (
        FAULT_CONDITIONS,
        FAULT_KINDS,
        FAULTS,
        Fault,
        FaultError,
        FaultParameter,
        Faults,
        FaultSpec,
        When,
    )
    from nanobanana_async.emulator._ledger import CallbackSeen, CreateSeen, KeySeen, Ledger
    from nanobanana_async.emulator._listening import CannotListenError, ExposedHostError
    from nanobanana_async.emulator._operations import Operation
    from nanobanana_async.emulator._option_checks import OptionError
    from nanobanana_async.emulator._options import EmulatorOptions
    from nanobanana_async.emulator._orders import Order
    from nanobanana_async.emulator._plans import Failure, Plan, Stage
    from nanobanana_async.emulator._reading import read_call
    from nanobanana_async.emulator._server import EmulatorServer, serve
    from nanobanana_async.emulator._state_lock import StateFileError
    from nanobanana_async.emulator._tasks import Task
    from nanobanana_async.emulator._windows import Bucket, FixedWindow, ForetellingWindow, Limit, SlidingWindow, Window
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
    "FAULTS",
    "FAULT_CONDITIONS",
    "FAULT_KINDS",
    "Account",
    "Accounts",
    "Answer",
    "Bucket",
    "Call",
    "CallbackSeen",
    "Callbacks",
    "CannotListenError",
    "CreateSeen",
    "Cut",
    "Delivery",
    "Drip",
    "EmulatorOptions",
    "EmulatorServer",
    "Exchange",
    "ExposedHostError",
    "Failure",
    "Fault",
    "FaultError",
    "FaultParameter",
    "FaultSpec",
    "Faults",
    "FileAnswer",
    "FixedWindow",
    "Flood",
    "ForetellingWindow",
    "Form",
    "FormPart",
    "HangUp",
    "Immediate",
    "KeySeen",
    "Later",
    "Ledger",
    "Limit",
    "Operation",
    "OptionError",
    "Order",
    "Page",
    "Plan",
    "Post",
    "Reply",
    "Silence",
    "SlidingWindow",
    "Stage",
    "StateFileError",
    "Task",
    "Upload",
    "When",
    "Whole",
    "Window",
    "World",
    "account_name",
    "create_app",
    "deliver_callbacks",
    "post_on_loopback",
    "read_call",
    "serve",
]

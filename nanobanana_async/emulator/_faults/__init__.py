"""Everything that goes wrong on purpose: what there is, when it strikes, and what it does.

    world = World(faults=["too-many,probability=0.2,retry-after=3", "closed,nth=3"])
    world.faults.add("silent,prompt=banana,times=1")

The text form is the same for the command line, the page and code: `NAME[,KEY=VALUE…]`. `FAULTS` says which names there
are and what each of them takes. Faults are written from the protocol alone, like the rest of the emulator.
"""

from nanobanana_async.emulator._faults._catalogue import FAULTS
from nanobanana_async.emulator._faults._engine import Faults
from nanobanana_async.emulator._faults._fault import Fault
from nanobanana_async.emulator._faults._names import FAULT_KINDS, FaultError, FaultKind, FaultName
from nanobanana_async.emulator._faults._spec import FaultParameter, FaultSpec
from nanobanana_async.emulator._faults._when import FAULT_CONDITIONS, WHEN, When

__all__ = [
    "FAULTS",
    "FAULT_CONDITIONS",
    "FAULT_KINDS",
    "WHEN",
    "Fault",
    "FaultError",
    "FaultKind",
    "FaultName",
    "FaultParameter",
    "FaultSpec",
    "Faults",
    "When",
]

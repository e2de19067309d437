"""What a fault is, as data: its name, what it does in a line, its parameters, and which calls it is about."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from nanobanana_async.emulator._faults._names import FaultKind, FaultName
from nanobanana_async.emulator._faults._readers import ON, Reader, Value, written
from nanobanana_async.emulator._operations import CREATES, OPERATIONS, Operation


@frozen
class FaultParameter:
    """A setting of one fault. `default` is None where leaving it out is a choice of its own."""

    name: str
    reader: Reader[Any]
    default: Value | None
    says: str

    @property
    def allowed(self) -> str:
        """What it may be."""
        return self.reader.allowed


@frozen
class FaultSpec:
    """One entry of the catalogue."""

    name: FaultName
    kind: FaultKind
    says: str
    """What happens, in a line for people."""
    parameters: tuple[FaultParameter, ...] = field(default=(), kw_only=True)
    on: tuple[Operation, ...] = field(default=CREATES, kw_only=True)
    """The operations it is about where nothing is said."""
    may_be_on: tuple[Operation, ...] = field(default=(), kw_only=True)
    """The operations that `on` may name; empty where it may not be given."""

    @property
    def where(self) -> FaultParameter | None:
        """The condition `on` as this fault takes it, its usual operations the default; None where it takes none."""
        if not self.may_be_on:
            return None
        not_on = ", ".join(operation for operation in OPERATIONS if operation not in self.may_be_on)
        allowed = f"any but {not_on}" if not_on else "any"
        return FaultParameter("on", Reader(allowed, ON.read), written(self.on), "at which operations")

    def parameter(self, name: str) -> FaultParameter | None:
        """The parameter of this name."""
        return next((each for each in self.parameters if each.name == name), None)

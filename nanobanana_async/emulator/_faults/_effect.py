"""What a fault of kind `record` is to a desk: a function from what would be said of a task to what is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from nanobanana_async.emulator._faults._fault import Fault
from nanobanana_async.emulator._tasks import Task

Said: TypeAlias = dict[str, object]
RecordEffect: TypeAlias = Callable[[Fault, Task, Said, float], Said | None]
"""None where it has nothing to act on, such as the failCode of a task that has not failed."""

_CODE_AS: Mapping[str, Callable[[str], object]] = {
    "null": lambda _code: None,
    "empty": lambda _code: "",
    "int": lambda code: int(code) if code.isascii() and code.isdigit() else code,
    "word": lambda _code: "GENERATION_FAILED",
}


def fail_code(fault: Fault, code: str) -> object:
    """The code of a failure in the form that the fault asks for."""
    return _CODE_AS[fault.text("form") or "int"](code)

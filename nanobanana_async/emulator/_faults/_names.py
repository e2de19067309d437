"""The names of everything that can go wrong on purpose, and the kinds they fall into."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

FaultName: TypeAlias = Literal[
    # refusals
    "too-many",
    "maintenance",
    "server-error",
    "high-demand",
    "validation",
    "invalid",
    "unauthorized",
    "no-credits",
    "key-capped",
    "disabled",
    "not-found",
    "redirect",
    "answer",
    # the wire
    "silent",
    "closed",
    "reset",
    "bad-gateway",
    "html",
    "cut",
    "cut-json",
    "null-data",
    "drip",
    "huge",
    "gzip-bomb",
    # a task's fate
    "slow",
    "stuck",
    "skipped-state",
    "all-states",
    "unknown-state",
    "invisible",
    "fail",
    "record-408",
    "record-501",
    # how its record says it
    "odd-case",
    "no-url",
    "fail-code",
    "plain-param",
    "old-record",
    "new-record",
    "result-dict",
    "result-string",
    # files
    "truncated",
    "short",
    "expired",
    "gone",
    "wrong-type",
    "mislabelled",
    "html-file",
    "empty-file",
    "private-redirect",
    "refuses-agents",
    # the balance
    "balance-int",
    # callbacks
    "callback-late",
    "callback-twice",
    "callback-out-of-order",
    "callback-forged",
    "callback-replayed",
    "callback-never",
    "callback-shape",
]

FaultKind: TypeAlias = Literal["refusal", "wire", "fate", "record", "file", "balance", "callback"]
"""What a fault is about; see `FAULT_KINDS`."""

FAULT_KINDS: Mapping[FaultKind, str] = MappingProxyType(
    {
        "refusal": "a no on arrival: nothing is charged, nothing else happens; counts calls",
        "wire": "what becomes of an answer, after the call has had its effect and when it would come; counts calls",
        "fate": "what becomes of a task, settled when it is accepted; counts tasks",
        "record": "how the record or the answer says it; counts tasks, and what is once said so of a task stays so",
        "file": "what the file host serves for a file that is there; counts fetches",
        "balance": "how the balance is said; counts calls",
        "callback": "what becomes of a callback; counts tasks",
    }
)
"""Every kind, with what its faults do and what they count."""


class FaultError(ValueError):
    """A fault that cannot be understood; the message names the word, the value, and what is allowed."""

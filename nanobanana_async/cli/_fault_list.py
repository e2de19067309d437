"""`emulator --faults`: everything that can go wrong on purpose, as a list to read before `--fault`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import groupby

from nanobanana_async.cli._output import put
from nanobanana_async.emulator import FAULT_CONDITIONS, FAULT_KINDS, FAULTS, FaultParameter, FaultSpec

_HEAD = """\
--fault NAME[,KEY=VALUE...], as often as wanted; a value with a comma in it stands in double quotes:
  --fault too-many,retry-after=3,probability=0.2 --fault 'silent,prompt="cat, in a hat",times=1'

when it strikes: for every fault, and all that is given must hold"""
_SHARED = 3  # by so many faults of a kind: then it is explained once


def list_faults() -> None:
    """All faults by kind, with their parameters and defaults, on stdout."""
    put(_HEAD)
    for name, allowed in FAULT_CONDITIONS.items():
        put(f"  {name + '=':<22} {allowed}")
    for kind, specs in groupby(FAULTS.values(), lambda spec: spec.kind):
        put(f"\n{kind}: {FAULT_KINDS[kind]}")
        _put_kind(list(specs))


def _settings(spec: FaultSpec) -> list[FaultParameter]:
    """What a fault takes beside the conditions, and where it strikes unless told."""
    return [*spec.parameters, *([spec.where] if spec.where else [])]


def _put_kind(specs: Sequence[FaultSpec]) -> None:
    counts = Counter(parameter for spec in specs for parameter in _settings(spec))
    shared = [parameter for parameter, count in counts.items() if count >= _SHARED]
    for spec in specs:
        _put_fault(spec, shared)
    for parameter in shared:
        _put_parameter(parameter, indent=2)


def _put_fault(spec: FaultSpec, shared: Collection[FaultParameter]) -> None:
    also = " ".join(f"[{parameter.name}=]" for parameter in _settings(spec) if parameter in shared)
    put(f"  {spec.name:<22} {spec.says}{' ' if also else ''}{also}")
    for parameter in _settings(spec):
        if parameter not in shared:
            _put_parameter(parameter, indent=4)


def _put_parameter(parameter: FaultParameter, *, indent: int) -> None:
    default = "" if parameter.default is None else f" (default {parameter.default})"
    name = f"[{parameter.name}=]" if indent == 2 else f"{parameter.name}="
    put(f"{' ' * indent}{name:<{24 - indent}} {parameter.says}: {parameter.allowed}{default}")

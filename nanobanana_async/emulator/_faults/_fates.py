"""Faults of kind `fate`: what becomes of a task, settled when it is accepted (PROTOCOL §1.2, §1.9).

A changed fate is a plan like any other: it is kept, it outlives the process, and nothing has to be remembered here. The
times that were drawn stay as they are, except where time is what is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import evolve

from nanobanana_async.emulator import _texts as texts
from nanobanana_async.emulator._faults import _wordings as wordings
from nanobanana_async.emulator._faults._fault import Fault
from nanobanana_async.emulator._faults._names import FaultName
from nanobanana_async.emulator._plans import FAIL, Failure, Plan, Stage, Veil

_EARLY, _LATE = 0.1, 0.4
"""When the stages that are put in begin, as shares of the task's whole time."""


def changed_plan(fault: Fault, plan: Plan) -> Plan | None:
    """The fate that a task has in place of the one so far; None where it never ends, and so can't end otherwise."""
    return _EFFECTS[fault.name](fault, plan) if plan.ends or fault.name == "invisible" else None


def _slow(fault: Fault, plan: Plan) -> Plan:
    began, usual = plan.created_at, plan.last.at - plan.created_at
    factor = fault.number("seconds") / usual if fault.number("seconds") and usual else fault.number("factor")
    return evolve(plan, stages=tuple(Stage(began + (stage.at - began) * factor, stage.state) for stage in plan.stages))


def _stuck(fault: Fault, plan: Plan) -> Plan:
    state = fault.text("state") or "waiting"
    first = plan.stages[0]
    stages = (first,) if state == first.state else (first, Stage(_at(plan, _EARLY), state))
    return evolve(plan, stages=stages, failure=None)


def _skipped_state(_fault: Fault, plan: Plan) -> Plan:
    return evolve(plan, stages=(plan.stages[0], plan.last))


def _all_states(_fault: Fault, plan: Plan) -> Plan:
    between = Stage(_at(plan, _EARLY), "queuing"), Stage(_at(plan, _LATE), "generating")
    return evolve(plan, stages=(plan.stages[0], *between, plan.last))


def _unknown_state(fault: Fault, plan: Plan) -> Plan:
    begins = Stage(_at(plan, _EARLY), fault.text("state") or "paused")
    seconds = fault.number("seconds")
    last = Stage(begins.at + seconds, plan.last.state) if seconds else plan.last
    return evolve(plan, stages=(plan.stages[0], begins, last))


def _invisible(fault: Fault, plan: Plan) -> Plan:
    return evolve(plan, veil=Veil(plan.created_at + fault.number("seconds"), int(fault.text("form") or 422)))


def _fail(fault: Fault, plan: Plan) -> Plan:
    kind = fault.text("kind") or "internal"
    code, text = fault.text("code"), fault.text("text")
    msg = wordings.REFUSALS[kind] if text is None else text
    return _failed(plan, Failure(wordings.FAILURES[kind] if code is None else code, msg))


def _record_408(_fault: Fault, plan: Plan) -> Plan:
    return _failed(plan, Failure("408", texts.UPSTREAM_SILENT, envelope=408))


def _record_501(_fault: Fault, plan: Plan) -> Plan:
    return _failed(plan, Failure("500", wordings.REFUSALS["internal"], envelope=501))


def _failed(plan: Plan, failure: Failure) -> Plan:
    return evolve(plan, stages=(*plan.stages[:-1], Stage(plan.last.at, FAIL)), failure=failure)


def _at(plan: Plan, share: float) -> float:
    return plan.created_at + share * (plan.last.at - plan.created_at)


_EFFECTS: Mapping[FaultName, Callable[[Fault, Plan], Plan]] = {
    "slow": _slow,
    "stuck": _stuck,
    "skipped-state": _skipped_state,
    "all-states": _all_states,
    "unknown-state": _unknown_state,
    "invisible": _invisible,
    "fail": _fail,
    "record-408": _record_408,
    "record-501": _record_501,
}

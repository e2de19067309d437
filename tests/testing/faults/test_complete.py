"""No fault without a case: what the emulator can commit, the client has been asked about."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nanobanana_async.emulator import FAULTS

HERE = Path(__file__).parent
WITHOUT_A_CLIENT = {name for name, spec in FAULTS.items() if spec.kind == "callback"}
"""Callbacks reach no client before the step that builds webhooks."""


@pytest.mark.parametrize("name", sorted(set(FAULTS) - WITHOUT_A_CLIENT))
def test_every_fault_has_a_case(name: str) -> None:
    """Each name that the command line lists stands in a test of this folder, as a fault that is committed."""
    tests = "\n".join(path.read_text() for path in HERE.glob("test_*.py") if path.name != Path(__file__).name)

    assert re.search(rf'"{re.escape(name)}[",]', tests)


@pytest.mark.xfail(strict=True, reason="the step that builds webhooks brings the client's side of callbacks")
def test_callbacks_have_a_client() -> None:
    """Late, twice, forged: what the client makes of them is tested once there is something that receives them."""
    assert not WITHOUT_A_CLIENT

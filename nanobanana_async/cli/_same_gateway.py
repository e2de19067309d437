"""The gateway that a journal is of: whose tasks alone can be in it, and the options that lead there.

A reseller's task is asked for nowhere else: another gateway may well know another task by the same id.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from nanobanana_async.cli._connection import Where, identity_of
from nanobanana_async.errors import ConfigurationError
from nanobanana_async.journal import same_gateway
from nanobanana_async.runs import gateway_of


def refuse_another(place: Path, journal: Path | None, where: Where) -> None:
    """Before anything is asked.

    Raises:
        ConfigurationError: the journal of `place` is of another gateway than the options name.
    """
    recorded = _another(place, journal, where)
    if recorded is not None:
        raise ConfigurationError(
            f"the journal of {str(place)!r} is of the gateway {recorded!r}, and the task would be asked for at "
            f"{identity_of(where)!r}; nothing was asked or changed",
            remedy=f"Add {_options_for(recorded)}.",
        )


def options_needed(place: Path, journal: Path | None, where: Where) -> str | None:
    """The options that lead to the gateway that the journal of `place` is of; None, where `where` leads there."""
    recorded = _another(place, journal, where)
    return None if recorded is None else _options_for(recorded)


def options_of(where: Where) -> str:
    """The options by which a later command asks at the same gateway, with a blank before each; empty for Kie's own."""
    given = {
        "--emulator": "" if where.emulator else None,
        "--gateway": where.gateway if where.gateway != "kie" else None,
        "--base-url": where.base_url,
        "--env-file": where.env_file,
    }
    return written_options(given)


def written_options(given: Mapping[str, object]) -> str:
    """Options as a shell takes them, with a blank before each: those that are None are left out, "" is a bare one."""
    said = {name: str(value) for name, value in given.items() if value is not None}
    return "".join(f" {name} {shlex.quote(value)}" if value else f" {name}" for name, value in said.items())


def _another(place: Path, journal: Path | None, where: Where) -> str | None:
    """The gateway that the journal of `place` is of, where it is another than the one that `where` leads to."""
    recorded, asked = gateway_of(place, journal), identity_of(where)
    return None if recorded is None or asked is None or same_gateway(recorded, asked) else recorded


def _options_for(recorded: str) -> str:
    kind, _, address = recorded.partition(" ")
    if kind == "emulator":
        return f"--emulator --gateway {address or 'kie'}"
    return written_options({"--gateway": kind, "--base-url": address}).strip()

"""`balance`: the credits left on the account."""

from __future__ import annotations

import json

from nanobanana_async.cli import _options as options
from nanobanana_async.cli._connection import Connection, Where, connected
from nanobanana_async.cli._exits import ExitCode, run
from nanobanana_async.cli._output import put
from nanobanana_async.client import Client
from nanobanana_async.pricing import dollars, total


def balance(
    *,
    as_json: options.Json = False,
    gateway: options.GatewayName = "kie",
    base_url: options.BaseUrl = None,
    env_file: options.EnvFile = None,
    emulator: options.Emulator = False,
) -> int:
    """Show the credits left on the account."""
    with connected(Where(gateway=gateway, base_url=base_url, env_file=env_file, emulator=emulator)) as connection:
        credits = run(_balance(connection))
    put(json.dumps({"credits": credits, "usd": dollars(credits)}) if as_json else str(total([credits])))
    return ExitCode.OK


async def _balance(connection: Connection) -> float:
    async with Client(connection.gateway) as client:
        return await client.balance()

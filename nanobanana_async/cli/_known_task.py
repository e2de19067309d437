"""What the gateway says of a task of which only the id is known; of one that it doesn't know, where else it may be."""

from __future__ import annotations

from nanobanana_async.client import Client
from nanobanana_async.errors import InvalidRequestError
from nanobanana_async.gateways import Gateway, Kie
from nanobanana_async.values import Task


async def known_task(client: Client, gateway: Gateway, task_id: str, dialect: str | None) -> Task:
    """The task as it is now. Raises: as `Client.status`."""
    try:
        return await client.status(task_id, dialect=dialect)
    except InvalidRequestError as error:
        if isinstance(gateway, Kie) and dialect is None:
            error.remedy = f"{error.remedy} A task of the older endpoint is asked for with --dialect generate."
        raise

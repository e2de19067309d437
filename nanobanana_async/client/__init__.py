"""The object that users hold: composition, and nothing else; the work is in `tasks/`."""

from nanobanana_async.client._client import Client
from nanobanana_async.client._plan import BatchPlan

__all__ = ["BatchPlan", "Client"]

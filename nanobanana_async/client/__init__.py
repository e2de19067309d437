"""The object that users hold: composition, and nothing else; the work is in `tasks/`."""

from nanobanana_async.client._client import Client

__all__ = ["Client"]

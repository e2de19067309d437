"""A row on its way to the queue: its local images are uploaded first, and what goes wrong with that is its end."""

from __future__ import annotations

from nanobanana_async.errors import KeyRefusedError, NanoBananaError, UsageError
from nanobanana_async.tasks._desk import Desk
from nanobanana_async.tasks._rows import Row
from nanobanana_async.tasks._uploads import Uploads


async def prepared(desk: Desk, uploads: Uploads, row: Row) -> bool:
    """Whether the images of `row` are where the vendor can fetch them, and it is queued; else it is over."""
    assert row.request is not None
    try:
        row.image_urls = await uploads.urls_for(row.request)
    except NanoBananaError as error:
        _not_prepared(desk, row, error)
        return False
    except Exception as error:  # noqa: BLE001  a transport of the user's may raise anything; nothing was created
        _not_prepared(desk, row, UsageError(f"the transport broke under an upload: {error!r}"))
        return False
    if row.over:
        return False
    desk.preparing.pop(row, None)
    desk.board.queue.append(row)
    return True


def _not_prepared(desk: Desk, row: Row, error: NanoBananaError) -> None:
    if row.over:
        return
    if isinstance(error, KeyRefusedError):
        desk.skip(row, "key", error)
        desk.stop(error, "key")
    else:
        desk.fail(row, error)

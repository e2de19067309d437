"""The pictures of a result: on disk, or in memory."""

from __future__ import annotations

import logging
from pathlib import Path

from nanobanana_async.client._lifetime import ClientLifetime
from nanobanana_async.errors import NoResultError
from nanobanana_async.storage import Target, suffix_differs, target_for
from nanobanana_async.values import ImageData, Result

logger = logging.getLogger("nanobanana_async")


class Pictures(ClientLifetime):
    """`save`, `read` and `read_all`."""

    async def save(self, result: Result, path: str | Path | Target) -> list[Path]:
        """Fetch the images of `result` to `path`; the paths that were written.

        A path is obeyed to the letter, with a warning in the log where the image is of another type; a folder is
        accepted, and a `Target` made elsewhere. Several images get ``-2``, ``-3``.

        Raises:
            ResultExpiredError: the image is no longer there.
            StorageError: it can't be written, or is no whole image.
            NetworkError, ServiceError: it can't be fetched.
        """
        fetcher = self._open().fetcher
        target = path if isinstance(path, Target) else target_for(path, stem=result.task_id or "image")
        # A file named by the task's id is the task's own: saved again, it is the same picture.
        is_shared = target.made and (isinstance(path, Target) or result.task_id is None)
        saved = await fetcher.save(result, target, if_exists="beside" if is_shared else "replace")
        for picture in saved:
            if suffix_differs(picture.path, picture.image.extension):
                logger.warning("%s holds a %s, in spite of its name", picture.path, picture.image.extension)
        return [picture.path for picture in saved]

    async def read(self, result: Result) -> ImageData:
        """The image of `result` in memory. Raises as `save` does; NoResultError where it has not exactly one image."""
        if len(result.urls) != 1:
            raise NoResultError(
                f"task {result.task_id!r} has {len(result.urls)} images, not one",
                task_id=result.task_id,
                remedy="Use read_all.",
            )
        return (await self.read_all(result))[0]

    async def read_all(self, result: Result) -> list[ImageData]:
        """All images of `result` in memory. Raises as `save` does."""
        return await self._open().fetcher.read(result)

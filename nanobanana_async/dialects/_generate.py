"""The generate dialect: Kie's older one, no longer in its documents (PROTOCOL §2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import attrs

from nanobanana_async.dialects._envelope import Envelope
from nanobanana_async.dialects._lenient import as_dict
from nanobanana_async.dialects._record import RecordNames
from nanobanana_async.dialects._task_dialect import TaskDialect
from nanobanana_async.values import JSON, Request


@attrs.frozen
class GenerateDialect(TaskDialect):
    """How the generate API at `base_url` is spoken to with the key `bearer`."""

    names: ClassVar[RecordNames] = RecordNames(
        "generate",
        results=("response",),
        urls=("resultUrls", "result_urls", "resultImageUrl", "imageUrl"),
        fail_code="errorCode",
        fail_message="errorMessage",
    )
    create_path: ClassVar[str] = "/api/v1/nano-banana/generate"
    record_path: ClassVar[str] = "/api/v1/nano-banana/record-info"

    def create_body(self, request: Request, image_urls: Sequence[str]) -> dict[str, JSON]:
        """The model and what it takes, side by side."""
        return {"model": request.model, **request.vendor_input(image_urls)}

    def record_in(self, answer: Envelope) -> dict[str, JSON]:
        """The record under ``data``; or the answer itself, where it is a record without an envelope."""
        top = as_dict(answer.body)
        return as_dict(answer.data) or (top if "successFlag" in top else {})

"""The jobs dialect: Kie's present one (PROTOCOL §1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import attrs

from nanobanana_async.dialects._record import RecordNames
from nanobanana_async.dialects._task_dialect import TaskDialect
from nanobanana_async.values import JSON, Request


@attrs.frozen
class JobsDialect(TaskDialect):
    """How the jobs API at `base_url` is spoken to with the key `bearer`: createTask and recordInfo."""

    names: ClassVar[RecordNames] = RecordNames(
        "jobs",
        results=("resultJson", "response"),
        urls=("resultUrls", "result_urls"),
        fail_code="failCode",
        fail_message="failMsg",
    )
    create_path: ClassVar[str] = "/api/v1/jobs/createTask"
    record_path: ClassVar[str] = "/api/v1/jobs/recordInfo"

    def create_body(self, request: Request, image_urls: Sequence[str]) -> dict[str, JSON]:
        """The model, and what it takes under ``input`` (PROTOCOL §1.1)."""
        return {"model": request.model, "input": request.vendor_input(image_urls)}

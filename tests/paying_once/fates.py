"""A scripted gateway whose tasks have each a fate of its own, which a test may turn while they run."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from nanobanana_async.values import WireReply, WireRequest
from tests.paying_once.lives import PatientKie
from tests.scripted_kie import record, said

FAILED = {"failCode": "500", "failMsg": "Internal Error, Please try again later.", "creditsConsumed": 0}
"""What the record of a task says that has failed for a passing reason and cost nothing."""


class FatefulKie(PatientKie):
    """Where nothing else is said, a task is in the `state` of all."""

    def __init__(self) -> None:
        super().__init__()
        self.fates: dict[str, dict[str, Any]] = {}

    def fail(self, task_id: str) -> None:
        """From now on its record says so."""
        self.fates[task_id] = {"state": "fail", **FAILED}

    def succeed(self, task_id: str, **more: Any) -> None:
        """From now on its record says so."""
        self.fates[task_id] = {"state": "success", **more}

    async def _look(self, request: WireRequest) -> WireReply:
        task_id = parse_qs(urlsplit(request.url).query)["taskId"][0]
        self.polls[task_id] += 1
        return said(200, data=record(task_id, **{"state": self.state, **self.fates.get(task_id, {})}))

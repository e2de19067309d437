"""Callbacks that the gateway never sent: a success nobody had, for a task that is somebody's or nobody's.

What an attacker could send who knows the address and, at best, a task's id. Where callbacks are signed, a forgery is
signed too, with another key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256

from nanobanana_async.emulator._callbacks._delivery import Delivery, message
from nanobanana_async.emulator._plans import SUCCESS

FOREIGN_URL = "https://forged.example/banana.png"
WRONG_KEY = "not the key of the settings"


def forgery(record: Mapping[str, object], url: str, now: float) -> Delivery:
    """A callback that says of this record that it succeeded, and where its picture is: far away."""
    task_id = str(record["taskId"])
    result = {"resultUrls": [FOREIGN_URL]}
    said = {"state": SUCCESS, "resultJson": json.dumps(result), "failCode": None, "failMsg": None}
    later = {"response": result, "successFlag": 1} if "successFlag" in record else {}
    return Delivery(
        task_id,
        url,
        message({**record, **said, **later, "completeTime": int(now * 1000)}),
        now,
        kind="forged",
        fault="callback-forged",
    )


def unknown_id(task_id: str) -> str:
    """An id that looks like one, and is nobody's."""
    return sha256(f"forged:{task_id}".encode()).hexdigest()[:32]

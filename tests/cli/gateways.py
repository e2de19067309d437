"""Gateways on which something goes wrong on purpose."""

from __future__ import annotations

import json

import attrs

from nanobanana_async.emulator import Answer, Call, Faults, FileAnswer, Reply

POLICY = "Your prompt was flagged by Website as violating content policies."


class Refusing(Faults):
    """Refuses every prompt that has the word *forbidden* in it."""

    def on_arrival(self, call: Call, now: float) -> Reply | None:
        if call.operation == "createTask" and "forbidden" in json.dumps(call.body):
            return Answer({"code": 400, "msg": POLICY, "data": None})
        return None


@attrs.define
class SomethingElse(Faults):
    """Is no gateway: whatever is asked of it, it shows a page."""

    requests: int = 0

    def on_arrival(self, call: Call, now: float) -> Reply | None:
        self.requests += 1
        return FileAnswer("text/html", lambda: b"<html><title>Welcome to nginx</title></html>")

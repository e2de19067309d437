"""LiteLLM's proxy (PyPI: litellm[proxy]) as a gateway: one model that it mocks, and one that it relays.

What it relays goes to an emulator of ours, so that both of its sides are seen. Whatever it would send elsewhere has
that emulator's address as well: with the settings below it makes no connection that leaves this machine.
"""

from __future__ import annotations

import json
from pathlib import Path

from attrs import define

from nanobanana_async import OpenAIImages
from nanobanana_async.emulator import EmulatorServer
from tests.interop.file_host import FileHost
from tests.interop.foreign import KEY, LITELLM, Server, free_port, start

MOCKED, RELAYED = "nano-banana-2", "relayed"
SILENT = {
    "DISABLE_ADMIN_UI": "true",
    "NO_DOCS": "true",
    "LITELLM_TELEMETRY": "False",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
}
"""It fetches nothing and reports nothing."""


@define(eq=False)
class LiteLLM:
    """One that is running, or coming up."""

    server: Server
    emulator: EmulatorServer

    @property
    def gateway(self) -> OpenAIImages:
        return OpenAIImages(f"{self.server.url}/v1", KEY, price=0.04)

    @property
    def creates(self) -> int:
        """How many it has answered, by its own log."""
        return self.server.log.count('"POST /v1/images/')

    def wait(self) -> None:
        """Until it is up: it takes its time."""
        self.server.wait_for("/health/liveliness")


def start_litellm(folder: Path, files: FileHost, emulator: EmulatorServer) -> LiteLLM:
    """One in `folder`, which is coming up."""
    upstream = {"api_key": "any", "api_base": f"{emulator.base_url}/v1", "model": "openai/nano-banana-2"}
    config = {
        "model_list": [
            {"model_name": MOCKED, "litellm_params": {**upstream, "mock_response": f"{files.url}/picture.png"}},
            {"model_name": RELAYED, "litellm_params": upstream},
        ],
        # Else it repeats more often still, and turns everybody away after a few errors.
        "router_settings": {"num_retries": 0, "disable_cooldowns": True},
        "general_settings": {"master_key": KEY},
    }
    (folder / "config.yaml").write_text(json.dumps(config))  # JSON is YAML
    port = free_port()
    said = ["--config", "config.yaml", "--host", "127.0.0.1", "--port", str(port), "--telemetry", "False"]
    return LiteLLM(start([str(LITELLM.path), *said], folder, port, SILENT), emulator)

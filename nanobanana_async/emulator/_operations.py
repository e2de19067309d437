"""What can be asked of the emulator, by names of its own, and the groups that they fall into.

A name is mostly the end of the path that asks for it. Faults and the ledger speak of calls by these.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

Operation: TypeAlias = Literal[
    "createTask",
    "recordInfo",
    "generate",
    "record-info",
    "generations",
    "edits",
    "images-task",
    "models",
    "credit",
    "download-url",
    "stream-upload",
    "base64-upload",
    "url-upload",
    "file",
]

OPERATIONS: tuple[Operation, ...] = get_args(Operation)
CREATES: tuple[Operation, ...] = ("createTask", "generate", "generations", "edits")
"""What costs credits."""
LOOKS: tuple[Operation, ...] = ("recordInfo", "record-info", "images-task")
"""Questions about a task."""
UPLOADS: tuple[Operation, ...] = ("stream-upload", "base64-upload", "url-upload")
IMAGES: tuple[Operation, ...] = ("generations", "edits", "images-task", "models")
"""What is said in the images dialect, with errors in OpenAI's form (PROTOCOL §3)."""

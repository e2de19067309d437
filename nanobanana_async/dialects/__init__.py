"""How it is said: values in, a `WireRequest` out; a `WireReply` in, values out. Nothing here sends, waits or raises
for what a gateway answers.
"""

from nanobanana_async.dialects._account import ask_balance, ask_download_url, read_balance, read_download_url
from nanobanana_async.dialects._generate import GenerateDialect
from nanobanana_async.dialects._images import ImagesDialect, versioned
from nanobanana_async.dialects._jobs import JobsDialect
from nanobanana_async.dialects._record import prompt_in_record
from nanobanana_async.dialects._retry_after import retry_after
from nanobanana_async.dialects._snippet import SHORTEST_SECRET, snippet
from nanobanana_async.dialects._uploads import read_uploaded, upload

__all__ = [
    "SHORTEST_SECRET",
    "GenerateDialect",
    "ImagesDialect",
    "JobsDialect",
    "ask_balance",
    "ask_download_url",
    "prompt_in_record",
    "read_balance",
    "read_download_url",
    "read_uploaded",
    "retry_after",
    "snippet",
    "upload",
    "versioned",
]

"""The known models of the jobs dialect, in the order of PROTOCOL §1.5: each has a class of requests of its own."""

from __future__ import annotations

from nanobanana_async.models._google import NanoBanana, NanoBananaEdit
from nanobanana_async.models._pro import NanoBananaPro
from nanobanana_async.models._request import JobsRequest
from nanobanana_async.models._second import NanoBanana2, NanoBanana2_1, NanoBanana2Lite

JOBS: tuple[type[JobsRequest], ...] = (
    NanoBanana,
    NanoBananaEdit,
    NanoBananaPro,
    NanoBanana2,
    NanoBanana2Lite,
    NanoBanana2_1,
)

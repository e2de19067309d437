"""An asyncio SDK for the Nano Banana image gateways: hundreds of paid tasks at once, each paid for once.

`Client` is where to begin; everything that stands here, and in the folders beside it without an underscore, is public.
"""

from nanobanana_async.client import Client
from nanobanana_async.errors import (
    AccountError,
    BadImageError,
    BusyError,
    ClientClosedError,
    ConfigurationError,
    DeclinedError,
    InvalidRequestError,
    KeyCappedError,
    KeyRefusedError,
    MaintenanceError,
    NanoBananaError,
    NetworkError,
    NoResultError,
    OutOfCreditsError,
    PolicyError,
    QueueFullError,
    RequestError,
    ResultExpiredError,
    ServiceError,
    StillRunningError,
    StorageError,
    TaskFailedError,
    UnknownOutcomeError,
    UsageError,
    WrongLoopError,
)
from nanobanana_async.gateways import Gateway, Kie
from nanobanana_async.models import (
    KieRequest,
    NanoBanana,
    NanoBanana2,
    NanoBanana2_1,
    NanoBanana2Lite,
    NanoBananaEdit,
    NanoBananaPro,
)
from nanobanana_async.outcomes import Failed, Outcome, Pending, Skipped, Succeeded, Unknown
from nanobanana_async.pacing import Polling, Rate
from nanobanana_async.tasks import Batch, Report, Statistics
from nanobanana_async.transport import HttpxTransport, ScriptedTransport, Transport
from nanobanana_async.values import ImageData, Item, Request, Result, Task, TaskState

__version__ = "0.1.0"

__all__ = [
    "AccountError",
    "BadImageError",
    "Batch",
    "BusyError",
    "Client",
    "ClientClosedError",
    "ConfigurationError",
    "DeclinedError",
    "Failed",
    "Gateway",
    "HttpxTransport",
    "ImageData",
    "InvalidRequestError",
    "Item",
    "KeyCappedError",
    "KeyRefusedError",
    "Kie",
    "KieRequest",
    "MaintenanceError",
    "NanoBanana",
    "NanoBanana2",
    "NanoBanana2Lite",
    "NanoBanana2_1",
    "NanoBananaEdit",
    "NanoBananaError",
    "NanoBananaPro",
    "NetworkError",
    "NoResultError",
    "OutOfCreditsError",
    "Outcome",
    "Pending",
    "PolicyError",
    "Polling",
    "QueueFullError",
    "Rate",
    "Report",
    "Request",
    "RequestError",
    "Result",
    "ResultExpiredError",
    "ScriptedTransport",
    "ServiceError",
    "Skipped",
    "Statistics",
    "StillRunningError",
    "StorageError",
    "Succeeded",
    "Task",
    "TaskFailedError",
    "TaskState",
    "Transport",
    "Unknown",
    "UnknownOutcomeError",
    "UsageError",
    "WrongLoopError",
]

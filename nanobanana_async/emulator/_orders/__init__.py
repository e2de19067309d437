"""What may be asked for, and how: from a call to the order in it, dialect by dialect.

Written from the protocol alone. Each `read_…` is a pure function that either understands a create or refuses it in the
words of its gateway; whether it can be paid for, or its pictures be reached, is decided where orders are taken.
"""

from nanobanana_async.emulator._orders._generate import read_generate
from nanobanana_async.emulator._orders._images import is_async, model_not_found, read_images
from nanobanana_async.emulator._orders._images_catalogue import IMAGES_MODELS
from nanobanana_async.emulator._orders._jobs import read_jobs
from nanobanana_async.emulator._orders._order import (
    Dialect,
    ImageRule,
    Order,
    Submission,
    reference,
    reference_path,
)

__all__ = [
    "IMAGES_MODELS",
    "Dialect",
    "ImageRule",
    "Order",
    "Submission",
    "is_async",
    "model_not_found",
    "read_generate",
    "read_images",
    "read_jobs",
    "reference",
    "reference_path",
]

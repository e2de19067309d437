"""What is said of a task by whoever is asked about it: pure functions, a module for each dialect."""

from nanobanana_async.emulator._records._generate import generate_record, is_flat
from nanobanana_async.emulator._records._images import Drawn, images_answer, images_record
from nanobanana_async.emulator._records._jobs import as_documented, as_today, dumps, jobs_record

__all__ = [
    "Drawn",
    "as_documented",
    "as_today",
    "dumps",
    "generate_record",
    "images_answer",
    "images_record",
    "is_flat",
    "jobs_record",
]

"""The desks: where a call has its effect, and its answer is written.

One for each dialect, and each speaks of nothing but its own shapes; what they share stands beside them: `Intake` takes
orders, `Looks` finds the task that is asked for. Desks never wait and know no HTTP library.
"""

from nanobanana_async.emulator._desks._account import AccountDesk
from nanobanana_async.emulator._desks._dress import with_errors_as, with_rate_headers
from nanobanana_async.emulator._desks._generate import GENERATE, Generate
from nanobanana_async.emulator._desks._images import Images
from nanobanana_async.emulator._desks._intake import Intake, Manner
from nanobanana_async.emulator._desks._jobs import JOBS, Jobs
from nanobanana_async.emulator._desks._looks import Looks
from nanobanana_async.emulator._desks._models import models
from nanobanana_async.emulator._desks._uploads import Uploads

__all__ = [
    "GENERATE",
    "JOBS",
    "AccountDesk",
    "Generate",
    "Images",
    "Intake",
    "Jobs",
    "Looks",
    "Manner",
    "Uploads",
    "models",
    "with_errors_as",
    "with_rate_headers",
]

"""A batch file in, a folder of pictures out: what the command line does, callable from Python."""

from nanobanana_async.runs._costs import Costs, Others, costs_of
from nanobanana_async.runs._manifest import COLUMNS, read_manifest
from nanobanana_async.runs._plan import Plan
from nanobanana_async.runs._problems import BadFileError, LineProblem
from nanobanana_async.runs._reading import read_items
from nanobanana_async.runs._rebuilding import Rebuilt, known_records
from nanobanana_async.runs._record import Record, manifest_row
from nanobanana_async.runs._rows import Row, Rows
from nanobanana_async.runs._run_batch import plan_batch, run_batch
from nanobanana_async.runs._run_report import RunReport
from nanobanana_async.runs._settling import Lost, Verdicts, lost_in, settle

__all__ = [
    "COLUMNS",
    "BadFileError",
    "Costs",
    "LineProblem",
    "Lost",
    "Others",
    "Plan",
    "Rebuilt",
    "Record",
    "Row",
    "Rows",
    "RunReport",
    "Verdicts",
    "costs_of",
    "known_records",
    "lost_in",
    "manifest_row",
    "plan_batch",
    "read_items",
    "read_manifest",
    "run_batch",
    "settle",
]

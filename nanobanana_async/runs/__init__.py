"""A batch file in, a folder of pictures out: what the command line does, callable from Python."""

from nanobanana_async.runs._costs import Costs, Others, costs_of
from nanobanana_async.runs._manifest import COLUMNS, read_manifest
from nanobanana_async.runs._plan import Plan
from nanobanana_async.runs._problems import BadFileError, LineProblem
from nanobanana_async.runs._reading import read_items
from nanobanana_async.runs._record import Record, manifest_row
from nanobanana_async.runs._rows import Row, Rows
from nanobanana_async.runs._run_batch import run_batch
from nanobanana_async.runs._run_report import RunReport

__all__ = [
    "COLUMNS",
    "BadFileError",
    "Costs",
    "LineProblem",
    "Others",
    "Plan",
    "Record",
    "Row",
    "Rows",
    "RunReport",
    "costs_of",
    "manifest_row",
    "read_items",
    "read_manifest",
    "run_batch",
]

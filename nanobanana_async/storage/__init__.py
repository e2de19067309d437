"""Pictures on disk: from the chunks of a download to a file that is whole, checked, named and in its place.

What is paid for must not be lost here, so nothing is written onto a target: a picture grows in a hidden file beside it,
is checked, synced and renamed, and whoever looks at the folder sees either no file or the whole one. Only the standard
library looks into the pictures. This package knows no network: chunks come in from whoever fetches them.
"""

from nanobanana_async.storage._copies import copies_in
from nanobanana_async.storage._digests import Digests, most_image_bytes
from nanobanana_async.storage._disk import disk_remedy
from nanobanana_async.storage._flaws import unusable
from nanobanana_async.storage._folders import ensure_writable, takes_no_more
from nanobanana_async.storage._inputs import CHECK_PATH, InputImage, check_data_url, input_digest, read_input
from nanobanana_async.storage._inspect import MAX_DECODED_BYTES, Inspected, inspect
from nanobanana_async.storage._kinds import Kind, sniff
from nanobanana_async.storage._names import Stems, file_stem, key_stem, slug
from nanobanana_async.storage._part import PartFile, refuse_device
from nanobanana_async.storage._save import MAX_FILE_BYTES, Placed, SavedImage, read_image, save_copy, save_image
from nanobanana_async.storage._targets import IfExists, Target, named_format, suffix_differs, target_for
from nanobanana_async.storage._template import render_name
from nanobanana_async.storage._threads import run_to_end

__all__ = [
    "CHECK_PATH",
    "MAX_DECODED_BYTES",
    "MAX_FILE_BYTES",
    "Digests",
    "IfExists",
    "InputImage",
    "Inspected",
    "Kind",
    "PartFile",
    "Placed",
    "SavedImage",
    "Stems",
    "Target",
    "check_data_url",
    "copies_in",
    "disk_remedy",
    "ensure_writable",
    "file_stem",
    "input_digest",
    "inspect",
    "key_stem",
    "most_image_bytes",
    "named_format",
    "read_image",
    "read_input",
    "refuse_device",
    "render_name",
    "run_to_end",
    "save_copy",
    "save_image",
    "slug",
    "sniff",
    "suffix_differs",
    "takes_no_more",
    "target_for",
    "unusable",
]

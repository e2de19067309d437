"""What may be asked for: a request for each model, checked on construction, before any money.

Each request knows its model id, the vendor's names for its fields, its price and how long it usually takes. From a
plain dict `build_request` makes one; `derive_key` names it. Nothing here does I/O.
"""

from nanobanana_async.models._bare_base64 import is_bare_base64
from nanobanana_async.models._build import build_request
from nanobanana_async.models._data_url import data_url_content, is_data_url
from nanobanana_async.models._field_names import also_called, field_names, nearest_field
from nanobanana_async.models._foreign_names import ForeignName, foreign_name
from nanobanana_async.models._from_text import read_cells
from nanobanana_async.models._google import NanoBanana, NanoBananaEdit
from nanobanana_async.models._image_rules import as_images, is_url
from nanobanana_async.models._info import ModelInfo
from nanobanana_async.models._key import derive_key
from nanobanana_async.models._kie import KieRequest
from nanobanana_async.models._legacy import LegacyNanoBanana
from nanobanana_async.models._openai import OpenAIEdit, OpenAIGeneration
from nanobanana_async.models._pro import NanoBananaPro
from nanobanana_async.models._problems import FieldProblem, InvalidFieldsError
from nanobanana_async.models._public import public_fields, written_image
from nanobanana_async.models._registry import known_models, request_class
from nanobanana_async.models._request import JobsRequest, with_format_default
from nanobanana_async.models._second import NanoBanana2, NanoBanana2_1, NanoBanana2Lite
from nanobanana_async.models._words import (
    AspectRatio,
    Images,
    OutputFormat,
    Resolution,
    ResponseFormat,
    WideAspectRatio,
)

__all__ = [
    "AspectRatio",
    "FieldProblem",
    "ForeignName",
    "Images",
    "InvalidFieldsError",
    "JobsRequest",
    "KieRequest",
    "LegacyNanoBanana",
    "ModelInfo",
    "NanoBanana",
    "NanoBanana2",
    "NanoBanana2Lite",
    "NanoBanana2_1",
    "NanoBananaEdit",
    "NanoBananaPro",
    "OpenAIEdit",
    "OpenAIGeneration",
    "OutputFormat",
    "Resolution",
    "ResponseFormat",
    "WideAspectRatio",
    "also_called",
    "as_images",
    "build_request",
    "data_url_content",
    "derive_key",
    "field_names",
    "foreign_name",
    "is_bare_base64",
    "is_data_url",
    "is_url",
    "known_models",
    "nearest_field",
    "public_fields",
    "read_cells",
    "request_class",
    "with_format_default",
    "written_image",
]

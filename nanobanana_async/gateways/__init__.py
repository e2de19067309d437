"""The gateways: a base URL, a key, the dialects spoken there, and the names that models have there.

A gateway is a frozen description; making one does no I/O and needs no key. `resolved` fills in what the environment
says, when a client starts.
"""

from nanobanana_async.gateways._gateway import DialectName, Gateway
from nanobanana_async.gateways._kie import KIE_ALIASES, KIE_UPLOAD_URL, KIE_URL, Kie
from nanobanana_async.gateways._openai_images import ImagesMode, OpenAIImages

__all__ = ["KIE_ALIASES", "KIE_UPLOAD_URL", "KIE_URL", "DialectName", "Gateway", "ImagesMode", "Kie", "OpenAIImages"]

"""The upload host: the three paths of PROTOCOL §4 and their answers.

Uploads are free, may be repeated, and overwrite by name. The paths are taken literally: a slash at either
end, or a step upwards, is refused rather than mended, so that a client that sends one notices here.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import quote

from attrs import frozen

from nanobanana_async.emulator._accounts import Account
from nanobanana_async.emulator._calls import Answer, Call, RefusedError, Upload
from nanobanana_async.emulator._filehost import FileHost
from nanobanana_async.emulator._files import Files, StoredFile, file_to_json, sniffed_type
from nanobanana_async.emulator._ledger import Ledger
from nanobanana_async.emulator._places import FILES, is_web_url
from nanobanana_async.emulator._state import StateLog

_BASE64_MAX = 10 * 1024 * 1024
_EXTENSIONS = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}


@frozen
class Uploads:
    """Takes files in, by any of the three paths."""

    _files: Files
    _host: FileHost
    _ledger: Ledger
    _log: StateLog

    def stream(self, call: Call, account: Account, now: float) -> Answer:
        """`file-stream-upload`: a multipart body."""
        upload = call.body if isinstance(call.body, Upload) else Upload()
        if upload.content is None:
            raise _missing("file")
        return self._store(call, account, now, upload)

    def base64(self, call: Call, account: Account, now: float) -> Answer:
        """`file-base64-upload`: raw base64 or a data URL in JSON, up to 10 MB."""
        said = _fields(call.body)
        content = _decoded(_text(said, "base64Data"))
        if len(content) > _BASE64_MAX:
            raise RefusedError(400, "File size exceeds the limit of 10MB")
        return self._store(call, account, now, _upload(said, content))

    def from_url(self, call: Call, account: Account, now: float) -> Answer:
        """`file-url-upload`: only files of our own host, for nothing is fetched from elsewhere."""
        said = _fields(call.body)
        url = _text(said, "fileUrl")
        if not is_web_url(url):
            raise RefusedError(400, "Invalid parameter: fileUrl")
        file = self._host.own_file(url, call.base_url, now)
        if file is None:
            raise RefusedError(500, "Failed to download the file: the emulator fetches only files of its own host")
        return self._store(call, account, now, _upload(said, file.produce()))

    def _store(self, call: Call, account: Account, now: float, upload: Upload) -> Answer:
        content = upload.content or b""
        path = f"kieai/{account.name}/{_upload_path(upload)}/{_file_name(upload, content)}"
        stored = self._files.put(path, content, now)
        self._log.append("upload", file_to_json(stored))
        self._ledger.uploads += 1
        return _uploaded(stored, call.base_url)


def _uploaded(stored: StoredFile, base_url: str) -> Answer:
    moment = datetime.fromtimestamp(stored.uploaded_at, UTC).isoformat(timespec="milliseconds")
    data = {
        "success": True,
        "fileName": stored.name,
        "filePath": stored.path,
        "downloadUrl": f"{base_url}{FILES}{quote(stored.path, errors='replace')}",
        "fileSize": stored.size,
        "mimeType": stored.media_type,
        "uploadedAt": moment.replace("+00:00", "Z"),
    }
    return Answer({"success": True, "code": 200, "msg": "File uploaded successfully", "data": data})


def _fields(body: object) -> Mapping[str, object]:
    if not isinstance(body, dict):
        raise RefusedError(400, "Invalid request body")
    return body


def _text(said: Mapping[str, object], name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not value:
        raise _missing(name)
    return value


def _upload(said: Mapping[str, object], content: bytes) -> Upload:
    name = said.get("fileName")
    return Upload(content, _text(said, "uploadPath"), name if isinstance(name, str) else None)


def _decoded(data: str) -> bytes:
    encoded = data.partition(",")[2] if data.startswith("data:") else data
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raise RefusedError(400, "Invalid parameter: base64Data") from None


def _upload_path(upload: Upload) -> str:
    path = upload.upload_path
    if not path:
        raise _missing("uploadPath")
    if any(step in ("", ".", "..") for step in path.split("/")) or "\\" in path:
        raise RefusedError(400, "Invalid parameter: uploadPath")
    return path


def _file_name(upload: Upload, content: bytes) -> str:
    """The name asked for; without one, a name that belongs to the content."""
    name = upload.file_name or sha256(content).hexdigest()[:16] + _extension(content)
    if "/" in name or "\\" in name or name in (".", ".."):
        raise RefusedError(400, "Invalid parameter: fileName")
    return name


def _extension(content: bytes) -> str:
    return _EXTENSIONS.get(sniffed_type(content), ".bin")


def _missing(name: str) -> RefusedError:
    return RefusedError(400, f"Missing required parameter: {name}")

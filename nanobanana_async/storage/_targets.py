"""Where a picture goes: the path that the user named, or a name of ours that follows what the file turns out to be."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, Self

import attrs

from nanobanana_async.storage._folders import expanded
from nanobanana_async.storage._kinds import Extension

IfExists = Literal["replace", "beside"]
"""What becomes of a file that has the name already: it is replaced, or left alone and the new one put beside it."""

_SUFFIXES: dict[str, str] = {
    ".png": "png",
    ".jpg": "jpg",
    ".jpeg": "jpg",
    ".jpe": "jpg",
    ".webp": "webp",
    ".gif": "gif",
    ".avif": "avif",
    ".heic": "heic",
    ".bmp": "bmp",
    ".tif": "tiff",
    ".tiff": "tiff",
    ".jxl": "jxl",
}


@attrs.frozen
class Target:
    """A place for a picture in `folder`.

    A `name` that we `made` is a stem, which gets the extension of what comes; one that the user gave is used as it is.
    """

    folder: Path
    name: str
    made: bool = attrs.field(default=False, kw_only=True)

    @classmethod
    def named(cls, path: Path) -> Self:
        """The path that the user named."""
        return cls(path.parent, path.name)

    @classmethod
    def in_folder(cls, folder: Path, stem: str) -> Self:
        """A name of ours: `stem` as `file_stem`, `key_stem`, `Stems` or `render_name` give it; it may name folders."""
        path = folder / stem
        return cls(path.parent, path.name, made=True)

    def numbered(self, number: int) -> Target:
        """The target of a result's image `number`, counted from 1: the second goes to ``name-2.png``."""
        if number == 1:
            return self
        if self.made:
            return attrs.evolve(self, name=f"{self.name}-{number}")
        name = Path(self.name)
        return attrs.evolve(self, name=f"{name.stem}-{number}{name.suffix}")

    def path(self, extension: Extension) -> Path:
        """Where a picture with this extension goes."""
        return self.folder / (f"{self.name}.{extension}" if self.made else self.name)

    def __str__(self) -> str:
        return str(self.folder / self.name)


def target_for(path: str | Path, *, stem: str) -> Target:
    """The target that a user means by `path`; ``~`` is the user's home.

    An existing folder, or a path that ends in a slash, is a folder: the picture gets the name `stem` in it. All else
    is the path of the file, to the letter.

    Raises:
        ConfigurationError: there is no such home.
    """
    place = expanded(path)
    ends_in_slash = isinstance(path, str) and path.endswith(("/", os.sep))
    if ends_in_slash or place.is_dir():
        return Target.in_folder(place, stem)
    return Target.named(place)


def suffix_differs(path: Path, extension: Extension) -> bool:
    """Whether the name of `path` says that it is a picture of another kind. A suffix of no picture says nothing."""
    return _SUFFIXES.get(path.suffix.lower(), extension) != extension


def named_format(path: str | Path) -> Literal["png", "jpg"] | None:
    """The output format that a path asks for by its suffix, None where it names none that the gateways make."""
    match _SUFFIXES.get(Path(path).suffix.lower()):
        case "png":
            return "png"
        case "jpg":
            return "jpg"
        case _:
            return None

"""Names by the user's own pattern, such as ``{model}/{index:05}-{data[colour]}`` (`--name TEMPLATE`).

It looks like `str.format` and is none of it: only named fields and items are read, never attributes, so nothing in a
template or in a batch file reaches into the program; and what comes out stays inside the folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from string import Formatter

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.storage._names import safe_name, slug
from nanobanana_async.values import JSON

_FIELD = re.compile(r"(\w+)((?:\[[^\[\]]+\])*)")
_ITEM = re.compile(r"\[([^\[\]]+)\]")
_WIDTH = re.compile(r"0?[1-9][0-9]?d?")
_SUFFIX = re.compile(r"\.(png|jpe?g|webp)$", re.IGNORECASE)
_ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:")


def render_name(template: str, values: Mapping[str, JSON]) -> str:
    """The stem that `template` gives for one item: safe parts, joined by ``/``, with no extension.

    A field is ``{index}``, ``{key}``, ``{data[colour]}`` … of `values`; numbers take a width (``{index:05}``); a
    prompt is shortened to its slug. A slash in the template makes a folder, one in a value becomes a dash. A
    picture's suffix at the end is dropped, for the picture brings its own.

    Raises:
        ConfigurationError: the template can't be read, leaves the folder, or names a field that `values` lacks.
    """
    if _ABSOLUTE.match(template) or ".." in re.split(r"[/\\]", template):
        raise _wrong(template, "it leads out of the folder", "Begin it with a name, and leave out '..'.")
    name = "".join(_pieces(_SUFFIX.sub("", template), values))
    return "/".join(safe_name(part) for part in name.split("/"))


def _pieces(template: str, values: Mapping[str, JSON]) -> Iterator[str]:
    try:
        parsed = list(Formatter().parse(template))
    except ValueError as error:
        raise _wrong(template, str(error), "Write a brace that is meant as itself twice.") from None
    for literal, field, width, conversion in parsed:
        yield literal.replace("\\", "/")
        if field is not None:
            if conversion:
                raise _wrong(template, f"'!{conversion}' is not for names", "Leave it out.")
            yield _text(template, field, _value(template, field, values), width or "")


def _value(template: str, field: str, values: Mapping[str, JSON]) -> JSON:
    """The value that a field such as ``data[colour]`` stands for."""
    found = _FIELD.fullmatch(field)
    if not found:
        raise _wrong(template, f"{field!r} is not a field", _known(values))
    value: JSON = values
    for name in [found[1], *_ITEM.findall(found[2])]:
        if not isinstance(value, Mapping) or name not in value:
            raise _wrong(template, f"there is no field {field!r}", _known(values))
        value = value[name]
    return slug(value) if field == "prompt" and isinstance(value, str) else value


def _text(template: str, field: str, value: JSON, width: str) -> str:
    if isinstance(value, Mapping | list):
        raise _wrong(template, f"{field!r} is more than one value", "Name one of its items, as in {data[colour]}.")
    if width and (not isinstance(value, int) or not _WIDTH.fullmatch(width)):
        raise _wrong(template, f"{field!r} can't be written as {width!r}", "Only numbers take a width: {index:05}.")
    text = format(value, width) if width else "" if value is None else str(value)
    return re.sub(r"[/\\]", "-", text)


def _known(values: Mapping[str, JSON]) -> str:
    items = [f"{{{name}[{item}]}}" for name, value in values.items() if isinstance(value, Mapping) for item in value]
    fields = [f"{{{name}}}" for name, value in values.items() if not isinstance(value, Mapping)]
    return f"The fields are {', '.join(fields + items)}."


def _wrong(template: str, why: str, remedy: str) -> ConfigurationError:
    return ConfigurationError(f"the name template {template!r} can't be used: {why}. {remedy}", remedy=remedy)

"""`read_items`: a batch file, read and checked whole, before a single request."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TextIO

import attrs

from nanobanana_async.errors import ConfigurationError
from nanobanana_async.gateways import Gateway, Kie
from nanobanana_async.models import FieldProblem
from nanobanana_async.runs._building import Builder
from nanobanana_async.runs._json_lines import read_json_lines
from nanobanana_async.runs._problems import LineProblem, UnreadableFileError, whole_line
from nanobanana_async.runs._prompt_lines import read_prompt_lines
from nanobanana_async.runs._raw import Listing, RawRow
from nanobanana_async.runs._rows import Row, Rows
from nanobanana_async.runs._source import SourceText, name_of, read_source
from nanobanana_async.runs._table import read_table
from nanobanana_async.runs._template import PromptTemplate


def read_items(
    source: str | Path | TextIO,
    *,
    gateway: Gateway | None = None,
    model: str | None = None,
    prompt: str | None = None,
    key_column: str | None = None,
    limit: int | None = None,
    only: Collection[str] = (),
    aspect_ratio: str | None = None,
    resolution: str | None = None,
    output_format: str | None = None,
) -> Rows:
    """What a batch file asks for, with every bad line found. Nothing is sent; it blocks while it reads.

    Input images are read too: their content is part of the derived keys, and one that is missing is a bad line.

    Args:
        source: the path of a ``.jsonl`` (an object a line), ``.csv``, ``.tsv`` (a header, then a row each) or ``.txt``
            file (a prompt a line); ``"-"`` for JSONL on standard input; or a stream of JSONL. Relative paths of images
            count from the file's folder, in a stream from the working directory.
        gateway: whose models and aliases hold; None is `Kie`.
        model: the model of rows that name none, in the place of the gateway's default.
        prompt: a template for the prompts of all rows, with the names of columns in braces. It holds for all rows but
            those that give the vendor's own ``input``.
        key_column: the column that holds the user's key; ``key`` without it, and where it is empty. A row without a
            key gets one that is derived from what it asks for.
        limit: read no more rows than so many.
        only: leave out all rows but those with these keys.
        aspect_ratio: the ratio of rows that name none; `resolution` and `output_format` likewise.

    Raises:
        ConfigurationError: there is no such file, its ending says nothing, or a setting can't be used.
    """
    if limit is not None and limit < 1:
        raise ConfigurationError(f"limit={limit!r} is out of range: it has to be 1 or more")
    template = None if prompt is None else PromptTemplate.parsed(prompt)
    options = {"model": model, "aspect_ratio": aspect_ratio, "resolution": resolution, "output_format": output_format}
    wanted = frozenset([only] if isinstance(only, str) else only)
    try:
        text = read_source(source)
        builder = Builder(
            gateway=gateway if gateway is not None else Kie(),
            folder=text.folder,
            template=template,
            key_column=key_column,
            options={name: value for name, value in options.items() if value is not None},
        )
        return _Reading(text, builder, limit, wanted).rows()
    except UnreadableFileError as error:
        name = name_of(source)
        return Rows((), tuple(LineProblem.of(name, error.line, problem) for problem in error.problems), name)


@attrs.define
class _Reading:
    """One pass over a file."""

    text: SourceText
    builder: Builder
    limit: int | None
    wanted: frozenset[str]
    found: list[Row] = attrs.field(factory=list, init=False)
    problems: list[LineProblem] = attrs.field(factory=list, init=False)
    unseen: set[str] = attrs.field(init=False)
    saw_key_column: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self.unseen = set(self.wanted)

    def rows(self) -> Rows:
        """All of it."""
        listing = self._listing()
        _check_columns(listing, self.builder)
        read, is_whole = 0, False
        try:
            for read, raw in enumerate(listing.rows, start=1):
                self._take(raw, read)
                if not self.wanted and read == self.limit:
                    break
            else:
                is_whole = True
        except UnreadableFileError as error:
            self._complain(error.line, *error.problems)
        self._check_whole(read)
        return Rows(
            tuple(self.found[: self.limit]),
            tuple(self.problems),
            self.text.name,
            self.builder.keys.all(),
            self.text.folder,
            is_whole,
        )

    def _listing(self) -> Listing:
        match self.text.ending:
            case ".jsonl":
                return read_json_lines(self.text.text, self.builder.names)
            case ".txt":
                return read_prompt_lines(self.text.text)
            case ending:
                needs_prompt = self.builder.template is None
                return read_table(self.text.text, self.builder.names, ending=ending, needs_prompt=needs_prompt)

    def _take(self, raw: RawRow, index: int) -> None:
        self.saw_key_column |= self.builder.key_column in raw.columns
        built = self.builder.build(raw, index)
        key = built.key if isinstance(built, Row) else self.builder.own_key(raw, [])
        self.unseen.discard(key or "")
        if self.wanted and key not in self.wanted:
            return
        if isinstance(built, Row):
            self.found.append(built)
        else:
            self._complain(raw.line, *built)

    def _check_whole(self, read: int) -> None:
        """What can be said of the file only after its last line."""
        if not read and not self.problems:
            self._complain(0, whole_line("there is nothing in it to make", "Write one picture a line into it."))
        if read and self.builder.key_column is not None and not self.saw_key_column:
            self._complain(0, _no_key_column(self.builder.key_column, ()))
        for key in sorted(self.unseen):
            self._complain(0, whole_line(f"no row has the key {key!r}", "Give the key as the manifest has it."))

    def _complain(self, line: int, *problems: FieldProblem) -> None:
        self.problems += [LineProblem.of(self.text.name, line, problem) for problem in problems]


def _check_columns(listing: Listing, builder: Builder) -> None:
    """Where all rows have the same columns, what is asked of them is looked for once."""
    if listing.columns is None:
        return
    problems = []
    if builder.template is not None:
        problems.append(builder.template.missing_from(listing.columns))
    if builder.key_column is not None and builder.key_column not in listing.columns:
        problems.append(_no_key_column(builder.key_column, listing.columns))
    wrong = [problem for problem in problems if problem is not None]
    if wrong:
        raise UnreadableFileError(listing.line, *wrong)


def _no_key_column(name: str, columns: tuple[str, ...]) -> FieldProblem:
    remedy = f"There are: {', '.join(columns)}." if columns else "Name a member of the objects, or of their data."
    return FieldProblem(name, name, f"there is no column {name!r} to take the keys from", remedy)

"""What of a broken file can still be read, row by row and key by key; the rest is named, and never empty."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NoReturn

import msgspec

from snapsync.errors import BookError

from . import entries, positions
from .positions import Holdings
from .sheet import Sheet
from .sheets import added
from .table import Row, misfit
from .text import BOM
from .values import Role


class Wrong(msgspec.Struct, frozen=True, eq=False):
    """A row that cannot be read, and why."""

    row: Row
    error: BookError


def wrong_rows(file: Sheet, role: Role) -> tuple[Wrong, ...]:
    """The rows of a CSV file that cannot be read, in the file's order.

    Raises:
        BookError: it lacks a column without which none can.
    """
    read = _reader(file, role)
    optional = added(file, role)
    found = []
    for row in file.table.rows:
        error = misfit(file.table, row, optional) or _told(read, row)
        if error:
            found.append(Wrong(row, error))
    return tuple(found)


def _reader(file: Sheet, role: Role) -> Callable[[Row], object]:
    if role == "positions":
        positions.required(file)
        seen = Holdings(file, {}, [])
        return lambda row: positions.take(seen, row)
    entries.required(file)
    return entries.Entries(file)


def _told(read: Callable[[Row], object], row: Row) -> BookError | None:
    try:
        read(row)
    except BookError as error:
        return error
    return None


def whole_keys(text: str) -> tuple[str, ...]:
    """The keys of a JSON object whose values are whole, up to where the text breaks off or goes wrong."""
    decoder = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_no_constant)
    at = _skip(text, len(BOM) if text.startswith(BOM) else 0)
    found: list[str] = []
    if text[at : at + 1] != "{":
        return ()
    try:
        while text[at : at + 1] in {"{", ","}:
            key, end = decoder.raw_decode(text, _skip(text, at + 1))
            end = _skip(text, end)
            if not isinstance(key, str) or text[end : end + 1] != ":":
                break
            _, end = decoder.raw_decode(text, _skip(text, end + 1))
            at = _skip(text, end)
            if end == len(text) and text[end - 1] not in {'"', "}", "]"}:
                break  # more digits may have followed
            found.append(key)
    except (ValueError, RecursionError):
        pass
    return tuple(dict.fromkeys(found))


def _no_constant(word: str) -> NoReturn:
    raise ValueError(word)


def _skip(text: str, at: int) -> int:
    while text[at : at + 1] in {" ", "\t", "\r", "\n"}:
        at += 1
    return at

"""Read a stored value back; one of a newer format than this version knows is never guessed at."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from snapsync.errors import StoreError

from .canon import FORMAT, Stored

S = TypeVar("S", bound=Stored)


class _Format(msgspec.Struct):
    format: int = FORMAT


def stored(data: bytes, type: type[S], where: str, what: str = "An object of the store") -> S:
    """A value, from its bytes.

    Args:
        data: the bytes.
        type: what it is.
        where: its id or path, for people.
        what: what it is to people.

    Raises:
        StoreError: it was written by a newer version (exit 10).
        msgspec.MsgspecError, UnicodeDecodeError, RecursionError: it is no such value.
    """
    try:
        value = msgspec.json.decode(data, type=type)
    except msgspec.ValidationError:
        refuse_newer(data, where, what)  # a newer one may have fields that we do not know
        raise
    if value.format > FORMAT:
        raise newer(where, value.format, what)
    return value


def refuse_newer(data: bytes, where: str, what: str = "An object of the store") -> None:
    """Refuse a value that says itself that a newer version wrote it; arguments and errors as ``stored``."""
    version = msgspec.json.decode(data, type=_Format).format
    if version > FORMAT:
        raise newer(where, version, what)


def newer(where: str, version: int, what: str = "An object of the store") -> StoreError:
    """The error for what a newer version wrote."""
    return StoreError(
        f"{what} was written by a newer snapsync.",
        detail=f"{where}: format {version}; this version knows {FORMAT}",
        hint="pip install --upgrade snapsync",
    )

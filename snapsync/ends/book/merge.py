"""Take a step back in one file: from one image of it to another, whatever a bot has written since.

A file that is still as the step's beginning becomes its end, byte for byte. Else every cell, member or
row in which the two differ is set on its own, where the file still holds what the beginning held; what
somebody has changed since is left, and told.
"""

from __future__ import annotations

import msgspec

from snapsync.errors import BookError
from snapsync.model.change import Spot

from . import merge_members, merge_rows
from .bankroll import TWINS
from .members import members
from .table import Table, scan
from .text import decode
from .values import BookFiles, Role


class Merged(msgspec.Struct, frozen=True, eq=False):
    """What becomes of a file (None: there is to be none), and where it differs from what is there now.

    ``whole``: the end of the step, byte for byte. ``left`` are places of the step that somebody has
    changed since; a whole file that cannot be taken apart is one place.
    """

    data: bytes | None
    whole: bool
    spots: tuple[Spot, ...]
    left: tuple[Spot, ...] = ()


def merge(
    role: Role, files: BookFiles, before: bytes | None, after: bytes | None, now: bytes | None
) -> Merged:
    """Bring a file from ``before`` to ``after``, when it is ``now``.

    Args:
        role: which of the book's files it is.
        files: where they lie, and what their members are called.
        before: the bytes that the step begins with; None where there was no file.
        after: the bytes that it ends with.
        now: the bytes that are there.
    """
    if now == after:
        return Merged(now, whole=True, spots=())
    if now == before:
        return Merged(after, whole=True, spots=_spots(role, files, before, after))
    if before is None or now is None:
        return Merged(now, whole=False, spots=(), left=(_all(before, after),))
    try:
        return _step(role, files, before, after, now)
    except BookError:  # one of them cannot be taken apart, so nothing in it can be told from the rest
        return Merged(now, whole=False, spots=(), left=(_all(before, after),))


def _spots(role: Role, files: BookFiles, before: bytes | None, after: bytes | None) -> tuple[Spot, ...]:
    """In what two images differ; of one that cannot be taken apart, that it does."""
    if before is None or after is None:
        return (_all(before, after),)
    try:
        return _step(role, files, before, after, before).spots or (_all(before, after),)
    except BookError:
        return (_all(before, after),)


def _all(before: bytes | None, after: bytes | None) -> Spot:
    """The whole file as one place."""

    def said(data: bytes | None) -> str | None:
        return None if data is None else f"{len(data)} bytes"

    return Spot(line=1, field=None, before=said(before), after=said(after))


def _step(role: Role, files: BookFiles, before: bytes, after: bytes | None, now: bytes) -> Merged:
    name = files.path(role).name
    if role == "bankroll":
        if after is None:
            return Merged(now, whole=False, spots=(), left=(_all(before, after),))
        renames = files.renames(role)
        was, to, is_ = (members(name, decode(name, data), renames) for data in (before, after, now))
        merged: merge_rows.Result | None = merge_members.merge(was, to, is_)
        if merged and any(renames.get(spot.field or "", spot.field) in TWINS for spot in merged[2]):
            # the number was set anew since, and what stands beside it goes with it
            merged = (is_.text, (), merged[2])
    else:
        table, is_table = _table(name, before), _table(name, now)
        if after is None:
            # rows of a bot's in a file that the step would take away keep the file
            end = scan(name, table.text[: table.header.end] + table.header.newline)
        else:
            end = _table(name, after)
        merged = merge_rows.merge(table, end, is_table)
    if merged is None:
        return Merged(now, whole=False, spots=(), left=(_all(before, after),))
    text, spots, left = merged
    return Merged(text.encode(), whole=False, spots=spots, left=left)


def _table(name: str, data: bytes) -> Table:
    return scan(name, decode(name, data))

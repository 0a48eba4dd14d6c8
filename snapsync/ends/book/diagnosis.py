"""What is wrong with a book's files: where each breaks, what of it can be read, and what can be put right.

A broken file does not keep the others from being looked at, and is never taken for an empty one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from snapsync.errors import BookError

from .bankroll import bankroll
from .book import holdings_of, members_of
from .damage import whole_keys, wrong_rows
from .history import trades
from .raw import read_files
from .repair import Repaired, mend
from .sheets import opened, sheet_of
from .table import scan_until_it_breaks
from .values import ROLES, BookFiles, Role

Health = Literal["absent", "sound", "damaged"]


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One file; ``error`` says why it cannot be read, ``readable`` how many of its rows or keys can.

    ``unreadable`` counts the rows that cannot, as far as there are rows at all; ``wrong`` has their errors,
    without those whose bytes are no text. ``mended`` is what can be put right, and ``remains`` why the file
    could not be read even then. A file that can be read may still be damaged.
    """

    role: Role
    path: Path
    health: Health
    error: BookError | None = None
    readable: int = 0
    unreadable: int = 0
    wrong: tuple[BookError, ...] = ()
    mended: Repaired | None = None
    remains: BookError | None = None


def diagnose(files: BookFiles) -> tuple[Diagnosis, ...]:
    """Look at each file of the book."""
    return tuple(_file(role, files) for role in ROLES)


def _file(role: Role, files: BookFiles) -> Diagnosis:
    path = files.path(role)
    try:
        data = read_files(files, (role,))[role]
    except BookError as trouble:
        return Diagnosis(role=role, path=path, health="damaged", error=trouble)
    if data is None:
        return Diagnosis(role=role, path=path, health="absent")
    error = _unreadable(role, data, files)
    mended = _mended(role, data, files)
    readable, unreadable, wrong = _counted(role, data, files)
    return Diagnosis(
        role=role,
        path=path,
        health="damaged" if error or mended else "sound",
        error=error,
        readable=readable,
        unreadable=unreadable,
        wrong=wrong,
        mended=mended,
        remains=_unreadable(role, mended.after, files) if mended else error,
    )


def _unreadable(role: Role, data: bytes, files: BookFiles) -> BookError | None:
    try:
        if role == "bankroll":
            found = members_of(data, files)
            if found:
                bankroll(found)
        elif role == "positions":
            holdings_of(data, files)
        else:
            trades(opened(data, files, "history"))
    except BookError as error:
        return error
    return None


def _counted(role: Role, data: bytes, files: BookFiles) -> tuple[int, int, tuple[BookError, ...]]:
    """How many rows, or keys, can be read, how many cannot, and why."""
    name = files.path(role).name
    # bytes that are no text spoil their own row, and not the others
    text = data.decode("utf-8", "replace").replace("\0", _NO_TEXT)
    try:
        if role == "bankroll":
            return len(whole_keys(text)), 0, ()
        file = sheet_of(scan_until_it_breaks(name, text), files, role)
        wrong = wrong_rows(file, role)
    except BookError:
        return 0, 0, ()
    spoilt = {row.start for row in file.table.rows if any(_NO_TEXT in each for each in row.values)}
    bad = spoilt | {each.row.start for each in wrong}
    said = tuple(each.error for each in wrong if each.row.start not in spoilt)
    return len(file.table.rows) - len(bad), len(bad), said


_NO_TEXT = "\ufffd"


def _mended(role: Role, data: bytes, files: BookFiles) -> Repaired | None:
    try:
        found = mend(role, data, files)
    except BookError:
        return None
    return found if found.fixes or found.left else None

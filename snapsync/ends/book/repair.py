"""Damage that can be put right without guessing: what the older sync, or a crash, has left in a book's files.

Every row that is sound keeps its bytes. What would have to be guessed is left as it is, and said. Nothing
here writes: ``repair`` gives the bytes that the files should hold, and those can be read.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from .book import understand
from .reorder import Reorder
from .sheets import sheet_of
from .table import scan
from .tails import closed_object, without_an_open_quote, without_nuls
from .text import decode
from .values import ROLES, BookFiles, Fix, Role


class Repaired(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What a file holds, what it should hold, and why; ``left`` is what only a person can put right."""

    role: Role
    before: bytes
    after: bytes
    fixes: tuple[Fix, ...]
    left: tuple[Fix, ...] = ()


def repair(data: Mapping[Role, bytes | None], files: BookFiles) -> tuple[Repaired, ...]:
    """The files that are damaged, with the bytes that they should hold.

    Args:
        data: the very bytes of the book's files; None where there is none.
        files: how they are to be understood.

    Raises:
        BookError: with all of that the book could still not be read; it says what remains.
    """
    mended = [mend(role, before, files) for role in ROLES if (before := data.get(role)) is not None]
    whole: dict[Role, bytes | None] = {role: data.get(role) for role in ROLES}
    understand(whole | {each.role: each.after for each in mended}, files)
    return tuple(each for each in mended if each.fixes or each.left)


def mend(role: Role, before: bytes, files: BookFiles) -> Repaired:
    """What can be put right in one file; the rest of it may still not be readable.

    Raises:
        BookError: it cannot even be taken apart.
    """
    name = files.path(role).name
    data, fixes = without_nuls(before)
    text = decode(name, data)
    left: list[Fix] = []
    if role == "bankroll":
        text, found = closed_object(text)
    else:
        text, found = without_an_open_quote(name, text)
        rows = Reorder(sheet_of(scan(name, text), files, role), role, files)
        rows.put_right()
        text, left = rows.text(), rows.left
        found = [*found, *rows.fixes]
    fixes = sorted([*fixes, *found], key=lambda fix: fix.line)
    return Repaired(role=role, before=before, after=text.encode(), fixes=tuple(fixes), left=tuple(left))

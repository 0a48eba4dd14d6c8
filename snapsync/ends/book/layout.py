"""What a book's files were understood to be: which column plays which role, what is in them, what is wrong.

For people (`init`), not for planning. A file that is broken does not keep the others from being described.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Literal

import msgspec

from snapsync.errors import BookError
from snapsync.model.instant import Instant

from . import bankroll
from .alike import alike
from .book import Reading, holdings_of, members_of, read
from .history import Trades, trades
from .members import Members
from .positions import Holdings
from .raw import read_files
from .sheet import Sheet, sheet
from .sheets import names_of, opened
from .table import Table, is_quoted, scan, spans
from .text import BOM, decode
from .times import read_time, style_of
from .values import ROLES, BookFiles, Role, plain_name

Standing = Literal["absent", "understood", "broken"]
_NEWLINES = {"\r\n": "Windows newlines", "\r": "old Mac newlines"}
_TIMES: dict[Role, tuple[str, ...]] = {"positions": ("entry_time", "timestamp"), "history": ("timestamp",)}


class Columns(msgspec.Struct, frozen=True, kw_only=True):
    """What a file's columns, or keys, are taken for; each list in the file's order.

    ``renamed`` are those that the file calls differently: (its name, ours); ``foreign`` those that are not
    ours; ``alike`` those of them that likely are, and should be mapped: (its name, ours).
    """

    all: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    foreign: tuple[str, ...] = ()
    alike: tuple[tuple[str, str], ...] = ()


class Layout(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One file of the book as it was understood; ``error`` says why it was not.

    ``rows`` counts the rows below the header, ``entries`` the open positions or the trades that they make,
    of which ``keys`` are the symbols of open positions and ``first`` and ``last`` the times of trades.
    ``amount`` is the bankroll in dollars. ``naive`` is a time without a zone, as the file writes it and as it
    is read. ``dialect`` names what is unusual in how the file is written.
    """

    role: Role
    path: Path
    standing: Standing
    columns: Columns = Columns()
    rows: int = 0
    entries: int = 0
    keys: tuple[str, ...] = ()
    first: Instant | None = None
    last: Instant | None = None
    amount: Decimal | None = None
    naive: tuple[str, Instant] | None = None
    dialect: tuple[str, ...] = ()
    error: BookError | None = None


def survey(files: BookFiles) -> tuple[Reading | None, tuple[Layout, ...]]:
    """Describe each file of the book; with the Reading, if all of them can be read."""
    try:
        reading = read(files)
    except BookError:
        return None, tuple(_alone(role, files) for role in ROLES)
    return reading, layouts(reading, files)


def layouts(reading: Reading, files: BookFiles) -> tuple[Layout, ...]:
    """What a reading took each file for."""
    parts: dict[Role, Members | Holdings | Trades | None] = {
        "bankroll": reading.members,
        "positions": reading.holdings,
        "history": reading.annals.whole,
    }
    return tuple(
        _absent(role, files) if reading.absent(role) else _described(role, parts[role], files)
        for role in ROLES
    )


def unused(described: Iterable[Layout], files: BookFiles) -> tuple[tuple[str, str], ...]:
    """Mappings, (the file's name, ours), whose column no file has of those that they are meant for."""
    heads = {
        each.role: {plain_name(head) for head in each.columns.all} for each in described if each.columns.all
    }
    wanted: dict[tuple[str, str], list[Role]] = {}
    for role in ROLES:
        for pair in files.renames(role).items():
            if pair[1] in names_of(role):
                wanted.setdefault(pair, []).append(role)
    return tuple(
        (theirs, ours)
        for (theirs, ours), roles in wanted.items()
        # a file that is not there yet will have the column when it is made
        if all(role in heads and plain_name(theirs) not in heads[role] for role in roles)
    )


def _absent(role: Role, files: BookFiles) -> Layout:
    return Layout(role=role, path=files.path(role), standing="absent")


def _alone(role: Role, files: BookFiles) -> Layout:
    """One file's description, whatever is wrong with the others."""
    data: bytes | None = None
    try:
        data = read_files(files, (role,))[role]
        if data is None:
            return _absent(role, files)
        return _described(role, _part(role, data, files), files)
    except BookError as error:
        columns = Columns() if data is None or role == "bankroll" else _heads(role, data, files)
        return Layout(role=role, path=files.path(role), standing="broken", columns=columns, error=error)


def _part(role: Role, data: bytes, files: BookFiles) -> Members | Holdings | Trades | None:
    if role == "bankroll":
        return members_of(data, files)
    return holdings_of(data, files) if role == "positions" else trades(opened(data, files, "history"))


def _heads(role: Role, data: bytes, files: BookFiles) -> Columns:
    """A broken file's columns, as far as its header line can be read."""
    name = files.path(role).name
    try:
        table = scan(name, decode(name, data))
        return columns_of(sheet(table, names_of(role), files.renames(role), files.timezone), role)
    except BookError:
        return Columns()


def _described(role: Role, part: Members | Holdings | Trades | None, files: BookFiles) -> Layout:
    path = files.path(role)
    match part:
        case Members():
            return _of_members(part, path)
        case Holdings():
            return _of_holdings(part, path)
        case Trades():
            return _of_trades(part, path)
        case None:
            return _absent(role, files)


def _of_members(found: Members, path: Path) -> Layout:
    amount = bankroll.bankroll(found)
    names = names_of("bankroll")
    renamed = tuple((key, found.renames[key]) for key in found.values if key in found.renames)
    foreign = tuple(key for key in found.values if key not in names and key not in found.renames)
    numbers = [key for key in foreign if isinstance(found.values[key], Decimal)]
    have = {*names} & {*found.values, *(ours for _, ours in renamed)}
    meant = alike(numbers, names, have)
    dialect = ["a byte order mark"] if found.text.startswith(BOM) else []
    return Layout(
        role="bankroll",
        path=path,
        standing="understood",
        columns=Columns(
            all=tuple(found.values), renamed=renamed, foreign=foreign, alike=tuple(meant.items())
        ),
        amount=amount,
        dialect=tuple(dialect),
    )


def _of_holdings(found: Holdings, path: Path) -> Layout:
    return Layout(
        role="positions",
        path=path,
        standing="understood",
        columns=columns_of(found.file, "positions"),
        rows=len(found.file.table.rows),
        entries=len(found.lots),
        keys=tuple(found.lots),
        naive=_naive(found.file, _TIMES["positions"]),
        dialect=dialect_of(found.file.table),
    )


def _of_trades(found: Trades, path: Path) -> Layout:
    times = [entry.time for entries in found.entries.values() for entry in entries]
    return Layout(
        role="history",
        path=path,
        standing="understood",
        columns=columns_of(found.file, "history"),
        rows=len(found.file.table.rows),
        entries=len(found.entries),
        first=min(times, default=None),
        last=max(times, default=None),
        naive=_naive(found.file, _TIMES["history"]),
        dialect=dialect_of(found.file.table),
    )


def columns_of(file: Sheet, role: Role) -> Columns:
    """What the columns of a CSV file are taken for."""
    heads = [head.strip() for head in file.table.header.values]
    ours = {at: name for name, at in file.columns.items()}
    foreign = tuple(head for at, head in enumerate(heads) if at not in ours)
    return Columns(
        all=tuple(heads),
        renamed=tuple((heads[at], ours[at]) for at in sorted(ours) if plain_name(heads[at]) != ours[at]),
        foreign=foreign,
        alike=tuple(alike(foreign, names_of(role), file.columns).items()),
    )


def dialect_of(table: Table) -> tuple[str, ...]:
    """What is unusual in how a CSV file is written; it is kept."""
    found = ["a byte order mark"] if table.text.startswith(BOM) else []
    found += [_NEWLINES[table.newline]] if table.newline in _NEWLINES else []
    quoted = all(is_quoted(table, span) for span in spans(table, table.header))
    return (*found, *(["cells in quotes"] if quoted else []))


def _naive(file: Sheet, names: Sequence[str]) -> tuple[str, Instant] | None:
    for name in names:
        text = file.like(name)
        style = style_of(text)
        if style and style.zone == "naive":
            return text, read_time(text, file.zone)
    return None

"""The layouts that the programs of the guide's system wrote, and what a row says under one of them.

Rows that were written for one header and stand under another are recognised by their cells: each must be
of the kind that its column has, and the row must be readable as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from snapsync.errors import BookError

from . import entries, positions
from .cells import LONG, SHORT, blank, day, kind, number, word
from .holdings_draft import HEADER as POSITIONS_HEADER
from .sheet import Sheet, sheet
from .sheets import names_of
from .table import Row, Table
from .times import read_time
from .trades_draft import HEADER as HISTORY_HEADER
from .values import Role, plain_name

Head = tuple[str, ...]


def _names(text: str) -> Head:
    return tuple(text.split())


_MONITORED = _names(
    "symbol strike option_type expiry quantity contracts entry_price current_price pnl_pct pnl_amount"
    " timestamp"
)
_SYNCED = _names("status close_time market_value unrealized_pnl entry_time source sync_detected")
KNOWN: dict[Role, tuple[Head, ...]] = {
    "positions": (
        _names("entry_time symbol expiry strike side contracts entry_premium"),
        _MONITORED,
        (*_MONITORED, *_SYNCED),
        (_MONITORED[0], "occ_symbol", *_MONITORED[1:], *_SYNCED),
        POSITIONS_HEADER,
    ),
    "history": (
        _names(
            "timestamp symbol decision confidence current_price strike premium quantity total_cost reason"
            " status fill_price pnl_pct pnl_amount exit_reason"
        ),
        _names(
            "timestamp symbol action quantity price total_cost alpaca_order_id source broker environment"
            " sync_imported"
        ),
        HISTORY_HEADER,
    ),
}

_TIMES = frozenset({"timestamp", "entry_time", "close_time"})
_NUMBERS = frozenset(
    _names(
        "strike quantity contracts entry_price entry_premium current_price pnl_pct pnl_amount market_value"
        " unrealized_pnl price total_cost fees confidence premium fill_price exit_price"
    )
)
_FLAGS = frozenset({"sync_detected", "sync_imported"})
_WORDS = frozenset(_names("status source broker environment action decision asset_class symbol occ_symbol"))
_MUST = frozenset({"symbol", "timestamp", "entry_time"})


def head_of(row: Row, role: Role) -> Head | None:
    """What a row names its columns, where it is a header of another program's; else None."""
    names = [plain_name(value) for value in row.values]
    ours = names_of(role)
    known = {each for name, others in ours.items() for each in (name, *others)}
    tells = {"symbol", "occ_symbol", "underlying", "ticker"} & {*names}
    counts = {"quantity", "contracts", "qty"} & {*names}
    return (
        tuple(names) if tells and counts and sum(name in known for name in names) * 2 > len(names) else None
    )


def said_under(row: Row, head: Head, role: Role, width: int, zone: ZoneInfo) -> Sheet | None:
    """The row alone under a header, if its cells are what that header says.

    Args:
        row: the row, as wide as the header, or filled up with blanks as pandas does it.
        head: the header.
        role: what kind of file it is.
        width: how many columns its file has.
        zone: the zone of times that name none.
    """
    if len(row.values) not in {len(head), width} or any(
        not blank(each.strip()) for each in row.values[len(head) :]
    ):
        return None
    values = row.values[: len(head)]
    alone = Row(values, row.line, row.start, row.end, row.newline)
    table = Table("", "", Row(head, 1, 0, 0, "\n"), (alone,))
    try:
        file = sheet(table, names_of(role), {}, zone)
        fits = len(values) == len(head) and all(
            _fits(name, cell.strip(), zone) for name, cell in zip(head, values, strict=True)
        )
        if not fits or not _readable(file, alone, role):
            return None
    except (BookError, ValueError):
        return None
    return file


def _readable(file: Sheet, row: Row, role: Role) -> bool:
    if role == "positions":
        positions.required(file)
        positions.lot_of(file, row)
    else:
        entries.required(file)
        entries.Entries(file)(row)
    return True


def _fits(name: str, cell: str, zone: ZoneInfo) -> bool:
    """Whether a cell is of the kind that its column has; raises ValueError where a reader says no."""
    if blank(cell):
        return name not in _MUST or name == "entry_time"
    if name in _TIMES:
        read_time(cell, zone)
    if name in _NUMBERS:
        number(cell)
    if name == "expiry":
        day(cell)
    if name == "option_type":
        return kind(cell) is not None
    if name == "side":
        return kind(cell) is not None or word(cell) in LONG | SHORT
    if name in _FLAGS:
        return cell.lower() in {"true", "false", "1", "0", "1.0", "0.0"}
    return name not in _WORDS or not _is_number(cell)


def _is_number(cell: str) -> bool:
    try:
        number(cell)
    except ValueError:
        return False
    return True


def candidates(file: Sheet, row: Row, role: Role) -> Iterable[Head]:
    """The headers that a row may have been written for: known ones, and its file's before a sync came."""
    own = tuple(plain_name(name) for name in file.table.header.values)
    yield from (head for head in KNOWN[role] if head != own)
    rest = {*own[len(row.values) :]}
    if row.newline and rest & _FLAGS and rest <= _ADDED[role]:
        yield own[: len(row.values)]


_ADDED: dict[Role, frozenset[str]] = {
    "positions": frozenset({*_SYNCED, "occ_symbol"}),
    "history": frozenset(
        _names("action price total_cost fees alpaca_order_id source broker environment sync_imported")
    ),
}
"""Columns that a sync has added to a bot's own; its flag among them says that one was there."""

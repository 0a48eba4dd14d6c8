"""The book's two acts: bytes to State, and changes to the bytes that the files should hold.

Nothing here writes. What is not named by a change stays as it is, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import assert_never

import msgspec

from snapsync.errors import BookError
from snapsync.model.change import (
    BankrollChange,
    Change,
    PositionChange,
    TransactionChange,
    changed_fields,
)
from snapsync.model.instant import Instant
from snapsync.model.pages import Pages
from snapsync.model.policy import Finding
from snapsync.model.state import Position, State, Transaction

from . import bankroll, costs, history, positions
from .faults import ROOM, UNFIT, fault
from .history import Trades, trades
from .holdings_draft import HEADER as POSITIONS_HEADER
from .holdings_draft import draft_holdings
from .members import Members, members
from .positions import Holdings, holdings
from .raw import read_files
from .sheet import Names, Sheet, sheet, their_name
from .table import Table, checked, scan
from .text import decode
from .trades_draft import HEADER as HISTORY_HEADER
from .trades_draft import draft_trades
from .untouched import untouched
from .values import BookFiles, Edit, Role, Writing


class Reading(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One consistent reading of the book.

    ``files`` are the very bytes, None where there is no file. ``untouched`` are keys of imported trades
    whose row is as we wrote it, ``corrected`` is when we wrote the bankroll last, ``opened`` since when there
    is each holding. The last three are how the files were understood, for ``propose`` alone.
    """

    state: State
    files: dict[Role, bytes | None]
    observations: tuple[Finding, ...]
    untouched: frozenset[str]
    corrected: Instant | None
    opened: dict[str, Instant]
    members: Members | None
    holdings: Holdings
    trades: Trades


def read(files: BookFiles) -> Reading:
    """Read the book.

    Raises:
        BookError: a file cannot be read or understood; a broken file is never an empty one.
    """
    return understand(read_files(files), files)


def understand(data: dict[Role, bytes | None], files: BookFiles) -> Reading:
    """What these bytes say.

    Raises:
        BookError: they cannot be understood.
    """
    object_ = members_of(data["bankroll"], files)
    held = holdings_of(data["positions"], files)
    traded = trades_of(data["history"], files)
    rows = tuple(history.transactions(traded))
    return Reading(
        state=State(
            positions=Pages.of(Position, positions.positions(held)),
            transactions=Pages.of(Transaction, rows),
            bankroll=bankroll.bankroll(object_) if object_ else None,
        ),
        files=data,
        observations=(
            *(bankroll.observations(object_) if object_ else ()),
            *positions.observations(held),
            *history.observations(traded),
            *costs.observations(traded),
        ),
        untouched=untouched(traded, rows, files.env),
        corrected=bankroll.corrected(object_) if object_ else None,
        opened=positions.opened(held),
        members=object_,
        holdings=held,
        trades=traded,
    )


_LAYOUTS: dict[str, tuple[Names, Callable[[Sheet], tuple[str, ...]], tuple[str, ...]]] = {
    "positions": (positions.NAMES, positions.added, POSITIONS_HEADER),
    "history": (history.NAMES, history.added, HISTORY_HEADER),
}


def names_of(role: Role) -> Names:
    """Our names of a file's columns, or keys, each with others that are understood without a mapping."""
    if role == "bankroll":
        return dict.fromkeys(bankroll.KEYS, ())
    return _LAYOUTS[role][0]


def members_of(data: bytes | None, files: BookFiles) -> Members | None:
    """The bankroll file's bytes taken apart."""
    name = files.bankroll.name
    return None if data is None else members(name, decode(name, data), files.renames("bankroll"))


def synced_at(files: BookFiles) -> Instant | None:
    """When any program last wrote into the bankroll file that it has synced it; None where none did.

    Raises:
        BookError: the file cannot be read.
    """
    found = members_of(read_files(files, ("bankroll",))["bankroll"], files)
    return None if found is None else bankroll.synced(found, files.timezone)


def holdings_of(data: bytes | None, files: BookFiles) -> Holdings:
    """What the positions file's bytes hold."""
    return holdings(_sheet(data, files, "positions"))


def trades_of(data: bytes | None, files: BookFiles) -> Trades:
    """What the trade history's bytes hold."""
    return trades(_sheet(data, files, "history"))


def _sheet(data: bytes | None, files: BookFiles, role: Role) -> Sheet:
    name, renames = files.path(role).name, files.renames(role)
    if data is None:
        text = ",".join(their_name(each, renames) for each in _LAYOUTS[role][2]) + "\n"
    else:
        text = decode(name, data)
    file = sheet_of(scan(name, text), files, role)
    checked(file.table, added(file, role))
    return file


def sheet_of(table: Table, files: BookFiles, role: Role) -> Sheet:
    """A CSV file's columns as they are understood, whatever its rows are.

    Raises:
        BookError: two columns claim one meaning.
    """
    return sheet(table, names_of(role), files.renames(role), files.timezone)


def added(file: Sheet, role: Role) -> frozenset[int]:
    """Which columns at the right end a sync may have added: they stand in the order in which it does so.

    The old sync's end with its flag; behind that one ours may have been added.
    """
    optional = _LAYOUTS[role][1](file)
    flag = file.columns.get("sync_imported")
    places = {file.columns[name]: rank for rank, name in enumerate(optional) if file.has(name)}
    at, last = len(file.table.header.values) - 1, len(optional)
    found = set()
    while at in places and (places[at] < last or at == flag):
        found.add(at)
        at, last = at - 1, places[at]
    return frozenset(found)


def propose(
    reading: Reading, changes: tuple[Change, ...], writing: Writing, files: BookFiles
) -> tuple[Edit, ...]:
    """The files whose bytes the changes alter, with the bytes that they should hold.

    Raises:
        BookError: the book does not hold what is to be changed, or has no place for it.
    """
    parts: dict[Role, Callable[[], str]] = {}
    for_bankroll, for_positions, for_history = _sorted(changes)
    if for_bankroll:
        change = for_bankroll[-1]
        parts["bankroll"] = lambda: bankroll.draft_bankroll(
            reading.members, change, writing, files.renames("bankroll")
        )
    if for_positions:
        parts["positions"] = lambda: draft_holdings(
            reading.holdings, tuple(for_positions), writing, _for(files, "positions")
        )
    if for_history:
        parts["history"] = lambda: draft_trades(reading.trades, tuple(for_history), _for(files, "history"))
    edits = (
        Edit(role=role, path=files.path(role), before=reading.files[role], after=text().encode())
        for role, text in parts.items()
    )
    made = tuple(edit for edit in edits if edit.before != edit.after)
    _prove(reading, made, changes, files)
    return made


def _for(files: BookFiles, role: Role) -> BookFiles:
    """The files as the writer of one of them sees them: ``columns`` are the names of that one."""
    return msgspec.structs.replace(files, columns=files.renames(role))


def _prove(reading: Reading, edits: tuple[Edit, ...], changes: tuple[Change, ...], files: BookFiles) -> None:
    """Read the proposed bytes back: what cannot be read, or says something else, must never be written."""
    if not edits:
        return
    try:
        back = understand(reading.files | {edit.role: edit.after for edit in edits}, files)
    except BookError as error:
        raise fault(UNFIT, f"{error.summary} {error.detail}", ROOM) from error
    said: dict[str, Position | Transaction] = {each.key: each for each in back.state.positions}
    said |= {each.key: each for each in back.state.transactions}
    for change in changes:
        if not isinstance(change, BankrollChange) and not _says(said.get(change.key), change.after):
            raise fault(UNFIT, f"{change.key}: would read as {said.get(change.key)}", ROOM)


def _says(found: Position | Transaction | None, wanted: Position | Transaction | None) -> bool:
    if found is None or wanted is None:
        return found is wanted
    return not changed_fields(found, wanted)


def _sorted(
    changes: Sequence[Change],
) -> tuple[list[BankrollChange], list[PositionChange], list[TransactionChange]]:
    found: tuple[list[BankrollChange], list[PositionChange], list[TransactionChange]] = ([], [], [])
    for change in changes:
        match change:
            case BankrollChange():
                found[0].append(change)
            case PositionChange():
                found[1].append(change)
            case TransactionChange():
                found[2].append(change)
            case _:
                assert_never(change)
    return found

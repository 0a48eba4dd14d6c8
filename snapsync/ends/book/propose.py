"""The book's other act: changes to the bytes that the files should hold. Nothing here writes.

What is not named by a change stays as it is, byte for byte. What would not read back as the changes say is
never proposed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar, assert_never

import msgspec

from snapsync.errors import BookError
from snapsync.model.change import (
    BankrollChange,
    Change,
    PositionChange,
    TransactionChange,
    changed_fields,
)
from snapsync.model.state import SEVERAL, Position, Transaction

from . import bankroll, positions
from .annals import Annals, window
from .book import Reading, holdings_of, members_of
from .faults import ROOM, UNFIT, fault
from .history import Trades, trades, transaction
from .holdings_draft import draft_holdings
from .sheets import opened
from .trades_draft import draft_trades, missing_columns
from .values import BookFiles, Edit, Role, Writing

T = TypeVar("T")


def propose(
    reading: Reading, changes: tuple[Change, ...], writing: Writing, files: BookFiles
) -> tuple[Edit, ...]:
    """The files whose bytes the changes alter, with the bytes that they should hold.

    Raises:
        BookError: the book does not hold what is to be changed, or has no place for it.
    """
    for_bankroll, for_positions, for_history = _sorted(changes)
    made = []
    if for_bankroll:
        text = bankroll.draft_bankroll(reading.members, for_bankroll[-1], writing, files.renames("bankroll"))
        made.append(_edit("bankroll", files, reading.files["bankroll"], text))
        _proven(lambda: members_of(made[-1].after, files))
    if for_positions:
        text = draft_holdings(reading.holdings, tuple(for_positions), writing, _for(files, "positions"))
        made.append(_edit("positions", files, reading.files["positions"], text))
        held = _proven(lambda: holdings_of(made[-1].after, files))
        _prove(for_positions, {each.key: each for each in positions.positions(held)})
    if for_history:
        made.append(_history(reading.annals, tuple(for_history), files))
    return tuple(edit for edit in made if edit.before != edit.after)


def _edit(role: Role, files: BookFiles, before: bytes | None, text: str) -> Edit:
    return Edit(role=role, path=files.path(role), before=before, after=text.encode())


def _history(annals: Annals, changes: tuple[TransactionChange, ...], files: BookFiles) -> Edit:
    """The history's edit: of a long one its last rows alone, where all that changes is among them."""
    own = _for(files, "history")
    held = annals.last
    if missing_columns(held.file, changes):
        held = annals.whole
    else:
        held = annals.holding({key for change in changes for key in _looked_up(change)})
    text = draft_trades(held, changes, own)
    if held.start:
        body = annals.body
        edit = msgspec.structs.replace(
            _edit("history", files, body.rest, text), start=body.cut.start, earlier=body.before
        )
        back = _proven(lambda: window(body.with_rest(edit.after), files))
    else:
        edit = _edit("history", files, annals.data(), text)
        back = _proven(lambda: trades(opened(edit.after, files, "history")))
    _prove(changes, _said(back, changes))
    return edit


def _looked_up(change: TransactionChange) -> list[str]:
    """The keys of the rows that a change alters."""
    keys = change.before.key.split(SEVERAL) if change.before else []
    return [*keys, change.key] if change.withdraws else keys


def _said(held: Trades, changes: Sequence[TransactionChange]) -> dict[str, Transaction]:
    found = {change.key: held.entries.get(change.key) for change in changes}
    return {key: transaction(key, entries) for key, entries in found.items() if entries}


def _for(files: BookFiles, role: Role) -> BookFiles:
    """The files as the writer of one of them sees them: ``columns`` are the names of that one."""
    return msgspec.structs.replace(files, columns=files.renames(role))


def _proven(read: Callable[[], T]) -> T:
    """What the proposed bytes say; what cannot be read must never be written."""
    try:
        return read()
    except BookError as error:
        raise fault(UNFIT, f"{error.summary} {error.detail}", ROOM) from error


def _prove(
    changes: Sequence[PositionChange | TransactionChange], said: Mapping[str, Position | Transaction]
) -> None:
    """Hold what the proposed bytes say against what they should: else they must never be written."""
    for change in changes:
        if not _says(said.get(change.key), change.after):
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

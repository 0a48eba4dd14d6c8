"""What the book's tests share: a book in a folder, or only in memory, and changes to make to it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from snapsync.ends.book import BookFiles, Edit, Reading, Role, Writing, propose, read, understand
from snapsync.errors import BookError
from snapsync.model.change import (
    BankrollChange,
    Cause,
    Change,
    Execution,
    Moved,
    PositionChange,
    TransactionChange,
    Why,
    changed_fields,
)
from snapsync.model.instant import instant
from snapsync.model.state import Marks, Position, PositionMark, Transaction

SPY, QQQ = "SPY250822C00635000", "QQQ250822P00480000"
WHY = Why(moved=Moved.BROKER, cause=Cause.MANUAL)
AT = instant("2025-08-21T15:30:00.123456Z")
FILLED = instant("2025-08-21T13:45:00.123456Z")
MARKS = Marks(
    equity=Decimal("100262.75"),
    buying_power=Decimal("200525.5"),
    positions={SPY: PositionMark(price=Decimal("2.52"))},
)
WRITING = Writing(at=AT, marks=MARKS, cash=Decimal("100010.75"))
FILES = BookFiles(
    bankroll=Path("/book/bankroll.json"),
    positions=Path("/book/positions.csv"),
    history=Path("/book/history.csv"),
    timezone=ZoneInfo("America/New_York"),
)


class Shelf:
    """A book's bytes in memory."""

    def __init__(
        self,
        bankroll: bytes | None = None,
        positions: bytes | None = None,
        history: bytes | None = None,
        files: BookFiles = FILES,
    ) -> None:
        self.data: dict[Role, bytes | None] = {
            "bankroll": bankroll,
            "positions": positions,
            "history": history,
        }
        self.files = files

    def read(self) -> Reading:
        """What the bytes say."""
        return understand(self.data, self.files)

    def held(self) -> dict[str, Decimal]:
        """The quantity of each holding."""
        return {position.key: position.qty for position in self.read().state.positions}

    def traded(self) -> dict[str, Transaction]:
        """The transactions by key."""
        return self.read().state.transactions.by_key()

    def propose(self, *changes: Change, writing: Writing = WRITING) -> tuple[Edit, ...]:
        """The edits for some changes."""
        return propose(self.read(), changes, writing, self.files)

    def change(self, *changes: Change, writing: Writing = WRITING) -> dict[Role, bytes]:
        """Make the changes; gives the new bytes of the files that changed."""
        edits = self.propose(*changes, writing=writing)
        new = {edit.role: edit.after for edit in edits if edit.after is not None}
        self.data.update(new)
        return new


def on_disk(folder: Path, **content: bytes) -> BookFiles:
    """A book in a folder."""
    files = BookFiles(
        bankroll=folder / "bankroll.json",
        positions=folder / "positions.csv",
        history=folder / "history.csv",
        timezone=ZoneInfo("America/New_York"),
    )
    for role, data in content.items():
        Path(getattr(files, role)).write_bytes(data)
    return files


def trouble(shelf: Shelf | BookFiles) -> str:
    """The detail of the error that reading a book stops with."""
    with pytest.raises(BookError) as caught:
        shelf.read() if isinstance(shelf, Shelf) else read(shelf)
    assert caught.value.summary
    assert caught.value.hint
    return caught.value.detail


def position(key: str = SPY, qty: str = "1", price: str | None = "2.4", kind: str = "us_option") -> Position:
    """A holding."""
    return Position(
        key=key,
        asset_class=kind,
        qty=Decimal(qty),
        multiplier=Decimal(100 if kind == "us_option" else 1),
        entry_price=Decimal(price) if price else None,
    )


def trade(key: str = "order:abc", symbol: str = SPY, qty: str = "1", price: str = "2.4") -> Transaction:
    """A purchase of option contracts."""
    return Transaction(
        key=key,
        symbol=symbol,
        asset_class="us_option",
        action="buy",
        qty=Decimal(qty),
        price=Decimal(price),
        multiplier=Decimal(100),
        time=FILLED,
    )


def fill(price: str) -> Execution:
    """An execution known from fills."""
    return Execution(price=Decimal(price), time=FILLED, source="fills")


def holding(
    before: Position | None, after: Position | None, execution: Execution | None = None
) -> PositionChange:
    """A holding that changes."""
    return PositionChange(before=before, after=after, why=WHY, execution=execution, fields=("qty",))


def trading(before: Transaction | None, after: Transaction) -> TransactionChange:
    """A trade that is missing, wrong, or not linked."""
    fields: tuple[str, ...] = ("key",)
    if before is not None:
        fields = (*(("key",) if before.key != after.key else ()), *changed_fields(before, after))
    return TransactionChange(before=before, after=after, why=WHY, fields=fields)


def cash_in(before: str | None, flows: str = "0") -> BankrollChange:
    """A bankroll that is to become the equity."""
    return BankrollChange(
        before=None if before is None else Decimal(before),
        basis="equity",
        amount=Decimal("100262.75"),
        flows=Decimal(flows),
        why=WHY,
    )


def renamed(record: Transaction, key: str) -> Transaction:
    """The same trade under another key."""
    return msgspec.structs.replace(record, key=key)

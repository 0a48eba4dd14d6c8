"""What goes in and out of the book's door: where its files lie, the moment of writing, the bytes proposed."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from snapsync.model.canon import Record
from snapsync.model.instant import Instant
from snapsync.model.state import Marks

Role = Literal["bankroll", "positions", "history"]
ROLES: tuple[Role, ...] = ("bankroll", "positions", "history")


class BookFiles(Record, frozen=True):
    """Where one env's book lies, as absolute paths, and what must be known to read it.

    ``columns`` maps a name that the files use to ours (``{"qty": "quantity"}``). ``timezone`` is the
    zone of times that name none. ``env`` is written where a file has a column for it.
    """

    bankroll: Path
    positions: Path
    history: Path
    columns: dict[str, str] = msgspec.field(default_factory=dict)
    timezone: ZoneInfo = ZoneInfo("UTC")
    env: str = "paper"

    def path(self, role: Role) -> Path:
        """Where the file of a role lies."""
        match role:
            case "bankroll":
                return self.bankroll
            case "positions":
                return self.positions
            case "history":
                return self.history


class Writing(Record, frozen=True):
    """The moment of an apply: what companions (prices, times, cash) are written from."""

    at: Instant
    marks: Marks
    cash: Decimal | None


class Edit(Record, frozen=True):
    """The bytes that one file should hold instead of those that were read; None: there was no file."""

    role: Role
    path: Path
    before: bytes | None
    after: bytes

    @property
    def appended(self) -> bytes | None:
        """The added tail, where that is all that changes."""
        if self.before is None or not self.after.startswith(self.before):
            return None
        return self.after[len(self.before) :]

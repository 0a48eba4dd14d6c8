"""What goes in and out of the book's door: where its files lie, the moment of writing, the bytes proposed."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from snapsync.model.canon import ObjectId, Record
from snapsync.model.instant import Instant
from snapsync.model.state import Marks

Role = Literal["bankroll", "positions", "history"]
ROLES: tuple[Role, ...] = ("bankroll", "positions", "history")


def plain_name(head: str) -> str:
    """A column's name as names are compared: without capitals, a blank as an underscore."""
    return head.strip().lower().replace(" ", "_")


class BookFiles(Record, frozen=True):
    """Where one env's book lies, as absolute paths, and what must be known to read it.

    ``columns`` maps a name that the CSV files use to ours (``{"qty": "quantity"}``); the three after it
    do so for one file each, and win. ``timezone`` is the zone of times that name none. ``env`` is written
    where a file has a column for it.
    """

    bankroll: Path
    positions: Path
    history: Path
    columns: dict[str, str] = msgspec.field(default_factory=dict)
    positions_columns: dict[str, str] = msgspec.field(default_factory=dict)
    history_columns: dict[str, str] = msgspec.field(default_factory=dict)
    bankroll_keys: dict[str, str] = msgspec.field(default_factory=dict)
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

    def own_names(self, role: Role) -> dict[str, str]:
        """What is mapped for the file of a role alone."""
        match role:
            case "bankroll":
                return self.bankroll_keys
            case "positions":
                return self.positions_columns
            case "history":
                return self.history_columns

    def renames(self, role: Role) -> dict[str, str]:
        """What the file of a role calls differently: its name, then ours. The file's own mapping wins."""
        own = self.own_names(role)
        if role == "bankroll":
            return own
        heads = {plain_name(theirs) for theirs in own}
        shared = {
            theirs: ours
            for theirs, ours in self.columns.items()
            if ours not in own.values() and plain_name(theirs) not in heads
        }
        return shared | own


class Writing(Record, frozen=True):
    """The moment of an apply: what companions (prices, times, cash) are written from."""

    at: Instant
    marks: Marks
    cash: Decimal | None


class Edit(Record, frozen=True):
    """The bytes that one file should hold instead of those that were read; None: no file.

    Of a long file they are those from byte ``start`` on; ``earlier`` are the chunks of its image before it,
    which stay.
    """

    role: Role
    path: Path
    before: bytes | None
    after: bytes | None
    start: int = 0
    earlier: tuple[ObjectId, ...] = ()

    @property
    def appended(self) -> bytes | None:
        """The added tail, where that is all that changes."""
        if self.before is None or self.after is None or not self.after.startswith(self.before):
            return None
        return self.after[len(self.before) :]


class Fix(Record, frozen=True):
    """One damage: the line in which it stands, what is wrong there, and what becomes of it, or has to."""

    line: int
    wrong: str
    becomes: str

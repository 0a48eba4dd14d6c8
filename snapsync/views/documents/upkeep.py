"""The documents of the commands that look after store and book, and of those to try."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

from snapsync.model.health import Check, Level
from snapsync.model.kept import Share
from snapsync.model.verified import Damage

from .parts import Document, Piece, Trouble
from .review import PlanDocument

Role = Literal["bankroll", "positions", "history"]


class VerifyDocument(Document, frozen=True, kw_only=True, tag="verify"):
    """A check of the store: ``good`` where it is sound and what was to be proven is proven."""

    env: str
    sound: bool
    good: bool
    heads: list[str]
    objects: int
    operations: int
    replanned: int
    collected: int
    subset: str | None
    wanted: str | None
    proven: str | None
    damage: list[Damage]
    notes: list[str]
    affected: int
    newest_sound: str | None


class SizesPart(Piece, frozen=True, kw_only=True):
    """A count before and after."""

    before: int
    after: int


class GcDocument(Document, frozen=True, kw_only=True, tag="gc"):
    """What gc took away, or with ``dry_run`` would."""

    dry_run: bool
    shares: list[Share]
    removed: list[str]
    removable: list[str]
    packed: int
    acts_kept: int
    acts_older: int
    record: str | None
    files: SizesPart
    bytes: SizesPart


class MigrateDocument(Document, frozen=True, kw_only=True, tag="migrate"):
    """The format that the store has, the one that this version writes, and the steps between."""

    found: int
    known: int
    steps: list[str]
    dry_run: bool


class FixPart(Piece, frozen=True, kw_only=True):
    """One damage of a file."""

    line: int
    wrong: str
    becomes: str


class DiagnosisPart(Piece, frozen=True, kw_only=True):
    """A file of the book; ``remains`` is what would be wrong with it after its fixes."""

    file: str
    role: Role
    health: Literal["sound", "damaged", "absent"]
    error: Trouble | None
    readable: int
    unreadable: int
    wrong: list[str]
    fixes: list[FixPart]
    left: list[FixPart]
    remains: str | None


class DoctorDocument(Document, frozen=True, kw_only=True, tag="doctor"):
    """Whether all that an env needs works (``level``, ``checks``); with --book, whether its files do."""

    env: str
    level: Level | None = None
    checks: list[Check] | None = None
    book: list[DiagnosisPart] | None = None


class SettingPart(Piece, frozen=True, kw_only=True):
    """One setting; secrets are masked."""

    key: str
    value: str
    source: str


class ConfigDocument(Document, frozen=True, kw_only=True, tag="config"):
    """Each setting with its source."""

    env: str
    settings: list[SettingPart]


class NaiveTimePart(Piece, frozen=True, kw_only=True):
    """A time without a zone as it stands in a file, and as it was read."""

    text: str
    read: str


class LayoutPart(Piece, frozen=True, kw_only=True):
    """What a file of the book was taken for."""

    file: str
    role: Role
    standing: str
    rows: int
    entries: int
    keys: list[str]
    first: str | None
    last: str | None
    bankroll: Decimal | None
    renamed: dict[str, str]
    foreign: list[str]
    alike: dict[str, str]
    naive_time: NaiveTimePart | None
    dialect: list[str]
    error: Trouble | None


class NearbyPart(Piece, frozen=True, kw_only=True):
    """A file that may be the book's."""

    role: Role
    path: str
    template: str
    rename: str | None


class GapPart(Piece, frozen=True, kw_only=True):
    """How far the bankroll is from the account."""

    bankroll: Decimal
    amount: Decimal
    basis: str
    cash: Decimal | None


class InitDocument(Document, frozen=True, kw_only=True, tag="init"):
    """What a first look found."""

    config: str
    created: bool
    env: str
    host: str
    account: str | None
    asset_classes: dict[str, int]
    equity: Decimal | None
    cash: Decimal | None
    trouble: Trouble | None
    book: list[LayoutPart]
    nearby: list[NearbyPart]
    proposal: dict[str, Any] | None
    unused_columns: dict[str, str]
    gap: GapPart | None
    interrupted: bool
    plan: PlanDocument | None


class DemoDocument(Document, frozen=True, kw_only=True, tag="demo"):
    """Where the demo's folder is, what ran in it, and what to try next."""

    folder: str
    ran: list[str]
    tries: list[str]


class ScenariosDocument(Document, frozen=True, kw_only=True, tag="scenarios"):
    """The sandbox's scenarios."""

    names: list[str]


class SandboxDocument(Document, frozen=True, kw_only=True, tag="sandbox"):
    """A sandbox that serves: its address, and the variables to set."""

    url: str
    variables: dict[str, str]


class ErrorDocument(Document, frozen=True, kw_only=True, tag="error"):
    """An error, as every command gives it with ``--json``."""

    exit: int
    summary: str
    detail: str
    hint: str

"""The documents of what the account did and earned."""

from __future__ import annotations

from decimal import Decimal

from snapsync.model.explanation import Part
from snapsync.model.performance import By, Drawdown, Figures

from .parts import Document, Piece


class SumsPart(Piece, frozen=True, kw_only=True):
    """An amount at both points, in dollars."""

    before: Decimal
    after: Decimal
    change: Decimal


class ExplanationDocument(Document, frozen=True, kw_only=True, tag="explanation"):
    """Where every cent went: ``snapsync explain``; ``unexplained`` is a number, all else is exact text."""

    env: str
    account: str
    since: str | None
    until: str
    symbol: str | None
    cash: SumsPart
    equity: SumsPart
    parts: list[Part]
    unexplained: float
    unexplained_equity: Decimal
    unexplained_quantities: dict[str, Decimal]
    or_else: str
    explained: bool


class PeriodPart(Piece, frozen=True, kw_only=True):
    """A day, week or month; ``restated`` where late activities changed what was first known."""

    name: str
    equity: Decimal
    first: Figures
    now: Figures
    restated: bool


class PerformanceDocument(Document, frozen=True, kw_only=True, tag="performance"):
    """What the account earned: ``snapsync performance``."""

    env: str
    by: By
    since: str
    until: str
    start: Decimal
    equity: Decimal
    periods: list[PeriodPart]
    total: Figures
    drawdown: Drawdown

"""The words without an order: money, fees, dividends, option events, splits, prices, time.

A ``date`` is the activity's own day: absolute, or like ``-1d`` relative to the step's time.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar

from msgspec import structs

from snapsync.errors import UsageError

from . import clock, events
from .activities import EventStatus
from .step import Step
from .world import World


class Deposit(Step, frozen=True, kw_only=True):
    """Dollars come in (CSD)."""

    amount: Decimal
    date: str | None = None

    def play(self, world: World) -> None:
        """Deposit."""
        events.post_event(world, "CSD", _day(world, self.date), net_amount=self.amount)


class Withdrawal(Step, frozen=True, kw_only=True):
    """Dollars go out (CSW)."""

    amount: Decimal
    date: str | None = None

    def play(self, world: World) -> None:
        """Withdraw."""
        events.post_event(world, "CSW", _day(world, self.date), net_amount=-self.amount)


class Fee(Step, frozen=True, kw_only=True):
    """A regulatory fee is posted (FEE), for the day ``date``; ``amount`` is what it costs."""

    amount: Decimal
    sub_type: str = "REG"
    date: str | None = None

    def play(self, world: World) -> None:
        """Charge the fee."""
        events.fee(world, self.amount, self.sub_type, _day(world, self.date))


class Accrue(Step, frozen=True, kw_only=True):
    """A fee is known but not posted yet: it shows in accrued_fees only, or in pending_reg_taf_fees."""

    amount: Decimal
    pending: bool = False

    def play(self, world: World) -> None:
        """Accrue the fee."""
        if self.pending:
            world.pending_fees += self.amount
        else:
            world.accrued_fees += self.amount


class Interest(Step, frozen=True, kw_only=True):
    """Interest (INT): a credit, or with a negative ``amount`` margin interest."""

    signed: ClassVar[frozenset[str]] = frozenset({"amount"})

    amount: Decimal
    sub_type: str | None = None

    def play(self, world: World) -> None:
        """Credit or charge."""
        sub_type = self.sub_type or ("CDT" if self.amount > 0 else "MGN")
        events.post_event(world, "INT", net_amount=self.amount, sub_type=sub_type)


class Dividend(Step, frozen=True, kw_only=True):
    """A cash dividend (DIV) on what is held."""

    symbol: str
    per_share: Decimal
    sub_type: str = "CDIV"

    def play(self, world: World) -> None:
        """Pay."""
        events.dividend(world, self.symbol, self.per_share, self.sub_type)


class CryptoFee(Step, frozen=True, kw_only=True):
    """A fee taken in the coin (CFEE)."""

    symbol: str
    qty: Decimal

    def play(self, world: World) -> None:
        """Take the coins."""
        events.crypto_fee(world, self.symbol, self.qty)


class Expiry(Step, frozen=True, kw_only=True):
    """An option ends worthless (OPEXP)."""

    symbol: str

    def play(self, world: World) -> None:
        """Expire."""
        events.expiry(world, self.symbol)


class Assignment(Step, frozen=True, kw_only=True):
    """Short contracts are assigned (OPASN and OPTRD); all of them without ``qty``."""

    symbol: str
    qty: Decimal | None = None

    def play(self, world: World) -> None:
        """Assign."""
        events.assignment(world, self.symbol, self.qty)


class Exercise(Step, frozen=True, kw_only=True):
    """Long contracts are exercised (OPEXC and OPTRD); all of them without ``qty``."""

    symbol: str
    qty: Decimal | None = None

    def play(self, world: World) -> None:
        """Exercise."""
        events.exercise(world, self.symbol, self.qty)


class Split(Step, frozen=True, kw_only=True):
    """``new`` shares for ``old`` ones (SPLIT)."""

    symbol: str
    new: Decimal
    old: Decimal = Decimal(1)

    def play(self, world: World) -> None:
        """Split."""
        events.split(world, self.symbol, self.new, self.old)


class Activity(Step, frozen=True, kw_only=True):
    """Any other non-trade activity, also canceled ones and types that nobody knows."""

    signed: ClassVar[frozenset[str]] = frozenset({"net_amount", "qty"})

    type: str
    net_amount: Decimal = Decimal(0)
    sub_type: str | None = None
    date: str | None = None
    description: str | None = None
    status: EventStatus = "executed"
    symbol: str | None = None
    qty: Decimal | None = None
    price: Decimal | None = None
    per_share_amount: Decimal | None = None
    group_id: str | None = None

    def play(self, world: World) -> None:
        """Post the row as it is."""
        if self.type == "FILL":
            raise UsageError("A fill needs an order.", detail="field type: found 'FILL'")
        row = structs.asdict(self)
        if self.symbol is not None:
            # activities name coins as positions do
            row["symbol"] = world.instrument(self.symbol).key
        kind, day = row.pop("type"), _day(world, row.pop("date"))
        del row["at"]
        events.post_event(world, kind, day, **row)


class Price(Step, frozen=True, kw_only=True):
    """The market moves; with ``hidden: true`` the position shows no price, as Alpaca's can."""

    symbol: str
    price: Decimal
    hidden: bool = False

    def play(self, world: World) -> None:
        """Set the mark."""
        events.move_price(world, self.symbol, self.price, hidden=self.hidden)


class Asset(Step, frozen=True, kw_only=True):
    """Give a symbol another exchange or multiplier, before it is traded."""

    symbol: str
    exchange: str | None = None
    multiplier: Decimal | None = None

    def play(self, world: World) -> None:
        """List the instrument."""
        usual = world.instrument(self.symbol)
        world.list_instrument(
            structs.replace(
                usual,
                exchange=usual.exchange if self.exchange is None else self.exchange,
                multiplier=self.multiplier or usual.multiplier,
            )
        )


class Clock(Step, frozen=True, kw_only=True):
    """Set the clock ``to`` a time, backwards too, or let time pass ``by`` a duration."""

    to: str | None = None
    by: str | None = None

    def play(self, world: World) -> None:
        """Set the clock."""
        if self.by is not None:
            shift = clock.duration(self.by)
            if shift is None:
                raise UsageError("A duration cannot be read.", detail=f"field by: {self.by!r}")
            world.advance_to(world.now() + shift)
        if self.to is not None:
            world.set_clock(clock.resolve(self.to, world.now()))


class Reset(Step, frozen=True, kw_only=True):
    """The paper account is reset: another account with ``cash`` and no history."""

    cash: Decimal = Decimal(100_000)
    new_keys: bool = False

    def play(self, world: World) -> None:
        """Start again."""
        world.open_account(self.cash, new_keys=self.new_keys)


def _day(world: World, text: str | None) -> date | None:
    """The New York day that a step means."""
    return None if text is None else clock.eastern(clock.resolve(text, world.now())).date()

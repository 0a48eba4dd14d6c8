"""The world as Alpaca's JSON: account, positions and activities (orders are in ``order_forms``).

Numbers are strings in uneven forms, times are UTC with 0 to 9 fraction digits, and null, absent
and "" stand exactly where Alpaca has them: sections 3, 4 and 6 of the notes on the API. All of
these functions want the world held.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import takewhile

from . import clock
from .activities import Activity, Event, Fill
from .positions import Position
from .symbols import asset_id
from .world import Close, World

Json = dict[str, object]

# nine decimals of quantity times nine of price stay exact; quotients are cut earlier
_EXACT_PLACES, _QUOTIENT_PLACES = 20, 16
# Reg T: half of a share's value initially, and what brokers usually want to be kept
_INITIAL, _MAINTENANCE, _MAINTENANCE_SHORT = Decimal("0.5"), Decimal("0.25"), Decimal("0.3")


def plain(value: Decimal) -> str:
    """The shortest plain form, at most 20 decimals: "5", "0.25", "-23140.2"."""
    text = format(_cut(value, _EXACT_PLACES), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def quotient(value: Decimal) -> str:
    """The plain form of something divided, at most 16 decimals."""
    return plain(_cut(value, _QUOTIENT_PLACES))


def pointed(value: Decimal) -> str:
    """The form with a point that rows of shares have: "100.0", "174.78"."""
    text = plain(value)
    return text if "." in text else f"{text}.0"


def account(world: World) -> Json:
    """GET /v2/account; the day-trading fields are gone since 2026-07-06."""
    values = [world.value(row) for row in world.positions.values()]
    long = sum((value for value in values if value > 0), Decimal(0))
    short = sum((value for value in values if value < 0), Decimal(0))
    close = last_close(world)
    return {
        "id": world.account.id,
        "admin_configurations": {},
        "user_configurations": None,
        "account_number": world.account.number,
        "status": "ACTIVE",
        "crypto_status": "ACTIVE",
        "options_approved_level": 3,
        "options_trading_level": 3,
        "currency": "USD",
        **_buying_power(world),
        "accrued_fees": plain(world.accrued_fees),
        "cash": plain(world.shown_cash),
        "portfolio_value": plain(world.equity),
        "trading_blocked": False,
        "transfers_blocked": False,
        "account_blocked": False,
        "created_at": clock.utc_text(world.account.created),
        "trade_suspended_by_user": False,
        "multiplier": "2",
        "shorting_enabled": True,
        "equity": plain(world.equity),
        "last_equity": plain(close.equity),
        "long_market_value": plain(long),
        "short_market_value": plain(short),
        "position_market_value": plain(long + short),
        "last_maintenance_margin": "0",
        "sma": "0",
        "balance_asof": str(close.day),
        "crypto_tier": 1,
        "intraday_adjustments": plain(_adjustments_today(world)),
        "pending_reg_taf_fees": plain(world.pending_fees),
    }


def last_close(world: World) -> Close:
    """The account at the last 16:00 before today, or as it was opened."""
    today = clock.eastern(world.now()).date()
    for close in reversed(world.closes):
        if close.day < today:
            return close
    opened = clock.eastern(world.account.created).date()
    return Close(day=opened, equity=world.opening_cash, marks={})


def position(world: World, row: Position) -> Json:
    """One element of GET /v2/positions."""
    traded = row.instrument
    number = pointed if traded.asset_class == "us_equity" else plain
    return {
        "asset_id": str(asset_id(traded.key)),
        "symbol": traded.key,
        "exchange": traded.exchange,
        "asset_class": traded.asset_class,
        "asset_marginable": traded.marginable,
        "qty": plain(row.qty),
        "avg_entry_price": number(row.avg_entry_price),
        "side": "long" if row.qty > 0 else "short",
        "cost_basis": number(row.cost_basis),
        "qty_available": plain(_available(world, row)),
        **_prices(world, row),
    }


def activity(row: Activity) -> Json:
    """One element of GET /v2/account/activities."""
    return _fill(row) if isinstance(row, Fill) else _event(row)


def _buying_power(world: World) -> Json:
    """What may still be spent: twice for shares, once for options."""
    initial, maintenance = _margins(world)
    power = max(world.equity - initial, Decimal(0))
    return {
        "buying_power": plain(power * 2),
        "regt_buying_power": plain(power * 2),
        "effective_buying_power": plain(power * 2),
        "non_marginable_buying_power": plain(max(min(power, world.cash), Decimal(0))),
        "options_buying_power": plain(power),
        "initial_margin": plain(initial),
        "maintenance_margin": plain(maintenance),
    }


def _prices(world: World, row: Position) -> Json:
    """What moves with the market; null where no price is known [S:trading/models.py]."""
    traded = row.instrument
    names = (
        "market_value", "current_price", "unrealized_pl", "unrealized_plpc",
        "unrealized_intraday_pl", "unrealized_intraday_plpc", "lastday_price", "change_today",
    )  # fmt: skip
    if traded.key in world.hidden:
        return dict.fromkeys(names)
    price = world.marks.get(traded.key, Decimal(0))
    lastday = last_close(world).marks.get(traded.key, price)
    gain = row.value(price) - row.cost_basis
    gain_today = row.value(price) - row.value(lastday)
    number = pointed if traded.asset_class == "us_equity" else plain
    values = (
        number(row.value(price)),
        number(price),
        plain(gain),
        quotient(_ratio(gain, abs(row.cost_basis))),
        plain(gain_today),
        quotient(_ratio(gain_today, abs(row.value(lastday)))),
        number(lastday),
        quotient(_ratio(price - lastday, lastday)),
    )
    return dict(zip(names, values, strict=True))


def _fill(row: Fill) -> Json:
    return {
        "id": row.id,
        "activity_type": row.type,
        "transaction_time": clock.utc_text(row.time),
        "type": "partial_fill" if row.leaves_qty else "fill",
        "price": plain(row.price),
        "qty": plain(row.qty),
        "side": row.side,
        "symbol": row.symbol,
        "leaves_qty": plain(row.leaves_qty),
        "order_id": row.order_id,
        "cum_qty": plain(row.cum_qty),
        "order_status": "partially_filled" if row.leaves_qty else "filled",
    }


def _event(row: Event) -> Json:
    """Every field after net_amount may be absent, and is when there is nothing to say."""
    optional = {
        "activity_sub_type": row.sub_type,
        "description": row.description,
        "symbol": row.symbol,
        "qty": None if row.qty is None else plain(row.qty),
        "price": None if row.price is None else plain(row.price),
        "per_share_amount": None if row.per_share_amount is None else plain(row.per_share_amount),
        "group_id": row.group_id,
    }
    return {
        "id": row.id,
        "activity_type": row.type,
        "date": str(row.date),
        "created_at": clock.utc_text(row.created),
        "net_amount": plain(row.net_amount),
        "status": row.status,
        "currency": "USD",
        **{name: value for name, value in optional.items() if value is not None},
    }


def _available(world: World, row: Position) -> Decimal:
    """The quantity that no working order would close."""
    closing = "sell" if row.qty > 0 else "buy"
    bound = sum(
        (
            order.leaves or Decimal(0)
            for order in world.working
            if order.status != "held"
            and order.ticket.side == closing
            and order.ticket.symbol
            and world.instrument(order.ticket.symbol).key == row.instrument.key
        ),
        Decimal(0),
    )
    free = max(abs(row.qty) - bound, Decimal(0))
    return free if row.qty > 0 else -free


def _margins(world: World) -> tuple[Decimal, Decimal]:
    """Initial and maintenance margin; options and coins lend nothing."""
    initial = maintenance = Decimal(0)
    for row in world.positions.values():
        value = abs(world.value(row))
        shares = row.instrument.marginable
        initial += value * (_INITIAL if shares else 1)
        keep = _MAINTENANCE if row.qty > 0 else _MAINTENANCE_SHORT
        maintenance += value * (keep if shares else 1)
    return initial, maintenance


def _adjustments_today(world: World) -> Decimal:
    today = clock.eastern(world.now()).date()
    recent = takewhile(lambda row: clock.eastern(row.created).date() == today, reversed(world.activities))
    rows = (row for row in recent if isinstance(row, Event) and row.status != "canceled")
    return sum((row.net_amount for row in rows), Decimal(0))


def _cut(value: Decimal, places: int) -> Decimal:
    exponent = value.as_tuple().exponent
    return round(value, places) if isinstance(exponent, int) and exponent < -places else value


def _ratio(part: Decimal, whole: Decimal) -> Decimal:
    return part / whole if whole else Decimal(0)

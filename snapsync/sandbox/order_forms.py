"""Orders, assets, contracts and the market clock as Alpaca's JSON; the world is held."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from . import clock
from .forms import Json, plain, quotient
from .orders import Order
from .symbols import Contract, Instrument, asset_id
from .world import World


def order(world: World, row: Order, legs: Iterable[Order] = ()) -> Json:
    """One order; ``legs`` are shown under it, and null stands where there are none."""
    ticket = row.ticket
    head = ticket.order_class == "mleg" and row.parent is None
    leg = ticket.order_class == "mleg" and row.parent is not None
    kind = "" if leg else ticket.type
    average = row.filled_avg_price
    children: list[Json] = [order(world, child) for child in legs]
    form: Json = {
        "id": row.id,
        "client_order_id": row.client_order_id,
        **_times(row),
        "replaced_by": row.replaced_by,
        "replaces": row.replaces,
        **_asset(world, row),
        "notional": _number(ticket.notional),
        "qty": _number(ticket.qty),
        "filled_qty": plain(row.filled_qty),
        "filled_avg_price": None if average is None else quotient(average),
        "order_class": ticket.order_class,
        "order_type": kind,
        "type": kind,
        "side": "" if head else ticket.side,
        "time_in_force": ticket.time_in_force,
        "status": row.status,
        "extended_hours": False,
        "legs": children or None,
        **_limits(row),
        "subtag": None,
        "source": None,
        "expires_at": clock.utc_text(row.expires),
    }
    if row.intent is not None:
        form["position_intent"] = row.intent
    if leg:
        form["ratio_qty"] = _number(row.ratio)
    return form


def asset(traded: Instrument) -> Json:
    """GET /v2/assets/{symbol}: coins have another id here than in positions [#490]."""
    shares = traded.asset_class == "us_equity"
    form: Json = {
        "id": str(asset_id(traded.symbol)),
        "class": traded.asset_class,
        "exchange": traded.exchange,
        "symbol": traded.symbol,
        "name": f"{traded.symbol} of the sandbox",
        "status": "active",
        "tradable": True,
        "marginable": traded.marginable,
        "shortable": shares,
        "easy_to_borrow": shares,
        "fractionable": traded.asset_class != "us_option",
        "attributes": ["has_options"] if shares else [],
    }
    if shares:
        form["borrow_status"] = "easy_to_borrow"
    if traded.asset_class == "crypto":
        form |= {"min_order_size": "0.0001", "min_trade_increment": "0.000000001"}
        form["price_increment"] = "0.01"
    return form


def option_contract(traded: Instrument, terms: Contract, now: int) -> Json:
    """GET /v2/options/contracts/{symbol}."""
    alive = terms.expiry >= clock.eastern(now).date()
    strike = plain(terms.strike)
    return {
        "id": str(asset_id(traded.symbol)),
        "symbol": traded.symbol,
        "name": f"{terms.underlying} {terms.expiry:%b %d %Y} {strike} {terms.kind.title()}",
        "status": "active" if alive else "inactive",
        "tradable": alive,
        "expiration_date": str(terms.expiry),
        "root_symbol": terms.root,
        "underlying_symbol": terms.underlying,
        "underlying_asset_id": str(asset_id(terms.underlying)),
        "type": terms.kind,
        "style": "american",
        "strike_price": strike,
        "multiplier": plain(traded.multiplier),
        "size": "100",
    }


def market_clock(now: int) -> Json:
    """GET /v2/clock, in Eastern time."""
    opens = clock.next_session(now, clock.OPENING)
    closes = clock.next_session(now, clock.CLOSING)
    return {
        "timestamp": clock.eastern_text(now),
        "is_open": closes < opens,
        "next_open": opens.isoformat(),
        "next_close": closes.isoformat(),
    }


def calendar_day(day: date) -> Json:
    """One row of GET /v2/calendar; trades settle on the next weekday."""
    settles = day + timedelta(days=1)
    while not clock.is_trading_day(settles):
        settles += timedelta(days=1)
    return {
        "date": str(day),
        "open": "09:30",
        "close": "16:00",
        "session_open": "0400",
        "session_close": "2000",
        "settlement_date": str(settles),
    }


def _times(row: Order) -> Json:
    """Null until it happens."""

    def text(instant: int | None) -> str | None:
        return None if instant is None else clock.utc_text(instant)

    return {
        "created_at": text(row.created),
        "updated_at": text(row.updated),
        "submitted_at": text(row.submitted),
        "filled_at": text(row.filled_at),
        "expired_at": text(row.expired_at),
        "canceled_at": text(row.canceled_at),
        "failed_at": text(row.failed_at),
        "replaced_at": text(row.replaced_at),
    }


def _asset(world: World, row: Order) -> Json:
    """Empty strings on the parent of a multi-leg order, as in the official example."""
    if not row.ticket.symbol:
        return {"asset_id": "", "symbol": "", "asset_class": ""}
    traded = world.instrument(row.ticket.symbol)
    return {
        "asset_id": str(asset_id(traded.symbol)),
        "symbol": row.ticket.symbol,
        "asset_class": traded.asset_class,
    }


def _limits(row: Order) -> Json:
    """Null where the order's type uses none."""
    ticket = row.ticket
    return {
        "limit_price": _number(ticket.limit),
        "stop_price": _number(_stop(row)),
        "trail_percent": _number(ticket.trail_percent),
        "trail_price": _number(ticket.trail_price),
        "hwm": _number(row.hwm),
    }


def _stop(row: Order) -> Decimal | None:
    """A trailing stop follows its high-water mark."""
    ticket = row.ticket
    if row.hwm is None:
        return ticket.stop
    trail = ticket.trail_price or row.hwm * (ticket.trail_percent or Decimal(0)) / 100
    return row.hwm - trail if ticket.side == "sell" else row.hwm + trail


def _number(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)

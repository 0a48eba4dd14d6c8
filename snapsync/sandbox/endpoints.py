"""Which address shows what: the read side of the trading API as a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from msgspec import Struct

from . import clock, forms, lists, order_forms, params
from .params import Query
from .symbols import Instrument, asset_id, contract, instrument
from .world import World

Path = Mapping[str, str]
Handler = Callable[[World, Query, Path], object]

_ALWAYS_LISTED = ("AAPL", "IWM", "MSFT", "NVDA", "QQQ", "SPY", "TSLA", "BTC/USD", "ETH/USD")
_CALENDAR_DAYS = 366


class Endpoint(Struct, frozen=True, kw_only=True):
    """One row of the table; faults and the request log know it by its name."""

    name: str
    path: re.Pattern[str]
    handler: Handler


def find(path: str) -> tuple[Endpoint | None, Path]:
    """The endpoint of a path and what the path names."""
    for endpoint in ENDPOINTS:
        match = endpoint.path.fullmatch(path)
        if match:
            return endpoint, match.groupdict()
    return None, {}


def _account(world: World, _query: Query, _path: Path) -> object:
    return forms.account(world)


def _positions(world: World, _query: Query, _path: Path) -> object:
    return [forms.position(world, row) for row in world.positions.values()]


def _position(world: World, _query: Query, path: Path) -> object:
    wanted = path["name"]
    for row in world.positions.values():
        if wanted in {row.instrument.key, str(asset_id(row.instrument.key))}:
            return forms.position(world, row)
    raise params.not_found("position does not exist")


def _orders(world: World, query: Query, _path: Path) -> object:
    return lists.orders(world, query)


def _order(world: World, query: Query, path: Path) -> object:
    order_id = params.uuid(path["name"], "order_id")
    row = world.orders.get(order_id)
    if row is None:
        raise params.not_found(f"order not found for {order_id}")
    nested = params.flag(query, "nested")
    return order_forms.order(world, row, lists.children(world, row, nested=nested))


def _order_by_client(world: World, query: Query, _path: Path) -> object:
    client = query.get("client_order_id")
    if not client:
        raise params.unprocessable("client_order_id is required")
    order_id = world.clients.get(client)
    if order_id is None:
        raise params.not_found(f"order not found for {client}")
    row = world.orders[order_id]
    return order_forms.order(world, row, lists.children(world, row, nested=True))


def _activities(world: World, query: Query, _path: Path) -> object:
    return lists.activities(world, query)


def _activities_of_type(world: World, query: Query, path: Path) -> object:
    return lists.activities(world, query, path["name"])


def _clock(world: World, _query: Query, _path: Path) -> object:
    return order_forms.market_clock(world.now())


def _calendar(world: World, query: Query, _path: Path) -> object:
    """Weekdays; holidays are not known here."""
    today = clock.eastern(world.now()).date()
    first = _day(query, "start", today)
    last = min(_day(query, "end", first + timedelta(days=30)), first + timedelta(_CALENDAR_DAYS))
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [order_forms.calendar_day(day) for day in days if clock.is_trading_day(day)]


def _asset(world: World, _query: Query, path: Path) -> object:
    wanted = path["name"]
    for traded in _listed(world):
        ids = {str(asset_id(traded.symbol)), str(asset_id(traded.key))}
        if wanted in {traded.symbol, traded.key} | ids:
            return order_forms.asset(traded)
    raise params.not_found(f"asset not found for {wanted}")


def _contract(world: World, _query: Query, path: Path) -> object:
    wanted = path["name"]
    for traded in _listed(world):
        terms = contract(traded.symbol)
        if terms and wanted in {traded.symbol, str(asset_id(traded.symbol))}:
            return order_forms.option_contract(traded, terms, world.now())
    raise params.not_found(f"option contract {wanted} not found")


def _listed(world: World) -> list[Instrument]:
    """What exists here: a few well-known assets and all that the world has touched."""
    found = {instrument(symbol).symbol: instrument(symbol) for symbol in _ALWAYS_LISTED}
    touched = {*world.queue.symbols} - {""}
    touched |= {row.instrument.symbol for row in world.positions.values()}
    touched |= {row.symbol for row in world.listings.values()}
    for symbol in sorted(touched):
        traded = world.instrument(symbol)
        found[traded.symbol] = traded
        terms = contract(symbol)
        if terms:
            found.setdefault(terms.underlying, world.instrument(terms.underlying))
    return list(found.values())


def _day(query: Query, name: str, default: date) -> date:
    instant = params.time(query, name)
    # a plain day is midnight in UTC, which is the evening before in New York
    return default if instant is None else date.fromisoformat(clock.utc_text(instant)[:10])


def _row(name: str, path: str, handler: Handler) -> Endpoint:
    return Endpoint(name=name, path=re.compile(path), handler=handler)


ENDPOINTS = (
    _row("account", r"/v2/account", _account),
    _row("positions", r"/v2/positions", _positions),
    _row("position", r"/v2/positions/(?P<name>[^/]+)", _position),
    _row("orders", r"/v2/orders", _orders),
    _row("order_by_client_id", r"/v2/orders:by_client_order_id", _order_by_client),
    _row("order", r"/v2/orders/(?P<name>[^/]+)", _order),
    _row("activities", r"/v2/account/activities", _activities),
    _row("activities_of_type", r"/v2/account/activities/(?P<name>[^/]+)", _activities_of_type),
    _row("clock", r"/v2/clock", _clock),
    _row("calendar", r"/v2/calendar", _calendar),
    _row("asset", r"/v2/assets/(?P<name>.+)", _asset),
    _row("contract", r"/v2/options/contracts/(?P<name>[^/]+)", _contract),
)
NAMES = tuple(endpoint.name for endpoint in ENDPOINTS)

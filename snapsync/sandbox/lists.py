"""The two lists with filters and pages: orders and account activities."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from . import order_forms, params
from .activities import Activity, Fill
from .clock import utc_text
from .forms import Json, activity
from .orders import Order
from .params import ApiError, Query
from .queues import Entry
from .symbols import contract
from .world import World

_LIMIT, _LIMIT_MAX, _PAGE_MAX = 50, 500, 100
_ASSET_CLASSES = frozenset(
    {
        "us_equity", "us_option", "crypto", "crypto_perp", "treasury", "corporate",
        "global_equity", "us_index", "us_equity_chain", "ipo", "all",
    }
)  # fmt: skip
_TYPES = frozenset(
    {
        "FILL", "TRANS", "MISC", "ACATC", "ACATS", "CFEE", "CGD", "CSD", "CSW", "DIV", "DIVCGL",
        "DIVCGS", "DIVFEE", "DIVFT", "DIVNRA", "DIVROC", "DIVTW", "DIVTXEX", "FEE", "INT",
        "INTNRA", "INTTW", "JNL", "JNLC", "JNLS", "MA", "NC", "OPASN", "OPCA", "OPCSH", "OPEXC",
        "OPEXP", "OPTRD", "PTC", "PTR", "REO", "REORG", "SPIN", "SPLIT", "FOPT", "OCT",
    }
)  # fmt: skip
_TRANS = frozenset({"CSD", "CSW"})
_NOT_MISC = _TRANS | {"FILL", "DIV"}


def orders(world: World, query: Query) -> list[Json]:
    """GET /v2/orders.

    What happens above 500 is not documented: here the limit is capped, so that a client which
    trusts one page fails its tests.
    """
    nested = params.flag(query, "nested")
    rows = world.queue.rows(heads=nested)
    window = _order_window(world, rows[: len(rows) - world.lag] if world.lag else rows, query)
    descending = params.word(query, "direction", {"asc", "desc"}, "desc") == "desc"
    limit = min(params.whole(query, "limit", _LIMIT), _LIMIT_MAX)
    wanted = _order_filter(world, query)
    places: Sequence[int] = window
    if (query.get("status") or "open") == "open":
        found = ((bisect.bisect_left(rows, entry), entry) for entry in world.queue.open.values())
        places = sorted(place for place, entry in found if place in window and rows[place] == entry)
    listed = (world.orders[rows[place].id] for place in (reversed(places) if descending else places))
    shown = islice(filter(wanted, listed), limit)
    return [order_forms.order(world, row, children(world, row, nested=nested)) for row in shown]


def children(world: World, row: Order, *, nested: bool) -> list[Order]:
    """The legs to show under an order."""
    return world.children(row) if nested and row.ticket.order_class in {"mleg", "bracket"} else []


def activities(world: World, query: Query, only: str | None = None) -> list[Json]:
    """GET /v2/account/activities, all types or one.

    Rows are in the order of their ids, so a fee that comes late lies among older rows.
    """
    params.exclusive(query, "date", "after")
    params.exclusive(query, "date", "until")
    wanted = _activity_filter(world, query, only)
    descending = params.word(query, "direction", {"asc", "desc"}, "desc") == "desc"
    size = params.whole(query, "page_size", _PAGE_MAX)
    if size > _PAGE_MAX:
        raise params.unprocessable(f"page_size must be between 1 and {_PAGE_MAX}")
    missing = {row.id for row in world.activities[len(world.activities) - world.lag :]}
    page: list[Json] = []
    for row in _from_token(world, query, descending=descending):
        if len(page) == size:
            break
        if row.id not in missing and wanted(row):
            page.append(activity(row))
    return page


def _order_window(world: World, rows: Sequence[Entry], query: Query) -> range:
    """The places between the exclusive bounds, which are times or orders."""
    params.exclusive(query, "before_order_id", "after_order_id")
    for name in ("before_order_id", "after_order_id"):
        params.exclusive(query, name, "after")
        params.exclusive(query, name, "until")
    after, until = params.time(query, "after"), params.time(query, "until")
    first, last = 0, len(rows)
    if after is not None:
        first = bisect.bisect_right(rows, after, key=lambda entry: entry.submitted)
    if until is not None:
        last = bisect.bisect_left(rows, until, key=lambda entry: entry.submitted)
    if text := query.get("after_order_id"):
        first = _place(world, rows, text) + 1
    if text := query.get("before_order_id"):
        last = _place(world, rows, text)
    return range(first, last)


def _place(world: World, rows: Sequence[Entry], text: str) -> int:
    """Where an order stands, or its parent when legs are not rows."""
    order_id = params.uuid(text, "order id")
    row = world.orders.get(order_id)
    if row is None:
        raise params.not_found(f"order not found for {order_id}")
    found = {row.id, row.parent}
    entries = [world.queue.entry(world.orders[id]) for id in found if id]
    places = [bisect.bisect_left(rows, entry) for entry in entries]
    return min(place for place in places if place < len(rows) and rows[place].id in found)


def _order_filter(world: World, query: Query) -> Callable[[Order], bool]:
    status = params.word(query, "status", {"open", "closed", "all"}, "open")
    side = query.get("side") or None
    if side not in {None, "buy", "sell"}:
        raise params.unprocessable(f"invalid side: {side}")
    symbols = {text.replace("/", "") for text in params.several(query, "symbols")}
    classes = params.several(query, "asset_class")
    if unknown := classes - _ASSET_CLASSES:
        raise params.unprocessable(f"invalid asset_class: {min(unknown)}")

    def wanted(row: Order) -> bool:
        legs = world.children(row) if not row.ticket.symbol and (symbols or classes) else [row]
        return (
            (status == "all" or row.is_open == (status == "open"))
            and (side is None or (row.ticket.side == side and bool(row.ticket.symbol)))
            and (not symbols or any(_names(leg) & symbols for leg in legs))
            and (not classes - {"all"} or any(_class(world, leg) in classes for leg in legs))
        )

    return wanted


def _names(row: Order) -> set[str]:
    """The symbols that find an order; an option is found by its underlying too."""
    terms = contract(row.ticket.symbol)
    return {row.ticket.symbol.replace("/", "")} | ({terms.underlying} if terms else set())


def _class(world: World, row: Order) -> str:
    return world.instrument(row.ticket.symbol).asset_class


def _activity_filter(world: World, query: Query, only: str | None) -> Callable[[Activity], bool]:
    types = _types(world, query, only)
    day, after, until = (params.time(query, name) for name in ("date", "after", "until"))
    order_id = query.get("order_id")
    if order_id:
        order_id = params.uuid(order_id, "order_id")

    def wanted(row: Activity) -> bool:
        return (
            (types is None or row.type in types)
            # the filters look at created_at, not at the row's own date
            and (day is None or utc_text(row.created)[:10] == utc_text(day)[:10])
            and (after is None or row.created > after)
            and (until is None or row.created < until)
            and (not order_id or (isinstance(row, Fill) and row.order_id == order_id))
        )

    return wanted


def _types(world: World, query: Query, only: str | None) -> frozenset[str] | None:
    """The types that are asked for, with the groups TRANS and MISC spelt out; None for all."""
    asked = params.several(query, "activity_types") if only is None else frozenset({only})
    if only is None:
        params.exclusive(query, "activity_types", "category")
        categories = {"trade_activity", "non_trade_activity", ""}
        category = params.word(query, "category", categories, "")
        if category:
            here = frozenset(row.type for row in world.activities)
            return frozenset({"FILL"}) if category == "trade_activity" else here - {"FILL"}
    if not asked:
        return None
    here = frozenset(row.type for row in world.activities)
    if unknown := asked - _TYPES - here:
        raise params.unprocessable(f"invalid activity type: {min(unknown)}")
    found = asked
    if "TRANS" in asked:
        found |= _TRANS
    if "MISC" in asked:
        found |= (_TYPES | here) - _NOT_MISC
    return found


def _from_token(world: World, query: Query, *, descending: bool) -> Iterator[Activity]:
    """The rows that follow the token's row, which itself need not be among them."""
    rows, token = world.activities_by_id, query.get("page_token")
    after, until = params.time(query, "after"), params.time(query, "until")
    if not token:
        return rows.descending(None, after, until) if descending else rows.ascending("", after, until)
    stamp, colons, _ = token.partition("::")
    if not colons:
        raise ApiError(422, 40010001, f"invalid page_token: {token}")
    if "token-skips-millisecond" in world.oddities:
        # "-" comes before the colons of any id with this stamp, "~" after them
        token = f"{stamp}-" if descending else f"{stamp}~"
    return rows.descending(token, after, until) if descending else rows.ascending(token, after, until)

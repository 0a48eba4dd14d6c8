"""Mutated replies: a State that says what the reply says, or an error that names endpoint and field.

A simulator of the broker serves bytes; the reply's meaning is worked out here a second time, by the plain
rules of the API's documentation. Never another exception, never a silently different number.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapsync.ends.alpaca import BrokerReading, read_broker
from snapsync.ends.alpaca.session import Answer
from snapsync.errors import BrokerError, Exit
from snapsync.model.canon import EXACT
from snapsync.model.instant import instant
from snapsync.sandbox import World, forms, lists, order_forms, symbols
from snapsync.sandbox.clock import utc_text
from snapsync.sandbox.scenario import bare

from .conftest import ADJUSTED, CALL, EARLIER, LATER, MORNING
from .truth import ALL, REACH

Json = dict[str, Any]
Replies = dict[str, Any]

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
PAIR = re.compile(r"[A-Z0-9]{1,10}/[A-Z]{3,5}")
TERMINAL = {"filled", "canceled", "expired", "replaced", "rejected"}
MISSING = object()
OTHER_MARKS = ("long_market_value", "short_market_value", "accrued_fees", "pending_reg_taf_fees")
TEXTS = ("activity_sub_type", "status", "group_id", "description")


OPEN, CONTRACT = "/orders?status=open", "/options/contracts/"
"""Endpoints of their own here: a list of open orders, and a contract."""


class Broker:
    """Answers as a broker whose account stands still would, from given replies."""

    def __init__(self, replies: Replies, at: str) -> None:
        self.requests = 0
        self._replies, self._at = replies, instant(at)

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """The reply to a path; lists continue with nothing."""
        answer = self.find(path, params)
        assert answer is not None
        return answer

    def find(self, path: str, params: Mapping[str, str] | None = None) -> Answer | None:
        """None where there is no such thing."""
        self.requests += 1
        asked = dict(params or {})
        if path.startswith("/orders/"):
            rows = [row for row in self._replies["/orders"] if isinstance(row, dict)]
            reply: Any = next((row for row in rows if row.get("id") == path.removeprefix("/orders/")), None)
            if reply is None:
                return None
        elif path.startswith(CONTRACT):
            reply = self._replies[CONTRACT]
        elif asked.get("status") == "open":
            reply = self._replies[OPEN]
        else:
            reply = [] if "page_token" in asked else self._replies[path]
        body = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
        return Answer(endpoint=f"GET /v2{path}", body=body, at=self._at, request_id="the-id")

    def pause(self, seconds: float) -> None:
        """Replies do not move."""

    def stop(self) -> None:
        """Nothing to stop."""


def contract_of(world: World) -> Json:
    """The terms of the adjusted contract."""
    terms = symbols.contract(ADJUSTED)
    assert terms is not None
    reply: Json = order_forms.option_contract(world.instrument(ADJUSTED), terms, world.now())
    return reply


def replies_of(world: World) -> Replies:
    """Real-looking replies: what a sandbox would answer."""
    with world.held():
        return {
            "/account": forms.account(world),
            "/positions": [forms.position(world, row) for row in world.positions.values()],
            "/orders": lists.orders(world, {"status": "all", "limit": "500", "direction": "asc"}),
            "/account/activities": lists.activities(world, {"direction": "asc"}),
            OPEN: lists.orders(world, {"status": "open", "limit": "500", "direction": "asc"}),
            CONTRACT: contract_of(world),
        }


def busy() -> World:
    """An account with a bit of everything."""
    world = World(now=MORNING)
    events: list[Json] = [
        {"do": "order", "side": "buy", "symbol": "SPY", "qty": 9, "limit": 500, "client_order_id": "o-1"},
        {"do": "fill", "order": "o-1", "qty": 2},
        {
            "do": "order",
            "side": "sell",
            "symbol": "AAPL",
            "qty": 1,
            "limit": 900,
            "client_order_id": "o-2",
        },
        # at two prices and at two times, so that an average and a first fill mean something
        {"do": "buy", "symbol": "SPY", "qty": 3, "price": 600,
         "fills": [{"qty": 1, "price": "600.01", "after": "1s"},
                   {"qty": 2, "price": "601.5", "after": "2s"}]},
        {"do": "expiry", "symbol": CALL},
        {"do": "crypto_fee", "symbol": "BTC/USD", "qty": "0.0001"},
        {"do": "dividend", "symbol": "AAPL", "per_share": "0.26"},
        {"do": "activity", "type": "JNLC", "net_amount": 5, "status": "canceled"},
        {"do": "activity", "type": "QQZ", "net_amount": 5},
    ]  # fmt: skip
    bare(world).do_all([*EARLIER, *LATER, *events])
    return world


WORLD = busy()
AT = utc_text(WORLD.now())
REPLIES = json.loads(json.dumps(replies_of(WORLD)))


def read(replies: Replies) -> BrokerReading | BrokerError:
    """The reading, or the error that refuses it; anything else is a failure of the test."""
    try:
        return read_broker(Broker(replies, AT), ALL, None, REACH)
    except BrokerError as error:
        refused = error
    assert refused.exit in {Exit.UNREACHABLE, Exit.UNSETTLED}
    assert refused.detail
    return refused


# --- what a reply means ----------------------------------------------------------------------------


def number(row: Json, field: str) -> Decimal | None:
    """A number as it is written; None where there is none."""
    value = row.get(field)
    if value is None or value == "":
        return None
    assert not isinstance(value, bool), f"{field}: {value!r} was read"
    assert isinstance(value, str | int | float), f"{field}: {value!r} was read"
    text = value if isinstance(value, str) else json.dumps(value)
    assert NUMBER.fullmatch(text), f"{field}: {value!r} was read"
    return Decimal(text)


def needed(row: Json, field: str) -> Any:  # noqa: ANN401 - JSON
    """What a reading cannot do without."""
    value = row.get(field)
    assert value is not None, f"{field} is missing and was not missed"
    assert value != "", f"{field} is empty and was not missed"
    return value


def canonical(symbol: str) -> str:
    """Our one form of a symbol, for the symbols that stand here."""
    symbol = symbol.strip().upper()
    return symbol.replace("/", "") if PAIR.fullmatch(symbol) else symbol


def moment(text: str) -> str:
    """A time in our one form, to the nanosecond; its zone is given and its year is one of ours."""
    match = re.fullmatch(r"(.*?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)", text, re.ASCII | re.IGNORECASE)
    assert match, f"{text!r} was read as a time"
    whole = datetime.fromisoformat((match[1] + match[3]).upper()).astimezone(UTC)
    assert 1990 <= whole.year < 2200, f"{text!r} was read as a time"
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{match[2] or '':0<9}Z"


def day_of(row: Json) -> str:
    """When the day begins that what is no fill belongs to: its date, else that of its time in New York."""
    zone = ZoneInfo("America/New_York")
    if told := row.get("date"):
        assert len(told) == 10 or moment(told), f"{told!r} was read as a date"
        day = date.fromisoformat(told[:10])
    else:
        at = moment(needed({"time": row.get("transaction_time") or row.get("created_at")}, "time"))
        day = datetime.fromisoformat(at[:19] + "Z").astimezone(zone).date()
    return moment(datetime.combine(day, time(), zone).isoformat())


def text(row: Json, field: str) -> str | None:
    """A text; None where there is none."""
    value = row.get(field) or None
    assert value is None or isinstance(value, str), f"{field}: {value!r} was read"
    return value


def meaning(replies: Replies) -> Json:
    """What a State must say that was read from these replies."""
    account = replies["/account"]
    fills = [row for row in replies["/account/activities"] if row["activity_type"] == "FILL"]
    others = [row for row in replies["/account/activities"] if row["activity_type"] != "FILL"]
    return {
        "account": needed(account, "id"),
        "number": text(account, "account_number"),
        "cash": (needed(account, "cash"), number(account, "cash"))[1],
        "equity": (needed(account, "equity"), number(account, "equity"))[1],
        "accrued": number(account, "accrued_fees"),
        "buying power": number(account, "buying_power"),
        "other marks": [number(account, field) for field in OTHER_MARKS],
        "positions": {
            canonical(needed(row, "symbol")): (
                (needed(row, "qty"), number(row, "qty"))[1],
                number(row, "avg_entry_price"),
                needed(row, "asset_class"),
                number(row, "market_value"),
                number(row, "current_price"),
                number(row, "unrealized_pl"),
                needed(row, "asset_id"),
            )
            for row in replies["/positions"]
            if number(row, "qty")
        },
        "fills": {
            needed(row, "id"): (
                (needed(row, "qty"), number(row, "qty"))[1],
                (needed(row, "price"), number(row, "price"))[1],
                needed(row, "side"),
                canonical(needed(row, "symbol")),
                needed(row, "order_id"),
                moment(needed(row, "transaction_time")),
            )
            for row in fills
        },
        "others": {
            (needed(row, "activity_type"), needed(row, "id"), canonical(row.get("symbol") or "")): (
                number(row, "net_amount"),
                number(row, "qty"),
                number(row, "price"),
                day_of(row),
                moment(row["created_at"]) if row.get("created_at") else None,
                [text(row, field) for field in TEXTS],
            )
            for row in others
        },
        "trades": trades(replies, fills),
        "open": {
            needed(row, "id"): (
                canonical(row["symbol"]),
                row.get("side") or None,
                number(row, "qty"),
                number(row, "filled_qty"),
                row.get("client_order_id") or None,
            )
            for row in replies[OPEN]
            if row.get("symbol") and row["status"] not in TERMINAL
        },
        "size": {number(replies[CONTRACT], "multiplier") or Decimal(100)},
    }


def trades(replies: Replies, fills: list[Json]) -> Json:
    """Of each order that is done, from its fills alone: whose, what, which way, how many and when first.

    What the list of open orders says of an order counts only if it claims the very fills that there are.
    """
    orders = replies["/orders"]
    known = {row["id"]: row for row in orders if isinstance(row.get("id"), str) and row.get("symbol")}
    for row in replies[OPEN]:
        mine = (number(each, "qty") or 0 for each in fills if each["order_id"] == row["id"])
        if row.get("symbol") and number(row, "filled_qty") in {None, sum(mine, Decimal(0))}:
            known[row["id"]] = row
    return {
        f"order:{id}": (
            sum((number(row, "qty") or Decimal(0) for row in mine), Decimal(0)),
            {canonical(row["symbol"]) for row in mine},
            {row["side"].removesuffix("_short") for row in mine},
            min(moment(row["transaction_time"]) for row in mine),
            known.get(id, {}).get("client_order_id") or None,
        )
        for id, mine in by_order(fills).items()
        if id not in known or known[id]["status"] in TERMINAL
    }


def by_order(fills: list[Json]) -> dict[str, list[Json]]:
    """The fills of each order."""
    found: dict[str, list[Json]] = {}
    for row in fills:
        found.setdefault(needed(row, "order_id"), []).append(row)
    return found


def assert_prices(reading: BrokerReading, replies: Replies) -> None:
    """Each trade has the average price of its fills, exact where they have one, else to nine digits."""
    fills = by_order([row for row in replies["/account/activities"] if row["activity_type"] == "FILL"])
    for trade in reading.state.transactions:
        if not trade.key.startswith("order:"):
            assert trade.price == 0
            continue
        mine = [
            (Fraction(number(row, "qty") or 0), Fraction(number(row, "price") or 0))
            for row in fills[trade.key.removeprefix("order:")]
        ]
        exact = sum((qty * price for qty, price in mine), Fraction(0)) / sum(qty for qty, _ in mine)
        room = (
            Fraction(0) if len({price for _, price in mine}) == 1 else max(exact, Fraction(1)) / (2 * 10**9)
        )
        assert trade.price is not None
        assert abs(Fraction(trade.price) - exact) <= room, trade.key


def said(reading: BrokerReading) -> Json:
    """The same of a reading."""
    state, marks = reading.state, reading.marks
    return {
        "account": reading.account,
        "number": reading.number,
        "cash": state.cash,
        "equity": marks.equity,
        "accrued": marks.accrued_fees,
        "buying power": marks.buying_power,
        "other marks": [getattr(marks, field) for field in OTHER_MARKS],
        "positions": {
            p.key: (
                p.qty, p.entry_price, p.asset_class,
                marks.positions[p.key].market_value, marks.positions[p.key].price,
                marks.positions[p.key].unrealized_pl, p.asset_id,
            )
            for p in state.positions
        },
        "fills": {
            row.id: (row.qty, row.price, row.side, row.symbol, row.order_id, row.time)
            for row in reading.ledger
            if row.type == "FILL"
        },
        "others": {
            (row.type, row.id, row.symbol): (
                row.net_amount, row.qty, row.price, row.time, row.created_at,
                [row.sub_type, row.status, row.group_id, row.description],
            )
            for row in reading.ledger
            if row.type != "FILL"
        },
        "trades": {
            t.key: (t.qty, {t.symbol}, {t.action}, t.time, t.client_order_id)
            for t in state.transactions
            if t.key.startswith("order:")
        },
        "open": {
            each.id: (each.symbol, each.side, each.qty, each.filled_qty, each.client_order_id)
            for each in reading.open_orders
        },
        "size": {t.multiplier for t in state.transactions if t.symbol == ADJUSTED},
    }  # fmt: skip


BLAMED = {"activity_type": "field ", "qty": "field ", "symbol": "field "}
"""A row of another type lacks other fields; a quantity of another sign contradicts the side; a multi-leg
order is no order of its own until it has a symbol."""


def judge(replies: Replies, path: str, field: str) -> None:
    """Read; hold a State against the reply's meaning, or an error against its duties."""
    outcome = read(replies)
    if isinstance(outcome, BrokerReading):
        with localcontext(EXACT):
            should, is_ = meaning(replies), said(outcome)
        for part, value in should.items():
            assert is_[part] == value, part
        assert_prices(outcome, replies)
    elif outcome.exit == Exit.UNREACHABLE:
        asked = path.partition("?")[0]
        assert asked in outcome.detail or "one answer holds" in outcome.detail
        named = BLAMED.get(field, f"field {field}:")
        # a surrogate alone, or an int of too many digits, is no JSON at all
        assert any(word in outcome.detail for word in (named, "one answer holds", "not JSON"))


# --- mutations -------------------------------------------------------------------------------------

digits = st.integers(0, 10**6).map(str)
ODD_NUMBERS: list[object] = (
    [
        "NaN", "nan", "sNaN", "Infinity", "-Infinity", "inf", "1e400", "-1e400", "1E+999999999999", "9" * 40,
        "9" * 39, "9" * 5000, "1e-400", "0." + "0" * 60 + "1", "1_000", " 5 ", "5 ", "+5", "0x10", "٣",
        "1,000", "1.000,00", "--1",
        ".", "1.", ".5", "1e", "$5", "5%", "-0", "-0.0", "0", "100.0", "1e2", "007", "true", "null",
    ]
)  # fmt: skip
ODD_WORDS: list[object] = (
    [
        "", " ", "x", "SHORT", "Buy", "sell_short", "pending_review", "FILL", "fill", "DIV", "ceiling",
        "ACTIVE", "canceled", "../../account", "a b", "?x=1", "\x00", "\n", "\ud800", "é" * 300, "x" * 5000,
        "us_option", "ipo", "long", "short", "buy", "sell", "BTC/USD", "ETH/BTC", "A/B/C", "SPY", "*",
    ]
)  # fmt: skip
ODD_TIMES: list[object] = (
    [
        "2025-08-20", "2025-08-20T10:00:00", "2025-08-20T10:00:00Z", "2025-13-01T00:00:00Z", "0001-01-01",
        "0001-01-01T00:00:00+23:59", "9999-12-31", "9999-12-31T23:59:59-23:59", "2025-02-30",
        "1755698400", "2025-08-20T10:00:00.1234567891Z", "2025-08-20T25:00:00Z", "2025-08-20T10:00:60Z",
        "2025-08-20T10:00:00+99:99", "10000-01-01T00:00:00Z", "2025-08-20t10:00:00z",
    ]
)  # fmt: skip
ODD_TYPES: list[object] = [
    None,
    True,
    False,
    0,
    -1,
    5,
    1.5,
    1e300,
    -0.0,
    10**30,
    10**400,
    [],
    {},
    [1],
    {"a": 1},
    [[]],
    [None],
]
values = st.one_of(
    st.just(MISSING),
    *map(st.sampled_from, (ODD_NUMBERS, ODD_WORDS, ODD_TIMES, ODD_TYPES)),
    digits,
    digits.map("-{}".format),
    st.decimals(-(10**6), 10**6, places=9).map(str),
    st.text(max_size=12),
)


LISTS = sorted(path for path in REPLIES if isinstance(REPLIES[path], list))


def rows_of(path: str) -> list[Json]:
    """The objects of a reply."""
    rows: list[Json] = REPLIES[path] if path in LISTS else [REPLIES[path]]
    return rows


PLACES = sorted(
    {
        (path, row.get("activity_type", "") if path.endswith("activities") else "", field)
        for path in REPLIES
        for row in rows_of(path)
        for field in row
    }
)
USED = {
    "/account": {
        "id", "account_number", "status", "cash", "equity", "buying_power", "accrued_fees",
        "long_market_value", "short_market_value", "pending_reg_taf_fees",
    },
    "/positions": {
        "symbol", "qty", "side", "asset_class", "asset_id", "avg_entry_price", "cost_basis",
        "current_price", "market_value", "unrealized_pl",
    },
    "/orders": {
        "id", "symbol", "asset_class", "status", "client_order_id", "submitted_at", "filled_qty", "legs",
        "order_class",
    },
    OPEN: {
        "id", "symbol", "asset_class", "status", "client_order_id", "submitted_at", "filled_qty", "legs",
        "order_class", "side", "qty",
    },
    CONTRACT: {"multiplier"},
    "/account/activities": {
        "id", "activity_type", "symbol", "transaction_time", "side", "qty", "price", "order_id", "date",
        "net_amount", "activity_sub_type", "status", "group_id", "created_at", "description",
    },
}  # fmt: skip
USED_PLACES = [place for place in PLACES if place[2] in USED[place[0]]]


def mutated(place: tuple[str, str, str], which: int, value: object) -> Replies:
    """The replies with one field of one row changed."""
    path, kind, field = place
    made: Replies = copy.deepcopy(REPLIES)
    rows = made[path] if path in LISTS else [made[path]]
    mine = [row for row in rows if field in row and (not kind or row.get("activity_type") == kind)]
    row = mine[which % len(mine)]
    if value is MISSING:
        del row[field]
    else:
        row[field] = value
    return made


def test_the_replies_themselves_are_read() -> None:
    """Without a mutation the reading is complete: else nothing below would prove anything."""
    outcome = read(REPLIES)
    assert isinstance(outcome, BrokerReading)
    assert said(outcome) == meaning(REPLIES)
    assert_prices(outcome, REPLIES)
    assert len(outcome.state.transactions) > 10
    assert len(outcome.state.positions) > 6
    assert len(outcome.open_orders) == 2


@settings(max_examples=700, deadline=None)
@given(st.sampled_from(USED_PLACES), st.integers(0, 30), values)
def test_a_mutated_field_is_read_as_it_is_or_refused(
    place: tuple[str, str, str], which: int, value: object
) -> None:
    """Missing, null, empty, wrong type, huge, negative, not a number, unknown word: exact, or an error."""
    judge(mutated(place, which, value), place[0], place[2])


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([p for p in PLACES if p not in USED_PLACES]), st.integers(0, 30), values)
def test_a_field_that_is_not_used_never_matters(
    place: tuple[str, str, str], which: int, value: object
) -> None:
    """Fields come and go (pitfall 29): the reading is the same, whatever stands there."""
    outcome = read(mutated(place, which, value))
    if value == "\ud800":
        return  # no UTF-8 text holds that
    assert isinstance(outcome, BrokerReading), outcome
    assert said(outcome) == meaning(REPLIES)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(REPLIES)), st.integers(0, 30), st.text(max_size=9), values)
def test_an_extra_field_never_matters(path: str, which: int, name: str, value: object) -> None:
    """What we do not know is tolerated."""
    made = copy.deepcopy(REPLIES)
    rows = [made[path]] if isinstance(made[path], dict) else made[path]
    rows[which % len(rows)].setdefault(f"new_{name}", None if value in (MISSING, "\ud800") else value)
    outcome = read(made)
    assert isinstance(outcome, BrokerReading), outcome
    assert said(outcome) == meaning(REPLIES)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(set(LISTS) - {OPEN})),
    st.integers(0, 30),
    st.sampled_from(["", "qty"]),
    st.data(),
)
def test_a_row_twice_counts_once_or_is_refused(
    path: str,
    which: int,
    twin_differs: str,
    data: st.DataObject,
) -> None:
    """The same row again is no second holding or fill; one key with two contents is never a guess."""
    made = copy.deepcopy(REPLIES)
    row = made[path][which % len(made[path])]
    twin = copy.deepcopy(row)
    if twin_differs in twin:
        twin[twin_differs] = data.draw(digits)
    made[path].insert(data.draw(st.integers(0, len(made[path]))), twin)
    outcome = read(made)
    if isinstance(outcome, BrokerReading):
        assert said(outcome) == meaning(REPLIES)
    else:
        assert path in outcome.detail or "one answer holds" in outcome.detail


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(REPLIES)), st.data())
def test_what_is_no_reply_at_all_is_refused(path: str, data: st.DataObject) -> None:
    """Another shape, half a body, depths without end, digits without end, bytes that are no text."""
    whole = json.dumps(REPLIES[path]).encode()
    body = data.draw(
        st.one_of(
            st.sampled_from([b"", b"{}x", b"null", b"0", b'"x"', b"[1]", b"[null]", b"[[]]", b"[" * 10**5,
                             b'{"a":' * 10**5, b"\xff\xfe", b'{"id":"\xff"}', b"<html>", b"9" * 5000,
                             b'[{"id":' + b"9" * 5000 + b"}]"]),
            st.integers(1, len(whole) - 1).map(lambda end: whole[:end]),
            st.just(b"{}" if isinstance(REPLIES[path], list) else b"[]"),
        )
    )  # fmt: skip
    outcome = read({**REPLIES, path: body})
    assert isinstance(outcome, BrokerError)
    assert outcome.exit == Exit.UNREACHABLE
    assert f"GET /v2{path.partition('?')[0]}" in outcome.detail


@pytest.mark.parametrize("path", ["/positions", "/account/activities"])
def test_an_empty_object_in_the_place_of_a_list_is_no_empty_list(path: str) -> None:
    """``{}`` from a broken proxy is not an account without holdings (pitfall 38)."""
    outcome = read({**REPLIES, path: {}})
    assert isinstance(outcome, BrokerError)
    assert "a list of objects" in outcome.detail


@pytest.mark.exhaustive
@pytest.mark.parametrize("place", USED_PLACES, ids="-".join)
def test_every_used_field_with_every_odd_value(place: tuple[str, str, str]) -> None:
    """The full product of fields and the values that are written out above."""
    for value in [MISSING, *ODD_NUMBERS, *ODD_WORDS, *ODD_TIMES, *ODD_TYPES]:
        for which in range(9 if place[0] == "/positions" else 3):
            judge(mutated(place, which, value), place[0], place[2])

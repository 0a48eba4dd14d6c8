"""Orders enrich fills: who sent them, whether they are done, which legs belong together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import chain

from snapsync.errors import BrokerError
from snapsync.model.canon import EXACT, Record
from snapsync.model.instant import Instant, day_of, shift
from snapsync.model.ledger import FILL, Activity, Ledger
from snapsync.model.policy import Finding
from snapsync.model.senders import Orders
from snapsync.model.state import ORDER, Coverage, OpenOrder, Transaction
from snapsync.model.trades import SIDES, Order

from .parse import OrderSeen, open_orders, orders
from .reading import Known
from .retold import told_anew
from .row import Row, many, one, repeats
from .session import Asks
from .settle import told_unlike

_PER_PAGE = 500
_WORTH_A_LIST = 2
"""From how many orders on a listing is cheaper than asking for each by its id."""
_MULTI_LEG, _FEWEST_LEGS = "mleg", 2
_BEFORE_ITS_FILL = 3600
"""How many seconds before its first fill most orders were submitted; the others are asked for by id."""


class OpenNow(Record, frozen=True):
    """The orders that may still fill, for showing and as what was seen of them."""

    open: tuple[OpenOrder, ...]
    seen: dict[str, OrderSeen]


class OrdersBehind:
    """The orders behind those fills that no earlier reading has proven done."""

    def __init__(self, asks: Asks, known: Known | None) -> None:
        self._asks = asks
        self._ledger = known.ledger if known else None
        self._waiting = set(known.working) if known else set()
        self._trades = Orders(known.state.transactions, self._waiting) if known else None
        self._seen: dict[str, OrderSeen | None] = {}
        self._fills: dict[str, list[Activity]] = {}
        self._without: Collection[str] = ()
        self._since = Instant("")
        self.unlike: list[Finding] = []

    def read(
        self,
        rows: Iterable[Activity],
        ledger: Ledger,
        coverage: Coverage,
        listed: OpenNow,
        *,
        without: Collection[str] = (),
    ) -> None:
        """Ask for what the fills among these activities need; the ledger has those of earlier readings too.

        A list filters by submission time, so an old order that filled today is missing from it: what the
        list lacks is asked for by id (pitfalls 6 and 7). What is done stays so and is asked for once, or
        again where a fill of it came late or was corrected; what the broker did not know is asked for as
        long as its fills are read again. Fills ``without`` are shown no more: they count only where the
        order still counts them.
        """
        fills = [row for row in rows if row.type == FILL and row.order_id]
        news = told_anew(self._ledger, fills) if self._ledger is not None else set(fills)
        new = {row.order_id or "" for row in news}
        wanted = {id for row in fills if (id := row.order_id or "") in new or self._proven([row]) is None}
        wanted |= self._waiting
        self._without = without
        self._since = coverage.since
        self._seen = {id: each for id, each in self._seen.items() if each and each.order.done}
        working = {id: each for id, each in listed.seen.items() if id in wanted}
        self._fills = self._fills_of(working, ledger)
        # an open order whose fills are all here is as it was listed; else it has moved since
        self._seen |= {id: each for id, each in working.items() if self._counting(id, each) is not None}
        missing = wanted - self._seen.keys()
        if len(missing) >= _WORTH_A_LIST:
            began = min((row.time for row in fills if row.order_id in missing), default=None)
            if began is not None:
                since = shift(began, seconds=-_BEFORE_ITS_FILL)
                found = {each.order.id: each for row in self._listed(since) for each in orders(row)}
                self._seen |= {id: found[id] for id in missing & found.keys()}
        for id in sorted(wanted - self._seen.keys()):
            self._seen[id] = self._asked(id)
        self._fills = self._fills_of(self._seen, ledger)

    @property
    def orders(self) -> dict[str, Order]:
        """The orders that the broker knows, or once knew."""
        before = {id: self._proven(self._fills[id]) for id, each in self._seen.items() if each is None}
        known = {id: _as_before(trade) for id, trade in before.items() if trade}
        return known | {id: each.order for id, each in self._seen.items() if each}

    @property
    def working(self) -> tuple[str, ...]:
        """Ids of those that may get more fills."""
        return tuple(sorted(id for id, each in self._seen.items() if each and not each.order.done))

    @property
    def told(self) -> Iterator[Activity]:
        """All fills of the orders that were asked for, whether they count or not."""
        return chain.from_iterable(self._fills.values())

    def _proven(self, fills: Iterable[Activity]) -> Transaction | None:
        """The trade that an earlier reading has made of such fills, where the broker knew its order."""
        trades = (self._trades.of(row) for row in fills) if self._trades else ()
        return next((trade for trade in trades if trade and _told(trade)), None)

    def done(self, id: str) -> bool:
        """Whether an order was seen to be done."""
        each = self._seen.get(id)
        return each is not None and each.order.done

    def fills(self) -> list[Activity]:
        """All fills of the orders that are whole, or ``unlike``.

        A done order must have the fills that it claims (pitfalls 23 and 31); one that has others is told in
        ``unlike``. One that began before the Coverage may lack some: then it is left out.

        Raises:
            BrokerError: what is filled is not one thing; adding up would be a guess.
        """
        whole: list[Activity] = []
        self.unlike.clear()
        for id, rows in self._fills.items():
            each = self._seen[id]
            if len({(row.symbol, SIDES[row.side or ""]) for row in rows}) > 1:
                raise BrokerError(
                    "The broker's answer is not understood.",
                    detail=f"one answer holds fills of order {id} of two sides or in two symbols",
                    hint="Try again; if this lasts, report it.",
                )
            counting = self._counting(id, each)
            if counting is not None:
                whole += counting
            elif each and each.order.done and (each.submitted_at is None or each.submitted_at >= self._since):
                shown = self._shown(rows)
                self.unlike.append(told_unlike(each.order, each.filled_qty, _sum(shown)))
                whole += shown
        return whole

    def _counting(self, id: str, each: OrderSeen | None) -> list[Activity] | None:
        """The fills of an order that count; None where they are not what it says is filled."""
        rows = self._fills.get(id, [])
        valid = [row for row in rows if not row.void]
        shown = self._shown(rows)
        if each is None or each.filled_qty in {None, _sum(shown)}:
            return shown
        # a list may forget a fill that stands; and whether an order takes a bust back is not documented
        return valid if each.filled_qty in {_sum(valid), _sum(rows)} else None

    def _shown(self, rows: Iterable[Activity]) -> list[Activity]:
        return [row for row in rows if not row.void and row.key not in self._without]

    def _listed(self, since: Instant, until: Instant | None = None) -> Iterator[Row]:
        """Every order submitted between two instants, whatever became of it."""
        params = {"status": "all", "direction": "asc", "nested": "true", "limit": str(_PER_PAGE)}
        bounds = {"after": since[:19] + "Z"} | ({"until": until[:19] + "Z"} if until else {})
        for row in _pages(self._asks, {**params, **bounds}):
            # a page that is continued by id has no bounds of time
            if until and (row.instant_or_none("submitted_at") or until) > until:
                return
            yield row

    def _asked(self, id: str) -> OrderSeen | None:
        answer = self._asks.find(f"/orders/{id}", {"nested": "true"})
        each = {each.order.id: each for each in orders(one(answer))}.get(id) if answer else None
        if each is None or not each.lonely or each.submitted_at is None:
            return each
        # a leg does not tell its parent, but its parent was submitted with it and tells its legs
        around = self._listed(shift(each.submitted_at, seconds=-1), shift(each.submitted_at, seconds=2))
        family = {leg.order.id: leg for row in around for leg in orders(row)}
        return family.get(id, each)

    def _fills_of(self, seen: Mapping[str, OrderSeen | None], ledger: Ledger) -> dict[str, list[Activity]]:
        """The fills of some orders, from the day on which the first of them was submitted."""
        found: dict[str, list[Activity]] = {id: [] for id in seen}
        begun = [(each and each.submitted_at) or self._since for each in seen.values()]
        for row in ledger.between(day_of(min(begun))) if begun else ():
            if row.type == FILL and row.order_id in found:
                found[row.order_id].append(row)
        return found


def read_open_orders(asks: Asks) -> OpenNow:
    """The orders that may still fill; a multi-leg order is its legs.

    Nested under their parents, the exits of a filled bracket would be missing: the parent is not open any
    more. So the list is read flat (pitfall 10).
    """
    params = {"status": "open", "direction": "asc", "nested": "false", "limit": str(_PER_PAGE)}
    rows = list(_pages(asks, params))
    if _lack_legs(rows):
        rows += _pages(asks, {**params, "nested": "true"})
    shown = {each.id: each for row in rows for each in open_orders(row)}
    seen: Mapping[str, OrderSeen] = {each.order.id: each for row in rows for each in orders(row)}
    return OpenNow(open=tuple(shown.values()), seen=dict(seen))


def _lack_legs(flat: list[Row]) -> bool:
    """Whether a flat list leaves legs of multi-leg orders out; whether it may is not documented.

    A leg does not tell its parent. But each parent has two legs or more, and a list of orders shows all
    that are open: where they are fewer, some are left out, or have ended before the others.
    """
    parents = sum(row.text_or_none("symbol") is None and not row.rows("legs") for row in flat)
    legs = sum(
        row.text_or_none("order_class") == _MULTI_LEG and row.text_or_none("symbol") is not None
        for row in flat
    )
    return legs < _FEWEST_LEGS * parents


def _pages(asks: Asks, params: dict[str, str]) -> Iterator[Row]:
    """All rows of a list of orders; a page that is not full is taken for the last (ADR 10).

    Of activities nothing less than an empty page is: what they lack would be wrong, what a list of orders
    lacks is asked for by id.
    """
    seen: set[str] = set()
    while True:
        page = list(many(asks.get("/orders", params)))
        yield from page
        if len(page) < _PER_PAGE:
            return
        new = {row.id("id") for row in page} - seen
        if not new:
            raise repeats("/orders")
        seen |= new
        # a cursor by id is exact where many orders share one instant (pitfalls 3 and 4)
        params = {name: value for name, value in params.items() if name not in {"after", "until"}}
        params["after_order_id"] = page[-1].id("id")


def _told(trade: Transaction) -> bool:
    """Whether the broker knew the order behind a trade; every order has an id of its sender's."""
    return bool(trade.client_order_id or trade.parent_id)


def _as_before(trade: Transaction) -> Order:
    """The order behind a trade, as an earlier reading was told."""
    return Order(
        id=trade.key.removeprefix(ORDER),
        symbol=trade.symbol,
        asset_class=trade.asset_class,
        done=True,
        client_order_id=trade.client_order_id,
        parent_id=trade.parent_id,
    )


def _sum(rows: Iterable[Activity]) -> Decimal:
    total = Decimal(0)
    for row in rows:
        total = EXACT.add(total, row.qty or Decimal(0))
    return total

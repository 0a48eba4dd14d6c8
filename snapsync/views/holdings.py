"""Positions, trades and activities in aligned columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from snapsync.model.canon import plain
from snapsync.model.ledger import Activity
from snapsync.model.money import dollars, price
from snapsync.model.state import Marks, Position, PositionMark, State, Transaction

from .neutral import terminal
from .paint import Paint
from .table import table
from .times import local


def positions(rows: Iterable[object], paint: Paint, marks: Marks | None = None) -> list[str]:
    """The positions among some rows, with their prices where they are known."""
    held = sorted((row for row in rows if isinstance(row, Position)), key=lambda row: row.key)
    head = ("position", "quantity", "entry", *(("price", "value", "gain") if marks else ()))
    cells = [
        (terminal(row.key), plain(row.qty), price(row.entry_price), *(_marked(row, marks) if marks else ()))
        for row in held
    ]
    return _table(head, cells, paint, range(1, len(head)))


def trades(rows: Iterable[object], zone: ZoneInfo, paint: Paint) -> list[str]:
    """The trades among some rows."""
    found = sorted((row for row in rows if isinstance(row, Transaction)), key=lambda row: (row.time, row.key))
    cells = [
        (terminal(row.symbol), terminal(row.action), plain(row.qty), price(row.price), local(row.time, zone))
        for row in found
    ]
    return _table(("trade", "action", "quantity", "price", "when"), cells, paint, (2, 3))


def activities(rows: Iterable[object], zone: ZoneInfo, paint: Paint) -> list[str]:
    """The activities among some rows."""
    found = sorted((row for row in rows if isinstance(row, Activity)), key=lambda row: (row.time, row.id))
    cells = [
        (
            terminal(row.type),
            terminal(row.symbol) or "-",
            terminal(row.side or "-"),
            _number(row.qty),
            price(row.price) if row.price is not None else _dollars(row.net_amount),
            local(row.time, zone),
        )
        for row in found
    ]
    return _table(("activity", "symbol", "side", "quantity", "amount", "when"), cells, paint, (3, 4))


def both_sides(book: State | None, broker: State | None, paint: Paint) -> list[str]:
    """The quantity of each position in the book and at the broker; ``!`` where they differ."""
    ours, theirs = _quantities(book), _quantities(broker)
    scope = broker.scope if broker else None
    classes = {p.key: p.asset_class for side in (book, broker) if side for p in side.positions}
    cells = []
    for key in sorted(ours.keys() | theirs.keys()):
        left_out = scope is not None and not scope.covers(key, classes[key])
        mark = "left out" if left_out else "" if ours.get(key) == theirs.get(key) else "differs"
        cells.append((terminal(key), _number(ours.get(key)), _number(theirs.get(key)), mark))
    return _table(("position", "book", "broker", ""), cells, paint, (1, 2))


def _quantities(state: State | None) -> dict[str, Decimal]:
    return {held.key: held.qty for held in state.positions} if state else {}


def _marked(held: Position, marks: Marks) -> tuple[str, str, str]:
    mark = marks.positions.get(held.key, PositionMark())
    return (price(mark.price), _dollars(mark.market_value), _dollars(mark.unrealized_pl))


def _number(number: Decimal | None) -> str:
    return "-" if number is None else plain(number)


def _dollars(amount: Decimal | None) -> str:
    return "-" if amount is None else dollars(amount)


def _table(
    head: Sequence[str], cells: Sequence[Sequence[str]], paint: Paint, right: Iterable[int]
) -> list[str]:
    if not cells:
        return []
    first, *rest = table([head, *cells], tuple(right))
    return ["", "  " + paint(first, "dim"), *("  " + line for line in rest)]

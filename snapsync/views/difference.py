"""How two States differ, one aligned line per record and where needed one per field."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from snapsync.model.canon import plain
from snapsync.model.change import Sign
from snapsync.model.difference import Difference
from snapsync.model.money import dollars, price, signed
from snapsync.model.state import Position, Transaction

from .json import Document
from .neutral import terminal
from .paint import Paint
from .table import table
from .times import exact, local

_KINDS = {"positions": "position", "transactions": "trade"}
_SHORT = 44
"""Fields that together are longer than this stand below their record, one a line."""


def difference_lines(
    differences: Iterable[Difference],
    zone: ZoneInfo,
    paint: Paint,
    *,
    verbose: bool = False,
) -> list[str]:
    """Each record that differs as an aligned line with its sign; with ``verbose`` trades tell their keys."""
    found = list(differences)
    fields = [_fields(each, zone) for each in found]
    heads = table([_head(each, said, zone) for each, said in zip(found, fields, strict=True)])
    shown: list[str] = []
    for each, said, head in zip(found, fields, heads, strict=True):
        shown.append("  " + paint(head, each.sign))
        if not _fits(said):
            shown += ["      " + paint(field, each.sign) for field in said]
        if verbose and isinstance(each.record, Transaction):
            shown.append("      " + paint(f"key: {terminal(each.key)}", "dim"))
    return shown


def summary(differences: Sequence[Difference]) -> str:
    """How many records of each sign: ``2 added, 1 different, 1 gone``; without the zeros."""
    signs = [each.sign for each in differences]
    words = ((Sign.ADD, "added"), (Sign.UPDATE, "different"), (Sign.CLOSE, "gone"))
    return (
        ", ".join(f"{signs.count(sign)} {word}" for sign, word in words if sign in signs) or "no difference"
    )


def document(difference: Difference) -> Document:
    """One difference for scripts."""
    return {
        "sign": difference.sign.value,
        "component": difference.component,
        "key": difference.key,
        "fields": difference.fields,
        "before": difference.before,
        "after": difference.after,
    }


def _head(difference: Difference, fields: list[str], zone: ZoneInfo) -> Sequence[str]:
    mark, kind = difference.sign.value, _KINDS.get(difference.component, difference.component)
    match difference.record:
        case Position() as held:
            return (mark, kind, terminal(held.key), _said(fields) if fields else holding(held))
        case Transaction() as trade:
            when = local(trade.time, zone)
            if not fields:
                return (mark, kind, terminal(trade.symbol), traded(trade), when)
            words = terminal(trade.action) + ("" if "qty" in difference.fields else f" {plain(trade.qty)}")
            return (mark, kind, terminal(trade.symbol), ": ".join(filter(None, (words, _said(fields)))), when)
        case _:
            return (mark, kind, _by(difference), _amounts(difference))


def holding(held: Position) -> str:
    """A position in words: ``2 @ 1.85``."""
    return plain(held.qty) + ("" if held.entry_price is None else f" @ {price(held.entry_price)}")


def traded(trade: Transaction) -> str:
    """A trade in words: ``buy 2 @ 1.85``."""
    at = "" if trade.price is None else f" @ {price(trade.price)}"
    return f"{terminal(trade.action)} {plain(trade.qty)}{at}"


def _fields(difference: Difference, zone: ZoneInfo) -> list[str]:
    before, after = difference.before, difference.after
    if not (isinstance(before, Position | Transaction) and isinstance(after, Position | Transaction)):
        return []
    return [_field(name, getattr(before, name), getattr(after, name), zone) for name in difference.fields]


def _field(name: str, before: Any, after: Any, zone: ZoneInfo) -> str:  # noqa: ANN401 - whatever a record holds
    if name == "key":
        return "linked to its order" if str(before).startswith("row:") else "no longer linked to its order"
    return f"{name.replace('_', ' ')} {_value(name, before, zone)} → {_value(name, after, zone)}"


def _value(name: str, value: Any, zone: ZoneInfo) -> str:  # noqa: ANN401 - the same
    if value is None:
        return "none"
    if name == "time":
        return exact(value, zone)
    if isinstance(value, Decimal):
        return price(value) if name.endswith("price") else plain(value)
    return terminal(str(value))


def _fits(fields: list[str]) -> bool:
    return len(", ".join(fields)) <= _SHORT


def _said(fields: list[str]) -> str:
    return ", ".join(fields) if _fits(fields) else ""


def _by(difference: Difference) -> str:
    match difference.before, difference.after:
        case Decimal() as before, Decimal() as after:
            return signed(after - before)
        case _:
            return ""


def _amounts(difference: Difference) -> str:
    amounts = (difference.before, difference.after)
    return " → ".join(dollars(each) if isinstance(each, Decimal) else "none" for each in amounts)

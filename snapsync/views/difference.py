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
from snapsync.model.point import Point
from snapsync.model.side import Compared, Diff
from snapsync.model.state import Position, Transaction

from .history import moment
from .json import Document, kind
from .neutral import terminal
from .paint import Paint
from .table import table
from .times import exact, local
from .wrap import wrapped

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
    kind = f"{difference.sign.value} {_KINDS.get(difference.component, difference.component)}"
    match difference.record:
        case Position() as held:
            return (kind, terminal(held.key), _said(fields) if fields else holding(held))
        case Transaction() as trade:
            words = terminal(trade.action) + ("" if "qty" in difference.fields else f" {plain(trade.qty)}")
            said = ": ".join(filter(None, (words, _said(fields)))) if fields else traded(trade)
            return (kind, terminal(trade.symbol), f"{said}  {local(trade.time, zone)}")
        case _:
            return (kind, _by(difference), _amounts(difference))


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
    return " → ".join(_dollars(each if isinstance(each, Decimal) else None) for each in amounts)


def diff(found: Diff, zone: ZoneInfo, paint: Paint, *, verbose: bool = False) -> str:
    """Two things that were compared: what they are, how they differ, how much in all."""
    said = [f"{paint('A', 'dim')}  {found.a.words}", f"{paint('B', 'dim')}  {found.b.words}"]
    for part in found.parts:
        said += ["", *_part(part, zone, paint, verbose=verbose, titled=len(found.parts) > 1)]
    total = summary([each for part in found.parts for each in part.differences])
    return "\n".join([*said, "", f"{total.capitalize()}."])


def diff_document(found: Diff, point: Point | None) -> Document:
    """The same for scripts."""
    return kind(
        "diff",
        as_of=moment(point),
        a={"is": found.a.words, "operation": found.a.operation},
        b={"is": found.b.words, "operation": found.b.operation},
        parts=[
            {
                "a": {"side": part.names[0], "snapshot": part.before.snapshot, "state": part.before.state.id},
                "b": {"side": part.names[1], "snapshot": part.after.snapshot, "state": part.after.state.id},
                "summary": {
                    name: sum(each.sign is sign for each in part.differences)
                    for name, sign in (("added", Sign.ADD), ("different", Sign.UPDATE), ("gone", Sign.CLOSE))
                },
                "other_bytes": part.other_bytes,
                "differences": [document(each) for each in part.differences],
            }
            for part in found.parts
        ],
    )


def _part(part: Compared, zone: ZoneInfo, paint: Paint, *, verbose: bool, titled: bool) -> list[str]:
    said = [paint(part.names[0], "bold")] if titled else []
    if part.names[0] != part.names[1]:
        said += wrapped(_beside(part))
    shown = difference_lines(part.differences, zone, paint, verbose=verbose)
    if part.other_bytes:
        files = ", ".join(map(terminal, part.other_bytes))
        shown.append(f"  Bytes that no record stands for differ in: {files}")
    return said + (shown or [paint("  the same", "dim")])


def _beside(part: Compared) -> str:
    """The dollars of a book and a broker: three numbers that mean different things."""
    sides = dict(zip(part.names, (part.before, part.after), strict=True))
    book, broker = sides["book"], sides["broker"]
    said = [f"the book's bankroll {_dollars(book.state.bankroll)}"]
    said += [f"the broker's equity {dollars(broker.marks.equity)}"] if broker.marks else []
    return ", ".join([*said, f"cash {_dollars(broker.state.cash)}"])


def _dollars(amount: Decimal | None) -> str:
    return "none" if amount is None else dollars(amount)

"""Each kind of stored object as people read it; what has no words of its own is shown field by field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from snapsync.model.canon import encode, plain, short
from snapsync.model.history import BrokerSnapshot
from snapsync.model.image import Branch, Image
from snapsync.model.money import dollars, masked
from snapsync.model.policy import Rules
from snapsync.model.shown import Shown, Then
from snapsync.model.state import State
from snapsync.model.tree import Node

from . import approval, json, text
from .amounts import HIDDEN, SHOWN
from .holdings import activities, both_sides, positions, trades
from .neutral import terminal
from .paint import Paint
from .plural import plural
from .table import table
from .times import local
from .wrap import wrapped

Words = Callable[[Shown, ZoneInfo, Paint], list[str]]


_PLANS = ("plan", "file-plan", "plan-details")


def can_hide(found: Shown) -> bool:
    """Whether the amounts of a kind can be hidden."""
    return found.kind in (*_PLANS, "operation", "approval")


def words(found: Shown, zone: ZoneInfo, paint: Paint, *, verbose: bool = False, redact: bool = False) -> str:
    """One stored object; amounts are hidden if asked for."""
    parts = []
    if found.act and found.operation and found.kind == "operation":
        act = msgspec.structs.replace(found.act, reading=None) if redact else found.act
        parts.append(text.operation(found.operation, act, zone, paint))
    if found.approval:
        id = found.act.approval if found.act and found.kind == "operation" else found.id
        parts.append(approval.words(id or found.id, found.approval, zone, paint, hidden=redact))
    if found.plan and can_hide(found):
        amounts = HIDDEN if redact else SHOWN
        parts.append(text.plan(found.plan, zone, paint, verbose=verbose, amounts=amounts))
    if parts:
        return "\n\n".join(parts)
    said = _WORDS.get(found.kind, _fields)(found, zone, paint)
    return "\n".join([paint(f"{terminal(found.kind)} {found.id}", "bold"), *said])


def document(found: Shown, *, redact: bool = False) -> json.Document:
    """The same for scripts."""
    if found.plan and found.kind in _PLANS:
        return json.plan(found.plan, found.operation, redact=redact)
    stored = _document(found)
    return json.redacted(stored) if redact else stored


def _document(found: Shown) -> json.Document:
    if found.act and found.operation and found.kind == "operation":
        said = found.approval and approval.document(found.act.approval, found.approval)
        return json.kind("operation", **json.operation(found.operation, found.act), said=said)
    if found.approval:
        return json.kind("approval", **approval.document(found.id, found.approval))
    more: json.Document = {}
    if found.state is not None:
        more = {"positions": list(found.state.positions), "transactions": len(found.state.transactions)}
    if found.sizes is not None:
        more["files"] = found.sizes
    if found.chunk is not None:
        more["chunk"] = found.chunk.decode(errors="replace")
    return json.kind(found.kind, id=found.id, stored=_masked(found.raw), **more)


def then(found: Then, paint: Paint) -> str:
    """What both sides were."""
    said = []
    for name, side in (("book", found.book), ("broker", found.broker)):
        said.append(_row(paint, name, "nobody had looked" if side is None else _amounts(side)))
    book, broker = (side.state if side else None for side in (found.book, found.broker))
    return "\n".join([*said, *both_sides(book, broker, paint)])


def then_document(found: Then) -> json.Document:
    """The same for scripts."""
    return json.kind(
        "then",
        as_of={"at": found.point.at, "operation": found.point.operation},
        book=found.book and document(found.book),
        broker=found.broker and document(found.broker),
    )


def _broker(found: Shown, zone: ZoneInfo, paint: Paint) -> list[str]:
    value, state = found.value, found.state
    if not isinstance(value, BrokerSnapshot) or state is None:
        return _fields(found, zone, paint)
    said = [
        _row(paint, "when", local(value.at, zone)),
        _row(paint, "account", masked(value.account)),
        _row(paint, "amounts", _amounts(found)),
        _row(paint, "read", _read(found, value)),
        *_terms(state, zone, paint),
    ]
    said += positions(state.positions, paint, value.marks)
    orders = [
        f"  open order  {terminal(each.side or '?')} {terminal(each.symbol)}: "
        f"{'?' if each.filled_qty is None else plain(each.filled_qty)} of "
        f"{'?' if each.qty is None else plain(each.qty)} filled"
        for each in value.open_orders
    ]
    notes = (*value.observations, *value.doubts)
    said += [line for each in notes for line in wrapped(f"note: {terminal(each.summary)}")]
    return [*said, *orders]


def _book(found: Shown, zone: ZoneInfo, paint: Paint) -> list[str]:
    del zone
    state = found.state
    held = positions(state.positions, paint) if state else []
    files = [f"{name} {_size(size)}" for name, size in sorted((found.sizes or {}).items())]
    hint = f"Their bytes: snapsync show {short(found.id)} --file {'|'.join(sorted(found.sizes or {}))}"
    return [
        _row(paint, "amounts", _amounts(found)),
        _row(paint, "files", ", ".join(files)),
        *held,
        paint(hint, "dim"),
    ]


def _state(found: Shown, zone: ZoneInfo, paint: Paint) -> list[str]:
    if found.state is None:
        return _fields(found, zone, paint)
    held = positions(found.state.positions, paint)
    return [_row(paint, "amounts", _amounts(found)), *_terms(found.state, zone, paint), *held]


def _page(found: Shown, zone: ZoneInfo, paint: Paint) -> list[str]:
    return [
        *positions(found.rows, paint),
        *trades(found.rows, zone, paint),
        *activities(found.rows, zone, paint),
    ]


def _node(found: Shown, zone: ZoneInfo, paint: Paint) -> list[str]:
    del zone
    if not isinstance(found.value, Node):
        return []
    what = "rows" if found.value.leaf else "month"
    return [
        "  " + line
        for line in table(
            [(terminal(name), what, paint(id, "dim")) for name, id in sorted(found.value.children.items())]
        )
    ]


def _image(found: Shown, zone: ZoneInfo, paint: Paint) -> list[str]:
    del zone
    if not isinstance(found.value, Image):
        return []
    return [_row(paint, "size", _size(found.value.size)), *_listed(paint, "branch", found.value.branches)]


def _branch(found: Shown, zone: ZoneInfo, paint: Paint) -> list[str]:
    del zone
    return _listed(paint, "chunk", found.value.chunks) if isinstance(found.value, Branch) else []


def _chunk(found: Shown, zone: ZoneInfo, paint: Paint) -> list[str]:
    del zone, paint
    lines = (found.chunk or b"").decode(errors="replace").splitlines()
    return [terminal(line) for line in lines[1:]]  # the first is what kind of object it is


def _rules(found: Shown, zone: ZoneInfo, paint: Paint) -> list[str]:
    del zone
    rules = found.value
    if not isinstance(rules, Rules):
        return []
    return [
        _row(paint, "tolerance", f"{plain(rules.tolerance_pct)} % of {rules.basis}"),
        _row(paint, "compares", ", ".join(rules.components)),
        _row(paint, "grace", f"{rules.grace_seconds} s"),
        _row(
            paint, "bot", f"orders that begin with {terminal(rules.bot_prefix)}" if rules.bot_prefix else "-"
        ),
    ]


def _fields(found: Shown, zone: ZoneInfo, paint: Paint) -> list[str]:
    """Any kind: a line for each field."""
    del zone
    shown = {name: value for name, value in (_masked(found.raw) or {}).items() if name != "kind"}
    return [_row(paint, terminal(name), terminal(_told(value))) for name, value in shown.items()]


_WORDS: dict[str, Words] = {
    "broker-snapshot": _broker,
    "book-snapshot": _book,
    "state": _state,
    "page": _page,
    "node": _node,
    "image": _image,
    "branch": _branch,
    "chunk": _chunk,
    "rules": _rules,
}


def _told(value: Any) -> str:  # noqa: ANN401 - whatever JSON can hold
    if value is None:
        return "-"
    return value if isinstance(value, str) else encode(value).decode()


def _masked(raw: dict[str, Any] | None) -> dict[str, Any] | None:
    """An object as it is stored, but for the account, which is never shown whole."""
    if raw is None or not isinstance(raw.get("account"), str):
        return raw
    return raw | {"account": masked(raw["account"])}


def _amounts(found: Shown) -> str:
    """The dollars of one side, and how much it holds."""
    said = []
    state = found.state
    if isinstance(found.value, BrokerSnapshot):
        said.append(f"equity {dollars(found.value.marks.equity)}")
    if state is not None:
        if state.cash is not None:
            said.append(f"cash {dollars(state.cash)}")
        if state.scope is None:
            said.append("no bankroll" if state.bankroll is None else f"bankroll {dollars(state.bankroll)}")
        said += [plural(len(state.positions), "position"), plural(len(state.transactions), "trade")]
    return ", ".join(said)


def _read(found: Shown, value: BrokerSnapshot) -> str:
    activities = plural(len(found.ledger), "activity", "activities") if found.ledger else ""
    return ", ".join(filter(None, (activities, plural(value.manifest.requests, "request"))))


def _terms(state: State, zone: ZoneInfo, paint: Paint) -> list[str]:
    said = []
    if state.scope:
        ignored = f", without {', '.join(map(terminal, state.scope.ignore))}" if state.scope.ignore else ""
        said.append(_row(paint, "compared", ", ".join(map(terminal, state.scope.asset_classes)) + ignored))
    if state.coverage:
        said.append(_row(paint, "proven", f"since {local(state.coverage.since, zone)}"))
    return said


def _listed(paint: Paint, name: str, ids: tuple[str, ...]) -> list[str]:
    return [_row(paint, name, id) for id in ids]


def _size(size: int | None) -> str:
    return "absent" if size is None else f"{size:,} bytes"


def _row(paint: Paint, name: str, value: str) -> str:
    return f"{paint(f'{name:<10}', 'dim')} {value}"

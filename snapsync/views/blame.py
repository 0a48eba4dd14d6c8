"""The story of one quantity: a line per step, and beneath it where it was seen and by whom written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from snapsync.model.blame import Blame, Step
from snapsync.model.canon import plain, short
from snapsync.model.change import Cause
from snapsync.model.ledger import FILL, OPTION_EVENTS
from snapsync.model.money import price
from snapsync.model.point import Point
from snapsync.model.stretch import Entry
from snapsync.model.trades import SIDES

from . import approval, json
from .history import moment
from .neutral import terminal
from .paint import Paint
from .table import table
from .times import local
from .wrap import wrapped

_WORDS = {
    **OPTION_EVENTS,
    "OPTRD": "delivered by an assignment or exercise",
    "SPLIT": "split",
    "CFEE": "fee, taken in the coin",
    "ACATS": "transferred",
    "JNLS": "journaled",
    "DIV": "dividend in shares",
}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
"""A name that the broker has made up tells nothing."""
_BY = {Cause.BOT: "the bot", Cause.MANUAL: "by hand"}


def words(found: Blame, zone: ZoneInfo, paint: Paint) -> str:
    """Both chains, and what they come to."""
    said = []
    for name, chain in (("At the broker", found.broker), ("In the book", found.book)):
        said += [paint(name, "bold"), *_chain(chain, zone, paint), ""]
    return "\n".join([*said, _end(found, paint)])


def document(found: Blame, point: Point | None) -> json.Document:
    """The same for scripts."""
    return json.kind(
        "blame",
        as_of=moment(point),
        key=found.key,
        broker={"quantity": found.held_by_broker, "steps": [_document(each) for each in found.broker]},
        book={"quantity": found.held_in_book, "steps": [_document(each) for each in found.book]},
        agree=found.held_by_broker == found.held_in_book,
    )


def _chain(chain: tuple[Step, ...], zone: ZoneInfo, paint: Paint) -> Iterator[str]:
    if not chain:
        yield "  " + paint("never held", "dim")
        return
    spans = table([(plain(each.before), f"→ {plain(each.after)}") for each in chain], (0,), " ")
    rows = [(_when(each, zone), span, _what(each)) for each, span in zip(chain, spans, strict=True)]
    for each, line in zip(chain, table(rows), strict=True):
        yield "  " + line
        for detail in _details(each, zone):
            yield from (paint(part, "dim") for part in wrapped(detail, "      ", "  "))


def _when(step: Step, zone: ZoneInfo) -> str:
    # what is no fill is dated by the market's day alone
    dated = step.activity is not None and step.activity.type != FILL
    return step.at[:10] if dated else local(step.at, zone)


_HOW = {
    "earlier": "held before anything is known",
    "rounded": "rounded by the broker",
    "unexplained": "explained by no activity",
    "edited": "edited: by the bot, or by hand",
}


def _what(step: Step) -> str:
    row = step.activity
    if row is None:
        return _HOW.get(step.how, f"written by {step.seen[1].verb if step.seen else 'us'}")
    if row.type != FILL:
        return _WORDS.get(row.type, f"activity {terminal(row.type)}")
    side = "bought" if SIDES.get(row.side or "") == "buy" else "sold"
    by = f", {_BY[step.cause]}" if step.cause in _BY else ""
    pair = f" of {terminal(row.raw_symbol)}" if row.raw_symbol and "/" in row.raw_symbol else ""
    return f"{side} {plain(row.qty) if row.qty is not None else '?'}{pair} @ {price(row.price)}{by}"


def _details(step: Step, zone: ZoneInfo) -> Iterator[str]:
    row = step.activity
    if row is not None and row.order_id:
        own = step.client_order_id and not _UUID.fullmatch(step.client_order_id)
        name = f" ({terminal(step.client_order_id or '')})" if own else ""
        yield f"order {terminal(row.order_id)}{name}"
    elif row is not None:
        yield f"activity {terminal(row.id)}"
    if step.how == "written" and step.seen:
        yield _operation(step.seen, zone)
        if step.planned:
            yield f"planned by {_operation(step.planned, zone)}"
    elif step.seen:
        yield f"seen first by {_operation(step.seen, zone)}"
    else:
        yield "no look has seen it yet"
    if step.written:
        yield f"written into the book by {_operation(step.written, zone)}"
    if step.approved:
        yield f"approved {local(step.approved.at, zone)} {approval.brief(step.approved)}"


def _operation(entry: Entry, zone: ZoneInfo) -> str:
    id, act = entry
    of = f" of plan {short(act.plan)}" if act.plan and act.verb != "plan" else ""
    who = f"{terminal(act.actor.user)}@{terminal(act.actor.host)}"
    return f"{act.verb} {short(id)}{of}, {local(act.time, zone)}, {who}"


def _end(found: Blame, paint: Paint) -> str:
    key, book, broker = terminal(found.key), plain(found.held_in_book), plain(found.held_by_broker)
    if book == broker:
        return paint(f"{key}: {broker} on both sides.", "+")
    return paint(f"{key}: {broker} at the broker, {book} in the book.", "~")


def _document(step: Step) -> json.Document:
    return {
        "at": step.at,
        "before": step.before,
        "after": step.after,
        "how": step.how,
        "cause": step.cause,
        "activity": step.activity,
        "client_order_id": step.client_order_id,
        "seen": _reference(step.seen),
        "planned": _reference(step.planned),
        "written": _reference(step.written),
        "approved": step.approved
        and approval.document(step.writer[1].approval if step.writer else None, step.approved),
    }


def _reference(entry: Entry | None) -> json.Document | None:
    if entry is None:
        return None
    id, act = entry
    return {"operation": id, "verb": act.verb, "time": act.time, "actor": act.actor, "plan": act.plan}

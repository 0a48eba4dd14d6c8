"""Read one stored thing back, whatever kind it is; or what both sides were at some time."""

from __future__ import annotations

from typing import Any

import msgspec

from snapsync.errors import Exit, PlanError, StoreError, UsageError
from snapsync.model.approval import Approval
from snapsync.model.canon import ObjectId, OperationId, PlanId, SnapshotId, StateId, Stored
from snapsync.model.history import BookSnapshot, BrokerSnapshot, Operation
from snapsync.model.image import Image, image_bytes
from snapsync.model.ledger import Activity
from snapsync.model.pages import Pages
from snapsync.model.plan import FilesBody, Plan, PlanBody
from snapsync.model.point import Point
from snapsync.model.shown import CHUNK, KINDS, PAGE, Row, Shown, Then, rows_of
from snapsync.model.state import StateRoot, stored_state

from .env import Env


def show(env: Env, prefix: str | None = None) -> Shown:
    """The object whose id begins with a prefix; without one, the latest plan.

    Raises:
        UsageError: no such id, or an ambiguous one (exit 64).
        StoreError: nothing is stored yet (10), or the object is damaged (30).
    """
    return shown(env, _latest_plan(env) if prefix is None else env.store.resolve(prefix))


def then(env: Env, point: Point) -> Then:
    """What both sides were at a point of the history, as far as somebody had looked."""
    book: SnapshotId | None = None
    broker: SnapshotId | None = None
    for _, act in env.store.log((point.operation,)):
        book, broker = book or act.book, broker or act.broker
        if (book and broker) or act.verb == "rebind":  # what was before is another account's
            break
    sides = [shown(env, id) if id else None for id in (book, broker)]
    return Then(point=point, book=sides[0], broker=sides[1])


def book_file(env: Env, found: Shown, role: str) -> bytes:
    """The very bytes that a file of the book held, by an operation, a plan or a snapshot of the book.

    Raises:
        UsageError: the object is nothing of that kind, or there was no such file then (exit 64).
    """
    value = env.store.get(_book_of(found), BookSnapshot)
    data = image_bytes(value.images[role], env.store.place.get) if role in value.images else None
    if data is None:
        raise UsageError("The book had no such file then.", detail=f"{role}, {found.kind} {found.id}")
    return data


def shown(env: Env, id: ObjectId) -> Shown:
    """The object of an id."""
    data = env.store.place.get(id)
    if not data.startswith(b"{"):
        return Shown(id=id, kind=CHUNK, chunk=data)
    raw = msgspec.json.decode(data, type=dict[str, Any])
    kind = str(raw.get("kind"))
    if kind == PAGE:
        return Shown(id=id, kind=kind, raw=raw, rows=_rows(id, data))
    if kind not in KINDS:
        return Shown(id=id, kind=kind, raw=raw)
    plain = Shown(id=id, kind=kind, raw=raw, value=env.store.get(id, KINDS[kind]))
    return msgspec.structs.replace(plain, **_facts(env, id, plain.value))


def _facts(env: Env, id: ObjectId, value: Stored | None) -> dict[str, Any]:
    """What an object names that a person wants to see with it, by Shown's fields."""
    match value:
        case Operation():
            return {"operation": OperationId(id), "act": value, **_about(env, value)}
        case Approval():
            return {"approval": value, "plan": env.store.get(value.details, Plan)}
        case Plan() | PlanBody() | FilesBody():
            return _made(env, id) | ({"plan": value} if isinstance(value, Plan) else {})
        case _:
            return _sides(env, id, value)


def _about(env: Env, act: Operation) -> dict[str, Any]:
    plan = env.store.get(act.details, Plan) if act.details else None
    said = env.store.get(act.approval, Approval) if act.approval else None
    return {"plan": plan, "approval": said}


def _sides(env: Env, id: ObjectId, value: Stored | None) -> dict[str, Any]:
    """What a snapshot or a State names."""
    fetch = env.store.place.get
    match value:
        case BrokerSnapshot():
            ledger = Pages.stored(Activity, value.ledger, fetch)
            return {"state": stored_state(value.state, fetch), "ledger": ledger}
        case BookSnapshot():
            sizes = {role: env.store.get(image, Image).size for role, image in value.images.items()}
            return {"state": stored_state(value.state, fetch), "sizes": sizes}
        case StateRoot():
            return {"state": stored_state(StateId(id), fetch)}
        case _:
            return {}


def _made(env: Env, id: ObjectId) -> dict[str, Any]:
    """The operation that last made a plan."""
    for made, act in env.store.log():
        if act.details and act.verb == "plan" and id in (act.plan, act.details):
            return {"operation": made, "act": act, "plan": env.store.get(act.details, Plan)}
    return {}


def _rows(id: ObjectId, data: bytes) -> tuple[Row, ...]:
    try:
        return rows_of(data)
    except msgspec.DecodeError as error:
        raise StoreError(
            "An object of the store is not what it should be.",
            detail=f"{id}: {error}",
            hint="It may have been written by a newer snapsync.",
            exit=Exit.INTEGRITY,
        ) from error


def _book_of(found: Shown) -> SnapshotId:
    book: SnapshotId | None = None
    if found.kind == "book-snapshot":
        book = SnapshotId(found.id)
    elif found.kind == "operation" and found.act:
        book = found.act.book
    elif found.plan:
        book = found.plan.book
    if book is None:
        raise UsageError(
            "That names no book.",
            detail=f"{found.kind} {found.id}",
            hint="Name an operation, a plan or a snapshot of the book: snapsync log",
        )
    return book


def _latest_plan(env: Env) -> ObjectId:
    for _, act in env.store.log():
        if act.plan:
            return PlanId(act.plan)
    raise PlanError("No plan has been made yet.", hint=f"snapsync plan --env {env.name}")

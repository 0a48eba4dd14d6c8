"""One JSON document per command, for scripts: a kind, a format number, times in UTC, amounts as text.

Minor versions add fields, major ones may take them away.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from snapsync.errors import SnapsyncError
from snapsync.model.canon import ObjectId, OperationId, encode
from snapsync.model.change import Change, FileChange, Spot, component, sign
from snapsync.model.history import Operation, tally
from snapsync.model.money import masked
from snapsync.model.plan import Plan
from snapsync.model.status import Status

from .neutral import json_text

FORMAT = "1.0"

REDACTED = "redacted"
"""What stands for an amount that is hidden."""
_SENTENCES = {"detail", "reason"}
"""The members that may have amounts in their words."""

Document = dict[str, Any]


def dumps(document: Document) -> str:
    """A document as text."""
    return json_text(msgspec.json.format(encode(document), indent=2).decode())


def plan(made: Plan, operation: OperationId | None, *, redact: bool = False) -> Document:
    """A plan with all its changes and findings; its amounts may be hidden, its id stays."""
    document = _plan(made, operation)
    return redacted(document) if redact else document


def _plan(made: Plan, operation: OperationId | None) -> Document:
    return {
        **_kind("plan"),
        "id": made.id,
        "operation": operation,
        "env": made.env,
        "account": masked(made.account),
        "at": made.at,
        "origin": made.origin,
        "drift": made.drift,
        "refused": bool(made.refused),
        "summary": tally([sign(each) for each in made.changes]),
        "changes": [change(each) for each in made.changes],
        "files": made.files,
        "target": made.target,
        "findings": made.findings,
        "withheld": made.withheld,
        "reading": made.reading,
        "part": made.part,
        "explanation": made.explanation,
    }


def redacted(document: Document) -> Document:
    """The same document without amounts, and without sentences that may hold some."""
    hidden: Document = _without_amounts(document)
    return {**hidden, "redacted": True}


def _without_amounts(value: Any) -> Any:  # noqa: ANN401 - a tree of what JSON can hold
    match value:
        case Decimal():
            return REDACTED
        case msgspec.Struct():
            return _without_amounts(_members(value))
        case dict():
            return {
                name: "" if name in _SENTENCES else _without_amounts(each) for name, each in value.items()
            }
        case list() | tuple():
            return [_without_amounts(each) for each in value]
        case _:
            return value


def _members(value: msgspec.Struct) -> Document:
    """A struct's members; of a file's change the ids of its bytes stay, its text does not."""
    match value:
        case FileChange():
            return {**msgspec.structs.asdict(value), "notes": []}
        case Spot():
            return {
                **msgspec.structs.asdict(value),
                "before": value.before and REDACTED,
                "after": value.after and REDACTED,
            }
        case _:
            members: Document = msgspec.to_builtins(value, builtin_types=(Decimal,))
            return members


def applied(
    operation: OperationId | None,
    made: Plan,
    changes: Sequence[Change],
    files: Sequence[str],
    left: Sequence[str],
    approval: ObjectId | None,
) -> Document:
    """What an apply did, and which approval it used up."""
    return {
        **_kind("apply"),
        "operation": operation,
        "plan": made.id,
        "env": made.env,
        "summary": tally([sign(each) for each in changes]),
        "changes": [change(each) for each in changes],
        "files": list(files),
        "open": list(left),
        "approval": approval,
    }


def operation(id: OperationId, act: Operation) -> Document:
    """One operation."""
    return {
        "id": id,
        "verb": act.verb,
        "time": act.time,
        "env": act.env,
        "account": masked(act.account) if act.account else None,
        "actor": act.actor,
        "version": act.version,
        "parents": act.parents,
        "plan": act.plan,
        "summary": act.tally,
        "reading": act.reading,
        "recovered": act.recovered,
        "refused": act.refused,
        "origin": act.origin,
        "target": act.target,
        "approval": act.approval,
    }


def status(now: Status, env: str, why: str) -> Document:
    """Where an env stands."""
    return {
        **_kind("status"),
        "env": env,
        "env_source": why,
        "account": masked(now.account) if now.account else None,
        "standing": now.standing,
        "last": operation(now.operation, now.last) if now.last and now.operation else None,
        "age_seconds": None if now.age is None else int(now.age),
        "edited": now.edited,
        "open": now.open,
        "held": now.held,
        "next": now.next,
    }


def error(trouble: SnapsyncError) -> Document:
    """An error, as every command gives it with ``--json``."""
    return {
        **_kind("error"),
        "exit": int(trouble.exit),
        "summary": trouble.summary,
        "detail": trouble.detail,
        "hint": trouble.hint,
    }


def kind(name: str, **fields: Any) -> Document:  # noqa: ANN401 - whatever JSON can hold
    """A document of a command that has no view of its own."""
    return {**_kind(name), **fields}


def _kind(name: str) -> Document:
    return {"kind": name, "format": FORMAT}


def change(change: Change) -> Document:
    """One change, with its sign and its component."""
    fields: Document = msgspec.to_builtins(change, builtin_types=(Decimal,))
    return {"sign": sign(change).value, "component": component(change), "key": change.key, **fields}

"""One JSON document per command, for scripts: a kind, a format number, times in UTC, amounts as text.

Minor versions add fields, major ones may take them away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from snapsync.errors import SnapsyncError
from snapsync.model.canon import OperationId, encode
from snapsync.model.change import Change, component, sign
from snapsync.model.history import Operation, tally
from snapsync.model.money import masked
from snapsync.model.plan import Plan
from snapsync.model.status import Status

FORMAT = "1.0"

Document = dict[str, Any]


def dumps(document: Document) -> str:
    """A document as text."""
    return msgspec.json.format(encode(document), indent=2).decode()


def plan(made: Plan, operation: OperationId | None) -> Document:
    """A plan with all its changes and findings."""
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
        "changes": [_change(each) for each in made.changes],
        "findings": made.findings,
        "withheld": made.withheld,
        "reading": made.reading,
        "explanation": made.explanation,
    }


def applied(
    operation: OperationId | None,
    made: Plan,
    changes: Sequence[Change],
    files: Sequence[str],
    left: Sequence[str],
) -> Document:
    """What an apply did."""
    return {
        **_kind("apply"),
        "operation": operation,
        "plan": made.id,
        "env": made.env,
        "summary": tally([sign(each) for each in changes]),
        "changes": [_change(each) for each in changes],
        "files": list(files),
        "open": list(left),
    }


def log(entries: Iterable[tuple[OperationId, Operation]]) -> Document:
    """Operations, newest first."""
    return {**_kind("log"), "operations": [operation(id, act) for id, act in entries]}


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


def _change(change: Change) -> Document:
    fields: Document = msgspec.to_builtins(change, builtin_types=(Decimal,))
    return {"sign": sign(change).value, "component": component(change), "key": change.key, **fields}

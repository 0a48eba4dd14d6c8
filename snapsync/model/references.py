"""Which objects an object leads to, told from its bytes alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from .canon import ObjectId

CHUNK = "chunk"
GONE_WITH_AGE = frozenset({"state", "node", "page", "image", "branch", CHUNK})
"""The kinds that gc may take: what one side held, and the bytes of files; never what was done."""

_ID = re.compile(rb'"([0-9a-f]{64})"')
# Kinds in which foreign text may look like an id: only these fields of theirs name objects.
_NAMED: dict[str, Callable[[dict[str, Any]], list[str]]] = {
    "plan": lambda raw: [raw["rules"]],
    "plan-details": lambda raw: [raw["rules"], raw["book"], raw["broker"]],
    "broker-snapshot": lambda raw: [raw["state"], raw["ledger"]],
    "page": lambda _: [],
    "rules": lambda _: [],
    "collection": lambda _: [],  # it names what is gone
}


class _Kind(msgspec.Struct):
    kind: str = "unknown"


def kind_of(data: bytes) -> str:
    """What an object is."""
    if not data.startswith(b"{"):
        return CHUNK
    return msgspec.json.decode(data, type=_Kind).kind


def references(kind: str, data: bytes) -> tuple[ObjectId, ...]:
    """The objects that one names, in no order, each once.

    Raises:
        msgspec.MsgspecError, KeyError: it is no such object.
    """
    if kind == CHUNK:
        return ()
    if kind in _NAMED:
        raw = msgspec.json.decode(data, type=dict[str, Any])
        return tuple(dict.fromkeys(map(ObjectId, _NAMED[kind](raw))))
    return tuple(dict.fromkeys(ObjectId(each.decode()) for each in _ID.findall(data)))


def is_operation(data: bytes) -> bool:
    """Whether these are an operation's bytes; told without reading them all as JSON."""
    return data.startswith(b"{") and b'"kind":"operation"' in data and kind_of(data) == "operation"


def ledger_of(data: bytes) -> ObjectId:
    """The root of a broker-snapshot's ledger."""
    return ObjectId(msgspec.json.decode(data, type=_Ledger).ledger)


class _Ledger(msgspec.Struct):
    ledger: str

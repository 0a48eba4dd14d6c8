"""The documents that ``--json`` prints, as types: the schemas under docs/schema/ are made of them.

The views build them member by member (json.py and its neighbours); the tests hold every document that
they see against its schema. Later minor versions add members, so a reader has to bear unknown ones.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import msgspec

from . import account, history, review, upkeep
from .parts import Piece

Schema = dict[str, Any]


def _documents(*modules: ModuleType) -> dict[str, type[Piece]]:
    """The documents that some modules define, by kind."""
    named = (each for module in modules for name, each in vars(module).items() if name.endswith("Document"))
    tagged = ((each.__struct_config__.tag, each) for each in named)
    return {
        str(kind): each for kind, each in tagged if kind and kind != each.__name__
    }  # the others are bases


DOCUMENTS = _documents(review, history, account, upkeep)


def schemas() -> dict[str, Schema]:
    """JSON Schemas of the documents, by kind; members that they do not know are let pass."""
    return {kind: _open(schema(each)) for kind, each in sorted(DOCUMENTS.items())}


def _open(described: Any) -> Any:  # noqa: ANN401 - a tree of what JSON can hold
    if isinstance(described, list):
        return [_open(each) for each in described]
    if not isinstance(described, dict):
        return described
    closed = {"additionalProperties": False}
    return {name: _open(each) for name, each in described.items() if {name: each} != closed}


def schema(type: type[msgspec.Struct]) -> Schema:
    """The JSON Schema of what a type is written as."""
    defined: Schema = {}
    described = _lifted(msgspec.json.schema(type), defined)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **described, "$defs": defined}


def _lifted(described: Any, defined: Schema) -> Any:  # noqa: ANN401 - a tree of what JSON can hold
    """The same with all definitions in one place, which is where references look for them."""
    if isinstance(described, list):
        return [_lifted(each, defined) for each in described]
    if not isinstance(described, dict):
        return described
    for name, each in described.get("$defs", {}).items():
        defined[name] = _lifted(each, defined)
    return {name: _lifted(each, defined) for name, each in described.items() if name != "$defs"}

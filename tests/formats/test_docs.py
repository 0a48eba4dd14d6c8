"""docs/format.md names every stored field, every word that a field may hold, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import msgspec.inspect
import pytest

from snapsync.model.approval import Approval
from snapsync.model.canon import Record, Stored
from snapsync.model.collection import Collection
from snapsync.model.history import BookSnapshot, BrokerSnapshot, Operation
from snapsync.model.image import Branch, Image
from snapsync.model.ledger import Activity
from snapsync.model.news import Memory
from snapsync.model.past import Past
from snapsync.model.plan import FilesBody, Plan, PlanBody
from snapsync.model.policy import Rules
from snapsync.model.portable import ApprovalFile, PlanFile
from snapsync.model.state import Position, StateRoot, Transaction
from snapsync.model.tree import Node, page_type
from snapsync.store.identity import Identity
from snapsync.store.journal import Journal

PAGE = (Path(__file__).parents[2] / "docs" / "format.md").read_text()
FILES = {
    "store": "`store.json`",
    "journal": "`journal.json`",
    "told": "`told.json`",
    "past": "`memory/history.json`",
}
"""Kinds that are no objects, and are described under the name of their file."""
KINDS: list[type[Stored]] = [
    Operation,
    Approval,
    BrokerSnapshot,
    BookSnapshot,
    StateRoot,
    Node,
    page_type(Position),
    Rules,
    PlanBody,
    FilesBody,
    Plan,
    Image,
    Branch,
    Collection,
    Identity,
    Journal,
    Memory,
    Past,
    PlanFile,
    ApprovalFile,
]
ROWS: list[type[Record]] = [Position, Transaction, Activity]


def sections() -> dict[str, str]:
    """The parts of the page by their headings of the third level."""
    parts = re.split(r"^#{2,3} (.+)$", PAGE, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def named(section: str) -> set[str]:
    """The fields that a section's tables name."""
    return set(re.findall(r"^\| `(\w+)` \|.*\|.*\|$", section, re.MULTILINE))


def types() -> dict[str, msgspec.inspect.StructType]:
    """Every struct that is stored, by the heading under which the page must describe it."""
    found: dict[str, msgspec.inspect.StructType] = {}
    for root in [*KINDS, *ROWS]:
        for struct in structs(msgspec.inspect.type_info(root)):
            tag = struct.tag if struct.tag_field == "kind" else None
            found[FILES.get(str(tag), f"`{tag}`") if tag else struct.cls.__name__] = struct
    return found


def structs(info: Any) -> Iterator[msgspec.inspect.StructType]:  # noqa: ANN401 - any of msgspec's descriptions
    """All structs in the description of a type."""
    if isinstance(info, msgspec.inspect.StructType):
        yield info
        for field in info.fields:
            yield from structs(field.type)
    for name in ("types", "item_types"):
        for each in getattr(info, name, ()):
            yield from structs(each)
    for name in ("item_type", "value_type"):
        if hasattr(info, name):
            yield from structs(getattr(info, name))


def words(info: Any) -> Iterator[str]:  # noqa: ANN401 - the same
    """The words that a field of this type may hold, where they are few."""
    if isinstance(info, msgspec.inspect.LiteralType):
        yield from (str(value) for value in info.values)
    if isinstance(info, msgspec.inspect.EnumType):
        yield from (str(each.value) for each in info.cls)
    for each in getattr(info, "types", ()):
        yield from words(each)
    if hasattr(info, "item_type"):
        yield from words(info.item_type)


TYPES = types()


def test_every_stored_kind_is_looked_at() -> None:
    """A new kind of object cannot be left out here: all that exist are in the list."""
    known: set[type] = set()
    waiting = [Stored]
    while waiting:
        for each in waiting.pop().__subclasses__():
            waiting.append(each)
            if each.__module__.startswith("snapsync") and not each.__name__.startswith("_"):
                known.add(each)

    assert known - {Page for Page in known if Page.__name__ == "Page"} <= set(KINDS)


@pytest.mark.parametrize("heading", TYPES)
def test_every_field_is_described(heading: str) -> None:
    """The page's table names just the fields that there are."""
    struct = TYPES[heading]
    fields = {field.encode_name for field in struct.fields} - {"format"}
    if struct.tag_field not in (None, "kind"):
        fields.add(str(struct.tag_field))

    assert named(sections()[heading]) == fields


@pytest.mark.parametrize("heading", TYPES)
def test_every_word_is_described(heading: str) -> None:
    """Where a field may hold a few words only, the page has each of them."""
    for field in TYPES[heading].fields:
        for word in words(field.type):
            assert f"`{word}`" in sections()[heading], f"{field.name}: {word}"


def test_nothing_else_is_described() -> None:
    """The page has no table of fields for what is not stored."""
    tables = {heading for heading, text in sections().items() if "| Field | Type | Meaning |" in text}

    assert tables == set(TYPES)


def test_the_pages_links_lead_somewhere() -> None:
    """Every link within the page has its heading."""
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in sections()}

    assert set(re.findall(r"\(#([\w-]+)\)", PAGE)) <= anchors

"""The parts of a Merkle tree of rows: pages, and nodes that name them. Each is known by its id.

A part is read when it is first asked what it holds, and made bytes when it is first asked for its id. So
two trees are compared by the ids of what they do not share, and a row is changed by making anew the parts
on the way to it. What a part holds never changes.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, pairwise
from operator import attrgetter
from typing import Any, Generic, Protocol, TypeVar, cast

from msgspec import defstruct

from .canon import ObjectId, Stored, encode, identify
from .stored import stored


class Keyed(Protocol):
    """A row of a page: its key is unique among all rows, its bucket is the page that it lies in.

    The bucket follows from what never changes of a key's row; ``merged`` looks for the old row there alone.
    The names of a tree's buckets have all at most seven characters, or all more: see ``pages``.
    """

    @property
    def key(self) -> str: ...

    @property
    def bucket(self) -> str: ...


R = TypeVar("R", bound=Keyed)
C = TypeVar("C")
Fetch = Callable[[ObjectId], bytes]
Changes = Mapping[str, R | None]
"""Rows by their keys as they are to be; None: the row goes."""

MOST = 128
"""How many rows a page has at most. A bucket with more is a node of pages, by the hash of the key."""
_by_key = attrgetter("key")


class Node(Stored, frozen=True, tag="node"):
    """Children by name. ``leaf`` is false at a root whose children are months; all others are leaves.

    A leaf's children are pages; where one would have too many rows, it is a leaf again.
    """

    children: dict[str, ObjectId]
    leaf: bool


class _Page(Stored, frozen=True, tag="page"):
    rows: tuple[Any, ...]


_EMPTY_PAGE = encode(_Page(rows=()))

_page_types: dict[type, Any] = {}
_part_types: dict[type, Any] = {}


def page_type(row: type) -> Any:  # noqa: ANN401 - a struct type made for this row type
    """The type of a page with rows of a type."""
    if row not in _page_types:
        _page_types[row] = defstruct(
            "Page",
            [("rows", tuple[row, ...])],  # type: ignore[valid-type]
            bases=(Stored,),
            frozen=True,
            kw_only=True,
            tag_field="kind",
            tag="page",
        )
    return _page_types[row]


def _part_type(row: type) -> Any:  # noqa: ANN401 - the union of two struct types
    if row not in _part_types:
        _part_types[row] = Node | page_type(row)
    return _part_types[row]


class Part(Generic[R]):
    """A page or a node, and all that is below it."""

    __slots__ = ("_fetch", "_held", "_id", "_row", "leaf")

    def __init__(
        self,
        held: tuple[R, ...] | dict[str, Part[R]] | None,
        *,
        leaf: bool = True,
        id: ObjectId | None = None,
        row: type[R] | None = None,
        fetch: Fetch | None = None,
    ) -> None:
        self._held, self.leaf, self._id, self._row, self._fetch = held, leaf, id, row, fetch

    @classmethod
    def stored(cls, id: ObjectId, row: type[R], fetch: Fetch) -> Part[R]:
        """A part of a store; nothing of it is read yet."""
        return cls(None, id=id, row=row, fetch=fetch)

    @property
    def id(self) -> ObjectId:
        if self._id is None:
            self._id = identify(self._encoded())
        return self._id

    def held(self) -> tuple[R, ...] | dict[str, Part[R]]:
        """The rows of a page, the children of a node by their names, both sorted; remembered from now on."""
        if self._held is None:
            self._held = self.glance()
        return self._held

    def glance(self) -> tuple[R, ...] | dict[str, Part[R]]:
        """As ``held``, but not remembered: for who passes by everything once."""
        if self._held is not None:
            return self._held
        if self._id is None or self._row is None or self._fetch is None:
            raise ValueError("a part has neither content nor an id")
        value = stored(self._fetch(self._id), _part_type(self._row), self._id)
        if not isinstance(value, Node):
            return cast("tuple[R, ...]", value.rows)
        self.leaf = value.leaf
        children = sorted(value.children.items())
        return {name: Part.stored(id, self._row, self._fetch) for name, id in children}

    def rows(self, *, remember: bool = False) -> tuple[R, ...]:
        """All rows below, sorted by key."""
        held = self.held() if remember else self.glance()
        if isinstance(held, tuple):
            return held
        below = (each.rows(remember=remember) for each in held.values())
        return tuple(sorted(chain.from_iterable(below), key=_by_key))

    def count(self) -> int:
        """How many rows are below."""
        held = self.glance()
        return len(held) if isinstance(held, tuple) else sum(each.count() for each in held.values())

    def find(self, key: str, depth: int, *, remember: bool = True) -> R | None:
        """The row of a key in a bucket's part, which lies at a depth of 1."""
        held = self.held() if remember else self.glance()
        if isinstance(held, tuple):
            at = bisect_left(held, key, key=_by_key)
            return held[at] if at < len(held) and held[at].key == key else None
        child = held.get(digit(key, depth))
        return child.find(key, depth + 1, remember=remember) if child else None

    def objects(self) -> Iterator[tuple[ObjectId, bytes]]:
        """What no store has given us of this part: children before the nodes that name them."""
        if self._fetch is not None:
            return
        held = self.held()
        for child in held.values() if isinstance(held, dict) else ():
            yield from child.objects()
        data = self._encoded()
        self._id = identify(data)
        yield self._id, data

    def _encoded(self) -> bytes:
        held = self.held()
        if isinstance(held, tuple):
            return encode(_Page(rows=held))
        return node_of({name: child.id for name, child in held.items()}, leaf=self.leaf)


def page_of(rows: Iterable[str]) -> bytes:
    """A page's bytes, of the texts that ``encode`` makes of its rows."""
    return _EMPTY_PAGE.replace(b"[]", f"[{','.join(rows)}]".encode())


def node_of(children: Mapping[str, ObjectId], *, leaf: bool = True) -> bytes:
    """A node's bytes."""
    return encode(Node(children=dict(children), leaf=leaf))


def digit(key: str, depth: int) -> str:
    """By which hexadecimal digit of its hash a key is found at a depth; the first is a position's bucket."""
    return hashlib.sha256(key.encode()).hexdigest()[depth]


def digits(keys: Iterable[str], depth: int) -> list[str]:
    """The same for many keys."""
    byte, second = divmod(depth, 2)
    half = [f"{each:02x}"[second] for each in range(256)]
    return [half[each.digest()[byte]] for each in map(hashlib.sha256, map(str.encode, keys))]


def grown(rows: Iterable[R], depth: int = 1) -> Part[R]:
    """The part of a bucket with these rows.

    Raises:
        ValueError: two rows have one key.
    """
    ordered = tuple(sorted(rows, key=_by_key))
    for earlier, later in pairwise(ordered):
        if earlier.key == later.key:
            raise ValueError(f"two rows have the key {earlier.key}")
    return _split(ordered, depth)


def _split(ordered: tuple[R, ...], depth: int) -> Part[R]:
    if len(ordered) <= MOST:
        return Part(ordered)
    shares: dict[str, list[R]] = {}
    for row in ordered:
        shares.setdefault(digit(row.key, depth), []).append(row)
    return Part({name: _split(tuple(shares[name]), depth + 1) for name in sorted(shares)})


def changed(part: Part[R] | None, changes: Changes[R], depth: int = 1) -> Part[R] | None:
    """A bucket's part with some rows otherwise: the same one where none is; None where none is left."""
    held = part.held() if part else ()
    if isinstance(held, tuple):
        before: dict[str, R | None] = {row.key: row for row in held}
        after = {key: row for key, row in {**before, **changes}.items() if row is not None}
        if after == before:
            return part
        return _split(tuple(after[key] for key in sorted(after)), depth) if after else None
    shares: dict[str, dict[str, R | None]] = {}
    for key, row in changes.items():
        shares.setdefault(digit(key, depth), {})[key] = row
    children = laid(held, shares, lambda child, share: changed(child, share, depth + 1))
    if children is held:
        return part
    if None in changes.values():
        few = _few(children.values())
        if few is not None:
            return Part(few) if few else None
    return Part(children)


def _few(parts: Iterable[Part[R]]) -> tuple[R, ...] | None:
    """All rows of some parts, where one page can have them."""
    found: list[R] = []
    for part in parts:
        found += part.rows()
        if len(found) > MOST:
            return None
    return tuple(sorted(found, key=_by_key))


def laid(
    children: dict[str, Part[R]],
    shares: Mapping[str, C],
    lay: Callable[[Part[R] | None, C], Part[R] | None],
) -> dict[str, Part[R]]:
    """Children with some of them laid anew, sorted; the same dictionary where all stay as they were."""
    fresh: dict[str, Part[R] | None] = {}
    for name, share in shares.items():
        old = children.get(name)
        new = lay(old, share)
        if new is not old:
            fresh[name] = new
    if not fresh:
        return children
    both = {**children, **fresh}
    return {name: child for name in sorted(both) if (child := both[name]) is not None}


def differences(new: Part[R] | None, old: Part[R] | None) -> Iterator[tuple[tuple[R, ...], tuple[R, ...]]]:
    """The rows of both where two trees differ, a page at a time; what has one id is not even read."""
    if new is old:
        return
    if new is not None and old is not None:
        if new.id == old.id:
            return
        mine, theirs = new.held(), old.held()
        if isinstance(mine, dict) and isinstance(theirs, dict):
            for name in sorted(mine.keys() | theirs.keys()):
                yield from differences(mine.get(name), theirs.get(name))
            return
    yield (new.rows() if new else (), old.rows() if old else ())

"""Rows in pages under nodes under a root: a Merkle tree whose split depends on content alone.

Rows with an immutable time lie by UTC day, days under months; so an unchanged day is one shared
object, and work follows the days that changed. Pages read from a store are fetched when first asked
for: a page is a value known by its id, whether or not its rows are in memory yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, Generic, Protocol, TypeVar, cast

import msgspec

from .canon import ObjectId, Stored, encode, identify
from .stored import stored


class Keyed(Protocol):
    """A row of a page: its key is unique among all rows, its bucket is the page that it lies in.

    The bucket follows from what never changes of a key's row; ``merged`` looks for the old row there alone.
    """

    @property
    def key(self) -> str: ...

    @property
    def bucket(self) -> str: ...


R = TypeVar("R", bound=Keyed)
Fetch = Callable[[ObjectId], bytes]

_GROUP = len("2025-08")


class Node(Stored, frozen=True, tag="node"):
    """Children by name. Where ``leaf`` is true they are pages, else nodes again."""

    children: dict[str, ObjectId]
    leaf: bool


class _Page(Stored, frozen=True, tag="page"):
    rows: tuple[Any, ...]


class Page(Generic[R]):
    """The rows of one bucket, sorted by key; known by id, read once when first asked for."""

    __slots__ = ("_read", "_rows", "data", "id")

    def __init__(
        self,
        id: ObjectId,
        read: Callable[[], tuple[R, ...]] | None,
        rows: tuple[R, ...],
        data: bytes,
    ) -> None:
        self.id, self._read, self._rows, self.data = id, read, rows, data

    @property
    def rows(self) -> tuple[R, ...]:
        if self._read is not None:
            self._rows, self._read = self._read(), None
        return self._rows

    @classmethod
    def of(cls, rows: Iterable[R]) -> Page[R]:
        """A new page.

        Raises:
            ValueError: two rows have one key.
        """
        ordered = tuple(sorted(rows, key=lambda row: row.key))
        for earlier, later in pairwise(ordered):
            if earlier.key == later.key:
                raise ValueError(f"two rows have the key {later.key}")
        data = encode(_Page(rows=ordered))
        return cls(identify(data), None, ordered, data)

    @classmethod
    def stored(cls, id: ObjectId, row: type[R], fetch: Fetch) -> Page[R]:
        """A page of the store, read when its rows are first asked for."""

        def read() -> tuple[R, ...]:
            page = stored(fetch(id), _page_type(row), id)
            return cast("tuple[R, ...]", page.rows)

        return cls(id, read, (), b"")


_page_types: dict[type, Any] = {}


def _page_type(row: type) -> Any:  # noqa: ANN401 - a struct type made for this row type
    if row not in _page_types:
        _page_types[row] = msgspec.defstruct(
            "Page",
            [("rows", tuple[row, ...])],  # type: ignore[valid-type]
            bases=(Stored,),
            frozen=True,
            kw_only=True,
            tag_field="kind",
            tag="page",
        )
    return _page_types[row]


class Pages(Generic[R]):
    """All rows of one kind, as an immutable mapping from bucket to Page."""

    __slots__ = ("_by_bucket", "_fetch", "_new", "_root", "_row")

    def __init__(
        self,
        row: type[R],
        by_bucket: dict[str, Page[R]] | None,
        root: ObjectId | None,
        fetch: Fetch | None,
    ) -> None:
        self._row, self._by_bucket, self._root, self._fetch = row, by_bucket, root, fetch
        self._new: dict[ObjectId, bytes] | None = None

    @classmethod
    def of(cls, row: type[R], rows: Iterable[R]) -> Pages[R]:
        """Pages of these rows, in whatever order they come.

        Raises:
            ValueError: two rows have one key.
        """
        buckets: dict[str, list[R]] = {}
        places: dict[str, str] = {}
        for each in rows:
            bucket = each.bucket
            if places.setdefault(each.key, bucket) != bucket:
                raise ValueError(f"two rows have the key {each.key}")
            buckets.setdefault(bucket, []).append(each)
        return cls(row, {name: Page.of(buckets[name]) for name in sorted(buckets)}, None, None)

    @classmethod
    def stored(cls, row: type[R], root: ObjectId, fetch: Fetch) -> Pages[R]:
        """Pages of a store, known by their root's id; nothing is read yet."""
        return cls(row, None, root, fetch)

    @property
    def root(self) -> ObjectId:
        """The id that stands for all rows."""
        if self._root is None:
            self._root, self._new = _tree(self.buckets)
        return self._root

    @property
    def buckets(self) -> Mapping[str, Page[R]]:
        """Every page by its bucket's name, sorted."""
        if self._by_bucket is None:
            if self._root is None or self._fetch is None:
                raise ValueError("pages have neither rows nor a root")
            self._by_bucket = dict(_walk(self._root, self._row, self._fetch))
        return self._by_bucket

    def objects(self) -> Iterator[tuple[ObjectId, bytes]]:
        """What a store may lack of these pages: children before the nodes that name them."""
        for page in self.buckets.values():
            if page.data:
                yield page.id, page.data
        if self.root and self._new:
            yield from self._new.items()

    def merged(self, rows: Iterable[R], without: Iterable[tuple[str, str]] = ()) -> Pages[R]:
        """These pages with rows added, or put in the place of those with the same keys.

        Args:
            rows: what is added.
            without: (bucket, key) of what is taken out, where it is there.
        """
        fresh: dict[str, dict[str, R | None]] = {}
        for name, key in without:
            fresh.setdefault(name, {})[key] = None
        for row in rows:
            fresh.setdefault(row.bucket, {})[row.key] = row
        by_bucket = dict(self.buckets)
        for name, touched in fresh.items():
            old = by_bucket.pop(name, None)
            kept: dict[str, R | None] = {row.key: row for row in (old.rows if old else ())}
            left = [row for row in {**kept, **touched}.values() if row is not None]
            page = Page.of(left)
            if left:
                by_bucket[name] = old if old and old.id == page.id else page
        return Pages(self._row, {name: by_bucket[name] for name in sorted(by_bucket)}, None, None)

    def changed_since(self, earlier: Pages[R]) -> dict[str, tuple[R | None, R | None]]:
        """(before, after) of every key whose row differs; pages with equal ids are not even read."""
        if self._root is not None and self._root == earlier._root:
            return {}
        changed: dict[str, tuple[R | None, R | None]] = {}
        ours, theirs = self.buckets, earlier.buckets
        before: dict[str, R] = {}
        after: dict[str, R] = {}
        for name in ours.keys() | theirs.keys():
            new, old = ours.get(name), theirs.get(name)
            if new is not None and old is not None and new.id == old.id:
                continue
            before.update((row.key, row) for row in (old.rows if old else ()))
            after.update((row.key, row) for row in (new.rows if new else ()))
        for key in sorted(before.keys() | after.keys()):
            if before.get(key) != after.get(key):
                changed[key] = (before.get(key), after.get(key))
        return changed

    def by_key(self) -> dict[str, R]:
        """Every row by its key."""
        return {row.key: row for row in self}

    def __iter__(self) -> Iterator[R]:
        for page in self.buckets.values():
            yield from page.rows

    def __len__(self) -> int:
        return sum(len(page.rows) for page in self.buckets.values())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pages) and self.root == other.root

    def __hash__(self) -> int:
        return hash(self.root)


def _tree(buckets: Mapping[str, Page[Any]]) -> tuple[ObjectId, dict[ObjectId, bytes]]:
    new: dict[ObjectId, bytes] = {}

    def put(node: Node) -> ObjectId:
        data = encode(node)
        id = identify(data)
        new[id] = data
        return id

    groups: dict[str, dict[str, ObjectId]] = {}
    for name, page in buckets.items():
        groups.setdefault(name[:_GROUP], {})[name] = page.id
    if all(len(name) <= _GROUP for name in buckets):
        flat = {name: page.id for name, page in buckets.items()}
        return put(Node(children=flat, leaf=True)), new
    months = {name: put(Node(children=days, leaf=True)) for name, days in groups.items()}
    return put(Node(children=months, leaf=False)), new


def _walk(id: ObjectId, row: type[R], fetch: Fetch) -> Iterator[tuple[str, Page[R]]]:
    node = stored(fetch(id), Node, id)
    for name in sorted(node.children):
        if node.leaf:
            yield name, Page.stored(node.children[name], row, fetch)
        else:
            yield from _walk(node.children[name], row, fetch)

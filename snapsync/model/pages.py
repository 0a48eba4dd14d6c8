"""Rows in pages under nodes under a root: a Merkle tree whose split depends on content alone.

Rows with an immutable time lie by UTC day, days under months; so an unchanged day is one shared
object, and work follows the days that changed, and within a busy day the rows. Of what a store holds
no more is read than somebody asks for; and of a long history, which lies under months, a pass through many
days remembers nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Generic

from .canon import ObjectId
from .tree import Changes, Fetch, Part, R, changed, differences, grown, laid

_GROUP = len("2025-08")
_LAST = "\U0010ffff"


class Pages(Generic[R]):
    """All rows of one kind, as an immutable tree: by bucket, and within a bucket by key."""

    __slots__ = ("_top",)

    def __init__(self, top: Part[R]) -> None:
        self._top = top

    @classmethod
    def of(cls, row: type[R], rows: Iterable[R]) -> Pages[R]:
        """Pages of these rows, in whatever order they come.

        Raises:
            ValueError: two rows have one key.
        """
        del row  # what they are: it is told by the rows, where there are any
        buckets: dict[str, list[R]] = {}
        keys: set[str] = set()
        for each in rows:
            if each.key in keys:
                raise ValueError(f"two rows have the key {each.key}")
            keys.add(each.key)
            buckets.setdefault(each.bucket, []).append(each)
        return cls.of_buckets({name: grown(buckets.pop(name)) for name in sorted(buckets)})

    @classmethod
    def of_buckets(cls, days: Mapping[str, Part[R]]) -> Pages[R]:
        """Pages of buckets that are made already, in the order of their names."""
        if not any(map(_long, days)):
            return cls(Part(dict(days)))
        months: dict[str, dict[str, Part[R]]] = {}
        for name, part in days.items():
            months.setdefault(name[:_GROUP], {})[name] = part
        return cls(Part({name: Part(children) for name, children in months.items()}, leaf=False))

    @classmethod
    def stored(cls, row: type[R], root: ObjectId, fetch: Fetch) -> Pages[R]:
        """Pages of a store, known by their root's id; nothing is read yet."""
        return cls(Part.stored(root, row, fetch))

    @property
    def root(self) -> ObjectId:
        """The id that stands for all rows."""
        return self._top.id

    def objects(self) -> Iterator[tuple[ObjectId, bytes]]:
        """What a store may lack of these pages: children before the nodes that name them."""
        return self._top.objects()

    def spread(self) -> int:
        """Over how many months, or buckets, the rows are spread."""
        return len(_children(self._top))

    def get(self, bucket: str, key: str) -> R | None:
        """The row of a key, if it lies in a bucket."""
        part = self._bucket(bucket)
        return part.find(key, 1) if part else None

    def rows_of(self, bucket: str) -> tuple[R, ...]:
        """The rows of a bucket, sorted by key."""
        part = self._bucket(bucket)
        return part.rows() if part else ()

    def between(self, first: str = "", last: str = _LAST) -> Iterator[R]:
        """The rows of the buckets from one name to another, both with them, in order; no others are read."""
        for _, part in self._buckets(first, last):
            yield from part.rows(remember=self._top.leaf)

    def newest_first(self, last: str = _LAST) -> Iterator[tuple[R, ...]]:
        """The rows of one bucket after the other, that of the last name first."""
        for _, part in self._buckets("", last, backwards=True):
            yield part.rows()

    def search(self, key: str, last: str = _LAST) -> R | None:
        """The row of a key, looked for in every bucket up to a name, backwards; ``get`` is far cheaper."""
        found = (part.find(key, 1, remember=False) for _, part in self._buckets("", last, backwards=True))
        return next((row for row in found if row is not None), None)

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
        top = _children(self._top)
        if not fresh:
            return self
        grouped = _long(next(iter(fresh)))
        children = laid(top, _by_month(fresh), _month) if grouped else laid(top, fresh, changed)
        return self if children is top else Pages(Part(children, leaf=not (grouped and children)))

    def changed_since(self, earlier: Pages[R]) -> dict[str, tuple[R | None, R | None]]:
        """(before, after) of every key whose row differs, sorted; what both share is not even read."""
        before: dict[str, R] = {}
        after: dict[str, R] = {}
        for new, old in differences(self._top, earlier._top):
            theirs = {row.key: row for row in old}
            for row in new:
                if theirs.get(row.key) == row:
                    del theirs[row.key]
                else:
                    after[row.key] = row
            before |= theirs
        return {key: (before.get(key), after.get(key)) for key in sorted(before.keys() | after.keys())}

    def by_key(self) -> dict[str, R]:
        """Every row by its key."""
        return {row.key: row for row in self}

    def __iter__(self) -> Iterator[R]:
        return self.between()

    def __len__(self) -> int:
        return sum(part.count() for _, part in self._buckets())

    def __bool__(self) -> bool:
        return bool(self._top.held())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pages) and self.root == other.root

    def __hash__(self) -> int:
        return hash(self.root)

    def _bucket(self, name: str) -> Part[R] | None:
        children = _children(self._top)
        if not self._top.leaf:
            month = children.get(name[:_GROUP])
            children = _children(month) if month else {}
        return children.get(name)

    def _buckets(
        self, first: str = "", last: str = _LAST, *, backwards: bool = False
    ) -> Iterator[tuple[str, Part[R]]]:
        """The buckets from one name to another, in their order or backwards."""
        for name, part in _within(_children(self._top), first[:_GROUP], last, backwards=backwards):
            if self._top.leaf:
                yield name, part
            else:
                yield from _within(_children(part), first, last, backwards=backwards)


def _long(name: str) -> bool:
    """Whether a bucket lies under a month."""
    return len(name) > _GROUP


def _children(part: Part[R]) -> dict[str, Part[R]]:
    held = part.held()
    return held if isinstance(held, dict) else {}


def _within(
    children: dict[str, Part[R]], first: str, last: str, *, backwards: bool
) -> Iterator[tuple[str, Part[R]]]:
    names = [name for name in children if first <= name <= last]
    return ((name, children[name]) for name in (reversed(names) if backwards else names))


def _by_month(fresh: Mapping[str, Changes[R]]) -> dict[str, dict[str, Changes[R]]]:
    months: dict[str, dict[str, Changes[R]]] = {}
    for name, changes in fresh.items():
        months.setdefault(name[:_GROUP], {})[name] = changes
    return months


def _month(part: Part[R] | None, fresh: Mapping[str, Changes[R]]) -> Part[R] | None:
    """A month with some rows otherwise; None where none is left."""
    old = _children(part) if part else {}
    days = laid(old, fresh, changed)
    if days is old:
        return part
    return Part(days) if days else None

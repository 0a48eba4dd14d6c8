"""Take a step back in a CSV file, cell by cell and row by row."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import pairwise
from typing import NamedTuple

from snapsync.model.change import Spot

from .table import Row, Table, is_quoted, spans, written

_LARGEST = 250
"""A stretch of so many changed rows is still paired by likeness; a longer one in the order of its rows."""


Result = tuple[str, tuple[Spot, ...], tuple[Spot, ...]]
"""The text, the places that are set, and those that somebody has changed since."""


class _Line(NamedTuple):
    """One row of a table as it stands: what it says, its text, and how it ends."""

    table: Table
    row: Row

    @property
    def text(self) -> str:
        return self.table.text[self.row.start : self.row.end]

    @property
    def said(self) -> str:
        return ",".join(self.row.values)


class _Way(NamedTuple):
    """What becomes of a row: what it turns into (None: it goes), and the rows that come after it."""

    to: _Line | None
    new: tuple[_Line, ...]


def merge(before: Table, after: Table, now: Table) -> Result | None:
    """The text of ``now`` with the step from ``before`` to ``after`` taken.

    Columns that the step adds at the right end come; columns that it takes away stay, empty where the step
    had filled them: rows that were written since may have cells there.

    Returns:
        None where the columns are not the same from the left, so that no cell can be told from another.
    """
    heads = sorted((each.header.values for each in (before, after, now)), key=len)
    if any(longer[: len(shorter)] != shorter for shorter, longer in pairwise(heads)):
        return None
    return _Merge(before, after, now).done()


class _Merge:
    def __init__(self, before: Table, after: Table, now: Table) -> None:
        self.before, self.after, self.now = _lines(before), _lines(after), _lines(now)
        self.table = now
        self.heads = max(now.header.values, after.header.values, key=len)
        self.spots: list[Spot] = []
        self.left: list[Spot] = []
        self.out: list[str] = []

    def done(self) -> Result:
        ways = _ways(self.before, self.after)
        pairs = ((was, at) for was, at in _partners(self.before, self.now) if was is not None)
        home = {at: was for was, at in pairs if at is not None}
        lost = set(ways) - set(home.values())
        coming = {was: ways[was].new for was in sorted(lost) if ways[was].new}
        done, last = 0, -1
        for at, line in enumerate(self.now):
            self.out.append(self.table.text[done : line.row.start])
            done = line.row.end + len(line.row.newline)
            was = home.get(at)
            if was is None:
                self._keep(line)
                continue
            # rows whose place is gone come where the rows around them are
            for gone in [each for each in coming if last < each < was]:
                self._come(coming.pop(gone), line)
            last = was
            self._go(self.before[was], ways[was], line, header=at == 0)
        for new in coming.values():
            self._come(new, self.now[-1])
        for was in sorted(lost):
            if _differs(self.before[was], ways[was]):
                self._leave(None, self.before[was], ways[was])
        return "".join([*self.out, self.table.text[done:]]), tuple(self.spots), tuple(self.left)

    def _go(self, was: _Line, way: _Way, line: _Line, *, header: bool) -> None:
        if way.to is None:
            if line.said == was.said:
                self.spots.append(Spot(line=line.row.line, field=None, before=line.text, after=None))
            else:
                self._leave(line, was, way)
                self._keep(line)
        elif header:
            self._set_header(way.to, line)
        elif way.to.text == was.text:
            self._keep(line)
        elif line.text == was.text and len(way.to.row.values) >= len(was.row.values):
            self._tell(line, way.to)
            self.out.append(way.to.text + line.row.newline)
        else:
            self._set_cells(was, way.to, line)
        self._come(way.new, line)

    def _set_header(self, to: _Line, line: _Line) -> None:
        if len(to.row.values) > len(line.row.values):
            self._tell(line, to)
            self.out.append(to.text + line.row.newline)
        else:
            self._keep(line)

    def _set_cells(self, was: _Line, to: _Line, line: _Line) -> None:
        cells: dict[int, str] = {}
        for at in range(max(len(was.row.values), len(to.row.values))):
            old, new, is_ = _cell(was, at), _cell(to, at), _cell(line, at)
            if new in (old, is_):
                continue
            spot = Spot(line=line.row.line, field=self._head(at), before=is_, after=new)
            if is_ == old:
                cells[at] = new
            (self.spots if is_ == old else self.left).append(spot)
        self.out.append(_with_cells(line, cells) + line.row.newline)

    def _tell(self, line: _Line, to: _Line) -> None:
        for at in range(max(len(line.row.values), len(to.row.values))):
            is_, new = _cell(line, at), _cell(to, at)
            if is_ != new:
                self.spots.append(Spot(line=line.row.line, field=self._head(at), before=is_, after=new))

    def _head(self, at: int) -> str:
        return self.heads[at].strip() if at < len(self.heads) else f"column {at + 1}"

    def _come(self, new: tuple[_Line, ...], line: _Line) -> None:
        for each in new:
            last = next((text for text in reversed(self.out) if text), self.table.newline)
            if not last.endswith(("\n", "\r")):
                self.out.append(self.table.newline)
            self.spots.append(Spot(line=line.row.line, field=None, before=None, after=each.text))
            self.out.append(each.text + (each.row.newline or self.table.newline))

    def _keep(self, line: _Line) -> None:
        self.out.append(line.text + line.row.newline)

    def _leave(self, line: _Line | None, was: _Line, way: _Way) -> None:
        at = line.row.line if line else was.row.line
        after = way.to.text if way.to else None
        self.left.append(Spot(line=at, field=None, before=line.text if line else None, after=after))


def _lines(table: Table) -> list[_Line]:
    return [_Line(table, row) for row in (table.header, *table.rows)]


def _differs(was: _Line, way: _Way) -> bool:
    return way.to is None or way.to.said != was.said


def _cell(line: _Line, at: int) -> str:
    return line.row.values[at] if at < len(line.row.values) else ""


def _with_cells(line: _Line, cells: dict[int, str]) -> str:
    places = spans(line.table, line.row)
    parts, done = [], line.row.start
    for at in sorted(cells):
        if at < len(places):
            start, end = places[at]
            quotes = is_quoted(line.table, places[at])
            parts += [line.table.text[done:start], written(cells[at], quotes=quotes)]
            done = end
    text = "".join([*parts, line.table.text[done : line.row.end]])
    more = [at for at in cells if at >= len(places)]
    if more:
        tail = (written(cells.get(at, ""), quotes=False) for at in range(len(places), max(more) + 1))
        text += "".join("," + each for each in tail)
    return text


def _ways(before: list[_Line], after: list[_Line]) -> dict[int, _Way]:
    """What the step makes of each row that it begins with; rows that come follow the row before them."""
    ways: dict[int, _Way] = {}
    last = 0
    for was, to in _partners(before, after):
        if was is not None:
            ways[was] = _Way(None if to is None else after[to], ())
            last = was
        elif to is not None:
            ways[last] = ways[last]._replace(new=(*ways[last].new, after[to]))
    return ways


def _partners(old: list[_Line], new: list[_Line]) -> Iterator[tuple[int | None, int | None]]:
    """Which row of two tables is which, in order; the headers are each other's."""
    a, b = [line.said for line in old], [line.said for line in new]
    a[0] = b[0] = "the header"
    start, ends = _alike(a, b)
    yield from ((at, at) for at in range(start))
    middle = SequenceMatcher(None, a[start : len(a) - ends], b[start : len(b) - ends], autojunk=False)
    for kind, i, i_end, j, j_end in middle.get_opcodes():
        rows, others = range(start + i, start + i_end), range(start + j, start + j_end)
        if kind == "equal":
            yield from zip(rows, others, strict=True)
        else:
            yield from _likest(old, new, rows, others)
    yield from ((len(a) - ends + at, len(b) - ends + at) for at in range(ends))


def _alike(a: list[str], b: list[str]) -> tuple[int, int]:
    """How many rows are the same at the beginning, and how many of the rest at the end."""
    least = min(len(a), len(b))
    start = next((at for at in range(least) if a[at] != b[at]), least)
    ends = next((at for at in range(least - start) if a[-1 - at] != b[-1 - at]), least - start)
    return start, ends


def _likest(
    old: list[_Line], new: list[_Line], rows: range, others: range
) -> Iterator[tuple[int | None, int | None]]:
    """Pair the rows of a stretch so that most cells stay; what is left over goes, or comes."""
    if not rows or not others or max(len(rows), len(others)) > _LARGEST:
        common = min(len(rows), len(others))
        yield from zip(rows[:common], others[:common], strict=True)
        yield from ((at, None) for at in rows[common:])
        yield from ((None, at) for at in others[common:])
        return
    best = [[0] * (len(others) + 1) for _ in range(len(rows) + 1)]
    like = [[_likeness(old[i], new[j]) for j in others] for i in rows]
    for i in reversed(range(len(rows))):
        for j in reversed(range(len(others))):
            best[i][j] = max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + like[i][j])
    i = j = 0
    while i < len(rows) and j < len(others):
        if like[i][j] and best[i][j] == best[i + 1][j + 1] + like[i][j]:
            yield rows[i], others[j]
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            yield rows[i], None
            i += 1
        else:
            yield None, others[j]
            j += 1
    yield from ((at, None) for at in rows[i:])
    yield from ((None, at) for at in others[j:])


def _likeness(one: _Line, other: _Line) -> int:
    """How many cells that say something two rows share; less than a third is none."""
    pairs = zip(one.row.values, other.row.values, strict=False)
    same = sum(a == b != "" for a, b in pairs)
    return same if same * 3 >= min(len(one.row.values), len(other.row.values)) else 0

"""The trade history, known as a whole; its rows are read as far as somebody asks for them.

A history only grows, and nearly always at its end. So what it came to when it was read last is remembered
(``model/past.py``), and of a longer or corrected one the last rows alone are read. Whatever does not fit is
read whole: memory saves time, and decides nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property, partial
from operator import attrgetter

from snapsync.errors import BookError, StoreError
from snapsync.model.canon import ImageId, ObjectId
from snapsync.model.pages import Pages
from snapsync.model.past import Count, Past, Stamp
from snapsync.model.state import ROW, Transaction

from . import costs
from .body import Body
from .columns import separable
from .history import Trades, trades, transaction, transactions
from .remembered import Remembered, terms
from .sheet import LOOK_BACK
from .sheets import added, opened, sheet_of
from .summary import Counts, Summary, summary
from .table import Table, checked, rows_in
from .text import decode
from .untouched import as_written
from .values import BookFiles

SHORT = 256 * 1024
"""Up to so many bytes a history is read whole each time, and nothing of it is remembered."""
_TRIES = 3
"""So often the last rows are taken to begin one chunk earlier, before all are read."""


class Annals:
    """One reading of the history; ``summary`` is what it comes to."""

    def __init__(
        self, files: BookFiles, summary: Summary, body: Callable[[], Body], image: ImageId | None = None
    ) -> None:
        self.summary = summary
        self._files, self._load, self._known = files, body, image

    @property
    def absent(self) -> bool:
        """Whether there is no file."""
        return self._known is None and self._body.rest is None

    @property
    def image(self) -> ImageId:
        """The id of the file's image."""
        return self._known or self._body.image

    def objects(self) -> Iterator[tuple[ObjectId, bytes]]:
        """What a store may lack of the image."""
        return iter(()) if self._known else self._body.objects()

    def data(self) -> bytes | None:
        """The file's very bytes."""
        return self._body.whole()

    @cached_property
    def body(self) -> Body:
        """The file's content, cut where its last rows begin."""
        return self._body.cut_again()

    @cached_property
    def _body(self) -> Body:
        return self._load()

    @cached_property
    def whole(self) -> Trades:
        """All rows; of a long history this takes its time."""
        return trades(opened(self.data(), self._files, "history"))

    @cached_property
    def last(self) -> Trades:
        """The last rows: enough to know how new ones are to look."""
        if not self.body.cut.chunks:
            return self.whole
        found = window(self.body, self._files)
        return found if len(found.file.table.rows) >= LOOK_BACK else self.whole

    def holding(self, keys: Collection[str]) -> Trades:
        """The last rows if all those of these trades are among them, else all rows."""
        return self.last if all(map(self._in_last, keys)) else self.whole

    def _in_last(self, key: str) -> bool:
        """Whether the last rows have all rows of a trade."""
        if not self.last.start:
            return True
        entries = self.last.entries.get(key)
        if not entries:
            return False
        row = transaction(key, entries)
        alike = [each for each in self.summary.pages.rows_of(row.bucket) if _saying(each.key) == _saying(key)]
        return alike == [row]

    def untouched(self, key: str) -> bool:
        """Whether the one imported row of an order is as we would write it, cell by cell."""
        held = self.holding((key,))
        if key not in held.entries:
            return False
        if held.start:
            first = min(entry.row.line for entry in held.entries[key])
            if bisect_left(held.file.table.rows, first, key=attrgetter("line")) < LOOK_BACK:
                held = self.whole
        return as_written(held, key, self._files.env)

    def past(self, stamp: Stamp, *, settled: bool) -> Past | None:
        """What to remember of it; None where it is too short, or its rows could not be found again."""
        body, told = self.body, self.summary
        if not body.cut.chunks or not separable((body.rest or b"").decode()):
            return None
        return Past(
            stamp=stamp,
            settled=settled,
            terms=terms(self._files),
            image=self.image,
            chunks=body.cut.chunks,
            start=body.cut.start,
            line=body.cut.line,
            transactions=told.pages.root,
            actionless=told.actionless,
            contractless=told.contractless,
            costs=told.costs,
        )


def annals(data: bytes | None, files: BookFiles) -> Annals:
    """Read a history whole.

    Raises:
        BookError: it cannot be understood.
    """
    if data is None or len(data) <= SHORT:
        found = trades(opened(data, files, "history"))
        read = Annals(files, summary(found), lambda: Body(data))
        read.whole = found
        return read
    from .one_pass import streamed  # noqa: PLC0415 - most looks do not come here
    from .stream import Stream  # noqa: PLC0415 - the same

    return Annals(files, streamed(Stream(data, files, "history")), lambda: Body(data))


def recalled(memory: Remembered, files: BookFiles) -> Annals | None:
    """The history as it is remembered, for a file that has not changed; None where it cannot be."""
    if memory.past.terms != terms(files):
        return None
    return Annals(files, memory.summary(), memory.body, memory.past.image)


def continued(memory: Remembered, now: Body, files: BookFiles) -> Annals | None:
    """The history as it is now; None where only reading it whole can tell.

    Args:
        memory: what it was.
        now: the file, whose beginning up to the cut is as it was.
        files: how it is understood.
    """
    if memory.past.terms != terms(files):
        return None
    body: Body | None = now
    try:
        for _ in range(_TRIES):
            if body is None or not body.cut.chunks:
                return None
            if sums := _continued(memory, body, files):
                return Annals(files, sums, partial(_itself, body))
            body = body.wider()  # an order may have rows on both sides of the cut
    except (BookError, StoreError):
        pass  # what is wrong is told by reading it whole
    return None


def _itself(body: Body) -> Body:
    return body


def _continued(memory: Remembered, now: Body, files: BookFiles) -> Summary | None:
    """What the history comes to with these last rows; None where those before them have a say in it."""
    old, new = window(memory.body(now.cut), files), window(now, files)
    if not separable(new.file.table.text):
        return None
    told = memory.summary()
    before, after = ({row.key: row for row in transactions(each)} for each in (old, new))
    last = new.in_order()[-LOOK_BACK:]
    counts = _counts(told, old, new)
    if counts is None or len(last) < LOOK_BACK or not _alone(before, told.pages):
        return None
    if any(key not in before and _elsewhere(row, memory, told.pages) for key, row in after.items()):
        return None
    pages = told.pages.merged(
        (row for key, row in after.items() if before.get(key) != row),
        ((row.bucket, key) for key, row in before.items() if after.get(key) != row),
    )
    found = tuple(costs.observations(new.file, last))
    return Summary(pages=pages, actionless=counts[0], contractless=counts[1], costs=found)


def window(body: Body, files: BookFiles) -> Trades:
    """The rows from a cut on.

    Raises:
        BookError: they cannot be understood; its lines may be told wrong.
    """
    name = files.path("history").name
    header = next(rows_in(name, decode(name, body.first())))
    text = decode(name, body.rest or b"")
    rows = tuple(rows_in(name, text, body.cut.line))
    file = sheet_of(Table(name, text, header, rows), files, "history")
    checked(file.table, added(file, "history"))
    return trades(file, body.cut.start)


def _alone(rows: Mapping[str, Transaction], pages: Pages[Transaction]) -> bool:
    """Whether these trades have no rows but those that they were made of."""
    for bucket in {row.bucket for row in rows.values()}:
        known = {row.key: row for row in pages.rows_of(bucket)}
        here = {key: row for key, row in rows.items() if row.bucket == bucket}
        if any(known.get(key) != row for key, row in here.items()):
            return False
        digests = {_saying(key) for key in here if key.startswith(ROW)}
        if any(_saying(key) in digests and key not in here for key in known):
            return False
    return True


def _elsewhere(row: Transaction, memory: Remembered, pages: Pages[Transaction]) -> bool:
    """Whether a trade that is new among the last rows may have others before them."""
    if not row.key.startswith(ROW):
        return memory.find(row.key) is not None
    return any(_saying(each.key) == _saying(row.key) for each in pages.rows_of(row.bucket))


def _saying(key: str) -> str:
    """What rows that say the very same have in common."""
    return key.partition("#")[0]


def _counts(told: Summary, old: Trades, new: Trades) -> tuple[Count, Count] | None:
    """The counts with other last rows; None where the last of them all can no longer be told."""
    before, after = Counts(), Counts()
    for held, counts in ((old, before), (new, after)):
        for key, entries in held.entries.items():
            counts.take(key, entries)
    actionless = told.actionless.with_others(before.actionless, after.actionless)
    contractless = told.contractless.with_others(before.contractless, after.contractless)
    return (actionless, contractless) if actionless and contractless else None

"""What is told otherwise than before: a corrected row takes the old one's place, on whatever day that lay.

Rows lie by the day of their time, and Alpaca may correct even that under the same id. Standing on both
days a row would count twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from snapsync.model.instant import Instant, eastern_stamp
from snapsync.model.ledger import FILL, Activity, Ledger
from snapsync.model.pages import Pages
from snapsync.model.state import ACTIVITY, ORDER, Transaction

from .parse import millisecond

_FEW = 8


def merged_ledger(ledger: Ledger, rows: Collection[Activity], read_until: Instant) -> Ledger:
    """The ledger with these rows in it, each once.

    Args:
        ledger: what was read before.
        rows: what was read now.
        read_until: a fill that was made later was never read before, and needs no search.
    """
    strays = {
        row.key: row.bucket
        for row in rows
        if not _surely_new(row, read_until) and ledger.get(row.bucket, row.key) is None
    }
    return ledger.merged(rows, without=_elsewhere(ledger, strays) if strays else ())


def outdated(
    before: Pages[Transaction],
    found: Iterable[Transaction],
    rows: Iterable[Activity],
    told: Iterable[Activity],
) -> Iterator[tuple[str, str]]:
    """(bucket, key) of the trades that do not stand any more: voided since, or on another day now.

    ``told`` are the activities behind all these, as they were and as they are: a trade lies on the day of one
    of its own, so it need not be looked for anywhere else.
    """
    taken = [row for row in rows if row.void]
    # an order may be left without a fill; one that has some is laid over its old self
    void = {ACTIVITY + row.key for row in taken} | {ORDER + row.order_id for row in taken if row.order_id}
    now = {trade.key: trade.bucket for trade in found}
    for bucket, key in sorted({(row.bucket, key) for row in told for key in _trades(row)}):
        if (key in void or now.get(key, bucket) != bucket) and before.get(bucket, key):
            yield bucket, key


def _trades(row: Activity) -> Iterator[str]:
    """The keys that the trade of an activity may have."""
    yield ACTIVITY + row.key
    if row.order_id:
        yield ORDER + row.order_id


def told_anew(ledger: Ledger, rows: Collection[Activity]) -> set[Activity]:
    """Those of these rows that the ledger lacks, or tells otherwise."""
    return {row for row in rows if ledger.get(row.bucket, row.key) != row}


def _surely_new(row: Activity, read_until: Instant) -> bool:
    """Whether no earlier reading can have had a row, on whatever day: a fill of since then, never re-timed.

    Of no other row it is known: one that is corrected may be told as made anew (``created_at``), under the
    id that it always had. A fill's id holds the time that it had first.
    """
    return row.type == FILL and row.time > read_until and millisecond(row) == eastern_stamp(row.time)


def _elsewhere(ledger: Ledger, strays: dict[str, str]) -> Iterator[tuple[str, str]]:
    # one key is looked for in one page of each day; many are cheaper by going through all rows
    found = ledger if len(strays) > _FEW else map(ledger.search, strays)
    for row in found:
        if row and strays.get(row.key, row.bucket) != row.bucket:
            yield row.bucket, row.key

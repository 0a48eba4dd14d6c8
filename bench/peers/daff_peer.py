"""daff: two tables aligned by the order's id, and what differs highlighted."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import daff


def table(path: str) -> daff.PythonTableView:
    """A CSV file as daff's table."""
    with Path(path).open(newline="", encoding="utf-8") as file:
        return daff.PythonTableView([*csv.reader(file)])


book, broker = table(sys.argv[1]), table(sys.argv[2])
flags = daff.CompareFlags()
flags.addPrimaryKey("alpaca_order_id")
alignment = daff.Coopy.compareTables(book, broker, flags).align()
found: list[list[object]] = []
daff.TableDiff(alignment, flags).hilite(daff.PythonTableView(found))
print(sum(row[0] == "+++" for row in found))

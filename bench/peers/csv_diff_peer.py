"""csv-diff: both files into dictionaries by the order's id, compared row by row."""

from __future__ import annotations

import sys

from csv_diff import compare, load_csv

with open(sys.argv[1], encoding="utf-8") as book, open(sys.argv[2], encoding="utf-8") as broker:  # noqa: PTH123 - as its README has it
    found = compare(load_csv(book, key="alpaca_order_id"), load_csv(broker, key="alpaca_order_id"))
print(len(found["added"]), len(found["removed"]), len(found["changed"]))

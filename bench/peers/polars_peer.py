"""polars: the rows whose order the book lacks, by an anti-join; with ``--read`` both are only read."""

from __future__ import annotations

import sys

import polars as pl

book, broker = (pl.read_csv(path, infer_schema=False) for path in sys.argv[1:3])
if "--read" in sys.argv:
    print(book.height, broker.height)
else:
    print(broker.join(book, on="alpaca_order_id", how="anti").height)

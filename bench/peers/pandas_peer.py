"""The guide's sync of transactions, written down plainly: orders that the history lacks are added to it.

The ids that are known are looked up in a set, which is kinder than asking the column anew for each order.
"""

from __future__ import annotations

import sys

import pandas as pd

book, broker, result = sys.argv[1:4]
history = pd.read_csv(book, dtype={"alpaca_order_id": str})
known = set(history["alpaca_order_id"].dropna())
missing = []
for order in pd.read_csv(broker, dtype={"alpaca_order_id": str}).to_dict("records"):
    if str(order["alpaca_order_id"]) in known:
        continue
    missing.append(order | {"source": "sync", "sync_imported": True})
if missing:
    history = pd.concat([history, pd.DataFrame(missing)], ignore_index=True)
history.to_csv(result, index=False)
print(len(missing))

"""Plain DeepDiff: both files as dictionaries by the order's id."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from deepdiff import DeepDiff


def rows(path: str) -> dict[str, dict[str, str]]:
    """A CSV file as dictionaries."""
    with Path(path).open(newline="", encoding="utf-8") as file:
        return {row["alpaca_order_id"]: row for row in csv.DictReader(file)}


found = DeepDiff(rows(sys.argv[1]), rows(sys.argv[2]))
print(len(found.get("dictionary_item_added", ())))

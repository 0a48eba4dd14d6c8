"""What a command costs beside what it stands on: click and msgspec, or alpaca-py asking the same things."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .measure import Cost, python, run

BARE = "import click, msgspec"
BY_HAND = """
import os
from alpaca.common.enums import Sort
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import QueryOrderStatus
from alpaca.trading.requests import GetOrdersRequest

names = ("ALPACA_PAPER_API_KEY", "ALPACA_PAPER_SECRET_KEY")
client = TradingClient(*map(os.environ.get, names), url_override=os.environ["ALPACA_PAPER_BASE_URL"])
client.get_account()
client.get_all_positions()
client.get("/account/activities", {"direction": "asc", "page_size": "100", "after": "2025-08-21T15:15:03Z"})
client.get_orders(GetOrdersRequest(status=QueryOrderStatus.OPEN, direction=Sort.ASC, nested=False, limit=500))
client.get_account()
"""
"""The requests of a plan in step, as a script would make them."""

LIGHT, PLAN = "import click, msgspec", "alpaca-py, by hand"
"""What the commands below are held against."""
BESIDE = {"--help": LIGHT, "log": LIGHT, "show": LIGHT, "status": LIGHT, "plan": PLAN}


class Startup:
    """One round in a folder whose book is in step."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, number: int) -> Sequence[tuple[str, Cost]]:
        """Each command, and what it is held against."""
        del number
        folder = self.folder
        return [
            (LIGHT, python(folder, "-c", BARE)),
            (PLAN, python(folder, "-c", BY_HAND)),
            *((command, run(folder, command)) for command in BESIDE),
        ]

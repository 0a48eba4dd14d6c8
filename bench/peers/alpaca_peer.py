"""What any program needs that asks the account what a plan asks: alpaca-py, and the same requests."""

from __future__ import annotations

import sys

from alpaca.trading.client import TradingClient
from alpaca.trading.requests import GetOrdersRequest

url, key, secret, since = sys.argv[1:]
client = TradingClient(key, secret, paper=True, url_override=url)
client.get_account()
positions = client.get_all_positions()
orders = client.get_orders(GetOrdersRequest(limit=500, nested=True))
after = {"direction": "asc", "page_size": "100", "after": since}
activities = client.get("/account/activities", after)
client.get_account()
print(len(positions), len(orders), len(activities))

"""An Alpaca-compatible HTTP server with a small world of its own, for demos, tests and bots.

::

    with Sandbox("guide") as sandbox:
        client = TradingClient(sandbox.key, sandbox.secret, url_override=sandbox.url)
        sandbox.do({"do": "deposit", "amount": "250"})

It reads nothing of snapsync but its errors. It does not trade: its world moves by scenarios, by
``Sandbox.do`` and by ``POST /control``. Starlette and uvicorn are imported when a server starts.
"""

from __future__ import annotations

from .faults import Answer, Fault
from .run import Sandbox, greeting, serve_forever
from .scenario import load as load_scenario
from .scenario import names as scenario_names
from .world import World

__all__ = [
    "Answer",
    "Fault",
    "Sandbox",
    "World",
    "greeting",
    "load_scenario",
    "scenario_names",
    "serve_forever",
]

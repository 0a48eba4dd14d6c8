"""What ``plan`` would say now, with nothing kept of it: no store is made and none is written to."""

from __future__ import annotations

import msgspec

from snapsync.ends.alpaca import BrokerReading
from snapsync.ends.book import Reading
from snapsync.model.plan import Plan
from snapsync.store.identity import Identity
from snapsync.store.overlay import OverlayPlace
from snapsync.store.store import Store

from .env import Env
from .look import read_account, store_look
from .plan import keep


def preview(env: Env, reading: Reading) -> tuple[Plan, BrokerReading]:
    """The plan for a reading of the book and one of the account that is made here; and the latter.

    An apply that was interrupted is not finished first, as ``plan`` does: that is the caller's to see.

    Raises:
        BrokerError: no credentials or another account (12), out of reach (13), moving (14).
    """
    broker = read_account(env)
    away = env.over(_imagined(env, broker.account))
    return keep(away, store_look(away, reading, broker)).plan, broker


def _imagined(env: Env, account: str) -> Store:
    store = env.find_store()
    known = store.identity if store else Identity(store="", env=env.name)
    # bound already: binding is the one thing that a store writes beside its place
    identity = msgspec.structs.replace(known, account=known.account or account)
    return Store(env.config.state, OverlayPlace(store.place if store else None), identity)

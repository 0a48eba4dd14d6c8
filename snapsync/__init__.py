"""snapsync keeps a trading bot's book true to its broker account: plan, review, apply, undo.

The data's path, one way::

    Alpaca's JSON ─ ends.alpaca ─→ State + Marks + Ledger ─┐
                                                           ├─→ Snapshots ─→ three-way diff
    the bot's three files ─ ends.book ─→ State + images ───┘        │
                                                                    ▼
    book files ←─ journaled apply ←─ a person ←─ Plan ←─ Findings ←─┘
         └─→ Operation, chained by hash ─→ text, JSON

From a program::

    from snapsync import Env, apply, plan

    env = Env.open("paper")
    made = plan(env)
    if made.plan.drift:
        apply(env)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from .errors import Exit, SnapsyncError
from .version import __version__

if TYPE_CHECKING:
    from .verbs.alpaca_sync import AlpacaSync, sync_before_trade
    from .verbs.apply import Applied, apply
    from .verbs.approve import Said, approve, revoke
    from .verbs.back import plan_restore, plan_undo
    from .verbs.blame import blame
    from .verbs.check import check, check_stored
    from .verbs.choose import Chosen, choose
    from .verbs.diff import diff
    from .verbs.env import Env
    from .verbs.explain import Explained, explain
    from .verbs.gc import gc
    from .verbs.log import log
    from .verbs.performance import performance
    from .verbs.plan import Planned, plan
    from .verbs.pre_trade import pre_trade
    from .verbs.rebind import rebind
    from .verbs.recover import recover
    from .verbs.show import show
    from .verbs.status import status
    from .verbs.sync import sync
    from .verbs.verify import verify

__all__ = [
    "AlpacaSync",
    "Applied",
    "Chosen",
    "Env",
    "Exit",
    "Explained",
    "Planned",
    "Said",
    "SnapsyncError",
    "__version__",
    "apply",
    "approve",
    "blame",
    "check",
    "check_stored",
    "choose",
    "diff",
    "explain",
    "gc",
    "log",
    "performance",
    "plan",
    "plan_restore",
    "plan_undo",
    "pre_trade",
    "rebind",
    "recover",
    "revoke",
    "show",
    "status",
    "sync",
    "sync_before_trade",
    "verify",
]

# Imported when first asked for: `import snapsync` alone has no side effects and costs next to nothing.
_HOMES = {
    "AlpacaSync": "alpaca_sync",
    "Applied": "apply",
    "Chosen": "choose",
    "Env": "env",
    "Explained": "explain",
    "Planned": "plan",
    "Said": "approve",
    "apply": "apply",
    "approve": "approve",
    "blame": "blame",
    "check": "check",
    "check_stored": "check",
    "choose": "choose",
    "diff": "diff",
    "explain": "explain",
    "gc": "gc",
    "log": "log",
    "performance": "performance",
    "plan": "plan",
    "plan_restore": "back",
    "plan_undo": "back",
    "pre_trade": "pre_trade",
    "rebind": "rebind",
    "recover": "recover",
    "revoke": "approve",
    "show": "show",
    "status": "status",
    "sync": "sync",
    "sync_before_trade": "alpaca_sync",
    "verify": "verify",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'snapsync' has no attribute {name!r}")
    return getattr(importlib.import_module(f"snapsync.verbs.{_HOMES[name]}"), name)

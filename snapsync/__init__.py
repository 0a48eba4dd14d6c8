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
    from .verbs.apply import Applied, Chosen, apply, choose
    from .verbs.env import Env
    from .verbs.explain import Explained, explain
    from .verbs.log import log
    from .verbs.performance import performance
    from .verbs.plan import Planned, plan
    from .verbs.rebind import rebind
    from .verbs.recover import recover
    from .verbs.show import show
    from .verbs.status import status

__all__ = [
    "Applied",
    "Chosen",
    "Env",
    "Exit",
    "Explained",
    "Planned",
    "SnapsyncError",
    "__version__",
    "apply",
    "choose",
    "explain",
    "log",
    "performance",
    "plan",
    "rebind",
    "recover",
    "show",
    "status",
]

# Imported when first asked for: `import snapsync` alone has no side effects and costs next to nothing.
_HOMES = {
    "Applied": "apply",
    "Chosen": "apply",
    "Env": "env",
    "Explained": "explain",
    "Planned": "plan",
    "apply": "apply",
    "choose": "apply",
    "explain": "explain",
    "log": "log",
    "performance": "performance",
    "plan": "plan",
    "rebind": "rebind",
    "recover": "recover",
    "show": "show",
    "status": "status",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'snapsync' has no attribute {name!r}")
    return getattr(importlib.import_module(f"snapsync.verbs.{_HOMES[name]}"), name)

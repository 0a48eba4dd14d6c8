"""Make a folder ready: config.yaml where there is none, and a first look at the account, if keys are set."""

from __future__ import annotations

from pathlib import Path

import msgspec

from snapsync.config import template
from snapsync.ends.alpaca import read_account_once
from snapsync.errors import BrokerError
from snapsync.model.money import masked
from snapsync.store import files

from .env import Env
from .session import session


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """What ``init`` found and made.

    ``created`` is false where config.yaml was there already: it is never edited. ``account`` is masked;
    None with ``trouble`` saying why, where the account could not be read. ``classes`` counts the open
    positions by asset class.
    """

    config: Path
    created: bool
    env: str
    host: str
    account: str | None = None
    id: str | None = None
    trouble: BrokerError | None = None
    classes: dict[str, int] = msgspec.field(default_factory=dict)


def write_config(path: Path) -> bool:
    """Write the commented config.yaml, unless there is one; it says whether."""
    if path.exists():
        return False
    files.write(path, template().encode(), mode=0o644)
    return True


def look_around(env: Env, *, created: bool) -> Prepared:
    """See which account the credentials open and what it holds; nothing is stored."""
    prepared = Prepared(config=env.config.path, created=created, env=env.name, host=env.config.base_url)
    try:
        with session(env) as asks:
            account, held = read_account_once(asks)
    except BrokerError as trouble:
        return msgspec.structs.replace(prepared, trouble=trouble)
    counts: dict[str, int] = {}
    for position in held:
        counts[position.asset_class] = counts.get(position.asset_class, 0) + 1
    return msgspec.structs.replace(
        prepared, account=masked(account.number or account.id), id=masked(account.id), classes=counts
    )

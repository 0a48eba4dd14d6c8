"""The check-up's look at the broker: keys, an answer, clocks that agree, the right account."""

from __future__ import annotations

from collections.abc import Iterator

from snapsync.config import Credentials, credentials
from snapsync.ends.alpaca import Account, glance
from snapsync.errors import BrokerError, Exit, StoreError
from snapsync.model.health import Check, fail, ok, warn
from snapsync.model.instant import Instant, seconds_between
from snapsync.model.money import masked
from snapsync.views.times import age

from .env import Env
from .identity import right_account
from .session import session

_SECONDS = 30.0
"""How long the broker may take in all."""
_SKEW_SECONDS = 5.0
"""The broker tells its time in whole seconds, and the answer was some time on its way."""
_KINDS = {"PK": "paper", "AK": "live"}
"""How the keys of Alpaca's own dashboards begin."""
_ACTIVE = "ACTIVE"


def broker(env: Env) -> Iterator[Check]:
    """Keys, host, clock and account."""
    keys = credentials(env.config)
    yield _kind(env, keys)
    before = env.now()
    try:
        with session(env, _SECONDS) as asks:
            account, at = glance(asks)
    except BrokerError as trouble:
        name = "account" if trouble.exit == Exit.CREDENTIALS else "host"
        said = f"{trouble.summary}\n{trouble.detail}"
        yield fail(name, said, remedy=trouble.hint)
        return
    yield ok("host", f"{env.config.base_url} answers")
    yield _clock(at, before, env.now())
    yield _account(env, account)


def _kind(env: Env, keys: Credentials) -> Check:
    kind = _KINDS.get(keys.key[:2])
    if kind in (None, env.name):
        return ok("credentials", keys.source)
    return warn(
        "credentials",
        f"{keys.source} looks like a key of {kind}, and this is {env.name}.",
        remedy=f"Copy the {env.name} account's keys from Alpaca's dashboard.",
    )


def _clock(told: Instant | None, before: Instant, after: Instant) -> Check:
    """This machine's clock beside the broker's: nothing is reckoned by ours, but logs and times are."""
    if told is None:
        return warn("clock", "The broker does not tell its time.")
    off = seconds_between(told, before)
    late = seconds_between(after, told)
    if max(off, late) <= _SKEW_SECONDS:
        return ok("clock", "agrees with the broker's")
    way = f"{age(off)} ahead of" if off > 0 else f"{age(late)} behind"
    return warn(
        "clock",
        f"This machine's clock is {way} the broker's.",
        remedy="Let the system set it: turn on NTP (timedatectl set-ntp true).",
    )


def _account(env: Env, account: Account) -> Check:
    try:
        right_account(env, account)
    except StoreError:  # its own check says why
        return warn("account", f"{masked(account.id)}; which one is bound cannot be read")
    except BrokerError as wrong:
        said = f"{wrong.summary}\n{wrong.detail}"
        return fail("account", said, remedy=wrong.hint)
    store = env.find_store()
    bound = "as bound" if store and store.identity.account else "not bound yet: the first plan does it"
    if account.status != _ACTIVE:
        said = f"{masked(account.id)}, but its status is {account.status}"
        return warn("account", said, remedy="Ask Alpaca what it means.")
    return ok("account", f"{masked(account.id)}, {bound}")

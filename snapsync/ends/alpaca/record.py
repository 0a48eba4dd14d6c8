"""Readings on disk: what the broker answered, scrubbed, to be read again without a network.

A recording is a tuple of Replies. Scrubbed means: no keys (they are never in an answer), the account's id
and number replaced wherever they stand, and, if asked for, every amount of dollars multiplied by one
secret factor, so that all sums still hold.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from snapsync.errors import BrokerError, Exit
from snapsync.model.canon import EXACT, Record, decimal, normal, plain
from snapsync.model.instant import Instant, instant

from .parse import account
from .row import one
from .session import Answer, Asks

FORMAT = 1
_AMOUNTS = frozenset(
    """
    accrued_fees avg_entry_price bod_dtbp buying_power cash cost_basis current_price daytrading_buying_power
    effective_buying_power equity filled_avg_price hwm initial_margin intraday_adjustments last_equity
    last_maintenance_margin lastday_price limit_price long_market_value maintenance_margin market_value
    net_amount non_marginable_buying_power notional options_buying_power pending_reg_taf_fees
    pending_transfer_in pending_transfer_out per_share_amount portfolio_value position_market_value price
    regt_buying_power short_market_value sma stop_price trail_price unrealized_intraday_pl
    unrealized_pl
    """.split()  # noqa: SIM905 - a list of forty names would fill a screen
)
UNREAD = (msgspec.DecodeError, ValueError, ArithmeticError, RecursionError)
"""What is raised for a body that is no JSON, and for an amount that is no number."""
_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


class Reply(Record, frozen=True):
    """One question and its answer; ``body`` is JSON as text, None where there was no such thing (404)."""

    path: str
    params: dict[str, str]
    body: str | None
    at: Instant | None
    format: int = FORMAT


class Recorder:
    """Passes questions on and remembers the answers."""

    def __init__(self, asks: Asks) -> None:
        self._asks = asks
        self.replies: list[Reply] = []

    @property
    def requests(self) -> int:
        return self._asks.requests

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """See ``Asks.get``."""
        return self._kept(path, params, self._asks.get(path, params))

    def find(self, path: str, params: Mapping[str, str] | None = None) -> Answer | None:
        """See ``Asks.find``."""
        answer = self._asks.find(path, params)
        if answer is None:
            self.replies.append(Reply(path=path, params=dict(params or {}), body=None, at=None))
            return None
        return self._kept(path, params, answer)

    def pause(self, seconds: float) -> None:
        """See ``Asks.pause``."""
        self._asks.pause(seconds)

    def stop(self) -> None:
        """See ``Asks.stop``."""
        self._asks.stop()

    def _kept(self, path: str, params: Mapping[str, str] | None, answer: Answer) -> Answer:
        body = answer.body.decode("utf-8", errors="replace")
        self.replies.append(Reply(path=path, params=dict(params or {}), body=body, at=answer.at))
        return answer


class Replay:
    """Answers from a recording; the same question asked again gets the next answer to it, then the last.

    A question that the recording lacks is an error, never a 404: part of a recording is no account.
    """

    def __init__(self, replies: tuple[Reply, ...]) -> None:
        self.requests = 0
        self._replies: dict[str, list[Reply]] = {}
        for reply in replies:
            self._replies.setdefault(_question(reply.path, reply.params), []).append(reply)

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """See ``Asks.get``."""
        answer = self.find(path, params)
        if answer is None:
            raise _lacks(path, params)
        return answer

    def find(self, path: str, params: Mapping[str, str] | None = None) -> Answer | None:
        """See ``Asks.find``."""
        self.requests += 1
        replies = self._replies.get(_question(path, params or {}), [])
        if not replies:
            raise _lacks(path, params)
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if reply.body is None:
            return None
        return Answer(endpoint=f"GET /v2{path}", body=reply.body.encode(), at=reply.at, request_id=None)

    def pause(self, seconds: float) -> None:
        """A recording does not move."""

    def stop(self) -> None:
        """Nothing to stop."""


def since_of(replies: tuple[Reply, ...]) -> Instant | None:
    """From when on a recording's activities were read; a replay must ask for the same.

    Raises:
        ValueError: that is no time.
    """
    for reply in replies:
        if reply.path == "/account/activities" and "page_token" not in reply.params:
            return instant(reply.params.get("after", ""))
    return None


def scrubbed(replies: list[Reply], factor: Decimal | None = None) -> tuple[Reply, ...]:
    """Replies without the account's id and number; amounts multiplied by ``factor``, if there is one.

    None at all where no answer tells the account: nobody could say what is to be hidden.
    """
    names = _names(replies)
    if not names:
        return ()
    return tuple(
        msgspec.structs.replace(reply, body=_scrub(reply.body, names, factor)) if reply.body else reply
        for reply in replies
    )


def _scrub(body: str, names: Mapping[str, str], factor: Decimal | None) -> str:
    if factor is not None:
        try:
            body = _encoder.encode(_scaled(_decoder.decode(body), factor)).decode()
        except UNREAD:
            return ""  # what is not understood might be an amount
    for name, mask in names.items():
        body = re.sub(re.escape(name), mask, body, flags=re.IGNORECASE)
    return body


def _names(replies: list[Reply]) -> dict[str, str]:
    """The account's id and number, as any of the answers tell them, and what stands in their place."""
    found: dict[str, str] = {}
    for reply in replies:
        if reply.path == "/account" and reply.body:
            with contextlib.suppress(BrokerError):
                seen = account(one(Answer(endpoint="", body=reply.body.encode(), at=None, request_id=None)))
                found[seen.id] = "00000000-0000-4000-8000-000000000000"
                if seen.number:
                    found[seen.number] = "PA0000000000" if seen.number.startswith("PA") else "000000000"
    return found


def _scaled(value: Any, factor: Decimal, field: str = "") -> Any:  # noqa: ANN401 - JSON
    match value:
        case dict():
            return {key: _scaled(each, factor, key) for key, each in value.items() if key != "description"}
        case list():
            return [_scaled(each, factor, field) for each in value]
        case str() if field in _AMOUNTS and value:
            return plain(EXACT.multiply(decimal(value), factor))
        case int() | Decimal() if field in _AMOUNTS and not isinstance(value, bool):
            return normal(EXACT.multiply(Decimal(value), factor))
        case _:
            return value


def _lacks(path: str, params: Mapping[str, str] | None) -> BrokerError:
    return BrokerError(
        "The recording has no answer to a question.",
        detail=f"GET /v2{path} {dict(params or {})}",
        hint="Files of it are missing, or it was made by another version of snapsync: record again.",
        exit=Exit.UNREACHABLE,
    )


def _question(path: str, params: Mapping[str, str]) -> str:
    return path + "?" + "&".join(f"{name}={params[name]}" for name in sorted(params))

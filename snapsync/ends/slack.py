"""Slack's end: one message sent within a deadline, or a reason why not. Nothing is read.

slack-sdk sends it, by a webhook or by a bot's token, and its retry handlers wait where Slack says so; none
of them may wait beyond the deadline. slack-sdk is imported with the first message.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from snapsync.model.canon import Record

from .threads import LeftBehindError, within

if TYPE_CHECKING:
    from slack_sdk.http_retry import RetryHandler

_LIMITED = 429
_SILENT = logging.CRITICAL + 1
_WEBHOOK_IS_THERE = frozenset({"no_text", "invalid_payload", "missing_text_or_fallback_or_attachments"})
"""What a webhook answers to a message without text; one that does not exist answers something else."""


class Unsent(Record, frozen=True):
    """Why a message was not sent, and after how many seconds Slack wants to be asked again, if it said so.

    ``perhaps``: it may have arrived all the same.
    """

    why: str
    wait: float | None = None
    perhaps: bool = False


class Line:
    """A way to Slack: the webhook at ``url``; or with a ``token`` a channel, by the API at ``url``."""

    def __init__(self, url: str, token: str | None = None, channel: str = "") -> None:
        self._url, self._token, self._channel = url, token, channel

    def send(self, text: str, seconds: float) -> Unsent | None:
        """Send a message in Slack's markup; None once it has arrived."""
        body = {
            "text": text,
            "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}],
            "unfurl_links": False,
            "unfurl_media": False,
        }
        if self._token is None:
            return _within(seconds, lambda until: self._hook(body, until, good=frozenset({"ok"})))
        said = {**body, "channel": self._channel}
        return _within(seconds, lambda until: self._call("chat.postMessage", said, until))

    def reach(self, seconds: float) -> Unsent | None:
        """Ask Slack whether it would take a message, without sending one; None if it would."""
        if self._token is None:
            return _within(seconds, lambda until: self._hook({}, until, good=_WEBHOOK_IS_THERE))
        return _within(seconds, lambda until: self._call("auth.test", {}, until))

    def _hook(self, body: dict[str, Any], until: float, good: frozenset[str]) -> Unsent | None:
        from slack_sdk.webhook import WebhookClient  # noqa: PLC0415 - only when there is news

        client = WebhookClient(
            self._url, timeout=_left(until), logger=_logger(), retry_handlers=_patience(until)
        )
        answer = client.send_dict(body)
        return (
            None if answer.body.strip() in good else _refused(answer.status_code, answer.body, answer.headers)
        )

    def _call(self, method: str, body: dict[str, Any], until: float) -> Unsent | None:
        from slack_sdk import WebClient  # noqa: PLC0415 - only when there is news
        from slack_sdk.errors import SlackApiError  # noqa: PLC0415 - the same

        client = WebClient(
            self._token,
            base_url=self._url,
            timeout=_left(until),
            logger=_logger(),
            retry_handlers=_patience(until),
        )
        try:
            client.api_call(method, json=body)
        except SlackApiError as error:
            answer = error.response
            return _refused(answer.status_code, str(answer.get("error") or ""), answer.headers)
        return None


def _within(seconds: float, call: Callable[[float], Unsent | None]) -> Unsent | None:
    """Make a call, and leave it behind when its time is up."""
    until = time.monotonic() + seconds
    try:
        return within(until, lambda: call(until))
    except LeftBehindError:
        return Unsent(why=f"no answer within {seconds:.0f} s", perhaps=True)
    except Exception as error:  # noqa: BLE001 - whatever the SDK raises, the message is not sent
        return Unsent(why=_reason(error), perhaps=isinstance(error, TimeoutError))


def _patience(until: float) -> list[RetryHandler]:
    """slack-sdk's own handlers, as long as their wait ends before the deadline."""
    from slack_sdk.http_retry import (  # noqa: PLC0415 - only when there is news
        ConnectionErrorRetryHandler,
        RateLimitErrorRetryHandler,
    )
    from slack_sdk.http_retry.builtin_handlers import ServerErrorRetryHandler  # noqa: PLC0415 - the same

    class Limited(RateLimitErrorRetryHandler):
        """Waits as Slack says, if that is not too long."""

        def _can_retry(self, **asked: Any) -> bool:  # noqa: ANN401 - as the base class
            response = asked.get("response")
            wait = None if response is None else _wait_of(response.headers)
            # the SDK waits up to a second more than Slack wants
            return super()._can_retry(**asked) and wait is not None and wait + 1 < _left(until)

    return [ConnectionErrorRetryHandler(), ServerErrorRetryHandler(), Limited(max_retry_count=2)]


def _left(until: float) -> int:
    """Whole seconds until a time: the SDK knows no others."""
    return max(1, int(until - time.monotonic()))


def _logger() -> logging.Logger:
    """A logger that is heard by nobody: the SDK's own words may hold the webhook's address."""
    return logging.Logger("snapsync.slack", _SILENT)  # noqa: LOG001 - outside of the program's own logging


def _refused(status: int, said: str, headers: Mapping[str, Any]) -> Unsent:
    if status == _LIMITED:
        return Unsent(why="Slack's rate limit is used up (HTTP 429)", wait=_wait_of(headers))
    word = said.strip()
    known = word.isascii() and word.replace("_", "").isalnum()  # a code of Slack's; else a page of somebody's
    if known:
        return Unsent(why=f"Slack refused it: {word[:80]}")
    return Unsent(why=f"the answer is not Slack's (HTTP {status})")


def _wait_of(headers: Mapping[str, str | Sequence[str]]) -> float | None:
    """``Retry-After`` in seconds, where it says a number of them."""
    for name, value in headers.items():
        if name.lower() == "retry-after":
            text = value if isinstance(value, str) else value[0]
            return float(text) if text.isascii() and text.isdigit() and len(text) < 8 else None  # noqa: PLR2004
    return None


def _reason(error: Exception) -> str:
    """What went wrong, in words without an address."""
    cause = getattr(error, "reason", None) or error
    text = str(cause)
    if isinstance(cause, TimeoutError) or "timed out" in text:
        return "no answer in time"
    if "refused" in text:
        return "connection refused"
    if "resolve" in text or "Name or service" in text or "nodename" in text:
        return "the host's name is unknown"
    return type(cause).__name__

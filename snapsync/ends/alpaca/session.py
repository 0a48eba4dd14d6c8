"""Asking one account: retries for what may pass, a clear error for what will not, and exact bytes back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_EXCEPTION, wait
from typing import TYPE_CHECKING, Protocol, TypeVar

from snapsync.ends.threads import LeftBehindError, start
from snapsync.errors import BrokerError, Exit
from snapsync.model.canon import Record
from snapsync.model.instant import Instant

from .http import Client
from .pace import Pace, Say, date_of, unheard

if TYPE_CHECKING:
    from requests import Response

CONNECT_SECONDS = 5.0
READ_SECONDS = 20.0
"""Between two bytes."""
ANSWER_SECONDS = 60.0
"""For a whole answer: one that drips must not use up the time of all of them."""
TOTAL_SECONDS = 900.0
ATTEMPTS = 4
_REDIRECT, _BAD, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _LIMITED, _SERVER = 300, 400, 401, 403, 404, 429, 500
_NO_SUCH_THING = 40410000
"""The code of the 404 that answers the question; any other comes from a wrong address (pitfall 34)."""

T = TypeVar("T")


class Answer(Record, frozen=True):
    """One good answer: its exact bytes, the broker's own time, and the id to quote to their support."""

    endpoint: str
    body: bytes
    at: Instant | None
    request_id: str | None


class Asks(Protocol):
    """Whoever answers for the broker: the network, or a recording."""

    @property
    def requests(self) -> int:
        """How many requests were made so far."""
        ...

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """The answer to ``GET /v2`` + path.

        Raises:
            BrokerError: refused (exit 12), or out of reach or not understood (13).
        """
        ...

    def find(self, path: str, params: Mapping[str, str] | None = None) -> Answer | None:
        """As ``get``, but None where the broker says that there is no such thing (404)."""
        ...

    def pause(self, seconds: float) -> None:
        """Give the account time to come to rest.

        Raises:
            BrokerError: there is none left (exit 13).
        """
        ...

    def stop(self) -> None:
        """Let no further request be sent."""
        ...


class Session:
    """Talks to one account over the network; each thread gets a client of its own."""

    def __init__(
        self,
        url: str,
        key: str,
        secret: str,
        *,
        timeout: float = TOTAL_SECONDS,
        say: Say = unheard,
    ) -> None:
        self.url = url
        self.requests = 0
        self._keys = (key, secret)
        self._local = threading.local()
        self._clients: list[Client] = []
        self._pace = Pace(timeout, say)
        self._counting = threading.Lock()
        self._client()  # the SDK is slow to import: that is not the time of the first request

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """See ``Asks.get``."""
        answer = self.find(path, params)
        if answer is None:
            raise self._refused(self._named(path), self._client().response)
        return answer

    def find(self, path: str, params: Mapping[str, str] | None = None) -> Answer | None:
        """See ``Asks.find``; connection errors, timeouts, 429 and 5xx are tried again."""
        what = self._named(path)
        for failures in range(ATTEMPTS):
            trouble = self._ask(path, params or {}, what)
            if trouble is None:
                break
            if failures + 1 == ATTEMPTS:
                raise self._failed(what, trouble)
            self._pace.back_off(failures, what, trouble)
        return self._answer(f"GET /v2{path}", what)

    def pause(self, seconds: float) -> None:
        """See ``Asks.pause``."""
        self._pace.pause(seconds, f"the account at {self.url}", "it kept moving while it was read")

    def stop(self) -> None:
        """See ``Asks.stop``."""
        self._pace.stop()

    def close(self) -> None:
        """Give all connections back."""
        for client in self._clients:
            client.close()

    def _client(self) -> Client:
        if not hasattr(self._local, "client"):
            self._local.client = Client(self.url, *self._keys)
            self._clients.append(self._local.client)
        found: Client = self._local.client
        return found

    def _named(self, path: str) -> str:
        return f"GET /v2{path} at {self.url}"

    def _ask(self, path: str, params: Mapping[str, str], what: str) -> str | None:
        """Ask once; what went wrong that may pass, in words, else None."""
        from requests.exceptions import RequestException  # noqa: PLC0415 - heavy

        client = self._client()
        with self._pace.turn(what):
            whole = min(ANSWER_SECONDS, self._pace.left(what))
            with self._counting:
                self.requests += 1
            limits = (min(CONNECT_SECONDS, whole), min(READ_SECONDS, whole))
            try:
                client.get(path, params, limits, time.monotonic() + whole)
            except LeftBehindError:
                del self._local.client  # what still comes of this answer must not be taken for the next one
                return f"no whole answer within {whole:.0f} s"
            except RequestException as error:
                return _reason(error, *limits)
            response = client.response
            if response is None:
                return "no answer"
            limited = response.status_code == _LIMITED
            self._pace.learn(response.headers, limited=limited)
        if limited:
            return "the broker's rate limit is used up (HTTP 429)"
        return f"HTTP {response.status_code}" if response.status_code >= _SERVER else None

    def _answer(self, endpoint: str, what: str) -> Answer | None:
        response = self._client().response
        if response is None:
            raise self._failed(what, "no answer")
        if response.status_code == _NOT_FOUND and _code(response) == _NO_SUCH_THING:
            return None
        if response.status_code >= _BAD:
            raise self._refused(what, response)
        if response.status_code >= _REDIRECT or not response.content:
            raise self._not_understood(what, response, "a redirect or no body")
        if not self._client().readable:
            raise self._not_understood(what, response, "the body is not JSON")
        if response.content.lstrip()[:1] not in (b"{", b"["):
            raise self._not_understood(what, response, "the body is neither an object nor a list")
        return Answer(
            endpoint=endpoint,
            body=response.content,
            at=date_of(response.headers),
            request_id=response.headers.get("X-Request-ID"),
        )

    def _failed(self, what: str, trouble: str) -> BrokerError:
        return BrokerError(
            "The broker cannot be reached.",
            detail=f"{what}: {trouble}; tried {ATTEMPTS} times{_quote(self._client().response)}",
            hint="Check the network and the base URL, and try again.",
        )

    def _refused(self, what: str, response: Response | None) -> BrokerError:
        status = response.status_code if response is not None else "?"
        said = f"{what}: HTTP {status}{_message(response)}{_quote(response)}"
        if status in (_UNAUTHORIZED, _FORBIDDEN):
            return BrokerError(
                "The broker refused the credentials.",
                detail=said,
                hint="Check that key and secret belong to this env: paper and live have separate keys,\n"
                "and a paper account that was reset gets new ones.",
                exit=Exit.CREDENTIALS,
            )
        return BrokerError(
            "The broker answered with an error.",
            detail=said,
            hint="Check the base URL. If it is right, report this: the request was wrong.",
        )

    def _not_understood(self, what: str, response: Response, why: str) -> BrokerError:
        return BrokerError(
            "The broker's answer is not understood.",
            detail=f"{what}: HTTP {response.status_code}, {why}{_quote(response)}",
            hint="Check the base URL; a proxy may have answered in the broker's place.",
        )


def concurrently(asks: Asks, *calls: Callable[[], T]) -> list[T]:
    """Make independent calls at once, each in a thread of its own; the first error stops them all.

    The threads are daemons: Ctrl-C need not wait for a server that is silent.
    """
    running = [start(call) for call in calls]
    try:
        done, _ = wait(running, return_when=FIRST_EXCEPTION)
    except KeyboardInterrupt:
        asks.stop()
        raise
    if any(each.exception() for each in done):
        asks.stop()
    return [each.result() for each in running if each in done]


def _message(response: Response | None) -> str:
    if response is None:
        return ""
    text = response.text.strip()
    return f", {text[:200]}" if text.startswith("{") else ""


def _code(response: Response) -> object:
    """Alpaca's own code in an error's body, where there is one."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return None
    return body.get("code") if isinstance(body, dict) else None


def _quote(response: Response | None) -> str:
    id = response.headers.get("X-Request-ID") if response is not None else None
    return f" (request {id})" if id else ""


def _reason(error: Exception, connecting: float, silence: float) -> str:
    name = type(error).__name__
    if name == "ConnectTimeout":
        return f"no connection within {connecting:.0f} s"
    if "Timeout" in name:
        return f"nothing came within {silence:.0f} s"
    cause = str(error)
    if "refused" in cause:
        return "connection refused"
    if "resolve" in cause or "Name or service" in cause:
        return "the host's name is unknown"
    return f"{name}: {cause[:160]}"

"""A read-only HTTP session: alpaca-py's own client, on a session that refuses anything but GET.

Facts about the client are from alpaca-api.md section 10, measured with alpaca-py 0.44.0: it has no
timeout, follows no redirects (a 3xx or an empty body gives None), retries 429 and 504 silently for nine
seconds, and parses numbers into floats. So: our timeout, its retry off, and the raw bytes kept.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from snapsync.errors import BrokerError, Exit
from snapsync.model.canon import Record
from snapsync.model.instant import Instant, from_datetime

if TYPE_CHECKING:
    from requests import Response

CONNECT_SECONDS = 5.0
READ_SECONDS = 20.0
_LOOPBACK = ("127.", "localhost", "[::1]")
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _REDIRECT = 401, 403, 404, 300


class Answer(Record, frozen=True):
    """One good answer: its exact bytes, the broker's own time, and the id to quote to their support."""

    endpoint: str
    body: bytes
    at: Instant | None
    request_id: str | None


class Session:
    """Talks to one account. Not for sharing between threads: each thread opens its own."""

    def __init__(self, url: str, key: str, secret: str) -> None:
        self.url = url
        self.requests = 0
        self._client = _client(url, key, secret, self._keep)
        self._last: Response | None = None

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """Ask for ``/v2`` + path.

        Raises:
            BrokerError: refused (exit 12), or out of reach or not understood (13).
        """
        answer = self.find(path, params)
        if answer is None:
            raise self._refused(f"GET /v2{path}", _NOT_FOUND)
        return answer

    def find(self, path: str, params: Mapping[str, str] | None = None) -> Answer | None:
        """As ``get``, but None where the broker says that there is no such thing (404)."""
        from alpaca.common.exceptions import APIError  # noqa: PLC0415 - heavy, see the package's docstring
        from requests.exceptions import JSONDecodeError, RequestException  # noqa: PLC0415 - the same

        endpoint = f"GET /v2{path}"
        self._forget()
        try:
            self._client.get(path, dict(params or {}))
        except APIError as error:
            if error.status_code == _NOT_FOUND and self._is_json():
                return None
            raise self._refused(endpoint, error.status_code) from error
        except JSONDecodeError as error:
            raise self._not_understood(endpoint, "its body is not JSON") from error
        except RequestException as error:
            raise BrokerError(
                "The broker cannot be reached.",
                detail=f"{endpoint} at {self.url}: {_reason(error)}",
                hint="Check the network and the base URL, and try again.",
            ) from error
        response = self._last
        if response is None or response.status_code >= _REDIRECT or not response.content:
            raise self._not_understood(endpoint, "it is a redirect or has no body")
        return Answer(
            endpoint=endpoint,
            body=response.content,
            at=_date(response),
            request_id=response.headers.get("X-Request-ID"),
        )

    def close(self) -> None:
        """Give the connections back."""
        self._client._session.close()  # noqa: SLF001 - the SDK has no public way

    def _forget(self) -> None:
        self._last, self.requests = None, self.requests + 1

    def _keep(self, response: Response) -> None:
        self._last = response

    def _is_json(self) -> bool:
        return self._last is not None and self._last.content[:1] == b"{"

    def _refused(self, endpoint: str, status: int | None) -> BrokerError:
        said = f"{endpoint} at {self.url}: HTTP {status}{_message(self._last)}{_quote(self._last)}"
        if status in (_UNAUTHORIZED, _FORBIDDEN):
            return BrokerError(
                "The broker refused the credentials.",
                detail=said,
                hint="Check that key and secret belong to this env: paper and live have separate keys,"
                " and a reset paper account gets new ones.",
                exit=Exit.CREDENTIALS,
            )
        return BrokerError("The broker answered with an error.", detail=said, hint="Try again later.")

    def _not_understood(self, endpoint: str, why: str) -> BrokerError:
        status = self._last.status_code if self._last is not None else "?"
        return BrokerError(
            "The broker's answer is not understood.",
            detail=f"{endpoint} at {self.url}: HTTP {status}, {why}{_quote(self._last)}",
            hint="Check the base URL; a proxy may have answered in the broker's place.",
        )


def _client(url: str, key: str, secret: str, keep: Any) -> Any:  # noqa: ANN401 - the SDK is untyped here
    with warnings.catch_warnings():
        # alpaca-py 0.44 imports websockets.legacy, whose warning no user of ours can act on
        warnings.simplefilter("ignore", DeprecationWarning)
        from alpaca.trading.client import TradingClient  # noqa: PLC0415 - heavy
    from requests import Session as HttpSession  # noqa: PLC0415 - heavy

    class ReadOnly(HttpSession):
        """The last door before the network: GET only, never without a timeout."""

        def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the base class
            _only_get(method)
            kwargs["timeout"] = (CONNECT_SECONDS, READ_SECONDS)
            response = super().request(method, url, *args, **kwargs)
            keep(response)
            return response

        def send(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the base class
            _only_get(request.method)
            return super().send(request, **kwargs)

    client = TradingClient(key, secret, raw_data=True, url_override=url)
    client._session.close()  # noqa: SLF001 - the SDK takes no session of ours
    client._session = ReadOnly()  # noqa: SLF001 - the same
    client._retry = 0  # noqa: SLF001 - its retry is silent and deaf to rate limits
    host = url.partition("://")[2]
    client._session.trust_env = not host.startswith(_LOOPBACK)  # noqa: SLF001 - no proxy before loopback
    return client


def _only_get(method: str | bytes | None) -> None:
    if method != "GET":
        raise RuntimeError(f"snapsync only reads: {method!r} must never leave this process")


def _date(response: Response) -> Instant | None:
    header = response.headers.get("Date")
    try:
        return from_datetime(parsedate_to_datetime(header)) if header else None
    except ValueError:
        return None


def _message(response: Response | None) -> str:
    if response is None:
        return ""
    text = response.text.strip()
    return f", {text[:200]}" if text.startswith("{") else ""


def _quote(response: Response | None) -> str:
    id = response.headers.get("X-Request-ID") if response is not None else None
    return f" (request {id})" if id else ""


def _reason(error: Exception) -> str:
    name = type(error).__name__
    if "Timeout" in name:
        return f"no answer within {READ_SECONDS:.0f} s"
    cause = str(error)
    return "connection refused" if "refused" in cause else f"{name}: {cause[:160]}"

"""alpaca-py's own client on a session of ours: GET only, a timeout on every request, no hidden retries.

It is the client beneath the SDK's TradingClient: that one adds how to send orders, which we never do, and
brings pandas and websockets along, which trebles what the import costs.

Facts about the client are from alpaca-api.md section 10, measured with alpaca-py 0.44.0: it has no
timeout, follows no redirects (a 3xx or an empty body gives None), retries 429 and 504 silently for nine
seconds, and parses numbers into floats. So: our timeout, its retry off, and the raw response kept.
A timeout holds between two bytes of a body only, so the whole answer has a deadline of its own.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from snapsync.ends.threads import LeftBehindError, within

if TYPE_CHECKING:
    from requests import Response

_LOOPBACK = ("127.", "localhost", "[::1]")
_CHUNK = 1 << 16
_MOST_BYTES = 1 << 26
"""No answer comes near; a body without an end must not fill the memory."""


class Client:
    """One alpaca-py client with its own connections; for one thread."""

    def __init__(self, url: str, key: str, secret: str) -> None:
        self.response: Response | None = None
        self.readable = False
        """Whether the response's body is JSON."""
        self.timeout = (1.0, 1.0)
        self.until = 0.0
        self._client = _client(url, key, secret, self)

    def get(self, path: str, params: Mapping[str, str], timeout: tuple[float, float], until: float) -> None:
        """Ask once for ``/v2`` + path; ``response`` holds the answer, whatever its status and body.

        Args:
            path: below ``/v2``.
            params: the query.
            timeout: seconds to connect, and between two bytes of the answer.
            until: when the whole answer must be here, on the monotonic clock.

        Raises:
            RequestException: no whole answer came.
            LeftBehindError: none came in time; this client may still be busy with it, take another one.
        """
        from alpaca.common.exceptions import APIError  # noqa: PLC0415 - heavy

        self.response, self.readable = None, False
        self.timeout, self.until = timeout, until
        try:
            within(until, lambda: self._client.get(path, dict(params)))
            self.readable = True
        except APIError:
            pass  # the status says why
        except (ValueError, RecursionError):
            # not JSON, or such as Python's parser refuses; before an answer it is an error of requests
            if self.response is None:
                raise

    def close(self) -> None:
        """Give the connections back."""
        self._client._session.close()  # noqa: SLF001 - the SDK has no public way


def _client(url: str, key: str, secret: str, owner: Client) -> Any:  # noqa: ANN401 - the SDK is untyped here
    from alpaca.common.rest import RESTClient  # noqa: PLC0415 - heavy
    from requests import Session as HttpSession  # noqa: PLC0415 - heavy

    class ReadOnly(HttpSession):
        """The last door before the network."""

        def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the base class
            _only_get(method)
            kwargs.update(timeout=owner.timeout, allow_redirects=False, stream=True)
            response = super().request(method, url, *args, **kwargs)
            _read_body(response, owner.until)
            owner.response = response
            return response

        def send(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the base class
            _only_get(request.method)
            return super().send(request, **kwargs)

    client = RESTClient(url, key, secret, raw_data=True)
    client._session.close()  # noqa: SLF001 - the SDK takes no session of ours
    client._session = ReadOnly()  # noqa: SLF001 - the same
    client._retry = 0  # noqa: SLF001 - its retry is silent and deaf to rate limits
    host = url.partition("://")[2]
    client._session.trust_env = not host.startswith(_LOOPBACK)  # noqa: SLF001 - no proxy before loopback
    return client


def _read_body(response: Response, until: float) -> None:
    """Read all bytes of the body, as requests would, but not beyond the deadline."""
    from requests.exceptions import ConnectionError, ReadTimeout  # noqa: PLC0415, A004 - heavy; its own name
    from urllib3.exceptions import HTTPError, ReadTimeoutError  # noqa: PLC0415 - heavy

    body = bytearray()
    try:
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            body += chunk
            if time.monotonic() > until:
                raise LeftBehindError
            if len(body) > _MOST_BYTES:
                raise ConnectionError("the answer does not end")
    except ReadTimeoutError as error:
        raise ReadTimeout(error) from error
    except HTTPError as error:
        raise ConnectionError(error) from error
    finally:
        response.close()  # a connection whose body was read to its end has gone back already
    response._content = bytes(body)  # noqa: SLF001 - what its ``content`` gives
    response._content_consumed = True  # type: ignore[attr-defined]  # noqa: SLF001 - the same


def _only_get(method: str | bytes | None) -> None:
    if method != "GET":
        raise RuntimeError(f"snapsync only reads: {method!r} must never leave this process")

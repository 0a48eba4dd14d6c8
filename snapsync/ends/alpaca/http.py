"""alpaca-py's own client on a session of ours: GET only, a timeout on every request, no hidden retries.

Facts about the client are from alpaca-api.md section 10, measured with alpaca-py 0.44.0: it has no
timeout, follows no redirects (a 3xx or an empty body gives None), retries 429 and 504 silently for nine
seconds, and parses numbers into floats. So: our timeout, its retry off, and the raw response kept.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from requests import Response

_LOOPBACK = ("127.", "localhost", "[::1]")


class Client:
    """One alpaca-py client with its own connections; for one thread."""

    def __init__(self, url: str, key: str, secret: str) -> None:
        self.response: Response | None = None
        self._timeout = (1.0, 1.0)
        self._client = _client(url, key, secret, self)

    def get(self, path: str, params: Mapping[str, str], timeout: tuple[float, float]) -> None:
        """Ask once for ``/v2`` + path; ``response`` holds what came, even where this raises.

        Args:
            path: below ``/v2``.
            params: the query.
            timeout: seconds to connect, and between two bytes of the answer.

        Raises:
            APIError: the status was 400 or above.
            RequestException: no whole answer came, or its body is not JSON.
        """
        self.response, self._timeout = None, timeout
        self._client.get(path, dict(params))

    def request_options(self) -> dict[str, Any]:
        """What every request of this client is sent with."""
        return {"timeout": self._timeout}

    def close(self) -> None:
        """Give the connections back."""
        self._client._session.close()  # noqa: SLF001 - the SDK has no public way


def _client(url: str, key: str, secret: str, owner: Client) -> Any:  # noqa: ANN401 - the SDK is untyped here
    with warnings.catch_warnings():
        # alpaca-py 0.44 imports websockets.legacy, whose warning no user of ours can act on
        warnings.simplefilter("ignore", DeprecationWarning)
        from alpaca.trading.client import TradingClient  # noqa: PLC0415 - heavy
    from requests import Session as HttpSession  # noqa: PLC0415 - heavy

    class ReadOnly(HttpSession):
        """The last door before the network."""

        def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the base class
            _only_get(method)
            kwargs.update(owner.request_options(), allow_redirects=False)
            owner.response = super().request(method, url, *args, **kwargs)
            return owner.response

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

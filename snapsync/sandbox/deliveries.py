"""How an answer goes wrong on its way: cut, dripping, silent, reset; whatever it would have said."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

_TRANSPORT = "snapsync.transport"
_DRIP_SECONDS = 0.05
_RESET = struct.pack("ii", 1, 0)
"""Closing with this as SO_LINGER resets the connection."""


def with_transport(app: ASGIApp) -> ASGIApp:
    """The same application; its answers can reach the connection beneath them."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        # uvicorn's ``send`` is a method of the cycle that holds the connection
        scope[_TRANSPORT] = getattr(getattr(send, "__self__", None), "transport", None)
        await app(scope, receive, send)

    return wrapped


class Cut(Response):
    """Promises twice as many bytes as it sends; the server then hangs up."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 (ASGI's signature)
        self.headers["content-length"] = str(2 * len(self.body))
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})


class Drip(Response):
    """Sends a byte now and then, until the client gives up."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 (ASGI's signature)
        self.headers["content-length"] = str(10**9)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        gone = asyncio.ensure_future(_gone(receive))
        while not gone.done():
            await send({"type": "http.response.body", "body": b" ", "more_body": True})
            await asyncio.wait([gone], timeout=_DRIP_SECONDS)


class Silent(Response):
    """Says nothing until the client gives up."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 (ASGI's signature)
        await _gone(receive)


class Reset(Response):
    """Resets the connection before the first byte."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 (ASGI's signature)
        transport = scope[_TRANSPORT]
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        transport.abort()
        await _gone(receive)


def fatal(die: Callable[[], None]) -> type[Response]:
    """A reset that ends the server too."""

    class Die(Reset):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            die()
            await super().__call__(scope, receive, send)

    return Die


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

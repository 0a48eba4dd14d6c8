"""The trade stream at /stream: handshake, ``trade_updates`` as binary frames, and its known oddities.

Facts from alpaca-api.md section 10: the client authenticates, then listens; messages of a gap are never
sent again; frames hold JSON; ``data`` may be null; a second connection is refused.
"""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any, Literal, get_args
from uuid import NAMESPACE_URL, uuid5

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from snapsync.errors import UsageError

from . import clock
from .forms import plain, quotient
from .order_forms import order as order_form
from .orders import Order
from .world import World

Oddity = Literal["duplicate", "lose", "null", "close"]
"""What may happen to the next message: sent twice, not at all, without data, or the line goes dead."""

_ENDS = {"canceled": "canceled", "expired": "expired", "replaced": "replaced", "rejected": "rejected"}
_TOO_MANY = 4406


class Stream:
    """The one stream of an account: world moves in any thread become messages of the server's loop."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._loop: asyncio.AbstractEventLoop | None = None
        self._messages: asyncio.Queue[bytes | None] | None = None
        self._oddities: list[Oddity] = []
        world.listeners.append(self._heard)

    def odd(self, oddity: str) -> None:
        """Let something happen to the next message.

        Raises:
            UsageError: nobody knows this oddity.
        """
        if oddity not in get_args(Oddity):
            known = ", ".join(get_args(Oddity))
            raise UsageError("The stream knows no such oddity.", detail=f"{oddity!r}; it knows {known}")
        self._oddities.append(next(each for each in get_args(Oddity) if each == oddity))

    async def serve(self, socket: WebSocket) -> None:
        """Talk to one client until either side ends it."""
        await socket.accept()
        if self._messages is not None:
            await socket.close(_TOO_MANY, "connection limit exceeded")
            return
        self._loop, self._messages = asyncio.get_running_loop(), asyncio.Queue()
        try:
            if await self._welcome(socket):
                await self._talk(socket, self._messages)
        except WebSocketDisconnect:
            pass  # the client has gone, as clients do
        finally:
            self._messages = None

    async def _welcome(self, socket: WebSocket) -> bool:
        """Authenticate, then wait for the wish to listen; whether to go on."""
        asked = await _received(socket)
        data = asked.get("data") or {}
        account = self._world.account
        known = (data.get("key_id"), data.get("secret_key")) == (account.key, account.secret)
        right = known and asked.get("action") == "authenticate"
        status = "authorized" if right else "unauthorized"
        answer = {"status": status, "action": "authenticate"}
        await _send(socket, {"stream": "authorization", "data": answer})
        if not right:
            await socket.close()
            return False
        streams = ((await _received(socket)).get("data") or {}).get("streams") or []
        await _send(socket, {"stream": "listening", "data": {"streams": streams}})
        return "trade_updates" in streams

    async def _talk(self, socket: WebSocket, messages: asyncio.Queue[bytes | None]) -> None:
        """Send what comes, while listening for the client's end."""
        gone = asyncio.ensure_future(_until_gone(socket))
        try:
            while True:
                coming = asyncio.ensure_future(messages.get())
                await asyncio.wait({coming, gone}, return_when=asyncio.FIRST_COMPLETED)
                if not coming.done():
                    coming.cancel()
                    return
                message = coming.result()
                if message is None:
                    await socket.close(1001)
                    return
                await socket.send_bytes(message)
        finally:
            gone.cancel()

    def _heard(self, before: Order | None, after: Order) -> None:
        """An order was made or changed; called with the world held."""
        loop, messages = self._loop, self._messages
        data = None if messages is None else _update(self._world, before, after)
        if loop is None or messages is None or data is None:
            return
        oddity = self._oddities.pop(0) if self._oddities else None
        message = _json({"stream": "trade_updates", "data": None if oddity == "null" else data})
        sent: dict[str | None, list[bytes | None]] = {
            "duplicate": [message, message],
            "lose": [],
            "close": [None],
        }
        for each in sent.get(oddity, [message]):
            loop.call_soon_threadsafe(messages.put_nowait, each)


def _update(world: World, before: Order | None, after: Order) -> dict[str, Any] | None:
    """What the stream tells of a change; None of one that it does not tell."""
    common = {"timestamp": clock.utc_text(after.updated), "order": order_form(world, after)}
    filled = after.filled_qty - (before.filled_qty if before else Decimal(0))
    if filled:
        value = after.value - (before.value if before else Decimal(0))
        held = world.positions.get(world.instrument(after.ticket.symbol).key)
        execution = uuid5(NAMESPACE_URL, f"{after.id}/{plain(after.filled_qty)}")
        return {
            "event": "fill" if after.status == "filled" else "partial_fill",
            "execution_id": str(execution),
            "price": quotient(value / filled),
            "qty": plain(filled),
            "position_qty": plain(held.qty if held else Decimal(0)),
            **common,
        }
    if before is None:
        return {"event": "new", **common}
    if before.status != after.status and after.status in _ENDS:
        return {"event": _ENDS[after.status], **common}
    return None


async def _received(socket: WebSocket) -> dict[str, Any]:
    """One message of the client's, in a text or a binary frame; an empty one for what is no object."""
    frame = await socket.receive()
    if frame["type"] == "websocket.disconnect":
        raise WebSocketDisconnect
    text = frame.get("text") or frame.get("bytes") or b""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return value if isinstance(value, dict) else {}


async def _until_gone(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


async def _send(socket: WebSocket, message: dict[str, Any]) -> None:
    await socket.send_bytes(_json(message))


def _json(message: dict[str, Any]) -> bytes:
    return msgspec.json.encode(message)

"""The control side of the server: move the world, look at it, set faults.

``POST /control`` takes one step or a list, ``POST /control/stages/{name}`` plays the scenario's
next stage, ``GET /control/world`` tells how things stand, ``POST /control/faults`` sets one fault
or a list and ``DELETE /control/faults`` clears them; ``POST /control/stream`` names what shall happen to
the next messages of the trade stream. The keys are the same as for the API.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sized
from decimal import Decimal

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from snapsync.errors import UsageError

from . import clock, faults, forms
from .params import ApiError, authorize
from .scenario import Player
from .stream import Stream

# JSON numbers become decimals without a detour through floats
_DECODER = msgspec.json.Decoder(float_hook=Decimal)

_Act = Callable[[Request, object], object]


def control_routes(player: Player, box: faults.Faults, stream: Stream, asked: Sized) -> list[Route]:
    """The routes under /control; ``asked`` are the API requests so far."""

    def move(_request: Request, body: object) -> object:
        player.do_all(body if isinstance(body, list) else [body])
        return summary(player)

    def stage(request: Request, _body: object) -> object:
        player.stage(request.path_params["name"])
        return summary(player)

    def look(_request: Request, _body: object) -> object:
        return summary(player) | {"requests": len(asked)}

    def spoil(_request: Request, body: object) -> object:
        rows = body if isinstance(body, list) else [body]
        for fault in [faults.parse(row, player.world.now()) for row in rows]:
            box.add(fault)
        return {"set": len(rows)}

    def mend(_request: Request, _body: object) -> object:
        box.clear()
        return {"set": 0}

    def disturb(_request: Request, body: object) -> object:
        rows = body if isinstance(body, list) else [body]
        for row in rows:
            stream.odd(str(row))
        return {"set": len(rows)}

    return [
        Route("/control", _guarded(player, move), methods=["POST"]),
        Route("/control/stages/{name}", _guarded(player, stage), methods=["POST"]),
        Route("/control/world", _guarded(player, look), methods=["GET"]),
        Route("/control/faults", _guarded(player, spoil), methods=["POST"]),
        Route("/control/faults", _guarded(player, mend), methods=["DELETE"]),
        Route("/control/stream", _guarded(player, disturb), methods=["POST"]),
    ]


def summary(player: Player) -> dict[str, object]:
    """How the world stands, for people and scripts."""
    world = player.world
    return {
        "scenario": player.scenario.name,
        "stages_to_come": list(player.waiting),
        "env": world.env,
        "account_id": world.account.id,
        "account_number": world.account.number,
        "clock": clock.eastern_text(world.now()),
        "cash": forms.plain(world.cash),
        "equity": forms.plain(world.equity),
        "positions": {
            key: {
                "qty": forms.plain(row.qty),
                "avg_entry_price": forms.plain(row.avg_entry_price),
                "price": forms.plain(world.mark(row.instrument.symbol)),
            }
            for key, row in sorted(world.positions.items())
        },
        "open_orders": [row.client_order_id for row in world.working],
        "orders": len(world.orders),
        "activities": len(world.activities),
    }


def _guarded(player: Player, act: _Act) -> Callable[[Request], Awaitable[Response]]:
    """Check the keys, read the body, and answer errors in full sentences."""

    async def endpoint(request: Request) -> Response:
        raw = await request.body()
        with player.world.held():
            try:
                authorize(request.headers, player.world.account)
                return _json(200, act(request, _DECODER.decode(raw) if raw else None))
            except ApiError as error:
                return _json(error.status, error.body)
            except msgspec.DecodeError as error:
                return _json(400, {"code": 40010000, "message": f"the body is not JSON: {error}"})
            except UsageError as error:
                body = {"message": error.summary, "detail": error.detail, "hint": error.hint}
                return _json(422, {"code": 42210000, **body})

    return endpoint


def _json(status: int, body: object) -> Response:
    encoded = msgspec.json.encode(body)
    return Response(encoded, status_code=status, media_type="application/json")

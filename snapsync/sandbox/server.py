"""The HTTP face of a world: key check, routing, headers, faults and the log of requests."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus
from uuid import uuid4

import msgspec
from msgspec import Struct
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp

from . import clock, deliveries, endpoints, steps
from .control import control_routes
from .faults import Answer, Faults
from .params import ApiError, authorize
from .scenario import Player
from .stream import Stream

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_TRADING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Seen(Struct, frozen=True, kw_only=True):
    """One request that was answered; ``time`` is the world's."""

    method: str
    path: str
    query: str
    endpoint: str
    status: int
    time: int


class Allowance:
    """So many requests per minute of real time, as the three X-RateLimit headers tell it.

    Args:
        limit: how many.
        seconds: how long the minute is; a test need not wait for a whole one.
    """

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit, self._seconds = limit, seconds
        self._began, self._used = time.monotonic(), 0

    def use(self) -> bool:
        """Count a request; false if it is one too many."""
        if time.monotonic() - self._began >= self._seconds:
            self._began, self._used = time.monotonic(), 0
        self._used += 1
        return self._used <= self.limit

    def headers(self, now: int) -> dict[str, str]:
        """The state of the allowance; Reset is a time of the world, as Date is."""
        left = self._seconds - (time.monotonic() - self._began)
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(self.limit - self._used, 0)),
            "X-RateLimit-Reset": str(now // clock.SECOND + max(int(left) + 1, 1)),
        }


class Server:
    """Answers requests about a player's world.

    Args:
        player: the world and its scenario.
        rate_limit: requests per minute before 429 is answered.
        minute: how many seconds of real time that minute has.
    """

    def __init__(self, player: Player, rate_limit: int, minute: float) -> None:
        self.player = player
        self.die: Callable[[], None] = _live_on
        """Ends the server; set by whoever runs it."""
        self.faults = Faults()
        self.stream = Stream(player.world)
        self.requests: list[Seen] = []
        self._allowance = Allowance(rate_limit, minute)

    def app(self) -> ASGIApp:
        """The ASGI application."""
        api = Route("/{path:path}", self._api, methods=_METHODS)
        stream = WebSocketRoute("/stream", self.stream.serve)
        control = control_routes(self.player, self.faults, self.stream, self.requests)
        routes = [*control, stream, api]
        return deliveries.with_transport(Starlette(routes=routes))

    async def _api(self, request: Request) -> Response:
        world, path = self.player.world, request.url.path
        with world.held():
            endpoint, _ = endpoints.find(path)
            name = endpoint.name if endpoint else "other"
            allowed = self._allowance.use()
            answer, lag, then = self.faults.take(name)
            if answer is None:
                with world.lagging(lag):
                    answer = self._truth(request, allowed=allowed)
            response = self._response(answer)
            self.requests.append(
                Seen(
                    method=request.method,
                    path=path,
                    query=request.url.query,
                    endpoint=name,
                    status=answer.status,
                    time=world.now(),
                )
            )
            for step in then:
                steps.play(world, step, f"the fault at {name}")
        return response

    def _truth(self, request: Request, *, allowed: bool) -> Answer:
        try:
            authorize(request.headers, self.player.world.account)
            body = self._body(request, allowed=allowed)
        except ApiError as error:
            return Answer(status=error.status, body=_json(error.body))
        return Answer(status=HTTPStatus.OK, body=_json(body))

    def _body(self, request: Request, *, allowed: bool) -> object:
        if not allowed:
            raise ApiError(429, 42910000, "rate limit exceeded.")
        endpoint, names = endpoints.find(request.url.path)
        if request.method in _TRADING:
            raise ApiError(403, 40310000, "the sandbox does not trade: move its world with POST /control")
        if request.method != "GET":
            raise ApiError(405, 40510000, "method not allowed.")
        if endpoint is None:
            raise ApiError(404, 40410000, "endpoint not found.")
        return endpoint.handler(self.player.world, request.query_params, names)

    def _response(self, answer: Answer) -> Response:
        now = self.player.world.now()
        headers = {
            "Date": formatdate(now / clock.SECOND, usegmt=True),
            "X-Request-ID": uuid4().hex,
            **self._allowance.headers(now),
        }
        if answer.reset_in is not None:
            headers["X-RateLimit-Remaining"] = "0"
            headers["X-RateLimit-Reset"] = str(now // clock.SECOND + answer.reset_in)
        kinds: dict[str, type[Response]] = {
            "whole": Response,
            "cut": deliveries.Cut,
            "drip": deliveries.Drip,
            "never": deliveries.Silent,
            "reset": deliveries.Reset,
            "die": deliveries.fatal(self.die),
        }
        return kinds[answer.delivery](
            answer.body,
            status_code=answer.status,
            media_type=answer.content_type,
            headers=headers | answer.headers,
        )


def _live_on() -> None:
    """Nobody runs the server in a way that could end."""


def _json(body: object) -> str:
    return msgspec.json.encode(body).decode()

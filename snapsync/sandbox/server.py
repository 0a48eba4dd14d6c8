"""The HTTP face of a world: key check, routing, headers, faults and the log of requests."""

from __future__ import annotations

import time
from email.utils import formatdate
from http import HTTPStatus
from uuid import uuid4

import msgspec
from msgspec import Struct
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from . import clock, endpoints, steps
from .control import control_routes
from .faults import Answer, Faults
from .params import ApiError, authorize
from .scenario import Player

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_TRADING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_MINUTE = 60.0


class Seen(Struct, frozen=True, kw_only=True):
    """One request that was answered; ``time`` is the world's."""

    method: str
    path: str
    query: str
    endpoint: str
    status: int
    time: int


class Allowance:
    """So many requests per minute of real time, as the three X-RateLimit headers tell it."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._began, self._used = time.monotonic(), 0

    def use(self) -> bool:
        """Count a request; false if it is one too many."""
        if time.monotonic() - self._began >= _MINUTE:
            self._began, self._used = time.monotonic(), 0
        self._used += 1
        return self._used <= self.limit

    def headers(self, now: int) -> dict[str, str]:
        """The state of the allowance; Reset is a time of the world, as Date is."""
        left = _MINUTE - (time.monotonic() - self._began)
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
    """

    def __init__(self, player: Player, rate_limit: int) -> None:
        self.player = player
        self.faults = Faults()
        self.requests: list[Seen] = []
        self._allowance = Allowance(rate_limit)

    def app(self) -> Starlette:
        """The ASGI application."""
        api = Route("/{path:path}", self._api, methods=_METHODS)
        return Starlette(routes=[*control_routes(self.player, self.faults), api])

    async def _api(self, request: Request) -> Response:
        world, path = self.player.world, request.url.path
        with world.held():
            endpoint, _ = endpoints.find(path)
            name = endpoint.name if endpoint else "other"
            allowed = self._allowance.use()
            answer, then = self.faults.take(name)
            if answer is None:
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
        kind = {"whole": Response, "cut": _Cut, "never": _Silent}[answer.delivery]
        return kind(
            answer.body,
            status_code=answer.status,
            media_type=answer.content_type,
            headers=headers | answer.headers,
        )


class _Cut(Response):
    """Promises twice as many bytes as it sends; the server then hangs up."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 (ASGI's signature)
        self.headers["content-length"] = str(2 * len(self.body))
        start = {"type": "http.response.start", "status": self.status_code}
        await send({**start, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})


class _Silent(Response):
    """Says nothing until the client gives up."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 (ASGI's signature)
        while (await receive())["type"] != "http.disconnect":
            pass


def _json(body: object) -> str:
    return msgspec.json.encode(body).decode()

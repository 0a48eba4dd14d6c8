"""Faults on demand: the one seam through which a test makes the server misbehave.

Before a request is answered, ``Faults.take`` is asked. A fault that is due gives another answer, or a
list that lags, or steps by which the world moves right after this answer was made, or all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import msgspec
from msgspec import Struct

from snapsync.errors import UsageError

from . import steps
from .endpoints import NAMES
from .step import Step

ANY = "any"
_JSON, _HTML = "application/json", "text/html"
_GATEWAY = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>"


class Answer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is sent instead of the truth.

    ``delivery``: whole; ``cut`` declares more bytes than it sends and hangs up; ``drip`` sends a byte
    now and then for ever; ``never`` keeps the connection open in silence; ``reset`` resets it; ``die``
    resets it and ends the server. ``reset_in`` is what X-RateLimit-Reset promises, in seconds, with
    nothing remaining.
    """

    status: int
    body: str = ""
    content_type: str = _JSON
    headers: dict[str, str] = {}
    delivery: Literal["whole", "cut", "drip", "never", "reset", "die"] = "whole"
    reset_in: int | None = None


ANSWERS: dict[str, Answer] = {
    "301": Answer(status=301, headers={"Location": "https://elsewhere.invalid/"}),
    "400": Answer(status=400, body='{"code":40010000,"message":"failed to decode request body"}'),
    "401": Answer(status=401, body='{"code":40110000,"message":"request is not authorized."}'),
    "403": Answer(status=403, body='{"message":"forbidden."}'),
    "404": Answer(status=404, body=_GATEWAY.format("404 Not Found"), content_type=_HTML),
    "422": Answer(status=422, body='{"code":40010001,"message":"invalid page_token: x"}'),
    "429": Answer(status=429, body='{"code":42910000,"message":"rate limit exceeded."}', reset_in=1),
    "500": Answer(status=500, body='{"code":50010000,"message":"internal server error occurred"}'),
    "502": Answer(status=502, body=_GATEWAY.format("502 Bad Gateway"), content_type=_HTML),
    "503": Answer(status=503),
    "504": Answer(status=504, body=_GATEWAY.format("504 Gateway Time-out"), content_type=_HTML),
    "broken": Answer(status=200, body='{"id":"1d9eed04-be39-4e01-9b84'),
    "cut": Answer(status=200, body='{"id":"1d9eed04-be39-4e01-9b84', delivery="cut"),
    "empty": Answer(status=200),
    "die": Answer(status=200, delivery="die"),
    "drip": Answer(status=200, body='[{"id":"1d9eed04-be39-4e01-9b84', delivery="drip"),
    "html": Answer(status=200, body=_GATEWAY.format("Maintenance"), content_type=_HTML),
    "reset": Answer(status=200, delivery="reset"),
    "silent": Answer(status=200, delivery="never"),
}


class Fault(Struct, frozen=True, kw_only=True):
    """What happens to which requests.

    ``request`` counts the requests of that endpoint from the moment the fault was set: 1 is the
    next one. The fault holds for ``times`` requests. ``lag`` leaves the newest rows out of a list of
    orders or activities, so many of them.
    """

    endpoint: str = ANY
    request: int = 1
    times: int = 1
    lag: int = 0
    answer: Answer | None = None
    then: tuple[Step, ...] = ()


class Due(NamedTuple):
    """What is due at one request: the answer instead, rows that a list lacks, steps to play after it."""

    answer: Answer | None
    lag: int
    then: tuple[Step, ...]


class Faults:
    """The faults that are set, and how many requests each of them has seen."""

    def __init__(self) -> None:
        self._set: list[tuple[Fault, list[int]]] = []

    def add(self, fault: Fault) -> None:
        """Set a fault."""
        self._set.append((fault, [0]))

    def clear(self) -> None:
        """Behave from now on."""
        self._set.clear()

    def take(self, endpoint: str) -> Due:
        """Count a request and tell what is due at it."""
        answer: Answer | None = None
        lag = 0
        then: tuple[Step, ...] = ()
        for fault, seen in self._set:
            if fault.endpoint not in {ANY, endpoint}:
                continue
            seen[0] += 1
            if fault.request <= seen[0] < fault.request + fault.times:
                answer = answer or fault.answer
                lag, then = max(lag, fault.lag), (*then, *fault.then)
        return Due(answer, lag, then)


def parse(raw: object, now: int) -> Fault:
    """Read a fault: endpoint, request, times, lag, answer (a name or its parts), then (steps).

    Raises:
        UsageError: an unknown endpoint, answer or field.
    """
    if not isinstance(raw, Mapping):
        raise _wrong(f"found {raw!r}", "write {endpoint: orders, request: 2, answer: '502'}")
    fields = dict(raw)
    answer, then = fields.pop("answer", None), fields.pop("then", [])
    if unknown := set(fields) - {"endpoint", "request", "times", "lag"}:
        raise _wrong(
            f"field {min(unknown)}: there is no such field",
            "allowed: endpoint, request, times, lag, answer, then",
        )
    rows = then if isinstance(then, list) else [then]
    played = tuple(steps.parse(row, f"then, step {n}", now) for n, row in enumerate(rows, 1))
    try:
        shape = {**fields, "answer": _answer(answer)}
        fault = msgspec.convert(shape, Fault, strict=False, from_attributes=True)
    except msgspec.ValidationError as error:
        raise _wrong(str(error), f"answers: {', '.join(ANSWERS)}") from None
    if fault.endpoint not in {ANY, *NAMES}:
        allowed = f"allowed: {', '.join((ANY, *NAMES))}"
        raise _wrong(f"field endpoint: found {fault.endpoint!r}", allowed)
    if min(fault.request, fault.times) < 1 or fault.lag < 0:
        raise _wrong("request and times count from 1, lag from 0", "")
    return msgspec.structs.replace(fault, then=played)


def _answer(raw: object) -> object:
    if raw is None or isinstance(raw, (Mapping, Answer)):
        return raw
    found = ANSWERS.get(str(raw))
    if found is None:
        raise _wrong(f"field answer: found {raw!r}", f"answers: {', '.join(ANSWERS)}")
    return found


def _wrong(detail: str, hint: str) -> UsageError:
    return UsageError("A fault cannot be understood.", detail=detail, hint=hint)

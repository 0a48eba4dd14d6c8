"""Keys and query parameters, and the errors that Alpaca answers when one of them is wrong."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping
from uuid import UUID
from zoneinfo import ZoneInfo

from . import clock
from .world import Account

Query = Mapping[str, str]

_UTC = ZoneInfo("UTC")
_TRUE = frozenset({"true", "1", "t"})
_FALSE = frozenset({"false", "0", "f", ""})


class ApiError(Exception):
    """An error answer.

    Args:
        status: the HTTP status.
        code: Alpaca's eight-digit code; None for the body without one.
        message: the text.
    """

    def __init__(self, status: int, code: int | None, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, object] = {"message": message}
        if code is not None:
            self.body = {"code": code, "message": message}


def unprocessable(message: str) -> ApiError:
    """422; the code's first digits are not the status, as on the real API [API#135]."""
    return ApiError(422, 40010001, message)


def not_found(message: str) -> ApiError:
    """404 with the code that tells "there is none" from "wrong address"."""
    return ApiError(404, 40410000, message)


def authorize(headers: Mapping[str, str], account: Account) -> None:
    """Refuse a request whose two keys are not the account's."""
    key = headers.get("APCA-API-KEY-ID", "").encode()
    secret = headers.get("APCA-API-SECRET-KEY", "").encode()
    right = hmac.compare_digest(key, account.key.encode())
    if not (hmac.compare_digest(secret, account.secret.encode()) and right):
        raise ApiError(401, 40110000, "request is not authorized.")


def whole(query: Query, name: str, default: int) -> int:
    """A whole number of at least 1."""
    text = query.get(name, "")
    if not text:
        return default
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise unprocessable(f"invalid {name}: {text}")
    return value


def flag(query: Query, name: str) -> bool:
    """A truth value; Python's ``True`` counts, because the SDK sends it."""
    text = query.get(name, "").lower()
    if text not in _TRUE | _FALSE:
        raise unprocessable(f"invalid {name}: {text}")
    return text in _TRUE


def word(query: Query, name: str, allowed: Collection[str], default: str) -> str:
    """One word of a few."""
    text = query.get(name) or default
    if text not in allowed:
        raise unprocessable(f"invalid {name}: {text}")
    return text


def several(query: Query, name: str) -> frozenset[str]:
    """A comma list; empty if it is absent."""
    return frozenset(part.strip() for part in query.get(name, "").split(",") if part.strip())


def time(query: Query, name: str) -> int | None:
    """A date or a time; one without a zone is in UTC."""
    text = query.get(name)
    if not text:
        return None
    found = clock.parse_instant(text, _UTC)
    if found is None:
        raise unprocessable(f"invalid format for {name}; format: '2006-01-02T15:04:05Z'")
    return found


def uuid(text: str, name: str) -> str:
    """An id in its usual form."""
    try:
        return str(UUID(text))
    except ValueError:
        raise unprocessable(f"invalid {name}: {text}") from None


def exclusive(query: Query, *names: str) -> None:
    """At most one of these may be given."""
    given = [name for name in names if query.get(name)]
    if len(given) > 1:
        raise unprocessable(f"{given[0]} and {given[1]} cannot be used together")

"""What every answer has in common, and the endpoints that show one thing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from uuid import UUID

import pytest
import requests

from snapsync.sandbox import Sandbox

Ask = Callable[..., requests.Response]
NOBODY = "6326bbdf-4f61-4f0f-9871-09a05d2e9c62"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"APCA-API-KEY-ID": "SANDBOXPAPERKEY"},
        {"APCA-API-KEY-ID": "SANDBOXPAPERKEY", "APCA-API-SECRET-KEY": "wrong"},
        {"APCA-API-KEY-ID": "wrong", "APCA-API-SECRET-KEY": "sandbox-paper-secret"},
    ],
)
@pytest.mark.parametrize("path", ["/v2/account", "/v2/nothing", "/control/world"])
def test_without_both_keys_nothing_is_shown(guide: Sandbox, headers: dict[str, str], path: str) -> None:
    """A missing or wrong key is 401 with Alpaca's code, also for addresses that do not exist."""
    response = requests.get(guide.url + path, headers=headers, timeout=5)
    assert response.status_code == 401
    assert response.json() == {"code": 40110000, "message": "request is not authorized."}


@pytest.mark.parametrize(
    "path", ["/v2/account", "/v2/orders", "/v2/clock", "/v2/nothing", "/v2/orders/not-an-id"]
)
def test_every_answer_carries_the_headers_that_clients_read(ask: Ask, guide: Sandbox, path: str) -> None:
    """Request id, allowance, type, and a date that is the world's."""
    response = ask(guide, path)
    assert response.headers["Content-Type"] == "application/json"
    assert re.fullmatch(r"[0-9a-f]{32}", response.headers["X-Request-ID"])
    assert response.headers["X-RateLimit-Limit"] == "10000"
    assert int(response.headers["X-RateLimit-Remaining"]) < 10_000
    date = parsedate_to_datetime(response.headers["Date"])
    assert date >= datetime(2025, 8, 21, 15, 30, tzinfo=UTC)
    assert date.date().isoformat() == "2025-08-21"
    wait = int(response.headers["X-RateLimit-Reset"]) - date.timestamp()
    assert 0 < wait <= 61
    assert response.raw.headers.getlist("date") == [response.headers["Date"]]


def test_request_ids_differ(ask: Ask, guide: Sandbox) -> None:
    """Two requests can be told apart in a log."""
    ids = {ask(guide, "/v2/account").headers["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/v2/orders", "/v2/positions"])
def test_nothing_can_be_traded_through_the_api(ask: Ask, guide: Sandbox, method: str, path: str) -> None:
    """A changing method is refused and recorded."""
    response = ask(guide, path, method=method)
    assert response.status_code == 403
    assert response.json()["code"] == 40310000
    assert (guide.requests[-1].method, guide.requests[-1].status) == (method, 403)


def test_other_methods_are_not_known(ask: Ask, guide: Sandbox) -> None:
    """OPTIONS is neither reading nor trading."""
    assert ask(guide, "/v2/account", method="OPTIONS").status_code == 405


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/v2/positions/SPY", "position does not exist"),
        (f"/v2/orders/{NOBODY}", "order not found"),
        ("/v2/orders:by_client_order_id?client_order_id=x", "order not found for x"),
        ("/v2/assets/NOPE", "asset not found for NOPE"),
        ("/v2/options/contracts/TSLA231110C00021000", "option contract TSLA231110C00021000"),
        ("/v2/nothing", "endpoint not found"),
        ("/", "endpoint not found"),
    ],
)
def test_what_is_not_there_is_404_with_a_code(ask: Ask, guide: Sandbox, path: str, message: str) -> None:
    """The code tells an empty answer from a wrong host."""
    response = ask(guide, path)
    assert response.status_code == 404
    assert response.json()["code"] == 40410000
    assert message in response.json()["message"]


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/v2/orders/bot-iwm-0821", {}),
        ("/v2/orders:by_client_order_id", {}),
        ("/v2/orders", {"status": "everything"}),
        ("/v2/orders", {"limit": "many"}),
        ("/v2/orders", {"limit": "0"}),
        ("/v2/orders", {"direction": "up"}),
        ("/v2/orders", {"nested": "perhaps"}),
        ("/v2/orders", {"side": "both"}),
        ("/v2/orders", {"asset_class": "bonds"}),
        ("/v2/orders", {"until": "yesterday"}),
        ("/v2/orders", {"after": "2025-13-01"}),
        ("/v2/orders", {"after_order_id": "x"}),
        ("/v2/orders", {"after_order_id": NOBODY, "before_order_id": NOBODY}),
        ("/v2/orders", {"after_order_id": NOBODY, "until": "2025-08-21"}),
        ("/v2/account/activities", {"page_size": "101"}),
        ("/v2/account/activities", {"page_size": "0"}),
        ("/v2/account/activities", {"page_token": "not-a-token"}),
        ("/v2/account/activities", {"direction": "up"}),
        ("/v2/account/activities", {"activity_types": "FILL,FOO"}),
        ("/v2/account/activities", {"activity_types": "FILL", "category": "trade_activity"}),
        ("/v2/account/activities", {"category": "all"}),
        ("/v2/account/activities", {"date": "2025-08-21", "until": "2025-08-22"}),
        ("/v2/account/activities", {"date": "2025-08-21", "after": "2025-08-20"}),
        ("/v2/account/activities", {"order_id": "x"}),
        ("/v2/account/activities/FOO", {}),
    ],
)
def test_a_wrong_parameter_is_422(ask: Ask, guide: Sandbox, path: str, params: dict[str, str]) -> None:
    """The code of such an error does not start with its status, as on the real API."""
    response = ask(guide, path, **params)
    assert response.status_code == 422
    assert response.json()["code"] == 40010001


def test_an_error_about_a_time_names_the_format(ask: Ask, guide: Sandbox) -> None:
    """The text is the one that Alpaca sends."""
    response = ask(guide, "/v2/orders", until="yesterday")
    expected = "invalid format for until; format: '2006-01-02T15:04:05Z'"
    assert response.json()["message"] == expected


def test_a_position_is_found_by_symbol_and_by_asset_id(ask: Ask, guide: Sandbox) -> None:
    """Both names lead to the same row."""
    by_symbol = ask(guide, "/v2/positions/SPY250822C00635000").json()
    UUID(by_symbol["asset_id"])
    assert ask(guide, f"/v2/positions/{by_symbol['asset_id']}").json() == by_symbol
    assert by_symbol["exchange"] == ""


def test_an_order_is_found_by_both_of_its_ids(ask: Ask, guide: Sandbox) -> None:
    """The bot's own id and Alpaca's lead to the same order."""
    order = ask(guide, "/v2/orders:by_client_order_id", client_order_id="bot-qqq-0820").json()
    assert ask(guide, f"/v2/orders/{order['id']}").json() == order


def test_a_contract_tells_its_terms(ask: Ask, guide: Sandbox) -> None:
    """Strike, expiry and multiplier are read from the symbol."""
    terms = ask(guide, "/v2/options/contracts/IWM250829C00225000").json()
    assert (terms["strike_price"], terms["multiplier"], terms["type"]) == ("225", "100", "call")
    assert (terms["underlying_symbol"], terms["expiration_date"]) == ("IWM", "2025-08-29")


@pytest.mark.parametrize("name", ["SPY", "BTC%2FUSD", "BTCUSD", "BTC/USD", "SPY250822C00635000"])
def test_assets_are_known_by_each_of_their_names(ask: Ask, guide: Sandbox, name: str) -> None:
    """Coin pairs with and without their slash."""
    asset = ask(guide, f"/v2/assets/{name}").json()
    assert asset["symbol"].replace("/", "") == name.replace("%2F", "").replace("/", "")


def test_the_clock_knows_whether_the_market_is_open(ask: Ask, fresh: Sandbox) -> None:
    """Wednesday 10:00 is open; Friday evening is closed until Monday."""
    clock = ask(fresh, "/v2/clock").json()
    assert clock["is_open"] is True
    assert clock["timestamp"] == "2025-08-20T10:00:00-04:00"
    assert clock["next_close"] == "2025-08-20T16:00:00-04:00"
    fresh.do({"do": "clock", "to": "2025-08-22 18:00"})
    clock = ask(fresh, "/v2/clock").json()
    assert clock["is_open"] is False
    assert clock["next_open"] == "2025-08-25T09:30:00-04:00"


def test_the_calendar_leaves_weekends_out(ask: Ask, guide: Sandbox) -> None:
    """Friday settles on Monday."""
    days = ask(guide, "/v2/calendar", start="2025-08-22", end="2025-08-25").json()
    assert [day["date"] for day in days] == ["2025-08-22", "2025-08-25"]
    assert days[0]["settlement_date"] == "2025-08-25"


def test_requests_are_logged_with_what_a_test_wants_to_know(ask: Ask, fresh: Sandbox) -> None:
    """Method, path, query, endpoint, status and the world's time; control is left out."""
    ask(fresh, "/v2/orders", status="all")
    ask(fresh, "/control/world")
    [seen] = fresh.requests
    assert (seen.method, seen.path, seen.query) == ("GET", "/v2/orders", "status=all")
    assert (seen.endpoint, seen.status, seen.time) == ("orders", 200, fresh.world.now())


def test_beyond_the_allowance_the_answer_is_429(ask: Ask) -> None:
    """The limit is per minute and the headers count down to it."""
    with Sandbox("empty", rate_limit=3) as sandbox:
        left = [ask(sandbox, "/v2/clock").headers["X-RateLimit-Remaining"] for _ in range(3)]
        assert left == ["2", "1", "0"]
        response = ask(sandbox, "/v2/clock")
        assert response.status_code == 429
        assert response.json()["code"] == 42910000


def test_the_account_says_nothing_of_day_trading(ask: Ask, guide: Sandbox) -> None:
    """Those fields were removed from the API in July 2026."""
    account = ask(guide, "/v2/account").json()
    assert not {"pattern_day_trader", "daytrade_count", "daytrading_buying_power"} & set(account)
    assert account["account_number"].startswith("PA")
    UUID(account["id"])

"""Faults on demand, over real connections."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from snapsync.errors import UsageError
from snapsync.sandbox import Sandbox
from snapsync.sandbox.endpoints import NAMES
from snapsync.sandbox.faults import ANSWERS

Ask = Callable[..., requests.Response]


@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [
        ("301", 301, "application/json"),
        ("403", 403, "application/json"),
        ("429", 429, "application/json"),
        ("500", 500, "application/json"),
        ("502", 502, "text/html"),
        ("503", 503, "application/json"),
        ("504", 504, "text/html"),
        ("html", 200, "text/html"),
        ("empty", 200, "application/json"),
        ("broken", 200, "application/json"),
    ],
)
def test_each_named_answer_is_given_once_in_its_turn(
    ask: Ask, fresh: Sandbox, name: str, status: int, kind: str
) -> None:
    """The second request of that endpoint fails; the first, the third and others do not."""
    fresh.fault("account", request=2, answer=name)
    assert ask(fresh, "/v2/account").json()["cash"] == "10000"
    assert ask(fresh, "/v2/positions").json() == []
    response = ask(fresh, "/v2/account")
    assert response.status_code == status
    assert response.headers["Content-Type"].startswith(kind)
    assert response.text == ANSWERS[name].body
    assert response.headers["X-Request-ID"]
    assert ask(fresh, "/v2/account").json()["cash"] == "10000"
    assert [seen.status for seen in fresh.requests] == [200, 200, status, 200]


def test_a_burst_of_429_says_when_to_come_back(ask: Ask, fresh: Sandbox) -> None:
    """Nothing remaining and a reset that is near, for as many requests as were asked for."""
    fresh.fault(times=3, answer="429")
    answers = [ask(fresh, "/v2/clock") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [429, 429, 429, 200]
    assert answers[0].headers["X-RateLimit-Remaining"] == "0"
    now = fresh.world.now() // 10**9
    assert int(answers[0].headers["X-RateLimit-Reset"]) == now + 1


def test_a_cut_body_breaks_the_connection(ask: Ask, fresh: Sandbox) -> None:
    """Fewer bytes come than were declared."""
    fresh.fault("orders", answer="cut")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        ask(fresh, "/v2/orders")
    assert ask(fresh, "/v2/orders").status_code == 200


def test_a_silent_socket_lasts_until_the_client_gives_up(fresh: Sandbox) -> None:
    """No byte comes, and the server goes on serving others."""
    fresh.fault("account", answer="silent")
    keys = {"APCA-API-KEY-ID": fresh.key, "APCA-API-SECRET-KEY": fresh.secret}
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.get(f"{fresh.url}/v2/account", headers=keys, timeout=0.2)
    response = requests.get(f"{fresh.url}/v2/account", headers=keys, timeout=5)
    assert response.status_code == 200


def test_the_world_moves_between_two_requests(ask: Ask, fresh: Sandbox) -> None:
    """The answer is of before, the next one of after."""
    fresh.fault("account", then=[{"do": "deposit", "amount": 5}, {"do": "deposit", "amount": 1}])
    assert ask(fresh, "/v2/account").json()["cash"] == "10000"
    assert ask(fresh, "/v2/account").json()["cash"] == "10006"


def test_any_answer_can_be_spelt_out(ask: Ask, fresh: Sandbox) -> None:
    """Status, body, type and headers."""
    answer = {"status": 418, "body": "<p>", "content_type": "text/html", "headers": {"X-Tea": "1"}}
    fresh.fault("position", answer=answer)
    response = ask(fresh, "/v2/positions/SPY")
    assert (response.status_code, response.text, response.headers["X-Tea"]) == (418, "<p>", "1")


def test_faults_are_set_and_cleared_over_http(ask: Ask, fresh: Sandbox) -> None:
    """The control side takes the same words."""
    keys = {"APCA-API-KEY-ID": fresh.key, "APCA-API-SECRET-KEY": fresh.secret}
    body = [{"endpoint": "clock", "times": 9, "answer": "503"}]
    url = f"{fresh.url}/control/faults"
    assert requests.post(url, json=body, headers=keys, timeout=5).json() == {"set": 1}
    assert ask(fresh, "/v2/clock").status_code == 503
    assert requests.delete(url, headers=keys, timeout=5).status_code == 200
    assert ask(fresh, "/v2/clock").status_code == 200


@pytest.mark.parametrize(
    "raw",
    [
        {"endpoint": "acount", "answer": "500"},
        {"endpoint": "account", "answer": "499"},
        {"endpoint": "account", "anwser": "500"},
        {"endpoint": "account", "request": 0, "answer": "500"},
        {"endpoint": "account", "answer": {"body": "no status"}},
        {"endpoint": "account", "then": {"do": "explode"}},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(fresh: Sandbox, raw: dict[str, Any]) -> None:
    """A typo must not make a test pass."""
    fields = dict(raw)
    with pytest.raises(UsageError):
        fresh.fault(fields.pop("endpoint"), **fields)


@pytest.mark.parametrize("name", NAMES)
def test_every_endpoint_can_fail(ask: Ask, fresh: Sandbox, name: str) -> None:
    """The names of the table are the names of the requests."""
    paths = {
        "account": "/v2/account",
        "positions": "/v2/positions",
        "position": "/v2/positions/SPY",
        "orders": "/v2/orders",
        "order_by_client_id": "/v2/orders:by_client_order_id",
        "order": "/v2/orders/x",
        "activities": "/v2/account/activities",
        "activities_of_type": "/v2/account/activities/FILL",
        "clock": "/v2/clock",
        "calendar": "/v2/calendar",
        "asset": "/v2/assets/SPY",
        "contract": "/v2/options/contracts/X",
    }
    fresh.fault(name, answer="500")
    assert ask(fresh, paths[name]).status_code == 500
    assert fresh.requests[-1].endpoint == name


@pytest.mark.parametrize("name", ["reset", "die"])
def test_a_reset_leaves_no_byte_behind(ask: Ask, name: str) -> None:
    """The client sees its connection reset; after ``die`` nobody listens any more."""
    with Sandbox("empty") as sandbox:
        sandbox.fault("account", request=2, answer=name)
        assert ask(sandbox, "/v2/account").status_code == 200
        with pytest.raises(requests.exceptions.ConnectionError, match=r"reset|aborted"):
            ask(sandbox, "/v2/account")
        if name == "reset":
            assert ask(sandbox, "/v2/account").status_code == 200
        else:
            with pytest.raises(requests.exceptions.ConnectionError):
                ask(sandbox, "/v2/account")


def test_a_drip_outlasts_a_timeout_between_two_bytes(fresh: Sandbox) -> None:
    """Each byte comes in time, and the answer never ends."""
    fresh.fault("positions", answer="drip")
    keys = {"APCA-API-KEY-ID": fresh.key, "APCA-API-SECRET-KEY": fresh.secret}
    with requests.get(f"{fresh.url}/v2/positions", headers=keys, timeout=0.5, stream=True) as response:
        body = response.iter_content(1)
        assert len([next(body) for _ in range(40)]) == 40


def test_a_list_that_lags_lacks_its_newest_rows(fresh: Sandbox, rows: Callable[..., list[Any]]) -> None:
    """For so many requests; the account and the positions know better meanwhile."""
    for symbol in ("SPY", "AAPL"):
        fresh.do({"do": "buy", "symbol": symbol, "qty": 1, "price": 10})
    fresh.fault("activities", lag=1, times=2)
    fresh.fault("orders", lag=1)
    assert len(rows(fresh, "/v2/positions")) == 2
    assert [len(rows(fresh, "/v2/account/activities")) for _ in range(3)] == [1, 1, 2]
    listed = [rows(fresh, "/v2/orders", status="all") for _ in range(2)]
    assert [[row["symbol"] for row in page] for page in listed] == [["SPY"], ["AAPL", "SPY"]]


def test_the_allowance_of_a_short_minute_comes_back(ask: Ask) -> None:
    """Remaining counts down, 429 follows, and after the reset all begins anew."""
    with Sandbox("empty", rate_limit=2, minute=0.3) as sandbox:
        answers = [ask(sandbox, "/v2/clock") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
        time.sleep(0.31)
        assert ask(sandbox, "/v2/clock").headers["X-RateLimit-Remaining"] == "1"

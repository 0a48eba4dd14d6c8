"""Every kind of fault at every request of a reading: a true State, or one clear error and nothing changed.

The requests are: account, positions, open orders, activities, the list of orders, one order by its id, one
contract, and the account again. All goes through the command's own verb and the real client over HTTP.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import pytest

from snapsync import plan
from snapsync.ends.alpaca import BrokerReading, MarketClock, pace, read_clock, session
from snapsync.errors import BrokerError, Exit
from snapsync.model.canon import StateId
from snapsync.sandbox import Sandbox, World
from snapsync.verbs.look import recall

from .conftest import EARLIER, LATER, Account
from .truth import assert_true, read

PLACES = {
    "account-first": ("account", 1),
    "positions": ("positions", 1),
    "orders-open": ("orders", 1),
    "activities": ("activities", 1),
    "orders-all": ("orders", 2),
    "order-by-id": ("order", 1),
    "contract": ("contract", 1),
    "account-last": ("account", 2),
}
PATHS = {
    "account": "GET /v2/account",
    "positions": "GET /v2/positions",
    "orders": "GET /v2/orders",
    "order": "GET /v2/orders/",
    "activities": "GET /v2/account/activities",
    "contract": "GET /v2/options/contracts/",
}
HTML = "<html><body>500</body></html>"
PASSING: dict[str, object] = {
    "429-with-a-reset-now": {"status": 429, "reset_in": 0},
    "429-without-headers": {"status": 429, "headers": {"X-RateLimit-Reset": "", "X-RateLimit-Remaining": ""}},
    "500": "500",
    "500-html": {"status": 500, "body": HTML, "content_type": "text/html"},
    "502": "502",
    "503": "503",
    "504": "504",
    "silent": "silent",
    "cut": "cut",
    "reset": "reset",
}
FINAL: dict[str, object] = {
    "301": "301",
    "200-html": "html",
    "200-broken": "broken",
    "200-empty": "empty",
    "200-null": {"status": 200, "body": "null"},
    "200-other-json": {"status": 200, "body": '"ok"'},
    "400": "400",
    "401": "401",
    "403": "403",
    "404-html": "404",
    "404-without-code": {"status": 404, "body": '{"message":"not found"}'},
    "422": "422",
}
REFUSED = {"401", "403"}
RESET_AHEAD = {"status": 429, "reset_in": 1}


def reading_of(account: Account) -> BrokerReading:
    """The reading that the newest operation stands on."""
    env = account.env
    latest = env.store.latest()
    assert latest is not None
    assert latest[1].broker is not None
    return recall(env, latest[1].broker)


@pytest.fixture(scope="module")
def clean_ids() -> list[StateId]:
    """The ids of the States that the readings of one test file gave: all of them are to be one."""
    return []


def assert_read_wholly(account: Account, clean: list[StateId]) -> None:
    """What was stored is the world, and the very State that other readings of it gave."""
    reading = reading_of(account)
    assert_true(reading, account.sandbox)
    assert not reading.doubts
    clean.append(reading.state.id)
    assert len(set(clean)) == 1


def requests_since(sandbox: Sandbox, before: int) -> Counter[tuple[str, int]]:
    """How many requests were answered how, by endpoint and status."""
    return Counter((each.endpoint, each.status) for each in sandbox.requests[before:])


def test_a_reading_without_faults_uses_every_endpoint(account: Account, clean_ids: list[StateId]) -> None:
    """The matrix below would prove nothing at requests that are never made."""
    before = len(account.sandbox.requests)
    plan(account.env)
    assert_read_wholly(account, clean_ids)
    made = requests_since(account.sandbox, before)
    for endpoint, number in PLACES.values():
        assert made[endpoint, 200] >= number
    assert {each.method for each in account.sandbox.requests} == {"GET"}


@pytest.mark.parametrize("times", [1, pytest.param(2, marks=pytest.mark.exhaustive)])
@pytest.mark.parametrize("kind", PASSING)
@pytest.mark.parametrize("place", PLACES)
def test_a_fault_that_passes_leaves_no_trace(
    account: Account, clean_ids: list[StateId], place: str, kind: str, times: int
) -> None:
    """One or two requests fail in a way that may pass, and the State is the very one without the fault."""
    endpoint, request = PLACES[place]
    account.sandbox.fault(endpoint, request=request, times=times, answer=PASSING[kind])
    plan(account.env)
    assert_read_wholly(account, clean_ids)


@pytest.mark.parametrize("place", PLACES)
def test_a_limit_that_ends_soon_leaves_no_trace(
    account: Account, clean_ids: list[StateId], place: str
) -> None:
    """A 429 whose X-RateLimit-Reset lies ahead, at any request: waited for, and the State is the very one."""
    endpoint, request = PLACES[place]
    account.sandbox.fault(endpoint, request=request, answer=RESET_AHEAD)
    began = time.monotonic()
    plan(account.env)
    assert time.monotonic() - began >= 1
    assert_read_wholly(account, clean_ids)


@pytest.mark.parametrize("kind", [*PASSING, *FINAL])
@pytest.mark.parametrize("place", PLACES)
def test_a_fault_that_lasts_is_one_clear_error_and_changes_nothing(
    account: Account, clean_ids: list[StateId], place: str, kind: str
) -> None:
    """The error names the endpoint, no byte of the folder changes, and the next reading is whole."""
    endpoint, request = PLACES[place]
    answer = PASSING.get(kind) or FINAL[kind]
    account.sandbox.fault(endpoint, request=request, times=10**6, answer=answer)
    files, before = account.files, len(account.sandbox.requests)
    with pytest.raises(BrokerError) as caught:
        plan(account.env)
    assert caught.value.exit == (Exit.CREDENTIALS if kind in REFUSED else Exit.UNREACHABLE)
    assert PATHS[endpoint] in caught.value.detail
    assert account.sandbox.url in caught.value.detail
    assert caught.value.hint
    assert account.files == files
    made = sum(each.endpoint == endpoint for each in account.sandbox.requests[before:]) - (request - 1)
    assert made == (1 if kind in FINAL else session.ATTEMPTS)
    account.sandbox.clear_faults()
    plan(account.env)
    assert_read_wholly(account, clean_ids)


# The market's clock is no part of a reading: watch asks for it.


def clock_of(sandbox: Sandbox) -> MarketClock:
    """The market's hours, asked for over HTTP."""
    asks = session.Session(sandbox.url, sandbox.key, sandbox.secret)
    try:
        return read_clock(asks)
    finally:
        asks.close()


@pytest.mark.parametrize("kind", [*PASSING, "429-with-a-reset-ahead"])
def test_a_fault_that_passes_does_not_touch_the_markets_hours(account: Account, kind: str) -> None:
    """The answer is the very one without the fault."""
    clean = clock_of(account.sandbox)
    account.sandbox.fault("clock", answer=PASSING.get(kind, RESET_AHEAD))
    assert clock_of(account.sandbox) == clean


@pytest.mark.parametrize("kind", [*PASSING, *FINAL])
def test_a_fault_that_lasts_is_no_market_hours(account: Account, kind: str) -> None:
    """One clear error that names the endpoint, after as many requests as the fault is worth."""
    account.sandbox.fault("clock", times=10**6, answer=PASSING.get(kind) or FINAL[kind])
    before = len(account.sandbox.requests)
    with pytest.raises(BrokerError) as caught:
        clock_of(account.sandbox)
    assert caught.value.exit == (Exit.CREDENTIALS if kind in REFUSED else Exit.UNREACHABLE)
    assert "GET /v2/clock" in caught.value.detail
    made = len(account.sandbox.requests) - before
    assert made == (1 if kind in FINAL else session.ATTEMPTS)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("timestamp", None),
        ("is_open", "true"),
        ("is_open", None),
        ("next_open", "2025-08-21"),
        ("next_close", "soon"),
    ],
)
def test_market_hours_that_are_none_are_refused(account: Account, field: str, value: object) -> None:
    """Whether the market is open is never guessed."""
    told = {
        "timestamp": "2025-08-20T10:00:00.1-04:00", "is_open": True,
        "next_open": "2025-08-21T09:30:00-04:00", "next_close": "2025-08-20T16:00:00-04:00",
    }  # fmt: skip
    body = json.dumps({**told, field: value})
    account.sandbox.fault("clock", answer={"status": 200, "body": body})
    with pytest.raises(BrokerError, match=f"GET /v2/clock, field {field}: "):
        clock_of(account.sandbox)


def test_a_refusal_may_be_a_reset_and_says_so(account: Account) -> None:
    """A paper account that was reset has new keys: the hint names that cause, and no key is shown."""
    account.sandbox.fault(answer="401", times=100)
    with pytest.raises(BrokerError, match="reset") as caught:
        plan(account.env)
    assert account.sandbox.key not in str(caught.value)
    assert account.sandbox.secret not in str(caught.value)


def test_an_error_quotes_the_request_for_the_brokers_support(account: Account) -> None:
    """X-Request-ID cannot be looked up later (alpaca-api.md, section 9)."""
    answer = {"status": 422, "body": "{}", "headers": {"X-Request-ID": "the-id"}}
    account.sandbox.fault("positions", answer=answer)
    with pytest.raises(BrokerError, match="request the-id"):
        plan(account.env)


def test_an_order_that_the_broker_does_not_know_is_no_fault(
    world: World, sandbox_of: Callable[..., Sandbox]
) -> None:
    """404 with its own code says that there is no such order: its fills stand for themselves."""
    buy = {"do": "buy", "symbol": "SPY", "qty": 1, "price": 600}
    sandbox = sandbox_of(world, buy, {"do": "clock", "by": "1m"})
    gone = {"status": 404, "body": '{"code":40410000,"message":"order not found"}'}
    sandbox.fault("order", times=100, answer=gone)
    (trade,) = read(sandbox).state.transactions
    assert (trade.symbol, trade.client_order_id) == ("SPY", None)


# --- when to ask again -----------------------------------------------------------------------------


def waits(sandbox: Sandbox) -> list[float]:
    """Seconds between the requests that a reading makes of a broker that is down."""
    sandbox.fault("account", times=session.ATTEMPTS, answer="503")
    before = len(sandbox.requests)
    with pytest.raises(BrokerError, match="HTTP 503; tried 4 times"):
        read(sandbox)
    times = [each.time / 10**9 for each in sandbox.requests[before:]]
    return [later - earlier for earlier, later in pairwise(times)]


def test_waits_between_attempts_grow_and_never_march_in_step(
    world: World, sandbox_of: Callable[..., Sandbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each wait is longer than the one before at least on average, and no two runs wait alike."""
    monkeypatch.setattr(pace, "FIRST_BACKOFF", 0.06)
    world.clock.start()
    sandbox = sandbox_of(world)
    runs = [waits(sandbox) for _ in range(4)]
    for first, second, third in runs:
        assert first >= 0.03
        assert second >= 0.06
        assert 1 > third >= 0.12
    assert len({round(first, 4) for first, *_ in runs}) > 1
    monkeypatch.setattr(pace, "LONGEST_BACKOFF", 0.01)
    assert max(waits(sandbox)) < 0.03 + 0.2


@pytest.mark.parametrize("reset_in", [1, 2])
def test_a_429_is_waited_for_until_its_reset(
    world: World, sandbox_of: Callable[..., Sandbox], reset_in: int
) -> None:
    """Nothing is sent from when it is known until the time that X-RateLimit-Reset names."""
    world.clock.start()
    sandbox = sandbox_of(world, *EARLIER)
    answer = {"status": 429, "body": "{}", "reset_in": reset_in}
    sandbox.fault("positions", answer=answer)
    said: list[str] = []
    assert_true(read(sandbox, say=said.append), sandbox)
    limited = next(n for n, each in enumerate(sandbox.requests) if each.status == 429)
    at = sandbox.requests[limited].time // 10**9
    # what other threads have sent before this one could tell them is under way already
    told, reset = sandbox.requests[limited].time + 10**8, (at + reset_in - 0.05) * 10**9
    assert [each for each in sandbox.requests if told < each.time < reset] == []
    assert len(said) == 1


def test_never_more_requests_than_the_allowance(world: World, sandbox_of: Callable[..., Sandbox]) -> None:
    """With 20 requests a minute a long reading waits, says so, goes on, and meets no 429."""
    world.clock.start()
    steps = [{"do": "deposit", "amount": n} for n in range(1, 1700)]
    sandbox = sandbox_of(world, *EARLIER, *steps, rate_limit=20, minute=1.2)
    said: list[str] = []
    reading = read(sandbox, say=said.append)
    assert_true(reading, sandbox)
    assert len(sandbox.requests) > 25
    assert {each.status for each in sandbox.requests} == {200}
    assert said
    assert all("rate limit" in line for line in said)


def test_a_new_allowance_is_used_at_once(world: World, sandbox_of: Callable[..., Sandbox]) -> None:
    """What was left of the old minute does not throttle the new one."""
    world.clock.start()
    sandbox = sandbox_of(world, *EARLIER, rate_limit=9, minute=1)
    asks = session.Session(sandbox.url, sandbox.key, sandbox.secret)
    try:
        for _ in range(3):
            asks.get("/account")
        time.sleep(2.2)  # past the reset, which is told in whole seconds
        began = time.monotonic()
        for _ in range(8):
            asks.get("/account")
    finally:
        asks.close()
    assert time.monotonic() - began < 0.9


# --- the deadline ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer", ["silent", "drip", "503", {"status": 429, "reset_in": 60}, {"status": 429, "reset_in": 1}]
)
@pytest.mark.parametrize(
    "endpoint",
    [
        "account",
        "activities",
        *(pytest.param(each, marks=pytest.mark.exhaustive) for each in ("positions", "orders", "contract")),
    ],
)
def test_the_deadline_holds_whatever_the_broker_does(
    world: World,
    sandbox_of: Callable[..., Sandbox],
    monkeypatch: pytest.MonkeyPatch,
    endpoint: str,
    answer: object,
) -> None:
    """Silence, one byte now and then, errors, limits: the reading ends in time and says at what."""
    monkeypatch.setattr(session, "READ_SECONDS", 30.0)
    monkeypatch.setattr(pace, "FIRST_BACKOFF", 5.0)
    sandbox = sandbox_of(world, *EARLIER, *LATER)
    sandbox.fault(endpoint, times=100, answer=answer)
    began = time.monotonic()
    with pytest.raises(BrokerError) as caught:
        read(sandbox, timeout=0.7)
    assert time.monotonic() - began < 2
    assert caught.value.exit == Exit.UNREACHABLE
    assert PATHS[endpoint] in caught.value.detail


def test_a_closed_port_is_out_of_reach(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens: the error says that the connection was refused, and where."""
    with Sandbox("empty") as gone:
        monkeypatch.setenv("ALPACA_PAPER_BASE_URL", gone.url)
    with pytest.raises(BrokerError, match="connection refused") as caught:
        plan(account.env)
    assert gone.url in caught.value.detail


def test_snapshots_are_only_of_whole_readings(account: Account) -> None:
    """After a failed reading the newest Snapshot is still the one of before."""
    env = account.env
    latest = env.store.latest()
    account.sandbox.fault("activities", times=100, answer="html")
    with pytest.raises(BrokerError):
        plan(account.env)
    assert account.env.store.latest() == latest

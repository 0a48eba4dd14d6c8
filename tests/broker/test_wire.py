"""What may go wrong on the wire: bodies packed, cut or garbled, headers that lie, names that stall."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from snapsync.ends.alpaca import BrokerReading, Session, http, pace, read_broker, session
from snapsync.errors import BrokerError, Exit
from snapsync.sandbox import Sandbox, World

from .conftest import EARLIER
from .truth import ALL, REACH, assert_true, read

ACCOUNT = b'{"id":"the-account","status":"ACTIVE","cash":"12.5","equity":"12.5"}'
NOW = "Wed, 20 Aug 2025 14:00:00 GMT"
Say = Callable[[socket.socket, str], None]


class Wire:
    """A server that is told every byte that it says."""

    def __init__(self, say: Say) -> None:
        self.asked: list[str] = []
        self._say = say
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            heard = connection.recv(1 << 16).decode()
            path = heard.split(" ")[1].removeprefix("/v2").partition("?")[0] if heard else ""
            self.asked.append(path)
            with contextlib.suppress(OSError):  # the client has hung up, as it should
                self._say(connection, path)

    def close(self) -> None:
        """Stop listening."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@pytest.fixture
def wire() -> Iterator[Callable[[Say], Wire]]:
    """``wire(say)``: a server on loopback that answers by writing to the socket."""
    made: list[Wire] = []

    def serve(say: Say) -> Wire:
        made.append(Wire(say))
        return made[-1]

    yield serve
    for each in made:
        each.close()


def reply(body: bytes, *headers: str, status: int = 200, date: str = NOW, length: int | None = None) -> bytes:
    """An answer; ``length`` is what it says its body has."""
    size = f"Content-Length: {len(body) if length is None else length}"
    lines = [f"HTTP/1.1 {status} X", f"Date: {date}", "Connection: close"]
    lines += [size] if not any(each.startswith("Transfer") for each in headers) else []
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


def saying(body: bytes, *headers: str, **more: int) -> Say:
    """Says the same to everyone."""
    return lambda connection, _: connection.sendall(reply(body, *headers, **more))  # type: ignore[arg-type]


def ask(url: str, **more: float) -> bytes:
    """The body of one answer about the account."""
    asks = Session(url, "key", "secret", **more)  # type: ignore[arg-type]
    try:
        return asks.get("/account").body
    finally:
        asks.close()


def chunks(body: bytes, size: int, *, end: bool = True) -> bytes:
    """A body in chunks, with or without the one that says that it is over."""
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + (b"0\r\n\r\n" if end else b"")


# --- bodies ----------------------------------------------------------------------------------------

PACKED = gzip.compress(ACCOUNT)
IN_CHUNKS = "Transfer-Encoding: chunked"
GZIP = "Content-Encoding: gzip"


@pytest.mark.parametrize(
    "said",
    [
        reply(PACKED, GZIP),
        reply(chunks(ACCOUNT, 1), IN_CHUNKS),
        reply(chunks(PACKED, 1), IN_CHUNKS, GZIP),
        reply(chunks(ACCOUNT, 50), IN_CHUNKS),
    ],
    ids=["gzip", "chunks", "gzip-in-chunks", "large-chunks"],
)
def test_a_body_is_the_same_however_it_is_packed(wire: Callable[[Say], Wire], said: bytes) -> None:
    """Compressed, in chunks, or both, down to a byte at a time."""
    assert ask(wire(lambda connection, _: connection.sendall(said)).url) == ACCOUNT


@pytest.mark.parametrize(
    "said",
    [
        reply(b"this is no gzip", GZIP),
        reply(chunks(ACCOUNT, 9, end=False), IN_CHUNKS),
        reply(chunks(b'{"id":1}', 9, end=False), IN_CHUNKS),
        reply(chunks(ACCOUNT, 9)[:-12], IN_CHUNKS),
        reply(b"zz\r\n{}\r\n", IN_CHUNKS),
        reply(ACCOUNT, length=len(ACCOUNT) + 1),
        b"no answer of this protocol\r\n\r\n",
        b"",
    ],
    ids=[
        "no-gzip", "no-last-chunk", "whole-json-but-no-last-chunk", "half-a-chunk", "no-chunk",
        "a-byte-short", "another-protocol", "nothing",
    ],
)  # fmt: skip
def test_a_body_that_does_not_come_whole_is_asked_for_again(wire: Callable[[Say], Wire], said: bytes) -> None:
    """Four times, then it is one error; also where what came would be JSON."""
    server = wire(lambda connection, _: connection.sendall(said))
    with pytest.raises(BrokerError, match="tried 4 times") as caught:
        ask(server.url)
    assert caught.value.exit == Exit.UNREACHABLE
    assert len(server.asked) == session.ATTEMPTS


@pytest.mark.parametrize(
    "said",
    [reply(PACKED[:40], GZIP), b"HTTP/1.1 200 OK\r\nContent-Le", reply(b""), reply(b"  \n")],
    ids=["half-a-gzip", "half-a-header", "empty", "blank"],
)
def test_half_an_answer_is_never_read(wire: Callable[[Say], Wire], said: bytes) -> None:
    """Where the library takes it for whole, it is no JSON."""
    with pytest.raises(BrokerError, match="not understood"):
        ask(wire(lambda connection, _: connection.sendall(said)).url)


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" + ACCOUNT,
        ACCOUNT.decode().encode("utf-16"),
        ACCOUNT.replace(b"ACTIVE", b"ACTI\xff"),
        ACCOUNT.replace(b"ACTIVE", b"\xed\xa0\x80"),
        ACCOUNT.replace(b'"cash":"12.5"', b'"cash":"12.5","cash":"99"'),
        ACCOUNT.replace(b'"cash":"12.5"', b'"cash":"12.5","x":{"y":1,"y":1}'),
        ACCOUNT.replace(b'"12.5"', b"NaN"),
        ACCOUNT.replace(b'"12.5"', b"Infinity"),
        ACCOUNT.replace(b'"12.5"', b"012.5"),
        ACCOUNT + ACCOUNT,
        ACCOUNT + b"\x00",
        b"\x00" * 100,
        ACCOUNT[:-1] + b",}",
    ],
    ids=[
        "bom", "utf-16", "no-utf-8", "surrogate", "two-of-one-field", "two-of-one-field-inside", "nan",
        "infinity", "octal", "two-bodies", "zero-after", "zeros", "comma",
    ],
)  # fmt: skip
def test_what_is_not_exactly_json_is_refused_at_once(wire: Callable[[Say], Wire], body: bytes) -> None:
    """Of two fields with one name either would be a guess."""
    server = wire(saying(body))
    with pytest.raises(BrokerError, match="not understood") as caught:
        read_of(server)
    assert "GET /v2/account" in caught.value.detail
    assert server.asked == ["/account"]


def read_of(server: Wire) -> BrokerReading:
    """A whole reading of a server."""
    asks = Session(server.url, "key", "secret")
    try:
        return read_broker(asks, ALL, None, REACH)
    finally:
        asks.close()


def test_a_body_without_an_end_does_not_fill_the_memory(
    wire: Callable[[Say], Wire], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond what any answer has it is refused."""
    monkeypatch.setattr(http, "_MOST_BYTES", 10_000)
    monkeypatch.setattr(http, "_CHUNK", 1_000)
    packed = gzip.compress(b" " * 10**7)
    with pytest.raises(BrokerError, match="does not end"):
        ask(wire(saying(packed, GZIP)).url)


# --- the deadline ----------------------------------------------------------------------------------


def test_headers_that_drip_do_not_outlast_the_deadline(wire: Callable[[Say], Wire]) -> None:
    """A byte now and then keeps every time-out of the library's content."""

    def drip(connection: socket.socket, _: str) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            connection.sendall(b"X")
            time.sleep(0.05)

    began = time.monotonic()
    with pytest.raises(BrokerError, match=r"in time|within"):
        ask(wire(drip).url, timeout=0.7)
    assert time.monotonic() - began < 3


def drips_headers(connection: socket.socket) -> None:
    """A header without an end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X")
        time.sleep(0.05)


def drips_body(connection: socket.socket) -> None:
    """A body that never comes to the end that its header promises."""
    connection.sendall(reply(b"{", length=10**6))
    while True:
        connection.sendall(b" ")
        time.sleep(0.05)


@pytest.mark.parametrize("drip", [drips_headers, drips_body])
def test_one_answer_that_drips_does_not_use_up_the_time_of_all(
    wire: Callable[[Say], Wire], monkeypatch: pytest.MonkeyPatch, drip: Callable[[socket.socket], None]
) -> None:
    """It is given up and asked for again, long before the reading's deadline."""
    monkeypatch.setattr(session, "ANSWER_SECONDS", 0.4)
    monkeypatch.setattr(session, "READ_SECONDS", 5.0)

    def once(connection: socket.socket, _: str) -> None:
        if len(server.asked) > 1:
            connection.sendall(reply(ACCOUNT))
        else:
            drip(connection)

    server = wire(once)
    began = time.monotonic()
    assert ask(server.url, timeout=20) == ACCOUNT
    assert time.monotonic() - began < 3
    assert len(server.asked) == 2


@pytest.mark.parametrize("drip", [drips_headers, drips_body])
def test_an_answer_that_always_drips_is_said_with_the_time_it_had(
    wire: Callable[[Say], Wire], monkeypatch: pytest.MonkeyPatch, drip: Callable[[socket.socket], None]
) -> None:
    """Not with the time between two bytes, which it kept."""
    monkeypatch.setattr(session, "ANSWER_SECONDS", 0.6)
    monkeypatch.setattr(session, "READ_SECONDS", 5.0)
    server = wire(lambda connection, _: drip(connection))
    with pytest.raises(BrokerError, match="no whole answer within 1 s; tried 4 times") as caught:
        ask(server.url, timeout=20)
    assert caught.value.exit == Exit.UNREACHABLE
    assert len(server.asked) == session.ATTEMPTS


def test_silence_is_said_with_the_time_it_had(
    wire: Callable[[Say], Wire], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which is the time between two bytes, not that of a whole answer."""
    monkeypatch.setattr(session, "READ_SECONDS", 0.6)
    over = threading.Event()

    def say_nothing(connection: socket.socket, _: str) -> None:
        del connection
        over.wait(10)

    server = wire(say_nothing)
    try:
        with pytest.raises(BrokerError, match="nothing came within 1 s; tried 4 times"):
            ask(server.url, timeout=20)
    finally:
        over.set()


def test_a_name_server_that_is_silent_does_not_outlast_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's own look-up of a name has no time-out that we could set."""
    over = threading.Event()

    def stall(*_: object, **__: object) -> list[object]:
        over.wait(30)
        raise socket.gaierror("nobody knows")

    monkeypatch.setattr(socket, "getaddrinfo", stall)
    began = time.monotonic()
    try:
        with pytest.raises(BrokerError, match=r"in time|within"):
            ask("http://stalls.invalid", timeout=0.7)
    finally:
        over.set()
    assert time.monotonic() - began < 3


# --- headers ---------------------------------------------------------------------------------------

FAR = str(int(datetime(2999, 1, 1, tzinfo=UTC).timestamp()))


@pytest.mark.parametrize(
    ("headers", "waited"),
    [
        ((), False),
        (("X-RateLimit-Reset: 0", "X-RateLimit-Remaining: 0"), False),
        (("X-RateLimit-Reset: -5", "X-RateLimit-Remaining: -1"), False),
        (("X-RateLimit-Reset: soon",), False),
        (("X-RateLimit-Reset: 1e9",), False),
        (("X-RateLimit-Reset: " + "9" * 5000, "X-RateLimit-Remaining: " + "9" * 5000), False),
        (("X-RateLimit-Reset: ٣",), False),
        (("Retry-After: tomorrow",), False),
        ((f"X-RateLimit-Reset: {FAR}", "X-RateLimit-Remaining: 0"), True),
        ((f"X-RateLimit-Reset: {FAR}",), True),
        (("X-RateLimit-Reset: 999999999999999",), True),
    ],
    ids=str,
)
def test_a_429_is_survived_whatever_its_headers_say(
    wire: Callable[[Say], Wire], monkeypatch: pytest.MonkeyPatch, headers: tuple[str, ...], *, waited: bool
) -> None:
    """A reset that is past, unreadable or centuries ahead: at most a minute's wait, then the answer."""
    monkeypatch.setattr(pace, "LONGEST_RESET", 0.6)
    said: list[str] = []

    def limit_once(connection: socket.socket, _: str) -> None:
        first = len(server.asked) == 1
        lines = [each.encode().decode("latin-1") for each in headers]
        answer = reply(b"{}", *lines, status=429) if first else reply(ACCOUNT)
        connection.sendall(answer)

    server = wire(limit_once)
    asks = Session(server.url, "key", "secret", say=said.append)
    assert asks.get("/account").body == ACCOUNT
    asks.close()
    assert len(server.asked) == 2
    assert bool(said) is waited


@pytest.mark.parametrize(
    "date",
    [
        "", "yesterday", "Fri, 31 Dec 9999 23:59:59 -2300", "Mon, 01 Jan 0001 00:00:00 -0000",
        "Wed, 20 Aug 99999999999 10:00:00 GMT", "Wed, 20 Aug 2025 23:59:60 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
    ],
)  # fmt: skip
def test_a_date_that_is_none_is_this_machines(wire: Callable[[Say], Wire], date: str) -> None:
    """No word of the broker's clock: ours stands in for it."""
    before = datetime.now(UTC)
    answers = {"/account": ACCOUNT}
    server = wire(lambda c, path: c.sendall(reply(answers.get(path, b"[]"), date=date)))
    at = read_of(server).at
    assert before.isoformat()[:19] <= at[:19] <= datetime.now(UTC).isoformat()[:19]


@pytest.mark.parametrize("known_first", [True, False])
def test_a_date_that_was_once_years_ahead_hides_nothing(
    world: World, sandbox_of: Callable[..., Sandbox], *, known_first: bool
) -> None:
    """What came in meanwhile would lie before every later reading's window: all is read anew."""
    sandbox = sandbox_of(world, *EARLIER)
    known = read(sandbox) if known_first else None
    ahead = {"Date": format_datetime(datetime(2031, 1, 1, tzinfo=UTC), usegmt=True)}
    wrong = {"status": 200, "body": account_of(sandbox), "headers": ahead}
    sandbox.fault("account", times=4 if known is None else 2, answer=wrong)
    known = read(sandbox, known)
    assert known.at.startswith("2031")
    sandbox.clear_faults()
    sandbox.do(
        {"do": "fee", "amount": "0.42"},
        {"do": "buy", "symbol": "SPY", "qty": 1, "price": 600},
        {"do": "clock", "by": "20d"},
        {"do": "deposit", "amount": 7},
        {"do": "clock", "by": "1m"},
    )
    found = read(sandbox, known)
    assert_true(found, sandbox)
    assert found.at < "2026"
    assert {"FEE", "CSD"} <= {row.type for row in found.ledger}
    assert found.doubts == ()


def account_of(sandbox: Sandbox) -> str:
    """What the account answers, with the sandbox's own keys."""
    asks = Session(sandbox.url, sandbox.key, sandbox.secret)
    try:
        return asks.get("/account").body.decode()
    finally:
        asks.close()


# --- at once ---------------------------------------------------------------------------------------


def test_positions_orders_and_activities_are_asked_for_at_once(wire: Callable[[Say], Wire]) -> None:
    """None of the three is answered before all of them are asked."""
    all_here = threading.Barrier(3)

    def answer(connection: socket.socket, path: str) -> None:
        if path != "/account":
            all_here.wait(5)
        connection.sendall(reply(ACCOUNT if path == "/account" else b"[]"))

    server = wire(answer)
    assert read_of(server).state.cash is not None
    look = ["/account", "/positions", "/orders", "/account/activities", "/account"]
    assert sorted(server.asked) == sorted(look * 2)  # first contact confirms itself by a second one


def test_pages_that_are_longer_than_asked_for_come_to_an_end(wire: Callable[[Say], Wire]) -> None:
    """A server that ignores page size and token says the same for ever: refused, not read for ever."""
    rows = [
        {"id": f"2025082010000{n:04}::x", "activity_type": "FEE", "date": "2025-08-20", "net_amount": "-0.01"}
        for n in range(150)
    ]
    answers = {"/account": ACCOUNT, "/account/activities": json.dumps(rows).encode()}
    server = wire(lambda c, path: c.sendall(reply(answers.get(path, b"[]"))))
    with pytest.raises(BrokerError, match="repeats the page before"):
        read_of(server)
    order = {"symbol": "SPY", "asset_class": "us_equity", "status": "new"}
    orders = [{"id": f"order-{n}", **order} for n in range(500)]
    answers = {"/account": ACCOUNT, "/orders": json.dumps(orders).encode()}
    with pytest.raises(BrokerError, match="GET /v2/orders: a full page repeats"):
        read_of(server)

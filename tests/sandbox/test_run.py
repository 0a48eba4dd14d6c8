"""Starting and stopping: from Python and from the command line's side."""

from __future__ import annotations

import ast
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path

import pytest
import requests

import snapsync.sandbox
from snapsync.errors import UsageError
from snapsync.sandbox import Sandbox, World

SERVE = """
import sys
from snapsync.sandbox import greeting, serve_forever
caught = serve_forever(sys.argv[1], 0, lambda each: print(*greeting(each), sep=chr(10), flush=True))
print("stopped by", caught.name)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serving_prints_what_to_set_and_stops_cleanly(number: signal.Signals) -> None:
    """The printed variables work, the curl line is there, and no traceback is printed."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", SERVE, "guide"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "Ctrl-C" in line:
            break
    text = "".join(lines)
    found = dict(re.findall(r"export ALPACA_PAPER_(\w+)=(\S+)", text))
    assert set(found) == {"BASE_URL", "API_KEY", "SECRET_KEY"}
    assert "/control" in text
    keys = {"APCA-API-KEY-ID": found["API_KEY"], "APCA-API-SECRET-KEY": found["SECRET_KEY"]}
    answer = requests.get(found["BASE_URL"] + "/v2/account", headers=keys, timeout=5)
    assert answer.json()["equity"] == "100262.75"
    os.kill(process.pid, number)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, f"stopped by {number.name}\n", "")


def test_a_live_world_says_live() -> None:
    """Its number is no paper number, and its keys have another name."""
    with Sandbox(World(env="live", cash=Decimal(5))) as sandbox:
        assert (sandbox.key, sandbox.secret) == ("SANDBOXLIVEKEY", "sandbox-live-secret")
        assert not sandbox.world.account.number.startswith("PA")


def test_a_port_in_use_is_one_clear_error() -> None:
    """It names the port and the way out."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError) as caught, Sandbox("empty", port=port):
            pass
    assert str(port) in caught.value.detail
    assert "--port" in caught.value.hint


def test_it_starts_fast_and_leaves_no_thread_and_no_listener() -> None:
    """Well under a second, and the port is free afterwards."""
    before = threading.enumerate()
    began = time.monotonic()
    with Sandbox("guide") as sandbox:
        assert time.monotonic() - began < 1
        url = sandbox.url
    assert threading.enumerate() == before
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(url, timeout=1)


def test_importing_it_is_cheap() -> None:
    """The server's packages are imported when a server starts, not before."""
    code = "import sys, snapsync.sandbox; print({'starlette', 'uvicorn'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_of_snapsync_it_uses_only_the_errors() -> None:
    """A user's own bot can be tested with it alone."""
    package = Path(snapsync.sandbox.__file__).parent
    used = {
        node.module
        for path in package.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level != 1 and node.module
    }
    assert {name for name in used if name.startswith("snapsync")} == {"snapsync.errors"}


def test_without_its_packages_the_error_says_how_to_get_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The extra is named."""
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(UsageError) as caught, Sandbox("empty"):
        pass
    assert caught.value.hint == "pip install 'snapsync[sandbox]'"


def test_moves_and_requests_from_many_threads_never_disagree() -> None:
    """Each answer is of one instant: equity is cash plus values in every one of them."""
    with Sandbox(World(cash=Decimal(1_000_000)), rate_limit=100_000) as sandbox:
        keys = {"APCA-API-KEY-ID": sandbox.key, "APCA-API-SECRET-KEY": sandbox.secret}
        stop = threading.Event()

        def trade() -> None:
            while not stop.is_set():
                sandbox.do({"do": "buy", "symbol": "SPY", "qty": 1, "price": "600.01"})

        mover = threading.Thread(target=trade)
        mover.start()
        try:
            with requests.Session() as session:
                for _ in range(10):
                    url = f"{sandbox.url}/v2/account"
                    account = session.get(url, headers=keys, timeout=5).json()
                    parts = Decimal(account["cash"]) + Decimal(account["long_market_value"])
                    assert parts == Decimal(account["equity"])
        finally:
            stop.set()
            mover.join()

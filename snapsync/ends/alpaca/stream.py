"""The broker's trade stream as a hint that something has happened; what has, only a reading tells.

Messages of a gap are never sent again, some come twice, some are empty, and a second connection of an
account is refused. So no message is understood, and none is missed: each only says "look sooner".
"""

from __future__ import annotations

import logging
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import suppress

_MOMENT = 0.005


class Hints:
    """Listens in a thread of its own, and connects again by itself; ``hear`` is called for each message."""

    def __init__(self, url: str, key: str, secret: str, hear: Callable[[], None]) -> None:
        with warnings.catch_warnings():
            # alpaca-py 0.44 imports websockets.legacy, whose warning no user of ours can act on
            warnings.simplefilter("ignore", DeprecationWarning)
            from alpaca.trading.stream import TradingStream  # noqa: PLC0415 - heavy
        # the SDK logs each lost connection with its whole trace
        log = logging.getLogger("alpaca.trading.stream")
        log.addHandler(logging.NullHandler())
        log.propagate = False

        async def heard(message: object) -> None:
            del message
            hear()

        self._stream = TradingStream(key, secret, raw_data=True, url_override=stream_url(url))
        self._stream.subscribe_trade_updates(heard)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="snapsync-stream", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        if self._closed.is_set():
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            self._stream.run()

    def close(self) -> None:
        """Listen no longer; the thread ends by itself within seconds."""
        self._closed.set()
        # the SDK forgets a stop from before its loop begins, which it does at once, and would listen for ever
        while self._thread.is_alive() and self._stream._loop is None:  # noqa: SLF001 - it does not tell
            time.sleep(_MOMENT)
        with suppress(AttributeError, RuntimeError):  # its loop never began, or has ended
            self._stream.stop()


def stream_url(url: str) -> str:
    """The stream's address beside an API address."""
    return f"ws{url.removeprefix('http')}/stream"

"""Running a sandbox: in a thread for tests and demos, or until a signal for the command line."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType, ModuleType
from typing import TYPE_CHECKING, Self

from snapsync.errors import UsageError

from . import faults, scenario
from .scenario import Player, Scenario
from .world import World

if TYPE_CHECKING:
    import uvicorn

    from .server import Seen, Server

Source = Player | World | Scenario | str | Path

_HOST = "127.0.0.1"
_START_SECONDS = 10


class Sandbox:
    """An Alpaca-compatible server on loopback, running inside the ``with`` block.

    Args:
        source: the name of a shipped scenario, the path of a scenario file, a loaded scenario, or
            a world, or a player of one. A bare world's clock stands still until ``world.clock.start()``.
        until: the scenario's last stage to play at once; all stages if None.
        port: the port to listen on; any free one if 0.
        rate_limit: requests per minute before 429 is answered.
        minute: how many seconds of real time that minute has.

    Raises:
        UsageError: the scenario is unknown or wrong, the port is taken, or the packages that only
            the sandbox needs are missing.
    """

    def __init__(
        self,
        source: Source = scenario.DEFAULT,
        *,
        until: str | None = None,
        port: int = 0,
        rate_limit: int = 200,
        minute: float = 60,
    ) -> None:
        self._player = _player(source, until)
        self._minute = minute
        self._port = port
        self._rate_limit = rate_limit
        self._server: Server | None = None
        self._uvicorn: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        uvicorn, server = _import_server()
        listening = _listen(self._port)
        self._port = listening.getsockname()[1]
        self._server = server.Server(self._player, self._rate_limit, self._minute)
        self._server.die = self._die
        config = uvicorn.Config(
            self._server.app(),
            http="h11",
            ws="websockets-sansio",
            loop="asyncio",
            lifespan="off",
            access_log=False,
            log_config=None,
            log_level="critical",
            # the answers carry the world's own date
            date_header=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        self._uvicorn = uvicorn.Server(config)
        run = self._uvicorn.run
        self._thread = threading.Thread(
            target=run, kwargs={"sockets": [listening]}, name="snapsync-sandbox", daemon=True
        )
        self._thread.start()
        self._await_start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._uvicorn is not None and self._thread is not None:
            self._uvicorn.should_exit = True
            self._thread.join()

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end and without /v2."""
        return f"http://{_HOST}:{self._port}"

    @property
    def stream_url(self) -> str:
        """The address of the trade stream."""
        return f"ws://{_HOST}:{self._port}/stream"

    @property
    def key(self) -> str:
        """The key id that the server accepts."""
        return self.world.account.key

    @property
    def secret(self) -> str:
        """The secret key that the server accepts."""
        return self.world.account.secret

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables that point snapsync at this server."""
        env = self.world.env.upper()
        return {
            f"ALPACA_{env}_BASE_URL": self.url,
            f"ALPACA_{env}_API_KEY": self.key,
            f"ALPACA_{env}_SECRET_KEY": self.secret,
        }

    @property
    def player(self) -> Player:
        """The scenario that is being played, with the stages still to come."""
        return self._player

    @property
    def world(self) -> World:
        """The world; read and move it inside ``with world.held()``."""
        return self._player.world

    @property
    def requests(self) -> tuple[Seen, ...]:
        """The API requests so far, in order; those to /control are left out."""
        return tuple(self._server.requests) if self._server else ()

    def stage(self, name: str) -> None:
        """Play the scenario's next stage.

        Raises:
            UsageError: it is not the next one, or not a stage.
        """
        self._player.stage(name)

    def do(self, *steps: Mapping[str, object]) -> None:
        """Move the world by steps of the scenario vocabulary.

        Raises:
            UsageError: a step cannot be understood, then none is played; or cannot be made.
        """
        self._player.do_all(list(steps))

    def fault(self, endpoint: str = faults.ANY, **fields: object) -> None:
        """Make coming requests fail, or move the world right after one of them.

        Args:
            endpoint: its name in ``endpoints.NAMES``, or ``any``.
            **fields: request (1), times (1), answer (a name in ``faults.ANSWERS`` or its parts),
                lag (how many of the newest rows a list lacks), then (a step or a list of steps).

        Raises:
            UsageError: the fault cannot be understood, or the sandbox is not running.
        """
        if self._server is None:
            raise UsageError("The sandbox is not running.", hint="use it in a with block")
        self._server.faults.add(faults.parse({"endpoint": endpoint, **fields}, self.world.now()))

    def odd(self, *oddities: str) -> None:
        """Let things happen to the next messages of the trade stream: see ``stream.Oddity``."""
        if self._server is not None:
            for oddity in oddities:
                self._server.stream.odd(oddity)

    def clear_faults(self) -> None:
        """Behave from now on."""
        if self._server is not None:
            self._server.faults.clear()

    def _die(self) -> None:
        """Serve nobody any more, as if the machine had been switched off."""
        if self._uvicorn is not None:
            self._uvicorn.should_exit = self._uvicorn.force_exit = True
            for listening in self._uvicorn.servers:
                listening.close()

    def _await_start(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while self._uvicorn is not None and not self._uvicorn.started:
            alive = self._thread is not None and self._thread.is_alive()
            if not alive or time.monotonic() > deadline:
                raise UsageError("The sandbox did not start.", detail=self.url)
            time.sleep(0.001)


def serve_forever(
    source: Source,
    port: int,
    ready: Callable[[Sandbox], object],
    *,
    until: str | None = None,
) -> signal.Signals:
    """Serve until SIGINT or SIGTERM; for the main thread only.

    Args:
        source: as for ``Sandbox``.
        port: the port; any free one if 0.
        ready: told once, when the server listens; ``greeting`` is what it may print.
        until: as for ``Sandbox``.

    Returns:
        The signal that ended it.

    Raises:
        UsageError: as for ``Sandbox``.
    """
    stop = threading.Event()
    caught = [signal.SIGINT]

    def on_signal(number: int, _frame: FrameType | None) -> None:
        caught[0] = signal.Signals(number)
        stop.set()

    ends = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, on_signal) for number in ends}
    try:
        with Sandbox(source, until=until, port=port) as sandbox:
            ready(sandbox)
            stop.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return caught[0]


def greeting(sandbox: Sandbox) -> list[str]:
    """What a person needs to know of a running sandbox, line by line."""
    player = sandbox.player
    keys = f"-H 'APCA-API-KEY-ID: {sandbox.key}' -H 'APCA-API-SECRET-KEY: {sandbox.secret}'"
    lines = [
        f"sandbox at {sandbox.url}: {player.scenario.about}",
        "",
        "to use it, set:",
        *(f"  export {name}={value}" for name, value in sandbox.variables.items()),
        "",
        "to move its world:",
        f'  curl -s {keys} -d \'{{"do": "deposit", "amount": 250}}\' {sandbox.url}/control',
    ]
    if player.waiting:
        stage = f"{sandbox.url}/control/stages/{player.waiting[0]}"
        lines += ["to play the next stage:", f"  curl -s {keys} -X POST {stage}"]
    return [*lines, "", "stop with Ctrl-C"]


def _player(source: Source, until: str | None) -> Player:
    if isinstance(source, Player):
        return source
    if isinstance(source, World):
        return scenario.bare(source)
    return scenario.begin(source if isinstance(source, Scenario) else scenario.load(source), until)


def _import_server() -> tuple[ModuleType, ModuleType]:
    """Import what needs starlette and uvicorn, only now."""
    try:
        import uvicorn  # noqa: PLC0415 (an optional dependency, and slow to import)

        from . import server  # noqa: PLC0415 (the same)
    except ModuleNotFoundError as error:
        raise UsageError(
            "The sandbox needs packages that are not installed.",
            detail=f"missing: {error.name}",
            hint="pip install 'snapsync[sandbox]'",
        ) from None
    return uvicorn, server


def _listen(port: int) -> socket.socket:
    # asyncio sets TCP_NODELAY only where the protocol is named; without it an answer takes 40 ms
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((_HOST, port))
        listening.listen()
    except (OSError, OverflowError) as error:
        listening.close()
        raise UsageError(
            "The sandbox cannot listen on that port.",
            detail=f"{_HOST}:{port}: {error}",
            hint="name another one with --port, or leave it out for any free one",
        ) from None
    return listening

"""A server that speaks as much of Slack's API as snapsync uses: one webhook, chat.postMessage, auth.test."""

from __future__ import annotations

import json
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self

TOKEN = "xoxb-1-right"
HOOK = "/services/T0/B0/secret"
CHANNELS = ("#trading-alerts", "C0123456789")

Answer = Literal[
    "ok", "slow", "reset", "limited", "limited for long", "limited till a date", "error", "html", "moved"
]

LIMITED = {"ok": False, "error": "ratelimited"}
CANNED: dict[str, tuple[int, object, dict[str, str]]] = {
    "limited": (429, LIMITED, {"Retry-After": "0"}),
    "limited for long": (429, LIMITED, {"Retry-After": "1800"}),
    "limited till a date": (429, LIMITED, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}),
    "error": (503, {"ok": False, "error": "service_unavailable"}, {}),
    "html": (200, "<html><body>Log in to the guest network</body></html>", {}),
    "moved": (302, "", {"Location": "https://elsewhere.invalid/"}),
}


class SlackServer:
    """Runs inside a ``with`` block; ``messages`` are the texts that have arrived, in their order."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.bodies: list[dict[str, Any]] = []
        self.requests: list[str] = []
        self.answers: deque[Answer] = deque()
        """What the next requests get; then all is well."""
        self.release = threading.Event()
        """Set when what is slow shall come to an end."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=lambda: self._server.serve_forever(0.02), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def webhook(self) -> dict[str, str]:
        """The variables of a webhook."""
        return {"SLACK_WEBHOOK_URL": self.url + HOOK}

    @property
    def bot(self) -> dict[str, str]:
        """The variables of a bot."""
        return {
            "SLACK_BOT_TOKEN": TOKEN,
            "SLACK_API_URL": f"{self.url}/api/",
            "ALPACA_SYNC_SLACK_CHANNEL": CHANNELS[0],
        }

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        slack = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: object) -> None:
                """Nothing is said."""

            def do_POST(self) -> None:
                data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                slack.requests.append(self.path)
                answer = slack.answers.popleft() if slack.answers else "ok"
                if answer in CANNED:
                    self._say(*CANNED[answer])
                elif answer == "ok":
                    body = json.loads(data) if data.startswith(b"{") else {}
                    self._say(*slack.answer(self.path, self.headers.get("Authorization", ""), body))
                else:  # slow, or reset at once
                    slack.release.wait(None if answer == "slow" else 0)
                    self.close_connection = True

            def _say(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
                text = body if isinstance(body, str) else json.dumps(body)
                self.send_response(status)
                kind = "application/json" if not isinstance(body, str) else "text/html"
                more = {"Content-Type": kind, "Content-Length": str(len(text.encode())), **(headers or {})}
                for name, value in more.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text.encode())

        return Handler

    def answer(self, path: str, authorization: str, body: dict[str, Any]) -> tuple[int, object]:
        """Slack's own answer to a request, as docs.slack.dev has them."""
        if path == HOOK:
            if not body.get("text"):
                return 400, "no_text"
            self._came(body)
            return 200, "ok"
        if path.startswith("/services/"):
            return 404, "no_service"
        return 200, self._api(path, authorization, body)

    def _api(self, path: str, authorization: str, body: dict[str, Any]) -> dict[str, object]:
        if authorization != f"Bearer {TOKEN}":
            return {"ok": False, "error": "invalid_auth"}
        if path == "/api/auth.test":
            return {"ok": True, "team": "Team", "user": "snapsync"}
        if body.get("channel") not in CHANNELS:
            return {"ok": False, "error": "channel_not_found"}
        self._came(body)
        return {"ok": True, "channel": "C0123456789", "ts": "1755785100.000100"}

    def _came(self, body: dict[str, Any]) -> None:
        self.messages.append(body["text"])
        self.bodies.append(body)

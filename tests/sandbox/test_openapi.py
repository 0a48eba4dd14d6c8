"""Every answer of the plain scenarios, held against the official OpenAPI file.

Deviations from that file are exempted by name, with the reason; an exemption that nothing needs
fails the test.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import requests
from jsonschema import Draft202012Validator, FormatChecker

from snapsync.sandbox import Sandbox

Ask = Callable[..., requests.Response]
Json = dict[str, Any]

FILE = Path(__file__).parents[2].parent / "shared" / "alpaca-trading-openapi.json"
SCENARIOS = ("guide", "quiet", "empty")


def _anything(_value: object) -> None:
    """No further condition on an exempted field."""


def _plain_day(value: object) -> None:
    assert _date(value)


def _crypto(value: object) -> None:
    assert value == "CRYPTO"


EXEMPT: dict[tuple[str, str], Callable[[object], None]] = {
    # in the file's own example answers or in real ones, and missing from its schemas
    ("Account", "admin_configurations"): _anything,
    ("Account", "crypto_tier"): _anything,
    ("Account", "effective_buying_power"): _anything,
    ("Account", "position_market_value"): _anything,
    ("Account", "user_configurations"): _anything,
    ("NonTradeActivities", "description"): _anything,
    ("Order", "source"): _anything,
    ("Order", "subtag"): _anything,
    # the file says date-time; its own description and every real row have YYYY-MM-DD
    ("NonTradeActivities", "date"): _plain_day,
    # coins are listed on an exchange that the SDK knows and the file does not
    ("Assets", "exchange"): _crypto,
}

SCHEMAS = {
    "account": "Account",
    "positions": "Position",
    "position": "Position",
    "orders": "Order",
    "order": "Order",
    "order_by_client_id": "Order",
    "clock": "legacy_clock",
    "calendar": "legacy_calendar_day",
    "asset": "Assets",
    "contract": "OptionContract",
}


def _time(text: object) -> bool:
    return "T" in str(text) and datetime.fromisoformat(str(text)).tzinfo is not None


def _date(text: object) -> bool:
    return len(str(text)) == 10 and bool(datetime.fromisoformat(str(text)))


def _uuid(text: object) -> bool:
    return str(UUID(str(text))) == text


def _decimal(text: object) -> bool:
    return Decimal(str(text)).is_finite()


formats = FormatChecker(formats=())
formats.checks("date-time", raises=ValueError)(_time)
formats.checks("date", raises=ValueError)(_date)
formats.checks("uuid", raises=ValueError)(_uuid)
formats.checks("decimal", raises=ArithmeticError)(_decimal)


def strict(schema: Any, schemas: Json) -> Any:  # noqa: ANN401
    """OpenAPI 3.0 as JSON Schema: references inlined, nullable spelt out, no unknown property."""
    if isinstance(schema, list):
        return [strict(part, schemas) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return strict(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    skipped = {"example", "examples", "x-examples", "description", "nullable", "properties"}
    made = {name: strict(value, schemas) for name, value in schema.items() if name not in skipped}
    if "properties" in schema:
        made["properties"] = {name: strict(value, schemas) for name, value in schema["properties"].items()}
        made["additionalProperties"] = False
    return {"anyOf": [made, {"type": "null"}]} if schema.get("nullable") else made


class Judge:
    """Checks rows and remembers which exemptions were needed."""

    def __init__(self, schemas: Json) -> None:
        self.used: set[tuple[str, str]] = set()
        self._validators = {
            name: Draft202012Validator(strict(schemas[name], schemas), format_checker=formats)
            for name in {*SCHEMAS.values(), "TradingActivities", "NonTradeActivities", "Error"}
        }

    def check(self, name: str, row: Json) -> None:
        """Fail unless a row is what the schema says; an exemption is used only where it helps."""
        rest = dict(row)
        for (schema, field), condition in EXEMPT.items():
            if schema == name and field in row and self._wrong(name, {field: row[field]}):
                condition(row[field])
                self.used.add((schema, field))
                del rest[field]
        left = [
            f"{name} {error.json_path}: {error.message}"
            for error in self._validators[name].iter_errors(rest)
            if not (error.validator == "required" and set(row) >= set(error.validator_value))
        ]
        assert left == []

    def _wrong(self, name: str, part: Json) -> bool:
        """Whether one field alone offends, whatever is required beside it."""
        errors = self._validators[name].iter_errors(part)
        return any(error.validator != "required" for error in errors)


def answers(sandbox: Sandbox, ask: Ask) -> Iterator[tuple[str, Json]]:
    """Every row that the sandbox can show, with its schema."""

    def rows(endpoint: str, path: str, **params: str) -> Iterator[tuple[str, Json]]:
        response = ask(sandbox, path, **params)
        assert response.status_code == 200, (path, response.text)
        assert sandbox.requests[-1].endpoint == endpoint
        found = response.json()
        for row in found if isinstance(found, list) else [found]:
            trade = "TradingActivities" if row.get("activity_type") == "FILL" else None
            yield SCHEMAS.get(endpoint) or trade or "NonTradeActivities", row

    yield from rows("account", "/v2/account")
    yield from rows("clock", "/v2/clock")
    yield from rows("calendar", "/v2/calendar")
    for symbol in ("SPY", "BTC/USD"):
        yield from rows("asset", f"/v2/assets/{symbol}")
    yield from rows("positions", "/v2/positions")
    yield from rows("activities", "/v2/account/activities")
    for kind in ("FILL", "CSD", "FEE"):
        yield from rows("activities_of_type", f"/v2/account/activities/{kind}")
    for nested in ("true", "false"):
        yield from rows("orders", "/v2/orders", status="all", nested=nested)
    for order in list(sandbox.world.orders.values()):
        yield from rows("order", f"/v2/orders/{order.id}")
        by_client = {"client_order_id": order.client_order_id}
        yield from rows("order_by_client_id", "/v2/orders:by_client_order_id", **by_client)
        yield from rows("contract", f"/v2/options/contracts/{order.ticket.symbol}")
    for key in list(sandbox.world.positions):
        yield from rows("position", f"/v2/positions/{key}")
    for path in ("/v2/positions/NOPE", "/v2/orders/x", "/v2/assets/NOPE"):
        yield "Error", ask(sandbox, path).json()


@pytest.mark.skipif(not FILE.exists(), reason="the OpenAPI file is not beside this checkout")
def test_the_plain_scenarios_answer_as_the_official_file_says(ask: Ask) -> None:
    """Types, formats, enums, required and unknown properties, in every row of every endpoint."""
    judge = Judge(json.loads(FILE.read_text("utf-8"))["components"]["schemas"])
    for name in SCENARIOS:
        with Sandbox(name, rate_limit=10_000) as sandbox:
            for schema, row in answers(sandbox, ask):
                judge.check(schema, row)
    assert judge.used == set(EXEMPT)

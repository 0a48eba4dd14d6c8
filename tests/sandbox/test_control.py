"""Moving the world over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from snapsync.sandbox import Sandbox


def post(sandbox: Sandbox, path: str, body: object) -> tuple[int, dict[str, Any]]:
    """Post JSON with the sandbox's keys."""
    keys = {"APCA-API-KEY-ID": sandbox.key, "APCA-API-SECRET-KEY": sandbox.secret}
    data = body if isinstance(body, str) else json.dumps(body)
    response = requests.post(sandbox.url + path, data=data, headers=keys, timeout=5)
    found: dict[str, Any] = response.json()
    return response.status_code, found


def test_steps_move_the_world_one_or_several_at_a_time(fresh: Sandbox) -> None:
    """The answer tells how things stand; a JSON number keeps its decimals."""
    assert post(fresh, "/control", {"do": "deposit", "amount": 0.1})[1]["cash"] == "10000.1"
    steps = [{"do": "buy", "symbol": "SPY", "qty": 1, "price": 600.07}, {"do": "fee", "amount": 1}]
    status, world = post(fresh, "/control", steps)
    assert (status, world["cash"], world["equity"]) == (200, "9399.03", "9999.1")
    assert world["positions"]["SPY"]["qty"] == "1"


def test_of_several_steps_none_is_played_if_one_cannot_be_understood(fresh: Sandbox) -> None:
    """The error names the step."""
    status, body = post(fresh, "/control", [{"do": "deposit", "amount": 1}, {"do": "depsit"}])
    assert status == 422
    assert "step 2" in body["detail"]
    assert "did you mean deposit?" in body["hint"]
    assert fresh.world.cash == 10_000


@pytest.mark.parametrize("body", ["{", "", "5", '"buy"', "null", "[[]]"])
def test_a_body_that_is_no_step_is_an_error(fresh: Sandbox, body: str) -> None:
    """Never a server error."""
    assert post(fresh, "/control", body)[0] in {400, 422}


def test_the_next_stage_is_played_on_request() -> None:
    """As a person does who walks through the guide."""
    with Sandbox("guide", until="before") as sandbox:
        status, world = post(sandbox, "/control/stages/after", "")
        assert (status, world["equity"], world["stages_to_come"]) == (200, "100262.75", [])
        assert post(sandbox, "/control/stages/after", "")[0] == 422

"""Many processes at one env, while the account moves: nothing is lost, nothing is torn."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pytest

from snapsync import Env, apply, plan
from snapsync.config import template
from snapsync.sandbox import Sandbox, World
from snapsync.store.journal import open_journal
from tests.conftest import SETTINGS

HOME = Path(__file__).parents[2]
SYMBOLS = ["SPY250829C00640000", "IWM250829C00225000", "QQQ250829P00480000"]


class Crowd(NamedTuple):
    """How many processes act how often: at paper, and beside them at live."""

    paper: int
    live: int
    times: int


SMALL = Crowd(paper=3, live=1, times=8)
LARGE = Crowd(paper=8, live=2, times=50)


@contextmanager
def account(name: Literal["paper", "live"], patch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """An account of an env, with nothing in it but cash."""
    world = World(env=name, seed=f"crowd-{name}", cash=Decimal(100_000))
    with Sandbox(world, rate_limit=1_000_000) as sandbox:
        patch.setenv(f"ALPACA_{name.upper()}_BASE_URL", sandbox.url)
        patch.setenv(f"ALPACA_{name.upper()}_API_KEY", sandbox.key)
        patch.setenv(f"ALPACA_{name.upper()}_SECRET_KEY", sandbox.secret)
        yield sandbox


def assert_sound(name: str, said: list[dict[str, Any]]) -> None:
    """Every operation that a process was told of is in one unforked log, and every object is whole."""
    assert [each["error"] for each in said if each["error"]] == []
    store = Env.open(name).store
    log = list(store.log())
    made = [id for each in said for id in each["operations"]]
    assert len(made) == len(set(made))
    assert {id for id, _ in log} == set(made)
    assert len(store.heads()) == 1
    assert [len(operation.parents) for _, operation in log] == [1] * (len(log) - 1) + [0]
    assert {operation.env for _, operation in log} == {name}
    assert open_journal(store.folder) is None
    for id in store.place.ids():
        store.place.get(id)


@pytest.mark.parametrize(
    "crowd", [SMALL, pytest.param(LARGE, marks=pytest.mark.exhaustive)], ids=["small", "large"]
)
@pytest.mark.timeout(600)
def test_a_crowd_loses_nothing(
    clean_environment: Path, monkeypatch: pytest.MonkeyPatch, crowd: Crowd
) -> None:
    """Whatever many processes do at once, each result is in its env's log, and the book is right."""
    (clean_environment / "config.yaml").write_text(template() + SETTINGS + "ALPACA_SYNC_GRACE_SECONDS: 0\n")
    monkeypatch.setenv("PYTHONPATH", str(HOME))
    with ExitStack() as stack:
        sandboxes = {
            "paper": stack.enter_context(account("paper", monkeypatch)),
            "live": stack.enter_context(account("live", monkeypatch)),
        }
        names = ["paper"] * crowd.paper + ["live"] * crowd.live
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", "tests.verbs.crowd", name, str(crowd.times), str(seed)],
                    cwd=clean_environment,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for seed, name in enumerate(names)
        ]
        move = 0
        said: dict[str, list[dict[str, Any]]] = {"paper": [], "live": []}
        for name, process in zip(names, processes, strict=True):
            assert process.stdout is not None
            for line in process.stdout:
                said[name].append(json.loads(line))
                side, symbol = ("buy", "sell")[move % 5 == 4], SYMBOLS[move % len(SYMBOLS)]
                sandboxes[name].do({"do": side, "symbol": symbol, "qty": 1, "price": 1 + move % 3})
                move += 1
            assert process.wait() == 0

        for name, many in (("paper", crowd.paper), ("live", crowd.live)):
            done = [each for each in said[name] if each["operations"] or each["verb"] == "log"]
            assert len(done) > many * crowd.times / 2  # the others had nothing to do
        for name in ("paper", "live"):
            assert_sound(name, said[name])
            plan(Env.open(name))
            apply(Env.open(name), confirmed=True)
            assert not plan(Env.open(name)).plan.drift

"""What a message says, and that nothing in it can steer Slack."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from snapsync.model.canon import ObjectId, OperationId
from snapsync.model.history import Actor, Operation
from snapsync.model.news import Kind, News, Run, Trouble, Wrote
from snapsync.views.neutral import slack
from snapsync.views.slack import Place, message
from tests.model.strategies import LAW
from tests.model.world import AT
from tests.views import gallery

PLACE = Place(
    env="live",
    host="prod-1",
    head=OperationId(ObjectId("ab" * 32)),
    components=("bankroll", "positions"),
    calls="here",
    hidden=("hunter2", "904837e3-3b76-47ec-b432-046db621571b"),
)
HOSTILE = gallery.PLANS["hostile"]
ACT = Operation(
    verb="apply",
    time=AT,
    parents=(),
    env="live",
    account=None,
    actor=Actor(user=gallery.HOSTILE, host=gallery.HOSTILE),
    version="1",
)
TROUBLE = Trouble(
    exit=13,
    summary="The broker cannot be reached.",
    detail=f"{gallery.HOSTILE} hunter2\n904837e3-3b76-47ec-b432-046db621571b PA3ABCDEFGHI 123456789\n"
    "$123,456,789.00",
)
KINDS: tuple[Kind, ...] = ("wrote", "drift", "blocked", "failed", "outage", "back", "resolved", "digest")


def told(kind: Kind) -> str:
    """A message of hostile facts."""
    run = Run(
        at=AT,
        plan=HOSTILE,
        trouble=TROUBLE,
        waits=(gallery.HOSTILE,),
        wrote=Wrote(id=OperationId(ObjectId("cd" * 32)), act=ACT, plan=HOSTILE, earlier=2),
    )
    return message(News(kind=kind, run=run, since=AT), PLACE)


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_facts_are_harmless(kind: Kind) -> None:
    """No mention but our own, no link, no markup but our own, no secret, one command, and not too long."""
    said = told(kind)

    own = ["<!here>"] if kind in {"blocked", "failed"} else []
    assert re.findall(r"<[^>]*>", said) == own
    assert "://" not in said
    assert "www." not in said
    assert said.count("`") == 2
    assert said.count("*") == (2 if kind in {"drift", "blocked"} else 0)
    assert "\x1b" not in said
    assert len(said) <= 3000
    for secret in ("hunter2", "904837e3", "PA3ABCDEFGHI", "123456789"):
        assert secret not in said
    if kind == "failed":
        assert "$123,456,789.00" in said
    assert re.fullmatch(r"`snapsync [a-z]+( [0-9a-f]{12})? --env live`", said.splitlines()[-1 - len(own)])


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_line_is_the_guides(kind: Kind) -> None:
    """Sign, name, word and env; then the three parts, what is not compared marked as such."""
    first, second = told(kind).splitlines()[:2]

    assert re.fullmatch(r"\S+ Alpaca Sync [A-Z]+ \[LIVE\]", first)
    assert re.fullmatch(r"Bankroll: \S+ \| Positions: \S+ \| Transactions: \N{HEAVY MINUS SIGN}", second)


def test_a_long_plan_fits() -> None:
    """What there is no room for is counted, and the command is still there."""
    plan = replace(HOSTILE, changes=HOSTILE.changes * 60, findings=HOSTILE.findings * 60)

    said = message(News(kind="drift", run=Run(at=AT, plan=plan)), PLACE)

    assert len(said) <= 3000
    assert said.splitlines()[-1].startswith("`snapsync apply ")


@LAW
@given(st.text())
@example("__")
def test_text_begins_no_markup(text: str) -> None:
    """Whatever the text, Slack's marks do not survive where they could begin something."""
    said = slack(text)

    assert not re.search(r"[<>`]|&(?!amp;|lt;|gt;)|(?<!\w)[*_~]|://", said)
    assert "\n" not in said

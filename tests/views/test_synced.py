"""What a sync says, of every plan that there may be: harmless, and one verdict in all forms."""

from __future__ import annotations

import json as stdlib
import unicodedata
from zoneinfo import ZoneInfo

import pytest

from snapsync.errors import Exit
from snapsync.model.change import COMPONENTS
from snapsync.model.synced import Synced, outcomes
from snapsync.views import json, sync_log, synced
from snapsync.views.paint import plain

from .gallery import OPERATION, PLANS

ZONE = ZoneInfo("America/New_York")


def syncs(name: str) -> list[Synced]:
    """A check of a plan, a sync that could write nothing, and one that wrote it all."""
    plan = PLANS[name]
    nothing = Synced(env="paper", outcomes=outcomes(plan, COMPONENTS, ()), plan=plan)
    checked = Synced(
        env="paper", outcomes=outcomes(plan, COMPONENTS, (), checked=True), plan=plan, checked=True
    )
    if plan.refused or not plan.drift:
        return [nothing, checked]
    done = outcomes(plan, COMPONENTS, plan.changes)
    return [nothing, checked, Synced(env="paper", outcomes=done, plan=plan, operation=OPERATION)]


@pytest.mark.parametrize("name", PLANS)
def test_text_json_and_exit_code_agree(name: str) -> None:
    """Whatever the plan: one verdict in all forms."""
    for done in syncs(name):
        document = stdlib.loads(json.dumps(synced.document(done)))
        words = synced.words(done, ZONE, plain)
        assert document["exit"] == done.exit
        assert document["in_step"] == bool(done) == (done.exit is Exit.OK)
        assert ("In step [PAPER]" in words) == (bool(done) and done.operation is None)
        assert ("Refused [PAPER]" in words) == (done.exit is Exit.REFUSED)
        assert ("Synced [PAPER]" in words) == (bool(done) and done.operation is not None)


@pytest.mark.parametrize("name", PLANS)
def test_foreign_text_is_harmless(name: str) -> None:
    """Nothing in a plan can steer the terminal, or begin a line of the log."""
    for done in syncs(name):
        for text in (synced.words(done, ZONE, plain, verbose=True), *sync_log.lines(done, 2)):
            assert not [c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp")]
        assert all(line.startswith(sync_log.TAG) and "\n" not in line for line in sync_log.lines(done))

"""A part of a plan: it does less than the whole and nothing else, and says so."""

from __future__ import annotations

from collections.abc import Collection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsync.model.change import Change, component
from snapsync.model.partial import concerned, narrowed, part_of
from snapsync.model.plan import Plan
from tests.views.gallery import PLANS

WHOLE = PLANS["everything"]
KEYS = [(component(change), change.key) for change in WHOLE.changes]


def only(plan: Plan, keys: Collection[tuple[str, str]]) -> Plan:
    """The part that has these changes alone."""

    def kept(change: Change) -> bool:
        return (component(change), change.key) in keys

    return narrowed(plan, kept)


@given(st.sets(st.sampled_from(KEYS)))
def test_it_has_what_is_kept_and_no_more(keys: set[tuple[str, str]]) -> None:
    """The changes are those that were kept, in the order of the whole; the whole is itself."""
    part = only(WHOLE, keys)

    kept = tuple(change for change in WHOLE.changes if (component(change), change.key) in keys)
    assert part.changes == kept
    assert (part.part is None) == (kept == WHOLE.changes)
    assert (part.id == WHOLE.id) == (kept == WHOLE.changes)


@given(st.sets(st.sampled_from(KEYS)), st.sets(st.sampled_from(KEYS)))
def test_the_mark_is_the_whole_recipe(first: set[tuple[str, str]], second: set[tuple[str, str]]) -> None:
    """The same part can be made of the same plan again by its mark alone; parts of parts too."""
    part = only(only(WHOLE, first), second)

    assert part_of(WHOLE, part.part) == part
    assert part.changes == only(WHOLE, first & second).changes


@given(st.sets(st.sampled_from(KEYS)))
def test_findings_go_with_what_they_are_about(keys: set[tuple[str, str]]) -> None:
    """What is said of a change that is left out goes; what is said of the others, or of the whole, stays."""
    part = only(WHOLE, keys)

    about = {key for change in part.changes for key in concerned(change)}
    known = {key for change in WHOLE.changes for key in concerned(change)}
    assert part.findings == tuple(
        each for each in WHOLE.findings if each.key in about or each.key not in known
    )


@pytest.mark.parametrize("name", PLANS)
def test_nothing_kept(name: str) -> None:
    """Of any plan nothing may be left."""
    assert not narrowed(PLANS[name], lambda _: False).changes

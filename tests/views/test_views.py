"""The gallery through every view: what it looks like, that nothing foreign steers it, that nothing leaks."""

from __future__ import annotations

import json as stdlib
import re
import unicodedata
from collections.abc import Callable, Iterator
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from snapsync.errors import Exit
from snapsync.model.approval import Cover
from snapsync.model.plan import Plan
from snapsync.model.verdict import Verdict
from snapsync.views import github, json, junit, markdown, text, verdict, wrap
from snapsync.views.amounts import HIDDEN, SHOWN, Amounts
from snapsync.views.paint import ansi, plain
from tests.model.strategies import LAW

from .gallery import CHANGES, FILE_PLANS, FINDINGS, HOLES, ID, PLANS, approval, of, verdicts

ZONE = ZoneInfo("America/New_York")
VERDICTS = verdicts()

Form = Callable[[Verdict, Amounts], str]
FORMS: dict[str, Form] = {
    "text": lambda found, amounts: verdict.words(found, ZONE, plain, verbose=True, amounts=amounts),
    "json": lambda found, amounts: json.dumps(verdict.document(found, redact=amounts.hidden)),
    "markdown": lambda found, amounts: markdown.of_verdict(found, ZONE, amounts),
    "github": github.commands,
    "junit": lambda found, amounts: junit.report(found, ZONE, amounts),
}


@pytest.mark.parametrize("name", PLANS)
def test_plans_read_well(name: str, snapshot: SnapshotAssertion) -> None:
    """Each plan of the gallery as a person sees it, without colour."""
    assert text.plan(PLANS[name], ZONE, plain) == snapshot


@pytest.mark.parametrize("name", PLANS)
def test_plans_in_markdown(name: str, snapshot: SnapshotAssertion) -> None:
    """Each plan of the gallery as a comment."""
    assert markdown.of_plan(PLANS[name], ZONE) == snapshot


@pytest.fixture
def terminal() -> Iterator[Callable[[int], None]]:
    """A terminal of so many columns, until the test's end."""
    yield wrap.fit
    wrap.fit(None)


@pytest.mark.parametrize("columns", [60, 200])
@pytest.mark.parametrize("name", ["everything", "explained", "restore, rows out", "a finding: approve"])
def test_plans_fit_a_terminal(
    name: str, columns: int, terminal: Callable[[int], None], snapshot: SnapshotAssertion
) -> None:
    """In a narrow terminal and in a wide one: prose is wrapped, each change is one line."""
    terminal(columns)
    assert text.plan(PLANS[name], ZONE, plain) == snapshot


LONG = {"everything", "wide", "trade corrected", "trade withdrawn"}
TYPICAL = [each for each in PLANS if "hostile" not in each and each not in LONG]


@pytest.mark.parametrize("name", TYPICAL)
def test_plans_fit_eighty_columns(name: str) -> None:
    """No line is longer, but where much is wrong with one trade."""
    lines = text.plan(PLANS[name], ZONE, plain).splitlines()

    assert [line for line in lines if len(line) > 80] == []


@pytest.mark.parametrize("name", ["everything", "repair, with notes", "hostile"])
def test_plans_in_detail(name: str, snapshot: SnapshotAssertion) -> None:
    """The same with -v."""
    assert text.plan(PLANS[name], ZONE, plain, verbose=True) == snapshot


def test_colour_changes_nothing_but_colour() -> None:
    """A coloured plan without its colours is the plain one."""
    for made in PLANS.values():
        coloured = text.plan(made, ZONE, ansi)
        assert re.sub(r"\x1b\[\d*m", "", coloured) == text.plan(made, ZONE, plain)


def test_a_long_plan_is_told_in_brief() -> None:
    """Of a thousand changes a few of each kind are shown, and how many more; -v shows them all."""
    made = PLANS["a thousand changes"]

    short, long = (text.plan(made, ZONE, plain, verbose=verbose) for verbose in (False, True))

    assert len(short.splitlines()) < 40
    assert "397 more positions" in short
    assert "597 more trades" in short
    assert "(-v shows them all)" in short
    assert all(change.key in long for change in made.changes)


def test_columns_are_aligned() -> None:
    """Wide characters take two columns, so that causes stand under one another."""
    lines = text.plan(PLANS["wide"], ZONE, plain).splitlines()[:2]

    columns = {
        sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line[: line.index("manual")])
        for line in lines
    }
    assert len(columns) == 1


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", VERDICTS)
def test_verdicts_read_well(name: str, form: str, snapshot: SnapshotAssertion) -> None:
    """Each verdict in each of its forms."""
    assert FORMS[form](VERDICTS[name], SHOWN) == snapshot


HOSTILE_ONES = [name for name in VERDICTS if "hostile" in name]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["everything", *(name for name in PLANS if "hostile" in name)])
def test_foreign_text_is_harmless(name: str, form: str) -> None:
    """No control but the newline comes through, and no text that is turned round."""
    shown = FORMS[form](Verdict(plan=PLANS[name]), SHOWN) + FORMS[form](VERDICTS["hostile"], SHOWN)

    assert {c for c in shown if unicodedata.category(c) in {"Cc", "Cf"}} <= {"\n"}


def test_foreign_text_is_no_workflow_command() -> None:
    """Each line is one command of ours, begun by us."""
    shown = github.commands(VERDICTS["hostile"]).splitlines()

    assert len(shown) == 1 + len(PLANS["hostile"].findings)
    for line in shown:
        assert re.match(r"::(error|warning|notice) title=snapsync paper(%3A [a-z-]+)?::", line)


def test_foreign_text_is_no_markup() -> None:
    """Nothing foreign opens a tag, a link, code, a cell, a mention or a heading in Markdown."""
    shown = markdown.of_verdict(VERDICTS["hostile"], ZONE)
    foreign = shown.replace("<br>", "").replace("`odd`", "").replace("**", "")
    table = [line for line in foreign.splitlines() if line.startswith("|")]

    assert not set("<`[*_~") & set(foreign)
    assert {line.count("|") for line in table} == {6}
    assert "@you" not in shown
    assert "www.evil" not in shown
    assert "http://" not in shown


def test_foreign_text_is_text_in_xml() -> None:
    """The report can be read, has the one test, and its words are words."""
    root = ET.fromstring(junit.report(VERDICTS["hostile"], ZONE))  # noqa: S314 - our own

    assert [each.tag for each in root.iter()] == ["testsuite", "testcase", "failure"]
    assert "<!channel>" in (root[0][0].text or "")


AMOUNTS = (
    "95,000",
    "95000",
    "100,262",
    "100262",
    "99,339",
    "99339",
    "5,262",
    "5,000",
    "5000",
    "1,234",
    "98,765",
)
MORE = ("98,765", "2.40", "2.4", "3.05", "0.0315", "1234.5", "7 contracts", "250.1")


def holds(amount: str, shown: str) -> bool:
    """Whether an amount stands in a text by itself, not within a symbol or an id."""
    return re.search(rf"(?<![\da-f]){re.escape(amount)}(?![\da-f])", shown) is not None


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", VERDICTS)
def test_redacted_is_without_amounts(name: str, form: str) -> None:
    """No amount and no quantity is in any form, the id stays, and what is not redacted has them."""
    found = VERDICTS[name]
    hidden = FORMS[form](found, HIDDEN)

    assert found.plan.id[:12] in hidden
    for amount in (*AMOUNTS, *MORE):
        assert not holds(amount, hidden)
    hostile = {"hostile undo", "hostile repair"}  # whose cells are no amounts
    if found.plan.drift and name not in hostile and (form != "github" or found.plan.findings):
        assert any(holds(amount, FORMS[form](found, SHOWN)) for amount in (*AMOUNTS, *MORE))


@pytest.mark.parametrize("name", PLANS)
def test_redacted_plans(name: str) -> None:
    """A plan's document keeps everything but its amounts: its id, keys and codes."""
    made = PLANS[name]
    whole, hidden = json.plan(made, None), json.plan(made, None, redact=True)

    assert hidden["id"] == whole["id"] == made.id
    assert hidden["redacted"] is True
    assert [each["key"] for each in hidden["changes"]] == [each["key"] for each in whole["changes"]]
    for amount in AMOUNTS:
        assert not holds(amount, json.dumps(hidden))


STANDINGS = {"in step": 0, "approved": 0, "unapproved": 2, "refused": 22}

plans = st.builds(
    lambda changes, findings: of(*changes, findings=tuple(findings)),
    st.lists(st.sampled_from(list(CHANGES.values())), max_size=3),
    st.lists(st.sampled_from(FINDINGS), max_size=3),
) | st.sampled_from(list(FILE_PLANS.values()))


@st.composite
def any_verdict(draw: st.DrawFn) -> Verdict:
    """Any plan beside any approval, with or without holes, rejected or not."""
    made: Plan = draw(plans)
    yes = approval(made)
    cover = Cover(id=ID, approval=yes, holes=tuple(draw(st.lists(st.sampled_from(HOLES), max_size=2))))
    return Verdict(
        plan=made,
        cover=draw(st.sampled_from([None, cover])),
        rejection=draw(st.sampled_from([None, yes])),
    )


@LAW
@given(any_verdict(), st.booleans())
def test_all_forms_agree(found: Verdict, hidden: bool) -> None:  # noqa: FBT001 - hypothesis's
    """Exit code, text, JSON, Markdown, annotations and JUnit never disagree."""
    amounts = HIDDEN if hidden else SHOWN
    shown = {name: form(found, amounts) for name, form in FORMS.items()}
    document = stdlib.loads(shown["json"])
    good = found.exit is Exit.OK
    suite = ET.fromstring(shown["junit"])  # noqa: S314 - our own

    assert found.exit == STANDINGS[found.standing]
    assert (document["standing"], document["exit"], document["passed"]) == (found.standing, found.exit, good)
    assert document["summary"] == verdict.headline(found)
    assert bool(document["plan"]["changes"] or document["plan"]["files"]) == document["plan"]["drift"]
    assert shown["text"].splitlines()[-1] == verdict.headline(found)
    assert ("✅" in shown["markdown"]) == good
    assert shown["github"].startswith("::notice") == good
    assert (suite.get("failures") == "0") == good
    assert bool(list(suite.iter("failure"))) != good


@LAW
@given(any_verdict())
def test_what_a_verdict_is(found: Verdict) -> None:
    """In step is to change nothing; approved is to be covered and not rejected; refused beats all."""
    covered = found.cover is not None and found.cover.whole and found.rejection is None

    assert (found.standing == "refused") == any(each.severity == "refuse" for each in found.plan.findings)
    if found.standing == "in step":
        assert not found.plan.drift
    if found.standing in {"approved", "unapproved"}:
        assert found.plan.drift
        assert covered == (found.standing == "approved")

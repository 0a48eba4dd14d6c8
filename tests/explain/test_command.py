"""``snapsync explain`` and ``snapsync performance`` as people type them, on a bot and its account."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from decimal import Decimal

import pytest
from syrupy.assertion import SnapshotAssertion

from snapsync import apply, explain, performance, plan
from tests.conftest import Bot, Ran

PUT = "QQQ250822P00480000"


@pytest.fixture
def moved(bot_at: Callable[..., Bot]) -> Bot:
    """A bot that agreed with its account in the evening, and looks again the next morning."""
    bot = bot_at("guide", until="before")
    bot.write_book()
    assert bot.run("plan").code == 0
    assert bot.run("apply", "--yes").code == 0
    bot.sandbox.stage("after")
    assert bot.run("plan").code == 0
    return bot


def words(ran: Ran) -> str:
    """What was printed, but for the header, whose folder differs from run to run."""
    assert ran.code == 0, ran.err
    return ran.out.partition("\n")[2]


def test_from_the_agreed_point_to_the_newest_look(moved: Bot, snapshot: SnapshotAssertion) -> None:
    """One line per cause, sums, and a clear line for what is unexplained."""
    assert words(moved.run("explain")) == snapshot


def test_with_rules_and_evidence(moved: Bot) -> None:
    """Each line says by which rule it was decided, and by which activities."""
    said = words(moved.run("explain", "-v"))
    parts = moved.run("explain", "--json").json["parts"]
    evidence = {key for part in parts for key in part["evidence"]}
    assert len(evidence) == 6
    assert all(f"evidence: {key}" in said for key in evidence)
    assert "the client order id begins with bot-" in said


def test_only_a_symbol_or_the_options_on_it(moved: Bot, snapshot: SnapshotAssertion) -> None:
    """The underlying's name is enough, in any case."""
    assert words(moved.run("explain", "--symbol", "qqq")) == snapshot
    assert words(moved.run("explain", "--symbol", PUT)).count(PUT) == 4


def test_as_markdown(moved: Bot, snapshot: SnapshotAssertion) -> None:
    """Tables, and nothing else."""
    assert moved.run("explain", "--markdown").out == snapshot


def test_as_json(moved: Bot) -> None:
    """Unexplained is a number; the parts add up to the change."""
    document = moved.run("explain", "--json").json
    assert document["kind"] == "explanation"
    assert document["unexplained"] == 0
    assert isinstance(document["unexplained"], float)
    assert document["explained"] is True
    for sum_ in ("cash", "equity"):
        parts = sum(Decimal(part[sum_]) for part in document["parts"])
        assert parts == Decimal(document[sum_]["change"])
        assert parts == Decimal(document[sum_]["after"]) - Decimal(document[sum_]["before"])


def test_a_plan_says_it_in_a_sentence(moved: Bot) -> None:
    """Also in its JSON; and an account that stood still is not talked about."""
    said = " ".join(moved.run("plan").out.split())
    assert "The account moved by +$5,262.75 since 2025-08-20 16:30 EDT: deposits +$5,000.00," in said
    assert "unexplained $0.00." in said
    moved_in_json = moved.run("plan", "--json").json["explanation"]
    assert moved_in_json["equity"] == "5262.75"
    assert {each["what"] for each in moved_in_json["sums"]} == {
        "deposits", "fees", "bot's trades", "manual trades",
    }  # fmt: skip
    moved.run("apply", "--yes")
    assert "The account moved" not in moved.run("plan").out


def test_first_contact_explains_what_was_read_and_calls_the_rest_baseline(bot: Bot) -> None:
    """Nothing is unexplained, for there is nothing to hold it against."""
    bot.run("plan")
    said = words(bot.run("explain"))
    assert "From first contact" in said
    assert "baseline" in said
    assert "deposit" in said
    assert bot.run("explain", "--json").json["unexplained"] == 0


def test_two_points_by_their_ids_or_times(moved: Bot) -> None:
    """Operations, plans and snapshots; both ways round is an error that says so."""
    log = [each["id"] for each in moved.run("log", "--json").json["operations"]]
    whole = words(moved.run("explain"))
    assert words(moved.run("explain", log[1], log[0])) == whole
    plan_id = moved.run("show", "--json").json["id"]
    assert words(moved.run("explain", log[1], plan_id[:12])) == whole
    wrong = moved.run("explain", log[0], log[1])
    assert wrong.code == 64
    assert "later than B" in wrong.err
    assert "$0.00" in words(moved.run("explain", log[0], log[0]))


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["zz"], 64, "neither an id nor a time"),
        (["ffffffff"], 64, "No such id"),
        (["2001-01-01"], 64, "Nothing was stored yet"),
        (["2025-02-30"], 64, "time cannot be used"),
        (["2025-08-20", "--since", "2025-08-20"], 64, "goes with no A"),
        (["--since", "lately"], 64, "not a time"),
        (["--markdown", "--json"], 64, "one of --json and --markdown"),
    ],
)
def test_a_wrong_point_is_one_clear_error(moved: Bot, args: list[str], code: int, said: str) -> None:
    """No traceback, and the exit code of wrong usage."""
    ran = moved.run("explain", *args)
    assert ran.code == code
    assert said in ran.err + ran.out


def test_nothing_stored_is_an_error(bot: Bot) -> None:
    """With the command that looks."""
    for command in ("explain", "performance"):
        ran = bot.run(command)
        assert ran.code == 10
        assert "snapsync plan" in ran.err


def test_money_that_no_activity_explains_asks_and_then_goes(moved: Bot) -> None:
    """Above the floor the plan wants a yes; when the activity arrives it is as if nothing had been."""
    world = moved.sandbox.world
    moved.run("apply", "--yes")
    with world.held():
        world.cash += 5000
    made = plan(moved.env()).plan
    assert made.drift
    assert [(each.code, each.severity) for each in made.asking] == [("cash-unexplained", "approve")]
    assert made.explanation is not None
    assert made.explanation.unexplained.cash == 5000
    assert "Unexplained: +$5,000.00." in moved.run("explain").out
    assert moved.run("explain", "--json").json["unexplained"] == 5000
    assert moved.run("apply", "--yes").code == 21
    with world.held():
        world.cash -= 5000
    moved.sandbox.do({"do": "clock", "by": "1h"}, {"do": "deposit", "amount": 5000})
    later = plan(moved.env()).plan
    assert not later.asking
    assert not [each for each in later.findings if "unexplained" in each.code]
    assert moved.run("apply", "--yes").code == 0


@pytest.mark.parametrize(
    ("anew", "by"), [(("--since", "2024-01-01"), "2h"), (("--record", "recording"), "2h"), ((), "-2h")]
)
def test_to_read_all_anew_explains_nothing(moved: Bot, anew: tuple[str, ...], by: str) -> None:
    """A reading that begins before all that was known leaves what is unexplained as it was, with its age."""
    moved.run("apply", "--yes")
    with moved.sandbox.world.held():
        moved.sandbox.world.cash += 5000
    before = moved.run("plan", "--json").json
    moved.sandbox.do({"do": "clock", "by": by})

    again = moved.run("plan", *anew, "--json").json
    later = moved.run("plan", "--json").json

    asking = [
        [each["detail"] for each in made["findings"] if each["code"] == "cash-unexplained"]
        for made in (before, again, later)
    ]
    assert len(asking[0]) == 1
    assert asking == [asking[0]] * 3
    assert moved.run("apply", "--yes").code == 21


def test_what_a_person_has_accepted_is_not_asked_about_again(moved: Bot) -> None:
    """A yes is remembered beside the amount, whatever comes after."""
    moved.run("apply", "--yes")
    with moved.sandbox.world.held():
        moved.sandbox.world.cash += 5000
    assert plan(moved.env()).plan.asking
    apply(moved.env(), confirmed=True)
    moved.sandbox.do({"do": "clock", "by": "1h"}, {"do": "withdrawal", "amount": 100})
    for _ in range(2):
        made = plan(moved.env()).plan
        assert not made.asking
    assert made.explanation is not None
    assert not made.explanation.unexplained


def test_two_accounts_do_not_explain_each_other(moved: Bot) -> None:
    """After a reset of the paper account it begins anew; over the reset is one clear error."""
    old = moved.run("log", "--json").json["operations"][0]["id"]
    moved.sandbox.do({"do": "reset", "cash": 50000})
    assert moved.run("rebind").code == 0
    moved.run("plan")
    assert "From first contact" in moved.run("explain").out
    assert performance(moved.env()).total.profit == 0
    wrong = moved.run("explain", old)
    assert wrong.code == 64
    assert "two accounts" in wrong.err


def test_a_few_cents_are_a_note_and_leave_the_plans_id_alone(moved: Bot) -> None:
    """Fees may be on their way: below the floor it is told, and blocks nothing."""
    before = plan(moved.env()).plan
    with moved.sandbox.world.held():
        moved.sandbox.world.cash -= Decimal("0.43")
    made = plan(moved.env()).plan
    assert made.id == before.id
    (note,) = [each for each in made.findings if each.code == "cash-unexplained"]
    assert note.severity == "note"
    assert "unexplained -$0.43" in note.detail


def test_a_quantity_that_no_activity_explains_asks(moved: Bot) -> None:
    """The position list says more than the fills make: both numbers are said."""
    world = moved.sandbox.world
    with world.held():
        held = world.positions["SPY250822C00635000"]
        world.positions["SPY250822C00635000"] = type(held)(
            instrument=held.instrument, qty=held.qty + 1, avg_entry_price=held.avg_entry_price
        )
    (asking,) = plan(moved.env()).plan.asking
    assert (asking.code, asking.key) == ("quantity-unexplained", "SPY250822C00635000")
    assert "lists 2" in asking.detail
    assert "make it 1" in asking.detail


def test_an_option_that_vanished_after_its_last_day_is_closed_without_asking(moved: Bot) -> None:
    """Expired or assigned: the row closes, and the evidence may come overnight."""
    moved.run("apply", "--yes")
    world = moved.sandbox.world
    moved.sandbox.do({"do": "clock", "to": "2025-08-23 09:00"})
    with world.held():
        del world.positions["SPY250822C00635000"]
    made = plan(moved.env()).plan
    assert not made.asking
    assert "expiry-pending" in {each.code for each in made.findings}
    said = moved.run("plan").out
    assert "1 → 0, expired or assigned, evidence pending" in said
    moved.sandbox.do({"do": "clock", "to": "2025-08-27 09:00"})
    assert [each.code for each in plan(moved.env()).plan.asking] == ["expiry-pending"]


# --- performance -----------------------------------------------------------------------------------


def test_what_the_account_earned(moved: Bot, snapshot: SnapshotAssertion) -> None:
    """The deposit is no profit; the fee counts for the day before, whose look was the first."""
    assert words(moved.run("performance")) == snapshot
    assert performance(moved.env()).total.profit == Decimal("262.75")


def test_as_csv_and_json(moved: Bot) -> None:
    """For a spreadsheet and for a script."""
    head, row = moved.run("performance", "--csv").out.splitlines()
    figures = dict(zip(head.split(","), row.split(","), strict=True))
    assert (figures["day"], figures["profit"], figures["deposits"]) == ("2025-08-21", "262.75", "5000")
    document = moved.run("performance", "--by", "month", "--json").json
    assert document["kind"] == "performance"
    assert [period["name"] for period in document["periods"]] == ["2025-08"]
    assert document["total"]["profit"] == "262.75"


def test_a_chart_is_complete_in_itself(moved: Bot) -> None:
    """Well formed, nothing is fetched, and only its owner may read it."""
    assert moved.run("performance", "--svg", "p.svg", "--html", "p.html").code == 0
    svg = moved.folder / "p.svg"
    picture = ET.parse(svg).getroot()  # noqa: S314 - our own
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    assert len(picture.findall(".//{*}rect")) == 1
    page = (moved.folder / "p.html").read_text()
    assert "+$262.75" in page
    for text in (page, svg.read_text()):
        assert "href" not in text
        assert "src=" not in text
        assert "url(" not in text
    assert svg.stat().st_mode & 0o777 == 0o600


def test_one_look_is_not_enough(bot: Bot) -> None:
    """Profit lies between two."""
    bot.run("plan")
    ran = bot.run("performance")
    assert ran.code == 20
    assert "two looks" in ran.err


def test_a_chart_that_cannot_be_written_is_one_clear_error(moved: Bot) -> None:
    """It names the file."""
    ran = moved.run("performance", "--svg", "no-such-folder/p.svg")
    assert ran.code == 1
    assert "no-such-folder/p.svg" in ran.err


def test_from_a_program(moved: Bot) -> None:
    """The same through the public API."""
    found = explain(moved.env()).found
    assert found.equity.change == Decimal("5262.75")
    assert not found.unexplained
    assert json.loads(moved.run("explain", "--json").out)["equity"]["change"] == "5262.75"

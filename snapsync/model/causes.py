"""What kind of thing an activity is: whose or what caused it, in a word or two, and by which rule."""

from __future__ import annotations

import msgspec

from .change import Cause
from .ledger import DELIVERY, FILL, FLOWS, KNOWN_TYPES, OPTION_EVENTS, Activity
from .proven import Told
from .senders import Senders

_CORPORATE = frozenset(
    {"SPLIT", "SPIN", "NC", "MA", "REORG", "REO", "VOF", "OPCA", "FOPT", "OCT", "CIL", "SC", "SSO", "SSP"}
)
_TRANSFERS = FLOWS | {"ACATS", "JNLS"}
_FEES = frozenset({"FEE", "CFEE", "DIVFEE", "PTC", "PTR"})
_INCOME = ("DIV", "INT", "CGD", "SWP", "WH")

_WORDS = {
    "CSD": "deposit",
    "CSW": "withdrawal",
    "CFEE": "coin fee",
    "SPLIT": "split",
    "OPEXP": "expired",
    "OPASN": "assigned",
    "OPEXC": "exercised",
    "OPXRC": "exercised",
    "OPTRD": "delivered",
    "OPCSH": "cash delivered",
    "CIL": "cash in lieu",
    "NC": "renamed",
    "ACATS": "transfer",
    "JNLS": "transfer",
}
_FIRST_WORDS = {
    "DIV": "dividend",
    "CGD": "dividend",
    "INT": "interest",
    "SWP": "interest",
    "WH": "withholding",
}
_WITHHELD = {"DIVNRA", "DIVFT", "DIVTW", "DIVWH", "INTNRA", "INTTW"}


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """What caused a part, what happened, and how that is known."""

    cause: Cause
    what: str
    rule: str
    or_else: str = ""


def kind_of(told: Told, senders: Senders) -> Kind:
    """Say what an activity is."""
    row = told.row
    if told.again:
        what = "busted or corrected" if told.sign < 0 else "as corrected"
        return Kind(cause=Cause.RESTATEMENT, what=what, rule="the broker tells an activity otherwise now")
    if row.type == FILL:
        sender = senders.of(row)
        what = "bought" if row.side == "buy" else "sold"
        return Kind(cause=sender.cause, what=what, rule=sender.rule, or_else=sender.or_else)
    canceled = "canceled " if row.void else ""
    return Kind(cause=cause_of(row), what=f"{canceled}{_what(row)}", rule=_rule(row))


def cause_of(row: Activity) -> Cause:
    """What caused an activity that is no fill."""
    if row.type in OPTION_EVENTS or row.type in {DELIVERY, "OPCSH"}:
        return Cause.OPTION_EVENT
    if row.type in _CORPORATE:
        return Cause.CORPORATE
    if row.type in _TRANSFERS:
        return Cause.CASH_FLOW
    if row.type in _FEES:
        return Cause.FEE
    return Cause.INCOME if row.type.startswith(_INCOME) else Cause.UNKNOWN


def _what(row: Activity) -> str:
    if row.type == "FEE":
        return f"{row.sub_type} fee" if row.sub_type else "fee"
    if row.type in _TRANSFERS and row.net_amount:
        return "deposit" if row.net_amount > 0 else "withdrawal"
    if row.type in _WITHHELD:
        return "withholding"
    first = next((words for start, words in _FIRST_WORDS.items() if row.type.startswith(start)), row.type)
    return _WORDS.get(row.type, first)


def _rule(row: Activity) -> str:
    if row.void:
        return "the broker calls the activity canceled: it moves nothing"
    known = f"the activity's type is {row.type}"
    return known if row.type in KNOWN_TYPES else f"{known}, which snapsync does not know"

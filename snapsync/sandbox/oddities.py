"""Ways in which a world may differ from the usual one."""

from __future__ import annotations

ODDITIES = {
    "token-skips-millisecond": "a page that continues by token lacks the rows that share the first 17"
    " digits of the token's id, as was seen in reality (Alpaca-API issue 176)",
    "fees-leave-cash-early": "cash is less by a fee as soon as accrued_fees or pending_reg_taf_fees show it,"
    " not when it is posted; which of the two is so is not documented",
}
"""What the real API was seen to do against its own documentation."""

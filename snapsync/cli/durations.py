"""Lengths of time as people type them: ``90s``, ``30m``, ``2h``, ``7d``."""

from __future__ import annotations

import re
from datetime import timedelta

import click

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_FORM = re.compile(r"(\d{1,6})\s*([smhd])", re.ASCII | re.IGNORECASE)


class Duration(click.ParamType[timedelta]):
    """A whole number and its unit."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        match = _FORM.fullmatch(str(value).strip())
        if not match:
            self.fail(f"{value!r} is not a length of time such as 30m, 2h or 7d", param, ctx)
        number, unit = match.groups()
        return timedelta(**{_UNITS[unit.lower()]: int(number)})

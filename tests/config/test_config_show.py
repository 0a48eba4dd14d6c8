from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from snapsync.config import Config, docs_table, listing, template
from snapsync.config.settings import SETTINGS, TOP_KEYS
from snapsync.config.zone import system_zone
from snapsync.errors import ConfigError

Loader = Callable[..., Config]

ROOT = Path(__file__).parents[2]
GUIDE = {
    "ALPACA_SYNC_ENABLED": "true",
    "ALPACA_AUTO_SYNC_BEFORE_TRADE": "true",
    "ALPACA_SYNC_TOLERANCE_PCT": "1.0",
    "ALPACA_SYNC_SLACK_ALERTS": "true",
    "ALPACA_SYNC_INTERVAL_MINUTES": "15",
}


def test_the_listing_shows_each_value_with_its_source(bot: Loader) -> None:
    """Every setting is listed once, in the table's order, with value, source and meaning."""
    rows = listing(
        bot(
            "ALPACA_SYNC_TOLERANCE_PCT: 2.50\nALPACA_SYNC_BOOK:\n  columns: {qty: quantity}\n",
            dotenv="ALPACA_SYNC_IGNORE=spy*,QQQ",
            ALPACA_SYNC_ENABLED="no",
        )
    )
    shown = {row.key: (row.value, row.source) for row in rows}

    assert [setting.key for setting in SETTINGS] == [row.key for row in rows[:-2]]
    assert shown["ALPACA_SYNC_TOLERANCE_PCT"] == ("2.50", "config.yaml:1")
    assert shown["ALPACA_SYNC_BOOK.columns"] == ("qty: quantity", "config.yaml:3")
    assert shown["ALPACA_SYNC_BOOK.positions"] == ("positions_alpaca_paper.csv", "default")
    assert shown["ALPACA_SYNC_IGNORE"] == ("SPY*, QQQ", ".env:1")
    assert shown["ALPACA_SYNC_ENABLED"] == ("false", "environment")
    assert shown["ALPACA_SYNC_TIMEZONE"] == ("America/New_York", "default")
    assert all(row.doc.endswith(".") for row in rows)


def test_the_listing_shows_secrets_as_set(bot: Loader) -> None:
    """Of the credentials only the variable's name and place are shown, or that there are none."""
    none = [row[:3] for row in listing(bot(""))[-2:]]
    half = [row[:3] for row in listing(bot("", ALPACA_PAPER_API_KEY="hunter2"))[-2:]]

    assert none == [("ALPACA_API_KEY", "not set", ""), ("ALPACA_SECRET_KEY", "not set", "")]
    assert half == [
        ("ALPACA_API_KEY", "set (from ALPACA_PAPER_API_KEY)", "environment"),
        ("ALPACA_SECRET_KEY", "not set", ""),
    ]


def test_the_documentation_is_current() -> None:
    """docs/config.md is what the table of settings renders; ``make docs`` rewrites it."""
    committed = (ROOT / "docs/config.md").read_text(encoding="utf-8")

    assert committed == docs_table()


def test_every_setting_is_documented() -> None:
    """Each row has one plain sentence and appears in the page."""
    page = docs_table()

    for setting in SETTINGS:
        assert f"| `{setting.key}` |" in page
        assert re.fullmatch(r"[A-Z][^.]*(\.json|\.csv)?[^.]*\.", setting.doc), setting.key


def test_the_repositorys_config_is_the_template() -> None:
    """What init writes is what the repository shows."""
    assert template() == (ROOT / "config.yaml").read_text(encoding="utf-8")


def test_the_template_begins_with_the_guides_keys_and_changes_nothing(bot: Loader) -> None:
    """Its live lines are the guide's five at their defaults: with or without it, all is the same."""
    live = dict(re.findall(r"^([A-Z_]+): +([^ ]+)", template(), flags=re.MULTILINE))
    written, empty = listing(bot(template())), listing(bot(""))

    assert list(live.items()) == list(GUIDE.items())
    assert [row.value for row in written] == [row.value for row in empty]


def test_the_templates_commented_lines_work(bot: Loader) -> None:
    """Uncommenting a line of the template gives a valid file: no example is broken."""
    text = re.sub(r"^# (ALPACA_|  [a-z]+: )", r"\1", template(), flags=re.MULTILINE)
    named = set(re.findall(r"^(ALPACA_[A-Z_]+):", text, flags=re.MULTILINE))

    config = bot(text)

    assert named <= set(TOP_KEYS)
    assert len(named) > len(GUIDE)
    assert config.require_approval == ("live",)
    assert config.book.columns == (("qty", "quantity"),)
    assert config.book.history == bot("").book.history


def test_importing_the_configuration_is_cheap() -> None:
    """Neither PyYAML nor python-dotenv is loaded before a file is read."""
    code = "import sys, snapsync.config; print({'yaml', 'dotenv'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"


def test_the_systems_zone_is_what_the_c_library_uses(tmp_path: Path) -> None:
    """TZ, else the link /etc/localtime, else its contents, else UTC."""
    assert system_zone({"TZ": "Asia/Tokyo"}, tmp_path).key == "Asia/Tokyo"
    assert system_zone({"TZ": ":/usr/share/zoneinfo/Asia/Tokyo"}, tmp_path).key == "Asia/Tokyo"
    assert system_zone({"TZ": ""}, tmp_path).key == "UTC"
    assert system_zone({}, tmp_path).key == "UTC"

    (tmp_path / "localtime").symlink_to("../usr/share/zoneinfo/Europe/Berlin")
    assert system_zone({}, tmp_path).key == "Europe/Berlin"

    (tmp_path / "localtime").unlink()
    (tmp_path / "localtime").write_bytes(b"no zone file")
    assert system_zone({}, tmp_path).key == "UTC"


def test_a_zone_that_has_no_name_is_refused(bot: Loader) -> None:
    """A TZ that is a rule and no name is an error, unless both zones are set."""
    both = "ALPACA_SYNC_BOOK_TIMEZONE: UTC\nALPACA_SYNC_TIMEZONE: UTC\n"

    with pytest.raises(ConfigError, match='TZ is "CST6MDT7"'):
        bot("", TZ="CST6MDT7")
    assert bot(both, TZ="CST6MDT7").timezone.key == "UTC"

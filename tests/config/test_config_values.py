from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snapsync.config import Config, load
from snapsync.config.settings import SETTINGS
from snapsync.errors import ConfigError

Loader = Callable[..., Config]

SAME_FOLDER = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None
)


def test_an_empty_file_means_the_guides_defaults(bot: Loader, tmp_path: Path) -> None:
    """An empty config.yaml is a whole configuration: the defaults, with the guide's file names."""
    config = bot("")

    assert (config.enabled, config.auto_sync_before_trade, config.slack_alerts) == (True, True, True)
    assert (Decimal("1.0"), 15) == (config.tolerance_pct, config.interval_minutes)
    assert config.book.bankroll == tmp_path / "bankroll_alpaca_paper.json"
    assert config.book.positions == tmp_path / "positions_alpaca_paper.csv"
    assert config.book.history == tmp_path / "logs/trade_history_alpaca_paper.csv"
    assert config.book.audit == tmp_path / "logs/alpaca_sync_paper.log"
    assert config.state == tmp_path / "state/paper"
    assert config.asset_classes == ("us_option",)
    assert config.components == ("bankroll", "positions", "transactions")
    assert config.base_url == "https://paper-api.alpaca.markets"


def test_every_setting_has_a_field(bot: Loader) -> None:
    """Each row of the table is a field of Config or of its book, and of the default's type."""
    config = bot("")

    for setting in SETTINGS:
        home = config.book if "." in setting.key else config
        value = getattr(home, setting.field)
        assert isinstance(value, (type(setting.default), Path, ZoneInfo)), setting.key
        assert isinstance(value, ZoneInfo) == (setting.default is None), setting.key
        assert isinstance(value, Path) == (setting.kind.expected.startswith("a path")), setting.key


def test_numbers_are_exact(bot: Loader) -> None:
    """1.10 stays one and ten hundredths, as no float could hold it."""
    config = bot("ALPACA_SYNC_TOLERANCE_PCT: 1.10")

    assert str(config.tolerance_pct) == "1.10"


@pytest.mark.parametrize("word", ["true", "True", "TRUE", "yes", "on", "ON", "'true'"])
def test_true_has_yamls_spellings(bot: Loader, word: str) -> None:
    """True may be written in each of YAML's ways, in any case, quoted or not."""
    assert bot(f"ALPACA_SYNC_SELF_APPROVAL: {word}").self_approval is True


@pytest.mark.parametrize("word", ["false", "False", "no", "NO", "off", '"off"'])
def test_false_has_yamls_spellings(bot: Loader, word: str) -> None:
    """False may be written in each of YAML's ways, in any case, quoted or not."""
    assert bot(f"ALPACA_SYNC_SELF_APPROVAL: {word}").self_approval is False


def test_symbols_that_look_like_booleans_stay_symbols(bot: Loader) -> None:
    """The tickers ON and NO are symbols, not true and false."""
    assert bot("ALPACA_SYNC_IGNORE: [ON, no, 'spy*', ON]").ignore == ("ON", "NO", "SPY*")


def test_the_guides_spelling_of_an_asset_class_is_understood(bot: Loader) -> None:
    """US_OPTION in capitals is us_option, and the order of a list does not matter."""
    config = bot("ALPACA_SYNC_ASSET_CLASSES: [crypto, US_OPTION, us_option]")

    assert config.asset_classes == ("us_option", "crypto")


def test_a_list_may_be_written_as_text(bot: Loader) -> None:
    """A single word, or words with commas, are a list too."""
    assert bot("ALPACA_SYNC_ASSET_CLASSES: us_equity").asset_classes == ("us_equity",)


def test_the_book_is_found_under_its_own_names(bot: Loader, tmp_path: Path) -> None:
    """Paths are seen from the config file, {env} is filled in, unmentioned files keep defaults."""
    config = bot(
        "ALPACA_SYNC_BOOK:\n"
        "  positions: data/{env}/open.csv\n"
        f"  bankroll: {tmp_path}/elsewhere/{{env}}.json\n"
        "  columns: {qty: quantity, no: symbol}\n",
        env="live",
    )

    assert config.book.positions == tmp_path / "data/live/open.csv"
    assert config.book.bankroll == tmp_path / "elsewhere/live.json"
    assert config.book.history == tmp_path / "logs/trade_history_alpaca_live.csv"
    assert config.book.columns == (("qty", "quantity"), ("no", "symbol"))


def test_zones_default_to_the_systems(bot: Loader) -> None:
    """Without a setting both zones are the system's; each can be set on its own."""
    config = bot("ALPACA_SYNC_TIMEZONE: Europe/Berlin")

    assert (config.book_timezone.key, config.timezone.key) == ("America/New_York", "Europe/Berlin")


def test_merged_yaml_counts(bot: Loader) -> None:
    """Keys that come through a YAML merge count, and a key written out wins over them."""
    config = bot(
        "base: &base\n  ALPACA_SYNC_GRACE_SECONDS: 1\n  ALPACA_SYNC_LOOKBACK_DAYS: 2\n"
        "ALPACA_SYNC_GRACE_SECONDS: 3\n<<: *base\n"
    )

    assert (config.grace_seconds, config.lookback_days) == (3, 2)


def test_a_byte_order_mark_is_no_obstacle(bot: Loader) -> None:
    """A file saved by a Windows editor reads the same."""
    assert bot(b"\xef\xbb\xbfALPACA_SYNC_GRACE_SECONDS: 5\r\n").grace_seconds == 5


@SAME_FOLDER
@given(
    st.dictionaries(
        st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True).filter(
            lambda key: not key.upper().startswith("ALPACA")
        ),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=8),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
            max_leaves=5,
        ),
        max_size=6,
    )
)
def test_the_bots_own_keys_never_matter(bot: Loader, foreign: dict[str, object]) -> None:
    """Whatever else stands in the file, our settings are the same."""
    ours = "ALPACA_SYNC_TOLERANCE_PCT: 2.50\n"
    theirs = yaml.safe_dump(foreign) if foreign else ""

    assert bot(ours + theirs) == bot(ours)


@SAME_FOLDER
@given(st.integers(0, 100), st.integers(0, 999_999))
def test_every_percentage_survives(bot: Loader, whole: int, fraction: int) -> None:
    """A percentage in range is read exactly as it stands, from the file and the environment."""
    text = f"{whole}.{fraction:06}" if whole < 100 else "100.000"

    assert str(bot(f"ALPACA_SYNC_TOLERANCE_PCT: {text}").tolerance_pct) == text
    assert str(bot("", ALPACA_SYNC_TOLERANCE_PCT=text).tolerance_pct) == text


@SAME_FOLDER
@given(st.text(max_size=40) | st.binary(max_size=40))
def test_any_bytes_are_a_config_or_a_clear_error(bot: Loader, text: str | bytes) -> None:
    """Whatever stands in the file, the answer is a Config or a ConfigError."""
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    try:
        bot(raw)
        answer = "config.yaml: fine"
    except ConfigError as error:
        answer = error.detail

    assert answer.startswith("config.yaml:")


def test_a_config_can_be_named(tmp_path: Path) -> None:
    """--config wins over SNAPSYNC_CONFIG; everything is relative to the file that is named."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "bot.yaml").write_text("")
        (tmp_path / name / ".env").write_text(f"ALPACA_SYNC_SLACK_CHANNEL='{name}'")
    environ = {"TZ": "UTC", "SNAPSYNC_CONFIG": "one/bot.yaml"}

    by_variable = load(environ, tmp_path)
    by_option = load(environ, tmp_path, config=Path("two/bot.yaml"))

    assert (by_variable.slack_channel, by_option.slack_channel) == ("one", "two")
    assert by_option.path == tmp_path / "two/bot.yaml"
    assert by_option.state == tmp_path / "two/state/paper"
    assert dict(by_option.sources)["ALPACA_SYNC_SLACK_CHANNEL"] == "two/.env:1"


def test_loading_writes_nothing(bot: Loader, tmp_path: Path) -> None:
    """Neither the state folder nor the book appears because a configuration was read."""
    bot("")

    assert sorted(path.name for path in tmp_path.iterdir()) == [".env", "config.yaml"]

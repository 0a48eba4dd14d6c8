"""Which hosts may get the API keys.

config.yaml may name Alpaca's own hosts (over TLS) and this machine; any other host has to be named
by an environment variable, so that a changed file in a repository cannot send the keys elsewhere.
"""

from __future__ import annotations

import re
from ipaddress import ip_address

from snapsync.config.found import Found, quoted
from snapsync.config.kinds import Kind, text_of
from snapsync.errors import ConfigError

ALPACA_HOSTS = {"paper": "paper-api.alpaca.markets", "live": "api.alpaca.markets"}
DEFAULT_URLS = {env: f"https://{host}" for env, host in ALPACA_HOSTS.items()}

# Stricter than any URL parser on purpose: what two parsers could read differently is no address.
# There is no place for a user name, a query or a fragment.
ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])"
    r"(?P<port>:[0-9]{1,5})?(?P<path>(?:/[A-Za-z0-9._~-]+)*)",
)


def base_url(env: str) -> Kind:
    """An env's API address, without a trailing slash or ``/v2``."""

    def parse(found: Found) -> str:
        scheme, rest = _split(text_of(found.value))
        address = ADDRESS.fullmatch(f"{scheme}://{rest}")
        if address is None or int((address["port"] or ":443")[1:]) not in range(1, 65536):
            # the value is not shown: it may be an address with a password, or a key in the wrong place
            what = f"{found.key} is not an address such as {DEFAULT_URLS[env]}"
            raise _refused(found, what, "Give scheme and host only: no user name, no query.")
        _check(found, env, address["scheme"], address["host"])
        return address[0]

    return Kind(expected=f"an address such as {DEFAULT_URLS[env]}", parse=parse)


def _split(url: str) -> tuple[str, str]:
    """Scheme and the rest, both in the form we keep: host in lower case, no ``/v2`` at the end."""
    scheme, _, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    trimmed = (authority.lower() + slash + path).rstrip("/")
    return scheme.lower(), trimmed.removesuffix("/v2").rstrip("/")


def _check(found: Found, env: str, scheme: str, host: str) -> None:
    """Refuse a host that must not get this env's keys."""
    known = host in ALPACA_HOSTS.values()
    if known and host != ALPACA_HOSTS[env]:
        raise _refused(
            found,
            f"{found.key} is the {env} address, but {host} is Alpaca's host for the other env",
            f"Alpaca's {env} address is {DEFAULT_URLS[env]}.",
        )
    if is_loopback(host):
        return
    if not known and not found.trusted:
        raise _refused(
            found,
            f"{found.key} names the host {quoted(host)}; your API keys would be sent there",
            "config.yaml may name only Alpaca's hosts and this machine (127.0.0.1, localhost); "
            f"any other host must come from the environment variable {found.key}.",
        )
    if scheme != "https":
        raise _refused(
            found,
            f"{found.key} uses http; your API keys would be sent to {quoted(host)} unencrypted",
            "Use https (http is for this machine only).",
        )


def is_loopback(host: str) -> bool:
    """Whether the host is this machine and nothing else."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False


def _refused(found: Found, what: str, hint: str) -> ConfigError:
    return ConfigError("An API address is not allowed.", detail=f"{found.source}: {what}", hint=hint)

"""Addresses that belong to this machine, and addresses that the bot may send to."""

import ipaddress

from yarl import URL

from bot.teams.settings import TeamsSettings


def is_loopback(host: str) -> bool:
    """Return True if `host`, a name or an address without port, is this machine's loopback. Ask no name server."""
    name = host.strip("[]").rstrip(".").casefold()
    if name == "localhost":
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def service_url(text: str) -> URL:
    """Return a connector's base address. Raise ValueError for anything but plain http(s)://host[:port]/path."""
    url = URL(text)
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError("serviceUrl must be an http or https address")
    if url.user is not None or url.password is not None or url.query_string or url.fragment:
        raise ValueError("serviceUrl must not carry a user, a query or a fragment")
    return url


def may_send_to(text: str, settings: TeamsSettings) -> bool:
    """Return True if the bot may send to this service URL, its token included."""
    try:
        url = service_url(text)
    except ValueError:
        return False
    host = (url.host or "").rstrip(".").casefold()
    if settings.local:
        return is_loopback(host)
    return url.scheme == "https" and any(_matches(host, pattern) for pattern in settings.service_hosts)


def _matches(host: str, pattern: str) -> bool:
    pattern = pattern.casefold()
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern

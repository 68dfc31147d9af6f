"""Observations of what the certificate depends on, at one moment, and checks of them for each cause. Pure.

Each check returns True if that is the cause, False if it is not, None if nobody can tell.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from ipaddress import ip_address, ip_network
from typing import Final

from clients.errors import Unavailable
from clients.public.certificate import Certificate
from clients.public.dns import Caa
from commands.certificate.entrance import Entrance
from commands.certificate.limits import NOTHING_KNOWN, Known

ISSUER: Final = "letsencrypt.org"
_PRIVATE: Final = tuple(
    ip_network(net)
    for net in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
    )
)


class CertificateCause(Enum):
    """The obstacle between the host and its certificate."""

    OWN = "not from Let's Encrypt"
    STOPPED = "autohttps does not run"
    RATE_LIMIT = "rate limit"
    DNS = "DNS"
    PORT_80 = "port 80"
    ANSWERED = "another server on port 80"
    REDIRECTED = "redirect on port 80"
    CAA = "CAA"
    CONTACT = "contact address"
    AUTHORITY = "Let's Encrypt"
    EGRESS = "egress of autohttps"
    ACCOUNT = "account at Let's Encrypt"
    ORDER = "another name of the same certificate"
    ROUTE = "the way in to the hub"
    FOREIGN = "another server on port 443"
    UNANSWERED = "no answer on port 443"
    RENEWAL = "renewal"
    CLOCK = "not valid yet"
    OTHER = "other"


@dataclass(frozen=True)
class Probes:
    """The observations. None is what could not be seen; `port80` and `directory` are empty if all is well.

    `automatic` says if the release gets its certificate from Let's Encrypt by autohttps; `contact` is its address for
    that, empty if it has none; `running` says if autohttps runs; `log` is what Traefik last wrote. `hosts` are all
    that the hub is served at, `known` the attempts and certificates that count for Let's Encrypt's limits, and
    `entrance` the Gateway or Ingress that the hub is behind, if it is. `served` is what a handshake
    with the host brought.
    """

    host: str
    now: datetime
    balancer: tuple[str, ...] | None = None
    resolved: tuple[str, ...] | None = None
    caa: tuple[Caa, ...] | None = None
    port80: str | None = None
    directory: str | None = None
    automatic: bool | None = None
    contact: str | None = None
    running: bool | None = None
    log: str | None = None
    hosts: tuple[str, ...] = ()
    known: Known = NOTHING_KNOWN
    entrance: Entrance | None = None
    served: Certificate | Unavailable | None = None


def points_elsewhere(probes: Probes) -> bool | None:
    """Return True if the host's name leads to anybody else than the load balancer, or to nobody."""
    if probes.resolved is None:
        return None
    if not probes.resolved:
        return True
    if not probes.balancer or not all(one[0].isdigit() or ":" in one for one in probes.balancer):
        return None
    if is_behind(probes) and not any(_is_private(one) for one in probes.resolved):
        # A private address can be in nobody's public DNS: what is in front of it cannot be seen from here.
        return None
    return not set(probes.resolved) <= set(probes.balancer)


def is_behind(probes: Probes) -> bool:
    """Return True if the load balancer has private addresses alone.

    Something else stands between it and the world then.
    """
    return bool(probes.balancer) and all(_is_private(one) for one in probes.balancer or ())


def is_private_only(probes: Probes) -> bool:
    """Return True if the host's name has addresses in DNS, all of them such as nobody outside can reach."""
    return bool(probes.resolved) and all(_is_private(one) for one in probes.resolved or ())


def _is_private(address: str) -> bool:
    """Return True if nobody can have the address in public (RFC 1918, 6598, 4193 and link-local)."""
    try:
        its = ip_address(address)
    except ValueError:
        return False
    return any(its in net for net in _PRIVATE if net.version == its.version)


def is_forbidden(probes: Probes) -> bool | None:
    """Return True if the CAA records forbid Let's Encrypt to issue.

    By RFC 8659, if any record says who may issue, nobody else may; a record that is critical and unknown forbids.
    """
    if probes.caa is None:
        return None
    issue = [one.value.partition(";")[0].strip().lower() for one in probes.caa if one.tag == "issue"]
    unknown = any(one.critical and one.tag not in ("issue", "issuewild", "iodef", "issuemail") for one in probes.caa)
    return unknown or (bool(issue) and ISSUER not in issue)


def has_no_contact(probes: Probes) -> bool | None:
    """Return True if the release has no address for Let's Encrypt."""
    return None if probes.contact is None else not probes.contact.strip()


def is_closed(probes: Probes) -> bool | None:
    """Return True if port 80 does not answer the bot."""
    return None if probes.port80 is None else bool(probes.port80)


def is_down(probes: Probes) -> bool | None:
    """Return True if Let's Encrypt does not answer the bot."""
    return None if probes.directory is None else bool(probes.directory)


# In the order in which they have to be dealt with.
CHECKS: Final[Mapping[CertificateCause, Callable[[Probes], bool | None]]] = {
    CertificateCause.CONTACT: has_no_contact,
    CertificateCause.DNS: points_elsewhere,
    CertificateCause.CAA: is_forbidden,
    CertificateCause.PORT_80: is_closed,
    CertificateCause.AUTHORITY: is_down,
}

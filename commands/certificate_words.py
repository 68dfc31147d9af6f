"""Each cause in plain words, with what helps: from what Traefik wrote and what was seen. Pure."""

from collections.abc import Callable, Mapping
from typing import Final

from commands.certificate_complaint import Complaint
from commands.certificate_seen import ISSUER, Cause, Probes, has_no_contact, points_elsewhere

RETRY: Final = "/jhub cert retry"
_CONTACT: Final = "proxy.https.letsencrypt.contactEmail"

Said = tuple[str, tuple[str, ...]]


def _dns(complaint: Complaint | None, seen: Probes) -> Said:
    to = " or ".join(seen.balancer or ()) or "the load balancer"
    then = f"Then: {RETRY}"
    if seen.resolved == ():
        words = f"{seen.host} has no address in DNS, so nobody can reach it, Let's Encrypt included."
    elif points_elsewhere(seen):
        points = ", ".join(seen.resolved or ())
        words = (
            f"{seen.host} points to {points} in DNS, but the load balancer is {to}: Let's Encrypt contacts "
            "the wrong host."
        )
    else:
        words = f"Let's Encrypt did not find the hub through DNS{_quoted(complaint)}."
    return words, (f"Point {seen.host} to {to} in DNS (its A record; no AAAA record that leads elsewhere).", then)


def _port80(complaint: Complaint | None, seen: Probes) -> Said:
    words = f"Let's Encrypt cannot reach {seen.host} on port 80, where its challenge must be answered"
    own = f"; neither can the bot: {seen.port80}" if seen.port80 else ""
    advice = (
        "Let port 80 through to the load balancer: check the network security group, firewall and "
        "loadBalancerSourceRanges."
    )
    return f"{words}{_quoted(complaint)}{own}.", (advice, f"Then: {RETRY}")


def _caa(complaint: Complaint | None, seen: Probes) -> Said:
    issuers = [one for one in seen.caa or () if one.tag == "issue"]
    name = issuers[0].name if issuers else seen.host
    advice = (f"Add to DNS: {name}. CAA 0 issue “{ISSUER}”", f"Then: {RETRY}")
    if not issuers:
        return f"A CAA record in DNS does not allow Let's Encrypt to issue for {seen.host}{_quoted(complaint)}.", advice
    allowed = ", ".join(one.value for one in issuers)
    return f"The CAA record of {name} lets only {allowed} issue certificates, not Let's Encrypt.", advice


def _contact(complaint: Complaint | None, seen: Probes) -> Said:
    if has_no_contact(seen):
        words = f"The release has no contact address for Let's Encrypt ({_CONTACT})."
    else:
        whose = f" {seen.contact}" if seen.contact else ""
        words = f"Let's Encrypt does not accept the release's contact address{whose} ({_CONTACT}){_quoted(complaint)}."
    return words, (f"Put an address that receives mail into {_CONTACT} and deploy.", f"Then: {RETRY}")


def _authority(complaint: Complaint | None, seen: Probes) -> Said:
    own = seen.directory or "Let's Encrypt did not issue a certificate"
    advice = ("letsencrypt.status.io says how long it lasts.", f"When it works again: {RETRY}")
    return f"{own}{_quoted(complaint)}.", advice


def _other(complaint: Complaint | None, seen: Probes) -> Said:
    advice = (f"{RETRY} tries again.", "/jhub logs autohttps traefik shows what Traefik says.")
    if complaint is None:
        what = "cannot be read now" if seen.log is None else "does not say why"
        return f"Traefik has no certificate for {seen.host}; its log {what}.", advice
    return f"Let's Encrypt refused{_quoted(complaint)}.", advice


def _quoted(complaint: Complaint | None) -> str:
    return f" (“{complaint.words}”)" if complaint and complaint.words else ""


WORDS: Final[Mapping[Cause, Callable[[Complaint | None, Probes], Said]]] = {
    Cause.DNS: _dns,
    Cause.PORT_80: _port80,
    Cause.CAA: _caa,
    Cause.CONTACT: _contact,
    Cause.AUTHORITY: _authority,
    Cause.OTHER: _other,
}

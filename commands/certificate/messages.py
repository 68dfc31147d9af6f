"""Texts for each cause, with its remedy, from what Traefik wrote and what was seen. Pure."""

from collections.abc import Callable, Mapping
from typing import Final

from commands.certificate.acme_errors import AcmeError, error_of, redirected_to
from commands.certificate.observations import (
    ISSUER,
    CertificateCause,
    Probes,
    has_no_contact,
    is_behind,
    points_elsewhere,
)
from commands.kubernetes.messages import quoted

RETRY: Final = "/jhub cert retry"
_CONTACT: Final = "proxy.https.letsencrypt.contactEmail"

Said = tuple[str, tuple[str, ...]]


def _dns(complaint: AcmeError | None, seen: Probes) -> Said:
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
    if is_behind(seen):
        return words, (f"Point {seen.host} in DNS to the public address that leads to the load balancer {to}.", then)
    return words, (f"Point {seen.host} to {to} in DNS (its A record; no AAAA record that leads elsewhere).", then)


def _port80(complaint: AcmeError | None, seen: Probes) -> Said:
    words = f"Let's Encrypt cannot reach {seen.host} on port 80, where its challenge must be answered"
    own = f"; neither can the bot: {seen.port80}" if seen.port80 else ""
    if is_behind(seen):
        to = " or ".join(seen.balancer or ())
        own = f"{own}. The load balancer {to} has a private address: something between (NAT, a firewall) is in the way"
        advice = f"Let what is in front of the load balancer (NAT, firewall) pass port 80 on to {to}."
        return f"{words}{_quoted(complaint)}{own}.", (advice, f"Then: {RETRY}")
    advice = (
        "Let port 80 through to the load balancer: check the network security group, firewall and "
        "loadBalancerSourceRanges."
    )
    return f"{words}{_quoted(complaint)}{own}.", (advice, f"Then: {RETRY}")


def _answered(complaint: AcmeError | None, seen: Probes) -> Said:
    words = f"Let's Encrypt reaches {seen.host} on port 80, but it is not autohttps that answers there"
    return f"{words}{_quoted(complaint)}.", (
        f"{RETRY} tries again: autohttps may not have been ready.",
        "If that repeats, look for what else serves port 80 of that name, such as an ingress.",
    )


def _redirected(complaint: AcmeError | None, seen: Probes) -> Said:
    to = redirected_to(complaint, seen)
    where = f" to {to}" if to else ""
    words = f"Something in front of autohttps redirects Let's Encrypt’s challenge{where} before it is answered"
    advice = "Exempt http://…/.well-known/acme-challenge/ from that redirect (ingress, gateway or proxy)."
    return f"{words}{_quoted(complaint)}.", (advice, f"Then: {RETRY}")


def _egress(complaint: AcmeError | None, seen: Probes) -> Said:
    del seen
    said = f": {quoted(error_of(complaint))}" if complaint else ""
    words = f"autohttps could not reach Let's Encrypt, although the bot can{said}."
    advice = (
        "Let autohttps reach it: check the network policies, the firewall and the proxy of the hub's nodes (egress)."
    )
    return words, (advice, f"Then: {RETRY}")


def _account(complaint: AcmeError | None, seen: Probes) -> Said:
    words = f"Let's Encrypt no longer accepts the account that autohttps keeps for {seen.host}"
    advice = (
        "/jhub cert reset makes a new account and asks for a new certificate; a retry would use the old account again."
    )
    return f"{words}{_quoted(complaint)}.", (advice,)


def _caa(complaint: AcmeError | None, seen: Probes) -> Said:
    issuers = [one for one in seen.caa or () if one.tag == "issue"]
    name = issuers[0].name if issuers else seen.host
    advice = (f"Add to DNS: {name}. CAA 0 issue “{ISSUER}”", f"Then: {RETRY}")
    if not issuers:
        return f"A CAA record in DNS does not allow Let's Encrypt to issue for {seen.host}{_quoted(complaint)}.", advice
    allowed = ", ".join(one.value for one in issuers)
    return f"The CAA record of {name} lets only {allowed} issue certificates, not Let's Encrypt.", advice


def _contact(complaint: AcmeError | None, seen: Probes) -> Said:
    if has_no_contact(seen):
        words = f"The release has no contact address for Let's Encrypt ({_CONTACT})."
    else:
        whose = f" {seen.contact}" if seen.contact else ""
        words = f"Let's Encrypt does not accept the release's contact address{whose} ({_CONTACT}){_quoted(complaint)}."
    return words, (f"Put an address that receives mail into {_CONTACT} and deploy.", f"Then: {RETRY}")


def _authority(complaint: AcmeError | None, seen: Probes) -> Said:
    own = seen.directory or "Let's Encrypt did not issue a certificate"
    advice = ("letsencrypt.status.io says how long it lasts.", f"When it works again: {RETRY}")
    return f"{own}{_quoted(complaint)}.", advice


def _other(complaint: AcmeError | None, seen: Probes) -> Said:
    advice = (f"{RETRY} tries again.", "/jhub logs autohttps traefik shows what Traefik says.")
    if complaint is None:
        what = "cannot be read now" if seen.log is None else "does not say why"
        return f"Traefik has no certificate for {seen.host}; its log {what}.", advice
    if not complaint.type and (error := error_of(complaint)):
        return f"Traefik could not obtain a certificate for {seen.host}. It says: {quoted(error)}.", advice
    return f"Let's Encrypt refused{_quoted(complaint)}.", advice


def _quoted(complaint: AcmeError | None) -> str:
    return f" (“{complaint.words}”)" if complaint and complaint.words else ""


WORDS: Final[Mapping[CertificateCause, Callable[[AcmeError | None, Probes], Said]]] = {
    CertificateCause.DNS: _dns,
    CertificateCause.PORT_80: _port80,
    CertificateCause.ANSWERED: _answered,
    CertificateCause.REDIRECTED: _redirected,
    CertificateCause.EGRESS: _egress,
    CertificateCause.ACCOUNT: _account,
    CertificateCause.CAA: _caa,
    CertificateCause.CONTACT: _contact,
    CertificateCause.AUTHORITY: _authority,
    CertificateCause.OTHER: _other,
}

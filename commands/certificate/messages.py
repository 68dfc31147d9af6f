"""Texts for each cause, with its remedy, from what Traefik wrote and what was seen. Pure."""

from collections.abc import Callable, Mapping
from typing import Final

from commands.certificate.acme_errors import AcmeError, error_of, is_lookup_failure, redirected_to
from commands.certificate.messages_of_served import Said, unexplained_words
from commands.certificate.observations import (
    ISSUER,
    CertificateCause,
    Probes,
    has_no_contact,
    is_behind,
    is_private_only,
    points_elsewhere,
)
from commands.kubernetes.messages import quoted

RETRY: Final = "/jhub cert retry"
_CONTACT: Final = "proxy.https.letsencrypt.contactEmail"

_NAME_SERVERS: Final = (
    "Check the domain’s name servers, and DNSSEC if it is signed: that the bot gets an answer does not mean that "
    "everybody does."
)


def _dns(error: AcmeError | None, probes: Probes) -> Said:
    to = " or ".join(probes.balancer or ()) or "the load balancer"
    then = f"Then: {RETRY}"
    if probes.resolved == ():
        words = f"{probes.host} has no address in DNS, so nobody can reach it, Let's Encrypt included."
    elif points_elsewhere(probes):
        points = ", ".join(probes.resolved or ())
        words = (
            f"{probes.host} points to {points} in DNS, but the load balancer is {to}: Let's Encrypt contacts "
            "the wrong host."
        )
    elif is_private_only(probes):
        words = (
            f"In DNS the bot sees only {', '.join(probes.resolved or ())} for {probes.host}, an address that nobody "
            f"outside reaches, Let's Encrypt included{_quoted(error)}."
        )
        return words, (f"Point {probes.host} in public DNS to the public address that leads to {to}.", then)
    elif is_lookup_failure(error):
        words = f"Let's Encrypt got no answer from DNS when it looked up {probes.host}{_quoted(error)}."
        return words, (_NAME_SERVERS, then)
    else:
        words = f"Let's Encrypt did not find the hub through DNS{_quoted(error)}."
    if is_behind(probes):
        return words, (f"Point {probes.host} in DNS to the public address that leads to the load balancer {to}.", then)
    return words, (f"Point {probes.host} to {to} in DNS (its A record; no AAAA record that leads elsewhere).", then)


def _port80(error: AcmeError | None, probes: Probes) -> Said:
    words = f"Let's Encrypt cannot reach {probes.host} on port 80, where its challenge must be answered"
    own = f"; neither can the bot: {probes.port80}" if probes.port80 else ""
    if is_behind(probes):
        to = " or ".join(probes.balancer or ())
        own = f"{own}. The load balancer {to} has a private address: something between (NAT, a firewall) is in the way"
        advice = f"Let what is in front of the load balancer (NAT, firewall) pass port 80 on to {to}."
        return f"{words}{_quoted(error)}{own}.", (advice, f"Then: {RETRY}")
    advice = (
        "Let port 80 through to the load balancer: check the network security group, firewall and "
        "loadBalancerSourceRanges."
    )
    return f"{words}{_quoted(error)}{own}.", (advice, f"Then: {RETRY}")


def _other_server(error: AcmeError | None, probes: Probes) -> Said:
    words = f"Let's Encrypt reaches {probes.host} on port 80, but it is not autohttps that answers there"
    return f"{words}{_quoted(error)}.", (
        f"{RETRY} tries again: autohttps may not have been ready.",
        "If that repeats, look for what else serves port 80 of that name, such as an ingress.",
    )


def _redirected(error: AcmeError | None, probes: Probes) -> Said:
    to = redirected_to(error, probes)
    where = f" to {to}" if to else ""
    words = f"Something in front of autohttps redirects Let's Encrypt’s challenge{where} before it is answered"
    advice = "Exempt http://…/.well-known/acme-challenge/ from that redirect (ingress, gateway or proxy)."
    return f"{words}{_quoted(error)}.", (advice, f"Then: {RETRY}")


def _egress(error: AcmeError | None, probes: Probes) -> Said:
    del probes
    said = f": {quoted(error_of(error))}" if error else ""
    words = f"autohttps could not reach Let's Encrypt, although the bot can{said}."
    advice = (
        "Let autohttps reach it: check the network policies, the firewall and the proxy of the hub's nodes (egress)."
    )
    return words, (advice, f"Then: {RETRY}")


def _account(error: AcmeError | None, probes: Probes) -> Said:
    words = f"Let's Encrypt no longer accepts the account that autohttps keeps for {probes.host}"
    advice = (
        "/jhub cert reset makes a new account and asks for a new certificate; a retry would use the old account again."
    )
    return f"{words}{_quoted(error)}.", (advice,)


def _caa(error: AcmeError | None, probes: Probes) -> Said:
    if is_lookup_failure(error):
        words = f"Let's Encrypt got no answer from DNS on who may issue for {probes.host} (CAA){_quoted(error)}."
        return words, (_NAME_SERVERS, f"Then: {RETRY}")
    issuers = [one for one in probes.caa or () if one.tag == "issue"]
    name = issuers[0].name if issuers else probes.host
    advice = (f"Add to DNS: {name}. CAA 0 issue “{ISSUER}”", f"Then: {RETRY}")
    if not issuers:
        return f"A CAA record in DNS does not allow Let's Encrypt to issue for {probes.host}{_quoted(error)}.", advice
    allowed = ", ".join(one.value for one in issuers)
    return f"The CAA record of {name} lets only {allowed} issue certificates, not Let's Encrypt.", advice


def _contact(error: AcmeError | None, probes: Probes) -> Said:
    if has_no_contact(probes):
        words = f"The release has no contact address for Let's Encrypt ({_CONTACT})."
    else:
        whose = f" {probes.contact}" if probes.contact else ""
        words = f"Let's Encrypt does not accept the release's contact address{whose} ({_CONTACT}){_quoted(error)}."
    return words, (f"Put an address that receives mail into {_CONTACT} and deploy.", f"Then: {RETRY}")


def _authority(error: AcmeError | None, probes: Probes) -> Said:
    own = probes.directory or "Let's Encrypt did not issue a certificate"
    advice = ("letsencrypt.status.io says how long it lasts.", f"When it works again: {RETRY}")
    return f"{own}{_quoted(error)}.", advice


def _order(error: AcmeError | None, probes: Probes) -> Said:
    failed = ", ".join(error.others) if error else ""
    names = ", ".join(error.names) if error else ""
    words = (
        f"Nothing is said against {probes.host} itself: it is one of the names of an order ({names}), and {failed} "
        "failed. Let's Encrypt issues a certificate for all names of an order or for none"
    )
    advice = f"Mend {failed}, or take it out of the release's hosts (proxy.https.hosts) and deploy."
    return f"{words}{_quoted(error)}.", (advice, f"Then: {RETRY}")


def _other(error: AcmeError | None, probes: Probes) -> Said:
    advice = (f"{RETRY} tries again.", "/jhub logs autohttps traefik shows what Traefik says.")
    if error is None:
        return unexplained_words(probes), advice
    if not error.type and (text := error_of(error)):
        return f"Traefik could not obtain a certificate for {probes.host}. It says: {quoted(text)}.", advice
    return f"Let's Encrypt refused{_quoted(error)}.", advice


def _quoted(error: AcmeError | None) -> str:
    return f" (“{error.words}”)" if error and error.words else ""


WORDS: Final[Mapping[CertificateCause, Callable[[AcmeError | None, Probes], Said]]] = {
    CertificateCause.DNS: _dns,
    CertificateCause.PORT_80: _port80,
    CertificateCause.ANSWERED: _other_server,
    CertificateCause.REDIRECTED: _redirected,
    CertificateCause.EGRESS: _egress,
    CertificateCause.ACCOUNT: _account,
    CertificateCause.CAA: _caa,
    CertificateCause.CONTACT: _contact,
    CertificateCause.AUTHORITY: _authority,
    CertificateCause.ORDER: _order,
    CertificateCause.OTHER: _other,
}

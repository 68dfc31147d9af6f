"""What the host serves, or that it does not answer, in plain words: it says more than a log that is silent. Pure."""

from typing import Final

from cards.times import minute, timed
from clients.errors import Unavailable
from clients.public.certificate import CHECK, NO_TLS, Certificate, Problem
from commands.certificate.assessment import stage
from commands.certificate.observations import CertificateCause, Probes, is_closed

Said = tuple[str, tuple[str, ...]]

_PODS: Final = "/jhub pods autohttps shows whether it runs."
_LOG: Final = "/jhub logs autohttps traefik shows what Traefik says."
_MOST_NAMES: Final = 5
_LONGEST: Final = 120


def seen_cause(probes: Probes) -> CertificateCause | None:
    """Return the cause that what is served speaks for; None if the certificate is missing, good or not looked at."""
    served = probes.served
    if isinstance(served, Unavailable):
        return None if served.what == NO_TLS else CertificateCause.UNANSWERED
    if served is None or served.traefik_default or is_of_another_host(probes):
        return None
    if served.problem is Problem.NOT_YET_VALID:
        return CertificateCause.CLOCK
    if served.problem is Problem.EXPIRED:
        return CertificateCause.RENEWAL if served.host_matches else CertificateCause.FOREIGN
    if served.problem is not None:
        return CertificateCause.FOREIGN
    return CertificateCause.RENEWAL if stage(served, probes.now) else None


def is_of_another_host(probes: Probes) -> bool:
    """Return True if what is served is the certificate of another of the hub's hosts, accepted but for its names."""
    served, own = probes.served, {host.lower() for host in probes.hosts}
    return (
        isinstance(served, Certificate)
        and served.problem is Problem.WRONG_HOST
        and any(name.lower() in own for name in served.names)
    )


def said_of_served(probes: Probes) -> Said:
    """Return what to say and to do where another than autohttps may answer, or nobody does."""
    served = probes.served
    if not isinstance(served, Certificate):
        return _unanswered(probes)
    if served.problem is Problem.NOT_YET_VALID:
        words = timed(
            f"The certificate of {probes.host}, issued by {_issuer(served)}, is valid only from ",
            minute(served.not_before),
            ". Let's Encrypt’s begin an hour before they are issued, so a clock is wrong or another has issued it.",
        )
        return words, ("Check the clock of the bot’s node, and who issued the certificate.", _PODS)
    return _foreign(served, probes)


def _foreign(served: Certificate, probes: Probes) -> Said:
    words = (
        f"{probes.host} serves a certificate issued by {_issuer(served)} for {_names(served)}. That is not Traefik's "
        "default certificate: something other than autohttps may answer there, such as another load balancer, an "
        "ingress, or a proxy in front of the hub or of the bot."
    )
    where = " or ".join(probes.resolved or probes.balancer or ()) or probes.host
    advice = f"Find out what answers on port 443 of {where}, and have it pass on to the Service proxy-public."
    meant = f"If it is meant to answer there, give it a certificate for {probes.host} that browsers accept."
    return words, (advice, meant, _PODS, _LOG)


def _unanswered(probes: Probes) -> Said:
    if isinstance(probes.served, Unavailable) and probes.served.system == CHECK:
        words = f"It is the bot's own check that fails: nothing is known of the certificate of {probes.host}."
        return words, ("Correct public.trust_file in the bot's configuration.",)
    too = f" The same is seen on port 80: {probes.port80}." if is_closed(probes) else ""
    words = f"No certificate of {probes.host} could be read, so it is not known which one is there, if any.{too}"
    advice = "Check the load balancer of the Service proxy-public, and that the network lets port 443 through to it."
    return words, (_PODS, advice, _LOG)


def renewal_words(probes: Probes) -> str:
    """Return what is known of a renewal that has not come, where nothing says why."""
    what = "cannot be read now" if probes.log is None else "does not say why"
    return f"Its renewal has failed or does not run; Traefik's log {what}."


def unexplained_words(probes: Probes) -> str:
    """Return what is known where neither the log nor a probe names a cause. Only what is served may say "none"."""
    what = "cannot be read now" if probes.log is None else "does not say why"
    served = probes.served
    if isinstance(served, Certificate) and served.traefik_default:
        return f"Traefik has no certificate for {probes.host}; its log {what}."
    if isinstance(served, Certificate) and is_of_another_host(probes):
        return f"{probes.host} is served the certificate of another host, {_names(served)}; Traefik's log {what}."
    if isinstance(served, Unavailable) and served.what == NO_TLS:
        return (
            f"The TLS handshake with {probes.host} fails: Traefik refuses it where it has no certificate for a name, "
            f"and so does what does not speak TLS. Which of them is not known; Traefik's log {what}."
        )
    return f"What keeps {probes.host} from a good certificate is not known; Traefik's log {what}."


def _issuer(served: Certificate) -> str:
    return "itself (self-signed)" if served.self_signed else f"“{served.issuer[:_LONGEST]}”"


def _names(served: Certificate) -> str:
    names = [name[:_LONGEST] for name in served.names[:_MOST_NAMES]] or [served.subject[:_LONGEST]]
    more = len(served.names) - _MOST_NAMES
    return ", ".join(names) + (f" and {more} more" if more > 0 else "")

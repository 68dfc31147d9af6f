"""Assessment of a certificate: fine, about to expire, or wrong and why."""

from datetime import datetime, timedelta
from typing import Final

from cards.views import Tone
from clients.public.certificate import Certificate, Problem

# Let's Encrypt's certificates last 90 days and are renewed at 30 days left; three weeks means that renewal has failed
# for a while. What lasts less is renewed later, in proportion.
_USUAL: Final = timedelta(days=90)
STAGES: Final = (timedelta(days=21), timedelta(days=7), timedelta(days=2))


def assess(certificate: Certificate, now: datetime) -> tuple[str, Tone]:
    """Return a verdict of a few words, and its tone."""
    left = certificate.days_left(now)
    if certificate.problem is not None:
        return problem_words(certificate), Tone.BAD
    if stage(certificate, now):
        return f"{left} days left, should have been renewed", Tone.WARNING
    return f"{left} days left, issued by {certificate.issuer}", Tone.GOOD


def stage(certificate: Certificate, now: datetime) -> int:
    """Return how near the certificate's end is: how many of STAGES it is within, from 0 (far) to 3.

    It is 3 also once the certificate has expired.
    """
    share = min(1.0, (certificate.not_after - certificate.not_before) / _USUAL)
    left = certificate.not_after - now
    return sum(left <= threshold * share for threshold in STAGES)


def problem_words(certificate: Certificate) -> str:
    """Return what is wrong with the certificate, in a few words."""
    match certificate.problem:
        case Problem.TRAEFIK_DEFAULT:
            return "fell back to Traefik's default certificate, which no browser trusts"
        case Problem.SELF_SIGNED:
            return "self-signed, which no browser trusts"
        case Problem.UNTRUSTED:
            return f"issued by {certificate.issuer}, which no browser trusts"
        case Problem.WRONG_HOST:
            return f"issued for another host, {', '.join(certificate.names) or certificate.subject}"
        case Problem.EXPIRED:
            return f"expired on {certificate.not_after:%Y-%m-%d}"
    return certificate.problem.value if certificate.problem else ""

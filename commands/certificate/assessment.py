"""Assessment of a certificate: fine, about to expire, or wrong and why."""

from datetime import datetime, timedelta
from typing import Final

from cards.views import Tone
from clients.public.certificate import Certificate, Problem

# A certificate is due for renewal when a third of its life is left (cert-manager; Traefik begins no later): with 7/30
# left, renewal has failed for a while. In days, for Let's Encrypt's lifetimes: 21, 7 and 2 of 90; 14, 5 and 1 of 64
# (issued from 2027-02-10); 10, 3 and 1 of 45 (from 2028-02-16).
STAGES: Final = (7 / 30, 7 / 90, 2 / 90)
# Who renews by hand, once a year or less often, wants to hear of it by the same three weeks.
_LONGEST: Final = timedelta(days=90)


def assess(certificate: Certificate, now: datetime) -> tuple[str, Tone]:
    """Return a verdict of a few words, and its tone."""
    left = certificate.days_left(now)
    if certificate.problem is not None:
        return problem_words(certificate), Tone.BAD
    if stage(certificate, now):
        return f"{left} days left, should have been renewed", Tone.WARNING
    return f"{left} days left, issued by {certificate.issuer}", Tone.GOOD


def stage(certificate: Certificate, now: datetime) -> int:
    """Return how near the certificate's end is: how many of STAGES of its life it is within, from 0 (far) to 3.

    It is 3 also once the certificate has expired.
    """
    life = min(certificate.not_after - certificate.not_before, _LONGEST)
    left = certificate.not_after - now
    return sum(left <= life * share for share in STAGES)


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

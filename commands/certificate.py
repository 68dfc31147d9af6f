"""What a certificate means to people: fine, about to expire, or wrong and why."""

from datetime import datetime

from cards.views import Tone
from clients.tls import Certificate

# Let's Encrypt renews at 30 days left; three weeks means that renewal has failed for a while.
_SOON_DAYS = 21


def judged(certificate: Certificate, now: datetime) -> tuple[str, Tone]:
    """A few words and how good they are."""
    left = certificate.days_left(now)
    if certificate.problem is not None:
        return _wrong(certificate), Tone.BAD
    if left < _SOON_DAYS:
        return f"{left} days left, should have been renewed", Tone.WARNING
    return f"{left} days left, issued by {certificate.issuer}", Tone.GOOD


def _wrong(certificate: Certificate) -> str:
    if certificate.traefik_default:
        return "fell back to Traefik's default certificate, which no browser trusts"
    if certificate.self_signed:
        return "self-signed, which no browser trusts"
    return certificate.problem.value if certificate.problem else ""

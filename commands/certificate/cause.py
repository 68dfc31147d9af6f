"""The one cause to deal with first, if the public host has no good certificate. Pure.

Where Traefik's log leaves several causes open, what the probes see now decides between them; it also decides if what
the log says is still so.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from cards.times import minute, timed
from commands.certificate.acme_errors import AcmeError, cause_of, is_lookup_failure, last_error, limit_of, reason_of
from commands.certificate.messages import RETRY, WORDS
from commands.certificate.observations import CHECKS, CertificateCause, Probes, is_private_only


@dataclass(frozen=True)
class Explanation:
    """The cause in plain words, and what to do. `until` is when a rate limit ends; `is_over` that it is gone by now.

    `may_be_over` says that the cause cannot be seen from here and that something speaks for its end. `line` is what
    Traefik wrote, for those who want to read it.
    """

    cause: CertificateCause
    sentence: str
    advice: tuple[str, ...]
    until: datetime | None = None
    is_over: bool = False
    line: str = ""
    may_be_over: bool = False

    @property
    def is_retried(self) -> bool:
        """True if restarting autohttps can help."""
        return self.is_over or self.cause not in (
            CertificateCause.OWN,
            CertificateCause.RATE_LIMIT,
            CertificateCause.ACCOUNT,
        )

    def is_limited(self, now: datetime) -> bool:
        """Return True if Let's Encrypt has said that it issues nothing now."""
        return self.cause is CertificateCause.RATE_LIMIT and self.until is not None and self.until > now


def explain(probes: Probes) -> Explanation:
    """Return the one cause to deal with first."""
    if probes.automatic is False:
        words = "The release does not obtain its certificate from Let's Encrypt (proxy.https): it is renewed by hand."
        return Explanation(CertificateCause.OWN, words, ("Renew it where it was issued, then deploy it.",))
    if probes.running is False:
        return Explanation(
            CertificateCause.STOPPED, "No pod of autohttps is ready.", ("/jhub pods autohttps says why.",)
        )
    error = last_error(probes.log or "")
    said = cause_of(error, probes) if error else None
    if error is not None and said is CertificateCause.RATE_LIMIT:
        return _limited(error, probes)
    blocking = next((cause for cause, check in CHECKS.items() if check(probes)), None)
    if blocking is not None and (said in (None, CertificateCause.OTHER) or (said and _is_gone(said, probes))):
        told = _explanation(blocking, None, probes)
        return replace(told, line=error.line) if error else told
    return _explanation(said or CertificateCause.OTHER, error, probes)


def _explanation(cause: CertificateCause, error: AcmeError | None, probes: Probes) -> Explanation:
    sentence, advice = WORDS[cause](error, probes)
    line = error.line if error else ""
    if error is not None and _is_gone(cause, probes) and not _is_hidden(error, probes):
        words = f"{sentence} That was when autohttps last tried; the bot no longer sees that cause."
        return Explanation(cause, words, (f"{RETRY} tries again.",), is_over=True, line=line)
    if error is not None and cause is CertificateCause.AUTHORITY and probes.directory == "":
        # No proof that it issues again: what answers is not what failed.
        sentence = f"{sentence} That was when autohttps last tried; its directory answers the bot now."
        return Explanation(cause, sentence, (f"{RETRY} tries again.",), line=line, may_be_over=True)
    return Explanation(cause, sentence, advice, line=line)


def _is_hidden(error: AcmeError, probes: Probes) -> bool:
    """Return True if the bot's DNS says nothing of what the world sees: other resolvers, or other addresses."""
    return is_lookup_failure(error) or (error.type == "dns" and is_private_only(probes))


def _is_gone(cause: CertificateCause, probes: Probes) -> bool:
    """Return True if what the probes see now contradicts what Let's Encrypt said.

    They cannot where port 80 is closed to the world and not to the bot, where an address is there but refused, and
    where Let's Encrypt answers the bot: what failed was another request, from another place.
    """
    check = CHECKS.get(cause)
    return (
        cause not in (CertificateCause.PORT_80, CertificateCause.CONTACT, CertificateCause.AUTHORITY)
        and check is not None
        and check(probes) is False
    )


def _limited(error: AcmeError, probes: Probes) -> Explanation:
    until = limit_of(error)
    if until is not None and until <= probes.now:
        words = timed(
            f"Let's Encrypt issued nothing more for {probes.host} until ", minute(until), ". That time has passed."
        )
        return Explanation(CertificateCause.RATE_LIMIT, words, (f"{RETRY} tries again.",), until, True, error.line)
    when = timed(" before ", minute(until)) if until else " for now"
    words = timed(f"Let's Encrypt issues no certificate for {probes.host}", when, f": {reason_of(error)}.")
    advice = "Nothing ends it sooner; restarts and resets before then only use up attempts."
    return Explanation(CertificateCause.RATE_LIMIT, words, (advice, f"After that: {RETRY}"), until, False, error.line)

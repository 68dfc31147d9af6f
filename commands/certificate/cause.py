"""The one cause to deal with first, if the public host has no good certificate. Pure.

Where Traefik's log leaves several causes open, what the probes see now decides between them; it also decides if what
the log says is still so.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from cards.times import joined, minute, timed
from commands.certificate.acme_errors import AcmeError, cause_of, is_lookup_failure, last_error, limit_of, reason_of
from commands.certificate.entrance import Entrance
from commands.certificate.limits import LimitCount, basis, count
from commands.certificate.messages import RETRY, WORDS
from commands.certificate.messages_of_entrance import behind_words, sentences, way_out
from commands.certificate.messages_of_served import renewal_words, said_of_served, seen_cause
from commands.certificate.observations import CHECKS, CertificateCause, Probes, is_private_only

# What the bot sees from where it is; what failed was Let's Encrypt's own question, which nobody else can put again.
_NO_LONGER: Final = "the bot no longer sees that cause. Whether Let's Encrypt sees it still, only another try tells."
_NOTHING: Final = LimitCount()


@dataclass(frozen=True)
class Explanation:
    """The cause in plain words, and what to do. `until` is when a rate limit ends; `is_over` that it is gone by now.

    `may_be_over` says that the cause cannot be seen from here and that something speaks for its end. `line` is what
    Traefik wrote, for those who want to read it. `count` is what counts for Let's Encrypt's limits and `basis` what it
    was counted from. `by_autohttps` is False where another than autohttps brings the certificate; `by_order` where a
    new order at Let's Encrypt changes nothing of what is seen.
    """

    cause: CertificateCause
    sentence: str
    advice: tuple[str, ...]
    until: datetime | None = None
    is_over: bool = False
    line: str = ""
    may_be_over: bool = False
    count: LimitCount = _NOTHING
    basis: str = ""
    by_autohttps: bool = True
    by_order: bool = True

    @property
    def is_retried(self) -> bool:
        """True if restarting autohttps can help now."""
        if not (self.by_autohttps and self.by_order) or self.count.until is not None:
            return False
        return self.is_over or self.cause not in (
            CertificateCause.OWN,
            CertificateCause.RATE_LIMIT,
            CertificateCause.ACCOUNT,
            CertificateCause.ROUTE,
        )

    @property
    def is_reset(self) -> bool:
        """True if beginning anew can help now: also with an account that Let's Encrypt does not accept."""
        return self.is_retried or (self.cause is CertificateCause.ACCOUNT and self.count.until is None)

    def is_limited(self, now: datetime) -> bool:
        """Return True if Let's Encrypt has said that it issues nothing now."""
        return self.until is not None and self.until > now

    def next_try(self, now: datetime) -> datetime | None:
        """Return when Let's Encrypt can be asked again, by its own answer and by the count; None if that is now."""
        ends = [self.until] if self.is_limited(now) and self.until else []
        ends += [self.count.until] if self.count.until and self.count.until > now else []
        return max(ends, default=None)


def explain(probes: Probes) -> Explanation:
    """Return the one cause to deal with first, and until when nothing can be tried."""
    told = _cause(probes)
    if probes.automatic is False:
        advice = tuple(line for line in told.advice if RETRY not in line)
        return replace(told, advice=advice, by_autohttps=False)
    return _counted(_as_served(told, probes), probes)


def _as_served(told: Explanation, probes: Probes) -> Explanation:
    """Return the same with what is served: it may be none of autohttps' doing, or a certificate to renew."""
    seen = seen_cause(probes)
    logged = told.cause is not CertificateCause.OTHER or bool(told.line)
    if seen is None or probes.entrance is not None:
        return told
    if seen is CertificateCause.RENEWAL:
        if not logged:
            return replace(told, cause=seen, sentence=renewal_words(probes))
        failed = "Its renewal has failed." if told.line else "Its renewal has failed or does not run."
        return replace(told, sentence=joined(" ", failed, told.sentence))
    if told.cause is CertificateCause.DNS and not told.is_over:
        return told
    if told.cause is CertificateCause.STOPPED and seen is CertificateCause.UNANSWERED:
        return told
    sentence, advice = said_of_served(probes)
    if seen is CertificateCause.FOREIGN and (told.line or told.cause is CertificateCause.STOPPED):
        sentence = joined(" ", sentence, "Besides:", told.sentence)
    return replace(told, cause=seen, sentence=sentence, advice=advice, is_over=False, by_order=False)


def _counted(told: Explanation, probes: Probes) -> Explanation:
    """Return the same with what counts for Let's Encrypt's limits, and without a retry before it can be one."""
    error = last_error(probes.log or "", probes.host, alone=_is_alone(probes))
    names = frozenset(error.names if error else ()) | {probes.host.lower()}
    found = count(probes.known, probes.host.lower(), names, probes.now)
    made = replace(told, count=found, basis=basis(probes.known))
    if (when := made.next_try(probes.now)) is None or told.is_limited(probes.now) or not told.by_order:
        return made
    rest = tuple(line for line in told.advice if RETRY not in line)
    held = timed("Let's Encrypt's limits: the next try is possible at ", minute(when), f". Then: {RETRY}")
    return replace(made, advice=(*rest, held))


def _is_alone(probes: Probes) -> bool:
    return len(probes.hosts) <= 1


def _cause(probes: Probes) -> Explanation:
    if probes.entrance is not None:
        return _behind(probes.entrance, probes)
    if probes.automatic is False:
        words = "The release does not obtain its certificate from Let's Encrypt (proxy.https): it is renewed by hand."
        return Explanation(CertificateCause.OWN, words, ("Renew it where it was issued, then deploy it.",))
    if probes.running is False:
        return Explanation(
            CertificateCause.STOPPED, "No pod of autohttps is ready.", ("/jhub pods autohttps says why.",)
        )
    error = last_error(probes.log or "", probes.host, alone=_is_alone(probes))
    said = cause_of(error, probes) if error else None
    if error is not None and said is CertificateCause.RATE_LIMIT:
        return _limited(error, probes)
    blocking = next((cause for cause, check in CHECKS.items() if check(probes)), None)
    open_ = (None, CertificateCause.OTHER, CertificateCause.ORDER)
    if blocking is not None and (said in open_ or (said and _is_gone(said, probes))):
        told = _explanation(blocking, None, probes)
        return replace(told, line=error.line) if error else told
    return _explanation(said or CertificateCause.OTHER, error, probes)


def _behind(entrance: Entrance, probes: Probes) -> Explanation:
    """Return the cause where a Gateway or Ingress has the certificate: what its controllers say, then DNS."""
    if problems := entrance.problems_of(probes.host):
        return Explanation(CertificateCause.ROUTE, sentences(problems), way_out(entrance))
    for cause in (CertificateCause.DNS, CertificateCause.PORT_80):
        if CHECKS[cause](probes):
            return _explanation(cause, None, probes)
    return Explanation(CertificateCause.OWN, behind_words(entrance, probes), way_out(entrance))


def _explanation(cause: CertificateCause, error: AcmeError | None, probes: Probes) -> Explanation:
    sentence, advice = WORDS[cause](error, probes)
    line = error.line if error else ""
    if error is not None and len(error.names) > 1 and cause is not CertificateCause.ORDER:
        sentence = f"{sentence} Its order was for all of {', '.join(error.names)} or none."
    if error is not None and _is_gone(cause, probes) and not _is_hidden(error, probes):
        words = f"{sentence} That was when autohttps last tried; {_NO_LONGER}"
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

"""The certificates of the hub's hosts: served, accepted by browsers and valid for long enough; else the cause."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.alerts.finding import Finding, Severity, Watcher
from cards.times import joined, minute, timed
from cards.views import Fact
from clients.errors import Unavailable
from clients.public.certificate import CHECK, NO_TLS, Certificate, Problem
from commands.certificate.assessment import problem_words, stage
from commands.certificate.buttons import buttons_for
from commands.certificate.cause import Explanation
from commands.certificate.hosts import all_served
from commands.certificate.observations import CertificateCause
from commands.certificate.probe import why_each
from commands.ports.context import Reads

_SEVERITIES: Final = (Severity.NOTE, Severity.WARNING, Severity.CRITICAL)
# What is wrong with where the certificate comes from, not with autohttps' own.
_OTHERS: Final = (Problem.UNTRUSTED, Problem.WRONG_HOST, Problem.NOT_YET_VALID)
# What keeps a host from answering at all. That a handshake is refused, as Traefik does without a certificate for a name
# (z2jh sets sniStrict), has the cause that the certificate is missing for.
_NO_ANSWER: Final = (
    CertificateCause.STOPPED,
    CertificateCause.DNS,
    CertificateCause.OWN,
    CertificateCause.ROUTE,
    CertificateCause.UNANSWERED,
)
_SEVERAL: Final = {
    "no https": "{count} hosts do not answer over HTTPS",
    "certificate": "{count} hosts have no certificate that browsers accept",
    "expiry": "The certificates of {count} hosts expire soon or have expired",
}


async def look(reads: Reads) -> Sequence[Finding]:
    """Make TLS handshakes as a browser does, one for each host, and look for the cause where that is not well."""
    if not reads.names.public_host:
        return ()
    served = await all_served(reads)
    await _record(served[reads.names.public_host], reads)
    wrong = [host for host, one in served.items() if _is_wrong(one, reads.now)]
    causes = await why_each(reads, served) if wrong else {}
    found = [one for host in wrong for one in judge(host, served[host], causes.get(host), reads.now)]
    if len(served) == 1:
        return found
    return [_grouped(one, host, causes.get(host)) for one, host in zip(found, wrong, strict=True)]


def _grouped(finding: Finding, host: str, cause: Explanation | None) -> Finding:
    """Return the finding as one of several hosts': those with the same cause are one alert, which names them."""
    kind = finding.key.removesuffix(f" {host}")
    because = cause.cause.value if cause else "unknown"
    return replace(finding, subjects=(host,), group=f"{kind} of hosts: {because}", several=_SEVERAL[kind])


async def _record(served: Certificate | Unavailable, reads: Reads) -> None:
    """Record the configured host's certificate. Raise Unavailable where it is the bot that cannot look.

    That is the engine's to tell: it says nothing of the host.
    """
    if isinstance(served, Unavailable):
        if served.system == CHECK:
            raise served
    elif reads.certificates is not None:
        await reads.certificates.record(served, reads.now)


def _is_wrong(served: Certificate | Unavailable, now: datetime) -> bool:
    return isinstance(served, Unavailable) or served.problem is not None or stage(served, now) > 0


def judge(host: str, served: Certificate | Unavailable, cause: Explanation | None, now: datetime) -> list[Finding]:
    """Return at most one finding about the certificate, since one cause has all the consequences. Pure."""
    if isinstance(served, Unavailable):
        return [_refused(host, served, cause)]
    if served.problem is Problem.EXPIRED or (served.problem is None and stage(served, now)):
        return [_ending(host, served, cause, now)]
    return [_bad(host, served, cause)] if served.problem is not None else []


def _refused(host: str, error: Unavailable, cause: Explanation | None) -> Finding:
    stopped = cause is not None and (cause.cause in _NO_ANSWER or error.what == NO_TLS)
    return Finding(
        key=f"no https {host}",
        severity=Severity.CRITICAL,
        title=f"{host} does not answer over HTTPS",
        cause=joined(" ", f"{str(error)[:1].upper()}{str(error)[1:]}.", cause.sentence if stopped and cause else ""),
        advice=cause.advice if stopped and cause else _advice_of_a_silent_one(cause),
        buttons=buttons_for([cause])[:2],
    )


def _advice_of_a_silent_one(cause: Explanation | None) -> tuple[str, ...]:
    look = "/jhub pods autohttps shows whether it runs."
    return (look,) if cause is not None and not cause.is_retried else (look, "/jhub cert retry restarts autohttps.")


def _bad(host: str, served: Certificate, cause: Explanation | None) -> Finding:
    words = f"It is {problem_words(served)}." if served.problem in _OTHERS else f"It {_fell(served)}."
    return Finding(
        key=f"certificate {host}",
        severity=Severity.CRITICAL,
        title=f"{host} has no certificate that browsers accept",
        cause=joined(" ", words, cause.sentence if cause else ""),
        facts=_facts(served, cause),
        advice=cause.advice if cause else ("/jhub cert shows the certificate that it serves.",),
        buttons=buttons_for([cause]),
    )


def _fell(served: Certificate) -> str:
    return problem_words(served) if served.traefik_default else f"is {problem_words(served)}"


def _ending(host: str, served: Certificate, cause: Explanation | None, now: datetime) -> Finding:
    over = served.not_after <= now
    title = f"The certificate of {host} has expired" if over else f"The certificate of {host} expires soon"
    words = timed(f"It {'expired' if over else 'expires'} on ", minute(served.not_after), " and has not been renewed.")
    # That there is nothing in the log is no cause here: renewal is tried once a day.
    told = cause if cause and (cause.line or cause.cause is not CertificateCause.OTHER) else None
    return Finding(
        key=f"expiry {host}",
        severity=_SEVERITIES[max(stage(served, now), 1) - 1],
        title=title,
        cause=joined(" ", words, told.sentence if told else ""),
        facts=_facts(served, told),
        advice=told.advice if told else ("/jhub cert retry makes autohttps try again.",),
        buttons=buttons_for([told]),
    )


def _facts(served: Certificate, cause: Explanation | None) -> tuple[Fact, ...]:
    facts = [Fact("Issued by", served.issuer), Fact("Valid until", minute(served.not_after))]
    if cause is not None:
        facts.append(
            Fact("Cause", f"{cause.cause.value}, no longer seen by the bot" if cause.is_over else cause.cause.value)
        )
    if cause is not None and cause.until is not None:
        facts.append(Fact("Rate-limited until", minute(cause.until)))
    elif cause is not None and cause.count.until is not None:
        facts.append(Fact("Next try possible at", minute(cause.count.until)))
        facts.append(Fact("Counted", cause.count.reached))
    return tuple(facts)


# A restart of autohttps, as each deployment of its configuration makes one, takes less than the two minutes.
WATCHER = Watcher("cert", look, every=timedelta(minutes=1), dwell=timedelta(minutes=2), clear=timedelta(minutes=2))

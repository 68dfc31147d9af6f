"""Whether the public host serves a certificate that browsers accept, for long enough; and why not."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.alerts.finding import Finding, Severity, Watcher
from cards.times import joined, minute, timed
from cards.views import Button, ButtonStyle, Fact, typing
from clients.errors import Unavailable
from clients.public.certificate import CHECK, Certificate, Problem
from commands.certificate.assessment import stage, wrong
from commands.certificate.cause import Explanation
from commands.certificate.observations import CertificateCause
from commands.certificate.probe import why
from commands.ports.context import Reads

_SEVERITIES: Final = (Severity.NOTE, Severity.WARNING, Severity.CRITICAL)
# What is wrong with where the certificate comes from, not with the certificate: Traefik's log tells nothing of that.
_OTHERS: Final = (Problem.UNTRUSTED, Problem.WRONG_HOST, Problem.NOT_YET_VALID)
_LOG: Final = typing("Show log", "/jhub logs autohttps traefik")
_RETRY: Final = typing("Retry", "/jhub cert retry", ButtonStyle.POSITIVE)
_RESET: Final = typing("Reset the certificate", "/jhub cert reset")


async def look(reads: Reads) -> Sequence[Finding]:
    """A handshake as a browser does it, and the cause where that is not well."""
    if not reads.names.public_host:
        return ()
    served = await _served(reads)
    return judge(reads.names.public_host, served, await why(reads) if _is_wrong(served, reads.now) else None, reads.now)


async def _served(reads: Reads) -> Certificate | Unavailable:
    try:
        certificate = await reads.public.certificate()
    except Unavailable as error:
        if error.system == CHECK:
            # That nobody can look is the engine's to tell: it says nothing of the host.
            raise
        return error
    if reads.certificates is not None:
        await reads.certificates.record(certificate, reads.now)
    return certificate


def _is_wrong(served: Certificate | Unavailable, now: datetime) -> bool:
    return isinstance(served, Unavailable) or served.problem is not None or stage(served, now) > 0


def judge(host: str, served: Certificate | Unavailable, cause: Explanation | None, now: datetime) -> list[Finding]:
    """What is wrong, if anything; at most one finding, since one cause has all the consequences."""
    if isinstance(served, Unavailable):
        return [_refused(host, served, cause)]
    if served.problem is Problem.EXPIRED or (served.problem is None and stage(served, now)):
        return [_ending(host, served, cause, now)]
    return [_bad(host, served, cause)] if served.problem is not None else []


def _refused(host: str, error: Unavailable, cause: Explanation | None) -> Finding:
    stopped = cause is not None and cause.cause in (
        CertificateCause.STOPPED,
        CertificateCause.DNS,
        CertificateCause.OWN,
    )
    return Finding(
        key=f"no https {host}",
        severity=Severity.CRITICAL,
        title=f"{host} does not answer over HTTPS",
        cause=joined(" ", f"{str(error)[:1].upper()}{str(error)[1:]}.", cause.sentence if stopped and cause else ""),
        advice=cause.advice
        if stopped and cause
        else ("/jhub pods autohttps shows whether it runs.", "/jhub cert retry restarts autohttps."),
        buttons=_buttons(cause)[:2],
    )


def _bad(host: str, served: Certificate, cause: Explanation | None) -> Finding:
    words = f"It is {wrong(served)}." if served.problem in _OTHERS else f"It {_fell(served)}."
    told = None if served.problem in _OTHERS else cause
    return Finding(
        key=f"certificate {host}",
        severity=Severity.CRITICAL,
        title=f"{host} has no certificate that browsers accept",
        cause=joined(" ", words, told.sentence if told else ""),
        facts=_facts(served, told),
        advice=told.advice if told else ("/jhub cert shows the certificate that it serves.",),
        buttons=_buttons(told),
    )


def _fell(served: Certificate) -> str:
    return wrong(served) if served.traefik_default else f"is {wrong(served)}"


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
        buttons=_buttons(told),
    )


def _facts(served: Certificate, cause: Explanation | None) -> tuple[Fact, ...]:
    facts = [Fact("Issued by", served.issuer), Fact("Valid until", minute(served.not_after))]
    if cause is not None:
        facts.append(Fact("Cause", f"{cause.cause.value}, no longer seen" if cause.mended else cause.cause.value))
    if cause is not None and cause.until is not None:
        facts.append(Fact("Rate-limited until", minute(cause.until)))
    return tuple(facts)


def _buttons(cause: Explanation | None) -> tuple[Button, ...]:
    if cause is not None and cause.cause is CertificateCause.ACCOUNT:
        return (_LOG, _RESET)
    return (_LOG,) if cause is not None and not cause.is_retried else (_LOG, _RETRY, _RESET)


# A restart of autohttps, as each deployment of its configuration makes one, takes less than the two minutes.
WATCHER = Watcher("cert", look, every=timedelta(minutes=1), dwell=timedelta(minutes=2), clear=timedelta(minutes=2))

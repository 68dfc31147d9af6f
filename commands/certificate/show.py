"""The certificate that the public host serves, what is wrong with it, and what it served before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cards.times import day, minute
from cards.views import (
    Button,
    ButtonStyle,
    Cell,
    Column,
    Fact,
    Facts,
    Lines,
    Notice,
    Section,
    Table,
    Tone,
    View,
    typing,
)
from clients.errors import Unavailable
from clients.public.certificate import Certificate
from commands.certificate.assessment import judged
from commands.certificate.cause import Explanation
from commands.certificate.observations import CertificateCause
from commands.certificate.probe import contact_of, why
from commands.framework.command import Level, NoArgs, Query, Topic
from commands.framework.errors import UserError
from commands.framework.partial_results import attempt
from commands.ports.context import Reads
from commands.ports.public import ServedCertificate

_COLUMNS: Final = (Column("Since", 4), Column("Issued by", 4), Column("Valid until", 4), Column("State", 5))
_FINGERPRINT: Final = 16
_RETRY: Final = typing("Retry", "/jhub cert retry", ButtonStyle.POSITIVE)
_RESET: Final = typing("Reset the certificate", "/jhub cert reset")
_LOG: Final = typing("Show log", "/jhub logs autohttps traefik")


@dataclass(frozen=True)
class Args(NoArgs):
    """Nothing."""


async def run(args: Args, reads: Reads) -> View:
    """A handshake; and the cause where it shows that something is wrong."""
    del args
    host = configured(reads)
    served = await attempt("The public address", reads.public.certificate())
    good = isinstance(served, Certificate) and judged(served, reads.now)[1] is Tone.GOOD
    cause = None if good else await why(reads)
    past = [] if reads.certificates is None else await reads.certificates.recent()
    contact = await attempt("Kubernetes", contact_of(reads))
    return Notice(host, *_verdict(served, reads), tuple(_sections(served, cause, contact, past)), _buttons(cause))


def configured(reads: Reads) -> str:
    """The public host. Raises UserError where none is configured."""
    if not reads.names.public_host:
        raise UserError("No public host is configured, so there is no certificate to look at (public.host).")
    return reads.names.public_host


def _verdict(served: Certificate | Unavailable, reads: Reads) -> tuple[str, Tone]:
    words, tone = (str(served), Tone.BAD) if isinstance(served, Unavailable) else judged(served, reads.now)
    return f"{words[:1].upper()}{words[1:]}.", tone


def _sections(
    served: Certificate | Unavailable,
    cause: Explanation | None,
    contact: str | Unavailable | None,
    past: Sequence[ServedCertificate],
) -> list[Section]:
    sections: list[Section] = []
    if cause is not None:
        sections.append(Lines((cause.sentence, *(f"→ {line}" for line in cause.advice)), "Why"))
    facts = [] if isinstance(served, Unavailable) else _facts(served)
    if isinstance(contact, str):
        facts.append(Fact("Contact", contact or "none", Tone.NOTE if contact else Tone.BAD))
    sections.append(Facts(tuple(facts)))
    if past:
        sections.append(Table(_COLUMNS, tuple(map(_row, past)), "Certificates served"))
    if cause is not None and cause.line:
        sections.append(Lines((cause.line,), "What Traefik says", code=True))
    return sections


def _facts(served: Certificate) -> list[Fact]:
    return [
        Fact("Issued for", ", ".join(served.names) or served.subject),
        Fact("Issued by", served.issuer),
        Fact("Valid from", minute(served.not_before)),
        Fact("Valid until", minute(served.not_after)),
        Fact("Fingerprint", f"SHA-256 {served.fingerprint[:_FINGERPRINT]}…"),
    ]


def _row(seen: ServedCertificate) -> tuple[Cell, ...]:
    # What is wrong now is said above.
    state = Cell(seen.problem, Tone.WARNING) if seen.problem else Cell("accepted", Tone.GOOD)
    return Cell(minute(seen.seen)), Cell(seen.issuer), Cell(day(seen.not_after)), state


def _buttons(cause: Explanation | None) -> tuple[Button, ...]:
    """What helps: nothing while Let's Encrypt issues nothing."""
    if cause is None:
        return ()
    if cause.cause is CertificateCause.ACCOUNT:
        return (_LOG, _RESET)
    return (_LOG, _RETRY, _RESET) if cause.is_retried else (_LOG,)


COMMAND = Query(
    "cert",
    "Show the hub's certificate, what is wrong with it, and earlier ones.",
    Level.VIEWER,
    run,
    Args,
    details="Checked by a real handshake. If it is wrong, the bot looks for the cause in Traefik's log, in DNS (where "
    "the host points, CAA), on port 80 and at Let's Encrypt.",
    topic=Topic.LOGIN,
    rank=1,
)

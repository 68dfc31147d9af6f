"""`/jhub cert`: show the certificate that each host serves, what is wrong with it, and what was served before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cards.times import day, minute, timed
from cards.views import (
    Button,
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
)
from clients.errors import Unavailable
from clients.public.certificate import Certificate
from commands.certificate.buttons import buttons_for
from commands.certificate.cause import Explanation
from commands.certificate.entrance import Entrance
from commands.certificate.hosts import HostState, configured, states
from commands.certificate.observations import CertificateCause
from commands.certificate.probe import contact_of
from commands.certificate.way_in import behind
from commands.framework.command import Level, NoArgs, Query, Topic
from commands.framework.partial_results import attempt
from commands.ports.context import Reads
from commands.ports.public import ServedCertificate

_COLUMNS: Final = (Column("Since", 4), Column("Issued by", 4), Column("Valid until", 4), Column("State", 5))
_FINGERPRINT: Final = 16
# What is said of each of several hosts' certificates.
_OF_EACH: Final = ("Issued for", "Issued by", "Valid until")


@dataclass(frozen=True)
class Args(NoArgs):
    """No arguments."""


async def run(args: Args, reads: Reads) -> View:
    """Make a handshake with each host, and look for the cause where something is wrong."""
    del args
    host = configured(reads)
    found = await states(reads)
    past = [] if reads.certificates is None else await reads.certificates.recent()
    contact = await attempt("Kubernetes", contact_of(reads))
    way = await attempt("Kubernetes", behind(reads))
    sections = [*_state_sections(found, reads.now), *_shared_sections(found, contact, past, reads.now)]
    if isinstance(way, Entrance):
        sections.append(Facts(_way_facts(way), "The way in"))
    causes = [one.cause for one in found if one.cause is not None]
    return Notice(host, *_verdict(found, reads), tuple(sections), _buttons(causes))


def _verdict(found: Sequence[HostState], reads: Reads) -> tuple[str, Tone]:
    """Return what is so of the one host, or of how many of them."""
    if len(found) == 1:
        words, tone = found[0].verdict(reads.now)
        return f"{words[:1].upper()}{words[1:]}.", tone
    wrong = [one.host for one in found if not one.is_good(reads.now)]
    tones = [one.verdict(reads.now)[1] for one in found]
    if not wrong:
        return f"All {len(found)} hosts serve a certificate that browsers accept.", Tone.GOOD
    verb = "has" if len(wrong) == 1 else "have"
    words = f"{len(wrong)} of {len(found)} hosts {verb} no good certificate: {', '.join(wrong)}."
    return words, Tone.BAD if Tone.BAD in tones else Tone.WARNING


def _state_sections(found: Sequence[HostState], now: datetime) -> Iterator[Section]:
    """Yield what is so, why, and the way out; host by host where there are several."""
    for one in found:
        why = () if one.cause is None else (one.cause.sentence, *(timed("→ ", line) for line in one.cause.advice))
        if len(found) > 1:
            words = one.verdict(now)[0]
            yield Lines((f"{words[:1].upper()}{words[1:]}.", *why), one.host)
        elif why:
            yield Lines(why, "Why")
        if len(found) > 1 and isinstance(one.served, Certificate):
            yield Facts(tuple(fact for fact in _facts(one.served) if fact.label in _OF_EACH))


def _shared_sections(
    found: Sequence[HostState],
    contact: str | Unavailable | None,
    past: Sequence[ServedCertificate],
    now: datetime,
) -> Iterator[Section]:
    served = found[0].served
    facts = _facts(served) if len(found) == 1 and isinstance(served, Certificate) else []
    if isinstance(contact, str):
        facts.append(Fact("Contact", contact or "none", Tone.NOTE if contact else Tone.BAD))
    yield Facts(tuple(facts))
    if counted := _counted(found, now):
        yield Lines(counted, "Let's Encrypt's limits")
    if past:
        yield Table(_COLUMNS, tuple(map(_row, past)), "Certificates served")
    said = dict.fromkeys(one.cause.line for one in found if one.cause is not None and one.cause.line)
    if said:
        yield Lines(tuple(said), "What Traefik says", code=True)


def _way_facts(way: Entrance) -> tuple[Fact, ...]:
    secrets = ", ".join(dict.fromkeys(secret for secret, _ in way.certificates))
    told = (
        ("Behind", way.name.removeprefix("the ")),
        ("Led by", way.route),
        ("Class", way.class_name),
        ("Address", ", ".join(way.addresses or ())),
        ("Secret", secrets),
        ("Kept by", way.brought_by),
        ("Not judged", " ".join(way.unjudged)),
    )
    return tuple(Fact(label, words) for label, words in told if words)


def _counted(found: Sequence[HostState], now: datetime) -> tuple[str, ...]:
    """Return what was counted for Let's Encrypt's limits, and from what; nothing where there is nothing to count."""
    causes = [one.cause for one in found if one.cause is not None]
    lines = dict.fromkeys(line for cause in causes for line in cause.count.lines)
    if not lines:
        return ()
    ends = [end for cause in causes if (end := cause.next_try(now))]
    when = (
        timed("The next try is possible at ", minute(max(ends)), ".")
        if ends
        else "By this count a try is possible now."
    )
    said = any(cause.cause is CertificateCause.RATE_LIMIT and not cause.is_over for cause in causes)
    return (*lines, *(() if said and not ends else (when,)), causes[0].basis)


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


def _buttons(causes: Sequence[Explanation]) -> tuple[Button, ...]:
    """Return the buttons that help: none while all is well, or where autohttps has no part in the certificate."""
    return buttons_for(causes) if any(one.by_autohttps for one in causes) else ()


COMMAND = Query(
    "cert",
    "Show the hub's certificate, what is wrong with it, and earlier ones.",
    Level.VIEWER,
    run,
    Args,
    details="Checked by a real handshake with each of the hub's hosts. If one is wrong, the bot looks for the cause in "
    "Traefik's log, in DNS (where the host points, CAA), on port 80 and at Let's Encrypt; of a hub behind a Gateway or "
    "an Ingress, in what its controllers say. Let's Encrypt's limits are counted before a retry is offered.",
    topic=Topic.LOGIN,
    rank=1,
)

"""The state of each host that people open: the certificate that it serves, and the cause if that is not good."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cards.views import Tone
from clients.errors import Unavailable
from clients.public.certificate import Certificate
from commands.certificate import way_in
from commands.certificate.assessment import assess
from commands.certificate.cause import Explanation
from commands.certificate.probe import why_each
from commands.framework.errors import UserError
from commands.framework.partial_results import attempt
from commands.ports.context import Reads

# What is said of the certificate where no public host is configured.
NO_HOST: Final = Unavailable("The public address", "is not configured (public.host)")


@dataclass(frozen=True)
class HostState:
    """One host. `cause` is None where its certificate is good."""

    host: str
    served: Certificate | Unavailable
    cause: Explanation | None = None

    def verdict(self, now: datetime) -> tuple[str, Tone]:
        """Return what is so in a few words, and its tone."""
        return (str(self.served), Tone.BAD) if isinstance(self.served, Unavailable) else assess(self.served, now)

    def is_good(self, now: datetime) -> bool:
        """Return True if browsers accept the certificate, and for long enough."""
        return self.verdict(now)[1] is Tone.GOOD


def state_words(found: Sequence[HostState], now: datetime, *, named: bool) -> str:
    """Return what is so in a few words; with `named`, each with the host that it is said of."""
    return "; ".join(f"{one.host}: {one.verdict(now)[0]}" if named else one.verdict(now)[0] for one in found)


def configured(reads: Reads) -> str:
    """Return the public host. Raise UserError if none is configured."""
    if not reads.names.public_host:
        raise UserError("No public host is configured, so there is no certificate to look at (public.host).")
    return reads.names.public_host


async def states(reads: Reads) -> list[HostState]:
    """Return the state of each host, the configured one first. Causes are looked for only where something is wrong."""
    served = await all_served(reads)
    found = [HostState(host, one) for host, one in served.items()]
    if all(one.is_good(reads.now) for one in found):
        return found
    causes = await why_each(reads, served)
    return [HostState(one.host, one.served, None if one.is_good(reads.now) else causes.get(one.host)) for one in found]


async def all_served(reads: Reads) -> dict[str, Certificate | Unavailable]:
    """Return the certificate that each host serves to who asks for it by name, or why it serves none.

    Without a configured host there is none.
    """
    if not reads.names.public_host:
        return {}
    hosts = await way_in.hosts(reads)
    # The configured one is asked for as the client knows it.
    asked = ("" if host == reads.names.public_host else host for host in hosts)
    answers = await asyncio.gather(*(attempt("The public address", reads.public.certificate(name)) for name in asked))
    return dict(zip(hosts, answers, strict=True))

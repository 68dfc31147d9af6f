"""Reads of all that counts for Let's Encrypt's limits: Traefik's log, the bot's own attempts, and certificates."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from cards.times import minute, timed
from clients.errors import Unavailable
from clients.public.acme_storage import StoredCertificate, stored_certificates
from commands.certificate.acme_errors import attempts_in
from commands.certificate.limits import BACKDATED, DUPLICATES, ORDERS, Known
from commands.framework.partial_results import attempt
from commands.ports.context import Reads
from commands.ports.operations import TrailLine
from commands.ports.public import ServedCertificate

SECRET: Final = "proxy-public-tls-acme"  # noqa: S105 - the name of one
_KEY: Final = "acme.json"
_LINES: Final = 500
_SEEN: Final = 100
# The lines of the bot's own attempts, and what they are recorded to begin with (the titles of their steps).
_ATTEMPTS: Final = ("cert retry", "cert reset")
_BEGINS: Final = ("step: Restart autohttps", "step: Upgrade to revision")


async def known(reads: Reads, log: str | None, begun: datetime | None) -> Known:
    """Return what is known now. `log` is Traefik's, which begins at `begun`; None is one that could not be read."""
    trail, seen, stored = await asyncio.gather(
        attempt("The audit trail", reads.trail.page(since=reads.now - ORDERS.within, limit=_LINES)),
        _seen(reads),
        _stored(reads),
    )
    failed: dict[str, list[datetime]] = defaultdict(list)
    tried = attempts_in(log or "")
    for when, names in tried:
        for name in names:
            failed[name].append(when)
    read = [
        ("Traefik's log", None if log is None else _since(begun)),
        ("the bot's retries and resets", None if isinstance(trail, Unavailable) else ""),
        ("the certificates that the bot has seen served", None if isinstance(seen, Unavailable) else ""),
        (f"those kept in the Secret {SECRET}", None if isinstance(stored, Unavailable) else ""),
    ]
    return Known(
        failed=dict(failed),
        orders=tuple(when for when, _ in tried),
        retried=() if isinstance(trail, Unavailable) else retried_in(trail),
        issued=_issued(
            () if isinstance(seen, Unavailable) else seen, () if isinstance(stored, Unavailable) else stored, reads.now
        ),
        sources=tuple(timed(name, more) for name, more in read if more is not None),
        unread=tuple(name for name, more in read if more is None),
    )


def _since(begun: datetime | None) -> str:
    return timed(" since ", minute(begun)) if begun else ""


async def _seen(reads: Reads) -> Sequence[ServedCertificate] | Unavailable:
    if reads.certificates is None:
        return Unavailable("The bot's store", "is not read here")
    return await attempt("The bot's store", reads.certificates.recent(_SEEN))


async def _stored(reads: Reads) -> Sequence[StoredCertificate] | Unavailable:
    """Return what autohttps keeps; its keys stay where they are."""
    data = await attempt("Kubernetes", reads.kube.secret(SECRET))
    return data if isinstance(data, Unavailable) else stored_certificates(data.get(_KEY, b""))


def retried_in(trail: Sequence[TrailLine]) -> tuple[datetime, ...]:
    """Return when the bot's own attempts began that ended without a certificate."""
    ours = [one for one in trail if one.command.startswith(_ATTEMPTS)]
    failed = {one.operation for one in ours if one.event == "ended" and one.outcome != "done"}
    begun: dict[str, datetime] = {}
    for one in ours:
        if one.operation in failed and one.event == "step" and one.detail.startswith(_BEGINS):
            begun[one.operation] = one.at
    return tuple(begun.values())


def _issued(
    seen: Sequence[ServedCertificate], stored: Sequence[StoredCertificate], now: datetime
) -> tuple[tuple[frozenset[str], datetime], ...]:
    """Return the good certificates of the last week, each once by its fingerprint."""
    found: dict[str, tuple[frozenset[str], datetime]] = {
        one.fingerprint: (frozenset(name.lower() for name in one.names), one.not_before + BACKDATED)
        for one in seen
        if not one.problem
    }
    found |= {one.fingerprint: (one.names, one.not_before + BACKDATED) for one in stored}
    recent = now - DUPLICATES.within - timedelta(hours=1)
    # One that was issued less than the hour ago begins before it was issued.
    return tuple((names, min(when, now)) for names, when in found.values() if when > recent)

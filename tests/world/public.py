"""The public side: the certificate that is served, DNS, and the authority that issues."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from clients.public.certificate import Certificate, Problem
from commands.ports.public import ServedCertificate
from tests.world.constants import NOW

if TYPE_CHECKING:
    from tests.world.world import World


def certificate(problem: Problem | None = None, days: int = 65, **more) -> Certificate:
    """Return a certificate that has `problem`, or none, and is valid for so many more days."""
    made = Certificate(
        subject="hub.example.org",
        issuer="R3",
        names=("hub.example.org",),
        not_before=NOW - timedelta(days=90 - days),
        not_after=NOW + timedelta(days=days, hours=1),
        fingerprint="ab" * 32,
        self_signed=problem in (Problem.SELF_SIGNED, Problem.TRAEFIK_DEFAULT),
        traefik_default=problem is Problem.TRAEFIK_DEFAULT,
        trusted=problem is None,
        host_matches=True,
        problem=problem,
    )
    return replace(made, **more)


def on_record(seen: Certificate, now: datetime = NOW) -> ServedCertificate:
    """Return the record of a certificate that was first seen at `now`."""
    problem = seen.problem.value if seen.problem else ""
    dates = (seen.not_before, seen.not_after)
    return ServedCertificate(now, seen.fingerprint, seen.subject, seen.issuer, *dates, problem, seen.names)


@dataclass
class CertificateReads:
    """The certificate that the public host serves."""

    world: "World"

    async def certificate(self, host=""):
        return await self.world.of_host(host, "certificate")


@dataclass
class DnsReads:
    """The DNS records of the public host."""

    world: "World"

    async def addresses(self, host):
        return await self.world.of_host(host, "resolved")

    async def caa(self, host):
        return await self.world.of_host(host, "caa")


@dataclass
class IssuingReads:
    """What Let's Encrypt needs: the challenge's port and its directory."""

    world: "World"

    async def challenge(self, host=""):
        return await self.world.of_host(host, "challenge")

    async def directory(self):
        return await self.world.answer("directory")


@dataclass
class CertificateRecords:
    """The record of certificates that were served: `World.served`, newest first."""

    world: "World"

    async def record(self, seen, now):
        if self.world.served and self.world.served[0].fingerprint == seen.fingerprint:
            return False
        self.world.served.insert(0, on_record(seen, now))
        return True

    async def recent(self, limit=10):
        return (await self.world.answer("served"))[:limit]

"""What commands may ask of DNS, of certificates and of who issues them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from clients.public.certificate import Certificate
from clients.public.dns import Caa


class CertificateReads(Protocol):
    """What the public address serves."""

    async def certificate(self) -> Certificate:
        """The certificate, by a real handshake. Raises Unavailable."""


class DnsReads(Protocol):
    """What commands ask of DNS. Every method raises Unavailable."""

    async def addresses(self, host: str) -> tuple[str, ...]:
        """The host's addresses; none where the name does not exist."""

    async def caa(self, host: str) -> tuple[Caa, ...]:
        """The records that say who may issue certificates for the host; none where everybody may."""


class IssuingReads(Protocol):
    """What a certificate's issuing depends on. Every method raises Unavailable for what does not work."""

    async def challenge(self) -> None:
        """Whether the public host answers on port 80."""

    async def directory(self) -> None:
        """Whether the authority that issues is there."""


@dataclass(frozen=True)
class CertificateSeen:
    """A certificate that the public host began to serve at `seen`. `problem` is empty for one that browsers accept."""

    seen: datetime
    fingerprint: str
    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    problem: str


class CertificateRecords(Protocol):
    """What the public host has served over time. Every method raises Unavailable when the store cannot be used."""

    async def noticed(self, certificate: Certificate, now: datetime) -> bool:
        """Note what is served now; False where it is what was served before."""

    async def recent(self, limit: int = 10) -> Sequence[CertificateSeen]:
        """The changes, the newest first."""

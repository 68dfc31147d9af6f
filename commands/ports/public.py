"""Interfaces to the hub's public side: its certificate, its DNS and the authority that issues the certificate."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from clients.public.certificate import Certificate
from clients.public.dns import Caa


class CertificateReads(Protocol):
    """Reads of the certificate at the public address."""

    async def certificate(self, host: str = "") -> Certificate:
        """Return the certificate served to who asks for `host` (the configured one if empty), by a real handshake.

        Raise Unavailable.
        """


class DnsReads(Protocol):
    """Reads of DNS. Every method raises Unavailable."""

    async def addresses(self, host: str) -> tuple[str, ...]:
        """Return the host's addresses (IPv4 first); none where the name does not exist."""

    async def caa(self, host: str) -> tuple[Caa, ...]:
        """Return the CAA records that apply to the host; none where every authority may issue."""


class IssuingReads(Protocol):
    """Checks of what a certificate's issuance depends on. Every method raises Unavailable for what does not work."""

    async def challenge(self, host: str = "") -> None:
        """Check that a host (the configured one if empty) answers on port 80."""

    async def directory(self) -> None:
        """Check that the issuing authority's directory is up."""


@dataclass(frozen=True)
class ServedCertificate:
    """A certificate that the public host began to serve at `seen`. `problem` is empty for one that browsers accept.

    `names` are the hosts that it is for, none where they were not recorded.
    """

    seen: datetime
    fingerprint: str
    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    problem: str
    names: tuple[str, ...] = ()


class CertificateRecords(Protocol):
    """The history of the public host's certificates. Every method raises Unavailable when the store cannot be used."""

    async def record(self, certificate: Certificate, now: datetime) -> bool:
        """Record the certificate that is served now. Return False if it is the one recorded last."""

    async def recent(self, limit: int = 10) -> Sequence[ServedCertificate]:
        """Return at most `limit` changes, the newest first."""

"""The public address, from settings to clients: its certificate, its name in DNS, and how it gets certificates."""

from dataclasses import dataclass

from bot.config.hub import PublicSettings
from bot.config.types import ConfigError
from clients.errors import Unavailable
from clients.public.acme import Issuing
from clients.public.certificate import Certificate, CertificateReader
from clients.public.dns import Resolver


@dataclass(frozen=True)
class NoPublicAddress:
    """A stand-in where no public host is configured."""

    async def certificate(self, host: str = "") -> Certificate:
        """Say what is missing."""
        del host
        raise Unavailable("The public address", "is not configured (public.host)")


def public_of(public: PublicSettings) -> CertificateReader | NoPublicAddress:
    """Build what reads the public address's certificate; a stand-in that says what is missing where there is none."""
    if not public.host:
        return NoPublicAddress()
    return CertificateReader(public.host, public.port, address=public.address, trust=public.trust_file)


def resolver_of(public: PublicSettings) -> Resolver | None:
    """Build the resolver of DNS as the world sees it; None without a public host. Raise ConfigError."""
    try:
        return Resolver(public.nameserver) if public.host else None
    except ValueError:
        raise ConfigError("public.nameserver: must be an address and a port, as in 10.0.0.10:53") from None


def issuing_of(public: PublicSettings) -> Issuing | None:
    """Build what looks at all that Let's Encrypt needs to reach; None without a public host. Raise ConfigError."""
    if not public.host:
        return None
    try:
        return Issuing(public.host, address=public.address, port=public.http_port, directory=public.acme_directory)
    except ValueError as error:
        raise ConfigError(f"public.acme_directory: {error}") from None

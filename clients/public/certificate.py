"""The certificate that a public address serves, read by real handshakes.

The first handshake trusts everything, to read the certificate; the second trusts what a browser would, to learn if it
is accepted. Both are needed: a rejected certificate is not shown by Python's TLS.
"""

import asyncio
import ipaddress
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from clients.errors import Unavailable
from clients.instrumentation import call

SYSTEM = "the public address"
# Where it is the bot's own side that fails.
CHECK = "the check of certificates"
# What is said where the other side answers and no handshake comes of it.
NO_TLS = "does not speak TLS correctly"
# The name Traefik gives the certificate it makes up when it has none (traefik v2, v3: pkg/tls/generate).
TRAEFIK_DEFAULT = "TRAEFIK DEFAULT CERT"


class Problem(Enum):
    """The objections that a browser would have; the first that applies counts."""

    TRAEFIK_DEFAULT = "Traefik's default certificate: none was issued"
    EXPIRED = "expired"
    NOT_YET_VALID = "not valid yet"
    SELF_SIGNED = "self-signed"
    UNTRUSTED = "its issuer is not trusted"
    WRONG_HOST = "made out for another host"


@dataclass(frozen=True)
class Certificate:
    """A served certificate. Times are UTC; `fingerprint` is SHA-256 in lower-case hex.

    `subject` and `issuer` are the common names, or the whole names where there is none; `names` are the hosts and
    addresses it is made out for. `trusted` is True if its chain was accepted, whatever its names.
    """

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    fingerprint: str
    self_signed: bool
    traefik_default: bool
    trusted: bool
    host_matches: bool
    problem: Problem | None

    def days_left(self, now: datetime) -> int:
        """Return the whole days until it expires; negative once it has."""
        return (self.not_after - now).days


class CertificateReader:
    """A reader of a public address's certificates: `probe` with its settings filled in."""

    def __init__(
        self,
        host: str,
        port: int = 443,
        *,
        address: str | None = None,
        trust: Path | None = None,
        timeout: float = 5.0,
    ) -> None:
        self._where = (host, port)
        self._address = address
        self._trust = trust
        self._timeout = timeout

    async def certificate(self, host: str = "") -> Certificate:
        """Return the certificate served now to who asks for `host`, the configured one if empty. Raise Unavailable."""
        name, port = self._where
        return await probe(host or name, port, address=self._address, trust=self._trust, timeout=self._timeout)


async def probe(
    host: str,
    port: int = 443,
    *,
    address: str | None = None,
    trust: Path | None = None,
    timeout: float = 5.0,  # noqa: ASYNC109 - bounds both handshakes together
) -> Certificate:
    """Return the certificate served for `host`, reached at `address` if given, and if it would be accepted.

    `trust` is a PEM file of the only authorities to trust, instead of the system's. Takes at most `timeout` seconds.
    Raise Unavailable when nothing serves TLS there, or `trust` cannot be read.
    """
    with _named(timeout), call("public-address", "TLS") as made:
        async with asyncio.timeout(timeout):
            verifying = await asyncio.to_thread(_verifying, trust)
            served = await _handshake(address or host, port, host, _accepting())
            trusted = await _is_accepted(address or host, port, host, verifying)
            made.code = "ok"
        return _describe(x509.load_der_x509_certificate(served), host, trusted=trusted)


@contextmanager
def _named(seconds: float) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise Unavailable(SYSTEM, f"did not answer within {seconds:g} s") from error
    except ssl.SSLError as error:
        raise Unavailable(SYSTEM, NO_TLS) from error
    except ConnectionRefusedError as error:
        raise Unavailable(SYSTEM, "refused the connection") from error
    except OSError as error:
        raise Unavailable(SYSTEM, _unreachable(error)) from error
    except (ValueError, TypeError, x509.InvalidVersion, UnsupportedAlgorithm) as error:
        raise Unavailable(SYSTEM, "serves a certificate or has a name that cannot be read") from error


def _unreachable(error: OSError) -> str:
    if isinstance(error, ConnectionError):
        return "broke off the connection"
    return "cannot be reached: its name does not resolve, or there is no route to it"


def _accepting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _verifying(trust: Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=trust)
    except OSError as error:
        raise Unavailable(CHECK, "is not possible: the file of trusted authorities cannot be read") from error
    # Names are compared apart, so that a wrong host is told from a wrong chain; and browsers are not strict.
    context.check_hostname = False
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


async def _handshake(address: str, port: int, host: str, context: ssl.SSLContext) -> bytes:
    _, writer = await asyncio.open_connection(address, port, ssl=context, server_hostname=host)
    try:
        served = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    finally:
        writer.transport.abort()
    return bytes(served or b"")


async def _is_accepted(address: str, port: int, host: str, context: ssl.SSLContext) -> bool:
    try:
        await _handshake(address, port, host, context)
    except ssl.SSLCertVerificationError:
        return False
    return True


def _describe(served: x509.Certificate, host: str, *, trusted: bool) -> Certificate:
    names = names_of(served)
    self_signed = _is_self_signed(served)
    traefik = TRAEFIK_DEFAULT in (_common_name(served.subject), *names)
    matches = any(_matches(name, host) for name in names)
    return Certificate(
        subject=_common_name(served.subject),
        issuer=_common_name(served.issuer),
        names=names,
        not_before=served.not_valid_before_utc,
        not_after=served.not_valid_after_utc,
        fingerprint=served.fingerprint(hashes.SHA256()).hex(),
        self_signed=self_signed,
        traefik_default=traefik,
        trusted=trusted,
        host_matches=matches,
        problem=_problem(served, traefik=traefik, self_signed=self_signed, trusted=trusted, matches=matches),
    )


def _problem(
    served: x509.Certificate, *, traefik: bool, self_signed: bool, trusted: bool, matches: bool
) -> Problem | None:
    now = datetime.now(UTC)
    findings = (
        (traefik, Problem.TRAEFIK_DEFAULT),
        (served.not_valid_after_utc < now, Problem.EXPIRED),
        (served.not_valid_before_utc > now, Problem.NOT_YET_VALID),
        (self_signed and not trusted, Problem.SELF_SIGNED),
        (not trusted, Problem.UNTRUSTED),
        (not matches, Problem.WRONG_HOST),
    )
    return next((problem for found, problem in findings if found), None)


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else name.rfc4514_string()


def names_of(served: x509.Certificate) -> tuple[str, ...]:
    """Return the hosts and addresses that a certificate is made out for; none where they cannot be read."""
    try:
        names = served.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, ValueError):
        return ()
    hosts = names.get_values_for_type(x509.DNSName)
    return (*hosts, *(str(address) for address in names.get_values_for_type(x509.IPAddress)))


def _is_self_signed(served: x509.Certificate) -> bool:
    try:
        served.verify_directly_issued_by(served)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _matches(name: str, host: str) -> bool:
    """Return True by RFC 6125: the same name, or a wildcard for exactly the first label; addresses only verbatim."""
    name, host = name.lower().rstrip("."), host.lower().rstrip(".")
    if name == host:
        return True
    if _is_address(host):
        return _is_address(name) and ipaddress.ip_address(name) == ipaddress.ip_address(host)
    return name.startswith("*.") and "." in name[2:] and host.partition(".")[2] == name[2:]


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True

"""The public HTTPS endpoint's certificates: a proper chain of a private authority, or one of the usual mishaps."""

import ssl
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey

# How long Let's Encrypt's certificates last, by the day from which they are issued so (letsencrypt.org, 2025-12-02).
_LIFETIMES = (
    (datetime(2028, 2, 16, tzinfo=UTC), timedelta(days=45)),
    (datetime(2027, 2, 10, tzinfo=UTC), timedelta(days=64)),
    (datetime.min.replace(tzinfo=UTC), timedelta(days=90)),
)
# Less than two thirds of any: it is not due for renewal yet.
_AGE = timedelta(days=25)


class Serving(Enum):
    """The certificate that the endpoint serves."""

    PROPER = "proper"
    TRAEFIK_DEFAULT = "traefik-default"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    WRONG_HOST = "wrong-host"
    UNTRUSTED = "untrusted"
    REFUSED = "refused"


@dataclass(frozen=True)
class _Authority:
    certificate: x509.Certificate
    key: Key


class Certificates:
    """The certificates of `host`, one of which is served; `switch` changes it, for new connections."""

    def __init__(self, host: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._host = host
        self._now = now
        self._root = _authority("Sandbox Root X1", None, now())
        self._issuer = _authority("Sandbox R3", self._root, now())
        self._stranger = _authority("Somebody's Own CA", None, now())
        self.serving = Serving.PROPER
        self._age = _AGE
        self._current = self._context()

    @property
    def root_pem(self) -> bytes:
        """The authority to trust, as PEM."""
        return _pem(self._root.certificate)

    def switch(self, serving: Serving, *, fresh: bool = False) -> None:
        """Serve another certificate from now on, `fresh` for one issued just now. Each switch makes a new one."""
        self.serving = serving
        self._age = timedelta(0) if fresh else _AGE
        self._current = self._context()

    def server_context(self) -> ssl.SSLContext:
        """Return a context for a server that always serves the current certificate."""
        context = self._context()
        context.sni_callback = self._choose
        return context

    def _choose(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> int | None:
        if self.serving is Serving.REFUSED:
            return int(ssl.ALERT_DESCRIPTION_HANDSHAKE_FAILURE)
        connection.context = self._current
        return None

    def _context(self) -> ssl.SSLContext:
        chain, key = self._chain()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # ssl reads certificates from files only.
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "chain.pem"
            file.touch(mode=0o600)
            file.write_bytes(_key_pem(key) + b"".join(_pem(certificate) for certificate in chain))
            context.load_cert_chain(file)
        return context

    def _chain(self) -> tuple[list[x509.Certificate], Key]:
        key = ec.generate_private_key(ec.SECP256R1())
        if self.serving is Serving.TRAEFIK_DEFAULT:
            return [_traefik_default(key, self._now())], key
        host = "other.example.org" if self.serving is Serving.WRONG_HOST else self._host
        issuer = self._stranger if self.serving is Serving.UNTRUSTED else self._issuer
        return [_leaf(host, key, issuer, self._begin()), issuer.certificate], key

    def _begin(self) -> datetime:
        now = self._now()
        ends = {Serving.EXPIRING: timedelta(days=-5), Serving.EXPIRED: timedelta(days=2)}
        if self.serving not in ends:
            return now - self._age
        # Of the lifetimes the one that one which began so long ago had.
        begins = (now - length - ends[self.serving] for _, length in reversed(_LIFETIMES))
        return next(one for one in begins if one + lifetime(one) == now - ends[self.serving])


def lifetime(begin: datetime) -> timedelta:
    """Return how long a certificate lasts that is issued then."""
    return next(length for since, length in _LIFETIMES if begin >= since)


def _authority(name: str, parent: _Authority | None, now: datetime) -> _Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    issuer, signer = (parent.certificate.subject, parent.key) if parent else (subject, key)
    builder = (
        _builder(subject, issuer, key, now - timedelta(days=365), timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usage(signs=True), critical=True)
    )
    if parent:
        builder = builder.add_extension(_issued_by(parent), critical=False)
    return _Authority(builder.sign(signer, hashes.SHA256()), key)


def _leaf(host: str, key: Key, issuer: _Authority, begin: datetime) -> x509.Certificate:
    return (
        _builder(_name(host), issuer.certificate.subject, key, begin, lifetime(begin))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(_issued_by(issuer), critical=False)
        .sign(issuer.key, hashes.SHA256())
    )


def _traefik_default(key: Key, now: datetime) -> x509.Certificate:
    """Return a certificate as Traefik 3 makes it (pkg/tls/generate): self-issued, for a year, one made-up host."""
    name = _name("TRAEFIK DEFAULT CERT")
    made_up = x509.random_serial_number().to_bytes(20, "big").hex()
    host = x509.DNSName(f"{made_up[:32]}.{made_up[:32]}.traefik.default")
    return (
        _builder(name, name, key, now, timedelta(days=365))
        .add_extension(x509.SubjectAlternativeName([host]), critical=False)
        .sign(key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: Key, begin: datetime, length: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + length)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _issued_by(issuer: _Authority) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: Key) -> bytes:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())

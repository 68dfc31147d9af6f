"""The certificates that Traefik keeps in its `acme.json`, which holds private keys too: those are never looked at."""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from clients.answers import Json, UnusableError, json_object, parts, text
from clients.public.certificate import names_of

# A Secret has 1 MiB at most (Kubernetes).
_LARGEST: Final = 1 << 20
_MOST: Final = 100


@dataclass(frozen=True)
class StoredCertificate:
    """A certificate as it was issued: its names, in lower case, its dates, and the SHA-256 of it in hexadecimal."""

    names: frozenset[str]
    not_before: datetime
    not_after: datetime
    fingerprint: str


def stored_certificates(content: bytes) -> tuple[StoredCertificate, ...]:
    """Return the certificates of an `acme.json` (Traefik 2 and 3); none of what cannot be read."""
    if len(content) > _LARGEST:
        return ()
    try:
        resolvers = json_object(content)
    except UnusableError:
        return ()
    found = (one for resolver in resolvers.values() if isinstance(resolver, dict) for one in _certificates(resolver))
    return tuple(found)


def _certificates(resolver: Json) -> Iterator[StoredCertificate]:
    for one in parts(resolver, "Certificates")[:_MOST]:
        try:
            pem = base64.b64decode(text(one, "certificate"), validate=True)
            # The chain's first is the certificate itself.
            read = x509.load_pem_x509_certificate(pem)
            names = frozenset(name.lower() for name in names_of(read))
        except (ValueError, TypeError, binascii.Error, x509.InvalidVersion, UnsupportedAlgorithm):
            continue
        yield StoredCertificate(
            names, read.not_valid_before_utc, read.not_valid_after_utc, read.fingerprint(hashes.SHA256()).hex()
        )

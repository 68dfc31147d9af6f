"""Secrets, whose contents are left out of the repr."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field

from clients.answers import Json, part, text
from clients.kube.fields import labels


@dataclass(frozen=True)
class Secret:
    """A Secret with its data decoded from base64."""

    name: str
    labels: Mapping[str, str]
    data: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def from_json(cls, secret: Json) -> "Secret":
        """Return a Secret from a v1 Secret. Data that is not base64 is left out."""
        metadata = part(secret, "metadata")
        return cls(text(metadata, "name"), labels(metadata), _decode(part(secret, "data")))


def _decode(data: Json) -> dict[str, bytes]:
    decoded = {}
    for key, value in data.items():
        try:
            decoded[key] = base64.b64decode(value, validate=True)
        except (binascii.Error, TypeError, ValueError):
            continue
    return decoded

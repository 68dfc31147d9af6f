"""Secrets that exist only to be searched for, planted where real ones are stored, each unlike anything else."""

import base64
import gzip
import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path

# Shorter ones would be found by chance.
_LONG_ENOUGH = 12
_SECRET_WORDS = ("secret", "token", "password", "key", "cookie")


@dataclass
class Canaries:
    """The texts that must not be seen anywhere, with the place of each."""

    planted: dict[str, str] = field(default_factory=dict)

    def new(self, where: str) -> str:
        made = f"kanari{secrets.token_hex(10)}"
        self.planted[made] = where
        return made

    def add(self, secret: str, where: str) -> None:
        """Add a secret that the world has anyway."""
        if len(secret) >= _LONG_ENOUGH:
            self.planted[secret] = where

    def found_in(self, content: bytes) -> dict[str, str]:
        """Return the places of those that `content` has, as they are or as base64, each with its surroundings."""
        found = {}
        for secret, where in self.planted.items():
            for form in (secret.encode(), base64.b64encode(secret.encode()).rstrip(b"=")):
                if (at := content.find(form)) >= 0:
                    found[where] = content[max(0, at - 150) : at + 150].decode("utf-8", "replace")
        return found


def adopt(canaries: Canaries, ready: dict[str, object]) -> None:
    """Add the world's own tokens."""
    for name, value in ready.items():
        if name.endswith("token_file") or name == "client_secret_file":
            canaries.add(Path(str(value)).read_text("utf-8").strip(), name)


def adopt_values(canaries: Canaries, secrets_of_cluster: list[dict]) -> None:
    """Add what Secrets hold, helm's own records of the release among them."""
    for secret in secrets_of_cluster:
        name = secret["metadata"]["name"]
        for key, encoded in (secret.get("data") or {}).items():
            plain = base64.b64decode(encoded)
            if secret.get("type") == "helm.sh/release.v1":
                release = json.loads(gzip.decompress(base64.b64decode(plain)))
                _adopt_leaves(canaries, release.get("config") or {}, f"values of {name}")
            elif secret.get("type") != "kubernetes.io/tls" and key != "values.yaml" and "\n" not in plain.decode():
                canaries.add(plain.decode(), f"Secret {name}, {key}")


def _adopt_leaves(canaries: Canaries, values: object, where: str, name: str = "") -> None:
    if isinstance(values, dict):
        for inner, value in values.items():
            _adopt_leaves(canaries, value, where, str(inner))
    elif isinstance(values, str) and any(word in name.lower() for word in _SECRET_WORDS):
        canaries.add(values, f"{where}, {name}")

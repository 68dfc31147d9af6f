"""References to secrets. The configuration names the place; the secret itself never stands in it."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Self
from urllib.parse import urlsplit

Kind = Literal["file", "env", "keyvault"]

FORMS: Final = "file:/run/secrets/NAME, env:NAME or keyvault:https://VAULT.vault.azure.net/secrets/NAME"
# What an editor checks; `parse` says more.
PATTERN: Final = r"^(file:.+|env:[A-Za-z_][A-Za-z0-9_]*|keyvault:https?://[^\s]+)$"
_PLAIN: Final = f"do not put a secret here, only the place where it is stored: {FORMS}"
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Names and versions as Key Vault has them (its REST API 7.4).
_IN_VAULT: Final = re.compile(r"/secrets/(?P<name>[0-9A-Za-z-]{1,127})(?:/(?P<version>[0-9a-fA-F]{32}))?/?")
# A token for Key Vault is sent to these alone: nobody but Microsoft gives such names away.
VAULT_SUFFIXES: Final = (".vault.azure.net", ".vault.azure.cn", ".vault.usgovcloudapi.net")


@dataclass(frozen=True)
class SecretRef:
    """Place of a secret: a file's path, a variable's name, or the address of a secret in a key vault."""

    kind: Kind
    place: str

    @classmethod
    def parse(cls, text: object) -> Self:
        """Return a place in one of the three forms. Raise ValueError, which does not repeat what was given."""
        kind, colon, place = text.partition(":") if isinstance(text, str) else ("", "", "")
        match kind if colon else "":
            case "file" if place.strip():
                return cls("file", place.strip())
            case "env" if _VARIABLE.fullmatch(place):
                return cls("env", place)
            case "keyvault":
                _check_address(place)
                return cls("keyvault", place.rstrip("/"))
        raise ValueError(_PLAIN)

    @property
    def path(self) -> Path:
        """Path of a file."""
        return Path(self.place)

    @property
    def vault(self) -> str:
        """Address of the vault of a secret in a key vault, without a slash at its end."""
        address = urlsplit(self.place)
        return f"{address.scheme}://{address.netloc}"

    @property
    def name(self) -> str:
        """Name of a secret in a key vault, with its version where that is named: NAME or NAME/VERSION."""
        return urlsplit(self.place).path.removeprefix("/secrets/")

    def __str__(self) -> str:
        """As it is written."""
        return f"{self.kind}:{self.place}"


def _check_address(text: str) -> None:
    wrong = ValueError("a secret in a key vault is written as keyvault:https://VAULT.vault.azure.net/secrets/NAME")
    try:
        address = urlsplit(text)
        host = address.hostname or ""
        plain = not (address.username or address.password or address.query or address.fragment)
    except ValueError:
        raise wrong from None
    if not (plain and _IN_VAULT.fullmatch(address.path)):
        raise wrong
    if address.scheme == "http" and host in ("127.0.0.1", "localhost", "::1"):
        return  # the sandbox's
    if address.scheme != "https" or not host.endswith(VAULT_SUFFIXES):
        raise wrong

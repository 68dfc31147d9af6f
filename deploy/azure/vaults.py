"""The secrets that the bot's configuration leaves in key vaults (`keyvault:…`), and steps to let the bot read them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from execution import Answer, Known, Step, found

# The role Key Vault Secrets User, on the one secret: it reads values and nothing else.
ROLE: Final = "Key Vault Secrets User"
_NAMED: Final = re.compile(r"(?i)keyvault:https://([0-9a-z-]{3,24})\.vault\.[a-z.]+/secrets/([0-9a-z-]{1,127})")
_COMMENT: Final = re.compile(r"(?m)(^|\s)#.*$")


def referred(config: Path) -> list[tuple[str, str]]:
    """Return the secrets that the configuration names, each once: vault and name. Comments are left out."""
    text = _COMMENT.sub("", config.read_text("utf-8"))
    return sorted({(vault.lower(), name) for vault, name in _NAMED.findall(text)})


def vaults(ask: Answer, config: Path) -> Known:
    """Return the vaults of these secrets by name. Raise SetupError for one that does not exist or may not be read."""
    return {name: found(ask, "keyvault", "show", "--name", name) for name, _ in referred(config)}


def reading(config: Path, vaults_by_name: Known) -> Iterator[Step]:
    """Yield steps that let the identity read them, except in the vault that setup.py makes (identity.bicep)."""
    for vault, name in referred(config):
        yield Step(
            f"Let the identity read the secret {name} of the vault {vault}, which the configuration names",
            _command(vaults_by_name[vault], vault, name),
            unless=lambda known, vault=vault: known["vaultName"].lower() == vault,  # type: ignore[misc]
        )


def _command(vault_resource: dict[str, Any], vault: str, name: str) -> tuple[str, ...]:
    if not vault_resource["properties"].get("enableRbacAuthorization"):
        # A vault of the older kind knows no roles, and no single secrets.
        whom = ("--object-id", "{principalId}", "--secret-permissions", "get", "--output", "none")
        return ("keyvault", "set-policy", "--name", vault, *whom)
    whom = ("--assignee-object-id", "{principalId}", "--assignee-principal-type", "ServicePrincipal")
    where = ("--role", ROLE, "--scope", f"{vault_resource['id']}/secrets/{name}", "--output", "none")
    return ("role", "assignment", "create", *whom, *where)

"""The environment of the helm processes that the bot starts, and their folders."""

import os
from pathlib import Path
from typing import Final

from clients.errors import Unavailable

# How to get out, what to trust, and how a kubeconfig's credential plugin or a pod's service account identifies us.
# None of them is a secret by itself.
_HANDED_ON: Final = (
    *("PATH", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
    *("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"),
    *("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST"),
)


def environment(state: Path, *, at_home: bool) -> dict[str, str]:
    """Return the whole environment of a helm whose caches lie in `state`.

    It has our home folder only if `at_home`: in a pod a stray ~/.kube/config must not win over the service account.
    """
    home = os.environ.get("HOME") if at_home else None
    return {
        **{name: os.environ[name] for name in _HANDED_ON if name in os.environ},
        "HOME": home or str(state),
        "KUBECACHEDIR": str(state / "kube"),
        "HELM_CACHE_HOME": str(state / "cache"),
        "HELM_CONFIG_HOME": str(state / "config"),
        "HELM_DATA_HOME": str(state / "data"),
    }


def make_private(folder: Path) -> None:
    """Create the folder that helm works in, unreadable to others, if it is missing. Raise Unavailable."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable("Helm", "has no folder to work in") from error

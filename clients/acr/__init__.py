"""Azure Container Registry, as far as an image's tags go: read against its data plane `/acr/v1` as it was in 2026."""

from typing import Final

from clients.acr.session import SYSTEM
from clients.acr.tags import Acr, Tag

# What a token of Entra for it is asked for.
AUDIENCE: Final = "https://containerregistry.azure.net"

__all__ = ["AUDIENCE", "SYSTEM", "Acr", "Tag"]

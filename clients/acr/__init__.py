"""Azure Container Registry, limited to the tags of images. Written against its data plane `/acr/v1` as of 2026."""

from typing import Final

from clients.acr.session import SYSTEM
from clients.acr.tags import Acr, Tag

# What a token of Entra for it is asked for.
AUDIENCE: Final = "https://containerregistry.azure.net"

__all__ = ["AUDIENCE", "SYSTEM", "Acr", "Tag"]

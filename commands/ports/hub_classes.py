"""Interface to JupyterHub's own classes."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from clients.hub_classes import Judgement


class HubClassReads(Protocol):
    """Questions to JupyterHub's own classes, which are loaded and never started."""

    async def judged(self, configs: Sequence[Mapping[str, Mapping[str, object]]], hub_version: str) -> Judgement:
        """Return what the classes of that version of JupyterHub, or of one that is near, say of each configuration.

        Secrets have to be replaced before. Raise Unavailable if there are no such classes or they do not answer.
        """

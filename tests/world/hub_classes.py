"""JupyterHub's own classes, which find nothing unless told otherwise."""

from dataclasses import dataclass, field

from clients.hub_classes import ClassFinding, Judgement

VERSIONS = {"jupyterhub": "5.5.4", "jupyterhub-kubespawner": "7.1.0", "oauthenticator": "17.4.0"}


@dataclass
class HubClasses:
    """They find `found` in each configuration, or raise it, and note what they are asked in `asked`."""

    found: tuple[ClassFinding, ...] | Exception = ()
    asked: list = field(default_factory=list)

    async def judged(self, configs, hub_version):
        """Answer as `clients.hub_classes.HubClasses` does."""
        self.asked.append((configs, hub_version))
        if isinstance(self.found, Exception):
            raise self.found
        return Judgement(VERSIONS, tuple(self.found for _ in configs))

"""A users' image that cannot be pulled any more."""

from sandbox.apiserver.objects.resource_kinds import NODE
from sandbox.apiserver.storage.store import Store
from sandbox.faults.servers import start, stop_stuck
from sandbox.jupyterhub.config import as_installed
from sandbox.jupyterhub.users import HubUsers
from sandbox.runtime.images import Images


def begin(store: Store, images: Images, users: HubUsers, waiting: int = 2) -> list[str]:
    """Remove the layers of the live image from registry and nodes, while `waiting` users start a server."""
    image = as_installed(store, users.profile).image
    images.spoil(*_parts(image))
    for node in store.list(NODE):
        images.drop(str(node["metadata"]["name"]), image)
    return start(users, waiting)


def heal(store: Store, images: Images, users: HubUsers) -> list[str]:
    """Restore the image. Return the users whose stuck servers were stopped, to be started anew."""
    images.mend(*_parts(as_installed(store, users.profile).image))
    return stop_stuck(users)


def _parts(image: str) -> tuple[str, str]:
    repository, _, tag = image.partition("@")[0].rpartition(":")
    return repository, tag

"""Servers that still run an image which is no longer the one that new servers get."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from clients.helm import Release
from clients.hub import HubUser
from clients.kube import Pod
from commands.framework.errors import UserError
from commands.kubernetes.components import USER_SERVER, plain
from commands.ports.context import Reads
from commands.release.record import image_digest, image_name, image_tag
from commands.servers.users import pod_of

_RUNS = ("Pending", "Running")


@dataclass(frozen=True)
class Live:
    """The image that new servers get. `names` are those under which the release has had images, by its history."""

    name: str
    tag: str
    digest: str
    names: tuple[str, ...]

    def is_newer_than(self, image: str) -> bool:
        """Return True if a server that runs `image` would start with another one.

        An image that the release never named was chosen by its user (z2jh's `profileList`): that is not outdated. Of
        the same tag, only digests tell two images apart, where both are known.
        """
        tagged, _, digest = image.partition("@")
        if tagged.rpartition(":")[0] not in self.names:
            return False
        if plain(image) != f"{self.name}:{self.tag}":
            return True
        return bool(self.digest and digest) and digest != self.digest


@dataclass(frozen=True)
class Outdated:
    """A server that runs an outdated image. `pod` is the UID of this run of it; the next one has another."""

    user: str
    server: str
    pod: str
    tag: str


async def live_image(reads: Reads) -> Live:
    """Return the image of the live release. Raise UserError if there is none."""
    history = await reads.releases.history()
    live = next((one for one in history if one.status == "deployed"), None)
    if live is None:
        raise UserError(
            f"No revision of {reads.names.release} is live, so there is no live image to compare with.", "/jhub history"
        )
    return Live(image_name(live), image_tag(live), image_digest(live), _names(history))


def _names(history: Sequence[Release]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(image_name(one) for one in history))


async def outdated(live: Live, reads: Reads) -> list[Outdated]:
    """Return the servers that run an outdated image, by user. Raise Unavailable."""
    users, pods = await asyncio.gather(reads.hub.users("active"), reads.kube.pods(f"component={USER_SERVER}"))
    there = [pod for pod in pods if not pod.terminating and pod.phase in _RUNS]
    return sorted(
        (one for user in users for one in of_user(user, there, live)), key=lambda one: (one.user.casefold(), one.server)
    )


def of_user(user: HubUser, pods: Collection[Pod], live: Live) -> list[Outdated]:
    """Return the outdated servers of one user."""
    theirs = [pod for pod in pods if pod.user == user.name]
    found = []
    for server in user.servers:
        pod = pod_of(server, theirs, alone=len(user.servers) == 1)
        if pod is not None and pod.images and not server.stopping and live.is_newer_than(pod.images[0]):
            found.append(Outdated(user.name, server.name, pod.uid, plain(pod.images[0]).rpartition(":")[2]))
    return found

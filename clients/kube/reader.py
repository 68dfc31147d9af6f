"""What may be asked of the cluster."""

import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime

from clients.errors import NotFound
from clients.kube.api import Json, KubeApi
from clients.kube.events import Event
from clients.kube.fields import text
from clients.kube.listing import list_all
from clients.kube.nodes import Node
from clients.kube.pods import Pod
from clients.kube.secrets import Secret
from clients.kube.watch import PodWatch

NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class KubeReader:
    """Reads one namespace, and the cluster's nodes. Every method takes at most the connection's time-out.

    Every method raises Unavailable when the API server does not answer, or not usably.
    """

    def __init__(self, api: KubeApi, namespace: str) -> None:
        """Raises ValueError for a namespace that cannot exist."""
        if not NAME.fullmatch(namespace):
            raise ValueError("not the name of a namespace")
        self._api = api
        self._namespace = f"/api/v1/namespaces/{namespace}"

    async def pods(self, selector: str = "") -> list[Pod]:
        """The pods that match a label selector (all without one), by name."""
        items = await self._list(f"{self._namespace}/pods", "list pods", {"labelSelector": selector})
        return [Pod.from_json(item) for item in items]

    async def watch_pods(self, selector: str = "") -> AsyncIterator[list[Pod]]:
        """The pods that match, complete, now and again after each change, until the caller stops.

        Survives dropped connections and expired versions. Raises Unavailable when the first list fails or when
        nothing worked for a minute.
        """
        watch = PodWatch(self._api, f"{self._namespace}/pods", selector)
        async with aclosing(watch.snapshots()) as snapshots:
            async for snapshot in snapshots:
                yield snapshot

    async def nodes(self) -> list[Node]:
        """Every node of the cluster."""
        return [Node.from_json(item) for item in await self._list("/api/v1/nodes", "list nodes", {})]

    async def events(self, since: datetime | None = None, *, kind: str = "", name: str = "") -> list[Event]:
        """Events last seen at or after `since`, about the object given if any; the latest is last."""
        about = {"involvedObject.kind": kind, "involvedObject.name": name}
        selector = ",".join(f"{field}={value}" for field, value in about.items() if value)
        items = await self._list(f"{self._namespace}/events", "list events", {"fieldSelector": selector})
        found = [Event.from_json(item) for item in items]
        recent = [event for event in found if since is None or (event.last or LONG_AGO) >= since]
        return sorted(recent, key=lambda event: event.last or LONG_AGO)

    async def secret(self, name: str) -> dict[str, bytes]:
        """The data of one Secret. Raises NotFound. Not to be shown or logged."""
        if not NAME.fullmatch(name):
            raise NotFound("There is no Secret of that name")
        async with self._api.bounded("read a Secret"):
            item = await self._api.get(f"{self._namespace}/secrets/{name}", f"read the Secret {name}")
        return dict(Secret.from_json(item).data)

    async def secrets(self, selector: str) -> list[Secret]:
        """The Secrets that match a label selector."""
        items = await self._list(f"{self._namespace}/secrets", "list Secrets", {"labelSelector": selector})
        return [Secret.from_json(item) for item in items]

    async def version(self) -> str:
        """The API server's version, such as "v1.32.1"."""
        async with self._api.bounded("read the version"):
            return text(await self._api.get("/version", "read the version"), "gitVersion")

    async def _list(self, path: str, what: str, query: dict[str, str]) -> list[Json]:
        async with self._api.bounded(what):
            items, _ = await list_all(self._api, path, what, query)
        return items

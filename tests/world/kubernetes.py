"""Kubernetes, read: `commands.ports.kubernetes.KubeReads` over the lists of a `World`."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clients.errors import NotFound
from tests.world.constants import NOW
from tests.world.volumes import volumes_of

if TYPE_CHECKING:
    from tests.world.world import World


@dataclass
class KubeReads:
    """Kubernetes, read. Selectors are matched as equalities alone."""

    world: "World"

    async def version(self):
        return await self.world.answer("kubernetes")

    async def pods(self, selector=""):
        found = await self.world.answer("pods")
        return [one for one in found if _matches(selector, {"component": one.component, **one.labels})]

    async def daemon_sets(self, selector=""):
        return [one for one in await self.world.answer("daemon_sets") if _matches(selector, one.labels)]

    async def nodes(self):
        return await self.world.answer("nodes")

    async def events(self, since=None):
        return [one for one in self.world.events if since is None or one.last is None or one.last >= since]

    async def autoscaler_events(self, since):
        found = await self.world.answer("scaling")
        return [one for one in found if one.last is None or one.last >= since]

    async def autoscaler_status(self):
        return await self.world.answer("autoscaler")

    async def quotas(self):
        return await self.world.answer("quotas")

    async def limit_ranges(self):
        return await self.world.answer("limit_ranges")

    async def disruption_budgets(self):
        return await self.world.answer("budgets")

    async def deprecated_apis(self):
        return await self.world.answer("apis")

    async def claims(self, selector=""):
        return [one async for page in self.claim_pages(selector) for one in page]

    async def claim_pages(self, selector=""):
        assert selector == ""
        found = await self.world.answer("claims")
        for first in range(0, len(found), 500):
            yield found[first : first + 500]

    async def unbound_claims(self):
        return [one for one in await self.claims() if one.phase != "Bound"]

    async def claim(self, name):
        return find(name, await self.world.answer("claims"))

    async def volumes(self, selector=""):
        return [one for one in volumes_of(self.world) if _matches(selector, one.labels)]

    async def volume(self, name):
        return find(name, volumes_of(self.world))

    async def storage_classes(self):
        return await self.world.answer("storage_classes")

    async def snapshot_classes(self):
        return await self.world.answer("snapshot_classes")

    async def snapshots(self):
        return await self.world.answer("snapshots")

    async def snapshot(self, name):
        return find(name, await self.world.answer("snapshots"))

    async def refused_pod(self, pod, *, strict=True):
        judge = await self.world.answer("refuses")
        self.world.judged.append((pod, strict))
        return judge(pod, strict) if judge else None

    async def deployment(self, name):
        return find(name, await self.world.answer("deployments"))

    async def secret_uid(self, name):
        if name not in self.world.secrets:
            raise NotFound(f"There is nothing named {name}")
        return f"uid-{name}"

    async def secret(self, name):
        if name not in self.world.secrets:
            raise NotFound(f"There is nothing named {name}")
        return self.world.secret_data.get(name, {})

    async def ingresses(self):
        return await self.world.answer("ingresses")

    async def ingress_classes(self):
        return await self.world.answer("ingress_classes")

    async def http_routes(self):
        return await self.world.answer("http_routes")

    async def gateway(self, namespace, name):
        return find(name, [one for one in await self.world.answer("gateways") if one.namespace == namespace])

    async def load_balancer(self, service):
        assert service == "proxy-public"
        return await self.world.answer("balancer")

    async def log(self, pod, container, *, since, lines, previous=False, stamped=False):
        if stamped:
            said = "" if previous else await self.world.answer("hub_log")
            return "\n".join(one for one in said.splitlines() if one >= f"{NOW - since:%Y-%m-%dT%H:%M:%S}")
        if pod in self.world.servers_said:
            assert (container, previous) in (("notebook", True), ("hub", True))
            return self.world.servers_said[pod]
        assert container == "traefik"
        assert lines > 0
        assert any(one.name == pod for one in self.world.pods)
        return await self.world.answer("earlier_log" if previous else "log")

    async def watch_pods(self, selector=""):
        assert selector == ""
        for found in self.world.watched:
            if isinstance(found, Exception):
                raise found
            yield found
            await asyncio.sleep(0)
        await for_ever()


def _matches(selector, labels):
    """Return True if the labels have every `key=value` of the selector."""
    return all(labels.get(key) == value for key, _, value in (one.partition("=") for one in selector.split(",") if one))


def find(name, objects):
    """Return the object of that name. Raise NotFound without one."""
    for one in objects:
        if one.name == name:
            return one
    raise NotFound(f"There is nothing named {name}")


async def for_ever():
    """Wait until cancelled."""
    await asyncio.Event().wait()

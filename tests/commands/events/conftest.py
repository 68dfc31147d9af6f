"""A cluster in Azure with room for servers that are known to ask for something, and the events on it."""

from dataclasses import replace

import pytest

from clients.azure.compute import Quota, Size, Usage
from clients.errors import NotFound
from clients.kube import StorageClass
from commands.framework import polling as waiting
from tests.commands.nodes.estate import Azure, Estate, Kube
from tests.world import World, node, release

GIB = 2**30
# As AKS leaves it of a Standard_E8s_v5.
LEFT = {"cpu": 7.82, "memory": 61 * GIB, "pods": 110.0}
VALUES = {
    "singleuser": {
        "image": {"name": "example.azurecr.io/jupyter", "tag": "3f9a41c"},
        "memory": {"guarantee": "4G"},
        "cpu": {"guarantee": 0.25},
        "storage": {"type": "dynamic", "dynamic": {"storageClass": "managed-csi"}},
    }
}


class Machines(Kube):
    """Kubernetes with nodes that tell what they have."""

    def __init__(self, world, azure):
        super().__init__(world, azure)
        self.tells = True

    async def nodes(self):
        return [replace(one, allocatable=LEFT if self.tells else {}) for one in await super().nodes()]

    def __getattr__(self, name):
        return getattr(self.world.reads.kube, name)


class Quotas:
    """What Azure says of the size of a machine and of the quota; `trouble` is raised instead, if there is one."""

    def __init__(self):
        self.size = Size("f", 8, offered=True, memory=64 * GIB, disks=16)
        self.used, self.limit, self.trouble = 40, 400, None

    async def quota(self, location, size):
        assert location == "westeurope"
        if self.trouble:
            raise self.trouble
        if size != "Standard_E8s_v5":
            raise NotFound(size)
        return Quota(self.size, (Usage("Standard ESv5 Family vCPUs", self.used, self.limit),))


class Classroom(Estate):
    """The systems of a command about events."""

    def __init__(self, azure, world):
        super().__init__(azure, world)
        self.quotas = Quotas()
        self.kube = Machines(world, azure)
        self.moment = world.reads.now

    @property
    def reads(self):
        return replace(super().reads, kube=self.kube, now=self.moment)

    def now(self):
        return self.moment


class Ranging(Azure):
    """Azure, which moves a pool into its range by itself."""

    async def autoscale(self, pool, minimum, maximum, count, tags):
        return await super().autoscale(pool, minimum, maximum, min(max(count, minimum), maximum), tags)


@pytest.fixture
def azure():
    return Ranging()


@pytest.fixture
def world():
    made = World(users=[], releases=[release(values=VALUES)])
    made.system = []
    made.storage_classes = [StorageClass("managed-csi", "disk.csi.azure.com", "Delete", True, True)]
    made.nodes = [node("aks-users-0", "users"), node("aks-users-1", "users")]
    return made


@pytest.fixture
def do(azure, world, monkeypatch):
    monkeypatch.setattr(waiting, "PACE", 0.001)
    return Classroom(azure, world)

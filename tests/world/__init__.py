"""All systems outside the bot as values in memory, for tests of commands. README.md shows how to use it."""

from tests.world.azure import Cost
from tests.world.constants import IMAGE, NOW, OLU, SECRET
from tests.world.helm import Helm, automatic, by_olu, chart_files, release
from tests.world.hub import user
from tests.world.kubernetes import KubeReads, for_ever
from tests.world.kubernetes_objects import (
    cannot_pull,
    components,
    deployment,
    empty,
    home,
    mounted,
    node,
    pod,
    server,
    snapshot,
    unready,
    volume,
)
from tests.world.kubernetes_writes import KubeWrites, pulls
from tests.world.operations import work
from tests.world.public import certificate, on_record
from tests.world.values import Home
from tests.world.world import Doing, World, words

__all__ = [
    "IMAGE",
    "NOW",
    "OLU",
    "SECRET",
    "Cost",
    "Doing",
    "Helm",
    "Home",
    "KubeReads",
    "KubeWrites",
    "World",
    "automatic",
    "by_olu",
    "cannot_pull",
    "certificate",
    "chart_files",
    "components",
    "deployment",
    "empty",
    "for_ever",
    "home",
    "mounted",
    "node",
    "on_record",
    "pod",
    "pulls",
    "release",
    "server",
    "snapshot",
    "unready",
    "user",
    "volume",
    "words",
    "work",
]

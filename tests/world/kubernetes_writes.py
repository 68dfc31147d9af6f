"""Kubernetes, written: `commands.ports.kubernetes.KubeWrites` over the lists of a `World`."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from clients.kube import DaemonSet
from tests.world.constants import NOW
from tests.world.kubernetes import find
from tests.world.kubernetes_objects import empty, pod, snapshot
from tests.world.volumes import change_volume, marked, volumes_of

if TYPE_CHECKING:
    from tests.world.world import World


@dataclass
class KubeWrites:
    """Kubernetes, written: the world changes at once, and `World.done` has a line for each call."""

    world: "World"

    async def mark_revision(self, release, revision, labels):
        marked = [one for one in self.world.releases if one.name == release and one.revision == revision]
        self.world.releases = [
            replace(one, labels={**one.labels, **labels}) if one in marked else one for one in self.world.releases
        ]
        return bool(marked)

    async def create_snapshot(self, *, name, claim, snapshot_class, labels, annotations):
        self.world.done.append(f"create_snapshot {name} of {claim}")
        for one in self.world.snapshots:
            if one.name == name:
                return one
        source = find(claim, self.world.claims)
        error = self.world.snapshot_error
        user, named = (annotations.get(f"hub.jupyter.org/{what}name", "") for what in ("user", "server"))
        made = snapshot(source, name, 0, labels=labels, annotations=annotations, user=user, server=named)
        made = replace(made, ready=not error, error=error, snapshot_class=snapshot_class)
        self.world.snapshots.append(made)
        return made

    async def delete_snapshot(self, name, uid):
        self.world.done.append(f"delete_snapshot {name}")
        kept = [one for one in self.world.snapshots if (one.name, one.uid) != (name, uid)]
        gone, self.world.snapshots = len(kept) < len(self.world.snapshots), kept
        return gone

    async def create_claim(
        self, *, name, storage_class, size, access_modes, labels, annotations, snapshot="", volume=""
    ):
        self.world.done.append(f"create_claim {name}" + (f" from {snapshot}" if snapshot else ""))
        for one in self.world.claims:
            if one.name == name:
                return one
        late = any(one.binds_late for one in self.world.storage_classes if one.name == storage_class)
        made = empty(
            annotations.get("hub.jupyter.org/username", ""),
            name,
            uid=f"uid-{name}-{len(self.world.done)}",
            server=annotations.get("hub.jupyter.org/servername", ""),
            storage_class=storage_class,
            size=size,
            access_modes=tuple(access_modes),
            created=NOW,
            labels=labels,
            annotations=annotations,
        )
        made = made if late or volume else replace(made, phase="Bound", volume=f"pvc-new-{name}")
        self.world.claims.append(replace(made, volume=volume or made.volume))
        self.world.settle()
        return find(name, self.world.claims)

    async def mark_volume(self, name, uid, *, policy, labels, annotations):
        self.world.done.append(f"mark_volume {name} {policy}")
        before = find(name, volumes_of(self.world))
        its = {"labels": marked(before.labels, labels), "annotations": marked(before.annotations, annotations)}
        return change_volume(self.world, name, uid, reclaim_policy=policy, **its)

    async def keep_volume(self, name, uid, claim):
        self.world.done.append(f"keep_volume {name} for {claim}")
        return change_volume(self.world, name, uid, claim=claim, claim_uid="")

    async def mark_snapshot(self, name, uid, annotations):
        self.world.done.append(f"mark_snapshot {name}")
        there = [one for one in self.world.snapshots if (one.name, one.uid) == (name, uid)]
        owner = {"user": annotations["hub.jupyter.org/username"]}
        self.world.snapshots = [
            replace(one, annotations=marked(one.annotations, annotations), **owner) if one in there else one
            for one in self.world.snapshots
        ]
        return bool(there)

    async def expand_claim(self, name, uid, size):
        self.world.done.append(f"expand_claim {name} to {size // 2**30}Gi")
        if (error := self.world.expansion_error) is not None:
            raise error
        there = [one for one in self.world.claims if (one.name, one.uid) == (name, uid)]
        self.world.claims = [
            replace(one, requested=size, **self.world.expansion) if one in there else one for one in self.world.claims
        ]
        if there and not self.world.expansion:
            self.world.claims = [
                replace(one, size=one.requested) if one.name == name else one for one in self.world.claims
            ]
        return bool(there)

    async def create_puller(self, puller):
        self.world.done.append(f"create_puller {puller.name} of {puller.image}")
        for one in self.world.daemon_sets:
            if one.name == puller.name:
                return one
        images = (puller.image, puller.pause)
        made = DaemonSet(puller.name, f"uid-{len(self.world.done)}", puller.labels, images, 0, 0, is_observed=True)
        self.world.daemon_sets.append(made)
        self.world.pulling(self.world, made)
        return made

    async def delete_daemon_set(self, name, uid):
        self.world.done.append(f"delete_daemon_set {name}")
        kept = [one for one in self.world.daemon_sets if (one.name, one.uid) != (name, uid)]
        gone, self.world.daemon_sets = len(kept) < len(self.world.daemon_sets), kept
        self.world.pods = [one for one in self.world.pods if not one.name.startswith(name)]
        return gone

    async def delete_claim(self, name, uid):
        self.world.done.append(f"delete_claim {name}")
        there = [one for one in self.world.claims if (one.name, one.uid) == (name, uid)]
        going = [replace(one, terminating=True) if one in there else one for one in self.world.claims]
        self.world.claims = going
        self.world.settle()
        return bool(there)

    async def restart(self, deployment, uid, mark, at):
        self.world.done.append(f"restart {deployment}")
        there = [one for one in self.world.deployments if (one.name, one.uid) == (deployment, uid)]
        if not there:
            return False
        kept = [one for one in self.world.deployments if one is not there[0]]
        self.world.deployments = [*kept, replace(there[0], restart=mark, restarted=at)]
        self.world.restarted(self.world)
        return True

    async def put_config_map(self, name, data):
        self.world.done.append(f"put_config_map {name}")
        maps = await self.world.answer("config_maps")
        maps[name] = {**maps.get(name, {}), **data}

    async def delete_deployment(self, name, uid):
        self.world.done.append(f"delete_deployment {name}")
        kept = [one for one in self.world.deployments if (one.name, one.uid) != (name, uid)]
        gone, self.world.deployments = len(kept) < len(self.world.deployments), kept
        return gone

    async def delete_secret(self, name, uid):
        self.world.done.append(f"delete_secret {name}")
        gone = name in self.world.secrets and uid == f"uid-{name}"
        self.world.secrets = [one for one in self.world.secrets if one != name]
        return gone

    async def cordon(self, node):
        self.world.done.append(f"cordon {node}")
        return True

    async def delete_pod(self, name, uid):
        self.world.done.append(f"delete_pod {name}")
        kept = [one for one in self.world.pods if (one.name, one.uid) != (name, uid)]
        gone, self.world.pods = len(kept) < len(self.world.pods), kept
        self.world.settle()
        return gone


def pulls(world, made, *, states=({},)):
    """Add a pod of the puller `made` to each node of the users' pool.

    `states` are the fields in which the pods differ from ready ones, one mapping a node; the last is for all others.
    """
    theirs = [one for one in world.nodes if one.pool == "users"]
    given = [*states, *[states[-1]] * len(theirs)]
    for one, more in zip(theirs, given, strict=False):
        kept = {"node": one.name, "labels": made.labels, "images": made.images[1:], **more}
        world.pods.append(pod(f"{made.name}-{one.name}", "image-puller", **kept))
    wanted = replace(made, wanted=len(theirs))
    world.daemon_sets = [wanted if one.uid == made.uid else one for one in world.daemon_sets]

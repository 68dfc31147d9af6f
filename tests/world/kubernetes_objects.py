"""Kubernetes objects as `clients.kube` returns them, healthy unless told otherwise by keyword arguments."""

from dataclasses import replace
from datetime import timedelta

from clients.kube import Claim, Deployment, Node, Pod, Snapshot, Volume, Waiting
from tests.world.constants import IMAGE, NOW


def pod(name: str, component: str, **more) -> Pod:
    """Return a running, ready pod of a component."""
    made = Pod(
        name=name,
        uid=f"uid-{name}",
        component=component,
        release="jupyterhub",
        phase="Running",
        ready=1,
        containers=1,
        restarts=0,
        node="aks-core-31415926-vmss000000",
        created=NOW - timedelta(hours=3),
        started=NOW - timedelta(hours=3),
        terminating=False,
        waiting=None,
        crash=None,
        refusal="",
        images=("example.org/image:1",),
        user="",
        owner=None,
        labels={"component": component},
    )
    return replace(made, **more)


def server(user: str, tag: str = "3f9a41c", **more) -> Pod:
    """Return the pod of a user's server, which runs the image's `tag`."""
    node = "aks-users-31415926-vmss000001"
    kept = {"user": user, "images": (f"{IMAGE}:{tag}",), "node": node}
    return pod(f"jupyter-{user.partition('@')[0]}", "singleuser-server", **kept | more)


def unready(**more) -> dict[str, object]:
    """Return the fields of a pod that is not ready yet."""
    return {"phase": "Pending", "ready": 0, **more}


def cannot_pull(tag: str, message: str = "", image: str = IMAGE) -> dict[str, object]:
    """Return the fields of a pod whose image cannot be pulled, with the message of the kubelet."""
    message = message or f'failed to resolve reference "{image}:{tag}": not found'
    return unready(waiting=Waiting("image-pull-singleuser", "ErrImagePull", message, f"{image}:{tag}"))


def node(name: str, pool: str, **more) -> Node:
    """Return a ready node of a pool."""
    made = Node(name, pool, "user", True, True, (), "", "Standard_E8s_v5", "v1.32.7", NOW - timedelta(days=40))
    return replace(made, **more)


def components() -> list[Pod]:
    """Return the pods of the hub, the proxy and autohttps."""
    return [pod("hub-1", "hub"), pod("proxy-1", "proxy"), pod("autohttps-1", "autohttps")]


def deployment(name: str = "autohttps", **more) -> Deployment:
    """Return a deployment that is rolled out."""
    made = Deployment(name, f"uid-{name}", 1, restart="", restarted=None, is_rolled_out=True)
    return replace(made, **more)


def home(user: str, name: str = "", **more) -> Claim:
    """Return the bound claim of a user's home, as kubespawner makes it."""
    made = Claim(
        name=name or f"claim-{user.partition('@')[0]}",
        uid=f"uid-{name or user}",
        user=user,
        server="",
        component="singleuser-storage",
        phase="Bound",
        terminating=False,
        finalizers=("kubernetes.io/pvc-protection",),
        storage_class="managed-csi",
        volume=f"pvc-{name or user.partition('@')[0]}",
        size=10 * 2**30,
        access_modes=("ReadWriteOnce",),
        created=NOW - timedelta(days=100),
        labels={"component": "singleuser-storage", "app": "jupyterhub"},
        annotations={"pv.kubernetes.io/bind-completed": "yes"},
    )
    kept = replace(made, **more)
    kept = replace(kept, requested=kept.requested or kept.size)
    owner = {"hub.jupyter.org/username": kept.user} if kept.user else {}
    server = {"hub.jupyter.org/servername": kept.server} if kept.server else {}
    return replace(kept, annotations={**kept.annotations, **owner, **server})


def empty(user: str, name: str = "", **more) -> Claim:
    """Return the claim of a home that was never used, which has no volume."""
    return home(user, name, **{"volume": "", "phase": "Pending", **more})


def mounted(claim: Claim, **more) -> Pod:
    """Return the pod of the server that mounts a home."""
    kept = {"claims": (claim.name,), "labels": {"hub.jupyter.org/servername": claim.server}}
    return replace(server(claim.user), **kept | more)


def volume(claim: Claim, policy: str = "Delete") -> Volume:
    """Return the volume to which a claim is bound."""
    return Volume(claim.volume, f"uid-{claim.volume}", policy, "disk.csi.azure.com", "Bound", claim.uid, claim.name)


def snapshot(claim: Claim, name: str = "home-0", days: float = 1, **more) -> Snapshot:
    """Return a ready snapshot of a claim, taken so many days ago."""
    made = Snapshot(
        name=name,
        uid=f"uid-{name}",
        claim=claim.name,
        user=claim.user,
        server=claim.server,
        ready=True,
        size=claim.size,
        created=NOW - timedelta(days=days),
        error="",
        snapshot_class="csi-azuredisk",
        terminating=False,
        labels={"app.kubernetes.io/managed-by": "jhub-bot"},
        annotations={},
    )
    return replace(made, **more)

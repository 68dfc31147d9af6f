"""A ReplicaSet: as many pods of its template as it wants."""

from sandbox.engine.context import Context, is_ending, is_over, is_ready
from sandbox.engine.templates import create_pod, delete_pod, suffix
from sandbox.kube.resources import REPLICA_SET, Json


def reconcile(context: Context, replicaset: Json) -> None:
    """Make or end pods, and count them."""
    if is_ending(replicaset):
        return
    living = [pod for pod in context.pods_of(replicaset) if not is_ending(pod) and not is_over(pod)]
    missing = replicaset["spec"]["replicas"] - len(living)
    name = replicaset["metadata"]["name"]
    living += [create_pod(context, replicaset, f"{name}-{suffix()}") for _ in range(missing)]
    if missing < 0:
        living.sort(key=lambda pod: (is_ready(pod), pod["metadata"]["creationTimestamp"]))
        for pod in living[:-missing]:
            delete_pod(context, replicaset, pod)
        living = living[-missing:]
    _report(context, replicaset, living)


def _report(context: Context, replicaset: Json, living: list[Json]) -> None:
    ready = sum(is_ready(pod) for pod in living)

    def change(new: Json) -> None:
        status: Json = {"replicas": len(living), "observedGeneration": new["metadata"]["generation"]}
        if living:
            status["fullyLabeledReplicas"] = len(living)
        if ready:
            status |= {"readyReplicas": ready, "availableReplicas": ready}
        new["status"] = status

    metadata = replicaset["metadata"]
    context.store.modify(REPLICA_SET, metadata["namespace"], metadata["name"], change)

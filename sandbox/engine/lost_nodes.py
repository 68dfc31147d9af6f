"""What becomes of pods whose node does not work, or is gone.

As kube-controller-manager has it (1.32): unready at once, evicted when their toleration ends, five minutes unless
they say otherwise; on a node that is gone, collected after 40 s.
"""

from sandbox.engine.context import Context, key_of
from sandbox.kube.objects import list_at, timestamp
from sandbox.kube.resources import NODE, POD, Json

_NOT_READY = "node.kubernetes.io/not-ready"
_COLLECTED_AFTER = 40.0
_COMPONENT = "node-controller"


def reconcile(context: Context, pod: Json) -> None:
    """Take a pod on such a node one step further towards its end."""
    if context.store.find(NODE, None, pod["spec"]["nodeName"]) is None:
        _collect(context, pod)
        return
    lost = context.noted(pod, "node lost")
    if lost is None:
        context.note(pod, "node lost")
        _doubt(context, pod)
    tolerated = _tolerated_seconds(pod)
    if tolerated is None:
        return
    left = tolerated - (lost or 0.0)
    if left > 0:
        context.later(key_of(POD, pod), left)
        return
    message = f"Marking for deletion Pod {pod['metadata']['namespace']}/{pod['metadata']['name']}"
    context.events.record(pod, "Normal", "TaintManagerEviction", message, "taint-eviction-controller")
    context.store.delete(POD, pod["metadata"]["namespace"], pod["metadata"]["name"])


def found_again(context: Context, pod: Json) -> bool:
    """Whether the pod's node was lost until just now."""
    if context.noted(pod, "node lost") is None:
        return False
    context.unnote(pod, "node lost")
    return True


def _collect(context: Context, pod: Json) -> None:
    gone = context.noted(pod, "node gone")
    if gone is None:
        context.note(pod, "node gone")
    left = _COLLECTED_AFTER - (gone or 0.0)
    if left > 0:
        context.later(key_of(POD, pod), left)
        return
    context.store.remove(POD, pod["metadata"]["namespace"], pod["metadata"]["name"])


def _doubt(context: Context, pod: Json) -> None:
    """Only the pod's own condition changes: of its containers nobody knows."""
    now = timestamp(context.clock.now())

    def change(new: Json) -> None:
        for condition in list_at(new, "status", "conditions"):
            if condition["type"] == "Ready" and condition["status"] == "True":
                condition.update(status="False", lastTransitionTime=now)

    context.store.modify(POD, pod["metadata"]["namespace"], pod["metadata"]["name"], change)
    context.events.record(pod, "Warning", "NodeNotReady", "Node is not ready", _COMPONENT)


def _tolerated_seconds(pod: Json) -> float | None:
    """How long the pod stays; None for ever, as pods of a DaemonSet do."""
    if any(owner.get("kind") == "DaemonSet" for owner in pod["metadata"].get("ownerReferences") or ()):
        return None
    mine = [one for one in list_at(pod, "spec", "tolerations") if _is_meant(one)]
    if not mine:
        return 0.0
    seconds = [float(one["tolerationSeconds"]) for one in mine if one.get("tolerationSeconds") is not None]
    return min(seconds) if seconds else None


def _is_meant(toleration: Json) -> bool:
    key, effect = toleration.get("key"), toleration.get("effect")
    return effect in (None, "", "NoExecute") and key in (None, "", _NOT_READY)

"""The scheduler: a node for each pod, or in Kubernetes' words why there is none. Claims are bound first.

After Kubernetes 1.32, pkg/scheduler. It stands in for every scheduler that pods name; it evicts nobody.
"""

from collections import Counter
from decimal import Decimal
from typing import ClassVar

from sandbox.apiserver.objects.json_objects import at
from sandbox.apiserver.objects.resource_kinds import NODE, PERSISTENT_VOLUME_CLAIM, POD, STORAGE_CLASS, Json, Kind
from sandbox.apiserver.storage.history import Change
from sandbox.controllers.node_affinity import allocatable, objections, preference
from sandbox.kubelet.homes import CONFLICT, is_elsewhere
from sandbox.runtime.conditions import set_condition
from sandbox.runtime.controller import Context, Controller
from sandbox.runtime.events import Source
from sandbox.runtime.pod_facts import Amounts, claims_of, is_active, is_ending, is_over, node_of, requests_of

SELECTED_NODE = "volume.kubernetes.io/selected-node"
"""The annotation by which the scheduler tells a provisioner where a claim's first consumer will run."""

# How often pods are tried again that no change has given hope (pkg/scheduler, podMaxInUnschedulablePodsDuration).
_TRY_AGAIN = 300.0
_UNBOUND = "pod has unbound immediate PersistentVolumeClaims"


class Scheduler(Controller):
    """The scheduler, which binds pods to nodes."""

    kinds: ClassVar[tuple[Kind, ...]] = (POD, NODE, PERSISTENT_VOLUME_CLAIM)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._waiting: dict[tuple[str, str], None] = {}

    def notice(self, change: Change) -> None:
        """Queue a new pod, and the waiting pods after a change that may give them room, a node or a claim."""
        if change.kind is POD:
            self._notice_pod(change)
        elif change.kind is PERSISTENT_VOLUME_CLAIM:
            self._notice_claim(change.obj)
        elif change.previous is None or _looks(change.obj) != _looks(change.previous.obj):
            self._retry()

    def reconcile(self, namespace: str, name: str) -> None:
        """Bind the pod, have its claims provisioned first, or report why it cannot be placed."""
        pod = self.store.find(POD, namespace, name)
        if pod is None or node_of(pod) or not is_active(pod):
            self._waiting.pop((namespace, name), None)
            return
        self._waiting[namespace, name] = None
        nodes = self.store.list(NODE)
        if objection := self._claims_object(pod):
            self._refuse(pod, objection, len(nodes))
            return
        node = self._choose(pod, nodes)
        if node is not None and self._claims_ready(pod, node):
            self._bind(pod, node)

    def _notice_pod(self, change: Change) -> None:
        pod = change.obj
        if change.type == "DELETED" or is_over(pod):
            self._waiting.pop((pod["metadata"]["namespace"], pod["metadata"]["name"]), None)
            if node_of(pod):
                self._retry()
        elif not node_of(pod) and (change.type == "ADDED" or is_ending(pod) or _intent(change)):
            self.wake_for(pod)

    def _notice_claim(self, claim: Json) -> None:
        metadata = claim["metadata"]
        for pod in self.context.pods.with_claim(metadata["namespace"], metadata["name"]):
            if not node_of(pod):
                self.wake_for(pod)

    def _retry(self) -> None:
        for namespace, name in self._waiting:
            self.wake(namespace, name)

    def _claims_object(self, pod: Json) -> str:
        namespace = pod["metadata"]["namespace"]
        for name in claims_of(pod):
            claim = self.store.find(PERSISTENT_VOLUME_CLAIM, namespace, name)
            if claim is None:
                return f'persistentvolumeclaim "{name}" not found'
            if is_ending(claim):
                return f'persistentvolumeclaim "{name}" is being deleted'
            if at(claim, "status", "phase") == "Lost":
                bound = claim["spec"].get("volumeName", "")
                return f'persistentvolumeclaim "{name}" bound to non-existent persistentvolume "{bound}"'
            if not _is_bound(claim) and not self._waits_for_consumer(claim):
                return _UNBOUND
        return ""

    def _waits_for_consumer(self, claim: Json) -> bool:
        found = self.store.find(STORAGE_CLASS, None, str(claim["spec"].get("storageClassName") or ""))
        return found is not None and found.get("volumeBindingMode") == "WaitForFirstConsumer"

    def _choose(self, pod: Json, nodes: list[Json]) -> Json | None:
        asked = requests_of(pod)
        found = {node["metadata"]["name"]: self._objections(pod, node, asked) for node in nodes}
        fitting = [node for node in nodes if not found[node["metadata"]["name"]]]
        if fitting:
            return max(fitting, key=lambda node: self._score(pod, node))
        if nodes:
            self._refuse(pod, _summary(found), len(nodes), self._preemption(pod, nodes))
        else:
            self._say(pod, "no nodes available to schedule pods")
        return None

    def _objections(self, pod: Json, node: Json, asked: Amounts) -> list[str]:
        found = objections(pod, node, asked, self._used(node))
        # A node that is not meant for the pod says so alone, as each plugin would end the cycle.
        return [CONFLICT] if is_elsewhere(self.store, pod, node) and (not found or _only_room(found)) else found

    def _used(self, node: Json) -> Amounts:
        return self.context.pods.used(node["metadata"]["name"])

    def _score(self, pod: Json, node: Json) -> tuple[bool, int, Decimal, str]:
        """Return a node's rank: one whose disk is being made, then preference, then room (for users, the fullest)."""
        chosen = node["metadata"]["name"] in self._selected(pod)
        has, used = allocatable(node), self._used(node)
        fullness = used.memory / has.memory + used.cpu / has.cpu if has.memory and has.cpu else Decimal(used.pods)
        packs = str(pod["spec"].get("schedulerName", "")).endswith("user-scheduler")
        name = "".join(chr(0x10FFFF - ord(letter)) for letter in node["metadata"]["name"])
        return chosen, preference(pod, node), fullness if packs else -fullness, name

    def _selected(self, pod: Json) -> set[str]:
        claims = (self.store.find(PERSISTENT_VOLUME_CLAIM, pod["metadata"]["namespace"], n) for n in claims_of(pod))
        return {str((claim["metadata"].get("annotations") or {}).get(SELECTED_NODE, "")) for claim in claims if claim}

    def _claims_ready(self, pod: Json, node: Json) -> bool:
        """Return True if all claims are bound; those that are not are requested on that node."""
        namespace, ready = pod["metadata"]["namespace"], True
        for name in claims_of(pod):
            if _is_bound(self.store.get(PERSISTENT_VOLUME_CLAIM, namespace, name)):
                continue
            ready = False

            def select(claim: Json) -> None:
                claim["metadata"].setdefault("annotations", {})[SELECTED_NODE] = node["metadata"]["name"]

            self.store.modify(PERSISTENT_VOLUME_CLAIM, namespace, name, select)
        return ready

    def _bind(self, pod: Json, node: Json) -> None:
        metadata, name, now = pod["metadata"], node["metadata"]["name"], self.stamp()

        def change(new: Json) -> None:
            new["spec"]["nodeName"] = name
            set_condition(new["status"], "PodScheduled", True, now)

        bound = self.store.modify(POD, metadata["namespace"], metadata["name"], change)
        self._waiting.pop((metadata["namespace"], metadata["name"]), None)
        if bound is not None:
            # Others are placed before this change comes round: the node's room must be right for them.
            self.context.pods.put(bound)
            message = f"Successfully assigned {metadata['namespace']}/{metadata['name']} to {name}"
            self.events.normal(bound, "Scheduled", message, _source(pod))

    def _preemption(self, pod: Json, nodes: list[Json]) -> str:
        """Return the result of preemption for the message: nobody is evicted here."""
        asked = requests_of(pod)
        hopeful = sum(_only_room(self._objections(pod, node, asked)) for node in nodes)
        parts = [
            *([f"{hopeful} No preemption victims found for incoming pod"] if hopeful else []),
            *([f"{len(nodes) - hopeful} Preemption is not helpful for scheduling"] if hopeful < len(nodes) else []),
        ]
        return ", ".join(parts)

    def _refuse(self, pod: Json, why: str, nodes: int, preemption: str = "") -> None:
        preemption = preemption or f"{nodes} Preemption is not helpful for scheduling"
        head = f"0/{nodes} nodes are available: "
        self._say(pod, f"{head}{why}. preemption: {head}{preemption}.")

    def _say(self, pod: Json, message: str) -> None:
        metadata, now = pod["metadata"], self.stamp()
        self.wake_later(metadata["namespace"], metadata["name"], _TRY_AGAIN)

        def change(new: Json) -> None:
            set_condition(new["status"], "PodScheduled", False, now, "Unschedulable", message)

        self.store.modify(POD, metadata["namespace"], metadata["name"], change)
        self.events.warning(pod, "FailedScheduling", message, _source(pod))


def _source(pod: Json) -> Source:
    return Source(str(pod["spec"].get("schedulerName") or "default-scheduler"))


def _is_bound(claim: Json) -> bool:
    return at(claim, "status", "phase") == "Bound"


def _summary(found: dict[str, list[str]]) -> str:
    counted = Counter(reason for reasons in found.values() for reason in reasons)
    return ", ".join(sorted(f"{count} {reason}" for reason, count in counted.items()))


def _only_room(reasons: list[str]) -> bool:
    """Return True if fewer pods on the node would help."""
    return all(reason.startswith(("Insufficient", "Too many")) for reason in reasons)


def _looks(node: Json) -> tuple[object, object, object]:
    return node["metadata"].get("labels"), node.get("spec"), at(node, "status", "allocatable")


def _intent(change: Change) -> bool:
    return change.previous is not None and change.previous.obj["spec"] != change.obj["spec"]

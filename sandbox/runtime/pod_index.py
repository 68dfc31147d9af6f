"""Indices of pods by node and by claim, and their requests by node: kept up to date, so that nobody has to scan."""

from collections import defaultdict
from dataclasses import dataclass

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.runtime.pod_facts import Amounts, claims_of, is_over, node_of, requests_of

Place = tuple[str, str]


@dataclass(frozen=True)
class _Entry:
    pod: Json
    node: str
    claims: tuple[str, ...]
    amounts: Amounts


class PodIndex:
    """The pods in their newest state. `put` may be called again with the same one."""

    def __init__(self) -> None:
        self._entries: dict[Place, _Entry] = {}
        self._on_node: dict[str, dict[Place, None]] = defaultdict(dict)
        self._with_claim: dict[Place, dict[Place, None]] = defaultdict(dict)
        self._used: dict[str, Amounts] = {}

    def put(self, pod: Json) -> None:
        """Add a pod, or its newest state."""
        place = _place(pod)
        self._forget(place)
        amounts = Amounts() if is_over(pod) else requests_of(pod)
        entry = _Entry(pod, node_of(pod), claims_of(pod), amounts)
        self._entries[place] = entry
        for claim in entry.claims:
            self._with_claim[place[0], claim][place] = None
        if entry.node:
            self._on_node[entry.node][place] = None
            self._used[entry.node] = self.used(entry.node) + amounts

    def drop(self, pod: Json) -> None:
        """Forget a pod."""
        self._forget(_place(pod))

    def on_node(self, node: str) -> list[Json]:
        """Return the pods on that node."""
        return [self._entries[place].pod for place in self._on_node.get(node, ())]

    def with_claim(self, namespace: str, claim: str) -> list[Json]:
        """Return the pods that name that claim, on a node or not."""
        return [self._entries[place].pod for place in self._with_claim.get((namespace, claim), ())]

    def used(self, node: str) -> Amounts:
        """Return the requests of the pods on that node together; those that are over count as nothing."""
        return self._used.get(node, Amounts())

    def nodes(self) -> list[str]:
        """Return the nodes that have pods, existing or not."""
        return [node for node, places in self._on_node.items() if places]

    def _forget(self, place: Place) -> None:
        entry = self._entries.pop(place, None)
        if entry is None:
            return
        for claim in entry.claims:
            self._with_claim[place[0], claim].pop(place, None)
        if entry.node:
            self._on_node[entry.node].pop(place, None)
            self._used[entry.node] = self.used(entry.node) - entry.amounts


def _place(pod: Json) -> Place:
    return pod["metadata"]["namespace"], pod["metadata"]["name"]

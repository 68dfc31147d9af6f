"""A pod on its node: volumes mounted, containers started in order, and its status."""

from datetime import datetime, timedelta

from sandbox.apiserver.objects.json_objects import at, list_at, timestamp
from sandbox.apiserver.objects.resource_kinds import CONFIG_MAP, PERSISTENT_VOLUME_CLAIM, SECRET, Json
from sandbox.kubelet.container_state import Place, Stage
from sandbox.kubelet.containers import ContainerRun
from sandbox.runtime.conditions import set_condition
from sandbox.runtime.events import Source
from sandbox.runtime.pod_facts import claims_of, stop_seconds

ATTACHED = "sandbox/attached-to"
"""The annotation by which a claim's disk is held by a node: a pod on another one waits for it."""

_SANDBOX_SECONDS = 1.0
_MOUNT_AGAIN = 5.0
# How long programs take to end when they are asked to, if their grace period allows.
_END_SECONDS = 1.0
_UNREADY = "ContainersNotReady"
_COMPLETED = "PodCompleted"
_ATTACHER = Source("attachdetach-controller")


class PodRun:
    """The kubelet's state of a pod. `due` is the time of its next step."""

    def __init__(self, place: Place, pod: Json, address: str) -> None:
        self.address = address
        self._place = place
        self._pod = pod
        spec = pod["spec"]
        self._first = [ContainerRun(place, pod, one, initial=True) for one in spec.get("initContainers") or ()]
        self._main = [ContainerRun(place, pod, one, initial=False) for one in spec["containers"]]
        self._mounted = False
        self._up = False
        self._wakes: datetime | None = self._now()
        self._ends: datetime | None = None

    @classmethod
    def adopted(cls, place: Place, pod: Json) -> "PodRun":
        """Return a pod that has been running before the kubelet started."""
        run = cls(place, pod, str(at(pod, "status", "podIP") or ""))
        run._mounted = run._up = True
        run._wakes = None
        run._first = _adopt(place, pod, "initContainers", "initContainerStatuses", initial=True)
        run._main = _adopt(place, pod, "containers", "containerStatuses", initial=False)
        return run

    def update(self, pod: Json) -> None:
        """Take the pod's newest state."""
        self._pod = pod
        for one in self._all():
            one.update(pod)

    def stop(self) -> None:
        """Begin to end it; asking twice is harmless, and the shorter time stands."""
        grace = float(self._pod["metadata"].get("deletionGracePeriodSeconds") or 0)
        if self._ends is None:
            for one in self._all():
                one.stop()
        planted = stop_seconds(self._pod)
        ends = self._now() + timedelta(seconds=min(grace, _END_SECONDS) if planted is None else planted)
        self._ends = min(self._ends, ends) if self._ends else ends

    @property
    def is_gone(self) -> bool:
        """True if it has been stopped and all its programs have ended."""
        return self._ends is not None and self._ends <= self._now()

    @property
    def watches(self) -> bool:
        """True if one of its programs waits for something in the cluster."""
        return any(one.watches and one.stage is Stage.RUNNING for one in self._all())

    @property
    def due(self) -> datetime | None:
        """When there is something to do for it."""
        if self._ends is not None:
            return self._ends
        dues = [self._wakes, *(one.due for one in self._all())]
        return min((due for due in dues if due is not None), default=None)

    def recheck(self) -> None:
        """Check again what programs wait for and volumes are made from, after a change in the cluster."""
        for one in self._all():
            one.recheck()

    def advance(self) -> None:
        """Do all that is due by now."""
        if self._ends is not None:
            return
        if self._wakes is not None and self._wakes <= self._now():
            self._wakes = None
            self._set_up()
        if self._up:
            self._go_on()

    def write(self, status: Json) -> None:
        """Update the pod's status in place."""
        now = timestamp(self._now())
        status.setdefault("startTime", now)
        status["phase"] = self._phase()
        if self._up and self.address:
            status |= {"podIP": self.address, "podIPs": [{"ip": self.address}]}
        if self._first:
            status["initContainerStatuses"] = [one.status("PodInitializing") for one in self._first]
        reason = "PodInitializing" if self._first else "ContainerCreating"
        status["containerStatuses"] = [one.status(reason) for one in self._main]
        self._set_conditions(status, now)

    def _set_up(self) -> None:
        if not self._mounted:
            trouble = self._missing()
            if trouble:
                self._place.context.events.warning(self._pod, "FailedMount", trouble, self._place.source)
                self._wakes = self._now() + timedelta(seconds=_MOUNT_AGAIN)
                return
            if held := self._held_elsewhere():
                message = f'Multi-Attach error for volume "{held}" '
                message += "Volume is already exclusively attached to one node and can't be attached to another"
                self._place.context.events.warning(self._pod, "FailedAttachVolume", message, _ATTACHER)
                self._wakes = self._now() + timedelta(seconds=_MOUNT_AGAIN)
                return
            self._mounted = True
            self._attach()
            self._wakes = self._now() + timedelta(seconds=_SANDBOX_SECONDS)
            return
        self._up = True

    def _missing(self) -> str:
        """Return the ConfigMap or Secret that a volume is made from and that does not exist, "" if all exist."""
        namespace, store = self._pod["metadata"]["namespace"], self._place.context.store
        for volume in list_at(self._pod, "spec", "volumes"):
            for field, key, kind in (("configMap", "name", CONFIG_MAP), ("secret", "secretName", SECRET)):
                source = volume.get(field)
                if not isinstance(source, dict) or source.get("optional"):
                    continue
                name = str(source.get(key, ""))
                if name and store.find(kind, namespace, name) is None:
                    message = f'{kind.kind.lower()} "{name}" not found'
                    return f'MountVolume.SetUp failed for volume "{volume["name"]}" : {message}'
        return ""

    def _held_elsewhere(self) -> str:
        """Return the first of its volumes that another node does not detach, "" if there is none."""
        namespace, store = self._pod["metadata"]["namespace"], self._place.context.store
        for name in claims_of(self._pod):
            claim = store.find(PERSISTENT_VOLUME_CLAIM, namespace, name) or {"metadata": {}}
            node = (claim["metadata"].get("annotations") or {}).get(ATTACHED)
            if node and node != self._place.node:
                return str(claim["spec"].get("volumeName", ""))
        return ""

    def _attach(self) -> None:
        namespace, context = self._pod["metadata"]["namespace"], self._place.context
        for name in claims_of(self._pod):
            claim = context.store.find(PERSISTENT_VOLUME_CLAIM, namespace, name)
            if claim is not None:
                message = f'AttachVolume.Attach succeeded for volume "{claim["spec"].get("volumeName", "")}" '
                context.events.normal(self._pod, "SuccessfulAttachVolume", message, _ATTACHER)

    def _go_on(self) -> None:
        for one in self._all():
            one.advance()
        for one in self._first:
            if one.stage is Stage.WAITING:
                one.begin()
                one.advance()
            if not (one.is_over and one.exit_code == 0) and not (_is_sidecar(self._pod, one) and one.is_up):
                return
        for one in self._main:
            if one.stage is Stage.WAITING:
                one.begin()
                one.advance()
            if not one.has_begun:
                return

    def _phase(self) -> str:
        if self._first_failed():
            return "Failed"
        if all(one.is_over for one in self._main):
            return "Failed" if any(one.exit_code for one in self._main) else "Succeeded"
        begun = all(one.has_begun and (one.is_up or one.is_over or one.restarts) for one in self._main)
        return "Running" if begun else "Pending"

    def _first_failed(self) -> bool:
        return any(one.is_over and bool(one.exit_code) for one in self._first)

    def _set_conditions(self, status: Json, now: str) -> None:
        over = self._phase() in ("Succeeded", "Failed")
        unready = [one.name for one in self._main if not one.ready]
        unstarted = [one.name for one in self._first if not (one.is_over and one.exit_code == 0) and not one.ready]
        ready = not unready and not unstarted
        why = _COMPLETED if over else _UNREADY
        message = "" if over else f"containers with unready status: [{' '.join(unready)}]"
        set_condition(status, "PodReadyToStartContainers", self._up and not over, now)
        told = "" if not unstarted else f"containers with incomplete status: [{' '.join(unstarted)}]"
        set_condition(status, "Initialized", not unstarted, now, "ContainersNotInitialized" if unstarted else "", told)
        for kind in ("Ready", "ContainersReady"):
            set_condition(status, kind, ready, now, "" if ready else why, "" if ready else message)
        set_condition(status, "PodScheduled", True, now)

    def _all(self) -> list[ContainerRun]:
        return [*self._first, *self._main]

    def _now(self) -> datetime:
        return self._place.context.clock.now()


def _is_sidecar(pod: Json, run: ContainerRun) -> bool:
    return any(
        one["name"] == run.name and one.get("restartPolicy") == "Always"
        for one in list_at(pod, "spec", "initContainers")
    )


def _adopt(place: Place, pod: Json, field: str, statuses: str, *, initial: bool) -> list[ContainerRun]:
    known = {str(one["name"]): one for one in list_at(pod, "status", statuses)}
    specs = list_at(pod, "spec", field)
    return [ContainerRun.adopted(place, pod, one, known.get(str(one["name"]), {}), initial=initial) for one in specs]

"""One container on its node: its image pulled, its program run, ended and restarted, as kubelet does it.

Reasons, messages and times are those of Kubernetes 1.32 (pkg/kubelet/images, pkg/kubelet/kuberuntime) and
containerd 1.7.
"""

from datetime import datetime, timedelta

from sandbox.apiserver.objects.json_objects import at, moment
from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.kubelet.container_state import REPEAT, ContainerState, Place, Stage, span
from sandbox.kubelet.homes import is_full
from sandbox.kubelet.programs import NO_ROOM, UNREADY, Program, is_planted, program_of
from sandbox.runtime.images import is_valid, size

# Back-off of pulls and of restarts: 10 s, doubled up to five minutes (pkg/kubelet/kubelet.go).
_FIRST_BACKOFF, _LONGEST_BACKOFF = 10.0, 300.0
# How long kubelet shows a failure before it looks again and finds itself backing off.
_SHOWN = 3.0
_RESTART = 1.0
# After so long a run a crash counts as the first.
_FORGIVEN = 600.0
# From its start until a program answers its readiness probe, beyond initialDelaySeconds.
_BOOT = 1.5


class ContainerRun(ContainerState):
    """One container, advanced by `advance` up to now; `due` is the time of its next step."""

    @classmethod
    def adopted(cls, place: Place, pod: Json, spec: Json, status: Json, *, initial: bool) -> "ContainerRun":
        """Return a container that has been running, or has ended, before the kubelet started."""
        run = cls(place, pod, spec, initial=initial)
        run.restarts = int(status.get("restartCount", 0))
        run._last = status.get("lastState") or {}
        ended = at(status, "state", "terminated")
        if isinstance(ended, dict):
            run.stage, run.exit_code = Stage.ENDED, int(ended.get("exitCode", 0))
            run._started, run._ended = _moment(ended.get("startedAt")), _moment(ended.get("finishedAt"))
            return run
        run.stage, run.ready = Stage.RUNNING, bool(status.get("ready"))
        run._started = _moment(at(status, "state", "running", "startedAt"))
        run._program = program_of(pod, spec, initial=initial)
        run.due = run._now()
        return run

    def update(self, pod: Json) -> None:
        """Take the pod's newest state: a fault may have been planted, or healed."""
        before, self._pod = self._pod, pod
        if self.stage is Stage.RUNNING and _annotations(before) != _annotations(pod):
            self.due = self._now()

    def begin(self) -> None:
        """Start with the image; the rest follows in time."""
        self._pull()

    def advance(self) -> None:
        """Do all steps that are due by now."""
        while self.due is not None and self.due <= self._now():
            self.due = None
            self._step()

    def recheck(self) -> None:
        """Check again what the program waits for, after a change in the cluster."""
        if self.stage is Stage.RUNNING and self.watches:
            self.due = self._now()

    def stop(self) -> None:
        """Record that the program is stopped because the pod ends."""
        if self.stage is Stage.RUNNING:
            message = f"Stopping container {self.name}"
            self._normal("Killing", message)

    # The steps, stage by stage

    def _step(self) -> None:
        match self.stage:
            case Stage.WAITING | Stage.STUCK:
                self._pull()
            case Stage.PULLING:
                self._pulled()
            case Stage.FAILED_PULL:
                self._back_off_pull()
            case Stage.PULL_BACKOFF:
                self._in_pull_backoff()
            case Stage.RUNNING:
                self._run()
            case Stage.ENDED:
                self._after_end()
            case Stage.CRASH_BACKOFF:
                self._in_crash_backoff()

    def _pull(self) -> None:
        images, policy = self._place.context.images, self._spec.get("imagePullPolicy", "IfNotPresent")
        has = images.has(self._place.node, self._image)
        if not is_valid(self._image):
            parsed = f'couldn\'t parse image name "{self._image}": invalid reference format'
            message = f'Failed to apply default image tag "{self._image}": {parsed}'
            self._get_stuck("InvalidImageName", message, "InspectFailed")
        elif has and policy != "Always":
            self._normal("Pulled", f'Container image "{self._image}" already present on machine')
            self._start()
        elif policy == "Never":
            message = f'Container image "{self._image}" is not present with pull policy of Never'
            self._get_stuck("ErrImageNeverPull", message, "ErrImageNeverPull")
        else:
            self.stage, self._pull_began = Stage.PULLING, self._now()
            self._normal("Pulling", f'Pulling image "{self._image}"')
            self.due = images.pull(self._place.node, self._image, self._now())

    def _pulled(self) -> None:
        images = self._place.context.images
        if refusal := images.refusal(self._image):
            self._fail_pull(refusal)
            return
        images.remember(self._place.node, self._image)
        took = span((self._now() - (self._pull_began or self._now())).total_seconds())
        pulled = f'Successfully pulled image "{self._image}" in {took} ({took} including waiting).'
        self._normal("Pulled", f"{pulled} Image size: {size(self._image)} bytes.")
        self._backoff = 0.0
        self._start()

    def _fail_pull(self, refusal: str) -> None:
        self.stage, self._reason, self._message = Stage.FAILED_PULL, "ErrImagePull", refusal
        self._warning("Failed", f'Failed to pull image "{self._image}": {self._message}')
        self._warning("Failed", "Error: ErrImagePull")
        self._backoff = min(self._backoff * 2 or _FIRST_BACKOFF, _LONGEST_BACKOFF)
        self._retry_at = self._now() + timedelta(seconds=self._backoff)
        self.due = self._now() + timedelta(seconds=_SHOWN)

    def _back_off_pull(self) -> None:
        self._normal("BackOff", f'Back-off pulling image "{self._image}"')
        self._warning("Failed", "Error: ImagePullBackOff")
        self.stage, self._reason = Stage.PULL_BACKOFF, "ImagePullBackOff"
        self._message = f'Back-off pulling image "{self._image}": ErrImagePull: {self._message}'
        self._wait_for_retry()

    def _in_pull_backoff(self) -> None:
        if self._retry_at is not None and self._now() < self._retry_at:
            self._normal("BackOff", f'Back-off pulling image "{self._image}"')
            self._warning("Failed", "Error: ImagePullBackOff")
            self._wait_for_retry()
        else:
            self._pull()

    def _get_stuck(self, reason: str, message: str, event: str) -> None:
        self.stage, self._reason, self._message = Stage.STUCK, reason, message
        self._warning(event, message)
        self._warning("Failed", f"Error: {reason}")

    def _start(self) -> None:
        self.stage, self._started, self._ended, self.exit_code = Stage.RUNNING, self._now(), None, None
        self.ready = False
        self._reason = self._message = ""
        self._program = self._its_program()
        self._normal("Created", f"Created container: {self.name}")
        self._normal("Started", f"Started container {self.name}")
        self.due = self._now()

    def _run(self) -> None:
        """Let the program get ready, wait, or end."""
        now, started = self._now(), self._started or self._now()
        self._program = self._its_program()
        self.watches = self._program.until is not None
        ends = self._end_of(started, now)
        if ends is not None and ends <= now:
            self._end(self._program.exit_code)
            return
        ready_at = started + timedelta(seconds=self._boot_seconds())
        self.ready = self.ready or ready_at <= now
        if is_planted(self._pod, UNREADY):
            self.ready = False
            self._warning("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503")
            ready_at = now + timedelta(seconds=REPEAT)
        self.due = min((when for when in (ends, ready_at) if when is not None and when > now), default=None)

    def _its_program(self) -> Program:
        if not self.initial and is_full(self._place.context.store, self._pod):
            return NO_ROOM
        return program_of(self._pod, self._spec, initial=self.initial)

    def _end_of(self, started: datetime, now: datetime) -> datetime | None:
        program = self._program
        if program.seconds is None:
            return None
        if program.until is None:
            return started + timedelta(seconds=program.seconds)
        # It looks once a second at least, and changes wake it besides.
        if not program.until(self._place.context.store):
            return None
        return max(started + timedelta(seconds=program.seconds), now)

    def _boot_seconds(self) -> float:
        probe = self._spec.get("readinessProbe") or self._spec.get("startupProbe")
        return float(probe.get("initialDelaySeconds") or 0) + _BOOT if probe else 0.0

    def _end(self, exit_code: int) -> None:
        now = self._now()
        ran = (now - (self._started or now)).total_seconds()
        self.stage, self._ended, self.exit_code, self.ready = Stage.ENDED, now, exit_code, False
        if not self._restarts():
            return
        if ran >= _FORGIVEN:
            self._backoff = 0.0
        # The first restart comes at once; only then kubelet backs off.
        self.due = now + timedelta(seconds=_RESTART)

    def _restarts(self) -> bool:
        policy = self._pod["spec"].get("restartPolicy", "Always")
        if self.initial:
            return bool(self.exit_code) and policy != "Never"
        return policy == "Always" or (policy == "OnFailure" and bool(self.exit_code))

    def _after_end(self) -> None:
        self._last = {"terminated": self._terminated()}
        if not self._backoff:
            self._backoff = _FIRST_BACKOFF
            self._restart()
            return
        self.stage, self._reason = Stage.CRASH_BACKOFF, "CrashLoopBackOff"
        metadata = self._pod["metadata"]
        who = f"pod={metadata['name']}_{metadata['namespace']}({metadata['uid']})"
        self._message = f"back-off {span(self._backoff)} restarting failed container={self.name} {who}"
        self._retry_at = self._now() + timedelta(seconds=self._backoff)
        self._backoff = min(self._backoff * 2, _LONGEST_BACKOFF)
        self._tell_crash()

    def _in_crash_backoff(self) -> None:
        if self._retry_at is not None and self._now() < self._retry_at:
            self._tell_crash()
        else:
            self._restart()

    def _tell_crash(self) -> None:
        metadata = self._pod["metadata"]
        who = f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"
        self._warning("BackOff", f"Back-off restarting failed container {self.name} in pod {who}")
        self._wait_for_retry()

    def _restart(self) -> None:
        self.restarts += 1
        self._pull()


def _annotations(pod: Json) -> object:
    return pod["metadata"].get("annotations") or {}


def _moment(text: object) -> datetime | None:
    return moment(text) if isinstance(text, str) and text else None

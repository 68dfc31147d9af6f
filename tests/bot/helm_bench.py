"""The real helm on the sandbox's API server, and operations that use it as the bot's do.

No controllers run: pods, jobs and claims become what a test says.
"""

import asyncio
import os
import signal
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import yaml
from aiohttp import web

from clients.helm import Helm, Releases, Target
from clients.kube import KubeReader, KubeWriter
from commands.framework.command import Level
from commands.ports.helm import ReleaseNames
from commands.rollout.upgrade import Upgrade, upgrade
from commands.rollout.upgrade_base import live_upgrade_base, live_values
from commands.rollout.upgrade_result import upgrade_failure
from sandbox.apiserver.objects.resource_kinds import NAMESPACE, PERSISTENT_VOLUME_CLAIM
from sandbox.apiserver.router import make_app
from sandbox.apiserver.storage.store import Store
from sandbox.clock import RealClock
from sandbox.http.outage import while_up
from tests.helms import HELM
from tests.world import Doing, World

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: tiny\nversion: 0.1.0\nappVersion: '5.5.0'\n",
    "values.yaml": "singleuser: {image: {name: example.org/notebook, tag: one}}\npod: false\nhook: false\n",
    "templates/all.yaml": """
apiVersion: v1
kind: ConfigMap
metadata: {name: told}
data:
  tag: {{ .Values.singleuser.image.tag | quote }}
  {{- with .Values.extra }}
  extra: {{ . | quote }}
  {{- end }}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: hub-db-dir}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
{{- if .Values.pod }}
---
apiVersion: v1
kind: Pod
metadata: {name: hub-{{ .Values.singleuser.image.tag }}, labels: {component: hub}}
spec: {containers: [{name: hub, image: "hub:{{ .Values.singleuser.image.tag }}"}]}
{{- end }}
{{- if .Values.hook }}
---
apiVersion: batch/v1
kind: Job
metadata: {name: hook, annotations: {helm.sh/hook: "pre-install,pre-upgrade"}}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: hook}]}}}
{{- end }}
""",
}
_ids = count(1)


@dataclass
class Acting(Doing):
    """The steps of an operation on the bench."""

    bench: "Bench" = None

    @property
    def reads(self):
        return self.bench.reads

    @property
    def writes(self):
        return replace(super().writes, helm=self.bench.helm, kube=KubeWriter(self.bench.api, "hub"))


@dataclass
class Bench:
    """An API server, helm, and everything that reads and changes them. `up` says if the server answers."""

    folder: Path
    store: Store = field(default_factory=lambda: Store(RealClock()))
    up: bool = True
    seconds: float = 20.0
    api: object = None
    # How many requests helm has made, and what happens at which.
    asked: int = 0
    at: dict = field(default_factory=dict)
    # What becomes of each object of a kind, by the status that it gets; None to leave it as it is.
    becomes: dict = field(default_factory=lambda: {PERSISTENT_VOLUME_CLAIM: lambda _: {"phase": "Bound"}})

    def __post_init__(self):
        self.store.create(NAMESPACE, None, {"metadata": {"name": "hub"}})
        for path, text in CHART.items():
            (self.folder / "chart" / path).parent.mkdir(exist_ok=True, parents=True)
            (self.folder / "chart" / path).write_text(text)
        self.kubeconfig = self.folder / "config"
        target = Target("tiny", "hub", str(self.folder / "chart"), kubeconfig=self.kubeconfig)
        self.helm = Helm(target, helm=HELM, state=self.folder / "state")

    def app(self):
        app = make_app(self.store)
        app.middlewares[:0] = [self._counted, while_up(lambda: self.up)]
        return app

    @property
    def _counted(self):
        @web.middleware
        async def counted(request, handler):
            if request.headers.get("User-Agent", "").startswith("Helm/"):
                self.asked += 1
                if at := self.at.get(self.asked):
                    at()
            return await handler(request)

        return counted

    def when(self, moment, do):
        """Have `do` called when helm makes its request of that number, counted from now."""
        self.asked, self.at = 0, {moment: do}

    async def live(self):
        """Play the controllers, for ever."""
        while True:
            for kind, status in list(self.becomes.items()):
                for one in self.store.list(kind, "hub"):
                    self._become(kind, one, status(one))
            await asyncio.sleep(0.02)
            # As the controller that protects claims in use: here none is.
            for claim in self.store.list(PERSISTENT_VOLUME_CLAIM, "hub"):
                if "deletionTimestamp" in claim["metadata"]:
                    self.store.modify(PERSISTENT_VOLUME_CLAIM, "hub", claim["metadata"]["name"], _let_go)

    def _become(self, kind, one, status):
        if status is not None and one.get("status") != status:
            self.store.modify(kind, "hub", one["metadata"]["name"], lambda found: found.update(status=status))

    def serve_at(self, url):
        named = {
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
            "clusters": [{"name": "k", "cluster": {"server": url}}],
            "users": [{"name": "u", "user": {}}],
        }
        self.kubeconfig.write_text(yaml.safe_dump(named))
        self.kubeconfig.chmod(0o600)

    @property
    def kube(self):
        return KubeReader(self.api, "hub")

    @property
    def releases(self):
        return Releases("tiny", self.kube.secrets)

    @property
    def reads(self):
        return replace(
            World(level=Level.OPERATOR, chart="0.1.0").reads,
            kube=self.kube,
            releases=self.releases,
            helm=self.helm,
            names=ReleaseNames("tiny", "hub", "", timedelta(seconds=self.seconds)),
            now=datetime.now(UTC),
        )

    def doing(self, operation=""):
        # As many as a real one has; a mark is a label.
        return Acting(World(), operation=operation or f"op{next(_ids):014x}", bench=self)

    async def install(self, **values):
        """Install the release by hand, as a colleague does."""
        await self.by_hand("install", "tiny", str(self.folder / "chart"), *_set(values))

    async def by_hand(self, *arguments):
        command = [str(HELM), f"--kubeconfig={self.kubeconfig}", "--namespace=hub", *arguments]
        process = await asyncio.create_subprocess_exec(*command, env=os.environ | {"HOME": str(self.folder)}, **_SILENT)
        assert await process.wait() == 0

    async def deploy(self, tag, do=None, **more):
        """Plan and apply a deployment, as `/jhub deploy` does. Return its end, and the card of a failure."""
        newest, base = await live_upgrade_base(self.reads)
        do = do or self.doing()
        return await self.go_on(newest, base, tag, do, **more)

    async def go_on(self, newest, base, tag, do, **more):
        what = Upgrade("tiny", newest.revision, base.chart.version, f"Deploy {tag}", f"example.org/notebook:{tag}")
        values = {**await live_values("tiny", self.reads), **more}
        values["singleuser"] = {"image": {"name": "example.org/notebook", "tag": tag}}
        done = await upgrade(what, values, do)
        return done, None if done.result.ok else await upgrade_failure("not done", done, f"/jhub deploy {tag}", do)

    async def standing(self):
        return [(one.revision, one.status) for one in await self.releases.history()]

    async def until(self, what):
        """Wait until `what` returns true for the newest revision."""
        async with asyncio.timeout(240):
            while True:
                newest = await self.releases.current()
                if newest is not None and what(newest):
                    return newest
                await asyncio.sleep(0.02)


_SILENT = {"stdout": asyncio.subprocess.DEVNULL, "stderr": asyncio.subprocess.DEVNULL}


def _let_go(claim):
    claim["metadata"].pop("finalizers", None)


def _set(values):
    return [f"--set={name}={value}" for name, value in values.items()]


def helms() -> list[int]:
    """Return the process ids of the helms that this process has started and that run."""
    found = []
    for task in Path("/proc/self/task").iterdir():
        for child in (task / "children").read_text().split():
            with suppress(OSError):
                if b"helm" in Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")[0]:
                    found.append(int(child))
    return found


READY = {
    "phase": "Running",
    "conditions": [{"type": "Ready", "status": "True"}],
    "containerStatuses": [{"name": "hub", "ready": True, "restartCount": 0, "state": {"running": {}}}],
}


def waiting(reason, message=""):
    """Return the status of a pod whose container waits."""
    state = {"waiting": {"reason": reason, "message": message}}
    one = {"name": "hub", "ready": False, "restartCount": 0, "state": state, "image": "hub:x"}
    return {"phase": "Pending", "containerStatuses": [one]}


def kill_helms() -> None:
    """Kill the helms as the kernel does when memory is short."""
    for pid in helms():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

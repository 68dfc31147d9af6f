"""The sandbox's cluster with two doors: one for its administrators, one that holds the bot to its roles."""

import asyncio
import contextlib
import os
import shutil
from pathlib import Path

from clients.helm import Helm, Target, bot_labels
from sandbox.apiserver.objects.resource_kinds import NAMESPACE
from sandbox.apiserver.router import make_app
from sandbox.apiserver.storage.store import Store
from sandbox.clock import RealClock
from sandbox.controllers import Controllers
from sandbox.helm.release_history import CHART, helm_path
from sandbox.runtime.images import Images
from sandbox.scenario import release, story
from sandbox.scenario.private_files import write_kubeconfig
from tests.deploy.guarded import Guard

BOT_CHART = Path(__file__).parents[2] / "deploy" / "chart"
OURS = "jhub-bot"
IMAGE = {"repository": "jhub.azurecr.io/jhub-teams-bot", "tag": "0.1.0"}
# As z2jh 4.4 has it for its user scheduler, as far as names and kinds go; the sandbox's chart has none.
SCHEDULER = """
{{- if .Values.custom.clusterRole }}
kind: ClusterRole
apiVersion: rbac.authorization.k8s.io/v1
metadata:
  name: {{ .Release.Name }}-user-scheduler
  labels: {chart: "{{ .Chart.Name }}-{{ .Chart.Version }}"}
rules:
  - {apiGroups: [""], resources: [pods/binding], verbs: [create]}
---
kind: ClusterRoleBinding
apiVersion: rbac.authorization.k8s.io/v1
metadata:
  name: {{ .Release.Name }}-user-scheduler
  labels: {chart: "{{ .Chart.Name }}-{{ .Chart.Version }}"}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "{{ .Release.Name }}-user-scheduler"}
subjects: [{kind: ServiceAccount, name: user-scheduler, namespace: "{{ .Release.Namespace }}"}]
{{- end }}
"""


class Cluster:
    """A bare cluster, the hub's chart and the bot's, and both of their helms."""

    def __init__(self, store, guard, folder):
        self.store = store
        self.guard = guard
        self.folder = folder
        self.chart = folder / "jupyterhub"
        target = Target(release.RELEASE, release.NAMESPACE, str(self.chart), kubeconfig=folder / "bot")
        self._bots = Helm(target, helm=Path(helm_path()), state=folder / "state")

    async def helm(self, *arguments, given=None):
        """Helm as an administrator: its status, and all that it said."""
        homes = {f"HELM_{kind}_HOME": str(self.folder / "homes") for kind in ("CACHE", "CONFIG", "DATA")}
        process = await asyncio.create_subprocess_exec(
            *(helm_path(), *map(str, arguments), "--kubeconfig", str(self.folder / "admin")),
            *(["--values=-"] if given is not None else []),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=homes | {"HOME": str(self.folder), "PATH": os.defpath},
        )
        async with asyncio.timeout(240):
            said, _ = await process.communicate(given)
        return process.returncode, said.decode()

    def upgrade(self, values, version=""):
        """Helm as the bot runs it, through its own door."""
        return self._bots.upgrade(
            version=version or self.version,
            values=values,
            description="deploy",
            labels=bot_labels(2, "ada", "op-1"),
            stop=asyncio.Event(),
            wait_seconds=40,
        )

    @property
    def version(self):
        (line,) = [line for line in self._about.read_text().splitlines() if line.startswith("version:")]
        return line.split()[1]

    def release_chart(self, version):
        """Let there be another version of the hub's chart."""
        self._about.write_text(self._about.read_text().replace(f"version: {self.version}", f"version: {version}"))

    @property
    def _about(self):
        return self.chart / "Chart.yaml"


@contextlib.asynccontextmanager
async def running(aiohttp_server, folder):
    """A cluster with no release in it yet, whose time runs thirty times as fast."""
    store = Store(RealClock(speed=30))
    story.build(store, 0)
    store.create(NAMESPACE, None, {"metadata": {"name": OURS}})
    known = Images()
    known.know(IMAGE["repository"], IMAGE["tag"])
    guard = Guard(store, OURS, "bot")
    guarded = make_app(store)
    guarded.middlewares.append(guard.middleware)
    for name, app in (("admin", make_app(store)), ("bot", guarded)):
        server = await aiohttp_server(app)
        write_kubeconfig(folder / name, f"http://127.0.0.1:{server.port}", release.NAMESPACE)
    shutil.copytree(CHART, folder / "jupyterhub")
    (folder / "jupyterhub" / "templates" / "scheduling" / "cluster.yaml").write_text(SCHEDULER)
    working = asyncio.create_task(Controllers(store, store.clock, known).run())
    try:
        yield Cluster(store, guard, folder)
    finally:
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working

"""The readers and the real helm against the sandbox's API server. No controllers: pods become what a test says."""

import asyncio
from contextlib import aclosing

import pytest
import yaml

from clients.helm import BotMark, FailureReason, Helm, Releases, Target, bot_labels
from clients.kube import KubeReader, connect
from sandbox.apiserver.objects.resource_kinds import NAMESPACE, POD
from sandbox.apiserver.router import make_app
from sandbox.apiserver.storage.store import Store
from sandbox.clock import RealClock
from tests.helms import HELM

PASSWORD = "canary-value-beef"
CHART = {
    "Chart.yaml": "apiVersion: v2\nname: tiny\nversion: 0.1.0\nappVersion: '9'\n",
    "values.yaml": "tag: one\nwait: false\n",
    "values.schema.json": '{"properties": {"tag": {"type": "string"}}}',
    "templates/all.yaml": """
apiVersion: v1
kind: ConfigMap
metadata: {name: told}
data: {tag: {{ .Values.tag | quote }}}
{{- if .Values.wait }}
---
apiVersion: v1
kind: Pod
metadata: {name: slow, labels: {component: hub}}
spec: {containers: [{name: main, image: "hub:{{ .Values.tag }}"}]}
{{- end }}
{{- if .Values.hook }}
---
apiVersion: batch/v1
kind: Job
metadata: {name: hook, annotations: {helm.sh/hook: pre-upgrade}}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: hook}]}}}
{{- end }}
""",
}


class Cluster:
    """An API server, and everything that reads and changes it."""

    def __init__(self, store, api, kubeconfig, chart, state):
        target = Target("tiny", "hub", str(chart), kubeconfig=kubeconfig)
        self.store = store
        self.kube = KubeReader(api, "hub")
        self.releases = Releases("tiny", self.kube.secrets)
        self.helm = Helm(target, helm=HELM, state=state)
        self.by_hand = [str(HELM), "--kubeconfig", str(kubeconfig), "--namespace", "hub"]
        self.chart = str(chart)

    async def install(self):
        await self.run("install", "tiny", self.chart)

    async def start(self, *arguments):
        silent = asyncio.subprocess.DEVNULL
        return await asyncio.create_subprocess_exec(*self.by_hand, *arguments, stdout=silent)

    async def run(self, *arguments):
        process = await self.start(*arguments)
        assert await process.wait() == 0

    def upgrade(self, values, *, revision=2, stop=None, seconds=30.0):
        return self.helm.upgrade(
            version="0.1.0",
            values={"password": PASSWORD, **values},
            description="deploy",
            labels=bot_labels(revision, "ada", "op-1"),
            stop=stop or asyncio.Event(),
            wait_seconds=seconds,
        )

    async def until_pod(self, name):
        async with aclosing(self.kube.watch_pods()) as snapshots, asyncio.timeout(240):
            async for pods in snapshots:
                if any(pod.name == name for pod in pods):
                    return


@pytest.fixture
async def cluster(aiohttp_server, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    store = Store(RealClock())
    store.create(NAMESPACE, None, {"metadata": {"name": "hub"}})
    server = await aiohttp_server(make_app(store))
    kubeconfig = tmp_path / "config"
    named = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
        "clusters": [{"name": "k", "cluster": {"server": str(server.make_url("")).rstrip("/")}}],
        "users": [{"name": "u", "user": {}}],
    }
    kubeconfig.write_text(yaml.safe_dump(named))
    kubeconfig.chmod(0o600)
    for path, text in CHART.items():
        (tmp_path / "chart" / path).parent.mkdir(exist_ok=True)
        (tmp_path / "chart" / path).write_text(text)
    api = await connect(kubeconfig)
    yield Cluster(store, api, kubeconfig, tmp_path / "chart", tmp_path / "state")
    await api.close()


async def test_an_upgrade_is_recorded_with_who_asked_until_somebody_else_upgrades(cluster):
    await cluster.install()
    result = await cluster.upgrade({"tag": "7e10"})
    assert (result.ok, result.message) == (True, "")
    live = await cluster.releases.deployed()
    assert (live.revision, live.status, live.description) == (2, "deployed", "deploy")
    assert (live.chart.name, live.chart.version, live.chart.app_version) == ("tiny", "0.1.0", "9")
    assert dict(live.values) == {"password": PASSWORD, "tag": "7e10"}
    assert live.value("wait") is False
    assert 'tag: "7e10"' in live.manifest
    assert live.by_bot == BotMark("ada", "op-1")
    assert PASSWORD not in repr(live)

    await cluster.run("upgrade", "tiny", cluster.chart, "--set=tag=three")
    history = await cluster.releases.history()
    assert [(one.revision, one.by_bot is not None) for one in history] == [(3, False), (2, True), (1, False)]
    # Helm itself hands the labels on: without the revision in them the bot would take credit for what others did.
    assert history[0].labels["jhub-bot/requester"] == "ada"


async def test_stopping_leaves_a_failed_revision_that_can_be_upgraded_again(cluster):
    await cluster.install()
    stop = asyncio.Event()
    running = asyncio.create_task(cluster.upgrade({"wait": True}, stop=stop))
    await cluster.until_pod("slow")
    assert (await cluster.releases.current()).is_pending
    stop.set()
    result = await running
    assert (result.ok, result.cancelled, result.reason) == (False, True, FailureReason.CANCELLED)
    assert (await cluster.releases.current()).status == "failed"
    assert (await cluster.releases.deployed()).revision == 1
    assert (await cluster.upgrade({"tag": "two"}, revision=3)).ok


@pytest.mark.parametrize(
    ("values", "seconds", "reason"),
    [
        ({"wait": True}, 1, FailureReason.TIMEOUT),
        ({"hook": True}, 1, FailureReason.HOOK_FAILED),
        ({"tag": 5}, 30, FailureReason.SCHEMA),
    ],
)
async def test_each_failure_has_its_reason(cluster, values, seconds, reason):
    await cluster.install()
    result = await cluster.upgrade(values, seconds=seconds)
    assert (result.ok, result.reason) == (False, reason)
    assert PASSWORD not in repr(result)


async def test_an_upgrade_that_was_killed_is_told_from_other_failures(cluster):
    await cluster.install()
    process = await cluster.start("upgrade", "tiny", cluster.chart, "--set=wait=true", "--wait")
    await cluster.until_pod("slow")
    process.kill()
    await process.wait()
    assert (await cluster.releases.current()).status == "pending-upgrade"
    assert (await cluster.upgrade({}, revision=3)).reason is FailureReason.IN_PROGRESS


async def test_a_release_that_does_not_exist(cluster):
    result = await cluster.upgrade({})
    assert result.message == 'Helm says: "tiny" has no deployed releases'
    assert await cluster.releases.current() is None


def make_pod(name, component="hub"):
    return {
        "metadata": {"name": name, "labels": {"component": component}},
        "spec": {"containers": [{"name": "main", "image": "hub:1"}]},
    }


async def test_a_watch_follows_what_it_selects_and_nothing_else(cluster):
    cluster.store.create(POD, "hub", make_pod("first"))
    async with aclosing(cluster.kube.watch_pods("component=hub")) as snapshots, asyncio.timeout(240):
        assert [pod.name for pod in await anext(snapshots)] == ["first"]
        cluster.store.create(POD, "hub", make_pod("other", component="proxy"))
        cluster.store.create(POD, "hub", make_pod("second"))
        assert [pod.name for pod in await anext(snapshots)] == ["first", "second"]
        cluster.store.remove(POD, "hub", "first")
        assert [pod.name for pod in await anext(snapshots)] == ["second"]
    assert [pod.name for pod in await cluster.kube.pods("component=proxy")] == ["other"]


async def test_more_pods_than_fit_a_page(cluster):
    for number in range(1203):
        cluster.store.create(POD, "hub", make_pod(f"p{number:04}"))
    found = await cluster.kube.pods()
    assert [pod.name for pod in found] == [f"p{number:04}" for number in range(1203)]

"""Each helm that this machine has, on one release: what one leaves, the next goes on with; and the bot reads all of it.

The helm of this environment is always there; those that `make helm` builds are tried where they were built.
"""

import asyncio
import base64
import gzip
import json
from pathlib import Path

import pytest

from clients.helm import FailureReason, Helm, Releases, Target, bot_labels
from clients.helm.program import built
from clients.kube.reader import Secret
from commands.release.removed_apis import of_release
from sandbox.apiserver.objects import resource_kinds as r
from tests.helms import HELM

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: tiny\nversion: 1.2.3\nappVersion: '9'\n",
    "values.yaml": "tag: one\nreplicas: null\nnothing: null\n",
    "templates/all.yaml": """
apiVersion: v1
kind: ConfigMap
metadata: {name: told}
data: {tag: "{{ .Values.tag }}", nothing: "{{ hasKey .Values "nothing" }}"}
{{- with .Values.replicas }}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: {{ . }}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: main, image: "app:1"}]}
{{- end }}
""",
}


def path_of(version):
    """The helm of a version; skips where there is none."""
    path = HELM if version == "own" else built().get(version)
    if path is None:
        pytest.skip(f"Helm {version} is not in this machine's cache: `make helm` builds it where Go is")
    return Path(path)


class Place:
    """A chart, a cluster, and the bot's helm client with any of the helms."""

    def __init__(self, cluster, folder):
        self.cluster = cluster
        self.chart = folder / "tiny"
        for name, text in CHART.items():
            (self.chart / name).parent.mkdir(parents=True, exist_ok=True)
            (self.chart / name).write_text(text)
        self.target = Target("rel", "hub", str(self.chart), kubeconfig=cluster.kubeconfig)
        self.state = folder / "state"
        cluster.store.create(r.NAMESPACE, None, {"metadata": {"name": "hub"}})

    def helm(self, version):
        return Helm(self.target, helm=path_of(version), state=self.state)

    async def by_hand(self, version, tag, **values):
        """Install as a person does, with helm's own defaults."""
        words = [f"--set={name}={value}" for name, value in {"tag": tag, **values}.items()]
        path = str(path_of(version))
        code, _, errors = await self.cluster.run(path, "install", "rel", str(self.chart), "--namespace=hub", *words)
        assert code == 0, errors

    async def upgrade(self, version, tag, **values):
        return await self.helm(version).upgrade(
            version="1.2.3",
            values={"tag": tag, **values},
            description=f"Deploy {tag}",
            labels=bot_labels(len(await self.history()) + 1, "ada", "op-1"),
            stop=asyncio.Event(),
            wait_seconds=30,
            wait=False,
            install=not await self.history(),
        )

    async def rollback(self, version, revision):
        return await self.helm(version).rollback(revision=revision, hidden={}, stop=asyncio.Event(), wait_seconds=30)

    async def history(self):
        return await Releases("rel", self._secrets).history(20)

    async def _secrets(self, selector):
        wanted = dict(part.split("=") for part in selector.split(","))
        found = [one for one in self.cluster.store.list(r.SECRET, "hub") if one.get("type") == "helm.sh/release.v1"]
        return [
            Secret(one["metadata"]["name"], labels, {"release": base64.b64decode(one["data"]["release"])})
            for one in found
            if wanted.items() <= (labels := one["metadata"]["labels"]).items()
        ]

    def record(self, document):
        """Put a document into the manifest of helm's newest record, as an older Kubernetes had let it in."""
        found = [one for one in self.cluster.store.list(r.SECRET, "hub") if one.get("type") == "helm.sh/release.v1"]
        newest = max(found, key=lambda one: int(one["metadata"]["labels"]["version"]))
        made = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(newest["data"]["release"]))))
        made["manifest"] += f"---\n{document}"
        packed = base64.b64encode(base64.b64encode(gzip.compress(json.dumps(made).encode()))).decode()
        changed = {**newest, "data": {**newest["data"], "release": packed}}
        self.cluster.store.replace(r.SECRET, changed)

    def told(self):
        return self.cluster.store.get(r.CONFIG_MAP, "hub", "told")["data"]["tag"]

    def scale(self, number):
        """As `kubectl edit` does: by somebody else than helm."""
        path = f"{self.cluster.url}/apis/apps/v1/namespaces/hub/deployments/web?fieldManager=kubectl-edit"
        headers = {"Content-Type": "application/merge-patch+json"}
        return self.cluster.session.patch(path, data=json.dumps({"spec": {"replicas": number}}), headers=headers)


@pytest.fixture
def place(cluster, tmp_path):
    return Place(cluster, tmp_path)


@pytest.mark.parametrize(
    "turns",
    [
        ("own", "4.3.2", "own", "4.3.2"),
        ("4.3.2", "own", "4.3.2", "own"),
        ("3.22.0", "4.3.2", "3.22.0", "3.22.0"),
        ("4.3.2", "3.22.0", "4.3.2", "4.3.2"),
        ("own", "own", "own", "own"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("by_hand", [False, True], ids=["by the bot", "by hand"])
async def test_helms_take_turns_on_a_release(place, turns, by_hand):
    first, second, third, last = turns
    if by_hand:
        # With helm 4, on the server's side.
        await place.by_hand(first, "one")
    for version, tag in ((first, "one"), (second, "two"), (third, "three"))[by_hand:]:
        result = await place.upgrade(version, tag)
        assert result.ok, (version, tag, result.message)
        assert place.told() == tag
    back = await place.rollback(last, 1)
    assert back.ok, back.message
    assert place.told() == "one"
    found = await place.history()
    assert [(one.revision, one.status) for one in found] == [
        (4, "deployed"),
        *((revision, "superseded") for revision in (3, 2, 1)),
    ]
    assert [one.value("tag") for one in found] == ["one", "three", "two", "one"]
    assert [one.value("nothing") for one in found] == [None] * 4
    assert found[1].by_bot.requester == "ada"
    gone = await place.helm(first).uninstall(hidden={}, stop=asyncio.Event(), wait_seconds=30)
    assert gone.ok, gone.message
    assert place.cluster.store.find(r.CONFIG_MAP, "hub", "told") is None
    assert (await place.history())[0].status == "uninstalled"


async def test_with_helm_4_another_managers_field_is_a_conflict_until_both_want_the_same(place):
    await place.by_hand("4.3.2", "one", replicas=1)
    async with place.scale(2) as answer:
        assert answer.status == 200
    refused = await place.upgrade("4.3.2", "two", replicas=1)
    assert (refused.ok, refused.reason) == (False, FailureReason.CONFLICT)
    assert "Deployment web: kubectl-edit has set spec.replicas" in refused.message
    assert (await place.history())[0].status == "failed"
    assert (await place.upgrade("4.3.2", "two", replicas=2)).ok


async def test_a_release_that_helm_3_has_made_is_upgraded_by_helm_4_as_by_helm_3(place):
    assert (await place.upgrade("own", "one", replicas=1)).ok
    async with place.scale(2) as answer:
        assert answer.status == 200
    assert (await place.upgrade("4.3.2", "two", replicas=1)).ok
    assert place.cluster.store.get(r.DEPLOYMENT, "hub", "web")["spec"]["replicas"] == 1


@pytest.mark.parametrize("version", ["own", "3.22.0", "4.3.2"])
async def test_a_record_with_an_api_that_kubernetes_removed_is_seen_before_and_refused_by_every_helm(place, version):
    assert (await place.upgrade(version, "one")).ok
    place.record("apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: web}\n")
    (seen,) = await of_release((await place.history())[0])
    assert seen.text == "PodDisruptionBudget web (policy/v1beta1, gone in 1.25)"
    result = await place.upgrade(version, "two")
    assert result.reason is FailureReason.REMOVED_API, result.message
    assert "PodDisruptionBudget of policy/v1beta1" in result.message
    assert place.told() == "one"
    back = await place.rollback(version, 1)
    assert back.reason is FailureReason.REMOVED_API, back.message

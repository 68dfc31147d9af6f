import base64
import gzip
import json

import pytest

from sandbox.apiserver.objects import resource_kinds as r

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: tiny\nversion: 1.2.3\nappVersion: '9'\n",
    "values.yaml": "tag: one\nextra: true\nlabel: web\n",
    "templates/all.yaml": """
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web, release: {{ .Release.Name }}}
spec:
  replicas: 0
  selector: {matchLabels: {app: {{ .Values.label }}}}
  template:
    metadata:
      labels: {app: {{ .Values.label }}}
    spec:
      containers:
        - name: main
          image: example/app:{{ .Values.tag }}
          env: [{name: TAG, value: {{ .Values.tag | quote }}}]
        - name: side
          image: example/side:1
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: 8080}]
---
apiVersion: v1
kind: Secret
metadata: {name: web}
stringData: {tag: {{ .Values.tag }}}
{{- if .Values.extra }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: extra}
data: {a: b}
{{- end }}
""",
    "templates/hook.yaml": """
apiVersion: v1
kind: ConfigMap
metadata:
  name: before
  annotations:
    helm.sh/hook: pre-install,pre-upgrade
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
data: {tag: {{ .Values.tag }}}
""",
}


@pytest.fixture
def chart(tmp_path):
    folder = tmp_path / "tiny"
    for name, text in CHART.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return str(folder)


def image(store):
    return store.get(r.DEPLOYMENT, "hub", "web")["spec"]["template"]["spec"]["containers"][0]["image"]


async def test_a_release_is_installed_upgraded_rolled_back_and_uninstalled(helm, chart, store):
    await helm("install", "rel", chart, "-n", "hub", "--create-namespace")
    address = store.get(r.SERVICE, "hub", "web")["spec"]["clusterIP"]
    assert image(store) == "example/app:one"
    assert base64.b64decode(store.get(r.SECRET, "hub", "web")["data"]["tag"]) == b"one"

    await helm("upgrade", "rel", chart, "-n", "hub", "--set", "tag=two,extra=false", "--cleanup-on-fail")
    assert image(store) == "example/app:two"
    assert store.find(r.CONFIG_MAP, "hub", "extra") is None
    assert store.get(r.SERVICE, "hub", "web")["spec"]["clusterIP"] == address

    await helm("rollback", "rel", "1", "-n", "hub")
    assert image(store) == "example/app:one"
    assert store.get(r.CONFIG_MAP, "hub", "extra")["data"] == {"a": "b"}
    history = json.loads(await helm("history", "rel", "-n", "hub", "-o", "json"))
    assert [(one["revision"], one["status"]) for one in history] == [
        (1, "superseded"),
        (2, "superseded"),
        (3, "deployed"),
    ]

    await helm("uninstall", "rel", "-n", "hub")
    left = [one for kind in (r.DEPLOYMENT, r.SERVICE, r.SECRET, r.CONFIG_MAP) for one in store.list(kind, "hub")]
    assert left == []


async def test_a_release_whose_change_is_refused_says_why_and_can_be_upgraded_again(helm, chart):
    await helm("install", "rel", chart, "-n", "default")
    told = await helm("upgrade", "rel", chart, "-n", "default", "--set", "label=other", fails=True)
    assert "spec.selector: Invalid value" in told
    assert "field is immutable" in told
    await helm("upgrade", "rel", chart, "-n", "default", "--set", "tag=two")
    status = json.loads(await helm("status", "rel", "-o", "json"))
    assert (status["version"], status["info"]["status"]) == (3, "deployed")


async def test_a_server_side_dry_run_changes_nothing(helm, chart, store):
    await helm("install", "rel", chart)
    revision = store.revision
    rendered = await helm("upgrade", "rel", chart, "--set", "tag=new", "--dry-run=server", "--hide-secret")
    assert "example/app:new" in rendered
    assert store.revision == revision


async def test_releases_are_stored_as_helm_wrote_them(helm, chart, store):
    await helm("install", "rel", chart)
    secret = store.get(r.SECRET, "default", "sh.helm.release.v1.rel.v1")
    assert secret["type"] == "helm.sh/release.v1"
    assert secret["metadata"]["labels"]["status"] == "deployed"
    release = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(secret["data"]["release"]))))
    assert release["chart"]["metadata"]["version"] == "1.2.3"

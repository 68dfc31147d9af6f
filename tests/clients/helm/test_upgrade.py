"""How helm is started, fed, stopped and understood. Stand-ins for helm end in every way helm might."""

import asyncio
import base64
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from clients.errors import Unavailable
from clients.helm import (
    Chart,
    Charts,
    FailureReason,
    Helm,
    Release,
    Target,
    bot_labels,
    chart_version,
    recorded_result,
    redact,
)
from clients.helm.failure import classify, explain
from clients.yaml_text import to_yaml
from tests.helms import HELM

CANARY = "canary-value-1c9e"
RECORD = """
import json, os, sys
given = sys.stdin.read()
told = {"argv": sys.argv[1:], "env": dict(os.environ), "given": given, "group": os.getpgid(0), "pid": os.getpid()}
open(__file__ + ".json", "w").write(json.dumps(told))
"""
SLEEP = """
import signal, sys, time
def end(*_):
    time.sleep(0.2)
    sys.stderr.write("Error: UPGRADE FAILED: context canceled\\n")
    open(__file__ + ".ended", "w").close()
    sys.exit(1)
signal.signal(signal.SIGTERM, end)
sys.stdin.read()
open(__file__ + ".began", "w").close()
time.sleep(60)
"""


@pytest.fixture
def chart(tmp_path):
    folder = tmp_path / "chart"
    folder.mkdir()
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: tiny\nversion: 0.1.0\n")
    return folder


@pytest.fixture
def stand_in(tmp_path, chart):
    """A Helm that runs a Python script in helm's place."""

    def make(script, **target):
        program = tmp_path / "helm"
        program.write_text(f"#!{sys.executable}\n{script}")
        program.chmod(0o700)
        settings = {"release": "jhub", "namespace": "hub", "chart": str(chart), **target}
        return Helm(Target(**settings), helm=program, state=tmp_path / "state")

    return make


def upgrade(helm, stop=None, **changes):
    asked = {
        "version": "0.1.0",
        "values": {"password": CANARY},
        "description": "deploy 7c1d2e9",
        "labels": bot_labels(4, "ada", "op"),
        "stop": stop or asyncio.Event(),
        "wait_seconds": 300,
        **changes,
    }
    return helm.upgrade(**asked)


async def until(path):
    async with asyncio.timeout(240):
        while not path.exists():
            await asyncio.sleep(0.02)


async def test_the_exact_command_with_values_by_standard_input_alone(stand_in, tmp_path, chart, monkeypatch):
    monkeypatch.setenv("BOT_PASSWORD", CANARY)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.org")
    helm = stand_in(RECORD, kubeconfig=tmp_path / "config", context="ops@aks", repo="")
    result = await upgrade(helm)
    assert (result.ok, result.cancelled, result.reason, result.message) == (True, False, None, "")
    told = json.loads((tmp_path / "helm.json").read_text())
    assert told["argv"] == [
        "upgrade",
        "jhub",
        str(chart),
        "--version=0.1.0",
        "--reset-values",
        "--values=-",
        "--cleanup-on-fail",
        "--description=deploy 7c1d2e9",
        "--labels=jhub-bot/revision=4,jhub-bot/requester=ada,jhub-bot/operation=op",
        "--namespace=hub",
        f"--kubeconfig={tmp_path}/config",
        "--kube-context=ops@aks",
        "--wait",
        "--timeout=300s",
    ]
    assert json.loads(told["given"]) == {"password": CANARY}
    assert CANARY not in json.dumps(told["argv"]) + json.dumps(told["env"])
    assert told["env"]["HTTPS_PROXY"] == "http://proxy.example.org"
    assert told["env"]["HELM_CACHE_HOME"] == str(tmp_path / "state" / "cache")
    assert told["group"] == told["pid"] != os.getpgid(0)
    assert [path.name for path in tmp_path.iterdir() if path.is_file() and CANARY in path.read_text()] == ["helm.json"]


async def test_in_a_pod_no_kubeconfig_of_the_home_folder_is_used(stand_in, tmp_path, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", "elsewhere")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    await upgrade(stand_in(RECORD))
    env = json.loads((tmp_path / "helm.json").read_text())["env"]
    assert "KUBECONFIG" not in env
    assert (env["HOME"], env["KUBERNETES_SERVICE_HOST"]) == (str(tmp_path / "state"), "10.0.0.1")


async def test_stop_ends_helm_by_sigterm_and_waits_for_it(stand_in, tmp_path):
    stop = asyncio.Event()
    running = asyncio.create_task(upgrade(stand_in(SLEEP), stop))
    await until(tmp_path / "helm.began")
    stop.set()
    result = await running
    assert (tmp_path / "helm.ended").exists()
    assert (result.ok, result.cancelled, result.reason) == (False, True, FailureReason.CANCELLED)


async def test_cancelling_the_task_even_twice_waits_for_helm_to_end(stand_in, tmp_path):
    running = asyncio.create_task(upgrade(stand_in(SLEEP)))
    await until(tmp_path / "helm.began")
    running.cancel()
    await asyncio.sleep(0.05)
    assert not running.done()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (tmp_path / "helm.ended").exists()


def test_the_end_of_the_event_loop_waits_for_helm_too(stand_in, tmp_path):
    async def leave():
        left = asyncio.create_task(upgrade(stand_in(SLEEP)))
        await until(tmp_path / "helm.began")
        assert not left.done()

    asyncio.run(leave())
    assert (tmp_path / "helm.ended").exists()


async def test_stopped_before_it_began_nothing_is_started(stand_in, tmp_path):
    stop = asyncio.Event()
    stop.set()
    assert (await upgrade(stand_in(RECORD), stop)).cancelled
    assert not (tmp_path / "helm.json").exists()


async def test_a_helm_that_outlives_its_own_time_out_is_told_to_end(stand_in, tmp_path, monkeypatch):
    monkeypatch.setattr("clients.helm.upgrade.GRACE", 2.0)
    result = await upgrade(stand_in(SLEEP), wait_seconds=0.1)
    assert (tmp_path / "helm.ended").exists()
    assert result.reason is FailureReason.TIMEOUT


@pytest.mark.parametrize(
    ("number", "reason"), [(signal.SIGTERM, FailureReason.CANCELLED), (signal.SIGKILL, FailureReason.OTHER)]
)
async def test_a_helm_ended_by_a_signal(stand_in, number, reason):
    result = await upgrade(stand_in(f"import os; os.kill(os.getpid(), {int(number)})"))
    assert (result.ok, result.reason) == (False, reason)


async def test_a_flood_of_output_is_read_and_bounded(stand_in):
    flood = (
        "import sys\n"
        "for _ in range(300): sys.stdout.write('x' * 10000); sys.stderr.write('warning ' * 1000)\n"
        "sys.stdin.read(); sys.stderr.write('Error: UPGRADE FAILED: boom'); sys.exit(1)"
    )
    result = await upgrade(stand_in(flood), values={"filler": "y" * 300_000})
    assert (result.reason, result.message) == (FailureReason.OTHER, "Helm says: boom")


async def test_a_helm_that_reads_nothing_and_says_nothing(stand_in):
    result = await upgrade(stand_in("raise SystemExit(1)"), values={"filler": "y" * 300_000})
    assert result.message == "Helm failed and did not say why."


async def test_what_helm_leaves_running_is_not_waited_for(stand_in, tmp_path):
    left = (
        "import subprocess, sys\n"
        "left = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(30)'])\n"
        "open(__file__ + '.pid', 'w').write(str(left.pid))"
    )
    begun = time.monotonic()
    assert (await upgrade(stand_in(left))).ok
    os.kill(int((tmp_path / "helm.pid").read_text()), signal.SIGTERM)
    assert time.monotonic() - begun < 25


async def test_a_helm_that_is_not_there_is_unavailable(chart, tmp_path):
    helm = Helm(Target("jhub", "hub", str(chart)), helm=tmp_path / "absent", state=tmp_path / "state")
    with pytest.raises(Unavailable, match="Helm could not be started") as caught:
        await upgrade(helm)
    assert str(tmp_path) not in str(caught.value)


async def test_a_chart_on_disk_must_be_the_version_asked_for(stand_in, tmp_path, chart):
    result = await upgrade(stand_in(RECORD), version="0.2.0")
    assert (result.ok, result.reason) == (False, FailureReason.NOT_FOUND_CHART)
    assert not (tmp_path / "helm.json").exists()
    assert chart_version(chart) == "0.1.0"
    assert await Charts(str(chart), local=True, helm=HELM, state=chart).local_version() == "0.1.0"
    assert await Charts("jupyterhub", local=False, helm=HELM, state=chart).local_version() is None
    with pytest.raises(Unavailable):
        chart_version(tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"version": "--post-renderer=sh"},
        {"version": "0.1.0 "},
        {"version": ">0"},
        {"labels": {"a": "b,c=d"}},
        {"labels": {"-a": "b"}},
        {"labels": {"a": "x" * 64}},
    ],
)
async def test_what_helm_could_take_for_something_else_is_refused(stand_in, tmp_path, changes):
    with pytest.raises(ValueError, match="not a "):
        await upgrade(stand_in(RECORD), **changes)
    assert not (tmp_path / "helm.json").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"release": "-jhub"},
        {"release": "Jhub"},
        {"namespace": ""},
        {"namespace": "a b"},
        {"chart": "--kubeconfig=x"},
        {"chart": "../chart"},
        {"repo": "ftp://charts"},
        {"repo": "https://user:word@charts"},
        {"context": "-x"},
    ],
)
def test_targets_that_helm_could_take_for_something_else_are_refused(changes):
    with pytest.raises(ValueError, match="not a "):
        Target(**{"release": "jhub", "namespace": "hub", "chart": "jupyterhub", **changes})


async def test_a_description_is_one_line_and_no_option(stand_in, tmp_path):
    await upgrade(stand_in(RECORD), description="--wait=false\x00\n<b>" + "x" * 500)
    [told] = [
        word for word in json.loads((tmp_path / "helm.json").read_text())["argv"] if word.startswith("--description")
    ]
    assert told == "--description=--wait=false <b>" + "x" * 224


NASTY = {
    "looks like a number": ["7e10", "0o14", "0x1f", "1_000", "1e3", "007", ".5", "12:30:45"],
    "looks like something": ["yes", "null", "~", "true", "", " ", "- a", "# b", "{{ x }}", "!!int 3", "&a", "*a"],
    "characters": ["\x00\x1f\x7f\x85\x9f\u2028\u2029\ufeff", "\U0001f600", "\\ud83d\\n", "\"'`", "a\r\nb\tc", "é"],
    "numbers": [0, -1, 1.5, 2**31],
    "others": [True, False, {}, [], {"a.b": {"c": "d"}}],
}


def test_values_mean_to_helm_what_they_mean_here(chart, tmp_path):
    (chart / "templates").mkdir()
    (chart / "templates" / "told.yaml").write_text("told: {{ .Values | toJson | b64enc }}\n")
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    command = [HELM, "template", "x", str(chart), "--values=-"]
    ended = subprocess.run(command, input=to_yaml(NASTY), env=environment, capture_output=True, check=True)
    told = ended.stdout.decode().rpartition("told: ")[2]
    assert json.loads(base64.b64decode(told)) == NASTY


# Each as helm 3.17.3 printed it; what server-side apply meets as helm 4.3.2 did.
SAID = {
    FailureReason.TIMEOUT: "Error: UPGRADE FAILED: context deadline exceeded",
    FailureReason.HOOK_FAILED: (
        "Error: UPGRADE FAILED: pre-upgrade hooks failed: 1 error occurred:\n"
        "\t* timed out waiting for the condition\n\n"
    ),
    FailureReason.IN_PROGRESS: ("Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress"),
    FailureReason.CANCELLED: "Error: UPGRADE FAILED: context canceled",
    FailureReason.SCHEMA: (
        "Error: UPGRADE FAILED: values don't meet the specifications of the schema(s) in the following "
        "chart(s):\ntiny:\n- image.tag: Invalid type. Expected: string, given: integer\n"
    ),
    FailureReason.CHART: (
        "Error: UPGRADE FAILED: execution error at (tiny/templates/NOTES.txt:4:4): \n\nRENAMED: a is b now\n\n"
        "Use --debug flag to render out invalid YAML\n"
    ),
    FailureReason.OWNED: (
        'Error: UPGRADE FAILED: Unable to continue with update: ClusterRole "tiny-reader" in namespace "" exists and '
        "cannot be imported into the current release: invalid ownership metadata; annotation validation error: key "
        '"meta.helm.sh/release-namespace" must equal "b": current value is "a"'
    ),
    FailureReason.REMOVED_API: (
        "Error: UPGRADE FAILED: unable to build kubernetes objects from current release manifest: resource mapping not "
        'found for name: "hub" namespace: "jhub" from "": no matches for kind "PodDisruptionBudget" in version '
        '"policy/v1beta1"\nensure CRDs are installed first'
    ),
    FailureReason.WEBHOOK: (
        "Error: UPGRADE FAILED: failed to create resource: Internal error occurred: failed calling webhook "
        '"mutate.kyverno.svc-fail": failed to call webhook: Post "https://127.0.0.1:1/mutate": context '
        "deadline exceeded"
    ),
    FailureReason.DENIED: (
        'Error: UPGRADE FAILED: cannot patch "hub" with kind Deployment: admission webhook "validation.gatekeeper.sh" '
        "denied the request: [no-privilege] Privileged container is not allowed: 127.0.0.1"
    ),
    FailureReason.CONFLICT: (
        "Error: UPGRADE FAILED: conflict occurred while applying object hub/hub apps/v1, Kind=Deployment: Apply failed "
        'with 1 conflict: conflict with "kubectl-edit" using apps/v1 at 2026-12-01T08:00:00Z: .spec.replicas'
    ),
    FailureReason.CLUSTER_OBJECT: (
        "Error: UPGRADE FAILED: server-side apply failed for object /hub-user-scheduler rbac.authorization.k8s.io/v1, "
        'Kind=ClusterRole: clusterroles.rbac.authorization.k8s.io "hub-user-scheduler" is forbidden: User "bot" cannot '
        'patch resource "clusterroles" in API group "rbac.authorization.k8s.io" at the cluster scope'
    ),
    FailureReason.REPOSITORY: (
        'Error: looks like "http://127.0.0.1:1/" is not a valid chart repository or cannot be reached: '
        'Get "http://127.0.0.1:1/index.yaml": dial tcp 127.0.0.1:1: connect: connection refused'
    ),
    FailureReason.REPOSITORY_REFUSES: (
        "Error: failed to fetch http://127.0.0.1:1/jupyterhub-4.4.0.tgz : 401 Unauthorized"
    ),
    FailureReason.CREDENTIALS: (
        "Error: Kubernetes cluster unreachable: the server has asked for the client to provide credentials"
    ),
    FailureReason.NOT_FOUND_CHART: (
        'Error: looks like "http://127.0.0.1:1/" is not a valid chart repository or cannot be reached: '
        "failed to fetch http://127.0.0.1:1/index.yaml : 404 Not Found"
    ),
    FailureReason.UNREACHABLE: (
        'Error: UPGRADE FAILED: Kubernetes cluster unreachable: Get "http://127.0.0.1:1/version": '
        "dial tcp 127.0.0.1:1: connect: connection refused"
    ),
    FailureReason.DISK_FULL: "Error: write /var/lib/jhub-bot/helm/cache/x: no space left on device",
    FailureReason.OTHER: 'Error: UPGRADE FAILED: "nope" has no deployed releases',
}


@pytest.mark.parametrize("reason", list(FailureReason))
def test_what_helm_says_is_understood(reason):
    assert classify(SAID[reason]) is reason
    message = explain(reason, SAID[reason], {})
    assert message
    assert "127.0.0.1" not in message
    assert "\n" not in message


CALL = "Error: UPGRADE FAILED: failed to create resource: Internal error occurred: failed calling webhook "
POST = 'failed to call webhook: Post "https://a.b.svc:443/x?timeout=10s": '
CHART = "https://hub.jupyter.org/helm-chart/jupyterhub-4.4.0.tgz"


@pytest.mark.parametrize(
    ("source", "printed", "reason", "words"),
    [
        (
            "kyverno #10371, #8190",
            f'{CALL}"mutate.kyverno.svc-fail": {POST}context deadline exceeded',
            FailureReason.WEBHOOK,
            "The admission webhook mutate.kyverno.svc-fail of the cluster did not answer in time",
        ),
        (
            "ingress-nginx",
            f'{CALL}"validate.nginx.ingress.kubernetes.io": {POST}x509: certificate signed by unknown authority',
            FailureReason.WEBHOOK,
            "validate.nginx.ingress.kubernetes.io of the cluster has a certificate that Kubernetes does not trust",
        ),
        (
            "gatekeeper",
            f'{CALL}"check.gatekeeper.sh": {POST}no endpoints available for service "gatekeeper"',
            FailureReason.WEBHOOK,
            "has no pod that answers",
        ),
        (
            "istio",
            f'{CALL}"sidecar.istio.io": {POST}dial tcp 10.0.0.7:443: connect: connection refused',
            FailureReason.WEBHOOK,
            "could not be reached",
        ),
        (
            "a hook that a webhook kept from being created",
            (
                'Error: UPGRADE FAILED: pre-upgrade hooks failed: failed calling webhook "x.example.org": '
                "failed to call "
                "webhook: the server could not find the requested resource"
            ),
            FailureReason.WEBHOOK,
            "could not be asked",
        ),
        (
            "ValidatingAdmissionPolicy",
            (
                'Error: UPGRADE FAILED: deployments.apps "hub" is forbidden: ValidatingAdmissionPolicy '
                "'no-latest' with "
                "binding 'all' denied request: tags must be pinned"
            ),
            FailureReason.DENIED,
            "A policy of the cluster refuses it (ValidatingAdmissionPolicy no-latest): tags must be pinned",
        ),
        (
            "kyverno",
            (
                'Error: INSTALLATION FAILED: admission webhook "validate.kyverno.svc-fail" denied the '
                "request: resource "
                "Deployment/jhub/hub was blocked: require-limits"
            ),
            FailureReason.DENIED,
            "(admission webhook validate.kyverno.svc-fail): resource",
        ),
        (
            "a proxy that is down",
            f'Error: Get "{CHART}": proxyconnect tcp: dial tcp 10.0.0.5:3128: connect: connection refused',
            FailureReason.REPOSITORY,
            "the proxy on the way to it does not answer: nothing was changed",
        ),
        (
            "a name that does not resolve",
            f'Error: Get "{CHART}": dial tcp: lookup hub.jupyter.org: no such host',
            FailureReason.REPOSITORY,
            "was not reached",
        ),
        (
            "an OCI registry",
            (
                "Error: failed to do request: Head "
                '"https://r.example.org/v2/charts/jupyterhub/manifests/4.4.0": dial tcp '
                "10.0.0.9:443: i/o timeout"
            ),
            FailureReason.REPOSITORY,
            "The chart's repository was not reached",
        ),
        (
            "a proxy that opens TLS",
            f'Error: Get "{CHART}": tls: failed to verify certificate: x509: unknown',
            FailureReason.REPOSITORY,
            "does not trust",
        ),
        (
            "the API server",
            (
                'Error: UPGRADE FAILED: Get "https://10.0.0.1:443/api/v1/namespaces/jhub/secrets": dial tcp '
                "10.0.0.1:443: i/o "
                "timeout"
            ),
            FailureReason.UNREACHABLE,
            "Helm could not reach Kubernetes",
        ),
        (
            "a chart that is not there",
            f"Error: failed to fetch {CHART} : 404 Not Found",
            FailureReason.NOT_FOUND_CHART,
            "not be found",
        ),
        (
            "what nobody knows",
            'Error: UPGRADE FAILED: webhook configuration "x" has an odd name',
            FailureReason.OTHER,
            'Helm says: webhook configuration "x" has an odd name',
        ),
    ],
)
def test_who_kept_helm_from_it_is_named(source, printed, reason, words):
    assert classify(printed) is reason, source
    message = explain(reason, printed, {})
    assert words in message
    assert "10.0.0." not in message


def test_what_helm_says_of_the_chart_is_passed_on():
    assert explain(FailureReason.SCHEMA, SAID[FailureReason.SCHEMA], {}) == (
        "The chart refuses these values: tiny: - image.tag: Invalid type. Expected: string, given: integer"
    )
    newer = (
        "Error: values don't meet the specifications of the schema(s) in the following chart(s):\ntiny:\n"
        "- at '/image/tag': got number, want string\n- at '': additional properties 'imag' not allowed\n"
    )
    assert explain(FailureReason.SCHEMA, newer, {}) == (
        "The chart refuses these values: tiny: - image.tag: got number, want string "
        "- (root): additional properties 'imag' not allowed"
    )
    assert explain(FailureReason.OTHER, SAID[FailureReason.OTHER], {}) == 'Helm says: "nope" has no deployed releases'


@pytest.mark.parametrize(
    "leak",
    [
        CANARY,
        f'quoted "{CANARY}"',
        "https://user:word@registry.example.org/v2/",
        "dial tcp 10.1.2.3:443",
        "dial tcp [fd00:1:2::3]:443",
        "lookup hub.internal.example.org:6443",
        "Authorization: Bearer abc.def",
        "eyJhbGciOi.eyJzdWIi.c2ln",
        "0123456789abcdef0123456789abcdef",
        "/var/run/secrets/token",
        "second line of it",
        'with \\"quotes\\" in it',
    ],
)
def test_neither_values_nor_addresses_nor_tokens_are_passed_on(leak):
    values = {
        "hub": {"list": [{"password": CANARY}], "text": "first\n  second line of it\n", "said": 'with "quotes" in it'}
    }
    shown = redact(f"Error: at {leak} end", values)
    kept = {"Error:", "at", "end", "quoted", "dial", "tcp", "lookup", "Authorization:", '"[hidden]"'}
    assert set(shown.split()) - kept <= {"[hidden]", "[address]", "[path]"}


FORBIDDEN = """
import sys
sys.stdin.read()
with open(__file__ + ".said", "a") as said:
    said.write(" ".join(word for word in sys.argv if word in ("--install", "--create-namespace")) + "\\n")
if "--create-namespace" in sys.argv:
    sys.stderr.write('Error: namespaces is forbidden: User "bot" cannot create resource "namespaces"\\n')
    sys.exit(1)
"""


async def test_who_may_make_no_namespaces_installs_into_one_that_is_there(stand_in, tmp_path):
    assert (await upgrade(stand_in(FORBIDDEN), install=True)).ok
    said = [line for line in (tmp_path / "helm.said").read_text().splitlines() if line]
    assert said == ["--install --create-namespace", "--install"]


AS_4 = """
import sys
if sys.argv[1] == "version":
    print('version.BuildInfo{Version:"v4.3.2", KubeClientVersion:"v1.37"}')
else:
    open(__file__ + ".said", "w").write(" ".join(sys.argv))
"""


async def test_helm_4_installs_as_helm_3_does_and_upgrades_in_the_releases_own_way(stand_in, tmp_path):
    assert (await upgrade(stand_in(AS_4), install=True)).ok
    assert "--server-side=false" in (tmp_path / "helm.said").read_text()
    assert (await upgrade(stand_in(AS_4))).ok
    assert "--server-side" not in (tmp_path / "helm.said").read_text()


@pytest.mark.parametrize(
    ("does", "argv"),
    [
        (
            lambda helm, **how: helm.rollback(revision=3, **how),
            ["rollback", "jhub", "3", "--cleanup-on-fail", "--namespace=hub", "--wait", "--timeout=300s"],
        ),
        (
            lambda helm, **how: helm.uninstall(**how),
            ["uninstall", "jhub", "--keep-history", "--namespace=hub", "--wait", "--timeout=300s"],
        ),
    ],
    ids=["rollback", "uninstall"],
)
async def test_going_back_and_taking_away_give_helm_no_values(stand_in, tmp_path, does, argv):
    hidden = {"password": CANARY}
    assert (await does(stand_in(RECORD), hidden=hidden, stop=asyncio.Event(), wait_seconds=300)).ok
    told = json.loads((tmp_path / "helm.json").read_text())
    assert (told["argv"], told["given"]) == (argv, "")


async def test_without_waiting_helm_is_not_told_to(stand_in, tmp_path):
    await upgrade(stand_in(RECORD), wait=False)
    assert "--wait" not in json.loads((tmp_path / "helm.json").read_text())["argv"]


async def test_while_an_earlier_helm_is_at_work_none_is_started(stand_in, tmp_path):
    helm, stop = stand_in(SLEEP), asyncio.Event()
    first = asyncio.create_task(upgrade(helm, stop))
    await until(tmp_path / "helm.began")
    assert await helm.is_running()
    second = await upgrade(helm)
    assert (second.ok, second.reason) == (False, FailureReason.IN_PROGRESS)
    stop.set()
    assert (await first).cancelled
    assert not await helm.is_running()


@pytest.mark.parametrize(
    ("status", "description", "reason", "late"),
    [
        ("failed", 'Upgrade "jhub" failed: context deadline exceeded', FailureReason.TIMEOUT, True),
        ("failed", 'Upgrade "jhub" failed: pre-upgrade hooks failed: 1 error', FailureReason.HOOK_FAILED, False),
        ("failed", 'Rollback "jhub" failed: timed out waiting for the condition', FailureReason.TIMEOUT, True),
    ],
)
def test_how_it_ended_is_read_from_the_record(status, description, reason, late):
    result = recorded_result(recorded(status, description), {})
    assert (result.ok, result.reason, result.late) == (False, reason, late)


def test_what_was_interrupted_may_be_tried_again():
    assert recorded_result(recorded("deployed", "Deploy 7c1d2e9"), {}).ok
    assert recorded_result(recorded("failed", 'Upgrade "jhub" failed: context canceled'), {}) is None
    assert recorded_result(recorded("pending-upgrade", "Preparing upgrade"), {}) is None


def recorded(status, description):
    return Release("jhub", "hub", 4, status, Chart("c", "1", ""), None, None, description, {}, {}, {}, "")

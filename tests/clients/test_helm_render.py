"""What helm would do, asked of it: how it is started, what is read of its answer, what each of its failures means."""

import asyncio
import json
import sys

import pytest

from clients.errors import NotFound, Rejected, Unavailable
from clients.helm import Rendering, Target
from tests.clients.test_helm_upgrade import CANARY, RECORD, SAID, SLEEP, until

HOOKS = [
    {"name": "a", "manifest": "kind: DaemonSet", "events": ["pre-install", "pre-upgrade"]},
    {"name": "b", "manifest": "kind: Job", "events": ["post-delete"]},
    {"name": "c", "manifest": "kind: Pod", "events": ["test"]},
    {"name": "d", "manifest": "kind: Secret", "events": ["post-install"]},
]


def record(status="pending-upgrade"):
    about = {"name": "tiny", "version": "0.1.0", "appVersion": "5.5.0"}
    return {
        "info": {"status": status},
        "chart": {"metadata": about, "values": {"secret": CANARY}},
        "config": {"password": CANARY},
        "manifest": "---\nkind: ConfigMap\n",
        "hooks": HOOKS,
    }


ANSWER = f"print({json.dumps(record())!r})"


@pytest.fixture
def chart(tmp_path):
    folder = tmp_path / "chart"
    folder.mkdir()
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: tiny\nversion: 0.1.0\n")
    return folder


@pytest.fixture
def stand_in(tmp_path, chart):
    """A Rendering that runs a Python script in helm's place."""

    def make(script, **target):
        program = tmp_path / "helm"
        program.write_text(f"#!{sys.executable}\n{script}")
        program.chmod(0o700)
        settings = {"release": "jhub", "namespace": "hub", "chart": str(chart), **target}
        return Rendering(Target(**settings), helm=program, state=tmp_path / "state")

    return make


def render(rendering, **more):
    return rendering.render(**{"version": "0.1.0", "values": {"password": CANARY}, **more})


async def test_the_exact_command_with_values_by_standard_input_alone(stand_in, tmp_path, chart):
    found = await render(stand_in(RECORD + ANSWER, kubeconfig=tmp_path / "config", context="ops@aks"))
    told = json.loads((tmp_path / "helm.json").read_text())
    assert told["argv"] == [
        "upgrade",
        "jhub",
        str(chart),
        "--version=0.1.0",
        "--namespace=hub",
        "--reset-values",
        "--values=-",
        "--dry-run=server",
        "--hide-secret",
        "--output=json",
        f"--kubeconfig={tmp_path}/config",
        "--kube-context=ops@aks",
    ]
    assert json.loads(told["given"]) == {"password": CANARY}
    assert CANARY not in json.dumps(told["argv"]) + json.dumps(told["env"]) + repr(found)
    assert (found.chart, found.chart_version, found.app_version) == ("tiny", "0.1.0", "5.5.0")
    assert found.manifest == "---\nkind: ConfigMap\n"
    assert found.hooks == "kind: DaemonSet"


async def test_a_first_installation_is_asked_for_as_one(stand_in, tmp_path):
    answer = f"print({json.dumps(record('pending-install'))!r})"
    found = await render(stand_in(RECORD + answer), install=True)
    argv = json.loads((tmp_path / "helm.json").read_text())["argv"]
    assert {"--install", "--create-namespace", "--dry-run=server"} <= set(argv)
    assert "--reset-values" not in argv
    assert found.hooks == "kind: DaemonSet\n---\nkind: Secret"


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        ("SCHEMA", Rejected, "The chart refuses these values: tiny: - image.tag: Invalid type"),
        ("NOT_FOUND_CHART", NotFound, "There is no version 0.1.0 of the chart"),
        ("UNREACHABLE", Unavailable, "could not reach Kubernetes"),
        ("OTHER", Rejected, 'Helm says: "nope" has no deployed releases'),
    ],
)
async def test_each_failure_is_what_its_reader_does_with_it(stand_in, said, error, words):
    text = next(text for reason, text in SAID.items() if reason.name == said)
    with pytest.raises(error) as caught:
        await render(stand_in(f"import sys; sys.stderr.write({text!r}); sys.exit(1)"))
    assert words in str(caught.value)


async def test_no_value_is_in_what_helm_is_quoted_with(stand_in):
    text = f"Error: UPGRADE FAILED: execution error at (tiny/templates/x.yaml:1): {CANARY} is wrong"
    with pytest.raises(Rejected) as caught:
        await render(stand_in(f"import sys; sys.stderr.write({text!r}); sys.exit(1)"))
    assert CANARY not in str(caught.value)
    assert "is wrong" in str(caught.value)


@pytest.mark.parametrize("answer", ["", "null", "[]", "{}", '{"chart": {}}', '{"chart": {"metadata": 7}}', "{" * 9])
async def test_an_answer_that_is_none_is_an_outage(stand_in, answer):
    with pytest.raises(Unavailable, match="cannot be read") as caught:
        await render(stand_in(f"print({answer!r})"))
    assert caught.value.__cause__ is None


async def test_an_endless_answer_is_not_kept(stand_in, monkeypatch):
    monkeypatch.setattr("clients.helm.render.LARGEST", 1 << 20)
    with pytest.raises(Unavailable, match="more than 1 MiB"):
        await render(stand_in("for _ in range(300): print('x' * 10_000)"))


async def test_a_chart_on_disk_has_one_version(stand_in, tmp_path):
    with pytest.raises(NotFound, match=r"there is no 0\.2\.0"):
        await render(stand_in(RECORD), version="0.2.0")
    assert not (tmp_path / "helm.json").exists()


@pytest.mark.parametrize("version", ["--post-renderer=sh", ">0", "", "1"])
async def test_what_helm_could_take_for_something_else_is_refused(stand_in, version):
    with pytest.raises(ValueError, match="not a chart version"):
        await render(stand_in(RECORD), version=version)


async def test_who_gives_up_ends_helm(stand_in, tmp_path):
    running = asyncio.create_task(render(stand_in(SLEEP)))
    await until(tmp_path / "helm.began")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (tmp_path / "helm.ended").exists()


async def test_a_helm_that_takes_too_long_is_ended(stand_in, tmp_path, monkeypatch):
    monkeypatch.setattr("clients.helm.render._LIMIT", 1.0)
    with pytest.raises(Unavailable, match="took too long"):
        await render(stand_in(SLEEP))
    assert (tmp_path / "helm.ended").exists()

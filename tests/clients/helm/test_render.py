"""What helm would do, asked of it: how it is started, what is read of its answer, what each of its failures means."""

import asyncio
import json
import sys

import pytest

from clients.errors import NotFound, Rejected, Unavailable
from clients.helm import Rendering, Target
from clients.helm.rendered import FRESH, MOST, RenderCache
from tests.clients.helm.test_upgrade import CANARY, RECORD, SAID, SLEEP, until

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

    def make(script, kept=None, **target):
        program = tmp_path / "helm"
        program.write_text(f"#!{sys.executable}\n{script}")
        program.chmod(0o700)
        settings = {"release": "jhub", "namespace": "hub", "chart": str(chart), **target}
        return Rendering(Target(**settings), helm=program, state=tmp_path / "state", cache=kept)

    return make


def render(rendering, **more):
    return rendering.render(**{"version": "0.1.0", "values": {"password": CANARY}, "revision": 3, **more})


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
    with pytest.raises(NotFound, match=r"so 0\.2\.0 is not available"):
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


# Counts how often it is started, in a file that nobody else writes.
def counting(count):
    return f"open({str(count)!r}, 'a').write('+')\n{ANSWER}"


@pytest.fixture
def counted(stand_in, tmp_path):
    """A rendering, the memory that it has, and how often helm was started for it."""
    count, clock = tmp_path / "count", [0.0]
    kept = RenderCache(lambda: clock[0])
    rendering = stand_in(counting(count), kept=kept)
    return rendering, kept, clock, lambda: len(count.read_text()) if count.exists() else 0


async def test_the_same_looked_at_again_is_not_rendered_again(counted):
    rendering, kept, _, started = counted
    first = await render(rendering)
    assert await render(rendering) == first
    assert started() == 1
    assert CANARY not in repr(vars(kept)), "what is kept can be printed by mistake"


@pytest.mark.parametrize("other", [{"revision": 4}, {"values": {"password": "another"}}, {"install": True}])
async def test_another_revision_and_other_values_are_rendered_anew(counted, other):
    rendering, _, _, started = counted
    await render(rendering)
    await render(rendering, **other)
    assert started() == 2


async def test_a_chart_on_disk_that_has_changed_is_rendered_anew(counted, chart):
    rendering, _, _, started = counted
    await render(rendering)
    (chart / "templates").mkdir()
    (chart / "templates" / "more.yaml").write_text("kind: ConfigMap")
    await render(rendering)
    (chart / "templates" / "more.yaml").write_text("kind: Secret___")
    await render(rendering)
    assert started() == 3


async def test_another_version_is_rendered_anew(counted, chart):
    rendering, _, _, started = counted
    await render(rendering)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: tiny\nversion: 0.2.0\n")
    await render(rendering, version="0.2.0")
    assert started() == 2


async def test_what_was_rendered_some_minutes_ago_is_rendered_anew(counted):
    rendering, kept, clock, started = counted
    await render(rendering)
    clock[0] = FRESH - 1
    await render(rendering)
    assert started() == 1
    clock[0] = FRESH + 1
    await render(rendering)
    assert (started(), len(kept)) == (2, 1)


async def test_only_the_last_few_are_kept(counted):
    rendering, kept, _, started = counted
    for revision in range(MOST + 1):
        await render(rendering, revision=revision)
    assert len(kept) == MOST
    await render(rendering, revision=MOST)
    assert started() == MOST + 1
    await render(rendering, revision=0)
    assert started() == MOST + 2


async def test_a_refusal_is_not_kept(stand_in, tmp_path):
    broken = tmp_path / "broken"
    broken.touch()
    text = f"Error: UPGRADE FAILED: {CANARY}"
    script = f"import os, sys\nif os.path.exists({str(broken)!r}): sys.stderr.write({text!r}); sys.exit(1)\n{ANSWER}"
    rendering = stand_in(script)
    with pytest.raises(Rejected):
        await render(rendering)
    broken.unlink()
    assert (await render(rendering)).chart == "tiny"


async def test_the_values_leave_nothing_on_disk(counted, tmp_path):
    rendering, _, _, _ = counted
    await render(rendering)
    await render(rendering)
    written = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert not any(CANARY in path.read_text(errors="replace") for path in written)

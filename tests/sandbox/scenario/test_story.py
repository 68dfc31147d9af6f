"""The sandbox's story as the real clients see it, and what becomes of an upgrade in it."""

import asyncio
import itertools
import json
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
import yaml

from sandbox.apiserver.objects.resource_kinds import DEPLOYMENT, EVENT, NODE, PERSISTENT_VOLUME_CLAIM, POD
from sandbox.helm.release_history import CHART, helm_path
from sandbox.jupyterhub.slugs import escaped_suffix, safe_suffix
from sandbox.scenario.release import HOST, NAMESPACE, RELEASE
from sandbox.scenario.story import active_of
from sandbox.server import Options, running

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.story]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox():
    async with running(Options()) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def hurried(sandbox):
    sandbox.clock.speed = 20
    yield sandbox
    sandbox.clock.speed = 1


@pytest.fixture
def run(sandbox, tmp_path):
    async def run(program, *arguments, given=None):
        homes = {f"HELM_{kind}_HOME": str(tmp_path) for kind in ("CACHE", "CONFIG", "DATA")}
        process = await asyncio.create_subprocess_exec(
            program,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=homes | {"KUBECONFIG": sandbox.ready["kubeconfig"], "HOME": str(tmp_path), "PATH": os.defpath},
        )
        try:
            async with asyncio.timeout(240):
                out, errors = await process.communicate(given.encode() if given else b"")
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()
        return process.returncode, out.decode(), errors.decode()

    return run


@pytest.fixture
def helm(run):
    return lambda *arguments, given=None: run(helm_path(), *arguments, f"--namespace={NAMESPACE}", given=given)


def made_by_kubespawner(sandbox, kind, component):
    found = sandbox.store.list(kind, NAMESPACE)
    return [o for o in found if o["metadata"].get("labels", {}).get("component") == component]


async def upgrade(helm, tag, *options):
    _, kept, _ = await helm("get", "values", RELEASE, "-o", "yaml")
    values = yaml.safe_load(kept)
    values["singleuser"]["image"]["tag"] = tag
    given = json.dumps(values)
    return await helm("upgrade", RELEASE, str(CHART), "--reset-values", "--values=-", *options, given=given)


async def test_the_release_has_a_past_of_three_weeks(helm):
    status, out, errors = await helm("history", RELEASE, "-o", "json")
    assert status == 0, errors
    revisions = json.loads(out)
    assert [(r["revision"], r["status"]) for r in revisions] == [(1, "superseded"), (2, "superseded"), (3, "deployed")]
    dates = [datetime.fromisoformat(r["updated"]) for r in revisions]
    assert all(later - earlier > timedelta(days=7) for earlier, later in itertools.pairwise(dates))
    assert timedelta(days=21) < datetime.now(UTC) - dates[0] < timedelta(days=22)
    assert revisions[1]["description"] == "pandas 3, by hand from a laptop"


async def test_everything_is_ready_when_it_begins(sandbox):
    for made in sandbox.store.list(DEPLOYMENT, NAMESPACE):
        assert made["status"]["readyReplicas"] == made["spec"]["replicas"], made["metadata"]["name"]
    for made in sandbox.store.list(POD, NAMESPACE):
        ready = {c["type"]: c["status"] for c in made["status"]["conditions"]}["Ready"]
        assert (made["status"]["phase"], ready) == ("Running", "True"), made["metadata"]["name"]


async def test_forty_users_twelve_servers_and_claims_by_both_schemes(sandbox):
    users = sandbox.world.users.all()
    assert len(users) == 40
    assert sum(bool(user.servers) for user in users) == 12
    assert len(made_by_kubespawner(sandbox, POD, "singleuser-server")) == 12
    schemes = set()
    claims = made_by_kubespawner(sandbox, PERSISTENT_VOLUME_CLAIM, "singleuser-storage")
    # Of the 38 usual ones 36, four of them twice; of two on leave or on a share, three who are gone, two moved.
    assert len(claims) == 36 + 4 + 2 + 3 + 2
    for claim in claims:
        assert claim["status"]["phase"] == "Bound"
        name, noted = claim["metadata"]["name"], claim["metadata"]["annotations"]
        of = noted["hub.jupyter.org/username"], noted.get("hub.jupyter.org/servername", "")
        scheme = {f"claim-{escaped_suffix(*of)}": "escape", f"claim-{safe_suffix(*of)}": "safe"}[name]
        schemes.add((scheme, bool(of[1])))
    assert schemes == {("escape", False), ("safe", False), ("escape", True), ("safe", True)}


async def test_who_has_an_old_image_has_been_there_since_before_the_last_revision(sandbox, helm):
    _, out, _ = await helm("history", RELEASE, "-o", "json")
    latest = datetime.fromisoformat(json.loads(out)[-1]["updated"])
    servers = made_by_kubespawner(sandbox, POD, "singleuser-server")
    for pod in servers:
        before = datetime.fromisoformat(pod["status"]["startTime"]) < latest
        assert pod["spec"]["containers"][0]["image"].endswith(":a4e2b90" if before else ":3f9a41c")
    starts = {pod["metadata"]["name"]: pod["status"]["startTime"] for pod in servers}
    told = [e for e in sandbox.store.list(EVENT, NAMESPACE) if e["involvedObject"]["name"] in starts]
    assert told
    assert all(event["lastTimestamp"] == starts[event["involvedObject"]["name"]] for event in told)


async def test_somebody_works_in_a_server_with_a_name_and_somebodys_kernel_ate_all_memory(sandbox):
    servers = made_by_kubespawner(sandbox, POD, "singleuser-server")
    assert sum("hub.jupyter.org/servername" in pod["metadata"]["annotations"] for pod in servers) == 2
    (killed,) = [one for pod in servers for one in pod["status"]["containerStatuses"] if one["restartCount"]]
    assert killed["lastState"]["terminated"]["reason"] == "OOMKilled"


async def test_the_bots_token_is_for_its_owner_only(sandbox):
    for file in ("hub_token_file", "kubeconfig"):
        assert Path(sandbox.ready[file]).stat().st_mode & 0o077 == 0
    assert sandbox.world.bot_token not in json.dumps(sandbox.ready)


async def test_the_public_name_is_the_certificates(sandbox):
    assert sandbox.ready["public_host"] == HOST


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on this machine's PATH")
async def test_kubectl_gets_the_pods(run):
    status, out, errors = await run(shutil.which("kubectl"), "get", "pods")
    assert status == 0, errors
    assert out.splitlines()[0].split()[:3] == ["NAME", "READY", "STATUS"]
    assert sum(line.startswith("jupyter-") for line in out.splitlines()) == 12
    assert any(line.startswith("hub-") and "1/1" in line for line in out.splitlines())


async def test_a_real_upgrade_succeeds(hurried, helm):
    status, _, errors = await upgrade(helm, "7c1d2e9", "--wait", "--timeout=50s")
    assert status == 0, errors
    _, out, _ = await helm("status", RELEASE, "-o", "json")
    assert json.loads(out)["info"]["status"] == "deployed"
    (puller, *_) = made_by_kubespawner(hurried, POD, "continuous-image-puller")
    assert puller["spec"]["initContainers"][0]["image"].endswith(":7c1d2e9")
    assert len(made_by_kubespawner(hurried, POD, "singleuser-server")) == 12, "nobody is interrupted"


async def test_who_starts_a_server_after_it_gets_the_new_image(hurried):
    users = hurried.world.users
    newcomer = next(user for user in users.all() if not user.servers)
    server = users.start(newcomer)
    async with asyncio.timeout(240):
        while not users.is_ready(server):
            await asyncio.sleep(0.02)
    assert users.pod(server)["spec"]["containers"][0]["image"].endswith(":7c1d2e9")


async def test_a_tag_that_the_registry_has_not_gets_the_hooks_stuck(hurried, helm):
    trying = asyncio.create_task(upgrade(helm, "0000000", "--wait", "--timeout=4s"))
    seen = set()
    while not trying.done():
        for pod in made_by_kubespawner(hurried, POD, "hook-image-puller"):
            for one in pod.get("status", {}).get("initContainerStatuses", []):
                seen.add(one["state"].get("waiting", {}).get("reason"))
        await asyncio.sleep(0.02)
    status, _, errors = await trying
    assert seen & {"ErrImagePull", "ImagePullBackOff"}
    assert status == 1
    assert "pre-upgrade hooks failed" in errors
    _, out, _ = await helm("status", RELEASE, "-o", "json")
    assert json.loads(out)["info"]["status"] == "failed"


async def test_a_world_of_five_thousand():
    async with running(Options(users=5000)) as big:
        assert len(big.world.users.all()) == 5000
        assert len(made_by_kubespawner(big, POD, "singleuser-server")) == active_of(5000) == 1500


async def test_a_bare_cluster_has_nodes_and_nothing_else():
    async with running(Options(empty=True)) as bare:
        assert len(bare.store.list(NODE)) == 6
        assert bare.store.list(POD) == []
        assert bare.world is None

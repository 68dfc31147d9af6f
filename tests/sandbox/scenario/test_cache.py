"""A world that begins with a past kept from another one: the same but for its dates, and helm goes on with it."""

import asyncio
import base64
import gzip
import io
import json
import os
import re
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from sandbox.apiserver.objects.json_objects import moment
from sandbox.apiserver.objects.resource_kinds import ALL, EVENT, SECRET, SERVICE
from sandbox.helm.release_history import CHART, helm_path
from sandbox.scenario import cache as keeping
from sandbox.scenario.release import NAMESPACE, RELEASE
from sandbox.server import Options, running

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.story]
DAMAGED = b'{"end": 0}\n[]'
# What differs between any two worlds: times, what is drawn by lot, and how many changes there have been.
LOTS = (
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?[+-]\d\d:?\d\d|Z)?( UTC)?", "TIME"),
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UID"),
    (r'"(resourceVersion|modifiedAt)": "\d+"', "COUNTED"),
    # Which of several pods came first.
    (r'"(podIP|ip|nodeName|containerID)": "[^"]+"', "PLACE"),
    (r"[0-9a-f]{64}|sandbox~[0-9a-f]{24}", "DRAWN"),
    (r"-[bcdfghjklmnpqrstvwxz2456789]{5}(?=\")", "-SUFFIX"),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("kept")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def made(folder):
    """What helm made, and what it was."""
    async with running(Options(cache_dir=folder)) as sandbox:
        return told(sandbox), sandbox.world


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kept(folder, made):
    del made
    async with running(Options(cache_dir=folder)) as sandbox:
        yield sandbox


def helm_record(secret):
    return json.loads(gzip.decompress(base64.b64decode(base64.b64decode(secret["data"]["release"]))))


def plain(obj):
    """An object in words, what is packed in it unpacked."""
    if obj.get("type") == "helm.sh/release.v1":
        record = helm_record(obj)
        obj = obj | {"data": record}
    elif "data" in obj and obj["kind"] == "Secret":
        obj = obj | {"data": {key: base64.b64decode(value).decode() for key, value in obj["data"].items()}}
    text = json.dumps(obj, sort_keys=True)
    # A Secret within a manifest, likewise.
    text = re.sub(r"[A-Za-z0-9+/]{40,}={0,2}", lambda found: decoded(found[0]), text)
    for pattern, name in LOTS:
        text = re.sub(pattern, name, text)
    return text


def decoded(text):
    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError:
        return text


def told(sandbox):
    return sorted(plain(obj) for kind in ALL if kind is not EVENT for obj in sandbox.store.list(kind))


async def helm(sandbox, home, *arguments, given=""):
    process = await asyncio.create_subprocess_exec(
        helm_path(),
        *arguments,
        f"--namespace={NAMESPACE}",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"KUBECONFIG": sandbox.ready["kubeconfig"], "HOME": str(home), "PATH": os.defpath},
    )
    try:
        async with asyncio.timeout(240):
            out, errors = await process.communicate(given.encode())
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    assert process.returncode == 0, errors.decode()
    return out.decode()


async def test_it_is_the_same_world(made, kept):
    before, world = made
    assert kept.world.bot_token == world.bot_token
    assert kept.world.client_secret == world.client_secret
    now = told(kept)
    assert [one for one in now if one not in before] == []
    assert [one for one in before if one not in now] == []


async def test_its_dates_are_the_storys(kept, tmp_path):
    revisions = json.loads(await helm(kept, tmp_path, "history", RELEASE, "-o", "json"))
    ages = [(datetime.now(UTC) - datetime.fromisoformat(r["updated"])) / timedelta(days=1) for r in revisions]
    assert ages == pytest.approx([21.3, 12.1, 2.9], abs=0.1)
    for kind in ALL:
        for obj in kept.store.list(kind):
            assert moment(obj["metadata"]["creationTimestamp"]) <= kept.clock.now()


async def test_what_helm_made_long_ago_looks_as_if_it_was_made_now(folder):
    (file,) = folder.glob("*.past")
    head, objects = file.read_bytes().split(b"\n")
    month = timedelta(days=30)
    older = json.loads(head)
    older["end"] -= month.total_seconds()
    aged = re.sub(
        rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?=Z)",
        lambda found: (datetime.fromisoformat(found[0].decode()) - month).isoformat().encode(),
        objects,
    )
    aside = folder / "aged"
    aside.mkdir(mode=0o700)
    (aside / file.name).write_bytes(json.dumps(older).encode() + b"\n" + aged)
    (aside / file.name).chmod(0o600)
    async with running(Options(cache_dir=aside)) as sandbox:
        assert sandbox.world.bot_token == older["token"]
        (hub,) = [one for one in sandbox.store.list(SECRET, NAMESPACE) if one["metadata"]["name"] == "hub"]
        age = datetime.now(UTC) - moment(hub["metadata"]["creationTimestamp"])
        assert age / timedelta(days=1) == pytest.approx(21.3, abs=0.1)


async def test_two_worlds_at_once_share_no_secret_and_no_uid(folder, kept):
    async with running(Options(cache_dir=folder)) as other:
        assert other.world.bot_token != kept.world.bot_token
        mine, theirs = ({o["metadata"]["uid"] for o in one.store.list(SECRET)} for one in (kept, other))
        assert not mine & theirs
    assert len(list(folder.glob("*.past"))) == 2


async def test_it_is_for_its_owner_only(folder, kept):
    for file in folder.glob("*.past"):
        assert file.stat().st_mode & 0o077 == 0
    assert kept.ready["release"] == RELEASE


@pytest.mark.parametrize("content", [b"", b"{}\n[]", DAMAGED, b"\x00\xff", b"[]\n{}\n"])
async def test_nothing_is_read_of_what_is_damaged(content):
    assert keeping.Place(io.BytesIO(content)).read(datetime.now(UTC)) is None


async def test_what_is_damaged_is_made_anew(folder, made, tmp_path):
    del made
    name = min(file.name for file in folder.glob("*.past"))
    (tmp_path / name).write_bytes(DAMAGED)
    (tmp_path / name).chmod(0o600)
    async with running(Options(cache_dir=tmp_path)) as sandbox:
        assert len(sandbox.world.bot_token) == 64
    assert json.loads((tmp_path / name).read_bytes().split(b"\n")[0])["token"] == sandbox.world.bot_token


async def test_what_others_can_read_is_not_trusted(folder, made, tmp_path):
    _, world = made
    name = min(file.name for file in folder.glob("*.past"))
    (tmp_path / name).write_bytes((folder / name).read_bytes())
    (tmp_path / name).chmod(0o644)
    async with running(Options(cache_dir=tmp_path)) as sandbox:
        assert sandbox.world.bot_token != world.bot_token


async def test_a_world_starts_where_nothing_can_be_kept(tmp_path):
    (tmp_path / "file").touch()
    async with running(Options(cache_dir=tmp_path / "file")) as sandbox:
        assert sandbox.world is not None


# Last: it changes the world.
async def test_helm_goes_on_with_it(kept, tmp_path):
    kept.clock.speed = 20
    values = json.loads(await helm(kept, tmp_path, "get", "values", RELEASE, "-o", "json"))
    values["singleuser"]["image"]["tag"] = "7c1d2e9"
    given = json.dumps(values)
    await helm(kept, tmp_path, "upgrade", RELEASE, str(CHART), "--reset-values", "--values=-", "--wait", given=given)
    await helm(kept, tmp_path, "rollback", RELEASE, "2", "--wait")
    revisions = json.loads(await helm(kept, tmp_path, "history", RELEASE, "-o", "json"))
    assert [r["status"] for r in revisions] == ["superseded"] * 4 + ["deployed"]
    made = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "new"}, "spec": {"ports": [{"port": 80}]}}
    taken = {one["spec"]["clusterIP"] for one in kept.store.list(SERVICE)}
    assert kept.store.create(SERVICE, NAMESPACE, made)["spec"]["clusterIP"] not in taken

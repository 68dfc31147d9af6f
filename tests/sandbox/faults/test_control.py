"""Breaking and mending a whole sandbox over HTTP: every fault that there is, each way, and back."""

from datetime import timedelta

import aiohttp
import pytest
import pytest_asyncio

from sandbox import server
from sandbox.apiserver.objects.resource_kinds import NODE, PERSISTENT_VOLUME_CLAIM, POD
from sandbox.faults.control import Control
from sandbox.faults.control_routes import CLOCK, PATH
from sandbox.faults.secret import ENDS
from sandbox.faults.switch import Switch
from sandbox.internet.tls import Serving

WHAT = (
    *("cert", "hub", "upgrade", "starts", "image", "pool", "storage", "home", "full-home", "grow", "ending", "login"),
    *("reflector", "spawn", "secret", "node", "api", "graph", "arm", "registry", "prometheus", "autoscaler"),
)


# One world for all: it is mended after each test.
pytestmark = [pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world():
    async with server.running(server.Options(users=20)) as sandbox:
        yield sandbox


@pytest_asyncio.fixture(loop_scope="module")
async def ask(world):
    async with aiohttp.ClientSession(world.ready["control_url"]) as session:

        async def asked(method, query=None, **more):
            async with session.request(method, PATH, params=query, **more) as response:
                return response.status, await response.json()

        yield asked
        await asked("DELETE")


def ready(world, kind=NODE):
    conditions = [one["status"]["conditions"] for one in world.store.list(kind)]
    return all(one["status"] == "True" for each in conditions for one in each if one["type"] == "Ready")


async def test_everything_can_be_broken_each_way_and_mended(ask):
    _, first = await ask("GET")
    assert (first["broken"], set(first["can"])) == ({}, set(WHAT))
    for what, hows in first["can"].items():
        for how in ("", *hows):
            status, told = await ask("PUT", json={"what": what, "how": how})
            assert (status, told["broken"][what]["how"]) == (200, how or hows[0])
            # Of a certificate it is always said what a retry comes to.
            assert ("retry" in told["broken"][what]["note"]) is (what == "cert")
        assert (await ask("DELETE", {"what": what}))[1]["broken"] == {}


async def test_it_shows_where_people_look_and_is_gone_again(world, ask):
    await ask("PUT", json={"what": "cert"})
    await ask("PUT", json={"what": "node"})
    await ask("PUT", json={"what": "arm", "how": "denied"})
    await ask("PUT", json={"what": "secret", "how": "expired"})
    assert world.certificates.serving is Serving.TRAEFIK_DEFAULT
    assert not ready(world)
    assert world.arm.fault == "denied"
    (app,) = world.applications.by_app_id.values()
    assert not [one for one in app.passwords if one.end > world.clock.now()]
    status, told = await ask("DELETE")
    assert (status, told["broken"]) == (200, {})
    assert world.certificates.serving is Serving.PROPER
    assert ready(world)
    assert world.arm.fault == ""
    assert [one.name for one in app.passwords if one.end > world.clock.now()] == ["hub"]


async def test_a_secrets_days_are_those_that_it_is_asked_for(world, ask):
    (app,) = world.applications.by_app_id.values()
    for how, left in ENDS.items():
        await ask("DELETE")
        await ask("PUT", json={"what": "secret", "how": how})
        (hub,) = [one for one in app.passwords if one.name == "hub"]
        assert abs((hub.end - world.clock.now() - left).total_seconds()) < 5


async def test_an_image_that_is_gone_shows_at_people_who_start_a_server(world, ask):
    _, told = await ask("PUT", json={"what": "image"})
    touched = told["broken"]["image"]["touched"]
    pods = [
        one["metadata"]["annotations"].get("hub.jupyter.org/username")
        for one in world.store.list(POD, "jhub")
        if one["metadata"].get("annotations")
    ]
    assert len(touched) == 2
    assert set(touched) <= set(pods)


async def test_disks_are_missed_by_people_who_have_none_yet(world, ask):
    had = {user.name for user in world.world.users.all() if user.claims}
    _, told = await ask("PUT", json={"what": "storage", "how": "disks"})
    touched = set(told["broken"]["storage"]["touched"])
    assert len(touched) == 2
    assert not touched & had
    claims = [user.claims[""] for user in world.world.users.all() if user.name in touched]
    assert all(world.store.get(PERSISTENT_VOLUME_CLAIM, "jhub", one) for one in claims)


async def test_what_was_mended_otherwise_is_not_broken_any_more(world, ask):
    await ask("PUT", json={"what": "cert"})
    world.issuance.heal()
    assert (await ask("GET"))[1]["broken"] == {}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"what": "x"}, "there is no “x” to break; choose from cert"),
        ({"what": "cert", "how": "x"}, "cert can be broken in these ways: passing, dns, port80"),
        ([1], "the body must look like"),
        ({}, "the body must look like"),
        ("x", "the body must look like"),
    ],
)
async def test_what_makes_no_sense_is_refused(ask, body, why):
    status, told = await ask("PUT", json=body)
    assert status == 400
    assert why in told["error"]
    assert (await ask("GET"))[1]["broken"] == {}


async def test_to_mend_what_there_is_not_is_refused(ask):
    assert (await ask("DELETE", {"what": "x"}))[0] == 400


async def test_no_json_at_all_is_refused(ask):
    assert (await ask("PUT", data=b"\xff{"))[0] == 400


async def test_what_cannot_be_broken_now_says_so():
    def begin(_):
        raise LookupError("there is no node for users")

    control = Control({"node": Switch(("silent",), begin, list)}, None)
    with pytest.raises(ValueError, match="cannot be broken now: there is no node for users"):
        control.break_("node")


async def test_a_bare_cluster_has_no_hub_to_break(tmp_path):
    async with server.running(server.Options(empty=True, state_dir=tmp_path)) as bare:
        with pytest.raises(ValueError, match="hub cannot be broken now: no release is installed"):
            bare.control.break_("hub")
        assert bare.control.break_("graph").how == "absent"


async def test_what_another_fault_keeps_from_breaking_says_which(ask):
    await ask("PUT", json={"what": "starts", "how": "quota"})
    status, told = await ask("PUT", json={"what": "pool", "how": "full"})
    assert status == 400
    assert "Heal starts first" in told["error"]
    await ask("DELETE")
    assert (await ask("PUT", json={"what": "pool", "how": "full"}))[0] == 200


async def test_its_time_goes_on_when_told_and_never_back(world):
    url, before = f"{world.ready['control_url']}{CLOCK}", world.clock.now()
    async with aiohttp.ClientSession() as session:
        async with session.post(url, json={"ahead": 3600}) as response:
            assert response.status == 200
        assert world.clock.now() - before >= timedelta(hours=1)
        for body in ({"ahead": -1}, {"ahead": 1e12}, {"ahead": "soon"}, {}, [], {"ahead": None}):
            async with session.post(url, json=body) as response:
                assert response.status == 400
                assert "error" in await response.json()

"""Homes that a deployment would hide: those of people who exist, by name; and no alarm where all are found again."""

from dataclasses import replace

import pytest

from clients.errors import Unavailable
from clients.helm import Chart, Rendered
from clients.hub import HubServer
from commands.chart.value_fixes import converted
from commands.framework.effects import Effect
from commands.kubernetes.claim_names import new_name, old_name
from commands.values.dry_run import dry_run
from tests.world import NOW, World, home, release, user
from tests.world.manifests import Hub
from tests.world.old_values import ALL

ADA, ANN, MIRA = "ada@example.org", "ann@example.org", "mira"
NOT_FOUND = "would not be found any more"


def old_hub(values=None, version="3.3.8"):
    chart = ALL[version]
    live = release(3, manifest=Hub().live, chart=Chart("jupyterhub", version, chart.app_version))
    return replace(live, values=values or {}, defaults=chart.values)


def world(live, people=(ADA, ANN, MIRA), name=old_name, **more):
    claims = [home(one, name(one)) for one in people]
    users = [user(one) for one in people]
    return World(**{"releases": [live], "claims": claims, "users": users, **more})


async def tried(outside, values, version="4.4.0"):
    chart = ALL[version]
    outside.renders = lambda **_: Rendered("jupyterhub", version, chart.app_version, Hub().text, "", chart.values)
    (live,) = outside.releases
    return await dry_run(outside.reads, live, revision=live.revision, version=version, values=values)


def alarms(done):
    return [line for line in done.warnings if "homes" in line or "home would" in line]


def hides(done):
    return [one.because for one in done.impacts if one.effect is Effect.DELETES_DATA]


@pytest.mark.parametrize("version", ["1.1.3", "2.0.0", "3.3.8"])
async def test_after_the_migration_everybody_finds_their_home(version):
    live = old_hub({"hub": {"config": {}}}, version)
    done = converted(live.values, version, "4.4.0")
    assert done.values["hub"]["config"]["KubeSpawner"]["slug_scheme"] == "escape"
    found = await tried(world(live), done.values)
    assert alarms(found) == hides(found) == []


async def test_names_of_pods_and_of_volumes_in_them_are_no_names_of_homes():
    live = old_hub(version="4.4.0")
    named = {
        "singleuser": {"podNameTemplate": "p-{user_server}", "storage": {"dynamic": {"volumeNameTemplate": "v"}}},
        "hub": {"config": {"KubeSpawner": {"pod_name_template": "pod-{username}"}}},
    }
    found = await tried(world(live, name=new_name), named)
    assert alarms(found) == hides(found) == []


async def test_a_new_chart_alone_hides_homes_and_whose_they_are_is_said():
    found = await tried(world(old_hub()), {})
    (told,) = alarms(found)
    assert told.startswith(f"2 homes {NOT_FOUND}, and their owners would meet empty ones instead: {ADA} (")
    assert f"{ADA} ({old_name(ADA)} → {new_name(ADA)})" in told
    assert ANN in told
    assert MIRA not in told


@pytest.mark.parametrize(
    "values",
    [
        {"hub": {"config": {"KubeSpawner": {"slug_scheme": "escape"}}}},
        {"singleuser": {"storage": {"dynamic": {"pvcNameTemplate": "home-{username}"}}}},
        {"hub": {"config": {"KubeSpawner": {"pvc_name_template": "home-{username}"}}}},
        {"hub": {"config": {"KubeSpawner": {"enable_user_namespaces": True}}}},
        {"singleuser": {"storage": {"type": "none"}}},
        {"singleuser": {"storage": {"type": "static", "static": {"pvcName": "homes"}}}},
        {"singleuser": {"storage": {"dynamic": {"subPath": "files"}}}},
    ],
)
async def test_values_that_name_them_anew_are_said_and_agreed_to(values):
    found = await tried(world(old_hub(version="4.4.0"), name=new_name), values)
    (told,) = alarms(found)
    assert NOT_FOUND in told
    assert hides(found)


async def test_values_that_name_nobodys_home_anew_need_no_agreement():
    found = await tried(
        world(old_hub(version="4.4.0"), people=(MIRA,)), {"hub": {"config": {"KubeSpawner": {"slug_scheme": "escape"}}}}
    )
    assert alarms(found) == hides(found) == []


async def test_a_named_servers_home_is_told_by_its_server():
    claim = replace(home(MIRA, "claim-miralab"), server="lab")
    outside = world(old_hub(), people=(), claims=[claim], users=[user(MIRA)])
    (told,) = alarms(await tried(outside, {"hub": {"config": {"KubeSpawner": {"slug_scheme": "escape"}}}}))
    assert f"{MIRA}, server “lab” (claim-miralab → claim-mira--lab)" in told


async def test_a_claim_without_its_owners_name_is_found_by_the_hubs_users():
    claims = [replace(home(ADA, old_name(ADA)), user="", annotations={})]
    (told,) = alarms(await tried(world(old_hub(), claims=claims), {}))
    assert told.startswith("1 home would")
    assert ADA in told


async def test_many_are_counted():
    many = [f"u{n}@example.org" for n in range(40)]
    (told,) = alarms(await tried(world(old_hub(), people=many), {}))
    assert told.startswith("40 homes")
    assert "and 36 more" in told
    assert len(told) < 600


async def test_the_claims_alone_or_the_users_alone_are_enough():
    silent = Unavailable("Kubernetes", "does not answer")
    for missing in ({"claims": silent}, {"users": silent}):
        (told,) = alarms(await tried(world(old_hub(), **missing), {}))
        assert ADA in told


@pytest.mark.parametrize(
    ("values", "missing", "why"),
    [
        ({}, True, "does not answer"),
        ({"hub": {"extraConfig": {"x": "c.KubeSpawner.slug_scheme = 'escape'"}}}, False, "code in the values"),
        ({"hub": {"config": {"KubeSpawner": {"volumes": []}}}}, False, "mounts volumes of its own"),
        ({"hub": {"config": {"KubeSpawner": {"pvc_name_template": "{user.name!r}"}}}}, False, "cannot read"),
        ({"singleuser": {"storage": {"dynamic": {"pvcNameTemplate": "x-{username:>9}"}}}}, False, "cannot read"),
        ({"singleuser": {"storage": {"dynamic": {"pvcNameTemplate": "x-{username"}}}}, False, "cannot read"),
    ],
)
async def test_what_cannot_be_known_is_said_to_be_unknown(values, missing, why):
    silent = Unavailable("Kubernetes", "does not answer")
    outside = world(old_hub(), **({"claims": silent, "users": silent} if missing else {}))
    (told,) = alarms(await tried(outside, values))
    assert told.startswith("Whether people would find their homes afterwards is unknown: ")
    assert why in told


async def test_nothing_is_asked_where_names_stay():
    silent = Unavailable("Kubernetes", "does not answer")
    outside = world(old_hub(version="4.4.0"), claims=silent, users=silent)
    assert alarms(await tried(outside, {"singleuser": {"image": {"tag": "x"}}})) == []


async def test_a_server_of_the_hub_has_a_home_too():
    running = replace(user(MIRA), servers=(HubServer("my-lab", True, "", NOW, NOW),))
    outside = world(old_hub(), claims=[replace(home(MIRA, old_name(MIRA, "my-lab")), user="")], users=[running])
    (told,) = alarms(await tried(outside, {}))
    assert "server “my-lab”" in told


async def test_homes_that_an_earlier_hub_has_left_are_said_before_the_first_installation():
    outside = World(releases=[], claims=[home(ADA, old_name(ADA)), home(MIRA, old_name(MIRA))])
    chart = ALL["4.4.0"]
    outside.renders = lambda **_: Rendered("jupyterhub", "4.4.0", chart.app_version, Hub().text, "", chart.values)
    kept = {
        "hub": {"config": {"KubeSpawner": {"slug_scheme": "escape"}}},
        "singleuser": {"storage": {"dynamic": {"pvcNameTemplate": "claim-{username}{servername}"}}},
    }
    for values, expected in (({}, [ADA]), (kept, [])):
        done = await dry_run(outside.reads, None, revision=0, version="4.4.0", values=values)
        assert [name for name in (ADA, MIRA) if any(name in line for line in alarms(done))] == expected

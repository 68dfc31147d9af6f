"""Why somebody's server does not start or does not answer, and the safe next step."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from cards.views import Tone
from clients.errors import Unavailable
from clients.hub import HubServer
from clients.kube import Crash, StorageClass, Waiting
from commands.diagnostics import why
from commands.framework.argument_types import Upn
from commands.framework.command import Level
from commands.framework.errors import UserError
from commands.kubernetes.claim_names import new_name
from tests.commands.nodes.used import PRICES, RULES, usage
from tests.commands.nodes.used import server as used
from tests.world import NOW, SECRET, Cost, World, cannot_pull, home, node, release, server, unready, user, words
from tests.world.events import MEMORY, MULTI, PULL, ZONE, event

ADA = "ada@example.org"
NODE = "aks-users-31415926-vmss000001"


def world(*pods, servers=(False,), **more):
    made = World()
    made.users, made.pods, made.claims = [user(ADA, *servers)], list(pods), [home(ADA)]
    made.nodes = [node(NODE, "users")]
    for name, value in more.items():
        setattr(made, name, value)
    return made


async def asked(its, upn=ADA):
    return await why.run(why.Args(Upn.parse(upn)), its.reads)


def lines(view):
    return [dict(one.data)["line"] for one in view.buttons]


async def test_a_server_that_runs_has_nothing_wrong():
    found = await asked(world(server(ADA), servers=(True,)))
    assert found.tone is Tone.GOOD
    assert "Its pod is ready." in found.text
    assert "users vmss000001" in found.text


@pytest.mark.parametrize(
    ("state", "said", "text", "line"),
    [
        (cannot_pull("9"), (), "does not have jhub.azurecr.io/notebook:9", "/jhub images"),
        (unready(node="", refusal=f"Unschedulable: {MEMORY}"), (), "enough memory", "/jhub nodes"),
        (
            unready(phase="Running", crash=Crash("notebook", "OOMKilled", 137), restarts=3),
            (),
            "used more memory",
            f"/jhub server stop {ADA}",
        ),
        (
            unready(waiting=Waiting("notebook", "ContainerCreating", "", "i")),
            (event("FailedAttachVolume", MULTI),),
            "another node",
            f"/jhub server stop {ADA}",
        ),
        (
            unready(node="", refusal='Unschedulable: 0/6 nodes: persistentvolumeclaim "claim-ada" not found'),
            (),
            "Its home claim-ada does not exist",
            f"/jhub storage show {ADA}",
        ),
        (
            unready(created=NOW - timedelta(minutes=9), waiting=Waiting("notebook", "ContainerCreating", "", "i")),
            (),
            "does not say why",
            f"/jhub server stop {ADA}",
        ),
    ],
)
async def test_the_cause_and_the_step_that_is_safe(state, said, text, line):
    found = await asked(world(server(ADA, **state), events=list(said)))
    assert text in found.text
    assert lines(found)[0] == line
    assert found.tone is Tone.BAD


async def test_one_that_merely_starts_is_left_alone():
    starting = server(ADA, **unready(created=NOW - timedelta(seconds=40)))
    found = await asked(world(starting))
    assert found.tone is Tone.WORKING
    assert found.text == "It has been starting for 40 s so far."
    assert found.buttons == ()


async def test_one_on_a_node_that_fell_silent():
    lost = node(NODE, "users", ready=False, problem="NodeStatusUnknown: Kubelet stopped posting node status.")
    found = await asked(world(server(ADA, ready=0), nodes=[lost]))
    assert "which is not ready (NodeStatusUnknown" in found.text
    assert lines(found) == [f"/jhub server stop {ADA}", "/jhub nodes"]


async def test_one_that_the_hub_has_and_the_cluster_has_not():
    its = world(servers=(False,))
    old = HubServer("", ready=False, pending="spawn", started=NOW - timedelta(minutes=20), last_activity=None)
    its.users = [replace(its.users[0], servers=(old,))]
    found = await asked(its)
    assert "but it has no pod" in found.text
    assert found.tone is Tone.BAD


async def test_the_worst_of_several_servers_is_told_first():
    its = world(servers=())
    names = ("", "course")
    its.users = [replace(user(ADA), servers=tuple(HubServer(n, not n, "spawn" if n else "", NOW, NOW) for n in names))]
    pod_name = new_name(ADA, "course").replace("claim-", "jupyter-")
    course = replace(server(ADA, **cannot_pull("9")), name=pod_name, uid="other")
    plain = replace(server(ADA), name=new_name(ADA).replace("claim-", "jupyter-"))
    its.pods = [plain, course]
    found = await asked(its)
    assert found.title == "Why: ada@example.org, server “course”"
    assert "It is running on users vmss000001" in words(found.sections)


async def test_a_start_that_failed_within_the_hour_is_remembered():
    said = event("Failed", PULL.format(tag="9", code="NotFound", why="not found"), name=_pod_name())
    found = await asked(world(servers=(), events=[said]))
    assert "A start failed 1 min ago: The registry does not have jhub.azurecr.io/notebook:9." in found.text
    started = event("Started", name=_pod_name(), last=NOW)
    assert "no start of theirs failed" in (await asked(world(servers=(), events=[said, started]))).text


def _pod_name():
    return new_name(ADA).replace("claim-", "jupyter-")


async def test_without_the_hub_the_cluster_alone_tells():
    its = world(server(ADA, **cannot_pull("9")), users=Unavailable("The hub", "cannot be reached"))
    found = await asked(its)
    assert "The hub cannot be reached: nobody can log in or start a server now." in found.text
    assert lines(found)[0] == "/jhub status"


async def test_someone_whom_the_hub_forgot_but_who_has_a_home():
    assert "The hub does not know this user" in (await asked(world(users=[]))).text


async def test_nobody_of_that_name_gets_the_nearest():
    with pytest.raises(UserError) as refused:
        await asked(world(), "adda@example.org")
    assert "/jhub why ada@example.org" in str(refused.value.hints)


async def test_no_more_buttons_than_fit_and_none_twice():
    found = await asked(world(server(ADA, **cannot_pull("9"))))
    assert len(lines(found)) == len(set(lines(found)))


async def test_a_crash_without_a_message_is_told_with_the_end_of_its_log():
    ended = server(ADA, **unready(phase="Running", crash=Crash("notebook", "Error", 1), restarts=3))
    said = f"starting\nOSError: [Errno 28] No space left on device: '/home/jovyan/.local'\nsecret {SECRET}\n"
    found = await asked(world(ended, servers_said={ended.name: said}, releases=[release()]))
    assert found.text.startswith("Their home is full.")
    assert "Its last words: “OSError: [Errno 28] No space left on device: '/home/jovyan/.local'”" in found.text
    assert f"/jhub logs {ended.name} notebook --previous" in lines(found)
    last = await asked(world(ended, servers_said={ended.name: f"key {SECRET}\n"}, releases=[release()]))
    assert "Its last words: “key " in last.text
    assert SECRET not in last.text


async def test_a_server_that_cannot_end_names_its_node():
    stuck = server(ADA, terminating=True, deadline=NOW - timedelta(hours=4))
    lost = node(NODE, "users", ready=False, problem="Kubelet stopped posting node status.")
    found = await asked(world(stuck, nodes=[lost]))
    assert found.tone is Tone.BAD
    assert "because its node users vmss000001 has not answered (“Kubelet stopped posting node status”)" in found.text
    assert lines(found)[0] == "/jhub nodes"
    in_time = server(ADA, terminating=True, deadline=NOW - timedelta(seconds=20))
    assert (await asked(world(in_time, nodes=[lost]))).tone is Tone.WORKING


async def test_a_server_that_its_node_refused_is_to_be_stopped():
    reason = "UnexpectedAdmissionError: Pod was rejected: Allocate failed: nvidia.com/gpu. Requested: 1, Available: 0"
    found = await asked(world(server(ADA, **unready(phase="Failed", refusal=reason))))
    assert found.text.startswith("Its node refused it: “Allocate failed")
    assert lines(found)[0] == f"/jhub server stop {ADA}"


@pytest.mark.parametrize(
    ("expands", "says"),
    [
        (
            True,
            f"“/jhub storage grow {ADA} 20Gi” enlarges the claim {home(ADA).name} (the storage class",
        ),
        (False, "(the storage class managed-csi has no allowVolumeExpansion)"),
        (None, "if the storage class managed-csi has allowVolumeExpansion"),
    ],
)
async def test_a_full_home_says_what_makes_room(expands, says):
    said = "OSError: [Errno 28] No space left on device: '/home/jovyan/.local'"
    ended = server(ADA, **unready(phase="Running", crash=Crash("notebook", "Error", 1, said), restarts=3))
    ended = replace(ended, claims=(home(ADA).name,))
    classes = [StorageClass("managed-csi", "disk.csi.azure.com", "Delete", True, True, bool(expands))]
    there = world(ended, storage_classes=Unavailable("Kubernetes", "is away") if expands is None else classes)
    assert says in (await asked(there)).text


@pytest.mark.parametrize("volume", ["pvc-7", ""])
async def test_a_disk_in_another_zone_wants_a_node_there(volume):
    its = home(ADA, volume=volume)
    waits = server(ADA, claims=(its.name,), **unready(node="", refusal=f"Unschedulable: {ZONE}"))
    text = (await asked(world(waits, claims=[its]))).text
    assert ("the volume pvc-7 names it" in text) is bool(volume)


def above_the_quota(**more):
    cost = Cost(usage=usage(used(ADA, 61, 1)), prices=PRICES, rules=replace(RULES, quota_hours=Decimal(60)))
    return world(server(ADA), servers=(True,), cost=cost, **more)


async def test_who_used_more_than_one_person_may_is_told_so_and_goes_on():
    shown = words(await asked(above_the_quota()))
    assert (
        "61 h of servers this month; one person may use 60 h of servers. The bot stops nothing because of it." in shown
    )


async def test_what_a_person_used_is_for_operators():
    made = above_the_quota(level=Level.VIEWER)
    assert "this month" not in words(await asked(made))
    assert made.cost.asked == []


async def test_without_a_quota_use_is_not_read():
    made = world(server(ADA), servers=(True,))
    await asked(made)
    assert made.cost.asked == []


async def test_a_store_that_is_out_does_not_keep_the_cause():
    made = above_the_quota()
    made.cost = Cost(usage=Unavailable("The bot's store", "is out"), rules=made.cost.rules)
    assert "Its pod is ready." in words(await asked(made))

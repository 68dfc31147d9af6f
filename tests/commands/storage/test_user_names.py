"""Users whose names are no e-mail addresses: all commands serve them, and take nobody for another."""

import pytest

from commands.diagnostics import why
from commands.framework.argument_types import UserName
from commands.framework.errors import UserError
from commands.framework.parser import parse
from commands.framework.registry import catalogue
from commands.kubernetes.claim_names import new_name, old_name
from commands.logs import source
from commands.logs.arguments import LogTarget
from commands.servers import stop as server_stop
from commands.storage import delete as storage_delete
from commands.storage import restore as storage_restore
from commands.storage import show as storage_show
from tests.world import World, home, pod, snapshot, user, words

NAMES = ["miksch", "a--b", "Ann", "x", "1st", "søren ågård", "50%25", "o'brien#1", "under_score", "ada@example.org"]


def pod_of(name, **more):
    return pod(f"jupyter-{abs(hash(name)) % 10**6}", "singleuser-server", user=name, **more)


def taken(name):
    return snapshot(home(name, old_name(name)), f"of-{old_name(name)}")


def world(*names, claim=old_name, **more):
    claims = [home(name, claim(name)) for name in names]
    return World(**{"users": [user(name, True) for name in names], "claims": claims, **more})


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "line", ["why {}", "server stop {}", "storage show {}", "storage delete {}", "storage restore {}"]
)
def test_the_name_is_taken_as_it_is_typed(line, name):
    asked = parse(f"/jhub {line.format(chr(34) + name + chr(34))}", catalogue())
    assert asked.args.user == name


NOBODY = ["", " ", "-", "...", "a/b", "a*", "?", "hub-db-dir", "x" * 256, "a\x00b", "a\u202eb", "ada@"]


@pytest.mark.parametrize("name", NOBODY)
def test_what_no_user_is_called_is_refused(name):
    with pytest.raises(ValueError, match=r"type the|wildcards|at most|never touches|domain"):
        UserName.parse(name)


@pytest.mark.parametrize("name", NAMES)
async def test_why_stop_show_and_delete_find_them(name):
    outside = world(name, "other@example.org", claim=new_name)
    assert words(await why.run(why.Args(UserName.parse(name)), outside.reads))
    assert (await server_stop.plan(server_stop.Args(UserName.parse(name)), outside.reads)).user == name
    assert (await storage_show.run(storage_show.Args(UserName.parse(name)), outside.reads)).title == name


@pytest.mark.parametrize(("asked", "found"), [("Ann", "Ann"), ("ann", "ann")])
async def test_names_that_differ_in_case_alone_are_told_apart_by_the_exact_one(asked, found):
    outside = world("Ann", "ann", snapshots=[taken("Ann"), taken("ann")])
    shown = words(await storage_show.run(storage_show.Args(UserName.parse(asked)), outside.reads))
    assert old_name(found) in shown
    assert old_name("Ann" if found == "ann" else "ann") not in shown
    assert (await server_stop.plan(server_stop.Args(UserName.parse(asked)), outside.reads)).user == found


@pytest.mark.parametrize(
    "ask",
    [
        lambda name, reads: why.run(why.Args(name), reads),
        lambda name, reads: server_stop.plan(server_stop.Args(name), reads),
        lambda name, reads: storage_show.run(storage_show.Args(name), reads),
        lambda name, reads: storage_delete.plan(storage_delete.Args(name), reads),
        lambda name, reads: storage_restore.plan(storage_restore.Args(name), reads),
    ],
)
async def test_where_none_is_exact_each_is_offered(ask):
    with pytest.raises(UserError, match="Ann and ann: they differ only in upper and lower case") as refused:
        await ask(UserName.parse("ANN"), world("Ann", "ann").reads)
    assert [hint.split()[-1] for hint in refused.value.hints] == ["Ann", "ann"]


async def test_a_snapshot_of_a_namesake_is_not_restored():
    outside = world("Ann", "ann", snapshots=[taken("Ann")], claims=[])
    with pytest.raises(UserError, match="There is no snapshot of ann"):
        await storage_restore.plan(storage_restore.Args(UserName.parse("ann")), outside.reads)


@pytest.mark.parametrize(("typed", "there"), [("ada", "ada@example.org"), ("miksch@example.org", "miksch")])
async def test_the_other_kind_of_name_is_offered(typed, there):
    with pytest.raises(UserError, match="does not know the user") as refused:
        await server_stop.plan(server_stop.Args(UserName.parse(typed)), world(there).reads)
    assert refused.value.hints[0] == f"/jhub server stop {there}"


async def test_a_log_is_found_by_any_name_and_a_namesakes_is_not_shown():
    pods = [pod_of("Ann"), pod_of("ann"), pod_of("miksch"), pod_of("søren ågård")]
    outside = World(pods=pods)
    for name in ("Ann", "ann", "miksch", "søren ågård", "MIKSCH"):
        found = await source.find(LogTarget.parse(name), None, outside.reads)
        assert found.pod.user.lower() == name.lower()
        assert name in {found.pod.user, "MIKSCH"}
    with pytest.raises(UserError, match="Ann and ann differ only") as refused:
        await source.find(LogTarget.parse("ANN"), None, outside.reads)
    assert refused.value.hints == ("/jhub logs Ann", "/jhub logs ann")

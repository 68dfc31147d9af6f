"""`/jhub cluster upgrade`: what it shows, what it refuses, and the order in which it upgrades."""

from dataclasses import replace

import pytest

from cards.views import Failure, Notice, Status
from clients.azure.cluster_upgrades import Maintenance, Offer
from clients.errors import Rejected, Unavailable
from clients.kube import DeprecatedApi, DisruptionBudget
from commands.framework.command import Level, Query
from commands.framework.errors import UserError
from commands.framework.parser import parse
from commands.framework.plan_digest import digest
from commands.framework.registry import catalogue
from commands.nodes import cluster_upgrade as upgrade
from tests.commands.nodes.estate import LABEL, Estate, Quotas, a_pool, done, planned, sits
from tests.world import pod, release, words
from tests.world.crash import Died

GONE = DeprecatedApi("1.33", "flowcontrol.apiserver.k8s.io", "v1beta3", "flowschemas")
STAYS = DeprecatedApi("1.40", "", "v1", "endpoints")
HELD = DisruptionBudget("kube-system", "coredns", 0, 2, 2, 2)


async def shown(do, line="cluster upgrade"):
    parsed = parse(line, catalogue())
    assert isinstance(parsed.command, Query)
    return await parsed.command.run(parsed.args, do.reads)


async def refusal(do, line):
    with pytest.raises(UserError) as refused:
        await planned(do, line)
    return f"{refused.value} {' '.join(refused.value.hints)}"


def asked(azure):
    """What Azure was asked to change."""
    return [one for one in azure.done if not one.startswith("finish")]


# Showing


async def test_without_a_version_it_is_a_question_and_shows_what_there_is(do, azure, world):
    azure.listed["users"] = replace(
        azure.listed["users"], image="AKSUbuntu-2204gen2containerd-202610.19.0", surge="33%"
    )
    azure.windows = [Maintenance("aksManagedAutoUpgradeSchedule", 2, "week", "Friday", "", "21:00", "+01:00", 6)]
    world.apis, world.budgets = [STAYS], []
    view = await shown(do)
    assert isinstance(view, Status)
    said = words(view)
    assert view.headline == "Kubernetes 1.32.7; it can be upgraded to 1.32.9 or 1.33.4"
    assert "community support until 2026-07-31, long-term support until 2027-07-31" in said
    assert "label='1.33.5', value='preview, " in said
    assert "202610.19.0, newest 202611.16.0" in said
    assert "1 (33%)" in said
    assert "Automatic upgrades of Kubernetes: every 2 weeks on Friday at 21:00 (UTC+01:00), for 6 h" in said
    assert "endpoints.v1, gone in 1.40" in said
    assert "Support for Kubernetes 1.32 ended on 2026-03-31" in said
    assert [button.data[0][1] for button in view.buttons] == [
        "/jhub cluster upgrade 1.33.4",
        "/jhub cluster upgrade --images",
    ]


async def test_long_term_support_ends_a_year_later(do, azure):
    azure.its = replace(azure.its, plan="AKSLongTermSupport", tier="Premium")
    said = words(await shown(do))
    assert "long-term support, until 2027-03-31" in said
    assert "ended on" not in said


async def test_pools_behind_and_what_stands_in_the_way_are_problems(do, azure, world):
    azure.its = replace(azure.its, version="1.33.1")
    azure.offers = (Offer("1.34.0"),)
    world.apis, world.budgets = [replace(GONE, removed="1.34"), STAYS], [HELD]
    view = await shown(do)
    assert "Behind the control plane: system, core, users" in view.problems[1]
    assert any("kube-system/coredns (2 healthy, needs 2)" in one for one in view.problems)
    assert any("gone in 1.34: flowschemas.v1beta3.flowcontrol.apiserver.k8s.io" in one for one in view.problems)


async def test_what_is_not_answered_is_said_to_be_unknown_and_the_rest_is_shown(do, azure, world):
    no = Unavailable("Azure", "refused: the bot's identity does not have that permission")
    azure.trouble = dict.fromkeys(("upgrades", "kubernetes_versions", "maintenance", "pool_upgrades"), no)
    world.apis = world.budgets = Unavailable(
        "Kubernetes", "refused: the bot may not read the API server's metrics (403)"
    )
    view = await shown(do)
    assert view.headline == "Kubernetes 1.32.7; what it can be upgraded to is not known"
    said = words(view)
    assert "Maintenance windows: not known" in said
    assert "Not known: Kubernetes refused" in said
    assert view.buttons == ()


# Choosing


@pytest.mark.parametrize(("typed", "target"), [("1.33", "1.33.4"), ("v1.33.1", "1.33.1"), ("1.32", "1.32.9")])
async def test_a_minor_version_means_its_newest_patch_that_is_no_preview(do, typed, target):
    _, plan = await planned(do, f"cluster upgrade {typed}")
    assert (plan.target, plan.before, plan.plane) == (target, "1.32.7", True)
    assert [one.name for one in plan.pools] == ["system", "core", "users"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("1.34", "skips no minor version"),
        ("1.34.2", "1.33 comes before 1.34.2"),
        ("2.0", "Azure does not offer Kubernetes 2.0 for this cluster. It offers"),
        ("1.31", "takes no version back"),
        ("1.32.1", "takes no version back"),
        ("1.33.9", "does not offer Kubernetes 1.33.9"),
        ("1.33.5", "--preview"),
        ("1.33 --images", "leave the version out"),
        ("1.33 --pool users", "no pool can be ahead"),
        ("1.33 --nodes-only", "no pool can be ahead"),
        ("--nodes-only", "run Kubernetes 1.32.7 already"),
        ("1.32.7", "run Kubernetes 1.32.7 already"),
        ("1.33 --pool user", "no pool “user”"),
        ("1.33 --grace 2d", "at most 12h"),
    ],
)
async def test_what_azure_would_not_do_is_refused_before(do, azure, typed, said):
    assert said in await refusal(do, f"cluster upgrade {typed}")
    assert azure.done == []


async def test_a_preview_is_taken_where_it_is_asked_for(do):
    _, plan = await planned(do, "cluster upgrade 1.33.5 --preview")
    assert plan.target == "1.33.5"


@pytest.mark.parametrize(
    ("change", "said"),
    [({"power": "Stopped"}, "is stopped"), ({"state": "Upgrading"}, "still working"), ({"version": "1.33.4"}, "")],
)
async def test_a_stopped_or_busy_cluster_is_not_upgraded(do, azure, change, said):
    azure.its = replace(azure.its, **change)
    if said:
        assert said in await refusal(do, "cluster upgrade 1.33.4")
    else:
        _, plan = await planned(do, "cluster upgrade 1.33.4")
        assert not plan.plane


async def test_it_takes_an_admin_and_a_second_person_and_stops_everybody(do):
    command, plan = await planned(do, "cluster upgrade 1.33")
    assert (command.level, command.approvals) == (Level.ADMIN, 1)
    assert "All servers on users end" in command.effects.found(plan)[0].because


async def test_the_plan_says_what_stands_in_the_way(do, world):
    world.apis, world.budgets = [GONE, STAYS], [HELD]
    do.quotas = Quotas(100, 100)
    sits(world, "ada@example.org", 5)
    world.pods = [*world.pods, pod("hub-1", "hub", node="aks-core-0")]
    _, plan = await planned(do, "cluster upgrade 1.33")
    said = words(upgrade.preview(plan))
    assert "flowschemas.v1beta3" in said
    assert "endpoints" not in said
    assert "kube-system/coredns" in said
    assert "users needs 1 more of Standard_E8s_v5 during the upgrade" in said
    assert "ada@example.org has a server" in said
    assert "The hub itself runs on core" in said


async def test_a_patch_takes_no_api_away_and_unknown_is_said(do, world):
    world.apis = [GONE]
    _, plan = await planned(do, "cluster upgrade 1.32")
    assert plan.warnings == ()
    world.apis = Unavailable("Kubernetes", "refused (403)")
    _, plan = await planned(do, "cluster upgrade 1.33")
    assert "It is not known if something uses APIs" in plan.warnings[0]


async def test_approval_is_bound_to_versions_and_pools_and_not_to_who_is_there(do, azure, world):
    command, before = await planned(do, "cluster upgrade 1.33")
    sits(world, "ada@example.org", 5)
    world.budgets = [HELD]
    azure.listed["users"] = replace(azure.listed["users"], count=4)
    _, after = await planned(do, "cluster upgrade 1.33")
    assert digest(command.name, "o", before) == digest(command.name, "o", after)
    azure.listed["core"] = replace(azure.listed["core"], version="1.32.1")
    _, other = await planned(do, "cluster upgrade 1.33")
    assert digest(command.name, "o", other) != digest(command.name, "o", before)


# Doing


async def test_the_control_plane_goes_first_then_system_hub_and_users(do, azure, world):
    sits(world, "ada@example.org", 5)
    view = await done(do, "cluster upgrade 1.33 --grace 1s")
    assert isinstance(view, Notice)
    assert view.title == "jhub-aks runs Kubernetes 1.33.4"
    assert asked(azure) == [
        "upgrade control plane 1.33.4",
        "upgrade system 1.33.4",
        "upgrade core 1.33.4",
        "upgrade users 1.33.4",
    ]
    assert set(world.done) == {"stop_server ada@example.org"}
    [announced] = do.announced
    assert "in 1 s at the earliest" in announced.text
    assert announced.sections[0].lines == ("ada@example.org",)
    assert do.titles.index("Stop the servers on users") > do.titles.index("Wait for the nodes of core")


async def test_whoever_has_gone_is_not_waited_for(do, azure):
    await done(do, "cluster upgrade 1.33 --grace 12h")
    assert "upgrade users 1.33.4" in azure.done


async def test_one_pool_alone_leaves_the_others(do, azure):
    azure.its = replace(azure.its, version="1.33.4")
    view = await done(do, "cluster upgrade --pool core")
    assert view.title == "core runs Kubernetes 1.33.4"
    assert {name: one.version for name, one in azure.listed.items()} == {
        "core": "1.33.4",
        "system": "1.32.7",
        "users": "1.32.7",
    }
    assert do.announced == []


async def test_images_alone_are_upgraded_where_they_are_older(do, azure):
    azure.listed["core"] = replace(azure.listed["core"], image=azure.newest)
    view = await done(do, "cluster upgrade --images --grace 1s")
    assert view.title == "jhub-aks has the newest node images"
    assert asked(azure) == [
        "upgrade image system",
        "upgrade image users",
    ]
    assert "Azure names no newer node image for any pool" in await refusal(do, "cluster upgrade --images")


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("1.33", "/jhub cluster upgrade 1.33.4"),
        ("--images", "/jhub cluster upgrade --images"),
        ("--images --pool core", "/jhub cluster upgrade --images --pool core"),
    ],
)
async def test_the_line_to_go_on_with_is_about_as_much(do, typed, line):
    assert (await planned(do, f"cluster upgrade {typed}"))[1].line == line


@pytest.mark.parametrize(("typed", "line"), [("--pool core", "--pool core"), ("--nodes-only", "--nodes-only")])
async def test_of_nodes_alone_too(do, azure, typed, line):
    azure.its = replace(azure.its, version="1.33.4")
    assert (await planned(do, f"cluster upgrade {typed}"))[1].line == f"/jhub cluster upgrade {line}"


async def test_it_stops_at_the_first_pool_that_fails_and_goes_on_from_there(do, azure, world):
    world.budgets = [HELD]
    azure.trouble["upgrade core 1.33.4"] = Rejected(
        "Azure", "UpgradeFailed", "Drain node aks-core-0 failed when evicting pod coredns-1."
    )
    view = await done(do, "cluster upgrade 1.33 --grace 1s")
    assert isinstance(view, Failure)
    assert view.title == "The pool core was not upgraded to 1.33.4"
    said = words(view)
    assert "Drain node aks-core-0 failed" in said
    assert "kube-system/coredns (2 healthy, needs 2)" in said
    assert "Nothing was begun after it" in said
    assert "type /jhub cluster upgrade 1.33.4" in said
    assert "upgrade users 1.33.4" not in azure.done
    azure.trouble.clear()
    azure.listed["core"] = replace(azure.listed["core"], state="Failed")
    azure.done.clear()
    again = await done(do, "cluster upgrade 1.33.4 --grace 1s")
    assert again.title == "jhub-aks runs Kubernetes 1.33.4"
    assert asked(azure) == [
        "upgrade core 1.33.4",
        "upgrade users 1.33.4",
    ]


async def test_a_quota_without_room_is_told_in_azures_words_and_names_no_budget(do, azure, world):
    world.budgets = [HELD]
    azure.trouble["upgrade control plane 1.33.4"] = Rejected("Azure", "Quota", "Insufficient vcpu quota requested 40.")
    view = await done(do, "cluster upgrade 1.33")
    assert view.title == "The control plane was not upgraded to 1.33.4"
    assert "coredns" not in words(view)


async def test_nodes_that_do_not_come_back_end_it(do, azure, monkeypatch):
    from commands.nodes import upgrade_steps  # noqa: PLC0415

    monkeypatch.setattr(upgrade_steps, "_NODES", 0.01)
    azure.listed["system"] = a_pool("system", 2, mode="System")
    azure.upgrade_pool = _keeps_its_nodes(azure)
    view = await done(do, "cluster upgrade 1.33 --grace 1s")
    assert view.title == "Not all nodes of system are ready"
    assert "upgrade core 1.33.4" not in azure.done


def _keeps_its_nodes(azure):
    async def upgrade_pool(pool, version):
        return azure._do(f"upgrade {pool.name} {version}")

    return upgrade_pool


async def test_the_users_pool_is_the_one_with_the_charts_label(do, azure):
    azure.listed = {"apps": a_pool("apps", 1, labels=LABEL), "zeta": a_pool("zeta", 1, mode="System")}
    _, plan = await planned(do, "cluster upgrade 1.33")
    assert [one.name for one in plan.pools] == ["zeta", "apps"]


async def test_what_is_done_is_not_asked_for_again_after_a_crash(do, azure):
    command, plan = await planned(do, "cluster upgrade 1.33 --grace 1s")
    await command.apply(plan, do)
    azure.done.clear()
    view = await command.apply(plan, do)
    assert isinstance(view, Notice)
    assert azure.done == []


class Dying(Estate):
    """An operation that dies after so many of its steps have done their work, the last before it is recorded."""

    def __init__(self, inner, recorded, after):
        super().__init__(inner.azure, inner.world)
        self.recorded, self.left = recorded, after

    async def step(self, title, action, *args, **kwargs):
        if title in self.recorded:
            return self.recorded[title]
        result = await action(*args, **kwargs)
        if self.left == 0:
            raise Died
        self.left -= 1
        self.recorded[title] = result
        return result


async def test_wherever_it_dies_it_goes_on_and_asks_azure_for_nothing_twice(do, azure, world):
    sits(world, "ada@example.org", 5)
    command, plan = await planned(do, "cluster upgrade 1.33 --grace 1s")
    recorded = {}
    for _ in range(40):
        # Each time one step more is done, and lost.
        try:
            view = await command.apply(plan, Dying(do, recorded, after=1))
            break
        except Died:
            continue
    assert view.title == "jhub-aks runs Kubernetes 1.33.4"
    assert asked(azure) == [
        "upgrade control plane 1.33.4",
        "upgrade system 1.33.4",
        "upgrade core 1.33.4",
        "upgrade users 1.33.4",
    ]


async def test_servers_beside_everything_else_get_their_time_too(do, azure, world):
    azure.listed = {"agentpool": a_pool("agentpool", 2, mode="System")}
    sits(world, "ada@example.org", 5, on="aks-agentpool-0")
    _, plan = await planned(do, "cluster upgrade 1.33 --grace 1s")
    assert "ada@example.org has a server" in words(upgrade.preview(plan))
    assert "All servers on agentpool end" in upgrade.COMMAND.effects.found(plan)[0].because
    await done(do, "cluster upgrade 1.33 --grace 1s")
    assert set(world.done) == {"stop_server ada@example.org"}
    assert do.announced


async def test_where_nobody_is_and_nothing_of_the_hub_nothing_is_announced(do, azure):
    azure.its = replace(azure.its, version="1.33.4")
    _, plan = await planned(do, "cluster upgrade --pool system")
    assert "announced" not in words(upgrade.preview(plan))
    assert upgrade.COMMAND.effects.found(plan) == ()
    await done(do, "cluster upgrade --pool system")
    assert do.announced == []


async def test_a_bot_in_the_cluster_says_that_it_restarts_on_the_way(do):
    plan = await upgrade.plan(parse("cluster upgrade 1.33", catalogue()).args, replace(do.reads, inside=True))
    assert "goes on where it was" in words(upgrade.preview(plan))


# Helm's record


def recorded(world, api, kind="PodDisruptionBudget"):
    """The live revision, with an object of that API in its manifest."""
    world.releases = [release(manifest=f"---\napiVersion: {api}\nkind: {kind}\nmetadata: {{name: hub}}\n")]


async def test_a_version_on_which_helm_could_not_change_the_hub_is_refused_with_the_way_out(do, azure, world):
    azure.its = replace(azure.its, version="1.24.9")
    azure.offers = (Offer("1.25.4"), Offer("1.24.10"))
    recorded(world, "policy/v1beta1")
    said = await refusal(do, "cluster upgrade 1.25")
    assert "PodDisruptionBudget hub (policy/v1beta1, gone in 1.25)" in said
    assert "Azure takes no version back" in said
    assert "mapkubeapis" in said
    assert "/jhub upgrade check" in said
    assert azure.done == []
    _, plan = await planned(do, "cluster upgrade 1.24.10")
    assert plan.target == "1.24.10"
    recorded(world, "policy/v1")
    _, plan = await planned(do, "cluster upgrade 1.25")
    assert plan.target == "1.25.4"


async def test_a_record_that_is_broken_already_is_said_and_holds_nothing_back(do, world):
    recorded(world, "policy/v1beta1")
    _, plan = await planned(do, "cluster upgrade 1.33")
    assert any("on 1.32 either" in one and "mapkubeapis" in one for one in plan.warnings)


async def test_a_record_that_cannot_be_read_is_said_to_be_unknown(do, world):
    world.releases = Unavailable("Kubernetes", "refused: the bot may not list Secrets (403)")
    _, plan = await planned(do, "cluster upgrade 1.33")
    assert any("not known if helm can still change the hub on 1.33" in one for one in plan.warnings)

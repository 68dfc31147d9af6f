"""The plan of a rollback: its target, its secrets, its method, and refusals."""

import json
import secrets as secrets_of_random
from dataclasses import replace

import pytest

from bot.audit.entry import described
from bot.changes.serialization import dump, load
from cards.text import render
from clients.helm import Chart, UpgradeResult
from commands.framework.effects import Effect
from commands.framework.errors import UserError
from commands.rollout import rollback
from commands.rollout.rollback_plan import Rollback, RollbackMethod
from tests.commands.rollout.revisions import HISTORY, OLD_SECRET, at, planned, values
from tests.world import (
    NOW,
    SECRET,
    Doing,
    Helm,
    Home,
    World,
    by_olu,
    components,
    release,
    server,
    words,
)


@pytest.mark.parametrize(
    ("history", "target"),
    [
        (HISTORY, 3),
        ([at(6, "six", "failed"), *HISTORY], 5),
        ([at(6, "six", "failed"), at(7, "x", "failed"), *HISTORY], 5),
        ([at(6, "six", "pending-upgrade"), *HISTORY], 5),
    ],
    ids=["live", "newest failed", "two failed", "left half-way"],
)
async def test_without_a_number_it_is_the_last_that_was_live_before(history, target):
    assert (await planned(World(releases=history))).target == target


@pytest.mark.parametrize(
    ("history", "revision", "said"),
    [
        ([], None, "no release"),
        ([at(1, "one", "deployed")], None, "no earlier revision"),
        (HISTORY, 5, "already live"),
        (HISTORY, 4, "was never live: failed"),
        (HISTORY, 1, "no revision 1; it keeps 5, 4, 3, 2."),
        (
            [*HISTORY, release(1, status="superseded", chart=Chart("hub", "1.1.3", "1.4.2"))],
            1,
            "from before it became jupyterhub",
        ),
        ([at(6, "six", "pending-upgrade", last_deployed=NOW), *HISTORY], 5, "not finished"),
    ],
    ids=["no release", "first", "live", "failed", "gone", "renamed", "under way"],
)
async def test_what_makes_no_sense_is_refused(history, revision, said):
    with pytest.raises(UserError) as refused:
        await planned(World(releases=history), revision)
    assert said in str(refused.value)


async def test_by_helm_itself_where_no_secret_was_renewed():
    plan = await planned(World(releases=HISTORY, pods=[*components(), server("a@x")]), 2)
    assert (plan.way, plan.kept, plan.servers) == (RollbackMethod.ROLLBACK, (), 1)
    (difference,) = rollback.preview(plan).differences
    assert (difference.path, difference.before, difference.after) == ("singleuser.image.tag", "five", "two")
    assert plan.impacts == ()


async def test_what_may_hold_anything_is_in_no_plan():
    """Secrets of which nothing tells that they are some come back, and that is all that the plan has of them.

    Code and commands are shown: there, what looks like a secret is hidden.
    """
    secrets = [f"plainly-{number}" for number in range(5)]
    looking = [secrets_of_random.token_hex(10) for _ in range(3)] + ["hunter2-hunter3"]
    (one, four, six, eight, nine), (two, five, seven, three) = secrets, looking
    then = {
        "hub": {
            "extraEnv": {"RELAY": one},
            "extraConfig": {"00-exfiltrate-token": f"send('{two}')", "mail": f"a()\nc.X.client_secret = '{three}'"},
            "extraFiles": {"notes": {"stringData": four}},
            "args": [five],
            "annotations": {"note": six},
        },
        "singleuser": {
            "image": {"tag": "two"},
            "lifecycleHooks": {"postStart": {"exec": {"command": ["fetch", seven]}}},
            "initContainers": [{"name": "first", "env": [{"name": "WHERE", "value": eight}]}],
            "profileList": [{"kubespawner_override": {"environment": {"WHERE": nine}}}],
        },
    }
    world = World(releases=[*HISTORY[:3], replace(at(2, "two"), values=then)])
    plan = await planned(world, 2)
    stored = json.dumps(dump(Rollback, plan)) + str(described(plan)) + render(rollback.preview(plan))
    assert not [secret for secret in (*secrets, *looking) if secret in stored]
    assert "send('[hidden]')" in stored
    shown = {one.path: one.after for one in plan.differences}
    assert shown["hub.extraConfig.mail"] == "set, hidden"
    assert shown["singleuser.image.tag"] == "two"
    assert load(Rollback, dump(Rollback, plan)) == plan


async def test_code_under_a_secrets_name_goes_back_with_the_rest():
    """Kept as it is now, it would outlive every rollback."""
    now, then = (
        {"singleuser": {"image": {"tag": tag}}, "hub": {"extraConfig": {"00-exfiltrate-token": code}}}
        for tag, code in (("five", "send()"), ("two", "pass"))
    )
    newest = replace(HISTORY[0], values=now)
    plan = await planned(World(releases=[newest, *HISTORY[1:3], replace(at(2, "two"), values=then)]), 2)
    assert (plan.way, plan.kept) == (RollbackMethod.ROLLBACK, ())
    assert "hub.extraConfig.00-exfiltrate-token" in [one.path for one in plan.differences]


async def test_secrets_that_were_renewed_since_are_kept_and_in_no_plan():
    history = [*HISTORY[:3], at(2, "two", secret=OLD_SECRET)]
    world = World(releases=history)
    plan = await planned(world, 2)
    assert (plan.way, plan.kept) == (RollbackMethod.UPGRADE, ("hub.config.AzureAdOAuthenticator.client_secret",))
    assert SECRET not in words(plan) + render(rollback.preview(plan))
    assert OLD_SECRET not in words(plan) + render(rollback.preview(plan))
    doing = Doing(world, Helm(lambda: UpgradeResult(True)))
    await rollback.apply(plan, doing)
    (asked,) = doing.helm.asked
    assert asked["values"] == values("two", SECRET)
    assert asked["labels"] == by_olu(6, "op-9")


async def test_the_old_ones_come_back_when_asked_for_with_a_warning():
    world = World(releases=[*HISTORY[:3], at(2, "two", secret=OLD_SECRET)])
    plan = await planned(world, 2, old_secrets=True)
    assert plan.way is RollbackMethod.ROLLBACK
    assert "nobody can log in" in rollback.preview(plan).warnings[-1]


async def test_without_the_chart_of_then_secrets_cannot_be_kept():
    history = [*HISTORY[:3], at(2, "two", secret=OLD_SECRET, chart="4.3.0")]
    with pytest.raises(UserError, match="Keeping it needs chart") as refused:
        await planned(World(releases=history), 2)
    assert refused.value.hints[0] == "/jhub rollback 2 --old-secrets"
    assert (await planned(World(releases=history, chart=None), 2)).way is RollbackMethod.UPGRADE


async def test_over_a_migration_of_the_database_there_is_no_way_back():
    history = [*HISTORY[:3], at(2, "two", chart="3.3.8", hub="4.1.6")]
    with pytest.raises(UserError) as refused:
        await planned(World(releases=history), 2)
    assert "Chart 3.3.8 is older than the live one" in str(refused.value)
    assert "Its database was migrated and cannot go back" in str(refused.value)
    assert refused.value.hints[0] == "/jhub rollback 3"
    assert any("hub made of its database" in one for one in refused.value.hints)


async def test_an_upgrade_that_failed_can_be_undone_and_the_database_is_warned_of():
    history = [at(5, "five", "failed"), at(4, "four", "deployed", chart="3.3.8", hub="4.1.6")]
    plan = await planned(World(releases=history))
    assert (plan.target, plan.crosses) == (4, True)
    warnings = rollback.preview(plan).warnings
    assert any("JupyterHub would go back from" in one for one in warnings)


async def test_over_a_major_version_of_the_chart_alone_somebody_else_must_agree():
    plan = await planned(World(releases=[*HISTORY[:3], at(2, "two", chart="3.3.8")]), 2)
    assert plan.crosses
    assert [one.effect for one in plan.impacts] == [Effect.DELETES_DATA]
    assert any("names of homes" in one for one in rollback.preview(plan).warnings)


async def test_what_a_killed_helm_left_is_called_interrupted():
    history = [at(5, "five", "deployed"), at(4, "four", "pending-upgrade"), at(3, "three")]
    with pytest.raises(UserError, match="Revision 4 was never live: interrupted"):
        await planned(World(releases=history), 4)


async def test_values_in_a_file_are_not_changed_by_it_and_that_is_said():
    world = World(releases=HISTORY)
    world.home = Home(world, values("five"))
    assert "config.yaml stays as it is" in rollback.preview(await planned(world, 3)).warnings[0]


@pytest.mark.parametrize(
    "hidden",
    [
        "postgresql://hub:hunter2hunter2@db/hub",
        "Authorization: Bearer hunter2hunter2hunter2",
        "password = 'hunter2hunter2'",
    ],
)
async def test_what_looks_like_a_secret_is_hidden_under_any_name(hidden):
    old = replace(HISTORY[2], values={**HISTORY[2].values, "custom": {"url": hidden}})
    plan = await planned(World(releases=[HISTORY[0], old]), 3)
    assert "custom.url" in [one.path for one in plan.differences]
    assert "hunter2" not in repr(plan)

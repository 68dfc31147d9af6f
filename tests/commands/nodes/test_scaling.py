"""`/jhub scale`, `scale 0`, `scale up` and `autoscale`."""

from dataclasses import replace

import pytest

from cards.views import Failure, Notice
from clients.errors import Conflict, Rejected
from commands.framework.errors import UserError
from commands.framework.parser import parse
from commands.framework.plan_digest import digest
from commands.framework.registry import catalogue
from commands.nodes import list as nodes
from tests.commands.nodes.estate import LABEL, a_pool, done, planned, sits
from tests.world import pod, words


async def test_scale_to_nothing_keeps_the_range_and_scale_up_brings_it_back(do, azure):
    assert (await done(do, "scale 0")).title == "The pool users has no nodes"
    held = azure.listed["users"]
    assert (held.count, held.autoscaled, held.tags) == (0, False, {"jhub-bot-kept": "1-5"})
    assert "autoscaler 1–5" in words(await nodes.run(nodes.Args(), do.reads))
    back = await done(do, "scale up")
    assert isinstance(back, Notice)
    users = azure.listed["users"]
    assert (users.minimum, users.maximum, users.count, users.tags) == (1, 5, 1, {})


async def test_after_nothing_a_number_in_the_range_brings_the_autoscaler_back_too(do, azure):
    await done(do, "scale 0")
    await done(do, "scale 3")
    assert (azure.listed["users"].minimum, azure.listed["users"].count, azure.listed["users"].tags) == (1, 3, {})
    await done(do, "scale 0")
    await done(do, "scale 7")
    assert (azure.listed["users"].autoscaled, azure.listed["users"].count) == (False, 7)
    assert azure.listed["users"].tags == {"jhub-bot-kept": "1-5"}


async def test_a_pool_without_autoscaler_gets_its_count_back(do, azure):
    azure.listed["users"] = a_pool("users", 4, labels=LABEL)
    await done(do, "scale 0")
    assert azure.listed["users"].tags == {"jhub-bot-kept": "4"}
    await done(do, "scale up")
    assert (azure.listed["users"].count, azure.listed["users"].tags) == (4, {})


async def test_what_is_kept_is_the_first_setting_not_the_last(do, azure):
    await done(do, "scale 3")
    await done(do, "scale 0")
    assert azure.listed["users"].tags == {"jhub-bot-kept": "1-5"}


async def test_the_plan_names_who_would_lose_a_server(do, world):
    sits(world, "ada@example.org", 5)
    sits(world, "lin@example.org", 200)
    command, plan = await planned(do, "scale 0")
    said = words(command.preview(plan))
    assert "At work now: ada@example.org loses" in said
    assert "Stopped first, as they have been idle for an hour or more: lin@example.org" in said
    assert command.approvals == 1


async def test_idle_servers_are_stopped_first(do, world):
    sits(world, "ada@example.org", 5)
    sits(world, "lin@example.org", 200)
    await done(do, "scale 0")
    assert set(world.done) == {"stop_server lin@example.org"}
    assert do.announced == []


async def test_with_evict_it_is_announced_and_all_servers_are_stopped(do, world):
    sits(world, "ada@example.org", 5)
    sits(world, "lin@example.org", 200)
    await done(do, "scale 0 --evict --grace 1s")
    assert set(world.done) == {"stop_server ada@example.org", "stop_server lin@example.org"}
    [announced] = do.announced
    assert announced.title == "All servers on users stop in 1 s"
    assert announced.sections[0].lines == ("ada@example.org", "lin@example.org")


async def test_who_comes_and_goes_does_not_void_the_consent_a_changed_range_does(do, azure, world):
    _, before = await planned(do, "scale 0")
    sits(world, "ada@example.org", 5)
    azure.listed["users"] = replace(azure.listed["users"], count=3, etag="another")
    _, after = await planned(do, "scale 0")
    assert digest("scale 0", "x", before) == digest("scale 0", "x", after)
    azure.listed["users"] = replace(azure.listed["users"], maximum=9)
    _, changed = await planned(do, "scale 0")
    assert digest("scale 0", "x", before) != digest("scale 0", "x", changed)


async def test_a_range_changed_after_the_plan_is_a_conflict_and_nothing_is_written(do, azure):
    command, plan = await planned(do, "scale 0")
    azure.listed["users"] = replace(azure.listed["users"], maximum=9)
    with pytest.raises(Conflict):
        await command.apply(plan, do)
    assert azure.done == []


async def test_an_operation_that_fails_says_what_is_true_and_what_to_type(do, azure):
    azure.trouble["finish scale users 4"] = Rejected("Azure", "QuotaExceeded", "No quota is left.")
    ended = await done(do, "scale 4")
    assert isinstance(ended, Failure)
    assert "No quota is left." in ended.cause
    assert "scale up" in words(ended)


async def test_a_failed_return_is_repaired_by_typing_it_again(do, azure):
    azure.listed["users"] = replace(azure.listed["users"], count=0, state="Failed")
    _, plan = await planned(do, "scale up")
    assert (plan.target.minimum, plan.target.maximum) == (1, 5)


async def test_nothing_is_written_twice(do, azure):
    command, plan = await planned(do, "scale 0")
    await command.apply(plan, do)
    await command.apply(plan, do)
    assert azure.done.count("scale users 0") == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("scale -1", "whole number"),
        ("scale 1e3", "whole number"),
        ("scale 99999", "at most 1,000"),
        ("scale two", "whole number"),
        ("scale", "needs"),
        ("scale ٣", "whole number"),
        ("scale 3 --pool Users", "lower-case letters"),
        ("scale 3 --pool nope", "no pool “nope”"),
        ("scale --pool users 0", "needs an approval"),
        ("scale 00", "needs an approval"),
        ("scale 0 --pool system", "system pool"),
        ("scale 0 --grace 5m", "--evict"),
        ("scale 0 --evict --grace 9h", "4h"),
        ("scale up", "no earlier setting"),
        ("autoscale users 6 1", r"The minimum \(6\) is larger than the maximum \(1\)"),
        ("autoscale users 1", "most nodes"),
        ("autoscale users off 3", "no second number"),
        ("autoscale users 1 5", "already"),
        ("autoscale system 0 3", "system pool"),
        ("autoscale core off", "off already"),
        ("autoscale usrs 1 5", "no pool “usrs”"),
        ("pool create users", "already"),
        ("pool create Big-Pool", "lower-case letters"),
        ("pool create b --min 6 --max 2", "larger than the maximum"),
        ("pool create b --vm-size ;rm", "the name that Azure gives it"),
        ("pool delete system", "system pool"),
        ("pool delete nope", "no pool “nope”"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_an_example_before_any_call(do, azure, line, said):
    with pytest.raises(UserError, match=said) as caught:
        await planned(do, line)
    assert caught.value.hints
    assert azure.done == []


async def test_a_pool_on_which_the_hub_runs_is_not_emptied(do, world):
    world.pods = [pod("hub-1", "hub", node="aks-core-0")]
    for line in ("scale 0 --pool core", "pool delete core"):
        with pytest.raises(UserError, match="The hub itself runs on core"):
            await planned(do, line)


async def test_without_azure_each_command_says_what_to_configure(world):
    for line in ("scale 3", "scale 0", "autoscale users 1 5", "pool create b", "cluster stop", "dashboard disable"):
        parsed = parse(line, catalogue())
        with pytest.raises(UserError, match=r"azure\.cluster"):
            await parsed.command.plan(parsed.args, world.reads)


async def test_which_pool_is_meant_must_be_clear(do, azure):
    azure.listed["more"] = a_pool("more", 1, labels=LABEL)
    with pytest.raises(UserError, match="name one"):
        await planned(do, "scale 3")
    azure.listed = {"core": a_pool("core", 1)}
    with pytest.raises(UserError, match="--pool"):
        await planned(do, "scale 3")

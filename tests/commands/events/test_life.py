"""An event from its opening to its end: the pool is held and goes back, whatever comes between."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from cards.views import Failure, Notice, Tone
from clients.errors import Conflict, Rejected, Unavailable
from commands.events import check, start
from commands.events import list as event_list
from commands.events.trial import ServerTrial
from commands.framework.effects import Effect
from commands.framework.errors import UserError
from commands.ports.freezes import Freeze
from tests.commands.events.conftest import GIB
from tests.commands.events.test_add import an_event
from tests.commands.nodes.estate import LABEL, a_pool, done, planned, sits
from tests.world import NOW, cannot_pull, words
from tests.world.crash import Died, Fuse, Journal, Mortal
from tests.world.kubernetes_writes import pulls

START, REMOVE = "event start Physics", "event remove Physics"
OPENS = NOW - timedelta(minutes=1)


def now_on(name="Physics", people=60, **more):
    """An event that opens now; its four nodes take 60 people."""
    times = {"starts": NOW + timedelta(minutes=44), "ends": NOW + timedelta(hours=3), "opens": OPENS}
    return an_event(name, people=people, **times | {"nodes": 4} | more)


def setting(azure):
    users = azure.listed["users"]
    return (users.minimum, users.maximum, users.tags)


@pytest.fixture(autouse=True)
def physics(world):
    world.events_planned = [now_on()]


async def ends(do, name="Physics"):
    do.moment = NOW + timedelta(hours=3)
    return await done(do, f"event remove {name}")


async def test_the_pool_is_held_and_goes_back(do, azure, world):
    opened = await done(do, START)
    assert isinstance(opened, Notice)
    assert setting(azure) == (4, 5, {"jhub-bot-event": "1-5_4-5"})
    assert azure.listed["users"].count == 4
    assert do.titles[:4] == ["Raise the pool", "Wait for Azure", "Wait for the nodes", "Pull the image"]
    assert do.titles[4] == "Make the test user"
    assert "a notebook in it works" in words(opened)
    assert any("create_puller" in one and "example.azurecr.io/jupyter:3f9a41c" in one for one in world.done)
    assert world.events_planned[0].opened == NOW
    ended = await ends(do)
    assert ended.tone is Tone.GOOD
    assert "is set to what it was: autoscaler 1–5" in ended.text
    assert setting(azure) == (1, 5, {})
    assert world.events_planned == []


async def test_tags_of_others_and_what_scale_remembers_stay(do, azure):
    azure.listed["users"] = a_pool("users", 0, labels=LABEL, tags={"team": "a", "jhub-bot-kept": "1-5"})
    await done(do, START)
    assert azure.listed["users"].count == 4
    assert azure.listed["users"].tags == {"team": "a", "jhub-bot-kept": "1-5", "jhub-bot-event": "0_4"}
    await ends(do)
    assert (azure.listed["users"].count, azure.listed["users"].autoscaled) == (0, False)
    assert azure.listed["users"].tags == {"team": "a", "jhub-bot-kept": "1-5"}


async def test_a_pool_that_has_as_many_anyway_is_left_alone(do, azure):
    azure.listed["users"] = a_pool("users", 6, minimum=6, maximum=9, labels=LABEL)
    await done(do, START)
    assert azure.done == []
    assert "not held for it" in (await ends(do)).text
    assert azure.done == []


async def test_what_somebody_has_set_meanwhile_stays(do, azure, world):
    await done(do, START)
    azure.listed["users"] = replace(azure.listed["users"], minimum=2, maximum=20)
    ended = await ends(do)
    assert ended.tone is Tone.WARNING
    assert "Somebody has set users in the meantime, and that stays: autoscaler 2–20" in ended.text
    assert setting(azure) == (2, 20, {})
    assert world.events_planned == []


async def test_what_somebody_has_set_is_what_the_next_event_goes_back_to(do, azure, world):
    await done(do, START)
    azure.listed["users"] = replace(azure.listed["users"], minimum=2, maximum=20)
    world.events_planned.append(now_on("Chemistry", people=30))
    await done(do, "event start Chemistry")
    assert setting(azure) == (6, 20, {"jhub-bot-event": "2-20_6-20"})
    await ends(do)
    await ends(do, "Chemistry")
    assert setting(azure)[2] == {}
    assert setting(azure)[:2] == (2, 20)


async def test_what_scale_remembers_is_not_the_event_once_that_is_over(do, azure):
    await done(do, START)
    await done(do, "scale 0")
    assert azure.listed["users"].tags == {"jhub-bot-event": "1-5_4-5", "jhub-bot-kept": "4-5"}
    assert "Somebody has set users in the meantime" in (await ends(do)).text
    assert azure.listed["users"].tags == {"jhub-bot-kept": "1-5"}
    await done(do, "scale up")
    assert setting(azure) == (1, 5, {})


async def test_one_that_was_never_opened_changes_nothing_for_those_that_are_on(do, azure, world):
    world.events_planned.append(now_on("Chemistry", people=30))
    await done(do, START)
    asked = list(azure.done)
    assert "not held for it" in (await ends(do, "Chemistry")).text
    assert azure.done == asked
    assert setting(azure) == (4, 5, {"jhub-bot-event": "1-5_4-5"})


async def test_events_at_the_same_time_add_up_and_the_last_one_puts_all_back(do, azure, world):
    azure.listed["users"] = a_pool("users", 2, minimum=1, maximum=10, labels=LABEL)
    world.events_planned.append(now_on("Chemistry", people=30))
    await done(do, START)
    await done(do, "event start Chemistry")
    assert setting(azure) == (6, 10, {"jhub-bot-event": "1-10_6-10"})
    first = await ends(do)
    assert "keeps the nodes that other events need: autoscaler 2–10" in first.text
    assert setting(azure) == (2, 10, {"jhub-bot-event": "1-10_2-10"})
    await ends(do, "Chemistry")
    assert setting(azure) == (1, 10, {})


async def test_those_who_have_come_already_are_not_counted_twice(do, azure, world):
    azure.listed["users"] = a_pool("users", 2, minimum=1, maximum=10, labels=LABEL)
    world.events_planned.append(now_on("Chemistry", people=15))
    await done(do, START)
    for number in range(45):
        sits(world, f"u{number}@example.org", 1, on=f"aks-users-{number // 15}")
    their = {"requests": {"memory": 4.0 * GIB, "cpu": 0.25}, "created": NOW + timedelta(minutes=5)}
    world.pods = [replace(one, **their) if one.component == "singleuser-server" else one for one in world.pods]
    await done(do, "event start Chemistry")
    # 45 of 75 people are there on three nodes; the other 30 take two more.
    assert azure.listed["users"].minimum == 5


async def test_it_gets_no_more_than_was_agreed_on(do, azure, world):
    world.events_planned = [now_on(people=120, nodes=6)]
    ended = await done(do, START)
    assert isinstance(ended, Failure)
    assert "By now it takes 8 nodes, and no more than 6 were agreed on" in ended.cause
    assert setting(azure) == (6, 6, {"jhub-bot-event": "1-5_6-6"})


async def test_as_many_nodes_come_as_the_quota_allows_and_that_it_is_too_small_is_said(do, azure, world):
    world.events_planned = [now_on(people=120, nodes=8)]
    do.quotas.used, do.quotas.limit = 90, 100
    ended = await done(do, START)
    assert isinstance(ended, Failure)
    assert "It takes 8 nodes, and Azure’s quota allows no more than 3" in ended.cause
    assert setting(azure) == (3, 5, {"jhub-bot-event": "1-5_3-5"})


async def test_a_raised_maximum_goes_back_once_the_nodes_beyond_it_are_gone(do, azure, world):
    world.events_planned = [now_on(people=120, nodes=8)]
    await done(do, START)
    assert setting(azure)[:2] == (8, 8)
    shrinks = await ends(do)
    assert isinstance(shrinks, Notice)
    assert "Azure would take some that people work on" in shrinks.text
    assert "every 30 min from then on" in words(shrinks)
    assert "taken off the list once the pool is set back" in words(shrinks)
    # The minimum is back at once; the maximum is not below what there is.
    assert setting(azure) == (1, 8, {"jhub-bot-event": "1-5_1-8"})
    assert 'op-9 runs event remove "Physics" later for Physics' in world.done or any(
        "later" in one for one in world.done
    )
    assert [one.name for one in world.events_planned] == ["Physics"]
    azure.listed["users"] = replace(azure.listed["users"], count=3)
    assert (await ends(do)).tone is Tone.GOOD
    assert setting(azure) == (1, 5, {})


async def test_a_fixed_pool_keeps_its_nodes_while_somebody_has_a_server_there(do, azure, world):
    azure.listed["users"] = a_pool("users", 2, labels=LABEL)
    await done(do, START)
    assert azure.listed["users"].count == 4
    sits(world, "ada@example.org", 1)
    held = await ends(do)
    assert isinstance(held, Failure)
    assert "1 person still has a server on users" in held.cause
    assert "ada@example.org" in words(held)
    assert azure.listed["users"].count == 4
    world.users, world.pods = [], [one for one in world.pods if one.component != "singleuser-server"]
    await ends(do)
    assert (azure.listed["users"].count, azure.listed["users"].tags) == (2, {})


@pytest.mark.parametrize("trouble", [Rejected("Azure", "Busy", "is busy"), Unavailable("Azure", "did not answer")])
async def test_where_azure_does_not_put_it_back_it_is_tried_again(do, azure, world, trouble):
    await done(do, START)
    azure.trouble = {"autoscale users 1 5": trouble}
    ended = await ends(do)
    assert isinstance(ended, Failure)
    assert str(trouble) in ended.cause
    assert "Mon 2026-11-23 13:30 Europe/Berlin" in words(ended)
    assert "op-9 runs event remove Physics later for Physics" in world.done
    assert [one.name for one in world.events_planned] == ["Physics"]


async def test_somebody_changes_the_pool_at_the_same_moment(do, azure, monkeypatch):
    real, tries = azure.autoscale, []

    async def contested(pool, *rest):
        tries.append(pool)
        if len(tries) == 1:
            azure.listed["users"] = replace(azure.listed["users"], minimum=3, maximum=7)
            raise Conflict("users was changed in the meantime.")
        return await real(pool, *rest)

    monkeypatch.setattr(azure, "autoscale", contested)
    await done(do, START)
    assert setting(azure) == (4, 7, {"jhub-bot-event": "3-7_4-7"})


async def test_azure_refuses_the_nodes(do, azure, world):
    azure.trouble = {"autoscale users 4 5": Rejected("Azure", "AllocationFailed", "no such machines are left")}
    ended = await done(do, START)
    assert isinstance(ended, Failure)
    assert "There is no room yet" in ended.title
    assert "no such machines are left" in ended.cause
    assert "op-9 runs event start Physics later for Physics" in world.done


async def test_where_nothing_answers_at_its_time_it_is_tried_again_and_not_given_up(do, azure, world):
    world.nodes = Unavailable("Kubernetes", "did not answer")
    ended = await done(do, START)
    assert isinstance(ended, Failure)
    assert "Mon 2026-11-23 10:10 Europe/Berlin" in words(ended)
    do.moment = NOW + timedelta(hours=2, minutes=55)
    world.done.clear()
    assert "Tried again" not in words(await done(do, START))
    assert world.done == []

    async def away(_name):
        raise Unavailable("Azure", "did not answer")

    azure.pool = away
    ended = await ends(do)
    assert isinstance(ended, Failure)
    assert "op-9 runs event remove Physics later for Physics" in world.done


async def test_the_others_keep_what_there_is_where_it_cannot_be_told_what_they_need(do, azure, world):
    world.events_planned.append(now_on("Chemistry", people=30, opened=NOW))
    await done(do, START)
    held = setting(azure)
    world.events_planned = [
        replace(one, profile="Gone" if one.name == "Chemistry" else "") for one in world.events_planned
    ]
    assert "keeps the nodes that other events need" in (await ends(do)).text
    assert setting(azure) == held


async def test_the_image_does_not_come(do, world):
    world.pulling = partial(pulls, states=({}, cannot_pull("3f9a41c")))
    ended = await done(do, START)
    assert isinstance(ended, Failure)
    assert "Servers there start once it is pulled" in ended.cause
    assert "Without the image" in words(ended)
    # The nodes are there all the same.
    assert ended.now[2].value == "4 ready"


async def test_a_server_that_was_tried_is_told_of(do, monkeypatch):
    async def tried(profile, _do):
        assert profile == ""
        return ServerTrial("A test server failed: “Start” did not succeed.", failed=True)

    monkeypatch.setattr(start, "try_server", tried)
    ended = await done(do, START)
    assert isinstance(ended, Failure)
    assert "A test server failed" in ended.cause


async def test_the_pool_has_gone(do, azure, world):
    await done(do, START)
    del azure.listed["users"]
    ended = await ends(do)
    assert "no longer exists" in ended.text
    assert world.events_planned == []


async def test_one_that_was_over_before_the_bot_came_back_is_not_opened_and_ends_cleanly(do, azure):
    do.moment = NOW + timedelta(hours=4)
    with pytest.raises(UserError, match="was over"):
        await planned(do, START)
    assert "nothing was put back" in (await ends(do)).text
    assert azure.done == []


async def test_to_start_long_before_what_was_agreed_on_costs_more_and_says_what(do, world):
    world.events_planned = [an_event()]
    command, plan = await planned(do, START)
    (impact,) = command.effects.found(plan)
    assert impact.effect is Effect.COSTS_MORE
    shown = words(command.preview(plan))
    # Three nodes more, from now until it would have opened.
    hours = round(3 * (an_event().opens - NOW) / timedelta(hours=1))
    assert f"{hours:,} h" in shown
    assert "Thu 2026-12-03 12:00 Europe/Berlin" in shown
    world.freeze = Freeze("op-1", "Exams", "Olu Operator", "olu", NOW, NOW + timedelta(days=1))
    with pytest.raises(UserError, match="Changes are frozen"):
        await planned(do, START)


@pytest.mark.parametrize(
    "its", [{"opens": NOW + timedelta(minutes=10)}, {"opens": NOW + timedelta(days=9), "opened": NOW}]
)
async def test_to_start_it_at_its_time_or_again_was_agreed_on_and_goes_on_in_a_freeze(do, world, its):
    world.events_planned = [an_event(**its)]
    world.freeze = Freeze("op-1", "Exams", "Olu Operator", "olu", NOW, NOW + timedelta(days=1))
    command, plan = await planned(do, START)
    assert command.effects.found(plan) == ()
    assert "costs" not in words(command.preview(plan))


async def test_to_start_early_costs_nothing_where_the_pool_has_the_nodes_anyway(do, azure, world):
    azure.listed["users"] = a_pool("users", 6, minimum=6, maximum=9, labels=LABEL)
    world.events_planned = [an_event()]
    command, plan = await planned(do, START)
    assert command.effects.found(plan) == ()


async def test_an_early_start_that_fails_before_it_holds_the_pool_waits_for_its_time(do, azure, world):
    world.events_planned = [an_event()]
    command, plan = await planned(do, START)

    async def away(_name):
        raise Unavailable("Azure", "did not answer")

    azure.pool = away
    ended = await command.apply(plan, do)
    assert isinstance(ended, Failure)
    assert "Thu 2026-12-03 09:15 Europe/Berlin" in words(ended)
    assert not any("later" in one for one in world.done)


async def test_what_somebody_has_set_is_on_the_plan_of_the_end_too(do, azure):
    await done(do, START)
    command, plan = await planned(do, REMOVE)
    assert "users goes back to “autoscaler 1–5”" in words(command.preview(plan))
    azure.listed["users"] = replace(azure.listed["users"], minimum=2, maximum=20)
    command, plan = await planned(do, REMOVE)
    shown = words(command.preview(plan))
    assert "Somebody has set users since it was held, and that stays: autoscaler 2–20" in shown
    assert "goes back" not in shown


async def test_one_that_is_open_is_not_said_to_be_set_again(do):
    await done(do, START)
    command, plan = await planned(do, START)
    assert "is set to “autoscaler 4–5” already" in words(command.preview(plan))


async def test_names_are_found_in_any_case_and_near_ones_are_offered(do):
    _, plan = await planned(do, "event start PHYSICS")
    assert plan.name == "Physics"
    with pytest.raises(UserError) as raised:
        await planned(do, "event remove Phisics")
    assert raised.value.hints == ("/jhub event remove Physics", "/jhub event list")


class Ends(Mortal):
    """An operation of the classroom that dies when the fuse is burnt."""

    def __init__(self, classroom, fuse, journal):
        super().__init__(classroom.world, journal=journal, fuse=fuse)
        self.classroom = classroom

    @property
    def reads(self):
        return self.classroom.reads

    @property
    def writes(self):
        made = super().writes
        watched = type(made.kube)
        return replace(made, azure=watched(self.classroom.azure, self.fuse), events=watched(made.events, self.fuse))

    def now(self):
        return self.classroom.moment


@pytest.mark.parametrize("line", [START, REMOVE])
async def test_killed_between_any_two_moments_it_ends_as_if_it_had_not_been(do, azure, world, line):
    before, events = dict(azure.listed), list(world.events_planned)
    if line == REMOVE:
        await done(do, START)
        do.moment = NOW + timedelta(hours=3)
        before, events = dict(azure.listed), list(world.events_planned)
    command, plan = await planned(do, line)
    for moment in range(60):
        azure.listed, world.events_planned, world.daemon_sets = dict(before), list(events), []
        journal, died = Journal(), True
        try:
            await command.apply(plan, Ends(do, Fuse(moment), journal))
            died = False
        except Died:
            await command.apply(plan, Ends(do, Fuse(-1), journal))
        expected = (4, 5, {"jhub-bot-event": "1-5_4-5"}) if line == START else (1, 5, {})
        assert setting(azure) == expected, moment
        assert [one.name for one in world.events_planned] == (["Physics"] if line == START else [])
        if not died:
            break
    assert moment > 3
    assert not died


async def test_the_list(do, world):
    world.events_planned = []
    assert "No events" in words(await event_list.run(event_list.Args(), do.reads))
    world.events_planned = [
        now_on("Over", ends=NOW - timedelta(minutes=1)),
        now_on("On", starts=NOW - timedelta(minutes=1)),
        now_on("Soon"),
        an_event("Later"),
    ]
    shown = await event_list.run(event_list.Args(), do.reads)
    states = [row[-1].text for row in shown.sections[0].rows]
    assert states == ["over, not put back yet", "on now", "being made ready", "in 10 days"]
    assert shown.tone is Tone.WARNING


def test_a_check_asks_nobody():
    assert check.COMMAND.consent.value == "none"

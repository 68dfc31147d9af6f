"""An announcement: planned, told, listed, ended; and what nobody may say."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cards.views import Tone
from clients.errors import Unavailable
from commands.announcements import announce, end
from commands.announcements.arguments import AnnouncementText
from commands.announcements.banner import CONFIG_MAP
from commands.framework.errors import UserError
from commands.framework.parser import parse
from commands.framework.plan_digest import digest
from commands.framework.registry import catalogue
from commands.ports.alerts import AlertChannel
from commands.ports.announcements import Announcement
from commands.timing.moments import FutureTime
from tests.world import NOW, Doing, World, release, words
from tests.world.announcements import AnnouncementService
from tests.world.crash import through_crash

ON = Announcement("a-1", "Back at 18:00", "Ada Admin", NOW - timedelta(hours=1), NOW + timedelta(hours=2), "")
OVER = replace(ON, id="a-0", text="Long ago", ended=NOW - timedelta(days=1))
CHANNELS = [AlertChannel("19:ops", "note", (), "Olga")]
MOUNTED = {"hub": {"extraVolumes": [{"name": "a", "configMap": {"name": CONFIG_MAP}}]}}


def args(text="Maintenance at 17:00", until="3h"):
    return announce.Args(AnnouncementText.parse(text), FutureTime.parse(until) if until else None)


def with_variable(**more):
    return World(releases=[release(values=MOUNTED)], channels=list(CHANNELS), **more)


async def planned(world, **more):
    return await announce.plan(args(**more), world.reads)


async def test_people_are_told_in_the_conversations_and_on_the_hubs_pages():
    world = with_variable()
    plan = await planned(world)
    shown = words(announce.preview(plan))
    assert "Maintenance at 17:00" in shown
    assert "within two minutes" in shown
    do = Doing(world)
    view = await announce.apply(plan, do)
    assert (view.title, view.tone) == ("Announced: Maintenance at 17:00", Tone.GOOD)
    assert world.done == ["announce op-9", f"put_config_map {CONFIG_MAP}"]


async def test_a_hub_that_cannot_show_it_says_what_to_install_and_the_conversations_are_told():
    world = World(channels=list(CHANNELS))
    plan = await planned(world)
    assert "docs/announcements.md" in words(announce.preview(plan))
    view = await announce.apply(plan, Doing(world))
    assert "not shown" in words(view)
    assert world.done == ["announce op-9"]


async def test_the_service_is_given_it_where_it_is_installed():
    service = AnnouncementService()
    values = {"hub": {"services": {"announcement": {}}}}
    world = World(releases=[release(values=values)], channels=list(CHANNELS), banner=service)
    view = await announce.apply(await planned(world, text="a < b"), Doing(world))
    assert service.shows == ["a &lt; b"]
    assert view.tone is Tone.GOOD


async def test_where_nobody_is_told_that_is_said():
    view = await announce.apply(await planned(World()), Doing(World()))
    assert (view.title, view.tone) == ("Nobody is told", Tone.WARNING)


async def test_a_hub_that_refuses_it_is_said_and_the_conversations_are_told():
    world = with_variable(config_maps=Unavailable("Kubernetes", "refused: the bot may not write a ConfigMap (403)"))
    view = await announce.apply(await planned(world), Doing(world))
    assert view.tone is Tone.WARNING
    assert "may not write a ConfigMap" in view.text


async def test_without_an_end_it_is_for_a_day():
    assert (await planned(World(), until="")).until == NOW + timedelta(days=1)


async def test_consent_is_bound_to_words_end_and_way():
    first, second = await planned(World()), await planned(World(channels=list(CHANNELS), announcements=[ON]))
    assert digest("x", "olu", first) == digest("x", "olu", second)
    for other in (await planned(World(), text="y"), await planned(World(), until="4h"), await planned(with_variable())):
        assert digest("x", "olu", first) != digest("x", "olu", other)


@pytest.mark.parametrize("until", ["2020-01-01T10:00", "31d", "2027-12-31"])
async def test_an_end_that_makes_no_sense_is_refused(until):
    with pytest.raises(UserError, match=r"gone by|more than 30 days"):
        await planned(World(), until=until)


WRONG = ["", "  \n ", "a" * 301, "bell\x07", "hidden\u200b", "turned \u202egnp.exe", "private \ue000"]


@pytest.mark.parametrize("text", WRONG)
def test_words_that_nobody_can_see_or_that_are_too_many_are_refused(text):
    with pytest.raises(ValueError, match=r"say what|at most 300|invisible"):
        AnnouncementText.parse(text)


def test_several_lines_become_one():
    assert AnnouncementText.parse(" Back\n at  18:00 ") == "Back at 18:00"


async def test_what_is_and_was_announced_is_listed():
    asked = announce.Args()
    assert announce.COMMAND.only_asks(asked)
    assert (await announce.answer(asked, World().reads)).title == "Nothing is announced"
    shown = await announce.answer(asked, World(announcements=[ON, OVER]).reads)
    assert (shown.title, "Long ago" in words(shown)) == ("Announced now", True)
    assert (await announce.answer(asked, World(announcements=[OVER]).reads)).buttons == ()
    with pytest.raises(UserError, match="Say what"):
        await announce.answer(announce.Args(until=FutureTime.parse("3h")), World().reads)


async def test_it_is_ended_before_its_time():
    world = World(announcements=[replace(ON, banner="template variable")])
    plan = await end.plan(end.Args(), world.reads)
    view = await end.apply(plan, Doing(world))
    assert view.title == "The announcement has ended"
    assert world.done == [f"put_config_map {CONFIG_MAP}", "end a-1"]
    with pytest.raises(UserError, match="Nothing is announced"):
        await end.plan(end.Args(), world.reads)


async def test_a_banner_that_stays_is_said():
    world = World(
        announcements=[replace(ON, banner="announcement service")],
        banner=AnnouncementService(Unavailable("the hub's announcement service", "cannot be reached")),
    )
    view = await end.apply(await end.plan(end.Args(), world.reads), Doing(world))
    assert (view.title, view.tone) == ("The hub’s pages may still show it", Tone.WARNING)


async def test_the_one_before_does_not_stay_on_the_hubs_pages():
    world = World(channels=list(CHANNELS), announcements=[replace(ON, banner="template variable")])
    await announce.apply(await planned(world), Doing(world))
    assert world.done == ["announce op-9", f"put_config_map {CONFIG_MAP}"]
    assert '"html": ""' in world.config_maps[CONFIG_MAP]["announcement.json"]


async def test_whenever_the_bot_dies_it_is_told_once():
    for moment in range(20):
        world = with_variable()
        view = await through_crash(announce.apply, await planned(world), world, moment)
        assert len(world.announcements) == 1
        if view is None:
            break
        assert view.title == "Announced: Maintenance at 17:00"


@pytest.mark.parametrize("line", ['announce "x" --until yesterday', 'announce ""', f'announce "{"a" * 301}"'])
def test_a_wrong_announcement_does_not_suggest_ending_the_one_there_is(line):
    with pytest.raises(UserError) as error:
        parse(line, catalogue())
    assert all("announce end" not in one.line for one in error.value.suggestions)


def test_what_may_be_the_beginning_of_a_longer_command_suggests_it():
    with pytest.raises(UserError) as error:
        parse("announce edn now", catalogue())
    assert "/jhub announce end" in [one.line for one in error.value.suggestions]


@pytest.mark.parametrize("until", ["400d", "2020-01-01"])
async def test_what_is_to_be_typed_instead_has_the_same_words(until):
    with pytest.raises(UserError) as error:
        await announce.plan(announce.Args(AnnouncementText("Back soon"), FutureTime(until)), World().reads)
    assert error.value.hints == ('/jhub announce "Back soon" --until 7d',)


async def test_where_no_conversation_gets_alerts_the_card_says_so_in_words():
    world = with_variable()
    world.channels = []
    view = await announce.apply(await planned(world), Doing(world))
    assert "none gets alerts" in words(view)

"""`/jhub event add`: what it plans, what it costs, and what it refuses."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from cards.views import Failure, Notice
from clients.errors import Unavailable
from commands.events.demand import server_of
from commands.framework.argument_types import folded
from commands.framework.effects import Effect
from commands.framework.errors import UserError
from commands.framework.parser import parse
from commands.framework.plan_digest import digest
from commands.framework.registry import catalogue
from commands.framework.usage import line_of
from commands.ports.events import PlannedEvent
from commands.timing.cron import Timetable
from tests.commands.events.conftest import GIB, VALUES
from tests.commands.nodes.estate import LABEL, a_pool, done, planned, sits
from tests.world import NOW, release, words

LINE = 'event add "Intro to Python" 2026-12-03T09:00 --people 120'


def an_event(name="Physics", hour=9, **more):
    starts = datetime(2026, 12, 3, hour, tzinfo=UTC)
    its = {"people": 60, "profile": "", "pool": "users", "nodes": 4}
    times = {"starts": starts, "ends": starts + timedelta(hours=2), "opens": starts - timedelta(minutes=45)}
    return PlannedEvent(name, **times | its | more)


async def said(do, line=LINE):
    command, plan = await planned(do, line)
    return words(command.preview(plan))


async def refused(do, line):
    with pytest.raises(UserError) as raised:
        await planned(do, line)
    return raised.value


async def test_nodes_are_counted_and_all_is_told(do, azure):
    azure.listed["users"] = a_pool("users", 2, minimum=1, maximum=10, labels=LABEL)
    command, plan = await planned(do, LINE)
    assert (plan.need.nodes, plan.need.per_node, plan.need.scarce) == (8, 15, "memory")
    assert (plan.before, plan.during) == ("autoscaler 1–10", "autoscaler 8–10")
    # Berlin is the time zone of this bot's schedules.
    assert plan.starts == "2026-12-03T08:00:00+00:00"
    assert plan.ends == "2026-12-03T10:00:00+00:00"
    assert plan.opens == "2026-12-03T07:15:00+00:00"
    assert plan.checked == "2026-12-02T08:00:00+00:00"
    shown = words(command.preview(plan))
    assert "Thu 2026-12-03 09:00–11:00 Europe/Berlin" in shown
    assert "15 servers, limited by memory" in shown
    assert "this may need 48 more" in shown
    assert command.effects.found(plan) == ()


async def test_what_runs_takes_room(do, world):
    for number in range(20):
        sits(world, f"u{number}@example.org", 5, on="aks-users-0" if number < 15 else "aks-users-1")
    world.pods = [replace(one, requests={"memory": 4.0 * GIB, "cpu": 0.25}) for one in world.pods]
    _, plan = await planned(do, LINE)
    # Ten more fit on the second node; 110 take eight further ones.
    assert plan.need.nodes == 10


async def test_the_cost_is_that_of_the_nodes_beyond_the_pools_own(do, world):
    assert "no price is configured" in await said(do)
    world.cost.prices["Standard_E8s_v5"] = Decimal("0.5")
    # Seven nodes more than the minimum of one, for two hours and the lead of three quarters.
    assert "at most 19 h, 9.62 EUR of nodes more than otherwise" in await said(do)
    assert "nothing more" in await said(do, LINE.replace("120", "1"))


async def test_more_than_the_pools_maximum_needs_an_approval_and_is_raised_for_that_time(do):
    command, plan = await planned(do, LINE)
    assert plan.during == "autoscaler 8–8"
    assert [one.effect for one in command.effects.found(plan)] == [Effect.COSTS_MORE]
    assert "more than the pool’s maximum of 5" in words(command.preview(plan))


async def test_the_quota_is_too_small(do):
    do.quotas.used, do.quotas.limit = 90, 100
    assert "The quota has room for 1 more node, not 6: the pool will not grow further" in await said(do)


async def test_what_could_not_be_known_is_said(do):
    do.quotas.trouble = Unavailable("Azure", "did not answer")
    shown = await said(do)
    assert "it is not known how many disks a Standard_E8s_v5 takes" in shown
    assert "not known: Azure did not answer" in shown
    do.quotas.trouble = None
    do.kube.tells = False
    assert "what a Standard_E8s_v5 leaves for servers is AKS’ rule" in await said(do)
    do.quotas = None
    refusal = await refused(do, LINE)
    assert refusal.hints == ("/jhub scale 1 --pool users",)


async def test_a_server_that_asks_for_nothing_is_counted_by_pods_and_disks_and_that_is_said(do, world):
    world.releases = [release(values={"singleuser": {"image": VALUES["singleuser"]["image"]}})]
    command, plan = await planned(do, LINE)
    assert plan.need.scarce in ("the number of pods", "the number of disks")
    assert "The values ask for no memory and no CPU" in words(command.preview(plan))


async def test_a_profile_decides_what_a_server_asks_for_and_where_it_runs(do, world, azure):
    profiles = [
        {"display_name": "Small", "default": True},
        {"display_name": "Large", "kubespawner_override": {"mem_guarantee": "32G", "node_selector": {"size": "large"}}},
    ]
    world.releases = [release(values={"singleuser": {**VALUES["singleuser"], "profileList": profiles}})]
    azure.listed["large"] = a_pool("large", 2, minimum=0, maximum=9, labels={**LABEL, "size": "large"})
    _, plan = await planned(do, f'{LINE.replace("120", "5")} --profile "large"')
    assert (plan.profile, plan.pool, plan.need.per_node, plan.need.nodes) == ("Large", "large", 1, 5)
    refusal = await refused(do, f"{LINE} --profile Huge")
    assert "no profile “Huge”" in str(refusal)
    assert "They have “Small”, “Large”." in str(refusal)
    # Without a profile it is the default one, and two pools would do.
    assert "name one with --pool" in str(await refused(do, LINE))
    _, plan = await planned(do, f"{LINE} --pool users")
    assert (plan.profile, plan.need.per_node) == ("", 15)


async def test_a_pool_that_such_servers_do_not_run_on(do, world, azure):
    assert "servers may start on other nodes" in await said(do, f"{LINE} --pool core")
    profiles = [{"display_name": "Large", "kubespawner_override": {"node_selector": {"size": "large"}}}]
    world.releases = [release(values={"singleuser": {**VALUES["singleuser"], "profileList": profiles}})]
    assert "it wants nodes with size=large" in str(await refused(do, f"{LINE} --pool users"))
    assert "has the labels that the server wants" in str(await refused(do, LINE))
    refusal = await refused(do, f'{LINE} --profile Large --pool "userz" --until 2026-12-03T12:00')
    assert refusal.hints == (f"/jhub {LINE} --until 2026-12-03T12:00 --profile Large --pool users",)
    del azure.listed["users"]
    assert "No pool has the label" in str(await refused(do, LINE))


async def test_while_an_event_holds_the_pool_another_is_measured_by_its_own_maximum(do, azure):
    held = {"minimum": 8, "maximum": 8, "count": 8, "tags": {"jhub-bot-event": "1-5_8-8"}}
    azure.listed["users"] = replace(azure.listed["users"], **held)
    command, plan = await planned(do, LINE)
    assert plan.before == "autoscaler 1–5"
    assert "one person may give it up to 5" in command.effects.found(plan)[0].because


@pytest.mark.parametrize("name", ["{}", "{0}", "{x} y", '{"a}'])
async def test_a_profiles_name_with_braces_is_not_filled_in(do, name):
    line = line_of("event add", ("Intro", "2027-03-28T02:30", "--people=9", f"--profile={name}"))
    refusal = await refused(do, line.removeprefix("/jhub "))
    (hint,) = refusal.hints
    assert parse(hint.removeprefix("/jhub "), catalogue()).args.profile == name


async def test_a_limit_is_the_request_where_there_is_none_and_a_limit_range_fills_in(do, world):
    values = {"singleuser": {**VALUES["singleuser"], "memory": {"limit": "8G"}}}
    world.releases = [release(values=values)]
    assert (await server_of("", do.reads)).each["memory"] == 8 * GIB


async def test_homes_on_file_shares_are_no_disks(do, world):
    world.storage_classes = [replace(world.storage_classes[0], provisioner="file.csi.azure.com")]
    assert "disks" not in (await server_of("", do.reads)).each


async def test_a_server_too_large_for_the_machine(do, world):
    world.releases = [release(values={"singleuser": {**VALUES["singleuser"], "memory": {"guarantee": "100G"}}})]
    assert "can take such a server: it asks for more of memory than one has" in str(await refused(do, LINE))


async def test_overlapping_events_are_counted_together_at_their_peak(do, world):
    world.events_planned = [an_event("Physics"), an_event("Later", hour=15), an_event("Elsewhere", pool="gpu")]
    command, plan = await planned(do, LINE)
    # 180 people; the later one does not overlap, and another pool's does not count.
    assert plan.need.nodes == 12
    shown = words(command.preview(plan))
    assert "Physics: 60 people" in shown
    assert "Later" not in shown


async def test_the_event_is_kept_with_its_three_runs(do, world):
    ended = await done(do, LINE)
    assert isinstance(ended, Notice)
    (kept,) = world.events_planned
    assert (kept.name, kept.people, kept.nodes, kept.pool) == ("Intro to Python", 120, 8, "users")
    name = '"Intro to Python"'
    lines = f"event check {name}, event start {name}, event remove {name}"
    assert world.done == [f"op-9 adds event Intro to Python: {lines}"]


async def test_one_that_starts_soon_is_not_checked_the_day_before_and_opens_at_once(do, world):
    _, plan = await planned(do, LINE.replace("2026-12-03T09:00", "2026-11-23T10:30"))
    assert (plan.checked, plan.opens) == ("", NOW.isoformat())
    assert any("It starts in 30 min" in one for one in plan.notices)
    await done(do, LINE.replace("2026-12-03T09:00", "2026-11-23T10:30"))
    assert world.done == [
        'op-9 adds event Intro to Python: event start "Intro to Python", event remove "Intro to Python"'
    ]


async def test_consent_holds_while_people_come_and_go_and_not_for_another_event(do, world):
    command, plan = await planned(do, LINE.replace("120", "30"))
    sits(world, "ada@example.org", 5)
    _, later = await planned(do, LINE.replace("120", "30"))
    assert digest(command.name, "olu", plan) == digest(command.name, "olu", later)
    _, other = await planned(do, LINE.replace("120", "31"))
    assert digest(command.name, "olu", plan) != digest(command.name, "olu", other)


@pytest.mark.parametrize(
    ("start", "more", "why", "hints"),
    [
        ("2026-11-23T09:59", "", "is over: it is Mon 2026-11-23 10:00 Europe/Berlin", ()),
        ("2029-01-01T09:00", "", "too far off", ()),
        ("2026-12-03T09:00", "--until 2026-12-03T09:00", "would end before it starts", ()),
        ("2026-12-03T09:00", "--until 2026-12-02T11:00", "would end before it starts", ()),
        ("2026-12-03T09:00", "--until 2027-01-02T11:00", "lasts at most 14 days", ()),
        (
            "2027-03-28T02:30",
            "",
            "there is no 02:30 on 2027-03-28",
            ('/jhub event add "Intro to Python" 2027-03-28T03:30 --people 120',),
        ),
        (
            "2027-10-31T02:30",
            "",
            "it is 02:30 twice on 2027-10-31",
            (
                '/jhub event add "Intro to Python" 2027-10-31T02:30+02:00 --people 120',
                '/jhub event add "Intro to Python" 2027-10-31T02:30+01:00 --people 120',
            ),
        ),
        (
            "2027-03-28T01:00",
            "--until 2027-03-28T02:30",
            "there is no 02:30",
            ('/jhub event add "Intro to Python" 2027-03-28T01:00 --people 120 --until 2027-03-28T03:30',),
        ),
    ],
)
async def test_times_that_cannot_be(do, start, more, why, hints):
    refusal = await refused(do, f'event add "Intro to Python" {start} --people 120 {more}')
    assert why in str(refusal)
    assert refusal.hints == hints
    for hint in hints:
        parsed = parse(hint.removeprefix("/jhub "), catalogue())
        assert parsed.args.name == "Intro to Python"


@pytest.mark.parametrize("people", ["0", "-3", "000", "1e9", "1000000000", "10001", "12.5", "１２", "many", '""'])
def test_numbers_of_people_that_cannot_be(people):
    with pytest.raises(UserError):
        parse(f'event add "Intro to Python" 2026-12-03T09:00 --people {people}', catalogue())


@pytest.mark.parametrize(
    "name",
    [
        '""',
        '"   "',
        "'a\"b'",
        '"**bold**"',
        '"[x](http://y)"',
        '"`ls`"',
        '"a|b"',
        f'"{"x" * 61}"',
        '"<at>all</at>"',
        '"a\nb"',
        '"…"',
        '"--"',
        '"$(id)"',
        '"a\u202eb"',
    ],
)
def test_names_that_cannot_be(name):
    with pytest.raises(UserError):
        parse(f"event add {name} 2026-12-03T09:00 --people 3", catalogue())


@pytest.mark.parametrize(
    "name", ["Physik für Ärzte, Teil 2", "C++ (Grundlagen)", "Q&A: exam/retake", "数据科学", "O’Brien’s class"]
)
async def test_names_that_can_be_run_as_a_schedules_line(do, world, name):
    await done(do, f'event add "{name}" 2026-12-03T09:00 --people 3')
    line = world.done[0].rpartition("event remove ")[2]
    assert parse(f"event remove {line}", catalogue()).args.name == name


async def test_how_many_people_has_to_be_said(do):
    refusal = await refused(do, 'event add "Intro to Python" 2026-12-03T09:00')
    assert "needs a number of people" in str(refusal)
    assert refusal.hints[-1] == 'Example: /jhub event add "Intro to Python" 2027-03-01T09:00 --people 120'


async def test_two_events_with_one_name(do, world):
    world.events_planned = [an_event("INTRO to python")]
    refusal = await refused(do, LINE)
    assert "There is an event “INTRO to python” already" in str(refusal)
    assert refusal.hints == ('/jhub event remove "INTRO to python"',)
    assert folded("INTRO to python") == folded("Intro to Python")


async def test_somebody_was_faster(do, monkeypatch):
    command, plan = await planned(do, LINE)
    events = type(do.writes.events)

    async def taken(*_):
        return False

    monkeypatch.setattr(events, "add", taken)
    assert isinstance(await command.apply(plan, do), Failure)


@pytest.mark.parametrize("kind", ["automatic", "provisions"])
async def test_where_no_pool_can_be_sized_that_is_said_before(do, azure, kind):
    azure.its = replace(azure.its, **{kind: True})
    assert "no pool for users has a size to set" in str(await refused(do, LINE))


async def test_more_nodes_than_a_pool_can_have(do, world):
    world.releases = [release(values={"singleuser": {**VALUES["singleuser"], "memory": {"guarantee": "60G"}}})]
    assert "a pool of Azure’s has at most 1,000" in str(await refused(do, LINE.replace("120", "1001")))


async def test_without_azure_or_a_release_there_is_nothing_to_plan(do, world):
    world.releases = []
    assert "is live, so nobody could start a server" in str(await refused(do, LINE))
    do.azure = None
    assert "azure.cluster is not set" in str(await refused(do, LINE))


async def test_there_may_be_only_so_many(do, world):
    world.events_planned = [an_event(f"Class {number}") for number in range(15)]
    assert "already 15 events" in str(await refused(do, LINE))


async def test_the_time_zone_of_the_schedules_is_that_of_what_is_typed(do, world):
    world.timetable = Timetable("America/New_York")
    _, plan = await planned(do, LINE)
    assert plan.starts == "2026-12-03T14:00:00+00:00"
    _, plan = await planned(do, LINE.replace("09:00", "09:00+01:00"))
    assert plan.starts == "2026-12-03T08:00:00+00:00"


async def test_an_event_that_was_opened_early_counts_with_the_nodes_that_it_holds(do, azure, world):
    azure.listed["users"] = a_pool("users", 2, minimum=1, maximum=20, labels=LABEL)
    _, alone = await planned(do, LINE)
    its = an_event("Far")
    far = replace(its, starts=its.starts + timedelta(days=60), ends=its.ends + timedelta(days=60))
    world.events_planned = [replace(far, opens=far.starts)]
    _, later = await planned(do, LINE)
    assert (later.need.nodes, later.beside) == (alone.need.nodes, ())
    world.events_planned = [replace(far, opens=far.starts, opened=NOW)]
    _, beside = await planned(do, LINE)
    assert beside.need.nodes == alone.need.nodes + 4
    assert "holds nodes already" in beside.beside[0]

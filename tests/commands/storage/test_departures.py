"""People whose name has changed in Entra, and people who have left: seen by the ids behind their names."""

from datetime import timedelta

import pytest

from bot.alerts.finding import Severity
from bot.alerts.watchers import people as watcher
from cards.views import Lines
from clients.entra.directory import DirectoryUser
from clients.errors import Unavailable
from commands.kubernetes.claim_names import new_name
from commands.ports.entra import Identity
from commands.storage import doctor
from commands.storage.departures import Departure, Fate, departures
from commands.storage.volume_record import HELD, RECORD, record_for
from tests.world import NOW, World, home, user, volume
from tests.world.entra import Identities, People

EMMY, BAUER, ADA = "emmy.noether@example.org", "emmy.bauer@example.org", "ada@example.org"


def known(**by_name):
    return Identities({name: Identity(name, object_id, NOW) for name, object_id in by_name.items()})


def there(people, identities=None, names=(EMMY, ADA)):
    return World(
        claims=[home(name, new_name(name)) for name in names],
        users=[user(name) for name in names],
        people=people,
        identities=Identities() if identities is None else identities,
    )


async def found(world, names=(EMMY, ADA)):
    return await departures(names, world.reads)


async def test_at_first_ids_are_learnt_and_nobody_has_gone():
    world = there(People({"id-e": EMMY, "id-a": ADA}))
    assert await found(world) == ()
    assert {name: one.object_id for name, one in world.identities.kept.items()} == {EMMY: "id-e", ADA: "id-a"}


async def test_the_same_id_with_another_name_is_the_same_person():
    world = there(People({"id-e": BAUER, "id-a": ADA}), known(**{EMMY: "id-e", ADA: "id-a"}))
    assert await found(world) == (Departure(EMMY, Fate.RENAMED, BAUER),)


async def test_other_case_is_no_other_name():
    world = there(People({"id-e": EMMY.title(), "id-a": ADA}), known(**{EMMY: "id-e", ADA: "id-a"}))
    assert await found(world) == ()


async def test_who_is_gone_and_who_may_not_log_in():
    disabled = DirectoryUser("id-a", "Ada", ADA, enabled=False)
    world = there(People({"id-a": disabled}), known(**{EMMY: "id-e", ADA: "id-a"}))
    assert await found(world) == (Departure(ADA, Fate.DISABLED, ADA), Departure(EMMY, Fate.LEFT))


async def test_that_everybody_has_gone_at_once_is_not_believed():
    assert await found(there(People({}), known(**{EMMY: "id-e", ADA: "id-a"}))) == ()


async def test_a_name_that_somebody_new_has_is_still_the_first_ones():
    world = there(People({"id-e": BAUER, "id-new": EMMY}), known(**{EMMY: "id-e"}), [EMMY])
    assert await found(world, [EMMY]) == (Departure(EMMY, Fate.RENAMED, BAUER),)


async def test_names_that_are_no_upn_are_nobodys():
    world = there(People({}))
    assert await found(world, ["ada", "bob"]) == ()
    assert world.people.asked == []


async def test_five_thousand_are_learnt_bit_by_bit_and_then_asked_by_id_alone():
    names = [f"u{number}@example.org" for number in range(5000)]
    world = there(People({f"id-{number}": name for number, name in enumerate(names)}), names=())
    for _ in range(13):
        await found(world, names)
    assert len(world.identities.kept) == 5000
    world.people.asked.clear()
    await found(world, names)
    assert world.people.asked == [("by_id", 5000)]


async def test_who_was_unknown_is_looked_up_again_after_a_day():
    world = there(People({}), names=[EMMY])
    await found(world, [EMMY])
    world.people.asked.clear()
    await found(world, [EMMY])
    assert world.people.asked == []
    world.identities.kept[EMMY] = Identity(EMMY, "", NOW - timedelta(days=2))
    await found(world, [EMMY])
    assert world.people.asked == [("by_name", 1)]


async def test_without_graph_or_records_nothing_is_asked():
    assert await found(World()) == ()


# Where people see it


async def test_the_doctor_offers_to_rename_and_names_who_left():
    world = there(People({"id-e": BAUER}), known(**{EMMY: "id-e", ADA: "id-a"}))
    view = await doctor.run(doctor.Args(), world.reads)
    lines = {one.title: one.lines for one in view.sections if isinstance(one, Lines)}
    assert f"→ /jhub user rename {EMMY} {BAUER}" in lines["Homes of people with another name"]
    assert lines["Homes of people who have left"] == (f"{ADA} is no longer in Entra.", f"→ /jhub storage show {ADA}")


async def test_the_doctor_says_that_graph_is_silent():
    world = there(People({}, Unavailable("Microsoft Graph", "did not answer")), known(**{EMMY: "id-e"}))
    view = await doctor.run(doctor.Args(), world.reads)
    assert any("whose name has changed cannot be found now" in one for one in view.problems)


async def test_the_doctor_finds_a_rename_that_was_not_ended():
    claim = home(EMMY, new_name(EMMY))
    record = record_for(volume(claim), claim, EMMY, BAUER, "", new_name(BAUER))
    marks = {"labels": {HELD: "true"}, "annotations": {RECORD: record.written()}}
    held = volume(claim)
    world = there(None, names=[EMMY])
    world.volumes = [type(held)(**{**vars(held), **marks})]
    view = await doctor.run(doctor.Args(), world.reads)
    (section,) = [one for one in view.sections if one.title == "Names that are half changed"]
    assert section.lines[1] == f"→ /jhub user rename {EMMY} {BAUER}"


async def test_the_watcher_tells_of_people_with_homes_alone():
    world = there(People({"id-e": BAUER}), known(**{EMMY: "id-e", ADA: "id-a"}))
    world.claims = [one for one in world.claims if one.user == EMMY]
    (finding,) = await watcher.look(world.reads)
    assert (finding.group, finding.severity) == ("people renamed", Severity.WARNING)
    assert finding.buttons[0].data == (("line", f"/jhub user rename {EMMY} {BAUER}"),)


def test_each_kind_is_one_alert():
    told = watcher.judge(
        [Departure(EMMY, Fate.RENAMED, BAUER), Departure(ADA, Fate.LEFT), Departure("b@x.org", Fate.DISABLED)]
    )
    assert [one.group for one in told] == ["people renamed", "people left", "people left"]
    assert [one.severity for one in told][1:] == [Severity.NOTE, Severity.NOTE]


async def test_the_watcher_is_quiet_where_nobody_is_looked_up():
    assert await watcher.look(World().reads) == ()
    with pytest.raises(Unavailable):
        await watcher.look(there(People({}, Unavailable("Microsoft Graph", "x")), known(**{EMMY: "id-e"})).reads)

"""Who may do what: by groups of the directory, by object id, and never by an outage."""

import pytest

from bot.access.access import NO_LASTS, YES_LASTS, Access, AccessUnknown
from bot.access.roster_roles import RosterRoles
from bot.chat.platform import Member, Person
from bot.config.access import AccessSettings, TeamRoster
from clients.errors import NotFound, Unavailable
from commands.framework.command import Level
from tests.bot.people import ADA, GROUPS, NOBODY, OLU, TENANT, VERA, Directory, NoNames, access, groups

OUT = Unavailable("Microsoft Graph", "did not answer within 5 s")


class Seconds:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


async def test_each_has_the_level_of_their_group():
    known = access()
    levels = [await known.level(who, fresh=False) for who in (NOBODY, VERA, OLU, ADA)]
    assert levels == [Level.ANYONE, Level.VIEWER, Level.OPERATOR, Level.ADMIN]


async def test_nobody_is_in_by_default():
    directory = Directory()
    assert await access(directory, AccessSettings()).level(ADA, fresh=True) is Level.ANYONE
    assert directory.asked == 0


async def test_in_two_groups_the_higher_counts():
    directory = Directory()
    directory.members[GROUPS["viewer"]].add(ADA.object_id)
    assert await access(directory).level(ADA, fresh=True) is Level.ADMIN


async def test_without_an_object_id_one_is_nobody_whatever_the_name():
    assert await access().level(Person("", TENANT, ADA.name), fresh=True) is Level.ANYONE
    assert await access().level(Person(NOBODY.object_id, TENANT, ADA.name), fresh=True) is Level.ANYONE


async def test_only_configured_tenants_are_served():
    elsewhere = Person(ADA.object_id, "00000000-0000-4000-8000-000000000009", ADA.name)
    known = access(tenants=[TENANT.upper()])
    assert await known.level(elsewhere, fresh=True) is Level.ANYONE
    assert await known.level(ADA, fresh=True) is Level.ADMIN


async def test_an_answer_is_believed_for_a_while_a_no_for_less_and_never_for_a_change():
    directory, clock = Directory(), Seconds()
    known = access(directory, clock=clock)
    for who in (OLU, OLU, NOBODY, NOBODY):
        await known.level(who, fresh=False)
    assert directory.asked == 2
    clock.now = NO_LASTS
    await known.level(OLU, fresh=False)
    await known.level(NOBODY, fresh=False)
    assert directory.asked == 3
    clock.now = YES_LASTS
    await known.level(OLU, fresh=False)
    assert directory.asked == 4
    await known.level(OLU, fresh=True)
    assert directory.asked == 5


async def test_nobody_gets_in_by_an_outage():
    directory = Directory(trouble=OUT)
    with pytest.raises(AccessUnknown, match="could not be checked: Microsoft Graph did not answer"):
        await access(directory).level(ADA, fresh=False)


async def test_what_was_true_a_moment_ago_serves_for_looking_and_not_for_acting():
    directory = Directory()
    known = access(directory)
    await known.level(OLU, fresh=False)
    directory.trouble = OUT
    assert await known.level(OLU, fresh=False) is Level.OPERATOR
    with pytest.raises(AccessUnknown):
        await known.level(OLU, fresh=True)


async def test_who_lost_the_group_loses_the_level_at_once_for_a_change():
    directory = Directory()
    known = access(directory)
    await known.level(OLU, fresh=False)
    directory.drop(OLU)
    assert await known.level(OLU, fresh=True) is Level.ANYONE


async def test_holders_are_the_groups_of_the_level_and_above():
    assert list(access().holders(Level.APPROVER)) == ["the approvers", "the admins"]
    assert list(access(settings=groups("viewer")).holders(Level.APPROVER)) == []


@pytest.mark.parametrize(
    ("levels", "wanted", "sentence"),
    [
        (
            (),
            Level.OPERATOR,
            "ask an owner of the group “the operators” or an admin of the bot (a member of “the admins”)",
        ),
        (("viewer", "operator"), Level.OPERATOR, "ask an owner of the group “the operators” to add you to that group"),
        ((), Level.ADMIN, "ask an owner of the group “the admins” to add you to that group"),
        (("viewer",), Level.OPERATOR, "Nobody is an operator yet: whoever runs the bot has to set access.operator"),
    ],
)
def test_whom_to_ask_is_who_can_add_people(levels, wanted, sentence):
    assert sentence in access(settings=groups(*levels)).way_in(wanted)


async def test_what_gives_a_level_has_a_name():
    assert list(await access().groups_of(OLU.object_id)) == ["the operators"]


MEMBERS = [Member(ADA.object_id.upper(), "ada@example.org", True), Member(VERA.object_id, "vera@example.org", False)]


def roster(listed=MEMBERS, **settings):
    async def ask():
        return listed

    return Access(RosterRoles(TeamRoster(id="19:team", **settings), ask), NoNames())


async def test_a_teams_owners_and_members_can_serve_as_roles():
    known = roster()
    assert await known.level(ADA, fresh=True) is Level.ADMIN
    assert await known.level(VERA, fresh=True) is Level.VIEWER
    assert await known.level(NOBODY, fresh=True) is Level.ANYONE
    assert list(known.holders(Level.APPROVER)) == ["the team’s owners"]
    assert known.way_in(Level.VIEWER) == "To get access, ask an owner of the team to add you to it."
    assert known.way_in(Level.APPROVER) == "To get access, ask an owner of the team to make you an owner, too."
    assert await known.object_id("Vera@Example.org") == VERA.object_id
    assert await known.upn(VERA.object_id.upper()) == "vera@example.org"
    with pytest.raises(NotFound):
        await known.object_id("nobody@example.org")
    with pytest.raises(NotFound):
        await known.upn(NOBODY.object_id)


async def test_members_of_a_team_may_be_nobody():
    assert await roster(MEMBERS, members="").level(VERA, fresh=True) is Level.ANYONE

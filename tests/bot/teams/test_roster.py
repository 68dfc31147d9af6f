"""The members of a team, as the Bot Connector tells them: the weaker way to know who may do what."""

import pytest

from bot.teams import channel as channel_module
from clients.errors import Unavailable

TEAM = "19:team@thread.tacv2"


def guid(number):
    return f"7d3c4b5a-0000-4000-8000-{number:012d}"


def listed(number, **more):
    its = {"objectId": guid(number), "userPrincipalName": f"p{number}@example.org", "userRole": "user"}
    return {"id": f"29:{number}", "name": f"P {number}", **its, **more}


@pytest.fixture
def roster(local, teams):
    return local.channel.roster(teams.url, TEAM)


async def test_everybody_is_read_page_by_page(roster, teams):
    teams.members = [listed(number) for number in range(450)]
    found = await roster()
    assert [member.object_id for member in found] == [guid(number) for number in range(450)]
    assert found[7].upn == "p7@example.org"
    assert len(teams.requests) == 3
    assert {path for _, path in teams.requests} == {f"/_connector/v3/conversations/{TEAM}/pagedmembers"}


@pytest.mark.parametrize(
    ("said", "owner"), [("owner", True), ("Owner", True), ("user", False), (None, False), (["owner"], False)]
)
async def test_only_who_is_plainly_an_owner_is_one(roster, teams, said, owner):
    teams.members = [listed(1, userRole=said)]
    assert [member.is_owner for member in await roster()] == [owner]


async def test_guests_are_nobody(roster, teams):
    teams.members = [listed(1, userRole="guest"), listed(2, userRole="anonymous"), listed(3)]
    assert [member.object_id for member in await roster()] == [guid(3)]


async def test_the_id_is_taken_by_either_name(roster, teams):
    teams.members = [listed(1), listed(2, aadObjectId=guid(7), objectId=None), {"id": "29:3"}]
    assert [member.object_id for member in await roster()] == [guid(1), guid(7), ""]


@pytest.mark.parametrize("written", [guid(1).upper(), f"{{{guid(1)}}}", f"8:orgid:{guid(1)}", f" {guid(1)}\n"])
async def test_the_id_has_one_spelling(roster, teams, written):
    teams.members = [listed(1, objectId=written)]
    assert [member.object_id for member in await roster()] == [guid(1)]


@pytest.mark.parametrize("step", [403, 404, 429, 500])
async def test_a_team_that_cannot_be_asked_is_unavailable(roster, teams, step):
    teams.script.append(step)
    with pytest.raises(Unavailable, match="who is in the team"):
        await roster()


async def test_a_team_that_does_not_answer_costs_a_few_seconds(roster, teams, monkeypatch):
    monkeypatch.setattr(channel_module, "ROSTER_WITHIN", 0.05)
    teams.script.append("hang")
    with pytest.raises(Unavailable, match="within"):
        await roster()


async def test_nothing_is_sent_to_a_strange_address(cloud, teams):
    with pytest.raises(Unavailable):
        await cloud.channel.roster("https://evil.example.org", TEAM)()
    assert teams.requests == []

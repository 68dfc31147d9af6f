"""The sandbox's Microsoft Graph: who is in what, what it refuses, and each way in which it can misbehave."""

import asyncio
from dataclasses import dataclass
from urllib.parse import quote
from uuid import UUID

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from sandbox.entra.directory import FAULTS, ROLES, Directory, Group, directory, group_id
from sandbox.entra.directory_routes import DirectoryRoutes
from sandbox.entra.people import PEOPLE, Person

ALEX, MEGAN, ADELE, ISAIAH, PATTI, LYNNE = PEOPLE
OPERATORS, VIEWERS = group_id("jhub-operators"), group_id("jhub-viewers")
TEAM = group_id("data-platform-team")


@dataclass
class World:
    """A directory, served, and a caller with its token."""

    graph: Directory
    http: TestClient

    async def ask(self, path, method="GET", token=None, **more):
        headers = {"Authorization": f"Bearer {self.graph.token if token is None else token}"}
        async with self.http.request(method, path, headers=headers, **more) as response:
            return response.status, await response.json()

    async def check(self, user, *groups):
        path = f"/v1.0/users/{quote(user, safe='')}/checkMemberGroups"
        return await self.ask(path, "POST", json={"groupIds": list(groups)})

    async def misbehave(self, kind):
        async with self.http.put("/_sandbox/fault", json={"kind": kind}) as response:
            return response.status, await response.json()


@pytest.fixture
async def world():
    graph = directory()
    async with TestClient(TestServer(DirectoryRoutes(graph).app())) as http:
        yield World(graph, http)


def crowd(count):
    return [
        Person("viewer", f"c{number}", f"C {number}", f"c{number}@example.org", str(UUID(int=number)))
        for number in range(count)
    ]


# The directory


def test_everybody_is_in_the_group_of_their_role_and_in_no_other():
    graph = directory()
    for role in ROLES:
        assert {p.upn for p in graph.people_in(group_id(f"jhub-{role}s"))} == {p.upn for p in PEOPLE if p.role == role}
    for person in PEOPLE:
        expected = {group_id(f"jhub-{person.role}s")} if person.role else set()
        assert graph.groups_of(person.object_id) == expected | ({TEAM} if person.role == "operator" else set())


def test_operators_are_in_their_group_through_a_teams_own_alone():
    graph = directory()
    assert graph.groups[OPERATORS].members == (TEAM,)
    assert ALEX.object_id in graph.groups[TEAM].members


def test_groups_that_contain_each_other_hold_nobody_until_somebody_joins():
    graph = directory()
    left, right = group_id("seminar"), group_id("seminar-guests")
    assert graph.groups[left].members == (right,)
    assert graph.groups[right].members == (left,)
    assert graph.people_in(left) == graph.people_in(right) == []
    graph.groups[right] = Group(right, "seminar-guests", (left, LYNNE.object_id))
    assert graph.people_in(left) == graph.people_in(right) == [LYNNE]


def test_nesting_has_no_end():
    groups = [Group("g0", "g0", (LYNNE.object_id,)), *(Group(f"g{n}", "", (f"g{n - 1}",)) for n in range(1, 200))]
    graph = Directory({group.id: group for group in reversed(groups)}, {LYNNE.object_id: LYNNE})
    assert len(graph.groups_of(LYNNE.object_id)) == 200


def test_every_sandbox_has_the_same_groups_and_a_token_of_its_own():
    one, other = directory(), directory()
    assert one.groups == other.groups
    assert one.token != other.token
    assert one.token not in repr(one)
    assert len({group.id for group in one.groups.values()}) == len(one.groups) == 7
    assert all(str(UUID(known)) == known for known in one.groups)


# What it answers


@pytest.mark.parametrize("name", [MEGAN.object_id, MEGAN.upn, MEGAN.upn.upper(), MEGAN.object_id.upper()])
async def test_a_person_is_found_by_object_id_or_name_in_any_case(world, name):
    assert await world.ask(f"/v1.0/users/{name}") == (
        200,
        {"id": MEGAN.object_id, "displayName": MEGAN.name, "userPrincipalName": MEGAN.upn, "mail": MEGAN.upn},
    )


async def test_memberships_are_those_asked_about_in_the_spelling_asked(world):
    assert await world.check(ALEX.object_id, OPERATORS.upper(), VIEWERS, TEAM) == (
        200,
        {"value": [OPERATORS.upper(), TEAM]},
    )
    assert await world.check(ALEX.upn, VIEWERS) == (200, {"value": []})
    assert await world.check(ISAIAH.object_id, OPERATORS, "no such group") == (200, {"value": []})


@pytest.mark.parametrize("count", [0, 21, 100])
async def test_at_most_twenty_ids_a_call(world, count):
    status, answer = await world.check(ALEX.object_id, *[str(UUID(int=n)) for n in range(count)])
    assert (status, answer["error"]["code"]) == (400, "Request_BadRequest")
    assert (await world.check(ALEX.object_id, *[str(UUID(int=n)) for n in range(19)], TEAM))[1] == {"value": [TEAM]}


@pytest.mark.parametrize("wrong", [{}, {"groupIds": TEAM}, {"groupIds": None}, {"groupIds": {TEAM: 1}}])
async def test_ids_come_in_a_list(world, wrong):
    status, answer = await world.ask(f"/v1.0/users/{ALEX.object_id}/checkMemberGroups", "POST", json=wrong)
    assert (status, answer["error"]["code"]) == (400, "Request_BadRequest")


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"'])
async def test_a_body_that_makes_no_sense_is_a_bad_request(world, text):
    headers = {"Authorization": f"Bearer {world.graph.token}", "Content-Type": "application/json"}
    path = f"/v1.0/users/{ALEX.object_id}/checkMemberGroups"
    async with world.http.post(path, data=text, headers=headers) as response:
        assert response.status == 400
        assert (await response.json())["error"]["code"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1.0/users/nobody@example.org"),
        ("GET", f"/v1.0/users/{ALEX.name.replace(' ', '%20')}"),
        ("POST", "/v1.0/users/nobody@example.org/checkMemberGroups"),
        ("GET", "/v1.0/groups/nothing"),
        ("GET", f"/v1.0/groups/{ALEX.object_id}/transitiveMembers"),
    ],
)
async def test_what_there_is_not_is_not_found_in_graphs_words(world, method, path):
    status, answer = await world.ask(path, method, **({"json": {"groupIds": [TEAM]}} if method == "POST" else {}))
    assert (status, answer["error"]["code"]) == (404, "Request_ResourceNotFound")
    assert "does not exist" in answer["error"]["message"]


async def test_a_group_is_found_by_its_id_in_any_case(world):
    expected = (200, {"id": TEAM, "displayName": "data-platform-team", "securityEnabled": True})
    assert await world.ask(f"/v1.0/groups/{TEAM}") == expected
    assert await world.ask(f"/v1.0/groups/{TEAM.upper()}") == expected


async def test_members_are_people_through_other_groups_too(world):
    status, answer = await world.ask(f"/v1.0/groups/{OPERATORS}/transitiveMembers")
    assert (status, [one["userPrincipalName"] for one in answer["value"]]) == (200, [ALEX.upn])
    assert "@odata.nextLink" not in answer


@pytest.mark.parametrize(("count", "sizes"), [(0, [0]), (100, [100]), (101, [100, 1]), (250, [100, 100, 50])])
async def test_members_come_a_hundred_at_a_time(count, sizes):
    graph = directory(crowd(count))
    async with TestClient(TestServer(DirectoryRoutes(graph).app())) as http:
        world, pages, link = World(graph, http), [], f"/v1.0/groups/{VIEWERS}/transitiveMembers"
        while link:
            _, answer = await world.ask(link)
            pages.append([one["id"] for one in answer["value"]])
            link = answer.get("@odata.nextLink", "").removeprefix(str(http.make_url("")).rstrip("/"))
    assert [len(page) for page in pages] == sizes
    assert [one for page in pages for one in page] == [str(UUID(int=number)) for number in range(count)]


@pytest.mark.parametrize("token", ["", "wrong"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/v1.0/users/{ALEX.upn}"),
        ("POST", f"/v1.0/users/{ALEX.upn}/checkMemberGroups"),
        ("GET", f"/v1.0/groups/{TEAM}"),
        ("GET", f"/v1.0/groups/{TEAM}/transitiveMembers"),
    ],
)
async def test_nothing_is_told_without_the_token(world, method, path, token):
    status, answer = await world.ask(path, method, token)
    assert (status, answer["error"]["code"]) == (401, "InvalidAuthenticationToken")
    async with world.http.request(method, path) as response:
        assert response.status == 401
    async with world.http.request(method, path, headers={"Authorization": world.graph.token}) as response:
        assert response.status == 401


# How it misbehaves


async def test_throttled_asks_for_patience(world):
    await world.misbehave("throttled")
    async with world.http.get(f"/v1.0/users/{ALEX.upn}") as response:
        assert (response.status, response.headers["Retry-After"]) == (429, "20")
        assert (await response.json())["error"]["code"] == "TooManyRequests"


async def test_wrong_answers_with_something_else(world):
    await world.misbehave("wrong")
    assert await world.ask(f"/v1.0/users/{ALEX.upn}") == (200, {"unexpected": True})


async def test_absent_breaks_off_the_connection(world):
    await world.misbehave("absent")
    with pytest.raises((aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)):
        await world.ask(f"/v1.0/users/{ALEX.upn}")


async def test_slow_answers_later_than_anybody_waits(world):
    await world.misbehave("slow")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await world.ask(f"/v1.0/users/{ALEX.upn}")


@pytest.mark.parametrize("fault", FAULTS)
async def test_every_fault_ends_when_it_is_told_to(world, fault):
    assert await world.misbehave(fault) == (200, {"kind": fault})
    assert world.graph.fault == fault
    assert await world.misbehave("") == (200, {"kind": ""})
    assert (await world.ask(f"/v1.0/users/{ALEX.upn}"))[0] == 200


@pytest.mark.parametrize("kind", ["nonsense", None, 7, "SLOW"])
async def test_an_unknown_fault_is_refused_and_changes_nothing(world, kind):
    await world.misbehave("throttled")
    status, answer = await world.misbehave(kind)
    assert status == 400
    assert "'slow'" in answer["error"]["message"]
    assert world.graph.fault == "throttled"

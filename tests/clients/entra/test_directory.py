"""The directory's client against the sandbox's Graph, and against servers that answer worse than Graph does."""

import asyncio
import traceback
from dataclasses import dataclass, field
from urllib.parse import unquote
from uuid import UUID

import aiohttp
import pytest
from aiohttp import web

from clients.entra import graph as graph_client
from clients.entra.directory import Directory, DirectoryUser
from clients.errors import NotFound, Unavailable
from sandbox.entra.directory import Directory as SandboxDirectory
from sandbox.entra.directory import Group, directory, group_id
from sandbox.entra.directory_routes import DirectoryRoutes
from sandbox.entra.people import PEOPLE

TOKEN = "canary-token-5c2e"
ALEX, MEGAN, ADELE, ISAIAH, PATTI, _ = PEOPLE
OPERATORS, APPROVERS, ADMINS = (group_id(f"jhub-{role}s") for role in ("operator", "approver", "admin"))
TEAM = group_id("data-platform-team")


@dataclass
class Server:
    """A Graph on loopback and what was asked of it: method, path as it was sent, header, JSON body."""

    url: str
    http: aiohttp.ClientSession
    running: object
    graph: SandboxDirectory | None = None
    asked: list = field(default_factory=list)
    made: list = field(default_factory=list)

    async def misbehave(self, kind):
        async with self.http.put(f"{self.url}/_sandbox/fault", json={"kind": kind}) as response:
            assert response.status == 200

    def directory(self, token=None, **more):
        self.made.append(Directory(self.url, token or known_token, **more))
        return self.made[-1]


async def known_token():
    return TOKEN


@pytest.fixture
async def serve(aiohttp_server, monkeypatch):
    """Serves an application and keeps what it is asked; the proxy named in the environment must not be used."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    servers = []
    async with aiohttp.ClientSession() as http:

        async def serve(app, graph=None):
            @web.middleware
            async def record(request, handler):
                if not request.path.startswith("/_sandbox"):
                    body = await request.json() if request.can_read_body else None
                    made.asked.append((request.method, request.raw_path, request.headers.get("Authorization"), body))
                return await handler(request)

            app.middlewares.insert(0, record)
            running = await aiohttp_server(app)
            made = Server(str(running.make_url("")).rstrip("/"), http, running, graph)
            servers.append(made)
            return made

        yield serve
    for one in servers:
        for known in one.made:
            await known.close()


@pytest.fixture
async def graph(serve):
    its = directory()
    its.token = TOKEN
    return await serve(DirectoryRoutes(its).app(), its)


@pytest.fixture
def people(graph):
    return graph.directory()


@pytest.fixture
def rogue(serve):
    """Makes a directory that asks a server which answers everything with `answer`."""

    async def rogue(answer, **more):
        @web.middleware
        async def instead(request, handler):
            del handler
            return await answer(request)

        server = await serve(web.Application(middlewares=[instead]))
        return server.directory(**more), server

    return rogue


class Seconds:
    """Stands in for the module `time`."""

    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now


@pytest.fixture
def seconds(monkeypatch):
    clock = Seconds()
    monkeypatch.setattr(graph_client, "time", clock)
    return clock


def answering(status=200, text="", **headers):
    async def answer(_):
        return web.Response(status=status, text=text, headers=headers)

    return answer


# Groups


async def test_membership_through_a_teams_own_group_counts(people, graph):
    assert await people.member_groups(ALEX.object_id, [OPERATORS, ADMINS]) == {OPERATORS}
    assert await people.member_groups(ALEX.object_id, [OPERATORS, TEAM, ADMINS]) == {OPERATORS, TEAM}
    path = f"/v1.0/users/{ALEX.object_id}/checkMemberGroups"
    assert graph.asked[0] == ("POST", path, f"Bearer {TOKEN}", {"groupIds": sorted([OPERATORS, ADMINS])})


async def test_membership_counts_however_deep_the_groups_are_nested(people, graph):
    below = ADELE.object_id
    for level in range(30):
        made = Group(str(UUID(int=level + 1)), f"level-{level}", (below,))
        graph.graph.groups[made.id] = made
        below = made.id
    assert await people.member_groups(ADELE.object_id, [below, ADMINS]) == {below}
    assert await people.member_groups(PATTI.object_id, [below, ADMINS]) == {ADMINS}


async def test_groups_that_contain_each_other_give_nobody_anything(people):
    circle = [group_id("seminar"), group_id("seminar-guests")]
    for person in PEOPLE:
        assert await people.member_groups(person.object_id, circle) == frozenset()


async def test_groups_are_answered_in_lower_case_whatever_was_asked(people):
    assert await people.member_groups(PATTI.object_id.upper(), [ADMINS.upper()]) == {ADMINS}


async def test_a_stranger_is_in_no_group(people, graph):
    assert await people.member_groups(str(UUID(int=7)), [ADMINS]) == frozenset()
    assert len(graph.asked) == 1


@pytest.mark.parametrize(
    "hostile", ["", "..", "../groups", f"{PATTI.object_id}/..", f"{PATTI.object_id}\n", PATTI.upn, "{}", "å" * 36]
)
async def test_what_is_no_object_id_is_in_no_group_and_not_asked_about(people, graph, hostile):
    assert await people.member_groups(hostile, [ADMINS]) == frozenset()
    assert graph.asked == []


@pytest.mark.parametrize(("count", "calls"), [(0, []), (1, [1]), (20, [20]), (21, [20, 1]), (45, [20, 20, 5])])
async def test_ids_are_asked_about_twenty_at_a_time(people, graph, count, calls):
    groups = [Group(str(UUID(int=number + 1)), f"g{number}", (ADELE.object_id,)) for number in range(count)]
    graph.graph.groups.update({group.id: group for group in groups})
    wanted = {group.id for group in groups}
    assert await people.member_groups(ADELE.object_id, wanted) == wanted
    sent = [body["groupIds"] for *_, body in graph.asked]
    assert sorted(map(len, sent), reverse=True) == calls
    assert sorted(one for part in sent for one in part) == sorted(wanted)


async def test_one_part_that_fails_fails_the_whole(rogue):
    wanted = [str(UUID(int=number)) for number in range(45)]

    async def answer(request):
        ids = (await request.json())["groupIds"]
        return web.json_response({"value": ids}, status=500 if wanted[30] in ids else 200)

    known, _ = await rogue(answer)
    with pytest.raises(Unavailable, match="500"):
        await known.member_groups(ADELE.object_id, wanted)


# People


@pytest.mark.parametrize("name", [MEGAN.object_id, MEGAN.upn, MEGAN.upn.upper()])
async def test_a_person_is_found_by_object_id_or_name(people, graph, name):
    assert await people.user(name) == DirectoryUser(MEGAN.object_id, MEGAN.name, MEGAN.upn)
    (method, path, header, _) = graph.asked[0]
    assert (method, header) == ("GET", f"Bearer {TOKEN}")
    assert path.endswith("?$select=id,displayName,userPrincipalName")


async def test_a_person_without_a_name_is_a_person(rogue):
    known, _ = await rogue(answering(text='{"id": "1", "displayName": null}'))
    assert await known.user("1") == DirectoryUser("1", "", "")


async def test_nobody_of_that_name_is_not_found(people):
    with pytest.raises(NotFound, match="nobody"):
        await people.user("nobody@example.org")


@pytest.mark.parametrize(
    "hostile",
    [
        *("../x", "..\\x", "a@b?c", "a@b#c", "a&b=c", "%2e%2e", "a b", "a\r\nX-Evil: 1", "søren@example.org", "日本"),
        *("a;b", "a'b@example.org", "x" * 200, "e\u0301@example.org", "a/../../me", "http://127.0.0.1:1/"),
    ],
)
async def test_a_name_stays_one_quoted_part_of_the_path(rogue, hostile):
    known, server = await rogue(answering(text='{"id": "1"}'))
    await known.user(hostile)
    [(_, sent, *_)] = server.asked
    path, _, query = sent.partition("?")
    assert query == "$select=id,displayName,userPrincipalName"
    start, _, last = path.rpartition("/")
    assert (start, unquote(last)) == ("/v1.0/users", hostile)


@pytest.mark.parametrize("hostile", ["", "x" * 201])
async def test_names_that_nobody_can_have_are_refused(people, graph, hostile):
    with pytest.raises(NotFound):
        await people.user(hostile)
    assert graph.asked == []


@pytest.mark.parametrize("hostile", [".", "..", "\ud800@example.org"])
async def test_names_that_cannot_be_quoted_are_refused(rogue, hostile):
    known, server = await rogue(answering(text='{"id": "1"}'))
    with pytest.raises(NotFound):
        await known.user(hostile)
    assert server.asked == []


# What goes wrong


async def ask_both(known):
    """What both ways of asking say when they fail."""
    said = []
    for asking in (lambda: known.user(ALEX.upn), lambda: known.member_groups(ALEX.object_id, [OPERATORS])):
        with pytest.raises(Unavailable) as caught:
            await asking()
        told = "".join(traceback.format_exception(caught.value))
        assert TOKEN not in told
        assert caught.value.system == "Microsoft Graph"
        said.append(str(caught.value))
    assert TOKEN not in repr(known) + repr(vars(known))
    assert said[0] == said[1]
    return said[0]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "error (400)"),
        (401, "refused the bot’s token (401)"),
        (403, "permissions User.Read.All and GroupMember.Read.All"),
        (500, "error (500)"),
        (504, "error (504)"),
        (302, "redirect (302)"),
        (204, "error (204)"),
    ],
)
async def test_refusals_are_unavailable_and_tell_nothing_of_the_answer(rogue, status, words):
    text = "" if status == 204 else f"no, {TOKEN}"
    known, _ = await rogue(answering(status, text, Location="https://elsewhere.example.org/"))
    said = await ask_both(known)
    assert said.startswith("Microsoft Graph ")
    assert words in said


async def test_a_token_that_graph_does_not_take_is_said(people, graph):
    graph.graph.token = "another"
    assert "refused the bot’s token (401)" in await ask_both(people)


@pytest.mark.parametrize(
    "text", ["", "<html>", "[]", "null", '"x"', '{"value": "all"}', '{"id": 7}', "{", '{"value": null}', "\x00"]
)
async def test_an_answer_that_makes_no_sense_is_unavailable(rogue, text):
    known, _ = await rogue(answering(text=text))
    assert "cannot be read" in await ask_both(known)


async def test_the_sandboxs_own_nonsense_is_unavailable(people, graph):
    await graph.misbehave("wrong")
    assert "cannot be read" in await ask_both(people)
    await graph.misbehave("")
    assert (await people.user(ALEX.upn)).name == ALEX.name


async def test_what_does_not_speak_http_is_unavailable():
    async def babble(_, writer):
        writer.write(b"\x00\xffhello\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    known = Directory(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", known_token)
    assert "cannot be reached" in await ask_both(known)
    await known.close()
    server.close()
    await server.wait_closed()


async def test_a_slow_directory_costs_the_time_out(graph):
    await graph.misbehave("slow")
    known = graph.directory(timeout=0.2)
    async with asyncio.timeout(240):
        assert "did not answer within 0.2 s" in await ask_both(known)


async def test_a_slow_token_costs_the_time_out_too(graph):
    async def never():
        await asyncio.Event().wait()

    known = graph.directory(never, timeout=0.1)
    assert "did not answer within 0.1 s" in await ask_both(known)
    assert graph.asked == []


async def test_a_connection_broken_off_is_unavailable(people, graph):
    await graph.misbehave("absent")
    assert "cannot be reached" in await ask_both(people)


async def test_a_closed_port_is_unavailable_without_its_address(people, graph):
    port = str(graph.running.port)
    await graph.running.close()
    said = await ask_both(people)
    assert "cannot be reached" in said
    assert port not in said


async def test_no_redirect_takes_the_token_elsewhere(rogue):
    async def keep(_):
        return web.json_response({"id": "1"})

    _, thief = await rogue(keep)
    known, _ = await rogue(answering(307, Location=f"{thief.url}/v1.0/users/x"))
    assert "307" in await ask_both(known)
    assert thief.asked == []


async def test_without_a_token_nothing_is_sent(graph):
    async def none():
        raise Unavailable("Microsoft Graph", "gave the bot no token (ClientAuthenticationError)")

    known = graph.directory(none)
    assert "no token" in await ask_both(known)
    assert graph.asked == []


async def test_an_answer_in_pieces_is_read_whole(rogue):
    async def answer(request):
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b'{"id": "1", "displayName": ')
        # Long enough for the first piece to be read alone.
        await asyncio.sleep(0.05)
        await response.write(b'"Ada"}')
        return response

    known, _ = await rogue(answer)
    assert await known.user("1") == DirectoryUser("1", "Ada", "")


# Too many requests


async def test_after_too_many_requests_nothing_is_sent_until_the_time_is_over(people, graph, seconds):
    await graph.misbehave("throttled")
    with pytest.raises(Unavailable, match="slow down: try again in 20 s"):
        await people.user(ALEX.upn)
    await graph.misbehave("")
    seconds.now += 12
    assert "try again in 8 s" in await ask_both(people)
    seconds.now += 7.9
    await ask_both(people)
    assert len(graph.asked) == 1
    seconds.now += 0.2
    assert (await people.user(ALEX.upn)).name == ALEX.name
    assert await people.member_groups(ALEX.object_id, [OPERATORS]) == {OPERATORS}


@pytest.mark.parametrize(
    ("status", "retry_after", "pause"),
    [
        (429, "20", 20),
        (429, "3600", 60),
        (429, "", 1),
        (429, "-5", 1),
        (429, "soon", 1),
        (429, "Fri, 31 Dec 2027 23:59:59 GMT", 1),
        (503, "7", 7),
    ],
)
async def test_the_pause_is_what_graph_asks_for_within_reason(rogue, seconds, status, retry_after, pause):
    known, server = await rogue(answering(status, **{"Retry-After": retry_after}))
    for later, sent in ((0, 1), (pause - 0.1, 1), (0.2, 2)):
        seconds.now += later
        with pytest.raises(Unavailable):
            await known.user("x")
        assert len(server.asked) == sent


async def test_who_waited_for_a_token_meanwhile_is_not_sent_either(graph, seconds):
    wanted, given = asyncio.Event(), asyncio.Event()
    first = True

    async def slow_at_first():
        nonlocal first
        if first:
            first = False
            wanted.set()
            await given.wait()
        return TOKEN

    await graph.misbehave("throttled")
    known = graph.directory(slow_at_first)
    waiting = asyncio.create_task(known.user(ALEX.upn))
    await wanted.wait()
    with pytest.raises(Unavailable, match="20 s"):
        await known.user(MEGAN.upn)
    seconds.now += 1
    given.set()
    with pytest.raises(Unavailable):
        await waiting
    assert len(graph.asked) == 1


# Address and session


@pytest.mark.parametrize("address", ["", "graph", "ftp://graph", "https://u:p@graph", "https://graph/?x=1", "https://"])
def test_odd_addresses_are_refused(address):
    with pytest.raises(ValueError, match="address"):
        Directory(address, known_token)


async def test_a_closed_directory_opens_again_when_asked(people):
    await people.user(ALEX.upn)
    await people.close()
    await people.close()
    assert (await people.user(ALEX.upn)).name == ALEX.name


# Many at once


async def test_people_are_found_by_a_thousand_ids_in_one_request(graph, people):
    strangers = [str(UUID(int=number)) for number in range(1, 1500)]
    found = await people.by_id([ALEX.object_id.upper(), MEGAN.object_id, *strangers, "no id"])
    assert found == {one.object_id: DirectoryUser(one.object_id, one.name, one.upn) for one in (ALEX, MEGAN)}
    assert [len(body["ids"]) for _, _, _, body in graph.asked] == [1000, 501]


async def test_people_are_found_by_twenty_names_in_one_request(graph, people):
    strangers = [f"nobody.{number}@example.org" for number in range(45)]
    found = await people.by_name([ALEX.upn.upper(), "../me", *strangers])
    assert {name: one.object_id for name, one in found.items()} == {ALEX.upn.upper(): ALEX.object_id}
    assert [len(body["requests"]) for _, _, _, body in graph.asked] == [20, 20, 7]


async def test_a_renamed_person_keeps_the_id(graph, people):
    graph.graph.rename(ADELE.upn, "adele.new@example.org")
    assert (await people.by_id([ADELE.object_id]))[ADELE.object_id].upn == "adele.new@example.org"
    assert await people.by_name([ADELE.upn]) == {}
    graph.graph.remove(ADELE.object_id)
    assert await people.by_id([ADELE.object_id]) == {}


async def test_nobody_is_asked_about_for_nothing(graph, people):
    assert (await people.by_id([]), await people.by_name([])) == ({}, {})
    assert graph.asked == []


def batches(body):
    async def answer(_):
        return web.json_response(body)

    app = web.Application()
    app.add_routes([web.post("/v1.0/$batch", answer), web.post("/v1.0/directoryObjects/getByIds", answer)])
    return app


async def test_a_part_that_is_throttled_makes_everything_wait(serve):
    parts = [{"id": "0", "status": 429, "headers": {"Retry-After": "30"}, "body": {}}]
    server = await serve(batches({"responses": parts}))
    people = server.directory()
    for _ in range(2):
        with pytest.raises(Unavailable, match=r"slow down: try again in (30|29) s"):
            await people.by_name([ALEX.upn])
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "body", [{}, {"responses": []}, {"responses": [{"id": "0", "status": 200, "body": {}}]}, {"value": 3}]
)
async def test_answers_that_say_nothing_are_nobodys_departure(serve, body):
    people = (await serve(batches(body))).directory()
    with pytest.raises(Unavailable):
        await people.by_name([ALEX.upn])
    with pytest.raises(Unavailable):
        await people.by_id([ALEX.object_id])


async def test_who_may_not_log_in_is_told(serve):
    person = {"id": ALEX.object_id, "displayName": "A", "userPrincipalName": ALEX.upn, "accountEnabled": False}
    people = (await serve(batches({"value": [person]}))).directory()
    assert not (await people.by_id([ALEX.object_id]))[ALEX.object_id].enabled

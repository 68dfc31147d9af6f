"""The sandbox's hub is held against a real JupyterHub: the same requests, the same answers, the same clients' results.

Where node or the proxy is not installed the tests are skipped and say so; CI has both.
"""

from datetime import timedelta
from urllib.parse import quote

import pytest

from clients.errors import NotFound, Unavailable
from clients.hub import reader
from clients.hub.reader import PAGINATED
from tests.contract.hubs import ADA, BOT, GRACE, LINUS, NAMES, STRANGER, path_of, release

# What the clients make of it


async def test_version(side):
    assert (await side.reader().version()).split(".")[0].isdecimal()


async def test_users_by_state(side):
    await side.start(ADA)
    reader = side.reader()
    everybody = await reader.users()
    assert {one.name for one in everybody} == set(NAMES)
    assert [one.name for one in everybody if one.admin] == [GRACE]
    assert all(one.created for one in everybody)
    for state in ("active", "ready"):
        (ada,) = await reader.users(state)
        assert (ada.name, [(one.name, one.ready, one.pending) for one in ada.servers]) == (ADA, [("", True, "")])
        assert ada.servers[0].started
    assert {one.name for one in await reader.users("inactive")} == set(NAMES) - {ADA}
    await stopped(side, ADA)


async def test_users_come_in_pages(side, monkeypatch):
    monkeypatch.setattr(reader, "PAGE", 3)
    found = [one.name for one in await side.reader().users()]
    assert sorted(found) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
async def test_one_user_by_the_exact_name(side, name):
    found = await side.reader().user(name)
    assert (found.name, found.servers) == (name, ())


@pytest.mark.parametrize("name", ["nobody", "a/b", "../linus", "?", "%2e%2e"])
async def test_who_is_not_there_is_not_found(side, name):
    with pytest.raises(NotFound):
        await side.reader().user(name)
    with pytest.raises(NotFound):
        await side.writer().stop_server(name)


async def test_a_server_stops_and_has_stopped(side):
    await side.start(LINUS)
    await stopped(side, LINUS)
    assert await side.writer().stop_server(LINUS) is True


async def test_named_servers_stop_alone(side):
    await side.start(LINUS)
    await side.start(LINUS, "thesis")
    await side.writer().stop_server(LINUS, "thesis")
    await side.until(LINUS, lambda servers: set(servers) == {""})
    await stopped(side, LINUS)
    with pytest.raises(NotFound):
        await side.writer().stop_server(LINUS, "essay")


async def test_a_strange_token_is_refused(side):
    for asking in (
        lambda: side.reader(STRANGER).users(),
        lambda: side.reader(STRANGER).user(ADA),
        lambda: side.writer(STRANGER).stop_server(ADA),
    ):
        with pytest.raises(Unavailable, match="refused the bot's token") as caught:
            await asking()
        assert STRANGER not in str(caught.value)


async def stopped(side, user):
    """Stop the default server and wait until it has."""
    await side.writer().stop_server(user)
    await side.until(user, lambda servers: not servers)


async def test_starts_are_counted(side):
    """The same names and labels, read by the same client; and a start that succeeded is one more."""
    reader, hour = side.reader(), timedelta(hours=1)
    before = await reader.spawns(hour)
    await side.start(LINUS)
    after = await reader.spawns(hour)
    await stopped(side, LINUS)
    assert (after.started - before.started, after.failed, after.turned_away) == (1, 0, 0)
    assert await side.reader(STRANGER).spawns(hour) is None


@pytest.mark.skipif(release() != 5, reason="the sandbox counts as JupyterHub 5.5: 1 and 6 do otherwise")
async def test_the_counters_are_the_same(real, sandbox):
    found = []
    for side in (real, sandbox):
        headers = {"Authorization": f"token {BOT}"}
        async with side.http.get(f"{side.url}/hub/metrics", headers=headers) as response:
            lines = (await response.text()).splitlines()
        its = [line for line in lines if "server_spawn_duration_seconds" in line]
        found.append([line if line.startswith("#") else line.rpartition(" ")[0] for line in its])
    assert found[1] == found[0]


# The answers themselves

ASKED = {
    "version": ("GET", "/hub/api/", {}),
    "version without the slash": ("GET", "/hub/api", {}),
    "info": ("GET", "/hub/api/info", {}),
    "health": ("GET", "/hub/health", {}),
    "all": ("GET", "/hub/api/users", {}),
    "a page": ("GET", "/hub/api/users?limit=2&offset=4", {"headers": {"Accept": PAGINATED}}),
    "the last page": ("GET", "/hub/api/users?limit=4&offset=4", {"headers": {"Accept": PAGINATED}}),
    "beyond the last": ("GET", "/hub/api/users?limit=4&offset=40", {"headers": {"Accept": PAGINATED}}),
    "no such state": ("GET", "/hub/api/users?state=asleep", {}),
    "an odd limit": ("GET", "/hub/api/users?limit=many", {}),
    "a user": ("GET", f"/hub/api/users/{quote(ADA)}", {}),
    "nobody": ("GET", "/hub/api/users/nobody", {}),
    "nobody's server": ("DELETE", "/hub/api/users/nobody/server", {}),
    "a server that is not": ("DELETE", path_of(ADA), {}),
    "a named server that is not": ("DELETE", path_of(ADA, "essay"), {}),
    "a stranger": ("GET", "/hub/api/users", {"text": STRANGER}),
    "a stranger's info": ("GET", "/hub/api/info", {"text": STRANGER}),
    "a stranger's version": ("GET", "/hub/api/", {"text": STRANGER}),
    "no such thing": ("GET", "/hub/api/nothing", {}),
}


# What JupyterHub 2 began to say, and the sandbox with it: pages, roles, limits that are read.
_SINCE_ROLES = {"all", "a page", "the last page", "beyond the last", "an odd limit", "a user"}
before_roles = pytest.mark.skipif(release() < 2, reason="the sandbox answers as JupyterHub 5.5, with roles and pages")
_ASKED = [
    pytest.param(*asked, id=name, marks=before_roles if name in _SINCE_ROLES else ()) for name, asked in ASKED.items()
]


@pytest.mark.parametrize(("method", "path", "more"), _ASKED)
async def test_the_same_question_has_the_same_answer(real, sandbox, method, path, more):
    expected, said = [await side.raw(method, path, **more) for side in (real, sandbox)]
    assert (said[0], shape(said[1])) == (expected[0], shape(expected[1]))


@before_roles
async def test_a_running_server_is_told_in_the_same_words(real, sandbox):
    told = []
    for side in (real, sandbox):
        await side.start(GRACE)
        _, user = await side.raw("GET", f"/hub/api/users/{quote(GRACE)}")
        told.append(user)
        await stopped(side, GRACE)
    expected, said = told
    assert said["servers"][""]["url"] == expected["servers"][""]["url"]
    assert shape(said, _EXACT) == shape(expected, _EXACT)


def shape(value, known=()):
    """The names and types of an answer, with the values of `known`. What a hub calls its parts is its own."""
    match value:
        case dict():
            return {
                key: one if key in known else shape(one, known) for key, one in value.items() if key not in _VARYING
            }
        case list():
            return [shape(value[0], known)] if value else []
        case str() | None:
            # Moments and texts may be there or not.
            return "text"
    return type(value).__name__


_EXACT = ("name", "full_name", "kind", "admin", "pending", "ready", "stopped", "url", "progress_url", "full_url")
# Texts of refusals, what a spawner knows of its own, and what JupyterHub 6 tells beside what 5.5 does.
_VARYING = ("message", "state", "user_options", "user_info", "display_name")

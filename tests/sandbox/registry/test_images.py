"""The sandbox's registry, git server and builds, spoken to as anybody would: shapes, tokens, pages, refusals."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from sandbox.azure.acr_tasks import Builds
from sandbox.azure.errors import ArmError
from sandbox.clock import ManualClock
from sandbox.git.refs import REFS, REPOSITORY, GitRefs
from sandbox.registry.errors import LockedError
from sandbox.registry.images import FAULTS, Registry
from sandbox.registry.images_routes import ImagesRoutes
from sandbox.runtime.images import Images, digest, split
from sandbox.scenario.release import LOGIN_SERVER, SPOILED, TAGS, images
from sandbox.scenario.release import REPOSITORY as USERS_IMAGE
from sandbox.scenario.release import registry as world_registry

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SERVER = "jhub.azurecr.io"


class Client:
    """A registry with three tags, and somebody who talks to it by hand."""

    def __init__(self, aiohttp_client):
        self.clock = ManualClock(NOW)
        self.images = Images()
        self.registry = Registry(self.clock, self.images, SERVER)
        for days, tag in enumerate(("c", "b", "a")):
            self.registry.push("notebook", tag, NOW - timedelta(days=days))
        self._client = aiohttp_client

    async def start(self):
        self.http = await self._client(ImagesRoutes(self.registry).app())
        return self

    async def token(self, scope="repository:notebook:metadata_read", entra=None):
        form = {"grant_type": "access_token", "service": SERVER, "access_token": entra or self.registry.tokens.entra}
        async with self.http.post("/oauth2/exchange", data=form) as answer:
            if answer.status != 200:
                return answer.status
            refresh = (await answer.json())["refresh_token"]
        form = {"grant_type": "refresh_token", "service": SERVER, "scope": scope, "refresh_token": refresh}
        async with self.http.post("/oauth2/token", data=form) as answer:
            return (await answer.json())["access_token"]

    async def ask(self, path, token="", method="GET", **more):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self.http.request(method, path, headers=headers, **more) as answer:
            return answer.status, answer.headers, await answer.json() if method != "HEAD" else None


@pytest.fixture
async def client(aiohttp_client):
    return await Client(aiohttp_client).start()


async def test_a_stranger_is_told_where_to_get_a_token(client):
    status, headers, body = await client.ask("/v2/")
    assert status == 401
    assert re.fullmatch(
        r'Bearer realm="http://127\.0\.0\.1:\d+/oauth2/token",service="jhub\.azurecr\.io"', headers["Www-Authenticate"]
    )
    assert body["errors"][0]["code"] == "UNAUTHORIZED"
    _, headers, body = await client.ask("/acr/v1/notebook/_tags")
    assert 'scope="repository:notebook:metadata_read"' in headers["Www-Authenticate"]
    assert body["errors"][0]["detail"] == [{"Type": "repository", "Name": "notebook", "Action": "metadata_read"}]


async def test_a_token_is_good_for_its_scope_and_its_time(client):
    token = await client.token()
    assert (await client.ask("/acr/v1/notebook/_tags", token))[0] == 200
    assert (await client.ask("/acr/v1/notebook/_tags/a", token, "PATCH", json={}))[0] == 401
    assert (await client.ask("/v2/notebook/manifests/a", token))[0] == 401
    await client.clock.advance(61)
    status, headers, _ = await client.ask("/acr/v1/notebook/_tags", token)
    assert status == 401
    assert 'error="invalid_token"' in headers["Www-Authenticate"]


async def test_nobody_gets_a_token_for_nothing(client):
    assert await client.token(entra="wrong") == 401
    form = {"grant_type": "refresh_token", "service": SERVER, "scope": "x", "refresh_token": "made up"}
    async with client.http.post("/oauth2/token", data=form) as answer:
        assert answer.status == 401
    async with client.http.post("/oauth2/exchange", data={"grant_type": "password"}) as answer:
        assert answer.status == 400


async def test_tags_come_in_order_page_by_page(client):
    token = await client.token()
    _, headers, body = await client.ask("/acr/v1/notebook/_tags?orderby=timedesc&n=2", token)
    assert [tag["name"] for tag in body["tags"]] == ["c", "b"]
    assert (body["registry"], body["imageName"]) == (SERVER, "notebook")
    following = re.fullmatch(r'<(.+)>; rel="next"', headers["Link"])[1]
    _, headers, body = await client.ask(following, token)
    assert [tag["name"] for tag in body["tags"]] == ["a"]
    assert "Link" not in headers
    _, _, body = await client.ask("/acr/v1/notebook/_tags", token)
    assert [tag["name"] for tag in body["tags"]] == ["a", "b", "c"]
    assert body["tags"][0]["createdTime"] == "2026-11-22T09:00:00.0000000Z"


@pytest.mark.parametrize("query", ["n=0", "n=x", "n=5000", "orderby=name", "last=nope"])
async def test_pages_that_make_no_sense_are_refused(client, query):
    assert (await client.ask(f"/acr/v1/notebook/_tags?{query}", await client.token()))[0] == 400


async def test_a_manifest_has_its_size_and_its_tags(client):
    token, sha = await client.token(), digest(f"{SERVER}/notebook:a")
    _, _, body = await client.ask(f"/acr/v1/notebook/_manifests/{sha}", token)
    assert body["manifest"]["tags"] == ["a"]
    assert body["manifest"]["imageSize"] > 0
    _, _, body = await client.ask("/acr/v1/notebook/_manifests?n=2", token)
    assert len(body["manifests"]) == 2
    pull = await client.token("repository:notebook:pull")
    for reference in ("a", sha):
        _, headers, _ = await client.ask(f"/v2/notebook/manifests/{reference}", pull, "HEAD")
        assert headers["Docker-Content-Digest"] == sha
    for path in ("/acr/v1/notebook/_manifests/sha256:0", "/acr/v1/notebook/_tags/x", "/acr/v1/other/_tags", "/v2/x"):
        assert (await client.ask(path, await client.token("repository:other:metadata_read")))[0] in (401, 404)


async def test_a_locked_tag_takes_no_push(client):
    token = await client.token("repository:notebook:metadata_write")
    wanted = {"writeEnabled": False, "deleteEnabled": False}
    _, _, body = await client.ask("/acr/v1/notebook/_tags/a", token, "PATCH", json=wanted)
    assert body["tag"]["changeableAttributes"]["writeEnabled"] is False
    with pytest.raises(LockedError):
        client.registry.push("notebook", "a")
    assert (await client.ask("/acr/v1/notebook/_tags/a", token, "PATCH", json={"writeEnabled": "no"}))[0] == 400
    assert (await client.ask("/acr/v1/notebook/_tags/a", token, "PATCH", data="x"))[0] == 400


@pytest.mark.parametrize(("fault", "status"), [("throttled", 429), ("broken", 500), ("denied", 403)])
async def test_faults_are_switched_on_and_off(client, fault, status):
    token = await client.token()
    await client.ask("/_sandbox/fault", method="PUT", json={"kind": fault})
    assert (await client.ask("/acr/v1/notebook/_tags", token))[0] == status
    await client.ask("/_sandbox/fault", method="PUT", json={"kind": ""})
    assert (await client.ask("/acr/v1/notebook/_tags", token))[0] == 200
    assert fault in FAULTS
    assert (await client.ask("/_sandbox/fault", method="PUT", json={"kind": "sad"}))[0] == 400


async def test_expired_tokens_and_nobody_there(client):
    await client.ask("/_sandbox/fault", method="PUT", json={"kind": "expired"})
    assert (await client.ask("/acr/v1/notebook/_tags", await client.token()))[0] == 401
    await client.ask("/_sandbox/fault", method="PUT", json={"kind": "absent"})
    with pytest.raises(aiohttp.ClientError):
        await client.ask("/v2/")


# What nodes can pull is what the registry has


async def test_the_worlds_tags_are_the_registrys_and_the_nodes():
    known = images()
    made = world_registry(ManualClock(NOW), known)
    assert set(made.repositories["notebook"]) == set(TAGS)
    assert made.login_server == LOGIN_SERVER
    for tag in TAGS:
        image = f"{USERS_IMAGE}:{tag}"
        assert bool(known.refusal(image)) == (tag == SPOILED)
        assert bool(known.refusal(f"{image}@{digest(image)}")) == (tag == SPOILED)
    assert "not found" in known.refusal(f"{USERS_IMAGE}:nope")
    assert "failed to copy" in known.refusal(f"{USERS_IMAGE}:{SPOILED}")


async def test_an_image_by_tag_and_digest_is_found_by_its_digest():
    known = Images()
    known.know("registry.example/app", "1")
    right = digest("registry.example/app:1")
    assert not known.missing(f"registry.example/app:1@{right}")
    assert not known.missing(f"registry.example/app:old@{right}")
    assert known.missing(f"registry.example/app:1@sha256:{'0' * 64}")
    assert split(f"registry.example/app:1@{right}") == ("registry.example/app", "1")


# Builds


class Yard:
    """Builds on a clock that is moved by hand."""

    def __init__(self):
        self.clock, self.tasks = ManualClock(NOW), []
        self.registry = Registry(self.clock, Images(), SERVER)
        self.builds = Builds(
            self.registry, GitRefs(), self.clock, lambda w: self.tasks.append(asyncio.ensure_future(w))
        )
        self.builds.git_url = f"http://127.0.0.1:1/{REPOSITORY}"

    def wanted(self, ref="main", token=None, **more):
        source = f"http://x-access-token:{token or self.builds.git.token}@127.0.0.1:1/{REPOSITORY}#{ref}"
        its = {"type": "DockerBuildRequest", "dockerFilePath": "Dockerfile", "platform": {"os": "linux"}}
        return its | {"sourceLocation": source, "imageNames": [f"{SERVER}/notebook:new"]} | more

    async def built(self, wanted):
        run = self.builds.schedule(wanted)
        await self.clock.advance(10)
        return run


@pytest.fixture
async def yard():
    made = Yard()
    yield made
    for task in made.tasks:
        task.cancel()
    await asyncio.gather(*made.tasks, return_exceptions=True)


async def test_a_build_is_queued_then_runs_then_is_pushed(yard):
    run = yard.builds.schedule(yard.wanted())
    seen = [run.status]
    for _ in range(20):
        await yard.clock.advance(0.5)
        seen.append(run.status)
    assert list(dict.fromkeys(seen)) == ["Queued", "Running", "Succeeded"]
    assert "new" in yard.registry.repositories["notebook"]
    assert (run.finished - run.created).total_seconds() == 5


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ref": "nope"}, "couldn't find remote ref nope"),
        ({"token": "wrong"}, "Authentication failed"),
        ({"sourceLocation": "https://evil.example/x.git"}, "repository 'https://evil.example/x.git' not found"),
    ],
)
async def test_what_cannot_be_fetched_fails_and_the_log_says_so(yard, changes, said):
    run = await yard.built(yard.wanted(**changes))
    assert run.status == "Failed"
    assert said in run.log
    assert yard.registry.repositories == {}


@pytest.mark.parametrize("ref", ["main", "v1.4", "v1.5", REFS["refs/heads/main"], "main:image"])
async def test_refs_and_commits_are_found_in_a_folder_too(yard, ref):
    assert (await yard.built(yard.wanted(ref))).status == "Succeeded"


async def test_a_build_that_is_not_pushed_leaves_no_tag(yard):
    assert (await yard.built(yard.wanted(isPushEnabled=False))).status == "Succeeded"
    assert yard.registry.repositories == {}


async def test_a_cancelled_build_stays_cancelled(yard):
    waiting, running = yard.builds.schedule(yard.wanted()), yard.builds.schedule(yard.wanted())
    yard.builds.cancel(waiting)
    await yard.clock.advance(2)
    yard.builds.cancel(running)
    await yard.clock.advance(10)
    yard.builds.cancel(running)
    assert (waiting.status, running.status, yard.registry.repositories) == ("Canceled", "Canceled", {})


async def test_a_name_means_one_run_until_the_request_is_another(yard):
    first = yard.builds.schedule_as("a", yard.wanted(), "")
    assert yard.builds.schedule_as("a", yard.wanted(), "") is first
    assert yard.builds.schedule_as("a", yard.wanted(), "again") is not first


async def test_the_link_to_a_log_is_good_for_an_hour_and_for_that_log(yard):
    run, other = yard.builds.schedule(yard.wanted()), yard.builds.schedule(yard.wanted())
    signature = yard.builds.link(run).partition("sig=")[2]
    assert yard.builds.linked(run.id, signature) is run
    assert yard.builds.linked(other.id, signature) is None
    assert yard.builds.linked(run.id, "") is None
    await yard.clock.advance(3601)
    assert yard.builds.linked(run.id, signature) is None


@pytest.mark.parametrize("wanted", [{}, {"type": "EncodedTaskRunRequest"}, {"type": "DockerBuildRequest"}])
async def test_what_is_no_build_is_refused(yard, wanted):
    with pytest.raises(ArmError):
        yard.builds.schedule(wanted)

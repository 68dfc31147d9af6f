"""Builds by Azure's SDK against the sandbox's: begun once, followed, stopped, and never telling a password."""

import json
import traceback

import pytest
from aiohttp import web
from azure.mgmt.containerregistrytasks.aio import ContainerRegistryTasksMgmtClient
from azure.mgmt.containerregistrytasks.models import DockerBuildRequest, PlatformProperties

from clients.azure.acr_tasks import BuildSource
from clients.azure.pipeline import SdkCredential, pipeline
from clients.errors import NotFound, Rejected, Unavailable
from sandbox.azure.acr_tasks_routes import REGISTRY
from sandbox.azure.arm import RESOURCE_GROUP, SUBSCRIPTION
from sandbox.git.refs import REFS
from sandbox.runtime.images import digest
from tests.clients.registries import SERVER, given, place_of

MAIN = REFS["refs/heads/main"]
IMAGE = f"{SERVER}/notebook:b5d20f4"


@pytest.fixture
async def place(aiohttp_server):
    made = await place_of(aiohttp_server, speed=100.0)
    yield made
    await made.close()


@pytest.fixture
def builds(place):
    return place.client()


def source(place, **more):
    its = {"commit": MAIN, "folder": "image", "dockerfile": "Dockerfile", "platform": "linux/amd64"}
    return BuildSource(**{"repository": place.builds.git_url, "images": (IMAGE,)} | its | more)


async def end_of(builds, run):
    while not (build := await builds.build(run)).ended:
        pass
    return build


async def test_a_build_pushes_the_image_and_tells_its_digest(place, builds):
    begun = await builds.begin("jhub-bot-1", source(place))
    assert (begun.status, begun.ended, begun.digest) == ("Queued", False, "")
    done = await end_of(builds, begun.id)
    assert (done.succeeded, done.digest) == (True, digest(IMAGE))
    assert done.created <= done.started < done.finished
    assert (await place.acr().tag("notebook", "b5d20f4")).digest == digest(IMAGE)
    assert not place.images.missing(IMAGE)
    assert not place.images.missing(f"{IMAGE}@{done.digest}")
    assert place.images.missing(f"{IMAGE}@sha256:{'0' * 64}")


async def test_on_a_registry_by_repository_a_build_works_with_the_bots_identity(place, builds):
    place.builds.abac = True
    assert await builds.by_repository() is True
    begun = await builds.begin("jhub-bot-1", source(place))
    asked = place.builds.runs[begun.id].request["credentials"]
    assert asked == {"sourceRegistry": {"identity": "[caller]", "loginMode": "Default"}}
    assert (await end_of(builds, begun.id)).succeeded


async def test_no_identity_is_sent_to_another_registry_nor_where_it_is_unknown(place, builds):
    assert await builds.by_repository() is False
    begun = await builds.begin("jhub-bot-1", source(place))
    assert not place.builds.runs[begun.id].request.get("credentials")
    place.builds.abac = True

    async def refused(request):
        denied = {"error": {"code": "AuthorizationFailed", "message": "no"}}
        is_registry = request.path.endswith(f"/registries/{REGISTRY}")
        return web.json_response(denied, status=403) if is_registry else None

    place.before = refused
    assert await builds.by_repository() is None
    begun = await builds.begin("jhub-bot-2", source(place))
    ended = await end_of(builds, begun.id)
    assert not ended.succeeded
    assert "at least one credential is required" in ended.error


async def test_what_azure_is_asked_is_exactly_the_commit_in_the_folder(place, builds):
    run = place.builds.runs[(await builds.begin("jhub-bot-1", source(place))).id]
    location = str(run.request["sourceLocation"])
    assert location.endswith(f"/data-platform/notebook-image.git#{MAIN}:image")
    assert f"x-access-token:{place.git.token}@" in location
    wanted = {"os": "Linux", "architecture": "amd64"}
    assert (run.request["platform"], run.request["dockerFilePath"]) == (wanted, "Dockerfile")
    assert (run.request["imageNames"], run.request["isPushEnabled"]) == ([IMAGE], True)


async def test_the_dockerfiles_arguments_go_along_and_none_where_there_are_none(place, builds):
    named = (("NOTEBOOKS_REPOSITORY", "https://git.example.org/n.git"), ("NOTEBOOKS_REF", "9c0f51d"))
    run = place.builds.runs[(await builds.begin("jhub-bot-1", source(place, arguments=named))).id]
    assert [(one["name"], one["value"]) for one in run.request["arguments"]] == list(named)
    plain = place.builds.runs[(await builds.begin("jhub-bot-2", source(place))).id]
    assert not plain.request.get("arguments")


async def test_a_public_repository_needs_no_password(place):
    builds = place.client(source_token=None)
    run = place.builds.runs[(await builds.begin("jhub-bot-1", source(place, folder=""))).id]
    assert run.request["sourceLocation"] == f"{place.builds.git_url}#{MAIN}"


async def test_the_same_name_is_begun_once_by_whichever_process(place, builds):
    first = await builds.begin("jhub-bot-1", source(place))
    assert (await place.client().begin("jhub-bot-1", source(place))).id == first.id
    assert (await builds.named("jhub-bot-1")).id == first.id
    assert len(place.builds.runs) == 1
    with pytest.raises(NotFound):
        await builds.named("jhub-bot-2")


async def test_what_is_under_way_is_told_by_the_start_of_its_name(place, builds):
    assert await builds.running("jhub-bot-") == []
    run = (await builds.begin("jhub-bot-1", source(place))).id
    assert [build.id for build in await builds.running("jhub-bot-")] == [run]
    assert await builds.running("other-") == []
    await end_of(builds, run)
    assert await builds.running("jhub-bot-") == []


@pytest.mark.parametrize("name", ["a", "x" * 51, "a_b_c_d"])
async def test_a_name_that_azure_does_not_take_is_refused(place, builds, name):
    with pytest.raises(Rejected, match="5 to 50"):
        await builds.begin(name, source(place))


async def test_a_name_that_is_forgotten_leaves_the_run_and_its_log(place, builds):
    run = (await builds.begin("jhub-bot-1", source(place))).id
    await builds.forget("jhub-bot-1")
    await builds.forget("jhub-bot-1")
    with pytest.raises(NotFound):
        await builds.named("jhub-bot-1")
    assert (await end_of(builds, run)).succeeded


async def test_a_log_is_read_on_from_where_it_was(place, builds):
    run = (await builds.begin("jhub-bot-1", source(place))).id
    await end_of(builds, run)
    whole, end = await builds.log(run)
    assert whole.splitlines()[0].endswith("Downloading source code...")
    assert "Step 5/5" in whole
    assert await builds.log(run, end) == ("", end)
    first = len(whole.splitlines(keepends=True)[0].encode())
    rest, same = await builds.log(run, first)
    assert (whole.splitlines(keepends=True)[0] + rest, same) == (whole, end)


async def test_half_a_line_is_told_when_it_is_whole(place, builds):
    place.clock.speed = 0.01
    run = (await builds.begin("jhub-bot-1", source(place))).id
    place.builds.runs[run].log = "one\ntw"
    assert await builds.log(run) == ("one\n", 4)


async def test_a_log_that_has_the_password_is_told_without(place):
    place.clock.speed = 0.01
    builds = place.client()
    run = (await builds.begin("jhub-bot-1", source(place))).id
    place.builds.runs[run].log = f"clone https://x-access-token:{place.git.token}@x/y\nother https://a:b@c\n"
    text, _ = await builds.log(run)
    assert place.git.token not in text
    assert "a:b" not in text
    assert text.count("***") == 2


async def test_the_logs_address_is_in_no_error(place, builds):
    run = (await builds.begin("jhub-bot-1", source(place))).id

    async def refused(request):
        if request.path.startswith("/logs/"):
            return web.Response(status=403)
        return None

    place.before = refused
    with pytest.raises(Unavailable, match=r"did not return the log \(403\)") as caught:
        await builds.log(run)
    trace = "".join(traceback.format_exception(caught.value))
    assert not any(signature in trace for signature in place.builds.links)


@pytest.mark.parametrize("link", ["http://evil.example/x", "", "file:///etc/passwd", None])
async def test_a_log_elsewhere_is_not_fetched(place, builds, link):
    run = (await builds.begin("jhub-bot-1", source(place))).id

    async def elsewhere(request):
        if request.path.endswith("listLogSasUrl"):
            return web.json_response({"logLink": link})
        return None

    place.before = elsewhere
    with pytest.raises(Unavailable, match="cannot be used"):
        await builds.log(run)


async def test_a_cancelled_build_pushes_nothing(place, builds):
    place.clock.speed = 1.0
    run = (await builds.begin("jhub-bot-1", source(place))).id
    await builds.cancel(run)
    await builds.cancel(run)
    ended = await builds.build(run)
    assert (ended.status, ended.ended, ended.succeeded, ended.digest) == ("Canceled", True, False, "")
    place.clock.speed = 100.0
    with pytest.raises(NotFound):
        await place.acr().tag("notebook", "b5d20f4")


async def test_a_commit_that_is_not_there_fails_and_the_log_says_so(place, builds):
    run = (await builds.begin("jhub-bot-1", source(place, commit="0" * 40))).id
    ended = await end_of(builds, run)
    assert (ended.status, ended.error) == ("Failed", "failed to download context")
    assert f"couldn't find remote ref {'0' * 40}" in (await builds.log(run))[0]


async def test_a_step_that_breaks_and_a_tag_that_is_locked_fail(place, builds):
    place.builds.fail_next = "nothing provides requested pandas 9"
    run = (await builds.begin("jhub-bot-1", source(place))).id
    assert (await end_of(builds, run)).status == "Failed"
    assert "pandas 9" in (await builds.log(run))[0]
    await place.acr().lock("notebook", "7c1d2e9")
    run = (await builds.begin("jhub-bot-2", source(place, images=(f"{SERVER}/notebook:7c1d2e9",)))).id
    assert (await end_of(builds, run)).error == "failed to push images successfully"


async def test_a_refusal_that_quotes_what_was_sent_is_told_without_the_password(place, builds):
    async def quoting(request):
        if request.method == "PUT":
            sent = (await request.json())["properties"]["runRequest"]["sourceLocation"]
            body = {"error": {"code": "InvalidSource", "message": f"The source {sent} is invalid."}}
            return web.json_response(body, status=400)
        return None

    place.before = quoting
    with pytest.raises(Rejected, match="is invalid") as caught:
        await builds.begin("jhub-bot-1", source(place))
    assert place.git.token not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("throttled", "slow down"),
        ("broken", "500"),
        ("denied", "does not have that permission"),
        ("absent", "cannot be reached"),
    ],
)
async def test_an_outage_is_unavailable_in_words(place, builds, fault, said):
    place.arm.fault = fault
    with pytest.raises(Unavailable, match=said):
        await builds.named("jhub-bot-1")
    with pytest.raises(Unavailable, match=said):
        await builds.begin("jhub-bot-1", source(place))


async def test_another_registry_and_nonsense(place, builds):
    with pytest.raises(NotFound):
        await place.client(registry="other").build("ca1")

    async def nonsense(_):
        return web.json_response({"properties": {}})

    place.before = nonsense
    with pytest.raises(Unavailable, match="cannot be read"):
        await builds.build("ca1")
    with pytest.raises(Unavailable, match="which run"):
        await builds.named("x")


async def test_the_page_is_the_registrys_in_the_portal_and_has_no_signature(builds):
    page = builds.page()
    assert page.startswith("https://portal.azure.com/#resource/subscriptions/")
    assert page.endswith(f"/registries/{REGISTRY}/tasks")
    assert "sig" not in json.dumps(page)


async def test_a_run_without_a_name_is_scheduled_as_the_sdk_sends_it(place):
    """`scheduleRun` is not what the bot uses; the sandbox has it for others, in the SDK's own shapes."""
    url, token = place.urls["arm"], given(lambda: place.arm.token)
    async with ContainerRegistryTasksMgmtClient(
        SdkCredential(token), SUBSCRIPTION, base_url=url, **pipeline(url, token)
    ) as client:
        request = DockerBuildRequest(docker_file_path="Dockerfile", platform=PlatformProperties(os="linux"))
        run = await client.registries.schedule_run(RESOURCE_GROUP, REGISTRY, request)
        assert (run.properties.run_id, run.properties.status) == ("ca1", "Queued")
        with pytest.raises(Exception, match="are required"):
            await client.registries.schedule_run(RESOURCE_GROUP, REGISTRY, {"type": "DockerBuildRequest"})

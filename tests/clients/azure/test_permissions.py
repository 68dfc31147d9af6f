"""The list of Azure's actions is exactly what the clients ask for, each named as Azure names it."""

import re
from contextlib import suppress
from pathlib import Path

import pytest

from clients.azure.acr_tasks import Builds, BuildSource
from clients.azure.aks import Aks
from clients.azure.aks_reader import AksReader
from clients.azure.permissions import BOT, BUILDS, CLUSTER, GRAPH, IMAGES, QUOTA
from clients.errors import Conflict, NotFound, Rejected, Unavailable
from sandbox.git.refs import REFS
from tests.clients.azures import azure_of
from tests.clients.registries import SERVER, place_of

DOCS = Path(__file__).parents[3] / "docs"
MAIN = REFS["refs/heads/main"]

# A resource's own verbs; what is posted below it is an action of that name.
_VERBS = {"GET": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}
_WHERE = re.compile(r"/subscriptions/[^/]+(?:/resourceGroups/[^/]+)?/providers/(?P<provider>[^/]+)/(?P<rest>.+)")
_FINE = (Conflict, NotFound, Rejected, Unavailable)


def action_of(method, path):
    """As Azure names it: the types in the path, without names, and the verb."""
    found = _WHERE.fullmatch(path)
    assert found, path
    parts = found["rest"].split("/")
    types = [found["provider"], *parts[::2]]
    if method == "POST":
        return "/".join([*types, "action"])
    return "/".join([*types, _VERBS[method]])


def folded(actions):
    return {one.casefold() for one in actions}


async def attempt(*calls):
    for call in calls:
        with suppress(*_FINE):
            await call


@pytest.fixture
async def azure(aiohttp_server):
    made = await azure_of(aiohttp_server)
    yield made
    await made.close()


async def test_the_clusters_actions_are_what_its_client_asks_for(azure):
    aks = azure.client()
    await aks.pools()
    azure.estate.addons = {"kubeDashboard": True}
    for change in (
        lambda users: aks.scale(users, 1, {}),
        lambda users: aks.autoscale(users, 0, 3, 1, {}),
        lambda _: aks.create_pool("gpu", size="Standard_E8s_v5", minimum=0, maximum=1, labels={}, taints=()),
    ):
        await aks.finish(await change(await aks.pool("users")), within=20)
    await aks.finish(await aks.delete_pool(await aks.pool("gpu")), within=20)
    await aks.finish(await aks.disable_addon(await aks.cluster(), "kubeDashboard"), within=20)
    await aks.upgrades()
    await aks.pool_upgrades("users")
    await aks.maintenance()
    await aks.finish(await aks.upgrade_control_plane(await aks.cluster(), "1.36.1"), within=20)
    await aks.finish(await aks.upgrade_pool(await aks.pool("users"), "1.36.1"), within=20)
    await aks.finish(await aks.upgrade_image(await aks.pool("users")), within=20)
    await aks.finish(await aks.stop(), within=20)
    await aks.finish(await aks.start(), within=20)
    asked = {action_of(method, path) for method, path in azure.asked}
    assert folded(asked) == folded(CLUSTER)


async def test_the_bots_actions_are_what_its_client_asks_for(azure):
    await azure.bot_service().channels()
    assert {action_of(method, path) for method, path in azure.asked} == BOT


async def test_the_quotas_actions_are_what_its_client_asks_for(azure):
    await azure.compute().quota("westeurope", "Standard_E8s_v5")
    await azure.client().kubernetes_versions("westeurope")
    assert {action_of(method, path) for method, path in azure.asked} == QUOTA


@pytest.fixture
async def place(aiohttp_server):
    made = await place_of(aiohttp_server, speed=100.0)
    yield made
    await made.close()


def source(place):
    return BuildSource(
        repository=place.builds.git_url,
        commit=MAIN,
        folder="image",
        dockerfile="Dockerfile",
        platform="linux/amd64",
        images=(f"{SERVER}/notebook:b5d20f4",),
    )


async def test_the_registrys_actions_are_what_builds_ask_for(place):
    builds = place.client()
    await builds.by_repository()
    begun = await builds.begin("jhub-bot-1", source(place))
    await attempt(builds.named("jhub-bot-1"), builds.running("jhub-bot"), builds.log(begun.id))
    await builds.cancel(begun.id)
    await builds.build(begun.id)
    await builds.forget("jhub-bot-1")
    asked = {action_of(method, path) for method, path in place.asked if "/providers/" in path}
    assert folded(asked) == folded(BUILDS)


async def test_images_are_read_and_locked_with_pull_and_push(place):
    acr = place.acr()
    await acr.tags("notebook")
    await acr.lock("notebook", "7c1d2e9")
    scopes = {path.rpartition("/")[2] for path in place.paths("PATCH")}
    assert scopes == {"7c1d2e9"}
    assert {one.rpartition("registries/")[2] for one in IMAGES} == {"pull/read", "push/write"}


def test_every_call_of_both_clients_is_in_these_tests():
    text = Path(__file__).read_text(encoding="utf-8")
    public = {name for one in (Aks, AksReader, Builds) for name in vars(one) if not name.startswith("_")}
    assert {name for name in public if f".{name}(" not in text} == {"load", "page"}


def test_graphs_permissions_are_those_of_the_documentation():
    told = "".join((DOCS / name).read_text(encoding="utf-8") for name in ("permissions.md", "login.md"))
    assert [name for name in GRAPH if f"`{name}`" not in told] == []


def test_the_documentation_names_each_action_on_the_cluster():
    told = (DOCS / "azure.md").read_text(encoding="utf-8")
    short = [one.partition("Microsoft.ContainerService/")[2] for one in CLUSTER]
    assert [one for one in short if one.rpartition("/")[2] not in told and one not in told] == []

"""What the sandbox's hub has for a synthetic user: scopes for one user, tokens for one server, chosen starts."""

import asyncio
import contextlib

import pytest
import yaml

from sandbox.clock import ManualClock
from sandbox.jupyterhub.api_tokens import token
from sandbox.jupyterhub.kernels import Kernels, Troubles
from sandbox.jupyterhub.notebook_routes import ServerTokens
from sandbox.jupyterhub.spawner import Profile
from sandbox.jupyterhub.user_options import UnknownProfileError, chosen
from tests.clients.hubs import NOW

PROFILE = Profile("jhub", "jupyterhub", "example.org/notebook:1", "10Gi", "managed-csi")
GPU = yaml.safe_load(
    "singleuser: {profileList: [{display_name: Small one}, {display_name: GPU, slug: gpu, kubespawner_override: "
    "{image: 'example.org/gpu:2', mem_limit: 16G}}]}"
)


def test_a_scope_for_one_user_holds_for_no_other():
    its = token("service:bot", ["admin:users!user=ada", "list:users"])
    assert its.allows("admin:users", "ada")
    assert its.allows("delete:users", "ada")
    assert not its.allows("admin:users", "grace")
    assert not its.allows("admin:users")
    assert its.allows_for_some("admin:users")
    assert its.allows("list:users", "grace")


async def test_a_token_for_a_server_expires():
    clock = ManualClock(NOW)
    tokens = ServerTokens(clock)
    text, forever = tokens.give("ada", 60), tokens.give("ada", 0)
    assert tokens.owner(text) == tokens.owner(forever) == "ada"
    await clock.advance(61)
    assert tokens.owner(text) == ""
    assert tokens.owner(forever) == "ada"
    assert tokens.owner("made up") == ""


def test_a_profile_is_chosen_by_its_slug():
    assert chosen(PROFILE, GPU, {}) == PROFILE
    assert chosen(PROFILE, GPU, {"profile": "small-one"}) == PROFILE
    made = chosen(PROFILE, GPU, {"profile": "gpu"})
    assert (made.image, made.memory_limit) == ("example.org/gpu:2", str(16 * 2**30))
    with pytest.raises(UnknownProfileError, match="small-one, gpu"):
        chosen(PROFILE, GPU, {"profile": "large"})


def test_an_image_is_taken_only_by_a_hub_whose_code_does():
    assert chosen(PROFILE, {}, {"image": "x:1"}) == PROFILE
    willing = {"hub": {"extraConfig": {"jhub-bot-test": "…"}}}
    assert chosen(PROFILE, willing, {"image": "x:1"}).image == "x:1"


@contextlib.asynccontextmanager
async def kernels(troubles=None):
    made = Kernels(troubles or Troubles())
    try:
        yield made
    finally:
        await made.close()


async def test_a_kernel_runs_cells_one_after_another_in_a_home_of_its_own():
    async with kernels() as made:
        kernel = await made.start("pod-1")
        assert await kernel.run("x = 20") == {}
        assert await kernel.run("x + 1") == {"value": "21"}
        assert (await kernel.run("1 / 0"))["ename"] == "ZeroDivisionError"
        assert await kernel.run("import pathlib, croissance\npathlib.Path.home().is_dir()") == {"value": "True"}
        assert made.find("pod-1", kernel.id) is kernel
        assert made.find("pod-2", kernel.id) is None
        await made.end(kernel.id)
        assert made.find("pod-1", kernel.id) is None
        assert kernel.process.returncode is not None


async def test_what_is_broken_is_broken():
    async with kernels(Troubles(missing="croissance")) as made:
        assert (await (await made.start("p")).run("import croissance"))["ename"] == "ModuleNotFoundError"
    async with kernels(Troubles(home_is_readonly=True)) as made:
        code = "import pathlib\n(pathlib.Path.home() / 'x').write_text('x')"
        assert (await (await made.start("p")).run(code))["ename"] == "FileNotFoundError"
    async with kernels(Troubles(kernels_hang=True)) as made:
        running = asyncio.create_task((await made.start("p")).run("1"))
        done, _ = await asyncio.wait({running}, timeout=0.05)
        assert not done
        running.cancel()

"""config.example.yaml: everything the runbook sets, no secret, and a hub when the real helm installs it."""

import asyncio
import re
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
import yaml

from sandbox import world
from sandbox.hub_values import as_installed
from sandbox.kube.resources import DEPLOYMENT, SECRET
from sandbox.releases import CHART, helm_path
from sandbox.server import Options, running
from tests.container.homes import IMAGE

EXAMPLE = IMAGE / "config.example.yaml"
VALUES = yaml.safe_load(EXAMPLE.read_text())
TAG = "7c1d2e9"
SECRETS = {"hub": {"config": {"AzureAdOAuthenticator": {"client_secret": "made-up"}}}}


def leaves(value, path=""):
    """Every value that is no mapping or list, with its path."""
    if isinstance(value, dict):
        return [leaf for key, held in value.items() for leaf in leaves(held, f"{path}.{key}".lstrip("."))]
    if isinstance(value, list):
        return [leaf for at, held in enumerate(value) for leaf in leaves(held, f"{path}[{at}]")]
    return [(path, value)]


GIVEN = dict(leaves(VALUES))


def test_the_charts_schema_has_no_complaint():
    schema = yaml.safe_load((CHART / "values.schema.json").read_text())
    assert list(jsonschema.Draft7Validator(schema).iter_errors(VALUES)) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("proxy.https.enabled", True),
        ("proxy.https.hosts[0]", "hub.example.org"),
        ("proxy.https.letsencrypt.contactEmail", "hub-admins@example.org"),
        ("hub.config.JupyterHub.authenticator_class", "azuread"),
        ("hub.config.AzureAdOAuthenticator.username_claim", "upn"),
        ("hub.config.AzureAdOAuthenticator.oauth_callback_url", "https://hub.example.org/hub/oauth_callback"),
        ("hub.config.AzureAdOAuthenticator.allow_all", True),
        ("imagePullSecrets[0]", "registry-pull"),
        ("singleuser.image.name", "jhub.azurecr.io/notebook"),
        ("singleuser.storage.dynamic.storageClass", "managed-csi"),
        ("scheduling.userPods.nodeAffinity.matchNodePurpose", "require"),
        ("cull.enabled", True),
        ("cull.timeout", 7200),
        ("cull.users", False),
    ],
)
def test_what_the_runbook_sets_is_set(path, value):
    assert GIVEN[path] == value


def test_the_start_up_script_is_the_images_own():
    command = VALUES["singleuser"]["lifecycleHooks"]["postStart"]["exec"]["command"]
    assert command == ["sh", "/etc/jupyter/setup.sh", "/proc/1/fd/2"]


def test_the_bot_may_do_what_it_needs():
    assert VALUES["hub"]["loadRoles"]["jhub-bot"]["scopes"] == list(world.BOT_SCOPES)


def test_it_holds_no_secret_and_says_where_it_goes():
    secretive = re.compile(r"(?i)secret$|password|token|\bkey\b|cookie|\.url$")
    assert [path for path, value in GIVEN.items() if secretive.search(path) and value] == []
    named = [str(value) for value in GIVEN.values() if not str(value).startswith(("https://", "00000000-"))]
    assert [value for value in named if re.search(r"[A-Za-z0-9~_.-]{28,}", value)] == []
    assert "AzureAdOAuthenticator:\n#         client_secret: …" in EXAMPLE.read_text()


async def _helm(tmp_path, kubeconfig, *arguments):
    homes = {f"HELM_{kind}_HOME": str(tmp_path) for kind in ("CACHE", "CONFIG", "DATA")}
    process = await asyncio.create_subprocess_exec(
        *(helm_path(), *arguments, f"--namespace={world.NAMESPACE}", f"--kubeconfig={kubeconfig}"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=homes | {"HOME": str(tmp_path)},
    )
    out, errors = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, out.decode(), errors.decode()


async def test_the_real_helm_makes_a_hub_of_it_on_a_bare_cluster(tmp_path):
    secrets = tmp_path / "secrets.yaml"
    secrets.write_text(yaml.safe_dump(SECRETS))
    async with running(Options(empty=True, speed=30)) as bare:
        status, _, errors = await _helm(
            tmp_path,
            bare.ready["kubeconfig"],
            *("upgrade", world.RELEASE, str(CHART), "--install", "--create-namespace", "--wait", "--timeout=50s"),
            *(f"--values={EXAMPLE}", f"--values={secrets}", f"--set-string=singleuser.image.tag={TAG}"),
        )
        assert status == 0, errors
        deployed = {one["metadata"]["name"]: one["status"]["readyReplicas"] for one in _deployments(bare)}
        assert {"hub", "proxy", "autohttps", "user-scheduler"} <= deployed.keys()
        kept = bare.store.find(SECRET, world.NAMESPACE, "hub")["data"]
        assert kept["hub.services.jhub-bot.apiToken"]
        assert _pull_secrets(bare) == [{"name": "registry-pull"}]
        found = as_installed(bare.store, replace(world.profile(), image="", storage_class="", match_node_purpose=""))
        assert found == world.profile(TAG)


def _deployments(bare):
    return bare.store.list(DEPLOYMENT, world.NAMESPACE)


def _pull_secrets(bare):
    (hub,) = (one for one in _deployments(bare) if one["metadata"]["name"] == "hub")
    return hub["spec"]["template"]["spec"]["imagePullSecrets"]


def test_it_names_the_chart_that_the_sandbox_has():
    version = yaml.safe_load((CHART / "Chart.yaml").read_text())["version"]
    assert f"--version {version}" in EXAMPLE.read_text()


def test_the_documentation_points_to_it():
    root = Path(IMAGE).parent
    assert "container/config.example.yaml" in (root / "README.md").read_text()

"""A first installation: the settings of a bare sandbox's bot, and that its secrets are in none of what is printed."""

import stat

import pytest
import yaml

from bot.cli.dev.first_install import EXAMPLE, introduced, prepare
from bot.cli.dev.sandbox_process import SandboxError, SandboxWorld
from bot.config.loading import load

SECRET = "sandbox~made-up-client-secret"
PLAIN = (
    *("kubeconfig", "hub_url", "public_address", "ca_file", "nameserver", "acme_directory", "graph_url"),
    *("graph_token_file", "login_url", "azure_url", "azure_token_file", "registry_url", "registry_name"),
    *("prometheus_token_file", "registry_token_file", "image_repository", "notebooks_repository"),
    "vault_token_file",
)


@pytest.fixture
def world(tmp_path):
    (tmp_path / "client-secret").write_text(SECRET)
    group = {"id": "09f9b2f7-1db3-538b-bac0-2b14aca524dc", "name": "g"}
    ready = dict.fromkeys(PLAIN, "x") | {
        "prometheus_url": "http://127.0.0.1:9090",
        "empty": True,
        "vault_url": "http://127.0.0.1:1",
        "client_secret_file": str(tmp_path / "client-secret"),
        "tenant_id": "5d8f2a10-6c1e-4b7a-9f3d-0a1b2c3d4e5f",
        "client_id": "0f5a7c1e-3b2d-4e6f-8a9b-1c2d3e4f5a6b",
        "namespace": "jhub",
        "release": "jupyterhub",
        "chart": "jupyterhub",
        "chart_repository": "http://127.0.0.1:1/charts",
        "public_host": "hub.example.org",
        "public_port": 443,
        "http_port": 80,
        "login_server": "jhub.azurecr.io",
        "subscription_id": "s",
        "resource_group": "g",
        "cluster": "c",
        "tags": ["1", "2"],
        "groups": {"viewer": group},
    }
    return SandboxWorld(ready)


def test_the_values_are_the_example_with_what_entra_knows(world, tmp_path):
    prepare(world, tmp_path / "bot")
    values = yaml.safe_load((tmp_path / "bot" / "config.yaml").read_text())
    login = values["hub"]["config"]["AzureAdOAuthenticator"]
    assert (login["tenant_id"], login["client_id"]) == (world.ready["tenant_id"], world.ready["client_id"])
    assert "imagePullSecrets" not in values
    example = yaml.safe_load(EXAMPLE.read_text())
    del example["imagePullSecrets"], example["hub"]["config"], values["hub"]["config"]
    assert values == example
    secrets = tmp_path / "bot" / "secrets.yaml"
    held = yaml.safe_load(secrets.read_text())["hub"]["config"]["AzureAdOAuthenticator"]
    assert held == {"client_secret": SECRET}
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600


def test_a_bot_can_be_started_with_what_is_printed_and_no_secret_is(world, tmp_path):
    told = introduced(world)
    settings = load(tmp_path / "bot.yaml")
    assert settings.values.home == "file"
    assert settings.hub.token_secret is not None
    assert str(tmp_path / "bot.yaml") in told
    assert "/jhub deploy 2" in told
    assert SECRET not in told


def test_a_world_that_has_its_hub_needs_nothing(world, tmp_path):
    full = SandboxWorld(world.ready | {"empty": False})
    prepare(full, tmp_path / "bot")
    assert (introduced(full), (tmp_path / "bot").exists()) == ("", False)


def test_without_the_example_it_says_what_is_missing(world, tmp_path):
    with pytest.raises(SandboxError, match=r"needs values to begin with, and .*none.yaml cannot be read"):
        prepare(world, tmp_path / "bot", tmp_path / "none.yaml")

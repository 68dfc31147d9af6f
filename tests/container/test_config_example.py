"""config.example.yaml: everything the runbook sets, and no secret.

That the real helm makes a hub of it, tests/sandbox/scenario/test_empty.py shows.
"""

import ast
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from sandbox.helm.release_history import CHART
from sandbox.scenario import release
from tests.container.homes import IMAGE

EXAMPLE = IMAGE / "config.example.yaml"
VALUES = yaml.safe_load(EXAMPLE.read_text())


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
    # Renaming people is asked for apart (docs/renaming.md); without it, the test's own user is enough.
    needed = set(release.BOT_SCOPES) - {"admin:users", "groups"} | {f"admin:users!user={release.TEST_USER}"}
    assert set(VALUES["hub"]["loadRoles"]["jhub-bot"]["scopes"]) == needed


def _texts(path, value):
    """What could be a secret: of code, its texts."""
    if path.startswith("hub.extraConfig."):
        return [str(one.value) for one in ast.walk(ast.parse(value)) if isinstance(one, ast.Constant)]
    return [] if str(value).startswith(("https://", "00000000-")) else [str(value)]


def test_it_holds_no_secret_and_says_where_it_goes():
    secretive = re.compile(r"(?i)secret$|password|token|\bkey\b|cookie|\.url$")
    assert [path for path, value in GIVEN.items() if secretive.search(path) and value] == []
    named = [text for path, value in GIVEN.items() for text in _texts(path, value)]
    assert [value for value in named if re.search(r"[A-Za-z0-9~_.-]{28,}", value)] == []
    assert "AzureAdOAuthenticator:\n#         client_secret: …" in EXAMPLE.read_text()


def test_it_names_the_chart_that_the_sandbox_has():
    version = yaml.safe_load((CHART / "Chart.yaml").read_text())["version"]
    assert f"--version {version}" in EXAMPLE.read_text()


def test_the_documentation_points_to_it():
    root = Path(IMAGE).parent
    assert "container/config.example.yaml" in (root / "README.md").read_text()

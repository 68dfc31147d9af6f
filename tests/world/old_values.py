"""Values as hubs had them with old charts, and what charts take: the sandbox's, told apart as Zero to JupyterHub's."""

from copy import deepcopy

from clients.helm import Chart, ChartFiles
from sandbox.helm import chart_repository as charts
from tests.world import IMAGE, SECRET, release

PULL_SECRET = "pull-secret-93be1f"
CRYPT_KEY = "00112233445566778899aabbccddeeff" * 2

# The runbook's, with the form that the login had before chart 0.11.
RUNBOOK = {
    "auth": {
        "type": "azuread",
        "admin": {"access": True, "users": ["olu@example.org"]},
        "state": {"enabled": True, "cryptoKey": CRYPT_KEY},
        "azuread": {
            "clientId": "0a1b2c3d-0000-4000-8000-000000000001",
            "clientSecret": SECRET,
            "callbackUrl": "https://hub.example.org/hub/oauth_callback",
            "tenantId": "0a1b2c3d-0000-4000-8000-000000000002",
            "usernameClaim": "upn",
        },
    },
    "proxy": {
        "https": {"enabled": True, "hosts": ["hub.example.org"], "letsencrypt": {"contactEmail": "a@example.org"}}
    },
    "hub": {"db": {"pvc": {"storageClassName": "managed-premium"}}},
    "singleuser": {
        "image": {"name": IMAGE, "tag": "3f9a41c"},
        "imagePullSecret": {
            "enabled": True,
            "registry": "jhub.azurecr.io",
            "username": "jhub",
            "password": PULL_SECRET,
        },
        "storage": {"capacity": "10Gi", "dynamic": {"storageClass": "managed-premium"}},
        "lifecycleHooks": {"postStart": {"exec": {"command": ["sh", "-c", "setup.sh"]}}},
    },
    "scheduling": {"userPods": {"nodeAffinity": {"matchNodePurpose": "require"}}},
    "cull": {"enabled": True, "timeout": 7200},
}
NEW_AUTH = {
    "JupyterHub": {"authenticator_class": "azuread", "admin_access": True},
    "Authenticator": {"admin_users": ["olu@example.org"], "enable_auth_state": True},
    "CryptKeeper": {"keys": [CRYPT_KEY]},
    "AzureAdOAuthenticator": {
        "client_id": "0a1b2c3d-0000-4000-8000-000000000001",
        "client_secret": SECRET,
        "oauth_callback_url": "https://hub.example.org/hub/oauth_callback",
        "tenant_id": "0a1b2c3d-0000-4000-8000-000000000002",
        "username_claim": "upn",
    },
}


def azuread(**config):
    """A hub of charts since 0.11, with settings of its login beside the usual ones."""
    login = {"tenant_id": "t", "client_id": "c", "client_secret": SECRET, "username_claim": "upn"}
    both = {"JupyterHub": {"authenticator_class": "azuread"}, "AzureAdOAuthenticator": login}
    for name, settings in config.items():
        both[name] = {**both.get(name, {}), **settings}
    return {"hub": {"config": both}, "singleuser": {"image": {"name": IMAGE, "tag": "3f9a41c"}}}


def chart_files(version):
    """What is in that version of the sandbox's chart."""
    (edition,) = [one for one in charts.EDITIONS if one.version == version]
    values, schema = deepcopy(charts.values(edition)), deepcopy(charts.schema(edition))
    return ChartFiles(version, edition.app_version, values, schema, edition.kube_version)


ALL = {edition.version: chart_files(edition.version) for edition in charts.EDITIONS}


def live(version, values, **more):
    """A release whose live revision is of that chart, with those values."""
    chart = Chart("jupyterhub", version, ALL[version].app_version)
    return release(chart=chart, values=deepcopy(values), defaults=ALL[version].values, **more)

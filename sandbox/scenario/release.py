"""The release of the scenario's hub: its names, its images, its past revisions, and its values."""

from datetime import timedelta
from typing import Final

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.clock import Clock
from sandbox.entra.applications import CLIENT_ID
from sandbox.entra.people import TENANT
from sandbox.helm.release_history import Revision
from sandbox.jupyterhub.spawner import Profile
from sandbox.registry.images import Registry
from sandbox.runtime.images import Images

NAMESPACE = "jhub"
ANNOUNCEMENT = "jhub-announcement"
RELEASE = "jupyterhub"
HOST = "hub.example.org"
LOGIN_SERVER = "jhub.azurecr.io"
IMAGE = "notebook"
REPOSITORY = f"{LOGIN_SERVER}/{IMAGE}"
# The registry's tags and their ages in days; the live one and those before it are among them.
_TAG_AGES = {
    "88f0d2c": 96.2,
    "5ab91e7": 81.5,
    "2026.09": 70.1,
    "e6c07d4": 55.8,
    "41b7f36": 40.3,
    "1d0c5ab": 21.9,
    "c93e5f8": 16.4,
    "a4e2b90": 12.6,
    "0ddba11": 8.2,
    "3f9a41c": 3.1,
    "7c1d2e9": 1.2,
    "9b8e4d1": 0.9,
    "e07f3a2": 0.4,
}
TAGS = tuple(_TAG_AGES)
# This tag exists, but somebody's clean-up removed its layers: nodes cannot pull it.
SPOILED = "0ddba11"

PAST = (
    Revision("1d0c5ab", 21.3),
    Revision("a4e2b90", 12.1, "pandas 3, by hand from a laptop"),
    Revision("3f9a41c", 2.9),
)
LIVE: Final = PAST[-1].tag
# The paths of the values' secrets, which a file in a repository does not have.
SECRETS: Final = (
    ("hub", "config", "AzureAdOAuthenticator", "client_secret"),
    ("hub", "services", "jhub-bot", "apiToken"),
)
_PULL_SECONDS = 6.0
# The user of `/jhub test`, in a domain that nobody can have (RFC 2606).
TEST_USER = "test@jhub-bot.invalid"
# No more than the bot needs: what it lacks would show here.
BOT_SCOPES = (
    *("list:users", "read:users", "read:servers", "delete:servers", "read:hub", "read:metrics"),
    # What `/jhub user rename` needs besides.
    *("admin:users", "groups"),
    # What `/jhub test` needs of its own user.
    *(f"{scope}!user={TEST_USER}" for scope in ("servers", "tokens")),
)


def images() -> Images:
    """Return the images that nodes can pull: the users' image with all of TAGS but SPOILED, in 6 seconds each."""
    images = Images()
    images.know(REPOSITORY, *TAGS)
    images.spoil(REPOSITORY, SPOILED)
    images.slow(REPOSITORY, _PULL_SECONDS)
    return images


def registry(clock: Clock, images: Images) -> Registry:
    """Return the registry as it is now: with the same tags, pushed over the last months."""
    made = Registry(clock, images, LOGIN_SERVER)
    for tag, days in _TAG_AGES.items():
        made.push(IMAGE, tag, clock.now() - timedelta(days=days))
    return made


def profile(tag: str = PAST[-1].tag) -> Profile:
    """Return the release's settings of users' servers."""
    return Profile(NAMESPACE, RELEASE, f"{REPOSITORY}:{tag}", "10Gi", "managed-csi", memory_limit=str(8 * 2**30))


def values(tag: str, bot_token: str) -> Json:
    """Return the hub's config, as its administrators keep it. Its secrets are made up with the past."""
    return {
        "hub": {
            "config": {
                "JupyterHub": {"authenticator_class": "azuread"},
                "AzureAdOAuthenticator": {
                    "client_id": CLIENT_ID,
                    "client_secret": client_secret(bot_token),
                    "tenant_id": TENANT,
                    "oauth_callback_url": f"https://{HOST}/hub/oauth_callback",
                    "username_claim": "upn",
                    "allow_all": True,
                },
                "KubeSpawner": {"slug_scheme": "safe"},
            },
            "services": {"jhub-bot": {"apiToken": bot_token}},
            # What a template variable reads, so that the hub's pages show what is written there.
            "extraVolumes": [{"name": "announcement", "configMap": {"name": ANNOUNCEMENT, "optional": True}}],
            "extraVolumeMounts": [{"name": "announcement", "mountPath": f"/etc/{ANNOUNCEMENT}", "readOnly": True}],
            "loadRoles": {"jhub-bot": {"services": ["jhub-bot"], "scopes": list(BOT_SCOPES)}},
            "allowNamedServers": True,
        },
        "proxy": {
            "https": {"enabled": True, "hosts": [HOST], "letsencrypt": {"contactEmail": "hub-admins@example.org"}},
            "service": {"loadBalancerIP": "20.50.2.71"},
        },
        "singleuser": {
            "image": {"name": REPOSITORY, "tag": tag},
            "storage": {"capacity": "10Gi", "dynamic": {"storageClass": "managed-csi"}},
            "memory": {"guarantee": "1G", "limit": "8G"},
            "lifecycleHooks": {"postStart": {"exec": {"command": ["bash", "/etc/jupyter/setup.sh"]}}},
        },
        "scheduling": {"userPods": {"nodeAffinity": {"matchNodePurpose": "require"}}},
        "cull": {"enabled": True, "timeout": 7200, "every": 300},
    }


def client_secret(bot_token: str) -> str:
    """Return the secret for logins: the same in every revision, as a secret is until somebody rotates it."""
    return f"sandbox~{bot_token[:24]}"

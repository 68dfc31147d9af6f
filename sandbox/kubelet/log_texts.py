"""The texts of each component's log: at its start, in its routine, and when it fails.

In the forms of JupyterHub 5.5, configurable-http-proxy 5, Traefik 3, k8s-secret-sync, kube-scheduler 1.32 and
Jupyter Server 2. `{user}`, `{pod}`, `{address}` and `{ms}` are filled in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

Stamp = Callable[[datetime], str]


@dataclass(frozen=True)
class Voice:
    """A component's texts: `stamp` begins every line; a random line of `routine` comes every `every` seconds."""

    stamp: Stamp
    opening: tuple[str, ...]
    routine: tuple[str, ...] = ()
    every: int = 60
    failing: tuple[str, ...] = ("fatal: it could not go on",)


def _tornado(app: str) -> Stamp:
    return lambda when: f"[I {when:%Y-%m-%d %H:%M:%S}.{when.microsecond // 1000:03d} {app} "


def _clock(when: datetime) -> str:
    return f"{when:%H:%M:%S}.{when.microsecond // 1000:03d} "


def _iso(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ} "


def _logging(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S},{when.microsecond // 1000:03d} "


def _klog(when: datetime) -> str:
    return f"I{when:%m%d %H:%M:%S.%f}       1 "


def _bare(_: datetime) -> str:
    return ""


HUB = Voice(
    _tornado("JupyterHub"),
    (
        "app:3307] Running JupyterHub version 5.5.0",
        "app:3337] Using Authenticator: oauthenticator.azuread.AzureAdOAuthenticator-17.3.0",
        "app:3337] Using Spawner: kubespawner.spawner.KubeSpawner-7.1.0",
        "app:3337] Using Proxy: jupyterhub.proxy.ConfigurableHTTPProxy-5.5.0",
        "roles:183] Validating role definitions",
        "app:2919] Creating service jupyterhub-idle-culler without oauth.",
        "reflector:298] watching for pods with label selector='component=singleuser-server' in namespace jhub",
        "app:2991] Initialized 12 spawners in 0.412 seconds",
        "app:3739] JupyterHub is now running, internal Hub API at http://hub:8081/hub/",
    ),
    (
        "log:192] 200 GET /hub/api/users?state=[secret] (jupyterhub-idle-culler@::1) {ms}ms",
        "proxy:477] Checking routes",
        "log:192] 200 POST /hub/api/users/[secret]/activity ([secret]@{address}) {ms}ms",
        "log:192] 200 GET /hub/metrics (@{address}) {ms}ms",
    ),
    60,
    (
        "app:3890] Failed to load config file /usr/local/etc/jupyterhub/jupyterhub_config.py",
        "app:3909] Exiting: traitlets.traitlets.TraitError: the configuration cannot be read",
    ),
)
PROXY = Voice(
    _clock,
    (
        "[ConfigProxy] info: Adding route / -> http://hub:8081",
        "[ConfigProxy] info: Proxying http://:::8000 to http://hub:8081",
        "[ConfigProxy] info: Proxy API at http://:::8001/api/routes",
        "[ConfigProxy] info: 200 GET /api/routes",
        "[ConfigProxy] info: Route added / -> http://hub:8081",
    ),
    ("[ConfigProxy] info: 200 GET /api/routes",),
    300,
    ("[ConfigProxy] error: Uncaught Exception: listen EADDRINUSE: address already in use :::8000",),
)
_RENEWAL = (
    "INF Testing certificate renew... acmeCA=https://acme-v02.api.letsencrypt.org/directory providerName=default.acme"
)
TRAEFIK = Voice(
    _iso,
    (
        "INF Traefik version 3.6.1 built on 2025-11-13T14:30:17Z version=3.6.1",
        "INF Starting provider aggregator *aggregator.ProviderAggregator",
        "INF Starting provider *file.Provider",
        "INF Starting provider *acme.Provider",
        _RENEWAL,
    ),
    (
        _RENEWAL,
        "INF Updated ingress configuration providerName=file",
    ),
    3600,
    ("ERR Command error: command traefik error: error while building entryPoint https",),
)
SECRET_SYNC = Voice(
    _logging,
    ("INFO Watching /etc/acme/acme.json", "INFO Saved acme.json to secret proxy-public-tls-acme"),
    ("INFO acme.json is unchanged, nothing to save to secret proxy-public-tls-acme",),
    3600,
    ("ERROR secret proxy-public-tls-acme cannot be written: 403 Forbidden",),
)
LOAD_ACME = Voice(_logging, ("INFO Loaded acme.json from secret proxy-public-tls-acme",))
SCHEDULER = Voice(
    _klog,
    (
        'serving.go:386] "Generated self-signed cert in-memory"',
        'server.go:166] "Starting Kubernetes Scheduler" version="v1.32.3"',
        'secure_serving.go:213] "Serving securely on [::]:10259"',
        "leaderelection.go:257] attempting to acquire leader lease jhub/user-scheduler-lock...",
        "leaderelection.go:271] successfully acquired lease jhub/user-scheduler-lock",
    ),
    ('reflector.go:917] "Watch close" reflector="k8s.io/client-go/informers/factory.go:160" type="*v1.Node" items=9',),
    420,
    ('run.go:72] "command failed" err="leaderelection lost"',),
)
SERVER = Voice(
    _tornado("ServerApp"),
    (
        "manager] jupyterlab | extension was successfully loaded.",
        "manager] Starting jupyterhub single-user server version 5.5.0",
        "mixins:670] Updating Hub with activity every 300 seconds",
        "serverapp:3030] Serving notebooks from local directory: /home/jovyan",
        "serverapp:3030] Jupyter Server 2.17.0 is running at:",
        "serverapp:3030] http://{pod}:8888/user/{user}/lab",
    ),
    (
        "log:192] 200 GET /user/{user}/api/contents?content=1 ({user}@{address}) {ms}ms",
        "log:192] 200 GET /user/{user}/api/kernels ({user}@{address}) {ms}ms",
        "filemanager] Saving file at /analysis.ipynb",
        "log:192] 200 GET /user/{user}/api/terminals ({user}@{address}) {ms}ms",
    ),
    90,
    ("app:1841] Exiting: the hub at http://hub:8081/hub/api did not answer",),
)
AWAITER = Voice(
    lambda when: f"{when:%Y/%m/%d %H:%M:%S} ",
    ("Awaiting the DaemonSet's pods to have pulled their images",),
)
PULLER = Voice(_bare, ("Pulling complete",))
SILENT = Voice(_bare, ())
ANY = Voice(_iso, ("started",), ("still here",), 900)

BY_CONTAINER = {
    "hub": HUB,
    "chp": PROXY,
    "traefik": TRAEFIK,
    "secret-sync": SECRET_SYNC,
    "load-acme": LOAD_ACME,
    "kube-scheduler": SCHEDULER,
    "notebook": SERVER,
    "hook-image-awaiter": AWAITER,
    "pause": SILENT,
}


def voice_of(container: str) -> Voice:
    """Return the texts for a container of that name."""
    if container.startswith("image-pull-"):
        return PULLER
    return BY_CONTAINER.get(container, ANY)

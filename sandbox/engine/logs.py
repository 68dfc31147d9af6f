"""What containers write, as far as the sandbox makes it up: a few lines that look like each component's own."""

from datetime import timedelta
from typing import Final

from sandbox.clock import Clock
from sandbox.kube.logs import LogOptions, LogSource
from sandbox.kube.objects import moment
from sandbox.kube.resources import Json

_LINES: Final = {
    "hub": (
        "[I JupyterHub app:3307] Running JupyterHub version 5.5.0",
        "[I JupyterHub app:3337] Using Authenticator: oauthenticator.azuread.AzureAdOAuthenticator-17.3.0",
        "[I JupyterHub app:3337] Using Spawner: kubespawner.spawner.KubeSpawner-7.1.0",
        "[I JupyterHub app:1840] Initialized 0 spawners in 0.412 seconds",
        "[I JupyterHub app:3702] JupyterHub is now running, internal Hub API at http://hub:8081/hub/",
        "[I JupyterHub log:192] 200 GET /hub/health (@10.224.4.4) 0.81ms",
    ),
    "chp": (
        "[ConfigProxy] info: Adding route / -> http://hub:8081",
        "[ConfigProxy] info: Proxying http://:::8000 to http://hub:8081",
        "[ConfigProxy] info: Proxy API at http://:::8001/api/routes",
        "[ConfigProxy] info: 200 GET /api/routes",
    ),
    "traefik": (
        'level=info msg="Configuration loaded from file: /etc/traefik/traefik.yaml"',
        'level=info msg="Traefik version 3.6.1 built on 2026-10-13"',
        'level=info msg="Starting provider *acme.Provider"',
        'level=info msg="Testing certificate renew..." providerName=default.acme',
    ),
    "secret-sync": ("Saving acme.json to secret proxy-public-tls-acme", "Secret proxy-public-tls-acme is up to date"),
    "notebook": (
        "[I ServerApp] jupyterlab | extension was successfully loaded.",
        "[I ServerApp] Serving notebooks from local directory: /home/jovyan",
        "[I ServerApp] Jupyter Server is running at: http://:8888/",
        "[I ServerApp] Updating Hub with activity every 300 seconds",
    ),
}
_OTHERS: Final = ("started",)
_EVERY = timedelta(minutes=5)
_MOST = 500


def container_log(clock: Clock) -> LogSource:
    """The source of all containers' logs: their first lines at their start, the last of them again and again."""

    def log(pod: Json, container: str, options: LogOptions) -> str:
        run = _run(pod, container, previous=options.previous)
        started = run.get("startedAt")
        if started is None:
            return ""
        lines = _LINES.get(container, _OTHERS)
        begin, end = moment(started), moment(run["finishedAt"]) if "finishedAt" in run else clock.now()
        stamped = [(begin + timedelta(milliseconds=250 * n), line) for n, line in enumerate(lines)]
        repeats = min(_MOST, int((end - begin) / _EVERY))
        latest = end - (end - begin) % _EVERY
        stamped += [(latest - _EVERY * n, lines[-1]) for n in range(repeats - 1, -1, -1)]
        return "".join(f"{when:%Y-%m-%dT%H:%M:%S.%f}Z {line}\n" for when, line in stamped)

    return log


def _run(pod: Json, container: str, *, previous: bool) -> Json:
    """The run of the container that the log is of: the present one, or the last that ended."""
    status = pod.get("status") or {}
    known = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    found: Json = next((one for one in known if one["name"] == container), {})
    state, last = found.get("state") or {}, found.get("lastState") or {}
    ended: Json = last.get("terminated") or {}
    if previous:
        return ended
    run: Json = state.get("running") or state.get("terminated") or ended
    return run

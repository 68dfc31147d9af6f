"""Plans of deployments: a new tag, another chart with all that it brings, and what only was asked about."""

from dataclasses import replace

from cards.views import Button, ButtonStyle, View
from commands.rollout.deploy_plan import DeployPlan, preview
from commands.values.code_changes import code_changes
from commands.values.diff import CHANGED_HIDDEN, HIDDEN, ValueDifference, value_differences
from commands.values.server_admission import RefusedServers

_YES = (
    Button("Deploy", "confirm", (("id", "3f9a41c07c1d2e90"),), ButtonStyle.POSITIVE),
    Button("Cancel", "dismiss", (("id", "3f9a41c07c1d2e90"),)),
)
_IMAGE = "jhub.azurecr.io/notebook"
_TAG = DeployPlan(
    release="jupyterhub",
    namespace="jhub",
    revision=3,
    values_digest="0" * 64,
    chart="jupyterhub",
    chart_version="4.4.0",
    chart_before="4.4.0",
    image=_IMAGE,
    before="3f9a41c",
    after="7c1d2e9",
    servers=12,
    seen=f"sha256:{'bdcb55c0' * 8}",
    values=(ValueDifference("singleuser.image.tag", "3f9a41c", "7c1d2e9"),),
    meaning=(
        "First of all every user node pulls notebook:7c1d2e9; until all have it, nothing changes.",
        (
            "The hub restarts, for the new contents of its Secret: logins and starting servers pause for about 20 s; "
            "running servers go on."
        ),
    ),
    objects=(
        "~ ConfigMap hub: checksum_hook-image-puller",
        "~ DaemonSet continuous-image-puller: image of image-pull-singleuser",
        "~ Deployment hub: configuration, contents of its Secret",
    ),
    people=(
        "ada.ågård@example.org",
        "alex.wilber@example.org",
        "barbara.liskov@example.org",
        "björn.hopper@example.org",
        "grace.hopper@example.org",
        *(f"person-{n}@example.org" for n in range(7)),
    ),
)
_CHART = replace(
    _TAG,
    chart_version="4.4.0",
    chart_before="3.3.8",
    after="3f9a41c",
    asked_tag=False,
    interrupts=True,
    timeout=1800.0,
    values=(
        ValueDifference("cull.timeout", "3600", "7200"),
        ValueDifference("hub.config.AzureAdOAuthenticator.allow_all", "–", "true"),
        ValueDifference("hub.config.AzureAdOAuthenticator.client_secret", HIDDEN, CHANGED_HIDDEN, secret=True),
        ValueDifference("hub.extraConfig.limits", "text of 12 lines", "text of 14 lines"),
        *(ValueDifference(f"singleuser.extraEnv.SETTING_{n}", "–", f"value {n}") for n in range(15)),
    ),
    meaning=(
        "First of all every user node pulls notebook:3f9a41c; until all have it, nothing changes.",
        (
            "The proxy restarts, with image configurable-http-proxy:5.1.0: every connection "
            "drops "
            "for some seconds; notebooks connect again by themselves."
        ),
        ("autohttps restarts, with image traefik:v3.6.1: the hub’s address does not answer for some seconds."),
        (
            "The hub restarts, with image k8s-hub:4.4.0: logins and starting servers pause for about "
            "20 s; running servers go on."
        ),
        (
            "The users’ scheduler restarts, with image kube-scheduler:v1.32.3: servers that start just then "
            "wait a little longer."
        ),
        "Which pods may reach which changes: hub, proxy, singleuser.",
        "Servers are stopped when idle for 2 h; so far 1 h.",
        "Who may log in, or how, changes: allow_all, client_secret.",
    ),
    warnings=(
        (
            "The hub’s database is migrated, for good. JupyterHub goes from 4.1.6 to 5.5.0 and migrates its database, "
            "which cannot be undone. It first makes a copy beside it on its volume (hub-db-dir)."
        ),
        "The public address of proxy-public may become another: the host’s DNS must follow it.",
    ),
    objects=(
        "− PodDisruptionBudget hub",
        "+ Secret of proxy/secret.yaml",
        *(f"~ Deployment {name}: image of {name}" for name in ("autohttps", "hub", "proxy", "user-scheduler")),
        *(f"~ NetworkPolicy {name}: ingress" for name in ("hub", "proxy", "singleuser")),
        "~ Role hub: rules",
        "~ Service proxy-public: annotations",
    ),
)
# Code that somebody committed, and a profile that a limit range refuses.
_HOOK = "def hook(authenticator, auth_state):\n    return auth_state\nc.Authenticator.client_secret = 'not to be read'"
_REFUSED = RefusedServers(
    ("Large", "Lab with gpu: one"),
    "Kubernetes refuses it: “maximum memory usage per Container is 32Gi, but limit is 64Gi”.",
    stops=True,
    lasts=True,
)
_CODE = replace(
    _TAG,
    after="3f9a41c",
    asked_tag=False,
    servers=0,
    people=(),
    values=value_differences({}, {"hub": {"extraConfig": {"00-refresh-token": _HOOK}}}),
    warnings=(
        _REFUSED.line,
        "Not judged by Kubernetes beforehand: what the code in hub.extraConfig (00-refresh-token) makes of servers.",
    ),
    code=code_changes({}, {"hub": {"extraConfig": {"00-refresh-token": _HOOK}}}),
)

DEPLOYMENTS: dict[str, View] = {
    "deployment-tag": replace(preview(_TAG), requester="Ada Lovelace", buttons=_YES),
    "deployment-chart": replace(preview(_CHART), requester="Ada Lovelace", buttons=_YES),
    "deployment-code": replace(preview(_CODE), requester="Ada Lovelace", buttons=_YES),
    "deployment-dry-run": replace(preview(_TAG), title=f"Would happen: {preview(_TAG).title}", question=""),
}

"""Summary of a configuration in a few lines: which hub, who may what, where secrets are, what is off."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from bot.changes.approval_policy import agreed
from bot.config.access import AccessSettings
from bot.config.secret_reference import SecretRef
from bot.config.settings import Settings
from bot.config_tools.introspection import field_at, held
from commands.framework.effects import Effect

Line = tuple[str, str]

_CONVERSATION: Final = re.compile(r"19:[^@\s]+@thread\.(tacv2|skype|v2)")
_LEVELS: Final = ("viewer", "operator", "approver", "admin")


def meaning(settings: Settings) -> list[Line]:
    """Return labels and lines; what is off last, a line each. A further hub's lines come after, by its name."""
    first = [
        ("Hub", _hub(settings)),
        ("Chart", _chart(settings)),
        ("Teams", _teams(settings)),
        *(("Who", line) for line in _who(settings.access)),
        *(("Who", line) for line in _asked(settings)),
        *(("Asks", f"{one.words}: {agreed(one, settings.approvals.effects)}") for one in Effect),
        ("Values", _values(settings)),
        ("Records", _records(settings)),
        *(("Secret", line) for line in _secrets(settings)),
        *(("Off", line) for line in off(settings)),
    ]
    return [*first, *((name, line) for name in settings.hubs for line in _further(settings.of(name)))]


def _further(settings: Settings) -> Iterator[str]:
    """Yield what makes a hub another one than the first."""
    yield f"{_hub(settings)}; {_chart(settings)}"
    yield from _who(settings.access)
    yield f"values {_values(settings)}"
    yield from (f"off: {line}" for line in off(settings))


def _hub(settings: Settings) -> str:
    kubernetes, azure = settings.kubernetes, settings.azure
    there = f"the cluster of {kubernetes.kubeconfig}" if kubernetes.kubeconfig else "the cluster that the bot runs in"
    context = f", context {kubernetes.context}" if kubernetes.context else ""
    in_azure = f", in Azure {azure.resource_group}/{azure.cluster}" if azure.cluster else ""
    seen = f"; people open {settings.public.host}" if settings.public.host else ""
    return f"release {settings.release.name} in namespace {kubernetes.namespace} of {there}{context}{in_azure}{seen}"


def _chart(settings: Settings) -> str:
    release = settings.release
    return f"{release.chart} from {release.repository}" if release.repository else release.chart


def _teams(settings: Settings) -> str:
    teams = settings.teams
    if not teams.app_id:
        return f"this machine only, on port {teams.port} (no app_id)"
    app = f"app {teams.app_id} ({teams.app_type}) on {teams.host}:{teams.port}, for tenant {', '.join(teams.tenants)}"
    return f"{app}; what the Azure Bot has as its messaging endpoint, https://…/api/messages, must lead there"


def _who(access: AccessSettings) -> Iterator[str]:
    if access.team is not None:
        yield f"owners of the team: {access.team.owners}; members: {access.team.members or 'nothing'}"
        return
    named = {level: [group.name or group.id for group in getattr(access, level)] for level in _LEVELS}
    if not any(named.values()):
        yield "nobody may do anything: access names no group"
        return
    for level, groups in named.items():
        if groups:
            yield f"{level}: {', '.join(groups)}"
    if not (named["approver"] or named["admin"]):
        yield "nobody approves: what needs an approval never runs"


def _asked(settings: Settings) -> Iterator[str]:
    channel = settings.approvals.channel
    if not channel:
        yield "approvers see requests where they are typed, those of personal chats personally (no approvals.channel)"
        return
    yield f"approvers see every request in {channel}, to which the bot must have been added"
    if settings.teams.app_id and not _CONVERSATION.fullmatch(channel):
        yield "approvals.channel is not the id of a channel or group chat in Teams, such as 19:…@thread.tacv2"


def _values(settings: Settings) -> str:
    values = settings.values
    match values.home:
        case "file":
            return f"in the file {values.file}"
        case "git":
            return f"in {values.file} of {values.repository}, branch {values.branch}"
    return "in the release"


def _records(settings: Settings) -> str:
    if settings.store.place_of("url"):
        return f"in PostgreSQL, as replica {settings.store.replica}"
    return f"in SQLite, in {settings.state_dir}: one bot at a time"


def secrets(settings: Settings) -> Iterator[tuple[str, SecretRef]]:
    """Yield every secret that is named: the setting, and where it lies."""
    for path, value in held(settings):
        name = ".".join(map(str, path))
        if isinstance(value, SecretRef):
            yield name, value
        elif isinstance(value, Path) and name.endswith("_file"):
            # Others' names end so as well; of a secret's there is the setting without it.
            secret = name.removesuffix("_file")
            if field_at((*path[:-1], secret.rpartition(".")[2])):
                yield secret, SecretRef("file", str(value))


def _secrets(settings: Settings) -> Iterator[str]:
    for name, place in secrets(settings):
        yield f"{name} from {place}"


def off(settings: Settings) -> Iterator[str]:
    """Yield what does not work without settings that are not set, and which."""
    yield from (what for is_on, what in _OPTIONAL if not is_on(settings))
    if not settings.alerts.enabled:
        yield "alerts (alerts.enabled)"
    elif not settings.alerts.place_of("heartbeat_url"):
        yield "an alert when the bot itself is gone (alerts.heartbeat_url)"
    if settings.report.weekly is None:
        yield "the weekly digest (report.weekly)"


_OPTIONAL: Final[tuple[tuple[Callable[[Settings], object], str], ...]] = (
    (lambda its: its.azure.cluster, "nodes, pools, starting and stopping the cluster (azure.cluster)"),
    (lambda its: its.registry.login_server, "checking tags, listing images (registry.login_server)"),
    (lambda its: its.image.repository, "building images (image.repository)"),
    (lambda its: its.public.host, "looking at the certificate and the login (public.host)"),
    (
        lambda its: its.hub.place_of("token") or its.hub.token_secret,
        "users and their servers, as the hub knows them (hub.token, hub.token_file or hub.token_secret)",
    ),
    (lambda its: its.prometheus.url, "how full homes are, and alerts before they are full (prometheus.url)"),
    (lambda its: its.cost.prices, "what nodes cost (cost.prices)"),
)

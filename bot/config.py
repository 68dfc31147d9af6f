"""Settings: one YAML file, environment variables over it. Secrets only by reference.

A variable is `JHUB_BOT_` and the path with two underscores between: JHUB_BOT_TEAMS__PORT=3978.
"""

import os
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from bot.configuration.document import DocumentError
from bot.configuration.document import parse as parse_document
from bot.configuration.environment import PREFIX, variables, yielding
from bot.references import PATTERN, SecretRef
from commands.cron import Cron, Holidays
from commands.durations import parse as parse_duration
from commands.hours import Hours, Weekly

Duration = Annotated[
    timedelta,
    BeforeValidator(lambda given: parse_duration(given) if isinstance(given, str) else given),
    Field(gt=timedelta(0)),
    WithJsonSchema({"type": "string", "pattern": r"^\s*\d{1,6}\s*[smhdSMHD]\s*$"}),
]


class ConfigError(Exception):
    """The configuration cannot be used. The message has a line per mistake."""


Secret = Annotated[
    SecretRef,
    BeforeValidator(lambda given: given if isinstance(given, SecretRef) else SecretRef.parse(given)),
    WithJsonSchema({"type": "string", "pattern": PATTERN}),
]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="after")
    def _one_place_each(self) -> Self:
        for name in type(self).model_fields:
            if getattr(self, name) is not None and getattr(self, f"{name}_file", None) is not None:
                raise ValueError(f"set {name} or {name}_file, not both")
        return self

    def place_of(self, name: str) -> SecretRef | None:
        """Where the secret of that name is, as `name` or `name_file` says; None where neither does."""
        file: Path | None = getattr(self, f"{name}_file")
        given: SecretRef | None = getattr(self, name)
        return given if file is None else SecretRef("file", str(file))


class Group(_Section):
    """An Entra group, by object id. The name is shown to people who need to know whom to ask."""

    id: str = Field(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
    """The group's object id in Entra, such as 0c2b1f7e-5a3d-4c6b-9e8f-7a6b5c4d3e2f."""
    name: str = ""
    """The group's name, shown to people who need to know whom to ask."""


class TeamRoster(_Section):
    """A team whose owners and members get levels: the weaker alternative, for tenants without Graph permissions.

    `id` is the team's own conversation id (19:…@thread.tacv2). Any owner of the team can then give anybody a level.
    """

    id: str = Field(min_length=1)
    """The team's own conversation id: 19:…@thread.tacv2."""
    owners: Literal["viewer", "operator", "approver", "admin"] = "admin"
    """The level of the team's owners."""
    members: Literal["", "viewer", "operator", "approver", "admin"] = "viewer"
    """The level of the team's members; empty for none."""
    service_url: str = "https://smba.trafficmanager.net/teams/"
    """The Teams service that is asked who is in the team."""


class AccessSettings(_Section):
    """Which groups may do what. Each level includes the levels below it. By default, nobody has a level."""

    viewer: tuple[Group, ...] = ()
    """Groups that may look at things."""
    operator: tuple[Group, ...] = ()
    """Groups that may also change things."""
    approver: tuple[Group, ...] = ()
    """Groups that may also approve other people's changes."""
    admin: tuple[Group, ...] = ()
    """Groups that may do everything, including emergencies."""
    team: TeamRoster | None = None
    """Instead of groups, a team whose owners and members get levels."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.team and any((self.viewer, self.operator, self.approver, self.admin)):
            raise ValueError("give levels to groups or to a team, not to both")
        return self


class GraphSection(_Section):
    """How the bot asks Microsoft Graph for memberships. In a sandbox, `token_file` replaces an identity."""

    url: str = "https://graph.microsoft.com"
    """Microsoft Graph's address."""
    identity: Literal["ManagedIdentity", "WorkloadIdentity", "AzureCli", "ClientSecret"] = "ManagedIdentity"
    """The identity that the bot uses for Graph."""
    tenant_id: str = ""
    """The tenant id; for ClientSecret only."""
    client_id: str = ""
    """The client id of a user-assigned identity, or of the app."""
    secret: Secret | None = None
    """Where the app's client secret is stored; for ClientSecret only."""
    secret_file: Path | None = None
    """The same, as a file path."""
    token: Secret | None = None
    """Where a ready-made token is stored, instead of an identity; for the sandbox."""
    token_file: Path | None = None
    """The same, as a file path."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.identity == "ClientSecret" and not (self.tenant_id and self.client_id and self.place_of("secret")):
            raise ValueError("identity ClientSecret needs tenant_id, client_id and secret")
        return self


class AzureSection(_Section):
    """The hub's cluster in Azure. Without `cluster`, commands that need Azure say so.

    In a sandbox, `token_file` replaces an identity.
    """

    url: str = "https://management.azure.com"
    """Azure Resource Manager's address."""
    subscription_id: str = ""
    """The subscription that the cluster is in."""
    resource_group: str = ""
    """The cluster's resource group."""
    cluster: str = ""
    """The cluster's name; without it, everything that needs Azure is off."""
    bot: str = ""
    """The name of the Azure Bot behind the app; without it, the doctor does not look at its channels."""
    bot_resource_group: str = ""
    """The Azure Bot's resource group, if it differs from the cluster's."""
    identity: Literal["ManagedIdentity", "WorkloadIdentity", "AzureCli"] = "ManagedIdentity"
    """The identity that the bot uses for Azure."""
    client_id: str = ""
    """The client id of a user-assigned identity."""
    token: Secret | None = None
    """Where a ready-made token is stored, instead of an identity; for the sandbox."""
    token_file: Path | None = None
    """The same, as a file path."""
    most_nodes: int = Field(default=0, ge=0, le=1000)
    """How many nodes one person may give a pool; more need an approval. 0 for the pool's own maximum as it is."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.cluster and not (self.subscription_id and self.resource_group):
            raise ValueError("a cluster needs subscription_id and resource_group")
        if self.bot and not (self.subscription_id and (self.bot_resource_group or self.resource_group)):
            raise ValueError("an Azure Bot needs subscription_id and bot_resource_group or resource_group")
        return self


class KeyVaultSection(_Section):
    """The identity that reads secrets from Azure Key Vault: the one of `azure`, unless another is given.

    In a sandbox, `token_file` replaces an identity.
    """

    identity: Literal["", "ManagedIdentity", "WorkloadIdentity", "AzureCli"] = ""
    """The identity that the bot uses for key vaults; empty for the one of azure."""
    client_id: str = ""
    """The client id of a user-assigned identity, if it differs from azure's."""
    token_file: Path | None = None
    """The path of a file with a ready-made token, instead of an identity; for the sandbox."""


class RegistrySection(_Section):
    """The Azure Container Registry of the users' image. Without `login_server`, tags are not checked.

    The identity is the one of `azure`, and so are the subscription and the resource group unless they are given. In a
    sandbox, `url` and `token_file` replace the real address and identity.
    """

    login_server: str = Field(default="", pattern=r"^([a-z0-9]([a-z0-9.-]*[a-z0-9])?)?$")
    """The start of the image's name, such as jhub.azurecr.io; without it, tags are not checked."""
    url: str = ""
    """The registry's address, if it is not https://<login_server>; for the sandbox."""
    name: str = ""
    """The registry's name in Azure, if it is not the first part of login_server."""
    subscription_id: str = ""
    """The registry's subscription, if it differs from azure's."""
    resource_group: str = ""
    """The registry's resource group, if it differs from azure's."""
    by_digest: bool = False
    """Deploy tag@sha256:…, so that moving a tag changes nothing."""
    token: Secret | None = None
    """Where a ready-made token is stored, instead of azure's identity; for the sandbox."""
    token_file: Path | None = None
    """The same, as a file path."""

    @property
    def address(self) -> str:
        """Where it is reached."""
        return self.url or f"https://{self.login_server}"

    @property
    def resource(self) -> str:
        """Its name as a resource of Azure."""
        return self.name or self.login_server.partition(".")[0]


class ImageSection(_Section):
    """What the users' image is built from. Without `repository`, nothing can be built.

    `notebooks_repository` contains the sample notebooks that are added to the image, and must be public.
    """

    repository: str = ""
    """The https address of the git repository that the users' image is built from; without it, nothing can be built."""
    branch: str = "main"
    """The branch to build if the command names no ref."""
    folder: str = Field(default="", pattern=r"^[^:#\s]*$")
    """The build context: a folder in the repository."""
    dockerfile: str = Field(default="Dockerfile", min_length=1)
    """The path of the Dockerfile in that folder."""
    platform: str = Field(default="linux/amd64", pattern=r"^(linux|windows)/[a-z0-9]+$")
    """The platform to build for, such as linux/amd64."""
    repository_token: Secret | None = None
    """Where a token that can read a private repository is stored."""
    repository_token_file: Path | None = None
    """The same, as a file path."""
    notebooks_repository: str = ""
    """A public git repository whose notebooks are added to every image that is built."""
    notebooks_branch: str = Field(default="main", min_length=1)
    """The branch of the notebooks' repository."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.notebooks_repository and not self.repository:
            raise ValueError("notebooks are added to an image when it is built, so repository is needed as well")
        return self


class TeamsSection(_Section):
    """The Azure Bot behind the app. Without an app id, the bot serves this machine only, for the Playground."""

    host: str = "127.0.0.1"
    """The address to listen on; without an app_id, it must be a loopback address."""
    port: int = Field(default=3978, ge=0, le=65535)
    """The port to listen on; 0 for any free port."""
    app_id: str = ""
    """The Microsoft App ID of the Azure Bot; without it, the bot serves this machine only."""
    app_type: Literal["SingleTenant", "UserAssignedMSI", "WorkloadIdentity", "AzureCli"] = "SingleTenant"
    """How the app authenticates."""
    app_secret: Secret | None = None
    """Where the app's client secret is stored; for SingleTenant only."""
    app_secret_file: Path | None = None
    """The same, as a file path."""
    tenants: tuple[str, ...] = ()
    """The ids of the tenants that the bot serves, the app's own first."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.app_id and not self.tenants:
            raise ValueError("with an app_id, tenants must list the tenants that the bot serves")
        if self.app_id and self.app_type == "SingleTenant" and self.place_of("app_secret") is None:
            raise ValueError(
                "app_type SingleTenant needs app_secret_file, the path of a file with the secret, or app_secret"
            )
        return self


class KubernetesSettings(_Section):
    """The cluster and namespace of the hub. Without a kubeconfig, the pod's own service account is used."""

    kubeconfig: Path | None = None
    """The path of a kubeconfig; without it, the pod's service account is used."""
    context: str | None = None
    """The context in the kubeconfig, if it is not the current one."""
    namespace: str = "jhub"
    """The namespace of the hub."""


class ReleaseSettings(_Section):
    """The Helm release. `chart` is a folder, or a name in `repository`."""

    name: str = "jupyterhub"
    """The name of the Helm release."""
    chart: str = "jupyterhub"
    """The chart: a name in the repository, an oci:// reference, or a folder (with repository: null)."""
    repository: str | None = "https://hub.jupyter.org/helm-chart/"
    """The chart's repository; null for a folder or an oci:// reference."""
    timeout: Duration = timedelta(minutes=10)
    """How long helm waits for each phase."""


class TokenSecret(_Section):
    """A key of a Secret in the hub's namespace. The default is where the chart stores the bot's token."""

    name: str = Field(default="hub", pattern=r"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$")
    """The Secret's name."""
    key: str = Field(default="hub.services.jhub-bot.apiToken", pattern=r"^[-._a-zA-Z0-9]{1,253}$")
    """The key in the Secret."""


class HubSettings(_Section):
    """The address of the hub's REST API and its token, which is in a file or in the chart's own Secret.

    The Secret is for a bot that installs the hub: before that, there is no token.
    """

    url: str = "http://hub.jhub.svc.cluster.local:8081"
    """The address at which the bot reaches the hub's REST API."""
    token: Secret | None = None
    """Where the bot's token for the hub is stored."""
    token_file: Path | None = None
    """The same, as a file path."""
    token_secret: TokenSecret | None = None
    """Instead of token: the Secret in which the chart stores it."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.place_of("token") and self.token_secret:
            raise ValueError("set token_file (or token) or token_secret, not both")
        return self


class PublicSettings(_Section):
    """The address that users open, and the services that its certificate depends on.

    `address`, `http_port`, `nameserver` ("address:port") and `trust_file` are for a sandbox, which is reached and
    trusted differently.
    """

    host: str = ""
    """The host name that users open, and whose certificate the bot checks."""
    port: int = Field(default=443, ge=1, le=65535)
    """The port for HTTPS."""
    http_port: int = Field(default=80, ge=1, le=65535)
    """The port at which Let's Encrypt's challenges arrive."""
    address: str | None = None
    """The address to connect to, if it is not the one of the host name."""
    trust_file: Path | None = None
    """A PEM file of the only authorities to trust, instead of the system's."""
    nameserver: str = ""
    """The name server to query, as address:port, instead of the system's."""
    acme_directory: str = "https://acme-v02.api.letsencrypt.org/directory"
    """The ACME directory of the certificate's issuer."""


class ValuesSection(_Section):
    """Where the hub's values are stored: in the release, in a file, or in a file in a git repository.

    `file` is a path on this machine or in the repository. The author of a commit is the person who asked for it, with
    the address `author_email` and their object id in place of `{object_id}`; the bot is the committer. `secrets` names
    further values, in the format of the file, that neither the file nor the release has: the client secret at a first
    installation.
    """

    home: Literal["release", "file", "git"] = "release"
    """Where the hub's values are stored."""
    file: str = Field(default="config.yaml", min_length=1)
    """The path of the values' file, on this machine or in the repository."""
    repository: str = ""
    """For git: the https address of the repository."""
    branch: str = Field(default="main", pattern=r"^[A-Za-z0-9_-]+([./][A-Za-z0-9_-]+)*$", max_length=200)
    """For git: the branch."""
    token: Secret | None = None
    """For git: where a token that can read and push is stored."""
    token_file: Path | None = None
    """The same, as a file path."""
    author_email: str = Field(default="{object_id}@jhub-bot.invalid", pattern=r"^[^\s@<>]+@[^\s@<>]+$")
    """The e-mail address of a commit's author; {object_id} stands for the object id of the person who asked."""
    committer_name: str = Field(default="JupyterHub bot", min_length=1, max_length=100)
    """The committer's name."""
    committer_email: str = Field(default="jhub-bot@jhub-bot.invalid", pattern=r"^[^\s@<>]+@[^\s@<>]+$")
    """The committer's e-mail address."""
    secrets: Secret | None = None
    """For file and git: where values that the release does not have (yet) are stored, such as the client secret."""
    secrets_file: Path | None = None
    """The same, as a file path."""

    @model_validator(mode="after")
    def _used(self) -> Self:
        if self.home == "release" and self.place_of("secrets") is not None:
            raise ValueError("secrets (or secrets_file) is for home file or git: a release has its own secrets")
        return self


class LoginSection(_Section):
    """Entra's token endpoint, at which a new client secret is tested before the old one is removed."""

    url: str = "https://login.microsoftonline.com"
    """The address of Entra's login."""


class ApprovalRule(_Section):
    """What a command needs in addition to its own requirements. Nothing here can make it need less."""

    approvals: int = Field(default=0, ge=0, le=5)
    """The number of approvals by other people."""
    confirm: bool = False
    """Whether the person who asked must confirm."""
    reason: bool = False
    """Whether a reason is required."""


class GraveRule(_Section):
    """What an effect needs that nobody may have alone, not even in an emergency: one approval at least."""

    approvals: int = Field(default=1, ge=1, le=5)
    """The number of approvals by other people."""
    by: Literal["approver", "admin"] = "approver"
    """Who can approve: approvers, or only admins."""
    reason: bool = False
    """Whether a reason is required."""


class EffectRule(_Section):
    """What an effect needs: approvals, and whether an emergency may do without."""

    approvals: int = Field(default=1, ge=0, le=5)
    """The number of approvals by other people; 0 for none."""
    by: Literal["approver", "admin"] = "approver"
    """Who can approve: approvers, or only admins."""
    reason: bool = False
    """Whether a reason is required."""
    emergency: bool = True
    """Whether an admin can go on without approvals in an emergency."""


class EffectRules(_Section):
    """Who has to agree to what a change does, whichever command does it. The first three are never one person's."""

    deletes_data: GraveRule = GraveRule()
    """Deletes homes, the hub's database or snapshots, or makes the hub look for them elsewhere."""
    runs_code: GraveRule = GraveRule()
    """Runs code in the hub or in everybody's servers: extraConfig, other images, commands, profiles."""
    changes_access: GraveRule = GraveRule()
    """Changes who may log in, who is an admin, or what they may do."""
    opens_network: EffectRule = EffectRule()
    """Changes what can reach the hub and its servers, or what they can reach."""
    stops_everybody: EffectRule = EffectRule()
    """Stops everybody's work: the cluster, all nodes of a pool."""
    costs_more: EffectRule = EffectRule()
    """Gives a pool more nodes than azure.most_nodes, or than its own maximum as it is."""


class ApprovalSettings(_Section):
    """How long a question waits for an answer, where approvers see it, and what needs more than usual.

    Without a `channel`, what is asked for in a personal chat is shown personally to each approver who has written to
    the bot, and refused where there is none.
    """

    expiry: Duration = timedelta(minutes=30)
    """How long a question waits for an answer."""
    emergency_delay: Duration = timedelta(minutes=5)
    """How long an emergency waits while its card is surely shown, so that any approver can stop it."""
    channel: str = Field(default="", pattern=r"^[^\s;/]*$", max_length=200)
    """The id of the channel or group chat with the approvers, where every request is shown; empty for none."""
    effects: EffectRules = EffectRules()
    """Who has to agree to what a change does."""
    policy: dict[str, ApprovalRule] = {}
    """What commands need in addition to their own requirements, by the command's name."""


class LogSection(_Section):
    """The format of log lines and the lowest level that is logged. `--log-level` overrides the level."""

    format: Literal["readable", "json"] = "readable"
    """One readable line or one JSON object per record."""
    level: Literal["debug", "info", "warning", "error"] = "info"
    """The lowest level that is logged."""


class MetricsSection(_Section):
    """Where Prometheus reads the bot's metrics, at /metrics: a port of its own, never the one that Teams reaches.

    Port 0 turns metrics off.
    """

    host: str = "127.0.0.1"
    """The address to listen on."""
    port: int = Field(default=0, ge=0, le=65535)
    """The port to listen on; 0 for no metrics."""


class TelemetrySection(_Section):
    """Where traces are sent: the base address of an OpenTelemetry receiver (OTLP over HTTP); empty for no traces.

    The address contains no password: headers with one are set by OpenTelemetry's own environment variables.
    """

    otlp_endpoint: str = Field(default="", pattern=r"^(https?://[^\s/@?#]+(/[^\s@?#]*)?)?$")
    """The receiver's base address, such as http://collector:4318; empty for no traces."""


class StoreSection(_Section):
    """Where the bot stores its records. Without a url, they are SQLite files in `state_dir`.

    `url_file` contains an address such as postgresql://user:password@host/name. Several replicas can then share the
    work, each under its own `replica` name, which stays the same after a restart (a StatefulSet's pod name).
    """

    url: Secret | None = None
    """Where the address of a PostgreSQL database (postgresql://…) is stored; without it, SQLite is used."""
    url_file: Path | None = None
    """The same, as a file path."""
    schema_name: str = Field(default="", pattern=r"^([a-z_][a-z0-9_]{0,30})?$")
    """The PostgreSQL schema for the records, created if it is missing; empty for the database user's own."""
    replica: str = Field(default="bot-0", pattern=r"^[A-Za-z0-9_.-]{1,100}$")
    """The name of this process among those that share the database; it must stay the same after a restart."""
    silence: Duration = timedelta(minutes=1)
    """How long a replica can be silent before the others take over its work."""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"“{name[:60]}” is not a time zone; use a name such as Europe/Berlin") from None
    return name


def _holidays(given: object) -> Holidays:
    first, dots, last = str(given).partition("..")
    try:
        made = Holidays(date.fromisoformat(first.strip()), date.fromisoformat((last if dots else first).strip()))
    except ValueError:
        raise ValueError("a holiday is a day such as 2026-12-25, or a range such as 2026-12-24..2027-01-01") from None
    if made.last < made.first:
        raise ValueError(f"{made.first}..{made.last} ends before it begins")
    return made


Holiday = Annotated[
    Holidays,
    BeforeValidator(lambda given: given if isinstance(given, Holidays) else _holidays(given)),
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}(\s*\.\.\s*\d{4}-\d{2}-\d{2})?$"}),
]


CronLine = Annotated[
    str,
    AfterValidator(lambda given: str(Cron.parse(given))),
    WithJsonSchema({"type": "string", "pattern": r"^\s*[A-Za-z\d*/,-]+(\s+[A-Za-z\d*/,-]+){4}\s*$"}),
]


class StorageSection(_Section):
    """Users' homes: how long snapshots are kept, and when expired ones are removed (cron, UTC)."""

    snapshot_retention: Duration = timedelta(days=14)
    """How long snapshots of deleted homes are kept."""
    expire_at: CronLine = "17 3 * * *"
    """When expired snapshots are removed, as a cron line in UTC."""


class SchedulesSection(_Section):
    """Schedules: the time zone of their cron lines, days on which none run, and how long before a run it is announced.

    A holiday is a day, or a range of days with two dots (2026-12-24..2027-01-01).
    """

    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    """The IANA name of the time zone of cron lines and holidays."""
    holidays: tuple[Holiday, ...] = ()
    """Days on which no schedule runs, such as 2026-12-25 or 2026-12-24..2027-01-01."""
    notice: Duration = timedelta(minutes=15)
    """How long before a run it is announced."""


QuietHours = Annotated[
    Hours,
    BeforeValidator(lambda given: given if isinstance(given, Hours) else Hours.parse(given)),
    WithJsonSchema({"type": "string", "pattern": r"^\s*\d{2}:\d{2}\s*[-–]\s*\d{2}:\d{2}\s*$"}),
]


class ChannelSection(_Section):
    """Which alerts one conversation gets. This overrides what was typed there; null keeps what was typed."""

    min: Literal["note", "warning", "critical"] | None = None
    """The lowest severity of the alerts that are sent here."""
    only: tuple[str, ...] | None = None
    """The names of the watchers whose alerts are sent here."""
    quiet: QuietHours | None = None
    """Hours in which only critical alerts are sent here."""


class AlertsSection(_Section):
    """Alerts, which the bot sends unasked. In quiet hours ("22:00-07:00", in `timezone`), only critical ones are sent.

    `heartbeat_url_file` contains the secret address of a dead man's switch, called every minute while the bot watches.
    """

    enabled: bool = True
    """Whether the bot watches for problems and sends alerts."""
    heartbeat_url: Secret | None = None
    """Where the address of a dead man's switch, called every minute while the bot watches, is stored."""
    heartbeat_url_file: Path | None = None
    """The same, as a file path."""
    quiet: QuietHours | None = None
    """Hours in which only critical alerts are sent, such as 22:00-07:00; null for none."""
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    """The IANA name of the time zone of all quiet hours."""
    channels: dict[str, ChannelSection] = {}
    """Which alerts a conversation gets, by the conversation's id. This overrides what was typed there."""


class LimitsSection(_Section):
    """How much one person may type and press: `burst` at once, `per_minute` over time. 0 per minute means no limit."""

    per_minute: int = Field(default=60, ge=0, le=10_000)
    """How many commands and clicks one person may send per minute, over time; 0 for no limit."""
    burst: int = Field(default=20, ge=1, le=10_000)
    """How many of them may come at once."""


WeeklyTime = Annotated[
    Weekly,
    BeforeValidator(lambda given: given if isinstance(given, Weekly) else Weekly.parse(given)),
    WithJsonSchema(
        {
            "anyOf": [
                {
                    "type": "string",
                    "pattern": r"^\s*([Mm]on|[Tt]ue|[Ww]ed|[Tt]hu|[Ff]ri|[Ss]at|[Ss]un)[a-z]*\s+\d{2}:\d{2}\s*$",
                },
                {"enum": ["off", "", False]},
            ]
        }
    ),
]


class ReportSection(_Section):
    """The weekly digest in every conversation that gets alerts: `weekly` is a time such as "Mon 09:00", or off."""

    weekly: WeeklyTime | None = None
    """When the digest is posted, such as Mon 09:00; off for never."""
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    """The IANA name of its time zone."""

    @model_validator(mode="before")
    @classmethod
    def _off(cls, given: object) -> object:
        # YAML reads a bare off as false.
        if isinstance(given, dict) and given.get("weekly") in (False, "off", ""):
            return {**given, "weekly": None}
        return given


Price = Annotated[
    Decimal,
    Field(ge=0, le=10_000),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": 10_000},
                {"type": "string", "pattern": r"^\d+(\.\d+)?$"},
            ]
        }
    ),
]


class CostSection(_Section):
    """What a node costs per hour, by machine size."""

    currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$")
    """The currency as three letters, such as EUR."""
    prices: dict[str, Price] = {}
    """What a node costs per hour, by machine size."""


HubName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,19}$")]


class FurtherHub(_Section):
    """A further hub. A section that is given here replaces the whole section of that name.

    It has its own records and its own heartbeat: `alerts.heartbeat_url` of the first hub does not cover this one.
    """

    channels: tuple[str, ...] = ()
    """The ids of the conversations in which commands go to this hub unless they name another."""
    kubernetes: KubernetesSettings | None = None
    """The cluster and namespace of this hub."""
    release: ReleaseSettings | None = None
    """Its Helm release."""
    hub: HubSettings | None = None
    """Its REST API."""
    public: PublicSettings | None = None
    """Its public address."""
    access: AccessSettings | None = None
    """Who may do what with it."""
    login: LoginSection | None = None
    """Where its users log in."""
    values: ValuesSection | None = None
    """Where its values are stored."""
    azure: AzureSection | None = None
    """Its cluster in Azure."""
    registry: RegistrySection | None = None
    """The registry of its users' image."""
    image: ImageSection | None = None
    """What its users' image is built from."""
    approvals: ApprovalSettings | None = None
    """The approvals that changes to it need."""
    storage: StorageSection | None = None
    """Its users' homes."""
    schedules: SchedulesSection | None = None
    """Its schedules."""
    cost: CostSection | None = None
    """What its nodes cost."""
    alerts: AlertsSection | None = None
    """Its alerts."""
    report: ReportSection | None = None
    """Its weekly digest."""


class Settings(BaseSettings):
    """All settings of the bot."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    teams: TeamsSection = TeamsSection()
    kubernetes: KubernetesSettings = KubernetesSettings()
    release: ReleaseSettings = ReleaseSettings()
    hub: HubSettings = HubSettings()
    public: PublicSettings = PublicSettings()
    access: AccessSettings = AccessSettings()
    graph: GraphSection = GraphSection()
    login: LoginSection = LoginSection()
    values: ValuesSection = ValuesSection()
    azure: AzureSection = AzureSection()
    key_vault: KeyVaultSection = KeyVaultSection()
    registry: RegistrySection = RegistrySection()
    image: ImageSection = ImageSection()
    approvals: ApprovalSettings = ApprovalSettings()
    store: StoreSection = StoreSection()
    storage: StorageSection = StorageSection()
    schedules: SchedulesSection = SchedulesSection()
    cost: CostSection = CostSection()
    alerts: AlertsSection = AlertsSection()
    report: ReportSection = ReportSection()
    log: LogSection = LogSection()
    metrics: MetricsSection = MetricsSection()
    telemetry: TelemetrySection = TelemetrySection()
    limits: LimitsSection = LimitsSection()
    hub_name: HubName = "main"
    """The name of the first hub, which all sections outside `hubs` describe; needed only if there are others."""
    hubs: dict[HubName, FurtherHub] = {}
    """Further hubs by name, each with the sections that differ from the first hub's."""
    state_dir: Path = Path(".jhub-bot")
    """The folder for the bot's records (SQLite) and helm's caches; it must survive a restart."""

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.metrics.port and self.metrics.port == self.teams.port:
            raise ValueError(
                "metrics.port must differ from teams.port, because everybody can reach the port that Teams reaches"
            )
        return self

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        if self.hub_name in self.hubs:
            raise ValueError(f"hubs: {self.hub_name} is already the first hub's name (hub_name)")
        channels = Counter(channel for hub in self.hubs.values() for channel in dict.fromkeys(hub.channels))
        if twice := [channel for channel, count in channels.items() if count > 1]:
            raise ValueError(f"hubs: {', '.join(twice)} is a channel of more than one hub")
        same_of = (("release", _release), ("hub.url", _api), ("values", _home), ("namespace", _namespace))
        for what, same in same_of:
            if twice := _alike(self, same):
                raise ValueError(f"hubs: {' and '.join(twice)} have the same {what}: each needs its own")
        return self

    @property
    def hub_names(self) -> tuple[str, ...]:
        """All hubs, the first one first."""
        return (self.hub_name, *self.hubs)

    def of(self, hub: str) -> Self:
        """The settings of one hub alone, with a place for its own records. Raises KeyError for an unknown name."""
        if hub == self.hub_name:
            return self
        further = self.hubs[hub]
        given = {name: value for name in type(further).model_fields if (value := getattr(further, name)) is not None}
        del given["channels"]
        alerts = self.alerts.model_copy(update={"heartbeat_url": None, "heartbeat_url_file": None})
        schema = f"{self.store.schema_name or 'jhub_bot'}_{hub.replace('-', '_')}"
        own = {
            "hub_name": hub,
            "hubs": {},
            "state_dir": self.state_dir / "hubs" / hub,
            "store": self.store.model_copy(update={"schema_name": schema}),
        }
        return self.model_copy(update={"alerts": alerts, **given, **own})

    def named(self, hub: str | None) -> Self:
        """The settings of the hub that somebody names, of the first one for None. Raises ConfigError."""
        if hub is not None and hub not in self.hub_names:
            raise ConfigError(f"there is no hub {hub}; choose from {', '.join(self.hub_names)}")
        return self.of(hub or self.hub_name)

    @classmethod
    def settings_customise_sources(  # noqa: D102 - pydantic-settings' own hook
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings


def _alike(settings: Settings, what: Callable[[Settings], Hashable]) -> list[str]:
    """The names of two hubs or more of which the same is said; what is None is nobody's."""
    seen: dict[Hashable, list[str]] = {}
    for name in settings.hub_names:
        seen.setdefault(what(settings.of(name)), []).append(name)
    seen.pop(None, None)
    return next((names for names in seen.values() if len(names) > 1), [])


def _release(settings: Settings) -> tuple[Hashable, ...]:
    kubernetes = settings.kubernetes
    return kubernetes.kubeconfig, kubernetes.context, kubernetes.namespace, settings.release.name


def _namespace(settings: Settings) -> Hashable:
    """Where users' homes are, which belong to one hub: the chart's names leave room for one in a namespace."""
    return _release(settings)[:-1]


def _api(settings: Settings) -> Hashable:
    return settings.hub.url.rstrip("/")


def _home(settings: Settings) -> Hashable:
    """What a change of values would write to, where that is not the release."""
    values = settings.values
    return None if values.home == "release" else (values.home, values.repository, values.branch, values.file)


def load(path: Path | None) -> Settings:
    """The settings of a file with the environment over them. Raises ConfigError with a line per mistake."""
    return settings_from({} if path is None else _read(path))


def settings_from(content: dict[str, object]) -> Settings:
    """The settings in a mapping as YAML would give it. Raises ConfigError."""
    unknown = [repr(key) for key in content if not isinstance(key, str)]
    if unknown:
        raise ConfigError(f"the names of sections must be words, not {', '.join(unknown)}")
    _check_variables()
    try:
        return merged(content)
    except ValidationError as error:
        raise ConfigError("\n".join(_mistakes(error))) from None
    except SettingsError as error:
        # Its own text names the variable's section; the value would be in its cause.
        raise ConfigError(f"a variable {PREFIX}… is not of the form {PREFIX}SECTION__NAME: {error}") from None


def merged(content: Mapping[str, object]) -> Settings:
    """The settings in a mapping with the environment over it. Raises pydantic's ValidationError, SettingsError."""
    return Settings(**yielding(content, variables()))  # type: ignore[arg-type] # pydantic checks what comes from a file


def _check_variables() -> None:
    """A variable for a section that does not exist would be ignored in silence."""
    sections = {name.upper() for name in Settings.model_fields}
    given = [name for name in os.environ if name.upper().startswith(PREFIX)]
    wrong = [name for name in given if name.upper().removeprefix(PREFIX).partition("__")[0] not in sections]
    if wrong:
        known = ", ".join(sorted(sections))
        raise ConfigError(f"{', '.join(sorted(wrong))}: no such section; after {PREFIX}, use one of {known}")


def with_values(content: dict[str, object], assignments: Iterable[str]) -> dict[str, object]:
    """A copy of `content` with each of them set, as `with_value` does. Raises ConfigError."""
    for assignment in assignments:
        content = with_value(content, assignment)
    return content


def with_value(content: dict[str, object], assignment: str) -> dict[str, object]:
    """A copy of `content` with `a.b=value` set; the value is YAML. Raises ConfigError for other forms."""
    path, equals, value = assignment.partition("=")
    if not equals or not all(path.split(".")):
        raise ConfigError(f"“{assignment}” is not of the form section.name=value, e.g. approvals.expiry=2s")
    try:
        return _set(content, path.split("."), yaml.safe_load(value))
    except yaml.YAMLError:
        raise ConfigError(f"the value of {path} is not YAML") from None


def _set(content: dict[str, object], path: list[str], value: object) -> dict[str, object]:
    if len(path) == 1:
        return {**content, path[0]: value}
    inner = content.get(path[0])
    return {**content, path[0]: _set(inner if isinstance(inner, dict) else {}, path[1:], value)}


def _read(path: Path) -> dict[str, object]:
    try:
        return parse_document(path.read_bytes()).content
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    except DocumentError as error:
        raise ConfigError(f"{path}, line {error.spot.line}, {error}") from None


def _mistakes(error: ValidationError) -> list[str]:
    # The input is left out on purpose: it may be a secret that somebody typed in the wrong place.
    return [f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors(include_input=False)]
